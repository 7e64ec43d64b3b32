/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_RESOLVE_REPLY_H
#define FORCEENC_FORCEENCD_RESOLVE_REPLY_H

#include <stdbool.h>

#include "forceenc/err.h"

/* How a question ends, whatever kind of map it was put to. */

enum resolve_outcome {
	RESOLVE_ANSWER, /* text is one that may be given */
	RESOLVE_DUNNO,
	RESOLVE_ABSENT,
	RESOLVE_UNSURE, /* why says the reason; never to be taken for ABSENT */
};

struct resolve_reply {
	enum resolve_outcome outcome;
	const char *text; /* of ANSWER; the map's, and borrowed */
	bool stale;       /* from a fact that couldn't be confirmed */
	bool failsafe;    /* as on_failure says */
	bool late;        /* it wasn't waited for any more */
	struct err why;
};

enum resolve_status {
	RESOLVE_DONE, /* reply is set */
	RESOLVE_WAIT, /* the ticket is set: waiting for it must follow at once */
};

typedef void resolve_done_fn(const struct resolve_reply *, void *arg);

#endif
