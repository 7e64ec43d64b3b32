/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/tls_policy.h"

#include <string.h>

#include "forceenc/text.h"
#include "wire/tls_attribute.h"

/* In the order of enum tls_level. */
static const char *const tls_policy_levels[] = {"none", "may", "encrypt",
    "fingerprint", "dane", "dane-only", "verify", "secure"};

#define TLS_POLICY_LEVELS \
	(sizeof(tls_policy_levels) / sizeof(tls_policy_levels[0]))

/* What lies between a level and attributes: Postfix's comma and space. */
static bool
tls_policy_is_gap(char c)
{
	return c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next level or attribute, and *text behind it. 0: there is none. -1: a
 * brace is left open. */
static int
tls_policy_next(
    const char **text, const char *end, const char **token, size_t *len)
{
	const char *at = *text;
	unsigned depth = 0;

	while (at < end && tls_policy_is_gap(*at))
		at++;
	*token = at;
	for (; at < end && (depth > 0 || !tls_policy_is_gap(*at)); at++) {
		if (*at == '{')
			depth++;
		else if (*at == '}' && depth > 0)
			depth--;
	}
	*text = at;
	*len = (size_t)(at - *token);
	return depth > 0 ? -1 : *len > 0;
}

/* Printable text, and the blanks that Postfix knows. Postfix takes a reply
 * that isn't UTF-8 for an error, and ends one at a NUL. */
static bool
tls_policy_is_text(const char *policy, size_t len)
{
	size_t i = 0;
	unsigned n;

	while (i < len) {
		n = text_utf8_len(policy + i, len - i);
		if (n == 0 || policy[i] == 0x7f ||
		    ((unsigned char)policy[i] < ' ' &&
			!tls_policy_is_gap(policy[i])))
			return false;
		i += n;
	}
	return true;
}

static int
tls_policy_read_level(
    const char *token, size_t len, enum tls_level *level, struct err *err)
{
	size_t i;

	for (i = 0; i < TLS_POLICY_LEVELS; i++) {
		if (!text_equal_fold(token, len, tls_policy_levels[i]))
			continue;
		*level = (enum tls_level)i;
		return 0;
	}
	return err_set(err, "\"%s\" is no level of TLS", text_show(token, len));
}

static enum tls_level
tls_policy_raised_level(enum tls_level level, enum tls_policy_dane dane)
{
	switch (level) {
	case TLS_LEVEL_NONE:
	case TLS_LEVEL_MAY:
		return TLS_LEVEL_ENCRYPT;
	case TLS_LEVEL_DANE:
		return dane == TLS_POLICY_DANE_ONLY ? TLS_LEVEL_DANE_ONLY
						    : TLS_LEVEL_ENCRYPT;
	case TLS_LEVEL_ENCRYPT:
	case TLS_LEVEL_FINGERPRINT:
	case TLS_LEVEL_DANE_ONLY:
	case TLS_LEVEL_VERIFY:
	case TLS_LEVEL_SECURE:
		break;
	}
	return level;
}

/* A line break within braces becomes a space, as Postfix reads it. */
static void
tls_policy_add_attribute(struct buf *out, const char *token, size_t len)
{
	size_t i;

	buf_add_byte(out, ' ');
	for (i = 0; i < len; i++)
		buf_add_byte(
		    out, (unsigned char)token[i] < ' ' ? ' ' : token[i]);
}

static int
tls_policy_read(struct buf *out, const char *policy, size_t len,
    enum tls_policy_dane dane, bool *raised, struct err *err)
{
	const char *at = policy, *end = policy + len, *token;
	struct tls_attributes attributes = {0};
	enum tls_level level = TLS_LEVEL_NONE, raised_level;
	size_t token_len;
	bool weak;
	int more = tls_policy_next(&at, end, &token, &token_len);

	if (more == 0)
		return err_set(err, "empty");
	if (tls_policy_read_level(token, token_len, &level, err) == -1)
		return -1;
	raised_level = tls_policy_raised_level(level, dane);
	*raised = raised_level != level;
	buf_add_text(out, tls_policy_levels[raised_level]);
	while ((more = tls_policy_next(&at, end, &token, &token_len)) > 0) {
		if (tls_attribute_add(
			&attributes, level, token, token_len, &weak, err) == -1)
			return -1;
		if (weak)
			*raised = true;
		else
			tls_policy_add_attribute(out, token, token_len);
	}
	if (more == -1)
		return err_set(err, "a brace is left open");
	return tls_attribute_end(&attributes, err);
}

int
tls_policy_raise(struct buf *out, const char *policy, size_t len,
    enum tls_policy_dane dane, bool *raised, struct err *err)
{
	size_t before = out->len;

	if (len > TLS_POLICY_MAX)
		return err_set(err, "longer than %d bytes", TLS_POLICY_MAX);
	if (!tls_policy_is_text(policy, len))
		return err_set(err, "not a text");
	if (tls_policy_read(out, policy, len, dane, raised, err) == 0)
		return 0;
	out->len = before;
	return -1;
}

int
tls_policy_check(const char *policy, size_t len, struct err *err)
{
	struct buf out = {0};
	bool raised = false;
	int rc = tls_policy_raise(
	    &out, policy, len, TLS_POLICY_DANE_ONLY, &raised, err);

	buf_fini(&out);
	if (rc == 0 && raised)
		return err_set(err, "\"%s\" allows less than encryption",
		    text_show(policy, len));
	return rc;
}

/* Whether Postfix takes it for a domain, which has parents. */
static bool
tls_policy_is_domain(const char *key, size_t len)
{
	bool letter = false;
	size_t i;
	char c;

	for (i = 0; i < len; i++) {
		c = text_lower(key[i]);
		if ((c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80)
			letter = true;
		else if (!(c >= '0' && c <= '9') && c != '-' && c != '_' &&
		    c != '.')
			return false;
	}
	return letter;
}

bool
tls_policy_parent(const char **key, size_t *len)
{
	const char *dot;

	if (*len < 2 || !tls_policy_is_domain(*key, *len))
		return false;
	dot = memchr(*key + 1, '.', *len - 1);
	if (dot == NULL)
		return false;
	*len -= (size_t)(dot - *key);
	*key = dot;
	return true;
}
