/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_SESSION_H
#define FORCEENC_FORCEENCD_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc/buf.h"
#include "forceenc/lookup.h"
#include "forceencd/resolve.h"
#include "forceencd/service.h"
#include "forceencd/turn.h"

/*
 * One client's conversation: bytes in, bytes out, every question answered
 * once and in the order of asking, however the bytes are cut and however the
 * answers arrive. Knows no socket and no loop.
 */

struct session_counts {
	uint64_t questions;
	uint64_t refused; /* whole frames that are no question: answered PERM */
	uint64_t broken;  /* clients hung up on for bytes that are no frames */
};

/* What all sessions share; the daemon's. */
struct session_shared {
	struct resolve *resolve;
	struct service *service; /* the one in force; changes at reload */
	struct session_counts counts;
	struct address_keys keys; /* of the question at hand */
	struct turn *turn; /* bounds how many are taken; NULL: nothing does */
};

struct session;

/* Called from the loop when an answer that was waited for has come: the owner
 * calls session_resume(). Never called from within a session's functions. */
typedef void session_wake_fn(void *arg);

enum session_state {
	SESSION_OPEN,   /* feed it more */
	SESSION_FULL,   /* enough unanswered questions or unsent bytes for now:
			* nothing more until session_resume() says OPEN */
	SESSION_PAUSED, /* more questions are there, for the loop's next turn:
			 * nothing more until session_resume() says OPEN */
	SESSION_ENDED,  /* what is in out is the last; hang up behind it */
};

/* map is the one that a tcp_table listener is bound to, copied; NULL for
 * socketmap. */
struct session *session_new(struct session_shared *,
    const struct lookup_protocol *, const char *map, session_wake_fn *,
    void *wake_arg);
void session_free(struct session *); /* gives up its questions */

/* Takes bytes (which may be changed), adds replies to out. Must not be called
 * while FULL, PAUSED or ENDED. */
enum session_state session_input(
    struct session *, char *bytes, size_t len, uint64_t now, struct buf *out);

/* Adds what has been answered meanwhile, and goes on with bytes that had to
 * wait. The owner has sent what was in out before. */
enum session_state session_resume(
    struct session *, uint64_t now, struct buf *out);

/* No more bytes will come. ENDED as soon as all is answered. */
enum session_state session_finish(
    struct session *, uint64_t now, struct buf *out);

/* A frame has begun and isn't whole, and nothing else is in the way. */
bool session_is_partial(const struct session *);

/* Frames taken so far: tells one unfinished frame from the next. */
uint64_t session_frames_taken(const struct session *);

/* Questions without an answer. */
unsigned session_unanswered(const struct session *);

#endif
