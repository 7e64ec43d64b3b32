/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_EXPLAIN_H
#define FORCEENC_FORCEENCD_EXPLAIN_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "forceencd/resolve.h"

/* Writes down a question's walk, step by step, as JSON. */
struct explain;

struct explain *explain_new(
    const struct map *, const char *address, size_t len, uint64_t now);
void explain_free(struct explain *); /* NULL is fine */

/* Whom a walk is told to, step by step; the explain's. */
struct resolve_listener *explain_listener(struct explain *);

/* An answerer_step_fn. */
void explain_inquiry_step(const struct answerer_step *, void *arg);

/* The whole record, the caller's; frees the explain. */
json_t *explain_end(
    struct explain *, const struct resolve_reply *, uint64_t now);

/* Any text as JSON: bytes that aren't UTF-8 are made printable. */
json_t *explain_string(const char *text, size_t len);

#endif
