/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG_LINE 2048

static const char *log_program = "forceenc";
static enum log_level log_level = LOG_LEVEL_INFO;
static bool log_journal;
static log_sink_fn *log_sink;
static void *log_sink_arg;
static unsigned long log_lost; /* lines that weren't written, since the last */

static const char *const log_words[] = {"error: ", "warning: ", "", "debug: "};
static const char *const log_priorities[] = {"<3>", "<4>", "<6>", "<7>"};

void
log_open(const char *program)
{
	log_program = program;
	log_journal =
	    getenv("JOURNAL_STREAM") != NULL && !isatty(STDERR_FILENO);
}

void
log_set_level(enum log_level level)
{
	log_level = level;
}

bool
log_wants(enum log_level level)
{
	return level <= log_level;
}

void
log_set_sink(log_sink_fn *sink, void *arg)
{
	log_sink = sink;
	log_sink_arg = arg;
}

static void log_put(enum log_level, const char *fmt, va_list)
    __attribute__((format(printf, 2, 0)));
static void log_write(enum log_level, const char *fmt, va_list)
    __attribute__((format(printf, 2, 0)));

/* One write a line keeps lines whole; a closed log is no reason to stop
 * answering. */
static void
log_put(enum log_level level, const char *fmt, va_list ap)
{
	char line[LOG_LINE];
	ssize_t written;
	size_t len;
	int n;

	/* journald knows who speaks and takes the level from the prefix. */
	if (log_journal)
		n = snprintf(line, sizeof(line), "%s", log_priorities[level]);
	else
		n = snprintf(line, sizeof(line), "%s[%ld]: %s", log_program,
		    (long)getpid(), log_words[level]);
	vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, ap);
	len = strlen(line);
	line[len++] = '\n';
	written = write(STDERR_FILENO, line, len);
	(void)written;
}

/* A pipe or a socket that is ready takes a line as a whole; what is closed is
 * ready as well. */
static bool
log_is_ready(void)
{
	struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};

	return poll(&fd, 1, 0) != 0;
}

static void log_put_lost(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

static void
log_put_lost(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_put(LOG_LEVEL_WARN, fmt, ap);
	va_end(ap);
}

/* Nobody may read the log just now: a line is lost rather than waited for. */
static void
log_write(enum log_level level, const char *fmt, va_list ap)
{
	char line[LOG_LINE];

	if (!log_wants(level))
		return;
	if (log_sink != NULL) {
		vsnprintf(line, sizeof(line), fmt, ap);
		log_sink(level, line, log_sink_arg);
		return;
	}
	if (log_lost > 0 && log_is_ready()) {
		log_put_lost("lines lost: %lu (nobody read the log)", log_lost);
		log_lost = 0;
	}
	if (log_lost == 0 && log_is_ready())
		log_put(level, fmt, ap);
	else
		log_lost++;
}

#define LOG_AT(level)                      \
	do {                               \
		va_list ap;                \
		va_start(ap, fmt);         \
		log_write(level, fmt, ap); \
		va_end(ap);                \
	} while (0)

void
log_error(const char *fmt, ...)
{
	LOG_AT(LOG_LEVEL_ERROR);
}

void
log_warn(const char *fmt, ...)
{
	LOG_AT(LOG_LEVEL_WARN);
}

void
log_info(const char *fmt, ...)
{
	LOG_AT(LOG_LEVEL_INFO);
}

void
log_debug(const char *fmt, ...)
{
	LOG_AT(LOG_LEVEL_DEBUG);
}
