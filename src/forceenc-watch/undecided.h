/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_UNDECIDED_H
#define FORCEENC_WATCH_UNDECIDED_H

#include <stddef.h>
#include <stdint.h>

#include "forceenc-watch/scene.h"
#include "forceenc-watch/tally.h"

/*
 * Deliveries without a line about TLS, by services that weren't yet seen to
 * log any. With the service's first such line they turn out to have gone in
 * plaintext. Without one, after a while, nobody knows: smtp_tls_loglevel is
 * 0 by default.
 */
#define UNDECIDED_MAX     8192
#define UNDECIDED_SECONDS 600

struct undecided_item {
	struct scene_service *service;
	int64_t time;
	struct name *sender;
	struct name *destination;
	struct name *mx; /* NULL: no session of its own */
	uint32_t n;
};

struct undecided;

/* What is decided goes to tally. */
struct undecided *undecided_new(struct names *, struct tally *);
void undecided_free(struct undecided *);

/* Holds the names itself. */
void undecided_add(struct undecided *, const struct undecided_item *);
/* The service was seen to log TLS. */
void undecided_plaintext(struct undecided *, const struct scene_service *);
/* Nothing can be known any more: of a host, or NULL for all. */
void undecided_unknown(struct undecided *, const struct scene_host *);
/* The same for what has waited too long. */
void undecided_expire(struct undecided *, int64_t now);

size_t undecided_count(const struct undecided *);
const struct undecided_item *undecided_at(const struct undecided *, size_t i);

#endif
