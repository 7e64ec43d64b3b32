/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_AUDIT_WORLD_H
#define FORCEENC_FORCEENCCTL_AUDIT_WORLD_H

#include "forceencctl/audit.h"

/* This host: its tables by postmap(1), its files, its certificates and
 * ciphers by openssl(1), and the maps over their sockets. */
struct audit_here {
	const char *config_dir;      /* NULL: Postfix's own */
	const char *queue_directory; /* borrowed */
	uint64_t time_limit;         /* ms a question to a map */
	char openssl[32];
	struct audit_memo *memo; /* what postmap(1) said already */
	size_t nmemos;
};

/* here is borrowed by world. */
void audit_world_here(struct audit_world *world, struct audit_here *here);

void audit_world_here_fini(struct audit_here *);

/* Another host, of which nothing is known. */
void audit_world_elsewhere(struct audit_world *);

#endif
