/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/query_told.h"

#include <stdio.h>
#include <string.h>

void
query_told(const struct template_query *query, char mark,
    const struct source_ask *ask, source_told_fn *fn, void *arg)
{
	struct template_key key;
	char name[16];
	const char *value;
	size_t len;
	unsigned i;

	template_key_split(&key, ask->key, ask->len);
	fn("query", query->sql, strlen(query->sql), arg);
	for (i = 0; i < query->nparams; i++) {
		if (template_query_value(query, i, &key, &value, &len) ==
		    TEMPLATE_SKIP) {
			source_told_skip(fn, arg);
			return;
		}
		snprintf(name, sizeof(name), "%c%u", mark, i + 1);
		fn(name, value, len, arg);
	}
}
