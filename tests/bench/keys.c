/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "keys.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"

#define KEYS_SENDER "user0000000@example.com"
#define KEYS_DIGITS 7

/* Constants of the zipf distribution, for ranks from 1 to n. */
struct keys_zipf {
	double skew;
	double n;
	double low, high; /* what the area under the curve is drawn from */
	double always;    /* ranks this close to the draw need no test */
};

/* Spreads a number over all 64 bits, one to one (Stafford's mix 13). */
static uint64_t
keys_mix(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* A counter, mixed: every seed gives another row of numbers. */
static uint64_t
keys_random(uint64_t *state)
{
	*state += UINT64_C(0x9e3779b97f4a7c15);
	return keys_mix(*state);
}

/* From 0 to below 1. */
static double
keys_random_real(uint64_t *state)
{
	return (double)(keys_random(state) >> 11) * 0x1p-53;
}

/* The area under x ^ -skew up to x, and back from an area to x. */
static double
keys_area(double skew, double x)
{
	if (fabs(skew - 1) < 1e-9)
		return log(x);
	return (pow(x, 1 - skew) - 1) / (1 - skew);
}

static double
keys_area_inverse(double skew, double area)
{
	if (fabs(skew - 1) < 1e-9)
		return exp(area);
	return pow(1 + area * (1 - skew), 1 / (1 - skew));
}

/*
 * Rejection-inversion (Hoermann and Derflinger, 1996): a draw from the area
 * under the continuous curve, rounded to a rank, is kept if it falls within
 * the part of the area that is as large as the rank's weight.
 */
static void
keys_zipf_init(struct keys_zipf *z, double skew, uint32_t n)
{
	z->skew = skew;
	z->n = n;
	z->low = keys_area(skew, 1.5) - 1;
	z->high = keys_area(skew, z->n + 0.5);
	z->always =
	    2 - keys_area_inverse(skew, keys_area(skew, 2.5) - pow(2, -skew));
}

static uint32_t
keys_zipf_draw(const struct keys_zipf *z, uint64_t *state)
{
	double area, x, rank;

	for (;;) {
		area = z->high + keys_random_real(state) * (z->low - z->high);
		x = keys_area_inverse(z->skew, area);
		rank = fmin(fmax(round(x), 1), z->n);
		if (rank - x <= z->always ||
		    area >=
			keys_area(z->skew, rank + 0.5) - pow(rank, -z->skew))
			return (uint32_t)rank - 1;
	}
}

static void
keys_draw(struct keys *keys)
{
	struct keys_zipf zipf;
	uint64_t state = keys->seed;
	uint32_t i;

	keys->drawn = mem_resize(NULL, KEYS_DRAWN, sizeof(*keys->drawn));
	keys_zipf_init(&zipf, keys->skew, keys->senders);
	for (i = 0; i < KEYS_DRAWN; i++)
		keys->drawn[i] = keys->kind == KEYS_ZIPF
		    ? keys_zipf_draw(&zipf, &state)
		    : (uint32_t)(keys_random(&state) % keys->senders);
}

void
keys_init(struct keys *keys, const char *map)
{
	size_t payload = strlen(map) + 1 + strlen(KEYS_SENDER);

	MUST(strlen(map) <= KEYS_MAP_MAX && keys->skew > 0);
	MUST(keys->senders > 0 && keys->senders <= KEYS_SENDERS_MAX);
	keys->frame_len = (size_t)snprintf(keys->frame, sizeof(keys->frame),
	    "%zu:%s %s,", payload, map, KEYS_SENDER);
	MUST(keys->frame_len < sizeof(keys->frame));
	keys->name_at = keys->frame_len - 1 - strlen(KEYS_SENDER);
	keys->next = 0;
	keys->drawn = NULL;
	if (keys->kind != KEYS_SEQUENCE)
		keys_draw(keys);
}

void
keys_fini(struct keys *keys)
{
	free(keys->drawn);
	keys->drawn = NULL;
}

uint32_t
keys_next(struct keys *keys)
{
	uint32_t i = keys->next++;

	if (keys->drawn != NULL)
		return keys->drawn[i % KEYS_DRAWN];
	if (keys->next == keys->senders)
		keys->next = 0;
	return i;
}

bool
keys_forced(const struct keys *keys, uint32_t number)
{
	/* Mixed, so that the few most popular senders are of both kinds. */
	return keys_mix(number + UINT64_C(1)) % 100 < keys->forced;
}

const char *
keys_frame(struct keys *keys, uint32_t number)
{
	char *name = keys->frame + keys->name_at;
	unsigned i;

	memcpy(name, keys_forced(keys, number) ? "user" : "none", 4);
	for (i = KEYS_DIGITS; i > 0; i--) {
		name[4 + i - 1] = (char)('0' + number % 10);
		number /= 10;
	}
	return keys->frame;
}
