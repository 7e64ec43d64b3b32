/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/values.h"

#include "forceenc/buf.h"
#include "forceenc/template.h"
#include "forceenc/text.h"

bool
values_eligible(const struct values_rules *rules, const struct source_ask *ask)
{
	struct template_key key;
	size_t i;

	if (rules->ndomains == 0)
		return true;
	template_key_split(&key, ask->key, ask->len);
	if (key.domain == NULL || key.local_len == 0)
		return false;
	for (i = 0; i < rules->ndomains; i++)
		if (text_equal_fold(
			key.domain, key.domain_len, rules->domains[i]))
			return true;
	return false;
}

/* A value in its final form, of the strictest so far. */
static void
values_join(const struct values_rules *rules, const char *value, size_t len,
    struct source_reply *reply)
{
	uint8_t answer = answer_of_value(rules->answers, value, len);

	if (answer == ANSWER_BAD)
		err_set(&reply->why, "\"%s\"", text_show(value, len));
	if (reply->kind == SOURCE_PRESENT)
		answer = answer_stricter(reply->answer, answer);
	reply->kind = SOURCE_PRESENT;
	reply->answer = answer;
}

bool
values_add(const struct values_rules *rules, const struct source_ask *ask,
    const char *value, size_t len, unsigned *n, struct source_reply *reply)
{
	unsigned limit = rules->expansion_limit;
	struct template_key key;
	struct buf made = {0};
	const char *text;

	if (len == 0)
		return true;
	template_key_split(&key, ask->key, ask->len);
	if (template_format(&made, rules->result_format, &key, value, len) ==
	    TEMPLATE_OK) {
		len = made.len;
		text = text_trim(buf_text(&made), &len);
		if (len > 0) {
			++*n;
			values_join(rules, text, len, reply);
		}
	}
	buf_fini(&made);
	if (limit == 0 || *n <= limit)
		return true;
	reply->kind = SOURCE_UNSURE;
	err_set(&reply->why, "%s: more than expansion_limit = %u values",
	    text_show(ask->key, ask->len), limit);
	return false;
}
