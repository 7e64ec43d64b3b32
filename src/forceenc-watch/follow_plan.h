/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_FOLLOW_PLAN_H
#define FORCEENC_WATCH_FOLLOW_PLAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include "forceenc-watch/head.h"
#include "forceenc-watch/keep.h"
#include "forceenc-watch/reader.h"
#include "forceenc-watch/walk.h"
#include "forceenc/buf.h"

/* Which log follow.c reads next; nobody else looks in here. */

enum follow_plan_reason {
	FOLLOW_PLAN_START,     /* we come, or come back */
	FOLLOW_PLAN_ENDED,     /* everything was read */
	FOLLOW_PLAN_TRUNCATED, /* perhaps not everything */
};

struct follow {
	char *path;
	struct keep_position position;
	int fd; /* the open file; -1: none */
	struct head head;
	struct buf buf;    /* read, but not fed */
	bool complete;     /* nobody writes to it any more */
	bool moved;        /* path was another file when we had read all */
	int64_t began;     /* the time of its first line */
	bool compressed;   /* reader is open instead of fd */
	unsigned failures; /* of it, in a row */
	struct reader reader;
	bool planned;
	struct timespec changed; /* the folder, when no later log was there */
	struct timespec told;    /* and when it was told what can't be read */
	enum follow_plan_reason reason;
	bool missing; /* the live log, or ... */
	bool empty;   /* ... there is nothing in it: it isn't open */
	bool calm;    /* nothing to read before the folder or path change */
	bool began_behind; /* the position is the first one, and new */
	bool complained;
};

/* Opens what is to be read next, given where we are. False if it can't be,
 * yet: calm says whether to wait for a sign. */
bool follow_plan(struct follow *, struct walk *);

/* Whether a later log was rotated since the open one was, so that nobody
 * writes to that any more: 1, 0, or -1 if it can't be told now. */
int follow_plan_is_left(struct follow *);

/* A plain file, at the position that is set already. */
bool follow_plan_open(struct follow *, const char *path, struct stat *);
void follow_plan_close(struct follow *);

/* A file can't be read: said once, until one can be. */
void follow_plan_complain(struct follow *, const char *why);
/* Lines in front of the offset can't be found any more. */
void follow_plan_lost(struct follow *, struct walk *, uint64_t offset);

#endif
