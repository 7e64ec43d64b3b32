/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* What is kept of a place in a log: a record's name, then what is in it. Its
 * checksum is right, or nothing behind that would ever be reached. What can be
 * read is what is written again. */

#include <stdlib.h>
#include <string.h>

#include "forceenc-watch/keep.h"
#include "forceenc-watch/pack.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "fuzz.h"
#include "store/store_backend.h"

unsigned long fuzz_reached;

/* A store that has one record, by whatever name it's asked for. */
struct fuzz_store {
	struct store store; /* first */
	struct buf record;
	const char *want; /* how the name of what is to be kept begins */
};

static int
fuzz_get_blob(struct store *store, const char *name, void **bytes, size_t *len,
    struct err *err)
{
	struct fuzz_store *fuzz = (struct fuzz_store *)store;

	(void)name;
	(void)err;
	*len = fuzz->record.len;
	*bytes = mem_dup(buf_text(&fuzz->record), fuzz->record.len);
	return 1;
}

static int
fuzz_commit(
    struct store *store, const struct store_batch *batch, struct err *err)
{
	struct fuzz_store *fuzz = (struct fuzz_store *)store;
	const struct store_blob *blob;
	size_t i, kept = 0;

	(void)err;
	for (i = 0; i < batch->nblobs; i++) {
		blob = &batch->blob[i];
		if (strncmp(blob->name, fuzz->want, strlen(fuzz->want)) != 0)
			continue;
		buf_clear(&fuzz->record);
		buf_add(&fuzz->record, blob->bytes, blob->len);
		kept++;
	}
	MUST(kept == 1);
	return 0;
}

static const struct store_backend fuzz_backend = {
    .get_blob = fuzz_get_blob, .commit = fuzz_commit};

static void
fuzz_write(struct keep *keep, const char *want, const struct keep_place *place)
{
	static const struct walk_rules rules = {.recipient_delimiter = "",
	    .syslog_names = "postfix",
	    .local_relays = "",
	    .max_inflight = 1};
	const struct keep_report report = {.bytes_behind = -1};
	struct walk *walk = walk_new(&rules, 1795312000, NULL);

	MUST(walk != NULL);
	((struct fuzz_store *)keep->store)->want = want;
	MUST(keep_commit(keep, walk, place, &report, NULL) == 0);
	walk_free(walk);
	fuzz_reached++;
}

static void
fuzz_position(struct keep *keep)
{
	struct keep_position position, again;
	const struct keep_place place = {.position = &position};
	struct err err;

	if (keep_load_position(keep, &position, &err) != 1)
		return;
	MUST(position.offset <= INT64_MAX);
	MUST(position.print.len <= FINGERPRINT_SPAN);
	fuzz_write(keep, "follow/position", &place);
	MUST(keep_load_position(keep, &again, &err) == 1);
	MUST(memcmp(&position, &again, sizeof(position)) == 0);
}

/* Of a log whose first lines were read. */
static void
fuzz_input(struct keep *keep)
{
	static const char lines[] = "first\nsecond\nthird";
	struct keep_position position = {0};
	const struct keep_place place = {
	    .position = &position, .print = &position.print};
	struct keep_input input, again;
	struct head head;
	struct err err;

	head_set(&head, lines, strlen(lines));
	if (keep_find_input(keep, &head, &input, &err) != 1)
		return;
	MUST(input.offset <= INT64_MAX);
	position.offset = input.offset;
	head_print(&head, head.len, &position.print);
	fuzz_write(keep, "input/", &place);
	MUST(keep_find_input(keep, &head, &again, &err) == 1);
	MUST(input.offset == again.offset);
}

static void
fuzz_cursor(struct keep *keep)
{
	struct keep_cursor cursor = {.machine = "machine"};
	const struct keep_place place = {.cursor = &cursor, .cursors = 1};
	char *text, *again;
	struct err err;
	int rc = keep_load_cursor(keep, "machine", &text, &err);

	if (rc < 1)
		return;
	cursor.cursor = text;
	fuzz_write(keep, "journal/", &place);
	MUST(keep_load_cursor(keep, "machine", &again, &err) == 1);
	MUST(strcmp(text, again) == 0);
	free(again);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const part[])(struct keep *) = {
	    fuzz_position, fuzz_input, fuzz_cursor};
	struct fuzz_store store = {.store = {.backend = &fuzz_backend}};
	struct keep keep;
	size_t i;

	for (i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		buf_clear(&store.record);
		buf_add(&store.record, data, size);
		pack_end(&store.record);
		keep_init(&keep, &store.store, "follow");
		part[i](&keep);
		keep_fini(&keep);
	}
	buf_fini(&store.record);
	return 0;
}
