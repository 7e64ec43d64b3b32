/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_NOTICE_H
#define FORCEENC_WATCH_NOTICE_H

#include <stdbool.h>

/*
 * Tells when there may be something to read (inotify(7)): the log itself has
 * changed, or its folder, where a log appears, vanishes or is renamed.
 */
struct notice;

enum notice_state {
	NOTICE_NEW, /* not everything was listened to until now: read again */
	NOTICE_READY,
	NOTICE_DEAF, /* changes may go unnoticed here: look now and then */
};

struct notice *notice_new(const char *path);
void notice_free(struct notice *); /* NULL is fine */

/*
 * Listens to what path is now, to the open file that is being read if there
 * is one (or -1), which may have been renamed, and to the folder. To be called
 * when everything was read.
 */
enum notice_state notice_listen(struct notice *, int fd);

/* Readable from the first change on that comes after notice_clear(); -1 if
 * nothing can be listened to at all. */
int notice_fd(const struct notice *);
/* To be called before reading: what changes from now on counts. */
void notice_clear(struct notice *);

/* Whether somebody else's inotify(7) descriptor listens to anything: whoever
 * has too many hears nothing, and need not be told. */
bool notice_is_heard(int fd);

#endif
