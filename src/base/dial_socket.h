/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_BASE_DIAL_SOCKET_H
#define FORCEENC_BASE_DIAL_SOCKET_H

#include <stdint.h>
#include <sys/socket.h>

#include "forceenc/err.h"

/* Told of a socket before anything waits on it, so that somebody else can end
 * the wait; set() may refuse it. */
struct dial_socket_guard {
	int (*set)(int fd, void *arg, struct err *);
	void (*unset)(void *arg);
	void *arg;
};

/*
 * A connected stream socket, blocking and close-on-exec, with keepalive and
 * without Nagle's delay; -1 if there is none until that time (clock_now()).
 * The guard stays set for a socket that is returned.
 */
int dial_socket_open(const struct sockaddr *addr, socklen_t addrlen,
    uint64_t until, const struct dial_socket_guard *, struct err *);

#endif
