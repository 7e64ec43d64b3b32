/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_WHEN_H
#define FORCEENC_WATCH_WHEN_H

#include <stddef.h>
#include <stdint.h>

#define WHEN_TRADITIONAL_LEN 15

/*
 * The time of a line, in seconds since the epoch. A traditional stamp
 * ("Nov 22 00:11:52") has neither year nor zone: the year is the latest one
 * that doesn't put it more than a day behind the reference time, and the zone
 * is the process's (TZ). In the hour that occurs twice when summer time ends,
 * the order of the lines decides.
 */
struct when {
	int64_t reference; /* when the log was written, at the latest */
	int64_t last;      /* the time of the last traditional stamp; 0: none */
	char stamp[WHEN_TRADITIONAL_LEN]; /* this one; empty: not known */
	/* The last stamp's hour, since a busy log has thousands a minute. */
	char hour_stamp[9]; /* "Nov 22 00" */
	int64_t hour_start;
};

/* now is the reference. */
void when_init(struct when *, int64_t now);
/* A later reference may mean another year: forgets what was worked out. */
void when_set_reference(struct when *, int64_t now);

/* Whether s begins with "Nov 22 00:11:52". Pure. */
int when_is_traditional(const char *s, size_t len);

/* s has passed when_is_traditional(). -1 if there is no such day. */
int when_traditional(struct when *, const char *s, int64_t *time);

/*
 * "2026-11-22T00:11:52.857311+00:00", the fraction optional, the zone "Z",
 * "+00:00" or "+0000". Returns its length, 0 if it is none. Pure.
 */
size_t when_iso(const char *s, size_t len, int64_t *time);

#endif
