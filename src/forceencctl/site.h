/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_SITE_H
#define FORCEENC_FORCEENCCTL_SITE_H

#include <stdint.h>

#include "forceenc/conf.h"
#include "forceencctl/cmd.h"

/*
 * What a command has to know of this site: its configuration, and what the
 * command line says in its place. Functions that return an int return 0, or
 * the exit status after they have said why.
 */

/* NULL after all problems were said: EX_CONFIG. */
struct conf *site_conf(const struct cmd_call *);

/* --map, or the first one. NULL after it was said: EX_USAGE. */
const struct conf_map *site_map(const struct conf *, const struct cmd_call *);

/* Where lookups are answered. The configuration is read only if it's needed,
 * so that another host's daemon can be asked. */
struct site_lookup {
	struct endpoint endpoint;
	char *map; /* owned */
	uint64_t time_limit;
};
int site_lookup(const struct cmd_call *, struct site_lookup *);
void site_lookup_fini(struct site_lookup *);

/* --socket, or control_socket. */
int site_control(
    const struct cmd_call *, struct endpoint *, uint64_t *time_limit);

/* An address that a person gave: not empty, not too long. */
int site_address(const char *address);

#endif
