/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_JOURNAL_QUERY_H
#define FORCEENC_WATCH_JOURNAL_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "forceenc-watch/maillog.h"
#include "forceenc/journal_spec.h"

/*
 * Which entries of a journal are wanted, as the journal can look for them:
 * "FIELD=value" in reverse order of binding: those of the same field side by
 * side are alternatives; OR has more alternatives behind it, AND something
 * that must be so as well. Pure.
 *
 * The journal can't look for beginnings, so an identifier stands for itself
 * and for each program of Postfix that matters behind it: "postfix",
 * "postfix/smtp", ... What journald has thrown away is always wanted.
 */
enum journal_query_op {
	JOURNAL_QUERY_TERM,
	JOURNAL_QUERY_OR,
	JOURNAL_QUERY_AND
};

typedef int journal_query_fn(
    enum journal_query_op, const char *term, void *arg);

/* Calls for each piece, until one returns less than 0, which it returns. */
int journal_query_each(
    const struct journal_spec *, journal_query_fn *, void *arg);

bool journal_query_has(const struct journal_spec *, enum journal_spec_kind);

/* Whether an entry says that others' entries were thrown away: no gap of
 * ours. Without units in spec, ours are those that begin with "postfix". */
bool journal_query_is_others_loss(
    const struct journal_spec *, const struct maillog *);

#endif
