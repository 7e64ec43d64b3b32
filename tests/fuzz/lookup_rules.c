/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "lookup_rules.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"

/* A question that was read is written as bytes that read the same. */
static void
lookup_rules_question(
    const struct lookup_protocol *protocol, const struct lookup_question *q)
{
	struct lookup_question again = {0};
	struct buf out = {0};
	char *map = mem_dup(q->map, q->map_len);
	const char *why;
	size_t used = 0;

	MUST((q->map == NULL) == (protocol == &lookup_tcp_table));
	protocol->add_question(&out, map, q->key, q->key_len);
	/* A NUL ends a map's name for the writer; coding makes lines longer. */
	if (strlen(map) == q->map_len &&
	    (protocol == &lookup_socketmap || out.len <= LOOKUP_TCP_MAX)) {
		MUST(protocol->parse_question(out.data, out.len, &again, &used,
			 &why) == LOOKUP_FRAME_QUESTION);
		MUST(used == out.len && again.map_len == q->map_len &&
		    again.key_len == q->key_len);
		MUST(memcmp(again.key, q->key, q->key_len) == 0);
	}
	MUST(strlen(map) != q->map_len || q->map_len == 0 ||
	    memcmp(again.map, map, q->map_len) == 0);
	free(map);
	buf_fini(&out);
}

/* Whatever is sent as an answer is an answer, and never a better one. */
static void
lookup_rules_answer(const struct lookup_protocol *protocol,
    enum lookup_reply reply, const char *text, size_t len)
{
	enum lookup_reply got = LOOKUP_FOUND;
	const char *got_text, *why;
	struct buf out = {0};
	size_t got_len, used;
	bool tcp = protocol == &lookup_tcp_table;
	bool whole =
	    len > 0 && len <= (tcp ? LOOKUP_TEXT_MAX : LOOKUP_VALUE_MAX);

	protocol->add_reply(&out, reply, text, len);
	MUST(out.len <= (tcp ? LOOKUP_TCP_MAX : LOOKUP_VALUE_MAX + 10));
	MUST(protocol->parse_reply(out.data, out.len, &got, &got_text, &got_len,
		 &used, &why) == LOOKUP_FRAME_QUESTION);
	MUST(used == out.len);
	if (reply == LOOKUP_FOUND && whole) {
		MUST(got == LOOKUP_FOUND && got_len == len);
		MUST(memcmp(got_text, text, len) == 0);
	} else if (reply == LOOKUP_NOTFOUND) {
		MUST(got == LOOKUP_NOTFOUND);
	} else if (reply == LOOKUP_PERM && protocol == &lookup_socketmap) {
		MUST(got == LOOKUP_PERM);
	} else {
		MUST(got == LOOKUP_TEMP);
	}
	buf_fini(&out);
}

/* Frame after frame, as a connection's bytes are read. */
static unsigned
lookup_rules_questions(
    const struct lookup_protocol *protocol, const char *data, size_t size)
{
	char *in = mem_dup(data, size);
	struct lookup_question q;
	enum lookup_frame frame = LOOKUP_FRAME_REFUSED;
	const char *why = NULL;
	size_t at = 0, used;
	unsigned n = 0;

	while (at < size) {
		used = 0;
		frame = protocol->parse_question(
		    in + at, size - at, &q, &used, &why);
		if (frame != LOOKUP_FRAME_QUESTION)
			MUST(memcmp(in + at, data + at, size - at) == 0);
		if (frame == LOOKUP_FRAME_MORE || frame == LOOKUP_FRAME_BROKEN)
			break;
		MUST(used > 0 && used <= size - at);
		if (frame == LOOKUP_FRAME_QUESTION) {
			MUST(q.key >= in + at &&
			    q.key + q.key_len <= in + at + used);
			lookup_rules_question(protocol, &q);
			n++;
		}
		at += used;
	}
	MUST(frame == LOOKUP_FRAME_MORE || frame == LOOKUP_FRAME_QUESTION ||
	    size == 0 || why != NULL);
	free(in);
	return n;
}

static unsigned
lookup_rules_reply(
    const struct lookup_protocol *protocol, const char *data, size_t size)
{
	char *in = mem_dup(data, size);
	enum lookup_reply reply = LOOKUP_TEMP;
	const char *text = NULL, *why = NULL;
	size_t len = 0, used = 0;
	enum lookup_frame frame =
	    protocol->parse_reply(in, size, &reply, &text, &len, &used, &why);

	if (frame == LOOKUP_FRAME_QUESTION) {
		MUST(used <= size && text >= in && text + len <= in + used);
		MUST(reply != LOOKUP_FOUND || len > 0);
		lookup_rules_answer(protocol, reply, text, len);
	} else {
		MUST(memcmp(in, data, size) == 0);
	}
	free(in);
	return frame == LOOKUP_FRAME_QUESTION;
}

unsigned
lookup_rules_check(
    const struct lookup_protocol *protocol, const uint8_t *data, size_t size)
{
	const char *in = (const char *)data;

	lookup_rules_answer(protocol, LOOKUP_FOUND, in, size);
	lookup_rules_answer(protocol, LOOKUP_NOTFOUND, in, size);
	lookup_rules_answer(protocol, LOOKUP_TEMP, in, size);
	lookup_rules_answer(protocol, LOOKUP_PERM, in, size);
	return lookup_rules_questions(protocol, in, size) +
	    lookup_rules_reply(protocol, in, size);
}
