/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_ASK_H
#define FORCEENC_FORCEENCCTL_ASK_H

#include <stdint.h>

#include "forceenc/endpoint.h"
#include "forceenc/lookup.h"
#include "forceencctl/asked.h"

/* Asks a map as Postfix does. */

enum ask_outcome {
	ASK_FOUND,       /* text is the answer */
	ASK_NOTFOUND,    /* to every key */
	ASK_TEMP,        /* text is the server's reason, or ours */
	ASK_PERM,        /* text is the server's reason */
	ASK_UNREACHABLE, /* text is the reason */
	ASK_NO_SERVER,   /* somebody who doesn't speak the protocol; text */
};

struct ask {
	enum ask_outcome outcome;
	struct buf text;
	unsigned asked; /* how many of the keys were asked */
};

/* The caller calls ask_fini(). time_limit is in milliseconds, for each key. */
void ask_map(struct ask *, const struct lookup_protocol *,
    const struct endpoint *, const char *map, const struct asked *,
    uint64_t time_limit);
void ask_fini(struct ask *);

#endif
