/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* Three lines: a template, a key, a value. The template is tried as a query
 * of either database and as a result_format. */

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/template.h"
#include "fuzz.h"

unsigned long fuzz_reached;

static void
fuzz_query_params(
    const struct template_query *query, const struct template_key *key)
{
	const char *value;
	unsigned i, k;
	size_t len;

	MUST(query->nparams <= 12);
	for (i = 0; i < query->nparams; i++) {
		MUST(strchr("sud123456789", query->param[i]) != NULL);
		for (k = 0; k < i; k++)
			MUST(query->param[k] != query->param[i]);
		if (template_query_value(query, i, key, &value, &len) ==
		    TEMPLATE_SKIP)
			continue;
		MUST(len > 0 && value >= key->whole);
		MUST(value + len <= key->whole + key->whole_len);
	}
}

static void
fuzz_query(const char *text, char mark, const struct template_key *key)
{
	struct template_query query;
	struct err err = {""};

	if (template_query_init(&query, text, mark, &err) == -1) {
		MUST(err.text[0] != '\0' && query.sql == NULL);
		return;
	}
	if (strchr(text, '%') == NULL)
		MUST(strcmp(query.sql, text) == 0 && query.nparams == 0);
	fuzz_query_params(&query, key);
	template_query_fini(&query);
	fuzz_reached++;
}

static void
fuzz_format(const char *text, const struct template_key *key, const char *value)
{
	struct buf out = {0};
	struct err err = {""};
	enum template_status status;

	if (template_format_check(text, &err) == -1) {
		MUST(err.text[0] != '\0');
		return;
	}
	status = template_format(&out, text, key, value, strlen(value));
	MUST(status == TEMPLATE_OK ? out.len > 0 : out.len == 0);
	if (strcmp(text, "%s") == 0 && status == TEMPLATE_OK)
		MUST(strcmp(buf_text(&out), value) == 0);
	buf_fini(&out);
	fuzz_reached++;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *all = mem_dup((const char *)data, size);
	char *rest = all, *text, *key, *value;
	struct template_key parts;

	text = strsep(&rest, "\n");
	key = rest != NULL ? strsep(&rest, "\n") : text;
	value = rest != NULL ? rest : text;
	/* Copies of their own, so that a look behind an end is seen. */
	text = mem_strdup(text);
	template_key_split(&parts, key, strlen(key));
	fuzz_query(text, '?', &parts);
	fuzz_query(text, '$', &parts);
	fuzz_format(text, &parts, value);
	free(text);
	free(all);
	return 0;
}
