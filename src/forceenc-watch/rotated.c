/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/rotated.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "forceenc-watch/keep.h"
#include "forceenc-watch/reader.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"

#define ROTATED_SETTLE_MS 50

/* Whether name was made from base by a rotation. */
static bool
rotated_is(const char *name, const char *base)
{
	size_t len = strlen(base);
	const char *dot = strrchr(base, '.');

	if (strncmp(name, base, len) == 0)
		return name[len] == '.' || name[len] == '-';
	/* The date stands in front of the extension. */
	len = dot == NULL ? 0 : (size_t)(dot - base);
	return len > 0 && strncmp(name, base, len) == 0 && name[len] == '-' &&
	    (unsigned)(name[len + 1] - '0') < 10;
}

static int
rotated_print(const char *path, struct fingerprint *print, struct err *err)
{
	struct reader reader;

	if (reader_open(&reader, path, err) == -1)
		return -1;
	*print = reader.print;
	reader_close(&reader);
	return 0;
}

/* A log and what was compressed from it are one: the first to be found. */
static bool
rotated_has(const struct rotated *rotated, const struct fingerprint *print)
{
	size_t i;

	for (i = 0; i < rotated->n; i++)
		if (rotated->print[i].len == print->len &&
		    memcmp(rotated->print[i].sum, print->sum,
			sizeof(print->sum)) == 0)
			return true;
	return false;
}

/* Of two that began in the same second, the one that was written last is the
 * later one; of those, the one with the smaller number, which was found
 * first. */
static bool
rotated_is_before(const struct first *a, const struct first *b)
{
	return a->time != b->time ? a->time < b->time
				  : a->written <= b->written;
}

static void
rotated_add(struct rotated *rotated, const char *path, bool tell)
{
	struct fingerprint print;
	struct first first;
	struct stat st;
	struct err err;
	size_t at;

	if (stat(path, &st) == -1 || !S_ISREG(st.st_mode))
		return;
	if (rotated_print(path, &print, &err) == -1 ||
	    first_look(&first, path, &err) == -1) {
		rotated->partial = true;
		if (tell)
			log_warn("%s", err.text);
		return;
	}
	if (print.len == 0 || rotated_has(rotated, &print)) {
		first_fini(&first);
		return;
	}
	rotated->log =
	    mem_resize(rotated->log, rotated->n + 1, sizeof(*rotated->log));
	rotated->print =
	    mem_resize(rotated->print, rotated->n + 1, sizeof(*rotated->print));
	for (at = rotated->n;
	     at > 0 && rotated_is_before(&first, &rotated->log[at - 1]); at--) {
		rotated->log[at] = rotated->log[at - 1];
		rotated->print[at] = rotated->print[at - 1];
	}
	rotated->log[at] = first;
	rotated->print[at] = print;
	rotated->n++;
}

static int
rotated_wanted(const char *name, const char *base)
{
	return strcmp(name, base) != 0 && rotated_is(name, base);
}

/* Plain files come before compressed ones, which may be half written: their
 * names are shorter. */
static int
rotated_compare(const void *a, const void *b)
{
	const char *const *one = a, *const *other = b;
	size_t len = strlen(*one), other_len = strlen(*other);

	if (len != other_len)
		return len < other_len ? -1 : 1;
	return strcmp(*one, *other);
}

char *
rotated_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? mem_strdup(".")
			     : mem_dup(path, (size_t)(slash - path) + 1);
}

static bool
rotated_folder_time(const char *folder, struct timespec *out)
{
	struct stat st;

	if (stat(folder, &st) == -1)
		return false;
	*out = st.st_mtim;
	return true;
}

/* The clock of a file system ticks slowly: what changed a moment ago may
 * change again without a sign. */
static bool
rotated_is_settled(const struct timespec *changed)
{
	struct timespec now;
	int64_t ms;

	clock_gettime(CLOCK_REALTIME, &now);
	ms = (int64_t)(now.tv_sec - changed->tv_sec) * 1000 +
	    (now.tv_nsec - changed->tv_nsec) / 1000000;
	return ms < 0 || ms > ROTATED_SETTLE_MS;
}

static void
rotated_list(
    struct rotated *rotated, const char *path, const char *folder, bool tell)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash == NULL ? path : slash + 1;
	DIR *dir = opendir(folder);
	char **found = NULL, full[8192];
	struct dirent *entry;
	size_t n = 0, i;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (!rotated_wanted(entry->d_name, base))
			continue;
		snprintf(full, sizeof(full), "%.*s%s", (int)(base - path), path,
		    entry->d_name);
		found = mem_resize(found, n + 1, sizeof(*found));
		found[n++] = mem_strdup(full);
	}
	if (dir != NULL)
		closedir(dir);
	if (n > 0)
		qsort(found, n, sizeof(*found), rotated_compare);
	for (i = 0; i < n; i++) {
		rotated_add(rotated, found[i], tell);
		free(found[i]);
	}
	free(found);
}

static bool
rotated_is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool
rotated_find(struct rotated *rotated, const char *path, struct timespec *told)
{
	char *folder = rotated_folder(path);
	bool found;

	memset(rotated, 0, sizeof(*rotated));
	found = rotated_folder_time(folder, &rotated->changed) &&
	    rotated_is_settled(&rotated->changed);
	if (found) {
		rotated_list(rotated, path, folder,
		    !rotated_is_same_time(&rotated->changed, told));
		*told = rotated->changed;
		found = rotated_still(&rotated->changed, path);
	}
	if (!found)
		rotated_fini(rotated);
	free(folder);
	return found;
}

bool
rotated_still(const struct timespec *changed, const char *path)
{
	char *folder = rotated_folder(path);
	struct timespec now;
	bool still = changed->tv_sec != 0 &&
	    rotated_folder_time(folder, &now) &&
	    rotated_is_same_time(&now, changed);

	free(folder);
	return still;
}

bool
rotated_still_empty(const struct timespec *changed, const char *path)
{
	struct stat st;

	return rotated_still(changed, path) &&
	    (stat(path, &st) == 0 ? st.st_size == 0 : errno == ENOENT);
}

bool
rotated_is_open(int fd, const char *path)
{
	struct stat now, open;

	return stat(path, &now) == 0 && fstat(fd, &open) == 0 &&
	    now.st_ino == open.st_ino && now.st_dev == open.st_dev;
}

bool
rotated_away(int fd, const char *path)
{
	struct stat now, open;

	return stat(path, &now) == 0 && fstat(fd, &open) == 0 &&
	    now.st_size > 0 &&
	    (now.st_ino != open.st_ino || now.st_dev != open.st_dev);
}

void
rotated_fini(struct rotated *rotated)
{
	size_t i;

	for (i = 0; i < rotated->n; i++)
		first_fini(&rotated->log[i]);
	free(rotated->log);
	free(rotated->print);
	memset(rotated, 0, sizeof(*rotated));
}

bool
rotated_fits(const char *path, const struct fingerprint *print, uint64_t offset,
    uint64_t device, uint64_t inode)
{
	struct reader reader;
	struct stat st;
	bool fits;

	if (print->len == 0)
		return inode != 0 && stat(path, &st) == 0 &&
		    st.st_dev == device && st.st_ino == inode;
	if (reader_open(&reader, path, NULL) == -1)
		return false;
	fits = reader.buf.len >= print->len &&
	    fingerprint_fits(print, reader.buf.data, reader.buf.len) &&
	    (offset == KEEP_POSITION_END || !archive_is_plain(reader.file) ||
		reader_seek(&reader, offset, NULL) == 1);
	reader_close(&reader);
	return fits;
}

size_t
rotated_match(const struct rotated *rotated, const struct fingerprint *print,
    uint64_t offset, uint64_t device, uint64_t inode)
{
	size_t i;

	for (i = 0; i < rotated->n; i++)
		if (rotated_fits(
			rotated->log[i].path, print, offset, device, inode))
			return i;
	return rotated->n;
}
