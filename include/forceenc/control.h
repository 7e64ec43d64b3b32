/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONTROL_H
#define FORCEENC_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

#include "forceenc/buf.h"

/*
 * What forceencctl and forceencd say to each other over the control socket.
 *
 * A request is one netstring whose payload is a row of netstrings: the
 * command and its arguments, any bytes.
 *     30:6:lookup,17:alice@example.com,,
 * A reply is a row of netstrings. Each begins with a letter:
 *     R  a record: one JSON object (RFC 8259) follows
 *     E  the end: an exit status of sysexits(3) in decimal, and behind a
 *        space a text for a person, which may be empty
 * One request may follow another on the same connection.
 */

/* Bytes of a request's payload, and of a reply's with its letter. */
#define CONTROL_REQUEST_MAX 8192
#define CONTROL_REPLY_MAX   (1024 * 1024)
#define CONTROL_WORDS_MAX   8

enum control_status {
	CONTROL_OK,
	CONTROL_MORE,
	CONTROL_BAD, /* *why is set; hang up */
};

struct control_request {
	const char *word[CONTROL_WORDS_MAX]; /* into the input; no NULs added */
	size_t len[CONTROL_WORDS_MAX];
	unsigned n; /* at least 1 */
};

enum control_status control_parse_request(const char *in, size_t len,
    struct control_request *, size_t *used, const char **why);
/* n is from 1 to CONTROL_WORDS_MAX. CONTROL_REQUEST_MAX is for the caller to
 * keep: a longer request is written as it is. */
void control_add_request(struct buf *out, const char *const *words, unsigned n);
/* Whether there is a word i and it is this one. */
bool control_word_is(
    const struct control_request *, unsigned i, const char *word);

struct control_reply {
	bool end;
	const char *text; /* the record, or the end's text; into the input */
	size_t len;
	int status; /* of an end */
};

enum control_status control_parse_reply(const char *in, size_t len,
    struct control_reply *, size_t *used, const char **why);
/* json isn't empty; status is from 0 to 255; no reply is longer than
 * CONTROL_REPLY_MAX. */
void control_add_record(struct buf *out, const char *json, size_t len);
void control_add_end(struct buf *out, int status, const char *text);

#endif
