/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_SOCKETMAP_LINK_H
#define FORCEENC_FORCEENCD_SOCKETMAP_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "forceenc/buf.h"
#include "forceenc/err.h"
#include "forceenc/lookup.h"
#include "forceencd/wake.h"

/*
 * One connection to a socketmap server, with one question at a time on it:
 * not every server takes the next before it has answered the one before.
 * Embedded; everything is done in the owner's turn.
 */
struct socketmap_link {
	struct wake wake;
	int fd; /* -1: none */
	bool connected;
	bool asked;     /* a question is on its way */
	bool used;      /* it has answered one before */
	struct buf out; /* of the question, not yet sent */
	struct buf in;
	uint64_t idle_since;
};

enum socketmap_link_event {
	SOCKETMAP_LINK_WAIT,   /* nothing new */
	SOCKETMAP_LINK_REPLY,  /* word, text and len are set, text until the
				* next call */
	SOCKETMAP_LINK_CLOSED, /* it was idle and is gone now, or turned out to
				* be gone before anything of a reply came */
	SOCKETMAP_LINK_UNREACHED, /* no connection was made: err */
	SOCKETMAP_LINK_FAILED,    /* what came is no reply, or not a whole one:
				* err */
};

void socketmap_link_init(struct socketmap_link *, struct event_base *);
void socketmap_link_fini(struct socketmap_link *);

/* Begins to connect. -1 with err if that can't be. */
int socketmap_link_open(struct socketmap_link *, const struct sockaddr *,
    socklen_t len, struct err *);
void socketmap_link_close(struct socketmap_link *);

/* One that is open or opening, and has no question: takes one. */
void socketmap_link_ask(
    struct socketmap_link *, const char *map, const char *key, size_t len);

/* What has happened. Anything but WAIT and REPLY has closed it. */
enum socketmap_link_event socketmap_link_turn(struct socketmap_link *,
    uint64_t now, enum lookup_reply *word, const char **text, size_t *len,
    struct err *);

#endif
