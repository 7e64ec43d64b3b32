/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_STATS_MAP_H
#define FORCEENC_FORCEENCD_STATS_MAP_H

#include "forceencd/answerer.h"

/*
 * The map that is asked for a sender, and answers with what was counted of
 * them: forceenc.cf(5), "Statistics by lookup". Answers are kept for a while;
 * what isn't known is asked of a thread, one job for all who wait for the same
 * sender.
 */

#define STATS_MAP_KEY_MAX 512  /* bytes of an address */
#define STATS_MAP_JOBS    256  /* senders that are asked for at once */
#define STATS_MAP_TICKETS 4096 /* questions that wait for them */
#define STATS_MAP_KEPT \
	1024                /* answers; another one with the same place
				* takes it */
#define STATS_MAP_TTL 30000 /* ms an answer is kept */

/* Borrowed for the answerer's life. */
struct answerer *stats_map_new(
    const struct conf *conf, const struct source_env *env);

#endif
