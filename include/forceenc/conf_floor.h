/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_FLOOR_H
#define FORCEENC_CONF_FLOOR_H

#include <stdint.h>

/* A map that is asked for the TLS policy of a destination, and never gives
 * one below encryption: forceenc.cf(5). */

/* The site's own policy map, as Postfix would name it:
 * socketmap:inet:HOST:PORT:NAME, socketmap:unix:/PATH:NAME. */
struct conf_upstream {
	char *spec; /* as it was spelled, for messages; NULL: there is none */
	char *host; /* a name or an address; NULL: path is set */
	char *port;
	char *path;
	char *map;
};

/* What becomes of "dane", which falls back to plaintext. */
enum conf_floor_dane {
	CONF_FLOOR_DANE_ONLY,
	CONF_FLOOR_DANE_ENCRYPT,
};

struct conf_floor {
	struct conf_upstream upstream;
	unsigned dane;                /* enum conf_floor_dane */
	uint64_t upstream_ttl;        /* ms a policy is believed */
	uint64_t upstream_time_limit; /* ms for an answer */
};

#endif
