/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/first.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc-watch/archive.h"
#include "forceenc-watch/journal_json.h"
#include "forceenc-watch/maillog.h"
#include "forceenc/mem.h"

/* A log may begin with lines that have no time. */
#define FIRST_SPAN 65536

static bool
first_line_time(const char *line, size_t len, struct when *when, int64_t *time)
{
	struct journal_json entry;
	struct maillog log;
	bool found;

	if (len > 0 && *line == '{') {
		found = journal_json_parse(&entry, &log, line, len) ==
			MAILLOG_LINE &&
		    maillog_time(&log, when, time) == 0;
		journal_json_fini(&entry);
		return found;
	}
	return maillog_parse(&log, line, len) != MAILLOG_OTHER &&
	    maillog_time(&log, when, time) == 0;
}

int64_t
first_time(const char *bytes, size_t len, int64_t mtime)
{
	const char *at = bytes, *end = bytes + len, *newline;
	struct when when;
	int64_t time;

	when_init(&when, mtime);
	while (at < end) {
		newline = memchr(at, '\n', (size_t)(end - at));
		if (newline == NULL)
			newline = end;
		if (first_line_time(at, (size_t)(newline - at), &when, &time))
			return time;
		at = newline + 1;
	}
	return INT64_MAX;
}

int
first_look(struct first *first, const char *path, struct err *err)
{
	struct archive_file *file;
	struct buf buf = {0};
	ssize_t n = 1;

	first->time = first->mtime = first->written = INT64_MAX;
	if (strcmp(path, "-") == 0) {
		first->path = mem_strdup(path);
		return 0;
	}
	file = archive_open(path, err);
	if (file == NULL)
		return -1;
	while (n > 0 && buf.len < FIRST_SPAN) {
		n = archive_get(
		    file, buf_reserve(&buf, FIRST_SPAN), FIRST_SPAN, err);
		if (n > 0)
			buf.len += (size_t)n;
	}
	first->written = archive_written(file);
	first->mtime = first->written / 1000000000;
	archive_close(file);
	if (n >= 0) {
		first->path = mem_strdup(path);
		first->time = first_time(
		    buf.len > 0 ? buf.data : "", buf.len, first->mtime);
	}
	buf_fini(&buf);
	return n < 0 ? -1 : 0;
}

void
first_fini(struct first *first)
{
	free(first->path);
	first->path = NULL;
}

void
first_sort(struct first *first, size_t n)
{
	struct first one;
	size_t i, k;

	for (i = 1; i < n; i++) {
		one = first[i];
		for (k = i; k > 0 && first[k - 1].time > one.time; k--)
			first[k] = first[k - 1];
		first[k] = one;
	}
}
