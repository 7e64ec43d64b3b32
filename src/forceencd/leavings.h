/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_LEAVINGS_H
#define FORCEENC_FORCEENCD_LEAVINGS_H

#include <stdbool.h>

/*
 * What is left of a table that is gone and too much to be freed in one turn of
 * the loop: it's freed in pieces, one a turn.
 */
struct leavings;

/* Frees a piece of what. False: that was the last one, and what is gone. */
typedef bool leavings_fn(void *what);

struct leavings *leavings_new(void);
void leavings_free(struct leavings *); /* and all that is left, at once */

void leavings_add(struct leavings *, leavings_fn *, void *what);

/* One piece. False: nothing is left. */
bool leavings_go_on(struct leavings *);

#endif
