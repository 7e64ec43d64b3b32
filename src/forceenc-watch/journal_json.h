/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_JOURNAL_JSON_H
#define FORCEENC_WATCH_JOURNAL_JSON_H

#include <stddef.h>

#include "forceenc-watch/maillog.h"
#include "forceenc/buf.h"

struct json_t;

/* A line of "journalctl -o json". What *log points to belongs to the entry. */
struct journal_json {
	struct json_t *root;
	struct buf message; /* where it isn't a string */
};

/* MAILLOG_LINE or MAILLOG_OTHER; journal_json_fini() in either case. */
enum maillog_line journal_json_parse(
    struct journal_json *, struct maillog *log, const char *line, size_t len);
void journal_json_fini(struct journal_json *);

#endif
