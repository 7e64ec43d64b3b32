/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* What postconf(1) says: bytes to a model, and values expanded. The first
 * byte chooses the output. */

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceencctl/postconf_parse.h"
#include "forceencctl/table_text.h"
#include "fuzz.h"

unsigned long fuzz_reached;

static void
fuzz_check_params(struct postconf *conf, const struct postconf_params *params)
{
	const struct postconf_param *param;
	const char *value;
	size_t i, len;

	/* Expansion is the work; a few values are as good as all. */
	for (i = 0; i < params->n && i < 20; i++) {
		param = &params->param[i];
		MUST(*param->name != '\0');
		value = postconf_value(conf, param->service, param->name);
		len = strlen(value);
		MUST(len == 0 ||
		    (strchr(" \t\r\n", value[0]) == NULL &&
			strchr(" \t\r\n", value[len - 1]) == NULL));
		/* Nothing to expand: it's what it is. */
		if (strchr(postconf_raw(conf, param->service, param->name),
			'$') == NULL)
			MUST(strcmp(value,
				 postconf_raw(
				     conf, param->service, param->name)) == 0);
		fuzz_reached++;
	}
}

static void
fuzz_check_table(const char *data, size_t size)
{
	char *name = mem_dup(data, size);
	struct buf out = {0};
	const char *s;

	/* A table may stand in its own name. */
	if (*name == '{') {
		table_text_inline(name, &out);
		MUST(out.len == 0 || out.data[out.len - 1] == '\n');
		buf_clear(&out);
	}
	free(name);
	table_text_parse(TABLE_TEXT_PATTERNS, data, size, &out);
	for (s = buf_text(&out); *s != '\0'; s = strchr(s, '\n') + 1)
		MUST(strchr(s, '\n') != NULL && *s != '\t' &&
		    memchr(s, '\t', strcspn(s, "\n")) != NULL);
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct postconf conf = {0};
	struct err err;
	size_t i;

	if (size == 0)
		return 0;
	fuzz_check_table((const char *)data + 1, size - 1);
	if (postconf_parse(&conf, (enum postconf_output)(data[0] % 4),
		(const char *)data + 1, size - 1, &err) == -1)
		MUST(err.text[0] != '\0');
	postconf_parse_twice(&conf);
	fuzz_check_params(&conf, &conf.set);
	fuzz_check_params(&conf, &conf.defaults);
	fuzz_check_params(&conf, &conf.overrides);
	for (i = 0; i < conf.nservices; i++) {
		MUST(strchr("yn-", conf.service[i].chroot) != NULL);
		MUST(*conf.service[i].command != '\0');
	}
	postconf_fini(&conf);
	return 0;
}
