/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/reader.h"

#include <string.h>

/* What a second-level cache holds. */
#define READER_CHUNK 262144

static int
reader_fill(struct reader *reader, struct err *err)
{
	ssize_t n = archive_get(reader->file,
	    buf_reserve(&reader->buf, READER_CHUNK), READER_CHUNK, err);

	if (n < 0)
		return -1;
	reader->buf.len += (size_t)n;
	reader->ended = n == 0;
	return 0;
}

int
reader_open(struct reader *reader, const char *path, struct err *err)
{
	memset(reader, 0, sizeof(*reader));
	reader->file = archive_open(path, err);
	if (reader->file == NULL)
		return -1;
	reader->mtime = archive_written(reader->file) / 1000000000;
	while (!reader->ended && reader->buf.len < FINGERPRINT_SPAN) {
		if (reader_fill(reader, err) == -1) {
			reader_close(reader);
			return -1;
		}
	}
	head_set(&reader->head, reader->buf.data, reader->buf.len);
	head_print(&reader->head, FINGERPRINT_SPAN, &reader->print);
	return 0;
}

void
reader_close(struct reader *reader)
{
	archive_close(reader->file);
	buf_fini(&reader->buf);
	reader->file = NULL;
}

int
reader_skip(struct reader *reader, uint64_t offset, struct err *err)
{
	uint64_t left = offset - reader->offset;
	size_t n = left < reader->buf.len ? (size_t)left : reader->buf.len;

	buf_consume(&reader->buf, n);
	reader->offset += n;
	if (n == left)
		return 1;
	if (reader->ended)
		return 0;
	return reader_fill(reader, err) == -1 ? -1 : 1;
}

int
reader_seek(struct reader *reader, uint64_t offset, struct err *err)
{
	int rc = -1;

	if (offset - reader->offset > reader->buf.len)
		rc = archive_seek(reader->file, offset);
	if (rc == 1) {
		buf_clear(&reader->buf);
		reader->offset = offset;
		reader->ended = false;
	}
	if (rc != -1)
		return rc;
	while (reader->offset < offset) {
		rc = reader_skip(reader, offset, err);
		if (rc != 1)
			return rc;
	}
	return 1;
}

int
reader_has_more(struct reader *reader, struct err *err)
{
	while (reader->buf.len == 0 && !reader->ended)
		if (reader_fill(reader, err) == -1)
			return -1;
	return reader->buf.len > 0;
}

enum reader_step
reader_feed(
    struct reader *reader, struct walk *walk, bool open_end, struct err *err)
{
	size_t used;

	used = reader->buf.len == 0
	    ? 0
	    : walk_feed(walk, reader->buf.data, reader->buf.len);
	buf_consume(&reader->buf, used);
	reader->offset += used;
	if (tally_full(walk->tally))
		return READER_FULL;
	if (!reader->ended)
		return reader_fill(reader, err) == -1 ? READER_FAILED
						      : READER_MORE;
	if (reader->buf.len > 0 && open_end) {
		walk_feed_rest(walk, reader->buf.data, reader->buf.len);
		reader->offset += reader->buf.len;
		buf_clear(&reader->buf);
	}
	return READER_DONE;
}
