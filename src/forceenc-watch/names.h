/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_NAMES_H
#define FORCEENC_WATCH_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc/address.h"

/*
 * The strings that occur again and again: senders, domains, hosts. Each is
 * kept once, with its canonical form, as long as somebody holds it, and for a
 * while after that. Senders choose them, so the hash is keyed.
 */
enum name_kind {
	NAME_SENDER, /* canonical as address_keys() says; the null sender "" is
		      * "<>" */
	NAME_DOMAIN, /* lower case, A-labels */
	NAME_TEXT,   /* made printable */
};

struct name {
	const char *text; /* canonical, NUL-terminated */
	uint64_t number;  /* unlike that of any other, ever */
	uint32_t hash;
	uint32_t refs;
	uint16_t raw_len;
	uint8_t kind;
	bool used;  /* lately: since the hand last came by */
	char raw[]; /* as it was in the log */
};

#define NAME_RAW_MAX 4096 /* what is longer is cut */

struct names;

/* idle_max: how many that nobody holds are remembered. */
struct names *names_new(const struct address_rules *, size_t idle_max);
/* Nothing is held any more. */
void names_free(struct names *);

/* Holds a name; names_put() when it's no longer needed. */
struct name *names_get(
    struct names *, enum name_kind, const char *raw, size_t len);
/* names_expect() says that a name will be asked for soon: where it's found, and
 * at names_approach() what is found there, comes nearer. What it returns
 * stands for the name in the other two. */
uint32_t names_expect(
    struct names *, enum name_kind, const char *raw, size_t len);
void names_approach(const struct names *, uint32_t);
struct name *names_get_expected(
    struct names *, enum name_kind, const char *raw, size_t len, uint32_t);
/* Holds it once more. */
struct name *names_hold(struct names *, struct name *);
void names_put(struct names *, struct name *); /* NULL is fine */

#endif
