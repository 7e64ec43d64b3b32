/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/names.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/hash.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"

#define NAMES_SLOTS_MIN 2048
#define NAMES_TEXT_MAX  1024

/* So many are forgotten at once. */
#define NAMES_SWEEP 256

struct names_slot {
	struct name *name; /* NULL: free */
	uint32_t hash;
};

/* An open table: what is in a slot tells nearly always whose it is. */
struct names {
	struct names_slot *slot;
	size_t mask; /* slots - 1, a power of two less one */
	size_t n;    /* three quarters of the slots at most */
	size_t held; /* of them */
	size_t idle_max;
	size_t hand; /* the slot where it is looked for names to forget */
	struct address_rules rules;
	char *delimiters;
	struct address_keys keys;
	unsigned char key[crypto_shorthash_KEYBYTES];
};

/* Of the last one: of all struct names there are, since numbers outlive them
 * in the store. */
static uint64_t names_number;

struct names *
names_new(const struct address_rules *rules, size_t idle_max)
{
	struct names *names = mem_zalloc(sizeof(*names));

	MUST(sodium_init() != -1);
	crypto_shorthash_keygen(names->key);
	names->delimiters = mem_strdup(rules->delimiters);
	names->rules.delimiters = names->delimiters;
	names->rules.fold_local = rules->fold_local;
	names->idle_max = idle_max;
	names->mask = NAMES_SLOTS_MIN - 1;
	names->slot = mem_zalloc(NAMES_SLOTS_MIN * sizeof(*names->slot));
	return names;
}

void
names_free(struct names *names)
{
	size_t i;

	if (names == NULL)
		return;
	for (i = 0; i <= names->mask; i++)
		free(names->slot[i].name);
	free(names->slot);
	free(names->delimiters);
	free(names);
}

static uint32_t
names_hash(
    const struct names *names, enum name_kind kind, const char *raw, size_t len)
{
	uint64_t hash;

	crypto_shorthash((unsigned char *)&hash, (const unsigned char *)raw,
	    len, names->key);
	return (uint32_t)hash + kind;
}

static void
names_put_in(struct names *names, struct name *name)
{
	size_t at = name->hash & names->mask;

	while (names->slot[at].name != NULL)
		at = (at + 1) & names->mask;
	names->slot[at].name = name;
	names->slot[at].hash = name->hash;
}

static void
names_grow(struct names *names)
{
	size_t size = names->mask + 1, i;
	struct names_slot *old = names->slot;

	names->slot = mem_zalloc(size * 2 * sizeof(*names->slot));
	names->mask = size * 2 - 1;
	for (i = 0; i < size; i++)
		if (old[i].name != NULL)
			names_put_in(names, old[i].name);
	free(old);
}

static const char *
names_printable(char *out, const char *raw, size_t len)
{
	return text_printable(out, NAMES_TEXT_MAX, raw, len);
}

/* An address that can be none in a policy still has its statistics. */
static const char *
names_canonical(struct names *names, enum name_kind kind, const char *raw,
    size_t len, char *out)
{
	const char *why;
	size_t i;

	if (kind == NAME_TEXT)
		return names_printable(out, raw, len);
	if (kind == NAME_SENDER && len == 0)
		return "<>";
	if (kind == NAME_DOMAIN) {
		if (len == 0 || len + 2 > NAMES_TEXT_MAX)
			return names_printable(out, raw, len);
		out[0] = '@';
		memcpy(out + 1, raw, len);
		raw = out;
		len++;
	}
	if (address_keys(&names->keys, &names->rules, raw, len, &why) == -1)
		return names_printable(out, raw, len);
	i = names->keys.key[0].len;
	if (i >= NAMES_TEXT_MAX)
		return names_printable(out, raw, len);
	memcpy(out, names->keys.key[0].text, i);
	out[i] = '\0';
	return kind == NAME_DOMAIN && out[0] == '@' ? out + 1 : out;
}

/* Seldom needed, so its buffer is kept out of those that often are. */
static __attribute__((noinline)) struct name *
names_add(struct names *names, enum name_kind kind, uint32_t hash,
    const char *raw, size_t len)
{
	char out[NAMES_TEXT_MAX];
	const char *text = names_canonical(names, kind, raw, len, out);
	size_t text_len = strlen(text);
	bool same = text_len == len && memcmp(text, raw, len) == 0;
	struct name *name =
	    mem_alloc(sizeof(*name) + len + 1 + (same ? 0 : text_len + 1));

	memset(name, 0, sizeof(*name));
	name->hash = hash;
	name->number = ++names_number;
	name->raw_len = (uint16_t)len;
	name->kind = (uint8_t)kind;
	memcpy(name->raw, raw, len);
	name->raw[len] = '\0';
	name->text = name->raw;
	if (!same) {
		memcpy(name->raw + len + 1, text, text_len + 1);
		name->text = name->raw + len + 1;
	}
	if (++names->n > names->mask / 4 * 3)
		names_grow(names);
	names_put_in(names, name);
	return name;
}

static inline bool
names_is(
    const struct name *name, enum name_kind kind, const char *raw, size_t len)
{
	return name->raw_len == len && name->kind == kind &&
	    memcmp(name->raw, raw, len) == 0;
}

/* Those behind it move up, unless they would stand in front of where their
 * hash begins to look. */
static void
names_remove(struct names *names, size_t at)
{
	size_t next = at;

	free(names->slot[at].name);
	for (;;) {
		next = (next + 1) & names->mask;
		if (names->slot[next].name == NULL)
			break;
		if (((next - names->slot[next].hash) & names->mask) <
		    ((next - at) & names->mask))
			continue;
		names->slot[at] = names->slot[next];
		at = next;
	}
	names->slot[at].name = NULL;
	names->n--;
}

/* Goes on from where it was: whom nobody holds, and nobody asked for since
 * the last time, goes. That is everybody else after one round. */
static void
names_make_room(struct names *names)
{
	size_t looks = 2 * (names->mask + 1), gone = 0;
	struct name *name;

	for (; looks > 0 && gone < NAMES_SWEEP; looks--) {
		name = names->slot[names->hand].name;
		if (name != NULL && name->refs == 0 && !name->used) {
			/* Another one may be in its slot then. */
			names_remove(names, names->hand);
			gone++;
			continue;
		}
		if (name != NULL)
			name->used = false;
		names->hand = (names->hand + 1) & names->mask;
	}
}

static size_t
names_cut(size_t len)
{
	return len < NAME_RAW_MAX ? len : NAME_RAW_MAX;
}

uint32_t
names_expect(
    struct names *names, enum name_kind kind, const char *raw, size_t len)
{
	uint32_t hash = names_hash(names, kind, raw, names_cut(len));

	__builtin_prefetch(&names->slot[hash & names->mask]);
	return hash;
}

void
names_approach(const struct names *names, uint32_t hash)
{
	const struct names_slot *slot = &names->slot[hash & names->mask];

	while (slot->name != NULL && slot->hash != hash)
		slot =
		    slot == &names->slot[names->mask] ? names->slot : slot + 1;
	if (slot->name != NULL) {
		__builtin_prefetch(slot->name);
		__builtin_prefetch((const char *)slot->name + 64);
	}
}

struct name *
names_get_expected(struct names *names, enum name_kind kind, const char *raw,
    size_t len, uint32_t hash)
{
	const struct names_slot *slot;
	struct name *name;
	size_t at;

	len = names_cut(len);
	for (at = hash;; at++) {
		slot = &names->slot[at & names->mask];
		if (slot->name == NULL) {
			name = names_add(names, kind, hash, raw, len);
			break;
		}
		name = slot->name;
		if (slot->hash == hash && names_is(name, kind, raw, len))
			break;
	}
	name->used = true;
	return names_hold(names, name);
}

struct name *
names_get(struct names *names, enum name_kind kind, const char *raw, size_t len)
{
	return names_get_expected(names, kind, raw, len,
	    names_hash(names, kind, raw, names_cut(len)));
}

struct name *
names_hold(struct names *names, struct name *name)
{
	if (name->refs++ == 0)
		names->held++;
	return name;
}

void
names_put(struct names *names, struct name *name)
{
	if (name == NULL)
		return;
	MUST(name->refs > 0);
	if (--name->refs > 0)
		return;
	names->held--;
	if (names->n - names->held > names->idle_max)
		names_make_room(names);
}
