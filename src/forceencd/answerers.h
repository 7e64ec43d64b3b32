/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_ANSWERERS_H
#define FORCEENC_FORCEENCD_ANSWERERS_H

#include <stdbool.h>

#include "forceencd/answerer.h"
#include "forceencd/tables.h"

/* All answerers that are alive, counted by their users as tables are: one that
 * a new configuration has as well stays, with its connections and what it
 * knows. */
struct answerers;

struct answerers *answerers_new(const struct source_env *); /* borrowed */
void answerers_free(struct answerers *); /* none may be in use */

/* The live one of a map that equals conf, or a new one, which keeps hold,
 * where conf lies. */
struct answerer *answerers_take(
    struct answerers *, const struct conf_map *conf, struct conf_hold *);
/* What nobody uses any more is freed by the next answerers_tick(): its user
 * may be leaving from within a call of its own. */
void answerers_release(struct answerers *, struct answerer *);

uint64_t answerers_tick(struct answerers *, uint64_t now);
bool answerers_are_due(const struct answerers *); /* as tables_are_due() */

/* Questions that wait, of all of them. */
unsigned answerers_waiting(const struct answerers *);

#endif
