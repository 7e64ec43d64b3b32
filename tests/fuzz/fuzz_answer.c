/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* Lines: the last is a value, those before it are permitted answers. */

#include <stdlib.h>
#include <string.h>

#include "forceenc/answer.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"
#include "fuzz.h"

unsigned long fuzz_reached;

/* Nothing is permitted that Postfix couldn't bear. */
static void
fuzz_permitted(const char *answer)
{
	size_t i, len = strlen(answer);

	MUST(len <= ANSWER_LEN_MAX && answer[0] != ':');
	MUST(strchr(answer, ':') != NULL);
	for (i = 0; i < len; i++)
		MUST(answer[i] > ' ' && answer[i] < 0x7f && answer[i] != ',');
}

static void
fuzz_list(const struct answers *answers)
{
	size_t i;

	MUST(answers->n <= ANSWER_MAX);
	for (i = 0; i < answers->n; i++) {
		fuzz_permitted(answers->list[i]);
		MUST(answer_of_value(answers, answers->list[i],
			 strlen(answers->list[i])) == i);
		MUST(answer_name(answers, (uint8_t)i) == answers->list[i]);
	}
	MUST(answers_equal(answers, answers));
}

static void
fuzz_value(const struct answers *answers, const char *value, size_t len)
{
	uint8_t answer = answer_of_value(answers, value, len);
	uint8_t first = answers->n > 0 ? 0 : ANSWER_BAD;

	MUST(answer < answers->n || answer >= ANSWER_DUNNO);
	MUST(answer_stricter(answer, ANSWER_OFF) == answer);
	MUST(answer_stricter(ANSWER_BAD, answer) == ANSWER_BAD);
	value = text_trim(value, &len);
	/* Only a truth value, which is short, means what it doesn't say. */
	if (answer < answers->n &&
	    !text_equal_fold(value, len, answer_name(answers, answer)))
		MUST(answer == first && len <= 4);
	if (answer == ANSWER_OFF || answer == ANSWER_DUNNO)
		MUST(len <= 5);
	fuzz_reached += answer != ANSWER_BAD;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *in = (const char *)data, *end = in + size, *line_end;
	struct answers answers = {0};
	struct err err;
	size_t before;
	char *line;

	while ((line_end = memchr(in, '\n', (size_t)(end - in))) != NULL) {
		line = mem_dup(in, (size_t)(line_end - in));
		before = answers.n;
		err.text[0] = '\0';
		if (answers_add(&answers, line, &err) == -1)
			MUST(answers.n == before && err.text[0] != '\0');
		else
			MUST(answers.n == before + 1);
		free(line);
		in = line_end + 1;
	}
	fuzz_list(&answers);
	fuzz_value(&answers, in, (size_t)(end - in));
	answers_fini(&answers);
	return 0;
}
