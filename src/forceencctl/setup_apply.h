/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_SETUP_APPLY_H
#define FORCEENC_FORCEENCCTL_SETUP_APPLY_H

#include <stdbool.h>

#include "forceenc/err.h"
#include "forceencctl/setup.h"

/* Changes to a Postfix, one by one, and the way back. folder is the one of
 * main.cf. Functions return 0, or -1 with err. */

struct setup_backup {
	char folder[512]; /* below that of main.cf */
	char filter[512]; /* a filter that wasn't there before; or "" */
};

/* "postfix check" has nothing against it. */
int setup_apply_check(const char *folder, struct err *);

/* Whether this Postfix has pcre tables: the filter is ignored without. */
int setup_apply_pcre(const char *folder, struct err *);

/* Copies main.cf and master.cf. now: seconds since the epoch, for the name. */
int setup_apply_begin(
    struct setup_backup *, const char *folder, int64_t now, struct err *);

int setup_apply_step(struct setup_backup *, const char *folder,
    const struct setup_step *, struct err *);

/* As it was before, without the copies; what can't be undone is in err, and
 * they stay. */
int setup_apply_undo(
    const struct setup_backup *, const char *folder, struct err *);

/* Reloads a Postfix that runs; *running says whether it does. */
int setup_apply_reload(const char *folder, bool *running, struct err *);

#endif
