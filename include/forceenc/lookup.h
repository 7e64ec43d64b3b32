/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_LOOKUP_H
#define FORCEENC_LOOKUP_H

#include <stddef.h>

#include "forceenc/buf.h"

/*
 * The two protocols in which Postfix asks, seen alike: frames of bytes become
 * questions, answers become bytes. socketmap_table(5) and tcp_table(5) define
 * the bytes; what Postfix does with each reply was observed.
 */

#define LOOKUP_SOCKETMAP_MAX \
	10000               /* payload of a request: socketmap_table(5) */
#define LOOKUP_TCP_MAX 4096 /* a line with its newline: tcp_table(5) */
/* The longest answer text: a reason, or a value over tcp_table. Postfix takes
 * 100,000 bytes over socketmap and 4,096 encoded ones over tcp. */
#define LOOKUP_TEXT_MAX 1000
/* The longest value over socketmap. */
#define LOOKUP_VALUE_MAX 8192

enum lookup_frame {
	LOOKUP_FRAME_QUESTION, /* question and used are set */
	LOOKUP_FRAME_MORE,     /* the beginning of a frame */
	LOOKUP_FRAME_REFUSED,  /* a whole frame that is no question: used and
				* *why are set; reply PERM and go on */
	LOOKUP_FRAME_BROKEN,   /* no way to find the next frame: *why is set;
				* reply PERM and hang up */
};

struct lookup_question {
	const char *map; /* socketmap: points into the frame; tcp_table: NULL */
	size_t map_len;
	const char *key; /* points into the frame */
	size_t key_len;
};

enum lookup_reply {
	LOOKUP_FOUND,    /* text is the value: "OK value", "200 value" */
	LOOKUP_NOTFOUND, /* "NOTFOUND ", "500 not found" */
	LOOKUP_TEMP,     /* text is the reason: "TEMP reason", "400 reason" */
	LOOKUP_PERM,     /* "PERM reason", "400 reason" (tcp has no other) */
};

struct lookup_protocol {
	const char *name; /* "socketmap", "tcp_table" */

	/* The daemon's side. The frame may be changed in place (percent
	 * decoding), which is why in isn't const; it is changed only when a
	 * QUESTION is returned. Pure otherwise. */
	enum lookup_frame (*parse_question)(char *in, size_t len,
	    struct lookup_question *, size_t *used, const char **why);
	/* text may hold any byte. A reason is cut at LOOKUP_TEXT_MAX; a value
	 * that is empty or too long goes out as TEMP with a reason instead,
	 * since half a value is another value. Bytes that the protocol can't carry
	 * are replaced (socketmap, in reasons: control bytes and what is no
	 * UTF-8 by '?') or coded (tcp_table). NOTFOUND ignores text. */
	void (*add_reply)(
	    struct buf *out, enum lookup_reply, const char *text, size_t len);

	/* The client's side, for forceencctl and the tests. map is ignored by
	 * tcp_table. The limits above are for the caller to keep: a longer
	 * question is written as it is. */
	void (*add_question)(
	    struct buf *out, const char *map, const char *key, size_t key_len);
	/* QUESTION means: a whole reply; *reply, *text, *text_len (pointing
	 * into in, decoded in place) and *used are set. REFUSED and BROKEN
	 * mean: not a reply, *why is set. TIMEOUT counts as TEMP; a found
	 * value that is empty is REFUSED. */
	enum lookup_frame (*parse_reply)(char *in, size_t len,
	    enum lookup_reply *reply, const char **text, size_t *text_len,
	    size_t *used, const char **why);
};

extern const struct lookup_protocol lookup_socketmap;
extern const struct lookup_protocol lookup_tcp_table;

#endif
