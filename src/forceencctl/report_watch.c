/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/report_watch.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "forceenc/text.h"
#include "forceencctl/figures.h"
#include "forceencctl/report_rank.h"

#define REPORT_WATCH_NAME      "follow/counters"
#define REPORT_WATCH_LOCKS_MAX (1024 * 1024)

struct report_watch {
	const struct report_ask *ask;
	json_t *watchers;
};

bool
report_watch_is_locked(const char *locks, uint64_t device, uint64_t inode)
{
	unsigned major_id, minor_id;
	unsigned long long number;
	const char *line = locks, *end;

	for (; *line != '\0'; line = end + 1) {
		end = strchrnul(line, '\n');
		/* "1: FLOCK  ADVISORY  WRITE 815 fe:00:1310738 0 EOF" */
		if (sscanf(line, "%*s FLOCK %*s %*s %*s %x:%x:%llu", &major_id,
			&minor_id, &number) == 3 &&
		    makedev(major_id, minor_id) == device && number == inode)
			return true;
		if (*end == '\0')
			break;
	}
	return false;
}

/* The inode of an open file, as /proc/locks would have it. */
static bool
report_watch_finds(const char *locks, int fd)
{
	struct stat st;

	return fd != -1 && fstat(fd, &st) == 0 &&
	    report_watch_is_locked(locks, st.st_dev, st.st_ino);
}

static void
report_watch_read_locks(struct buf *out)
{
	FILE *f = fopen("/proc/locks", "re");

	if (f == NULL)
		return;
	out->len = fread(buf_reserve(out, REPORT_WATCH_LOCKS_MAX), 1,
	    REPORT_WATCH_LOCKS_MAX, f);
	fclose(f);
}

/*
 * Whether somebody holds the lock of the one writer. To try it would be in a
 * writer's way, so it's looked up. Not every file system shows there the
 * device that stat(2) has: one that doesn't lacks our own lock of the folder
 * as well, which nobody else asks for. (The database is SQLite's: whoever
 * closes it takes SQLite's locks away.)
 */
static json_t *
report_watch_running(const char *store)
{
	static const char kind[] = "sqlite:";
	struct buf folder = {0}, lock = {0}, locks = {0};
	const char *path = store + strlen(kind), *slash;
	json_t *running = json_null();
	int fd[2];

	if (strncmp(store, kind, strlen(kind)) != 0)
		return running;
	slash = strrchr(path, '/');
	buf_printf(&lock, "%s.lock", path);
	buf_printf(&folder, "%.*s/", slash != NULL ? (int)(slash - path) : 1,
	    slash != NULL ? path : ".");
	fd[0] = open(buf_text(&folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd[1] = open(buf_text(&lock), O_RDONLY | O_CLOEXEC);
	if (fd[0] != -1 && fd[1] != -1 &&
	    flock(fd[0], LOCK_SH | LOCK_NB) == 0) {
		report_watch_read_locks(&locks);
		if (report_watch_finds(buf_text(&locks), fd[0]))
			running = json_boolean(
			    report_watch_finds(buf_text(&locks), fd[1]));
	}
	if (fd[0] != -1)
		close(fd[0]);
	if (fd[1] != -1)
		close(fd[1]);
	buf_fini(&folder);
	buf_fini(&lock);
	buf_fini(&locks);
	return running;
}

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
	if (strcmp(host, watch->ask->host) == 0) {
		json_object_set_new(row, "running",
		    report_watch_running(watch->ask->conf->store));
		report_rank_add(row, "uncounted",
		    report_watch_uncounted(
			watch->ask->conf->log, report_rank_get(row, "time")));
	}
	json_array_append_new(watch->watchers, row);
}

int
report_watch_gather(
    const struct report_ask *ask, json_t *report, struct err *err)
{
	struct report_watch watch = {.ask = ask, .watchers = json_array()};
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
