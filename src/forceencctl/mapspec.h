/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_MAPSPEC_H
#define FORCEENC_FORCEENCCTL_MAPSPEC_H

#include <stdbool.h>

#include "forceenc/endpoint.h"

/* A table of Postfix's that is asked over a socket, as main.cf names it. */
struct mapspec {
	bool tcp;         /* tcp: and not socketmap: */
	bool proxied;     /* "proxy:" in front */
	char place[128];  /* "inet:127.0.0.1:9999", "unix:x": as written */
	char map[64];     /* "" of tcp: */
	const char *path; /* within place, of a unix socket; or NULL */
};

/* -1 if it's no such table, or a spelling that Postfix would refuse. */
int mapspec_parse(struct mapspec *, const char *spec);

/* Where that is; a relative path is one below the queue directory. -1 with
 * err: a host's name, which would have to be looked up. */
int mapspec_endpoint(const struct mapspec *, const char *queue_directory,
    struct endpoint *, struct err *);

#endif
