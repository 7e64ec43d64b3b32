/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_MAILLOG_H
#define FORCEENC_WATCH_MAILLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc-watch/when.h"

/*
 * A raw line of a log, taken apart in front of its text:
 *
 *   Nov 22 00:11:52 out postfix/smtp[14416]: TEXT
 *   Nov 22 00:11:52.857311 out postfix/smtp[14416]: TEXT
 *   2026-11-22T00:11:52.857311+00:00 out postfix/smtp[14416]: TEXT
 *   <22>1 2026-11-22T00:11:52.857311+00:00 out postfix 14416 - -  TEXT
 *   <22>Nov 22 00:11:52 out postfix/smtp[14416]: TEXT
 *
 * Everything points into the line. Pure; what the stamp means is worked out
 * by maillog_time(), only for the lines that matter.
 */
struct maillog {
	const char *stamp;
	size_t stamp_len;
	const char *host;
	size_t host_len;
	const char *program; /* "postfix/smtp"; RFC 5424: perhaps "postfix" */
	size_t program_len;
	uint32_t pid; /* 0: none */
	const char *text;
	size_t text_len;
	bool rfc5424;
	int64_t time; /* of a line of the journal, where stamp is NULL */
};

enum maillog_line {
	MAILLOG_LINE,   /* out is set */
	MAILLOG_REPEAT, /* "last message repeated 3 times": out's host and
			 * stamp are set, text is "3 times" */
	MAILLOG_OTHER,  /* none of these formats */
};

enum maillog_line maillog_parse(
    struct maillog *out, const char *line, size_t len);

/* -1: the stamp is no time. */
int maillog_time(const struct maillog *, struct when *, int64_t *time);

/* "message repeated 3 times: [ TEXT]": takes TEXT out of it and returns 3; 1
 * for any other text. */
unsigned maillog_repeats(const char **text, size_t *len);

#define MAILLOG_REPEATS_MAX 100000

/* A decimal number at the front of s; returns its length, 0 if there is none
 * or it exceeds max. */
size_t maillog_number(const char *s, size_t len, uint32_t max, uint32_t *out);

#endif
