/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_TALK_H
#define FORCEENC_FORCEENCCTL_TALK_H

#include <jansson.h>

#include "forceenc/err.h"
#include "forceencctl/cmd.h"

/*
 * Asks the running forceencd over its control socket. record is called with
 * each record of the answer, borrowed; what it gathers is of worth only if the
 * answer came to its end.
 *
 * Returns the status that forceencd ends its answer with, and its text in
 * end. Where there is no whole answer, says why and returns EX_UNAVAILABLE,
 * EX_TEMPFAIL, EX_CONFIG or EX_USAGE; *whole is false then.
 */
typedef void talk_record_fn(json_t *record, void *arg);

struct talk_end {
	bool whole;
	struct err text; /* printable; may be empty */
};

int talk(const struct cmd_call *, const char *const *words, unsigned n,
    talk_record_fn *record, void *arg, struct talk_end *end);

/* For commands whose answer is one record: gives it to print, which is used
 * for PRINT_TABLE, or shows it as JSON or TSV. Says the end's text if the
 * status isn't 0 and there is one. Returns the exit status. */
typedef void talk_print_fn(json_t *record, struct buf *out);
int talk_and_print(const struct cmd_call *, const char *const *words,
    unsigned n, talk_print_fn *print);

#endif
