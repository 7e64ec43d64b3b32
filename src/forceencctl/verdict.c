/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/verdict.h"

#include "forceenc/must.h"

enum verdict_worth { VERDICT_GOOD, VERDICT_BAD, VERDICT_OPEN, VERDICT_NOTHING };

static const enum verdict_worth verdict_worths[2][STORE_LEVELS] = {
    [VERDICT_ENCRYPT] =
	{
	    [STORE_NONE] = VERDICT_BAD,
	    [STORE_ANONYMOUS] = VERDICT_GOOD,
	    [STORE_UNTRUSTED] = VERDICT_GOOD,
	    [STORE_TRUSTED] = VERDICT_GOOD,
	    [STORE_VERIFIED] = VERDICT_GOOD,
	    [STORE_LOCAL] = VERDICT_NOTHING,
	    [STORE_UNKNOWN] = VERDICT_OPEN,
	},
    [VERDICT_VERIFY] =
	{
	    [STORE_NONE] = VERDICT_BAD,
	    [STORE_ANONYMOUS] = VERDICT_BAD,
	    [STORE_UNTRUSTED] = VERDICT_BAD,
	    [STORE_TRUSTED] = VERDICT_OPEN,
	    [STORE_VERIFIED] = VERDICT_GOOD,
	    [STORE_LOCAL] = VERDICT_NOTHING,
	    [STORE_UNKNOWN] = VERDICT_OPEN,
	},
};

void
verdict_judge(struct verdict *verdict, const struct stats_evidence *evidence,
    enum verdict_level level)
{
	int64_t good, bad;
	unsigned i;

	*verdict = (struct verdict){0};
	for (i = 0; i < STORE_NO_LEVEL; i++)
		switch (verdict_worths[level][i]) {
		case VERDICT_GOOD:
			verdict->pass += evidence->delivered[i];
			verdict->sessions_pass += evidence->sessions[i];
			verdict->sessions += evidence->sessions[i];
			break;
		case VERDICT_BAD:
			verdict->fail += evidence->delivered[i];
			verdict->sessions += evidence->sessions[i];
			break;
		case VERDICT_OPEN:
			verdict->unsure += evidence->delivered[i];
			break;
		case VERDICT_NOTHING:
			break;
		}
	good = verdict->pass + verdict->sessions_pass;
	bad = verdict->fail + verdict->sessions - verdict->sessions_pass;
	verdict->handful = verdict->sessions < VERDICT_HANDFUL;
	if (bad > 0)
		verdict->word = good > 0 ? VERDICT_MIXED : VERDICT_FAILS;
	else
		verdict->word = good > 0 ? VERDICT_PASSES : VERDICT_UNKNOWN;
}

const char *
verdict_name(enum verdict_word word)
{
	static const char *const names[] = {
	    [VERDICT_PASSES] = "passes",
	    [VERDICT_FAILS] = "fails",
	    [VERDICT_MIXED] = "mixed",
	    [VERDICT_UNKNOWN] = "unknown",
	};

	MUST(word <= VERDICT_UNKNOWN);
	return names[word];
}
