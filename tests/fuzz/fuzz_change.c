/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* Three lines: an administrator's statement that changes what holds for a key
 * (update_query), a key, and the answer that it gets, which is an expansion of
 * the statement's own. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/template.h"
#include "fuzz.h"

/* The letter that stands for the answer. */
#define OWN 'v'

unsigned long fuzz_reached;

/* True: the answer is among the parameters. */
static bool
fuzz_params(const struct template_query *query, const struct template_key *key)
{
	const char *value;
	bool own = false;
	char number[16];
	unsigned i, k;
	size_t len;

	for (i = 0; i < query->nparams; i++) {
		MUST(strchr("sud123456789v", query->param[i]) != NULL);
		for (k = 0; k < i; k++)
			MUST(query->param[k] != query->param[i]);
		snprintf(number, sizeof(number), "$%u", i + 1);
		MUST(strstr(query->sql, number) != NULL);
		own |= query->param[i] == OWN;
		/* Its value isn't a part of the key. */
		if (query->param[i] == OWN ||
		    template_query_value(query, i, key, &value, &len) ==
			TEMPLATE_SKIP)
			continue;
		MUST(len > 0 && value >= key->whole);
		MUST(value + len <= key->whole + key->whole_len);
	}
	return own;
}

/* Without the answer in it a statement is what any other query is. */
static void
fuzz_compare(const struct template_query *query, const char *text, bool own)
{
	struct template_query plain;
	struct err err = {""};

	if (template_query_init(&plain, text, '$', &err) == -1) {
		MUST(own);
		return;
	}
	MUST(!own && strcmp(plain.sql, query->sql) == 0);
	MUST(plain.nparams == query->nparams);
	MUST(memcmp(plain.param, query->param, plain.nparams) == 0);
	template_query_fini(&plain);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *all = mem_dup((const char *)data, size);
	char *rest = all, *text, *key;
	struct template_query query;
	struct template_key parts;
	struct err err = {""};
	bool own;

	text = strsep(&rest, "\n");
	key = rest != NULL ? strsep(&rest, "\n") : text;
	/* A copy of its own, so that a look behind its end is seen. */
	text = mem_strdup(text);
	template_key_split(&parts, key, strlen(key));
	if (template_query_init_own(&query, text, '$', OWN, &err) == -1) {
		MUST(err.text[0] != '\0' && query.sql == NULL);
	} else {
		own = fuzz_params(&query, &parts);
		fuzz_compare(&query, text, own);
		fuzz_reached += own;
		template_query_fini(&query);
	}
	free(text);
	free(all);
	return 0;
}
