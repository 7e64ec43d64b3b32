/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/keep.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc-watch/pack.h"
#include "forceenc-watch/state.h"
#include "forceenc-watch/unpack.h"
#include "forceenc/mem.h"

/* Their last byte is the version. */
#define KEEP_POSITION_NAME "fe-wpos1"
#define KEEP_INPUT_NAME    "fe-winp1"
#define KEEP_CURSOR_NAME   "fe-wcur2"
/* Of all machines in a folder together. */
#define KEEP_CURSOR_ALL "fe-wcur1"
#define KEEP_NAME_MAX   64
#define KEEP_CURSOR_MAX 4096
#define KEEP_BLOBS      4 /* besides the cursors */

void
keep_init(struct keep *keep, struct store *store, const char *prefix)
{
	memset(keep, 0, sizeof(*keep));
	keep->store = store;
	keep->prefix = prefix;
}

void
keep_fini(struct keep *keep)
{
	buf_fini(&keep->state);
	buf_fini(&keep->position);
	buf_fini(&keep->input);
	buf_fini(&keep->counters);
	while (keep->cursors > 0)
		buf_fini(&keep->cursor[--keep->cursors]);
	free(keep->cursor);
	keep->cursor = NULL;
}

static const char *
keep_name(char *out, const char *prefix, const char *what)
{
	snprintf(out, KEEP_NAME_MAX, "%s/%s", prefix, what);
	return out;
}

int
keep_load_state(
    struct keep *keep, const char *prefix, struct walk *walk, struct err *err)
{
	char name[KEEP_NAME_MAX];
	void *bytes;
	size_t len;
	int rc;

	rc = store_get_blob(
	    keep->store, keep_name(name, prefix, "state"), &bytes, &len, err);
	if (rc != 1)
		return rc;
	if (state_read(walk, bytes, len, err) == -1)
		rc = err_prefix(err, "what was kept of the log's state");
	free(bytes);
	return rc;
}

int
keep_load_position(
    struct keep *keep, struct keep_position *position, struct err *err)
{
	char name[KEEP_NAME_MAX];
	struct unpack in;
	const char *sum;
	void *bytes;
	size_t len;
	int rc;

	memset(position, 0, sizeof(*position));
	rc = store_get_blob(keep->store,
	    keep_name(name, keep->prefix, "position"), &bytes, &len, err);
	if (rc != 1)
		return rc;
	if (unpack_begin(&in, KEEP_CURSOR_NAME, bytes, len)) {
		rc = 2;
	} else if (unpack_begin(&in, KEEP_CURSOR_ALL, bytes, len)) {
		rc = 3;
	} else if (unpack_begin(&in, KEEP_POSITION_NAME, bytes, len)) {
		position->device = unpack_number(&in, UINT64_MAX);
		position->inode = unpack_number(&in, UINT64_MAX);
		position->offset = unpack_number(&in, INT64_MAX);
		position->print.len =
		    (size_t)unpack_number(&in, FINGERPRINT_SPAN);
		sum = unpack_bytes(&in, FINGERPRINT_SUM_LEN, &len);
		memcpy(position->print.sum, sum, len);
		keep->since = unpack_time(&in);
		if (!unpack_end(&in) || len != FINGERPRINT_SUM_LEN)
			rc = -1;
	} else {
		rc = -1;
	}
	free(bytes);
	if (rc == -1)
		err_set(err,
		    "the position in the log is damaged, or of "
		    "another version");
	return rc;
}

static const char *
keep_input_name(char *out, const struct fingerprint *print)
{
	char hex[FINGERPRINT_HEX_LEN + 1];

	fingerprint_hex(print, hex);
	return keep_name(out, "input", hex);
}

static int
keep_load_input(struct keep *keep, const struct fingerprint *print,
    struct keep_input *input, struct err *err)
{
	char name[KEEP_NAME_MAX];
	struct unpack in;
	void *bytes;
	size_t len;
	int rc;

	memset(input, 0, sizeof(*input));
	rc = store_get_blob(
	    keep->store, keep_input_name(name, print), &bytes, &len, err);
	if (rc != 1)
		return rc;
	if (unpack_begin(&in, KEEP_INPUT_NAME, bytes, len))
		input->offset = unpack_number(&in, INT64_MAX);
	if (!unpack_end(&in) || in.at == NULL)
		rc = err_set(err, "%s is damaged, or of another version", name);
	free(bytes);
	return rc;
}

/* A short log has a fingerprint of all that was read of it. */
int
keep_find_input(struct keep *keep, const struct head *head,
    struct keep_input *input, struct err *err)
{
	struct fingerprint print;
	size_t len = head->len;
	int rc = 0;

	memset(input, 0, sizeof(*input));
	while (len > 0 && rc == 0) {
		head_print(head, len, &print);
		rc = keep_load_input(keep, &print, input, err);
		len = head_line_end(head, len - 1);
	}
	return rc;
}

int
keep_load_cursor(
    struct keep *keep, const char *machine, char **cursor, struct err *err)
{
	char name[KEEP_NAME_MAX];
	struct unpack in;
	const char *text;
	void *bytes;
	size_t len;
	int rc;

	rc = store_get_blob(keep->store, keep_name(name, "journal", machine),
	    &bytes, &len, err);
	if (rc != 1)
		return rc;
	if (!unpack_begin(&in, KEEP_CURSOR_NAME, bytes, len)) {
		rc = 2;
		if (!unpack_begin(&in, KEEP_CURSOR_ALL, bytes, len))
			in.bad = true;
	}
	text = unpack_bytes(&in, KEEP_CURSOR_MAX, &len);
	if (unpack_end(&in))
		*cursor = mem_dup(text, len);
	else
		rc = err_set(err, "%s is damaged, or of another version", name);
	free(bytes);
	return rc;
}

static void
keep_write_position(
    struct buf *buf, const struct keep_position *position, int64_t since)
{
	pack_begin(buf, KEEP_POSITION_NAME);
	pack_number(buf, position->device);
	pack_number(buf, position->inode);
	pack_number(buf, position->offset);
	pack_number(buf, position->print.len);
	pack_bytes(buf, position->print.sum, sizeof(position->print.sum));
	pack_number(buf, (uint64_t)since);
	pack_end(buf);
}

/* As text, for those who look after us. */
static void
keep_write_counters(struct keep *keep, const struct walk *walk,
    const struct keep_report *report)
{
	const struct walk_counters *c = &walk->counters;
	int64_t last = walk->inflight->last, behind = 0;

	/* Of a log that was never read nobody knows since when. */
	if (report->behind && last > 0 && last < report->now)
		behind = report->now - last;
	buf_clear(&keep->counters);
	buf_printf(&keep->counters,
	    "time %" PRId64 "\nlines %" PRIu64 "\nbytes %" PRIu64
	    "\nother %" PRIu64 "\nunparsed %" PRIu64 "\ncut %" PRIu64
	    "\nrepeats_lost %" PRIu64 "\ngaps %" PRIu64 "\nevicted %" PRIu64
	    "\ndisagreements %" PRIu64 "\nsenders_unknown %" PRIu64
	    "\nmessages %zu\ncommits %" PRIu64 "\nseconds_behind %" PRId64 "\n",
	    report->now, c->lines, c->bytes, c->other, c->unparsed, c->cut,
	    c->repeats_lost, c->gaps, walk_evicted(walk),
	    walk->inflight->disagreements, walk->inflight->senders_unknown,
	    messages_count(walk->inflight->messages), keep->commits + 1,
	    behind);
	if (report->bytes_behind >= 0)
		buf_printf(&keep->counters, "bytes_behind %" PRId64 "\n",
		    report->bytes_behind);
}

static void
keep_add_blob(struct store_batch *batch, struct store_blob *blob,
    const char *name, const struct buf *buf)
{
	blob += batch->nblobs++;
	blob->name = name;
	blob->bytes = buf->data;
	blob->len = buf->len;
}

static void
keep_write_cursor(struct buf *buf, const char *text)
{
	pack_begin(buf, KEEP_CURSOR_NAME);
	pack_bytes(buf, text, strlen(text));
	pack_end(buf);
}

static void
keep_write_cursors(struct keep *keep, const struct keep_place *place)
{
	size_t i;

	if (place->cursors > keep->cursors) {
		keep->cursor = mem_resize(
		    keep->cursor, place->cursors, sizeof(*keep->cursor));
		memset(keep->cursor + keep->cursors, 0,
		    (place->cursors - keep->cursors) * sizeof(*keep->cursor));
		keep->cursors = place->cursors;
	}
	for (i = 0; i < place->cursors; i++)
		keep_write_cursor(&keep->cursor[i], place->cursor[i].cursor);
}

/* While a journal is read, a machine stands where the position in a file
 * would. */
static void
keep_write_place(struct keep *keep, const struct keep_place *place)
{
	if (place->position != NULL)
		keep_write_position(
		    &keep->position, place->position, keep->since);
	if (place->print != NULL) {
		pack_begin(&keep->input, KEEP_INPUT_NAME);
		pack_number(&keep->input, place->position->offset);
		pack_end(&keep->input);
	}
	if (place->cursors > 0)
		keep_write_cursor(&keep->position, place->cursor->machine);
	keep_write_cursors(keep, place);
}

static void
keep_add_place(struct keep *keep, const struct keep_place *place,
    struct store_batch *batch, struct store_blob *blob,
    char (*names)[KEEP_NAME_MAX])
{
	size_t i;

	if (place->position != NULL || place->cursors > 0)
		keep_add_blob(batch, blob,
		    keep_name(names[2], keep->prefix, "position"),
		    &keep->position);
	if (place->print != NULL)
		keep_add_blob(batch, blob,
		    keep_input_name(names[3], place->print), &keep->input);
	for (i = 0; i < place->cursors; i++)
		keep_add_blob(batch, blob,
		    keep_name(names[KEEP_BLOBS + i], "journal",
			place->cursor[i].machine),
		    &keep->cursor[i]);
}

int
keep_commit(struct keep *keep, struct walk *walk,
    const struct keep_place *place, const struct keep_report *report,
    struct err *err)
{
	size_t n = KEEP_BLOBS + place->cursors;
	char(*names)[KEEP_NAME_MAX] = mem_zalloc(n * sizeof(*names));
	struct store_blob *blob = mem_zalloc(n * sizeof(*blob));
	struct store_batch batch;
	int rc;

	walk_batch(walk, &batch);
	state_write(walk, &keep->state);
	keep_write_place(keep, place);
	keep_write_counters(keep, walk, report);
	batch.blob = blob;
	batch.nblobs = 0;
	keep_add_blob(&batch, blob, keep_name(names[0], keep->prefix, "state"),
	    &keep->state);
	keep_add_blob(&batch, blob,
	    keep_name(names[1], keep->prefix, "counters"), &keep->counters);
	keep_add_place(keep, place, &batch, blob, names);
	rc = store_commit(keep->store, &batch, err);
	free(names);
	free(blob);
	if (keep->meter != NULL)
		keep->meter->conflicts += store_conflicts(keep->store);
	if (rc == -1)
		return -1;
	if (keep->meter != NULL)
		meter_add(keep->meter, &batch);
	tally_clear(walk->tally);
	keep->commits++;
	return 0;
}

/* What it tells of itself is of this commit alone. */
int
keep_is_committed(struct keep *keep, struct walk *walk, struct err *err)
{
	char name[KEEP_NAME_MAX];
	void *bytes;
	size_t len;
	int rc;

	rc = store_get_blob(keep->store,
	    keep_name(name, keep->prefix, "counters"), &bytes, &len, err);
	if (rc != 1)
		return rc;
	rc = len == keep->counters.len &&
	    memcmp(bytes, keep->counters.data, len) == 0;
	free(bytes);
	if (rc == 0)
		return 0;
	tally_clear(walk->tally);
	keep->commits++;
	return 1;
}
