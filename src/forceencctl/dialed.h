/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_DIALED_H
#define FORCEENC_FORCEENCCTL_DIALED_H

#include <jansson.h>
#include <stdbool.h>

#include "forceenc/buf.h"
#include "forceenc/conf.h"

/*
 * Connects to every server of every table as the daemon does, TLS and logging
 * in included, and asks each one question. A record for each server: table,
 * server, for ("lookups"), ok, tls (null: none), took (ms), and why if it isn't
 * ok. No server takes longer than its table's time limits.
 *
 * Likewise by the administrator's own log-in where a table names one, as
 * forceencctl set would ("changes"): the first server that can be had, or all
 * of them. And the statistics ("statistics"), which aren't there before the
 * watcher has made them if they lie in SQLite.
 *
 * *well: all are ok.
 */
json_t *dialed_all(const struct conf *, bool *well);

/* The records for people. */
void dialed_print(json_t *records, struct buf *out);

#endif
