/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_JOURNAL_SPEC_H
#define FORCEENC_JOURNAL_SPEC_H

#include <stddef.h>

#include "forceenc/err.h"

/*
 * What follows "journal:" in the option log: whose journal, and what of it.
 * Words are separated by commas and white space. Pure.
 */
enum journal_spec_kind {
	JOURNAL_SPEC_UNIT,       /* "postfix@-.service" */
	JOURNAL_SPEC_IDENTIFIER, /* "postfix": it and "postfix/smtp", ... */
	JOURNAL_SPEC_FIELD,      /* "_HOSTNAME=out": of all of them */
};

struct journal_spec_word {
	enum journal_spec_kind kind;
	char *text;
};

struct journal_spec {
	char *folder; /* NULL: this machine's own journal */
	struct journal_spec_word *word;
	size_t n;
};

/* -1 with err, which names the word; nothing is to be freed then. */
int journal_spec_parse(struct journal_spec *, const char *text, struct err *);
void journal_spec_fini(struct journal_spec *);

#endif
