/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_ACCEPTOR_H
#define FORCEENC_FORCEENCD_ACCEPTOR_H

#include <event2/event.h>
#include <stdbool.h>

/*
 * A socket that listens, in the loop. Where accept(2) fails and room can't be
 * made, it pauses: the connection waits in the kernel's queue, and would wake
 * the loop again at once, for ever.
 */
struct acceptor;

/* A new connection, non-blocking: the callee takes fd. */
typedef void acceptor_accept_fn(int fd, void *arg);
/* Descriptors have run out. True: one was given up. */
typedef bool acceptor_full_fn(void *arg);

/* Takes fd, which listens. label is for messages, borrowed. full may be
 * NULL. */
struct acceptor *acceptor_new(struct event_base *, int fd, const char *label,
    acceptor_accept_fn *, acceptor_full_fn *full, void *arg);
void acceptor_free(struct acceptor *); /* closes fd */

#endif
