/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_EVENT_H
#define FORCEENC_WATCH_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "forceenc-watch/event_kind.h"

/*
 * What the text of a line says. Text may quote strangers: addresses that look
 * like the rest of a line, and replies that look like anything. So a line is
 * read from the front where Postfix wrote the front, and from the back where
 * it wrote the back, and what doesn't fit is no event. Pure; everything
 * points into the text.
 */

/* Of a program without syslog_name: the whole name, for the loggers. */
enum event_process event_process(const char *process, size_t len);
/* The names that it knows, by number; NULL behind the last. */
const char *event_process_name(size_t i);

void event_parse(
    struct event *, enum event_process, const char *text, size_t len);

#endif
