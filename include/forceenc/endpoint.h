/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_ENDPOINT_H
#define FORCEENC_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "forceenc/err.h"

/*
 * Where to listen or connect, spelled as Postfix spells it:
 *   inet:127.0.0.1:9999   inet:[::1]:9999   unix:/path
 * Hosts are numeric, or "localhost" (127.0.0.1), or "*" (all IPv4 addresses):
 * looking up a name could block.
 */
struct endpoint {
	struct sockaddr_storage addr;
	socklen_t addrlen;
	char text[160]; /* as it was spelled; for messages */
};

/* How a unix socket is made reachable. Ignored for inet. */
struct endpoint_access {
	mode_t mode;
	const char *group; /* NULL or "": the process's own */
};

int endpoint_parse(struct endpoint *out, const char *text, struct err *);

/* The path of a unix socket, NULL for inet. Borrowed. */
const char *endpoint_path(const struct endpoint *);

/* The same address and port, or the same path. */
bool endpoint_same(const struct endpoint *, const struct endpoint *);

/* A unix socket or a loopback address: out of reach for other hosts. */
bool endpoint_is_local(const struct endpoint *);

/* The address that fd is bound to. -1 if it is no inet or unix stream socket
 * that listens. */
int endpoint_of_fd(struct endpoint *out, int fd, struct err *);

/*
 * A non-blocking, close-on-exec socket that listens. A unix socket that a
 * dead process left behind is replaced; one that somebody listens on is an
 * error, and so is a path that is no socket. Returns the descriptor, which
 * the caller closes (and unlinks the path of), or -1.
 */
int endpoint_listen(const struct endpoint *, int backlog,
    const struct endpoint_access *, struct err *);

/* What a unix socket's path leads to. All zero for inet. */
struct endpoint_file {
	dev_t dev;
	ino_t ino;
};

/* Of a socket that was just made. */
void endpoint_get_file(const struct endpoint *, struct endpoint_file *out);
/* Whether the path still leads there; always true for inet. */
bool endpoint_has_file(const struct endpoint *, const struct endpoint_file *);

/* Sets mode and group of the unix socket at the endpoint's path. */
int endpoint_set_access(
    const struct endpoint *, const struct endpoint_access *, struct err *);

/* A blocking, close-on-exec connection with time limits on connecting,
 * sending and receiving, for command-line programs. Returns the descriptor or
 * -1. */
int endpoint_connect(
    const struct endpoint *, unsigned timeout_ms, struct err *);

#endif
