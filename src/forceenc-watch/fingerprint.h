/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_FINGERPRINT_H
#define FORCEENC_WATCH_FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a log begins with tells it from every other one, whatever it is called
 * by now, and compressed or not: its first line has a time.
 */
#define FINGERPRINT_SPAN    4096
#define FINGERPRINT_SUM_LEN 16
#define FINGERPRINT_HEX_LEN (2 * FINGERPRINT_SUM_LEN)

struct fingerprint {
	size_t len; /* bytes looked at, at most FINGERPRINT_SPAN */
	unsigned char sum[FINGERPRINT_SUM_LEN];
};

/* Of the first len bytes; more than FINGERPRINT_SPAN aren't looked at. */
void fingerprint_make(struct fingerprint *, const char *bytes, size_t len);

/* Whether a log that begins with these bytes began with that. */
bool fingerprint_fits(
    const struct fingerprint *, const char *bytes, size_t len);

/* out has FINGERPRINT_HEX_LEN + 1 bytes. */
void fingerprint_hex(const struct fingerprint *, char *out);

#endif
