/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/report_watch.h"

#include <string.h>
#include <sys/stat.h>

#include "forceenc/text.h"
#include "forceencctl/figures.h"
#include "forceencctl/report_rank.h"

#define REPORT_WATCH_NAME "follow/counters"

struct report_watch {
	const struct report_ask *ask;
	const char *host; /* under which ours writes */
	json_t *watchers;
};

/* How long after the last commit something was written to the log. */
static int64_t
report_watch_uncounted(const char *log, int64_t committed)
{
	static const char kind[] = "file:";
	struct stat st;

	if (strncmp(log, kind, strlen(kind)) != 0 ||
	    stat(log + strlen(kind), &st) == -1 || st.st_mtime <= committed)
		return 0;
	return st.st_mtime - committed;
}

/* A line "name number". */
static void
report_watch_counter(json_t *row, const char *line, size_t len)
{
	static const char *const wanted[] = {"time", "bytes_behind"};
	char text[64];
	size_t i, name;
	int64_t n;

	if (len >= sizeof(text))
		return;
	memcpy(text, line, len);
	text[len] = '\0';
	for (i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		name = strlen(wanted[i]);
		if (strncmp(text, wanted[i], name) == 0 && text[name] == ' ' &&
		    text_parse_int(text + name + 1, 0, INT64_MAX, &n) == 0)
			json_object_set_new(row, wanted[i], json_integer(n));
	}
}

static void
report_watch_add(const char *host, const char *name, const void *bytes,
    size_t len, void *arg)
{
	struct report_watch *watch = arg;
	const char *line = bytes, *end = line + len, *next;
	json_t *row;

	if (strcmp(name, REPORT_WATCH_NAME) != 0)
		return;
	row = json_object();
	json_object_set_new(row, "host", figures_text(host));
	for (; line < end; line = next + 1) {
		next = memchr(line, '\n', (size_t)(end - line));
		if (next == NULL)
			next = end;
		report_watch_counter(row, line, (size_t)(next - line));
	}
	if (strcmp(host, watch->host) == 0)
		json_object_set_new(row, "uncounted",
		    json_integer(report_watch_uncounted(
			watch->ask->conf->log, report_rank_get(row, "time"))));
	json_array_append_new(watch->watchers, row);
}

int
report_watch_gather(
    const struct report_ask *ask, json_t *report, struct err *err)
{
	const char *named = ask->conf->store_host;
	struct report_watch watch = {.ask = ask,
	    .host = *named != '\0' ? named : ask->host,
	    .watchers = json_array()};
	int64_t hour;
	int rc = stats_blobs(ask->store, report_watch_add, &watch, err);

	if (rc == 0)
		rc = stats_first_hour(ask->store, &hour, err);
	if (rc == 0) {
		json_object_set(report, "watchers", watch.watchers);
		json_object_set_new(report, "known_since",
		    hour == INT64_MAX ? json_null()
				      : json_integer(hour * 3600));
	}
	json_decref(watch.watchers);
	return rc;
}
