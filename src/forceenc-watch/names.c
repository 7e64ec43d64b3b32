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

#define NAMES_HEADS_MIN 1024
#define NAMES_TEXT_MAX  1024

/* What was asked for last is found without the slow hash. */
#define NAMES_RECENT 32768
/* So many are forgotten at once. */
#define NAMES_SWEEP 256

struct names {
	struct name **head;
	size_t mask; /* heads - 1, a power of two less one */
	size_t n;
	size_t held; /* of them */
	size_t idle_max;
	size_t hand; /* the head where it is looked for names to forget */
	struct name *recent[NAMES_RECENT];
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
	names->mask = NAMES_HEADS_MIN - 1;
	names->head = mem_zalloc(NAMES_HEADS_MIN * sizeof(struct name *));
	return names;
}

void
names_free(struct names *names)
{
	struct name *name, *next;
	size_t i;

	if (names == NULL)
		return;
	for (i = 0; i <= names->mask; i++) {
		for (name = names->head[i]; name != NULL; name = next) {
			next = name->next;
			free(name);
		}
	}
	free(names->head);
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
names_grow(struct names *names)
{
	size_t size = (names->mask + 1) * 2, i;
	struct name **head = mem_zalloc(size * sizeof(*head));
	struct name *name, *next;

	for (i = 0; i <= names->mask; i++) {
		for (name = names->head[i]; name != NULL; name = next) {
			next = name->next;
			name->next = head[name->hash & (size - 1)];
			head[name->hash & (size - 1)] = name;
		}
	}
	free(names->head);
	names->head = head;
	names->mask = size - 1;
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

static struct name *
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
	if (++names->n > names->mask)
		names_grow(names);
	name->next = names->head[hash & names->mask];
	names->head[hash & names->mask] = name;
	return name;
}

static struct name **
names_recent(
    struct names *names, enum name_kind kind, const char *raw, size_t len)
{
	return &names->recent[hash_bytes(kind, raw, len) % NAMES_RECENT];
}

static inline bool
names_is(
    const struct name *name, enum name_kind kind, const char *raw, size_t len)
{
	return name->raw_len == len && name->kind == kind &&
	    memcmp(name->raw, raw, len) == 0;
}

static void
names_remove(struct names *names, struct name *name)
{
	struct name **at = &names->head[name->hash & names->mask];
	struct name **recent = names_recent(
	    names, (enum name_kind)name->kind, name->raw, name->raw_len);

	while (*at != name)
		at = &(*at)->next;
	*at = name->next;
	if (*recent == name)
		*recent = NULL;
	names->n--;
	free(name);
}

/* Goes on from where it was: whom nobody holds, and nobody asked for since
 * the last time, goes. That is everybody else after one round. */
static void
names_make_room(struct names *names)
{
	size_t heads = 2 * (names->mask + 1), gone = 0;
	struct name *name, *next;

	for (; heads > 0 && gone < NAMES_SWEEP; heads--) {
		name = names->head[names->hand];
		for (; name != NULL; name = next) {
			next = name->next;
			if (name->refs > 0 || name->used) {
				name->used = false;
				continue;
			}
			names_remove(names, name);
			gone++;
		}
		names->hand = (names->hand + 1) & names->mask;
	}
}

static struct name *
names_find(
    struct names *names, enum name_kind kind, const char *raw, size_t len)
{
	uint32_t hash = names_hash(names, kind, raw, len);
	struct name *name;

	for (name = names->head[hash & names->mask]; name != NULL;
	     name = name->next)
		if (name->hash == hash && names_is(name, kind, raw, len))
			return name;
	return names_add(names, kind, hash, raw, len);
}

struct name *
names_get(struct names *names, enum name_kind kind, const char *raw, size_t len)
{
	struct name **recent, *name;

	if (len > NAME_RAW_MAX)
		len = NAME_RAW_MAX;
	recent = names_recent(names, kind, raw, len);
	name = *recent;
	if (name == NULL || !names_is(name, kind, raw, len))
		*recent = name = names_find(names, kind, raw, len);
	name->used = true;
	return names_hold(names, name);
}

struct name *const *
names_expect(
    struct names *names, enum name_kind kind, const char *raw, size_t len)
{
	struct name **recent = names_recent(
	    names, kind, raw, len > NAME_RAW_MAX ? NAME_RAW_MAX : len);

	__builtin_prefetch(recent);
	return recent;
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
