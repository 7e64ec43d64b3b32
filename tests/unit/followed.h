/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef TESTS_FOLLOWED_H
#define TESTS_FOLLOWED_H

#include "folder.h"
#include "forceenc-watch/follow.h"

/* A log that is followed in a folder of its own. Nothing waits: the folder is
 * made to look as if it had been left alone for a while. */
struct followed {
	struct folder folder;
	char path[512]; /* of mail.log */
	struct walk *walk;
	struct follow *follow;
	unsigned changes; /* of the folder's time */
	unsigned warnings;
};

/* cmocka's setup and teardown. */
int followed_open(void **state);
int followed_close(void **state);

/* Goes on from where it was, as another process would. */
void followed_start(struct followed *);
/* The folder has changed, and not in the last few moments. */
void followed_settle(struct followed *);
enum input_step followed_step(struct followed *);
/* Until there is nothing more to do. */
enum input_step followed_run(struct followed *);
/* So many were counted in all when there is nothing more to do. */
void followed_expect(struct followed *, uint64_t lines, uint64_t gaps);

/* Lines, each of another recipient's, all of the same length. */
void followed_append(
    struct followed *, const char *name, unsigned first, unsigned n);
void followed_rename(struct followed *, const char *from, const char *to);
/* mail.log */
void followed_copytruncate(struct followed *, const char *to);
/* Adds .gz to its name. */
void followed_compress(struct followed *, const char *name);

#endif
