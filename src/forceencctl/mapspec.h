/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_MAPSPEC_H
#define FORCEENC_FORCEENCCTL_MAPSPEC_H

#include <stdbool.h>

#include "forceenc/buf.h"
#include "forceenc/conf.h"
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

/* The listener of forceenc.cf that serves it; NULL if none does. */
const struct conf_listen *mapspec_listener(const struct mapspec *,
    const char *queue_directory, const struct conf *site);

/* Whether it's one of forceencd's that give TLS policies, none of them below
 * encryption. */
bool mapspec_is_floor(
    const char *spec, const char *queue_directory, const struct conf *site);

/* What main.cf should name to ask forceencd for a map: its first socketmap
 * listener, by a path that a chroot knows if that is below the queue
 * directory. */
void mapspec_wanted(struct buf *out, const struct conf *site, const char *map,
    const char *queue_directory);

#endif
