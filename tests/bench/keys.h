/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef BENCH_KEYS_H
#define BENCH_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Which sender is asked for next. Senders are numbered from 0. A forced one
 * is "user0000042@example.com", one that no policy knows
 * "none0000042@example.com"; the number alone decides which of them it is.
 */
#define KEYS_SENDERS_MAX 10000000 /* seven digits */
#define KEYS_DRAWN       (1U << 20)
#define KEYS_FRAME_MAX   128
#define KEYS_MAP_MAX     64

enum keys_kind {
	KEYS_UNIFORM,
	KEYS_ZIPF,     /* number n with a weight of 1 / (n + 1) ^ skew */
	KEYS_SEQUENCE, /* 0, 1, 2 ... and from the beginning again */
};

struct keys {
	enum keys_kind kind;
	uint32_t senders;
	unsigned forced; /* percent of the senders */
	double skew;     /* above 0 */
	uint64_t seed;

	uint32_t *drawn; /* owned; KEYS_DRAWN numbers, NULL for a sequence */
	uint32_t next;
	char frame[KEYS_FRAME_MAX]; /* a question with the sender's place */
	size_t frame_len;
	size_t name_at; /* of "user0000000" within the frame */
};

/* The first five members are set. Draws all numbers beforehand: the same seed
 * gives the same ones, and drawing costs nothing while time is taken. map has
 * at most KEYS_MAP_MAX bytes. */
void keys_init(struct keys *, const char *map);
void keys_fini(struct keys *);

uint32_t keys_next(struct keys *);
bool keys_forced(const struct keys *, uint32_t number);

/* The socketmap request for a sender; frame_len bytes, borrowed until the
 * next call. */
const char *keys_frame(struct keys *, uint32_t number);

#endif
