/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forceenc/buf.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"
#include "forceencd/snapshot_writer.h"

#define SNAPSHOT_MAGIC "forceenc facts 2\n"
#define SNAPSHOT_HASH  crypto_generichash_BYTES
/* A piece: so many nodes of the cache, looked at a few at a time until there
 * are as many bytes. */
#define SNAPSHOT_NODES 2048
#define SNAPSHOT_LOOK  16
#define SNAPSHOT_BYTES (128 * 1024)

struct snapshot {
	struct snapshot_writer *writer;
	bool last; /* the last piece was handed over */
	bool done; /* and the file is to be put in its place */
	const struct cache *cache;
	const struct tables *tables;
	uint32_t cursor;
	uint64_t facts;
	uint64_t now;
	uint64_t wall;
	struct buf out;
	crypto_generichash_state hash;
};

static void
snapshot_put_number(struct buf *out, uint64_t n, unsigned bytes)
{
	for (; bytes > 0; bytes--, n >>= 8)
		buf_add_byte(out, (char)(n & 0xff));
}

static void
snapshot_put_text(struct buf *out, const char *text, size_t len)
{
	snapshot_put_number(out, len, 4);
	buf_add(out, text, len);
}

/* What a fact of a table means: the answers in their order, and what is asked
 * where. Of the latter a hash, since it may hold a password. */
static void
snapshot_sense(const struct tables *tables, uint8_t number, struct buf *out)
{
	const struct conf_table *conf = tables_conf(tables, number);
	const struct answers *answers =
	    table_source(tables_find(tables, number))->answers;
	unsigned char sum[SNAPSHOT_HASH];
	struct buf asked = {0};
	size_t i;

	buf_clear(out);
	for (i = 0; i < answers->n; i++)
		buf_printf(out, "%s\n", answers->list[i]);
	buf_printf(&asked, "%s\n%s", conf->path, conf->text);
	crypto_generichash(sum, sizeof(sum), (const unsigned char *)asked.data,
	    asked.len, NULL, 0);
	buf_add(out, sum, sizeof(sum));
	buf_fini(&asked);
}

static void
snapshot_put_tables(struct snapshot *snapshot, const struct tables *tables)
{
	struct buf sense = {0};
	const struct table *table;
	unsigned i;

	for (i = 0; i < CACHE_TABLES; i++) {
		table = tables_find(tables, (uint8_t)i);
		if (table == NULL)
			continue;
		snapshot_sense(tables, (uint8_t)i, &sense);
		buf_add_byte(&snapshot->out, 'T');
		snapshot_put_number(&snapshot->out, i, 1);
		snapshot_put_text(&snapshot->out, table_name(table),
		    strlen(table_name(table)));
		snapshot_put_text(&snapshot->out, sense.data, sense.len);
	}
	buf_fini(&sense);
}

struct snapshot *
snapshot_begin(
    const char *path, const struct cache *cache, const struct tables *tables)
{
	struct snapshot *snapshot = mem_zalloc(sizeof(*snapshot));

	snapshot->cache = cache;
	snapshot->tables = tables;
	MUST(crypto_generichash_init(&snapshot->hash, NULL, 0, SNAPSHOT_HASH) ==
	    0);
	buf_add_text(&snapshot->out, SNAPSHOT_MAGIC);
	snapshot_put_tables(snapshot, tables);
	snapshot->writer = snapshot_writer_new(path);
	return snapshot;
}

void
snapshot_abandon(struct snapshot *snapshot)
{
	snapshot_writer_end(snapshot->writer);
}

bool
snapshot_is_busy(const struct snapshot *snapshot)
{
	return snapshot_writer_is_busy(snapshot->writer);
}

void
snapshot_wait(const struct snapshot *snapshot)
{
	snapshot_writer_wait(snapshot->writer);
}

void
snapshot_free(struct snapshot *snapshot)
{
	if (snapshot == NULL)
		return;
	snapshot_writer_free(snapshot->writer);
	buf_fini(&snapshot->out);
	free(snapshot);
}

uint64_t
snapshot_facts(const struct snapshot *snapshot)
{
	return snapshot->facts;
}

/* What isn't used any more would be, after a restart, which knows of no
 * change. */
static void
snapshot_put_fact(const struct cache_entry *entry, void *arg)
{
	struct snapshot *snapshot = arg;
	const struct table *table = tables_find(snapshot->tables, entry->table);
	struct buf *out = &snapshot->out;

	if (table == NULL || !table_may_serve_stale(table, entry))
		return;
	buf_add_byte(out, 'F');
	snapshot_put_number(out, entry->table, 1);
	snapshot_put_number(out, entry->fact.present, 1);
	snapshot_put_number(out, entry->fact.answer, 1);
	snapshot_put_number(out, snapshot->wall - entry->age, 8);
	snapshot_put_text(out, entry->key, entry->len);
	snapshot->facts++;
}

static void
snapshot_hash_out(struct snapshot *snapshot)
{
	crypto_generichash_update(&snapshot->hash,
	    (const unsigned char *)snapshot->out.data, snapshot->out.len);
}

static void
snapshot_finish(struct snapshot *snapshot)
{
	unsigned char sum[SNAPSHOT_HASH];

	buf_add_byte(&snapshot->out, 'E');
	snapshot_hash_out(snapshot);
	crypto_generichash_final(&snapshot->hash, sum, sizeof(sum));
	buf_add(&snapshot->out, sum, sizeof(sum));
	snapshot->last = true;
}

/* False: that was the last one. */
static bool
snapshot_gather(struct snapshot *snapshot, uint64_t now)
{
	unsigned nodes = 0;
	bool more = true;

	for (; more && nodes < SNAPSHOT_NODES &&
	     snapshot->out.len < SNAPSHOT_BYTES;
	     nodes += SNAPSHOT_LOOK)
		more = cache_walk(snapshot->cache, &snapshot->cursor,
		    SNAPSHOT_LOOK, now, snapshot_put_fact, snapshot);
	return more;
}

enum snapshot_status
snapshot_step(
    struct snapshot *snapshot, uint64_t now, uint64_t wall, struct err *err)
{
	if (snapshot_is_busy(snapshot))
		return SNAPSHOT_BUSY;
	if (snapshot_writer_failed(snapshot->writer, err) == -1)
		return SNAPSHOT_FAILED;
	if (snapshot->done)
		return SNAPSHOT_DONE;
	if (snapshot->last) {
		snapshot_writer_commit(snapshot->writer);
		snapshot->done = true;
		return SNAPSHOT_MORE;
	}
	snapshot->wall = wall;
	if (snapshot_gather(snapshot, now))
		snapshot_hash_out(snapshot);
	else
		snapshot_finish(snapshot);
	snapshot_writer_put(snapshot->writer, &snapshot->out);
	return SNAPSHOT_MORE;
}

/* Reading: a cursor over bytes that says no rather than go too far. */
struct snapshot_reader {
	const unsigned char *at;
	size_t left;
	bool bad;
	struct table *table[CACHE_TABLES]; /* by its number in the file */
};

static uint64_t
snapshot_get_number(struct snapshot_reader *reader, unsigned bytes)
{
	uint64_t n = 0;
	unsigned i;

	if (reader->left < bytes) {
		reader->bad = true;
		return 0;
	}
	for (i = 0; i < bytes; i++)
		n |= (uint64_t)reader->at[i] << (8 * i);
	reader->at += bytes;
	reader->left -= bytes;
	return n;
}

static const char *
snapshot_get_text(struct snapshot_reader *reader, size_t *len)
{
	const char *text;

	*len = (size_t)snapshot_get_number(reader, 4);
	if (reader->left < *len) {
		reader->bad = true;
		*len = 0;
	}
	text = (const char *)reader->at;
	reader->at += *len;
	reader->left -= *len;
	return text;
}

static bool
snapshot_same_text(const char *a, size_t len, const char *b, size_t blen)
{
	return len == blen && (len == 0 || memcmp(a, b, len) == 0);
}

static struct table *
snapshot_find_table(struct tables *tables, const char *name, size_t name_len,
    const char *sense, size_t sense_len)
{
	struct buf text = {0};
	struct table *table, *found = NULL;
	unsigned i;

	for (i = 0; i < CACHE_TABLES && found == NULL; i++) {
		table = tables_find(tables, (uint8_t)i);
		if (table == NULL)
			continue;
		snapshot_sense(tables, (uint8_t)i, &text);
		if (snapshot_same_text(name, name_len, table_name(table),
			strlen(table_name(table))) &&
		    snapshot_same_text(sense, sense_len, text.data, text.len))
			found = table;
	}
	buf_fini(&text);
	return found;
}

static void
snapshot_get_table(struct snapshot_reader *reader, struct tables *tables)
{
	uint64_t number = snapshot_get_number(reader, 1);
	const char *name, *sense;
	size_t name_len, sense_len;

	name = snapshot_get_text(reader, &name_len);
	sense = snapshot_get_text(reader, &sense_len);
	if (reader->bad || number >= CACHE_TABLES) {
		reader->bad = true;
		return;
	}
	reader->table[number] =
	    snapshot_find_table(tables, name, name_len, sense, sense_len);
}

/* Returns 1 if the fact was taken. */
static int
snapshot_get_fact(struct snapshot_reader *reader, uint64_t stale_max,
    uint64_t now, uint64_t wall)
{
	uint64_t number = snapshot_get_number(reader, 1);
	struct fact fact;
	uint64_t learned;
	const char *key;
	size_t len;

	fact.present = snapshot_get_number(reader, 1) != 0;
	fact.answer = (uint8_t)snapshot_get_number(reader, 1);
	learned = snapshot_get_number(reader, 8);
	key = snapshot_get_text(reader, &len);
	if (number >= CACHE_TABLES || len == 0)
		reader->bad = true;
	if (reader->bad || reader->table[number] == NULL || learned > wall ||
	    wall - learned > stale_max)
		return 0;
	return table_restore(reader->table[number], key, len, &fact,
		   now - (wall - learned))
	    ? 1
	    : 0;
}

int64_t
snapshot_read(const char *bytes, size_t len, struct tables *tables,
    uint64_t stale_max, uint64_t now, uint64_t wall)
{
	const size_t magic = strlen(SNAPSHOT_MAGIC);
	struct snapshot_reader reader = {0};
	int64_t n = 0;

	if (len < magic || memcmp(bytes, SNAPSHOT_MAGIC, magic) != 0)
		return -1;
	reader.at = (const unsigned char *)bytes + magic;
	reader.left = len - magic;
	while (!reader.bad) {
		switch (snapshot_get_number(&reader, 1)) {
		case 'T':
			snapshot_get_table(&reader, tables);
			break;
		case 'F':
			n += snapshot_get_fact(&reader, stale_max, now, wall);
			break;
		case 'E':
			return n;
		default:
			reader.bad = true;
		}
	}
	return -1;
}

static bool
snapshot_is_whole(const char *bytes, size_t len)
{
	unsigned char sum[SNAPSHOT_HASH];

	if (len < SNAPSHOT_HASH)
		return false;
	crypto_generichash(sum, sizeof(sum), (const unsigned char *)bytes,
	    len - SNAPSHOT_HASH, NULL, 0);
	return memcmp(sum, bytes + len - SNAPSHOT_HASH, SNAPSHOT_HASH) == 0;
}

static int64_t
snapshot_load_fd(int fd, const char *path, struct tables *tables,
    uint64_t stale_max, uint64_t now, uint64_t wall, struct err *err)
{
	struct stat st;
	int64_t n = -1;
	void *bytes;
	size_t len;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size == 0 ||
	    (uint64_t)st.st_size > SNAPSHOT_FILE_MAX)
		return err_set(
		    err, "%s: no file of facts", text_show_str(path));
	len = (size_t)st.st_size;
	bytes = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return err_set(
		    err, "%s: %s", text_show_str(path), strerror(errno));
	if (snapshot_is_whole(bytes, len))
		n = snapshot_read(
		    bytes, len - SNAPSHOT_HASH, tables, stale_max, now, wall);
	munmap(bytes, len);
	if (n == -1)
		err_set(err,
		    "%s: not a whole file of facts of this version; starting "
		    "without",
		    text_show_str(path));
	return n;
}

int64_t
snapshot_load(const char *path, struct tables *tables, uint64_t stale_max,
    uint64_t now, uint64_t wall, struct err *err)
{
	int64_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1)
		return err_set(
		    err, "%s: %s", text_show_str(path), strerror(errno));
	n = snapshot_load_fd(fd, path, tables, stale_max, now, wall, err);
	close(fd);
	return n;
}
