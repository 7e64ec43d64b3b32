/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_REPORT_RANK_H
#define FORCEENC_FORCEENCCTL_REPORT_RANK_H

#include <jansson.h>
#include <stdint.h>

/*
 * Figures by name, of which a report shows the largest. Names come from logs
 * and may be any bytes: they are kept as they are shown.
 */

/* The figures of a name in an object of objects; made if it's new. */
json_t *report_rank_of(json_t *all, const char *name);
void report_rank_add(json_t *figures, const char *what, int64_t n);
int64_t report_rank_get(const json_t *figures, const char *what);

/* Those that have some of "count", the most of it first, each with its name
 * under that key: a new array. */
json_t *report_rank_list(json_t *all, const char *key);

/* Adds a list to a report: at most limit rows of it, and how many there are
 * more under "more". Takes list. */
void report_rank_put(
    json_t *report, const char *name, json_t *list, unsigned limit);

#endif
