/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_PEER_H
#define FORCEENC_FORCEENCCTL_PEER_H

#include <stdint.h>

#include "forceenc/buf.h"
#include "forceenc/endpoint.h"

/*
 * A connection to a daemon, with one time limit on all that is said over it:
 * a peer that sends a byte now and then keeps nobody waiting for ever.
 */
struct peer {
	int fd;
	struct endpoint endpoint;
	uint64_t time_limit; /* ms */
	uint64_t deadline;   /* clock_now() */
	struct buf in;       /* bytes received and not yet used */
};

enum peer_status {
	PEER_OK,
	PEER_UNREACHABLE, /* nobody is there, or we may not connect */
	PEER_LOST,        /* it hung up, or the connection broke */
	PEER_LATE,        /* the time limit */
};

/* Anything but OK sets err, and leaves nothing to close. */
enum peer_status peer_open(
    struct peer *, const struct endpoint *, uint64_t time_limit, struct err *);
void peer_close(struct peer *);

/* The time limit begins anew; for whoever makes progress. */
void peer_extend(struct peer *);

enum peer_status peer_send(struct peer *, const struct buf *, struct err *);
/* Waits for at least one more byte in ->in. */
enum peer_status peer_receive(struct peer *, struct err *);

#endif
