/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_HASH_H
#define FORCEENC_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * For keys that strangers can't choose: queue ids, programs, pids, our own
 * numbers. What they can choose (senders, domains) is hashed by names.c,
 * slower and with a key; or whoever makes two meet gains nothing by it.
 */
static inline uint64_t
hash_mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ (hash >> 32);
}

static inline uint64_t
hash_bytes(uint64_t hash, const void *bytes, size_t len)
{
	const char *at = bytes;
	uint64_t word;

	hash = hash_mix(hash, len);
	for (; len >= 8; at += 8, len -= 8) {
		memcpy(&word, at, 8);
		hash = hash_mix(hash, word);
	}
	if (len > 0) {
		word = 0;
		memcpy(&word, at, len);
		hash = hash_mix(hash, word);
	}
	return hash;
}

static inline uint64_t
hash_pointer(uint64_t hash, const void *p)
{
	return hash_mix(hash, (uint64_t)(uintptr_t)p);
}

#endif
