/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* The first byte chooses the rules, the rest is an address. */

#include <string.h>

#include "forceenc/address.h"
#include "forceenc/must.h"
#include "forceenc/text.h"
#include "fuzz.h"

unsigned long fuzz_reached;

static struct address_keys fuzz_keys, fuzz_again;

static void
fuzz_key(const struct address_keys *keys, unsigned i)
{
	const struct address_key *key = &keys->key[i], *other;
	size_t at;
	unsigned n, k;

	MUST(key->len > 0 && key->text >= keys->buf);
	MUST(key->text + key->len <= keys->buf + keys->used);
	MUST(i == 0 || key->level >= key[-1].level);
	for (at = 0; at < key->len; at += n) {
		n = text_utf8_len(key->text + at, key->len - at);
		MUST(n > 0 && (unsigned char)key->text[at] >= 0x20);
	}
	for (k = 0; k < i; k++) {
		other = &keys->key[k];
		MUST(other->len != key->len ||
		    memcmp(other->text, key->text, key->len) != 0);
	}
}

/* A key, asked in its turn, leads to the canonical form of its own level. */
static void
fuzz_idempotent(const struct address_rules *rules)
{
	const struct address_key *key, *first = &fuzz_keys.key[0];
	const char *why;
	unsigned i;

	for (i = 0; i < fuzz_keys.n; i++) {
		key = &fuzz_keys.key[i];
		if (key->level != first->level)
			first = key;
		if (key->len > ADDRESS_MAX)
			continue;
		MUST(address_keys(
			 &fuzz_again, rules, key->text, key->len, &why) == 0);
		MUST(fuzz_again.key[0].len == first->len);
		MUST(memcmp(fuzz_again.key[0].text, first->text, first->len) ==
		    0);
	}
}

/* What is in lower case has the same keys whether case is folded or not:
 * plain addresses take another way when it is. */
static void
fuzz_other_way(const struct address_rules *rules, const char *text, size_t len)
{
	struct address_rules other = *rules;
	const char *why;
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] >= 0x80 ||
		    text[i] != text_lower(text[i]))
			return;
	other.fold_local = !rules->fold_local;
	MUST(address_keys(&fuzz_again, &other, text, len, &why) == 0);
	MUST(fuzz_again.n == fuzz_keys.n);
	for (i = 0; i < fuzz_keys.n; i++) {
		MUST(fuzz_again.key[i].level == fuzz_keys.key[i].level);
		MUST(fuzz_again.key[i].len == fuzz_keys.key[i].len);
		MUST(memcmp(fuzz_again.key[i].text, fuzz_keys.key[i].text,
			 fuzz_keys.key[i].len) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct address_rules rules[] = {{"+", true}, {"+-", true},
	    {"", true}, {"+", false}, {"@.\"\\ ", true}, {"\xc3+", true}};
	const struct address_rules *rule;
	const char *why = NULL;
	unsigned i;

	if (size == 0)
		return 0;
	rule = &rules[data[0] % (sizeof(rules) / sizeof(rules[0]))];
	if (address_keys(&fuzz_keys, rule, (const char *)data + 1, size - 1,
		&why) == -1) {
		MUST(why != NULL);
		return 0;
	}
	MUST(fuzz_keys.n >= 1 && fuzz_keys.n <= ADDRESS_KEYS_MAX);
	MUST(fuzz_keys.used <= sizeof(fuzz_keys.buf));
	for (i = 0; i < fuzz_keys.n; i++)
		fuzz_key(&fuzz_keys, i);
	fuzz_idempotent(rule);
	fuzz_other_way(rule, (const char *)data + 1, size - 1);
	fuzz_reached++;
	return 0;
}
