/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/notice.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "forceenc-watch/rotated.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

#define NOTICE_FILE (IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF)
#define NOTICE_FOLDER                                                      \
	(IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | \
	    IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

enum notice_place { NOTICE_LIVE, NOTICE_OPEN, NOTICE_AROUND, NOTICE_PLACES };

struct notice {
	char *path;
	char *folder;
	int fd;
	int watch[NOTICE_PLACES]; /* -1: none */
	bool complained;
};

struct notice *
notice_new(const char *path)
{
	struct notice *notice = mem_zalloc(sizeof(*notice));
	int i;

	notice->path = mem_strdup(path);
	notice->folder = rotated_folder(path);
	for (i = 0; i < NOTICE_PLACES; i++)
		notice->watch[i] = -1;
	notice->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	return notice;
}

void
notice_free(struct notice *notice)
{
	if (notice == NULL)
		return;
	if (notice->fd != -1)
		close(notice->fd);
	free(notice->folder);
	free(notice->path);
	free(notice);
}

/* What another machine writes is told to that machine. */
static bool
notice_is_remote(const char *folder)
{
	struct statfs fs;

	if (statfs(folder, &fs) == -1)
		return false;
	switch ((unsigned long)fs.f_type & 0xFFFFFFFFu) {
	case NFS_SUPER_MAGIC:
	case SMB_SUPER_MAGIC:
	case SMB2_SUPER_MAGIC:
	case CIFS_SUPER_MAGIC:
	case CEPH_SUPER_MAGIC:
	case AFS_SUPER_MAGIC:
	case CODA_SUPER_MAGIC:
	case V9FS_MAGIC:
	case FUSE_SUPER_MAGIC:
		return true;
	default:
		return false;
	}
}

static bool
notice_is_used(const int watch[NOTICE_PLACES], int number)
{
	int i;

	for (i = 0; i < NOTICE_PLACES; i++)
		if (watch[i] == number)
			return true;
	return false;
}

/* Takes over what is listened to by now. */
static bool
notice_replace(struct notice *notice, const int watch[NOTICE_PLACES])
{
	bool same = true;
	int i;

	for (i = 0; i < NOTICE_PLACES; i++) {
		same = same &&
		    (watch[i] == -1 || notice_is_used(notice->watch, watch[i]));
		if (notice->watch[i] != -1 &&
		    !notice_is_used(watch, notice->watch[i]))
			inotify_rm_watch(notice->fd, notice->watch[i]);
	}
	memcpy(notice->watch, watch, sizeof(notice->watch));
	return same;
}

static void
notice_complain(struct notice *notice, const char *why)
{
	if (!notice->complained)
		log_warn("%s: changes aren't told: %s; it's looked at all the "
			 "time instead",
		    text_show_str(notice->path), why);
	notice->complained = true;
}

/* Its number, or -1. There may be too many of them already. */
static int
notice_add(struct notice *notice, const char *path, uint32_t mask)
{
	int number = inotify_add_watch(notice->fd, path, mask);

	if (number == -1 && errno == ENOSPC) {
		notice_complain(
		    notice, "fs.inotify.max_user_watches is reached");
		errno = ENOSPC;
	}
	return number;
}

enum notice_state
notice_listen(struct notice *notice, int fd)
{
	int watch[NOTICE_PLACES] = {-1, -1, -1};
	char open[64];
	bool deaf;

	if (notice->fd == -1) {
		notice_complain(notice, "inotify can't be used");
		return NOTICE_DEAF;
	}
	watch[NOTICE_AROUND] =
	    notice_add(notice, notice->folder, NOTICE_FOLDER);
	deaf = watch[NOTICE_AROUND] == -1;
	watch[NOTICE_LIVE] = notice_add(notice, notice->path, NOTICE_FILE);
	/* If it's not there or may not be read, the folder tells of it. */
	if (watch[NOTICE_LIVE] == -1 && errno != ENOENT && errno != EACCES)
		deaf = true;
	if (fd != -1) {
		snprintf(open, sizeof(open), "/proc/self/fd/%d", fd);
		watch[NOTICE_OPEN] = notice_add(notice, open, NOTICE_FILE);
		deaf = deaf || watch[NOTICE_OPEN] == -1;
	}
	if (!notice_replace(notice, watch))
		return NOTICE_NEW;
	return deaf || notice_is_remote(notice->folder) ? NOTICE_DEAF
							: NOTICE_READY;
}

int
notice_fd(const struct notice *notice)
{
	return notice->fd;
}

void
notice_clear(struct notice *notice)
{
	char events[4096];

	while (read(notice->fd, events, sizeof(events)) > 0)
		continue;
}

bool
notice_is_heard(int fd)
{
	char path[64], line[256];
	bool heard = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	if (f == NULL)
		return true;
	while (!heard && fgets(line, sizeof(line), f) != NULL)
		heard = strncmp(line, "inotify ", 8) == 0;
	fclose(f);
	return heard;
}
