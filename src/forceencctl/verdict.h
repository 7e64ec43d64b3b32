/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_VERDICT_H
#define FORCEENC_FORCEENCCTL_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "forceenc/stats.h"

/*
 * What would have become of a sender's mail to one destination, had a level
 * of TLS been demanded. What a delivery's level was is known; whether another
 * attempt would have found better is judged by all sessions there were with
 * the destination.
 */

enum verdict_level { VERDICT_ENCRYPT, VERDICT_VERIFY };

enum verdict_word {
	VERDICT_PASSES,  /* all that is known is good enough */
	VERDICT_FAILS,   /* nothing is */
	VERDICT_MIXED,   /* the destination has shown both */
	VERDICT_UNKNOWN, /* the log doesn't say */
};

/* Fewer sessions than that are a handful. */
#define VERDICT_HANDFUL 10

struct verdict {
	enum verdict_word word;
	int64_t pass;          /* recipients whose delivery was good enough */
	int64_t fail;          /* whose wasn't */
	int64_t unsure;        /* of which it isn't known */
	int64_t sessions;      /* with a known level */
	int64_t sessions_pass; /* of those, good enough */
	bool handful;          /* the sessions are few */
};

/* Content filters and local relays don't count: nothing is demanded there.
 * Where names weren't compared, "trusted" leaves open whether they match. */
void verdict_judge(
    struct verdict *, const struct stats_evidence *, enum verdict_level);

/* "passes", "fails", "mixed", "unknown". */
const char *verdict_name(enum verdict_word);

#endif
