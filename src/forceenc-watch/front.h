/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_FRONT_H
#define FORCEENC_WATCH_FRONT_H

#include <stddef.h>

#include "forceenc-watch/maillog.h"
#include "forceenc-watch/scene.h"

/*
 * The same few programs write again and again, in the same second: what
 * maillog_parse() and scene_find() made of the front of a line is the same
 * for every line whose front is the same.
 */
struct fronts;

struct fronts *fronts_new(void);
void fronts_free(struct fronts *);

/* Does the work of both for a line whose front is known; NULL otherwise, and
 * out means nothing. The program is borrowed until the next call here. */
const struct scene_program *fronts_find(
    struct fronts *, struct maillog *out, const char *line, size_t len);

/* What they made of a line. */
void fronts_keep(struct fronts *, const char *line, const struct maillog *,
    const struct scene_program *);

#endif
