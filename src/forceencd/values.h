/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_VALUES_H
#define FORCEENC_FORCEENCD_VALUES_H

#include <stdbool.h>

#include "forceencd/source.h"

/*
 * What drivers have in common: which keys a table is for, and what the values
 * that it has for a key amount to.
 */
struct values_rules {
	const char *const *domains; /* ndomains 0: every key is eligible */
	size_t ndomains;
	const char *result_format;
	unsigned expansion_limit; /* 0: none */
	const struct answers *answers;
};

/* A name is not asked for in a domain that the table isn't for. */
bool values_eligible(const struct values_rules *, const struct source_ask *);

/*
 * One value joins what those before it said: *reply is ABSENT at first and
 * *n, the number of those that counted, is 0. Empty values don't count. False:
 * there are too many, and *reply is UNSURE.
 */
bool values_add(const struct values_rules *, const struct source_ask *,
    const char *value, size_t len, unsigned *n, struct source_reply *reply);

#endif
