/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/answer.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"

struct answer_truth {
	const char *word;
	bool yes;
};

static const struct answer_truth answer_truths[] = {
    {"true", true},
    {"yes", true},
    {"1", true},
    {"on", true},
    {"t", true},
    {"y", true},
    {"false", false},
    {"no", false},
    {"0", false},
    {"off", false},
    {"f", false},
    {"n", false},
};

#define ANSWER_TRUTHS (sizeof(answer_truths) / sizeof(answer_truths[0]))

static bool
answer_is_transport_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

static int
answer_check_nexthop(
    const char *text, size_t len, size_t colon, struct err *err)
{
	size_t i;

	for (i = colon + 1; i < len; i++) {
		if (text[i] > ' ' && text[i] < 0x7f && text[i] != ',')
			continue;
		return err_set(err,
		    "\"%s\": no white space, comma, control or non-ASCII byte "
		    "may follow \"%.*s:\"",
		    text_show(text, len), (int)colon, text);
	}
	return 0;
}

int
answer_check(const char *text, size_t len, struct err *err)
{
	size_t i = 0;

	if (len == 0)
		return err_set(err,
		    "an answer is empty; write transport: or "
		    "transport:nexthop");
	if (len > ANSWER_LEN_MAX)
		return err_set(err, "\"%s\": longer than %d bytes",
		    text_show(text, len), ANSWER_LEN_MAX);
	while (i < len && answer_is_transport_byte(text[i]))
		i++;
	if (i == 0 || i == len || text[i] != ':')
		return err_set(err,
		    "\"%s\": not an answer; write transport: or "
		    "transport:nexthop, the transport being letters, digits, "
		    "\"_\", \"-\" and \".\"",
		    text_show(text, len));
	return answer_check_nexthop(text, len, i, err);
}

int
answers_add(struct answers *answers, const char *text, struct err *err)
{
	size_t i;

	if (answer_check(text, strlen(text), err) == -1)
		return -1;
	for (i = 0; i < answers->n; i++)
		if (strcmp(answers->list[i], text) == 0)
			return err_set(
			    err, "\"%s\" occurs twice in the list", text);
	if (answers->n == ANSWER_MAX)
		return err_set(err, "more than %d answers", ANSWER_MAX);
	answers->list =
	    mem_resize(answers->list, answers->n + 1, sizeof(*answers->list));
	answers->list[answers->n++] = mem_strdup(text);
	return 0;
}

void
answers_fini(struct answers *answers)
{
	size_t i;

	for (i = 0; i < answers->n; i++)
		free(answers->list[i]);
	free(answers->list);
	*answers = (struct answers){0};
}

bool
answers_equal(const struct answers *a, const struct answers *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (strcmp(a->list[i], b->list[i]) != 0)
			return false;
	return true;
}

uint8_t
answer_of_value(const struct answers *answers, const char *value, size_t len)
{
	const struct answer_truth *truth;
	size_t i;

	value = text_trim(value, &len);
	for (i = 0; i < answers->n; i++)
		if (strlen(answers->list[i]) == len &&
		    memcmp(answers->list[i], value, len) == 0)
			return (uint8_t)i;
	for (i = 0; i < ANSWER_TRUTHS; i++) {
		truth = &answer_truths[i];
		if (!text_equal_fold(value, len, truth->word))
			continue;
		if (!truth->yes)
			return ANSWER_OFF;
		/* An empty list permits nothing, not even a yes. */
		return answers->n > 0 ? 0 : ANSWER_BAD;
	}
	if (text_equal_fold(value, len, "dunno"))
		return ANSWER_DUNNO;
	return ANSWER_BAD;
}

uint8_t
answer_stricter(uint8_t a, uint8_t b)
{
	if (a == ANSWER_BAD || b == ANSWER_BAD)
		return ANSWER_BAD;
	return a < b ? a : b;
}

const char *
answer_name(const struct answers *answers, uint8_t answer)
{
	switch (answer) {
	case ANSWER_DUNNO:
		return "DUNNO";
	case ANSWER_OFF:
		return "off";
	case ANSWER_BAD:
		return "(not permitted)";
	default:
		MUST(answer < answers->n);
		return answers->list[answer];
	}
}
