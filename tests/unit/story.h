/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_TESTS_STORY_H
#define FORCEENC_TESTS_STORY_H

#include "scripted.h"
#include "unit.h"

/* Questions on a stage, and their answers in words: "answer forceenc: stale",
 * "absent", "unsure". */

#define STORY_SAID 300

/* A question that may have to wait. */
struct story_waited {
	struct resolve_ticket *ticket; /* while it does */
	bool done;
	struct resolve_reply reply;
	char said[STORY_SAID];
};

enum resolve_status story_start(
    struct stage *, const char *address, uint64_t now, struct story_waited *);

/* What is said at once; static, until the next call. */
const char *story_ask(struct stage *, const char *address, uint64_t now);

#endif
