/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/names.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"

#define NAMES_HEADS_MIN 1024
#define NAMES_TEXT_MAX  1024

struct names {
	struct name **head;
	size_t mask; /* heads - 1, a power of two less one */
	size_t n;
	size_t nidle;
	size_t idle_max;
	struct name *oldest, *newest; /* of the idle ones */
	struct address_rules rules;
	char *delimiters;
	struct address_keys keys;
	unsigned char key[crypto_shorthash_KEYBYTES];
};

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

static uint64_t
names_hash(
    const struct names *names, enum name_kind kind, const char *raw, size_t len)
{
	uint64_t hash;

	crypto_shorthash((unsigned char *)&hash, (const unsigned char *)raw,
	    len, names->key);
	return hash + kind;
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
names_add(struct names *names, enum name_kind kind, uint64_t hash,
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

static void
names_idle_unlink(struct names *names, struct name *name)
{
	if (name->older != NULL)
		name->older->newer = name->newer;
	else
		names->oldest = name->newer;
	if (name->newer != NULL)
		name->newer->older = name->older;
	else
		names->newest = name->older;
	name->older = name->newer = NULL;
	names->nidle--;
}

struct name *
names_get(struct names *names, enum name_kind kind, const char *raw, size_t len)
{
	struct name *name;
	uint64_t hash;

	if (len > NAME_RAW_MAX)
		len = NAME_RAW_MAX;
	hash = names_hash(names, kind, raw, len);
	for (name = names->head[hash & names->mask]; name != NULL;
	     name = name->next)
		if (name->hash == hash && name->raw_len == len &&
		    name->kind == kind && memcmp(name->raw, raw, len) == 0)
			return names_hold(names, name);
	name = names_add(names, kind, hash, raw, len);
	name->refs = 1;
	return name;
}

struct name *
names_hold(struct names *names, struct name *name)
{
	if (name->refs++ == 0)
		names_idle_unlink(names, name);
	return name;
}

static void
names_remove(struct names *names, struct name *name)
{
	struct name **at = &names->head[name->hash & names->mask];

	while (*at != name)
		at = &(*at)->next;
	*at = name->next;
	names->n--;
	free(name);
}

void
names_put(struct names *names, struct name *name)
{
	struct name *oldest;

	if (name == NULL)
		return;
	MUST(name->refs > 0);
	if (--name->refs > 0)
		return;
	name->older = names->newest;
	if (names->newest != NULL)
		names->newest->newer = name;
	else
		names->oldest = name;
	names->newest = name;
	if (++names->nidle <= names->idle_max)
		return;
	oldest = names->oldest;
	names_idle_unlink(names, oldest);
	names_remove(names, oldest);
}
