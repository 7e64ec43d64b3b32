/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_LOG_H
#define FORCEENC_LOG_H

#include <stdbool.h>

/*
 * One event, one line on standard error: the subject first, then what
 * happened, then "(key=value ...)". Foreign bytes go through text.h before
 * they get here. Under systemd each line carries its priority in front, as
 * sd-daemon(3) describes. Writing never waits: while nobody reads, lines are
 * lost, and how many is the next line.
 *
 *   error  someone must act
 *   warn   we coped; look when you have time
 *   info   a change of state; a healthy busy daemon is silent
 *   debug  every question; off by default
 */
enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The name in front of each line, borrowed for good. */
void log_open(const char *program);
void log_set_level(enum log_level);
bool log_wants(enum log_level);

/* Tests look at the lines instead: called with each line's level and text, it
 * takes the place of standard error until NULL is set. */
typedef void log_sink_fn(enum log_level, const char *line, void *arg);
void log_set_sink(log_sink_fn *, void *arg);

#endif
