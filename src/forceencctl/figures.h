/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_FIGURES_H
#define FORCEENC_FORCEENCCTL_FIGURES_H

#include <jansson.h>

#include "forceenc/conf.h"
#include "forceenc/stats.h"
#include "forceencctl/cmd.h"

/*
 * The statistics, and what part of them a command is about. Functions return
 * 0, or the exit status after they have said why.
 */
struct figures {
	struct conf *conf;
	struct store *store;
	struct stats_filter filter;
};

/* sender is NULL for everybody. since is what holds if the command line
 * doesn't say. figures_close() either way. */
int figures_open(struct figures *, const struct cmd_call *, const char *sender,
    const char *since);
void figures_close(struct figures *);

/* --limit, or what holds without it. */
int figures_limit(const struct cmd_call *, unsigned def, unsigned *limit);

/* What a person reads who would see no rows; nothing in other forms. */
void figures_nothing(const struct cmd_call *, const char *words);

/* Says what is wrong with the database; returns the exit status. */
int figures_failed(const struct err *);

/* Any bytes, or null. */
json_t *figures_text(const char *text);

#endif
