/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_FLOOR_H
#define FORCEENC_FORCEENCD_FLOOR_H

#include "forceencd/answerer.h"

/*
 * The map that is asked for a destination's TLS policy, and gives none below
 * encryption: forceenc.cf(5), "The floor". floor_walk.c opens with the walk.
 */

#define FLOOR_KEY_MAX     512  /* bytes of a key; a domain has 255 */
#define FLOOR_TICKETS_MAX 4096 /* questions that wait at once */

/* conf is of that kind. Both are borrowed for the answerer's life. */
struct answerer *floor_new(
    const struct conf_map *conf, const struct source_env *env);
/* For tests: a source of their own, which the floor takes; NULL for none. */
struct answerer *floor_new_with(const struct conf_map *, struct source *);

#endif
