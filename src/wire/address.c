/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * An address is read once: split, its local part freed of quotes and folded,
 * its domain turned into A-labels. That reading, "local@domain", lies at the
 * front of the buffer. In most cases it is the first key as it stands, and its
 * end is the domain's key; the other keys are written behind it.
 */

#include "forceenc/address.h"

#include <string.h>

#include "forceenc/must.h"
#include "forceenc/text.h"
#include "wire/address_plain.h"
#include "wire/fold.h"
#include "wire/idn.h"

/* Where an address's parts lie, as written. */
struct address_parts {
	const char *local;
	size_t local_len;
	bool quoted; /* local is a quoted-string, its quotes included */
	const char *domain;
	size_t domain_len; /* 0: none */
};

/* The ways to write the domain, canonical first. */
struct address_domain {
	const char *text[2];
	size_t len[2];
	unsigned n; /* 0: no domain */
};

/* A local part as it was read, which may be written in several ways. */
struct address_variant {
	enum address_level level;
	const char *local;
	size_t local_len;
	bool plain; /* the local part needs no quotes */
	const struct address_domain *domain;
};

static int
address_check(const char *s, size_t len, const char **why)
{
	size_t i;
	unsigned n;

	if (len > ADDRESS_MAX) {
		*why = "address too long";
		return -1;
	}
	for (i = 0; i < len; i += n) {
		n = 1;
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f) {
			*why = "control byte in an address";
			return -1;
		}
		if ((unsigned char)s[i] < 0x80)
			continue;
		n = text_utf8_len(s + i, len - i);
		if (n == 0) {
			*why = "malformed UTF-8 in an address";
			return -1;
		}
	}
	return 0;
}

/* The bytes of the quoted-string in front, 0 if there is none. */
static size_t
address_quoted_len(const char *s, size_t len)
{
	size_t i;

	if (len == 0 || s[0] != '"')
		return 0;
	for (i = 1; i < len; i++) {
		if (s[i] == '"')
			return i + 1;
		if (s[i] == '\\')
			i++;
	}
	return 0;
}

/* The last "@" splits, except that one within a local part that is quoted as
 * a whole doesn't. A domain of nothing but dots is none. */
static void
address_split(struct address_parts *parts, const char *s, size_t len)
{
	size_t quoted = address_quoted_len(s, len);
	const char *at = NULL;

	if (quoted < len || quoted == 0)
		at = len > 0 ? memrchr(s, '@', len) : NULL;
	parts->local = s;
	parts->local_len = at != NULL ? (size_t)(at - s) : len;
	parts->quoted = quoted > 0 && quoted == parts->local_len;
	parts->domain = at != NULL ? at + 1 : s + len;
	parts->domain_len = (size_t)(s + len - parts->domain);
	while (parts->domain_len > 0 &&
	    parts->domain[parts->domain_len - 1] == '.')
		parts->domain_len--;
}

/* As text_lower() on each byte, but a loop that vectorises: every question
 * comes through here. */
static void
address_copy_lower(char *to, const char *from, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		to[i] = (char)(from[i] +
		    (from[i] >= 'A' && from[i] <= 'Z' ? 'a' - 'A' : 0));
}

/* Whether there may be another way to write the domain: memmem(3) alone would
 * be a seventh of the time that an address takes. */
static bool
address_needs_idn(const char *domain, size_t len)
{
	return !text_is_ascii(domain, len) ||
	    (memchr(domain, '-', len) != NULL &&
		memmem(domain, len, "xn--", 4) != NULL);
}

/* Without the quotes and their backslashes; returns the length. */
static size_t
address_unquote(char *to, const struct address_parts *parts)
{
	size_t i, n = 0;

	if (!parts->quoted) {
		if (parts->local_len > 0)
			memcpy(to, parts->local, parts->local_len);
		return parts->local_len;
	}
	for (i = 1; i + 1 < parts->local_len; i++) {
		if (parts->local[i] == '\\')
			i++;
		to[n++] = parts->local[i];
	}
	return n;
}

/* Writes the local part at the buffer's front; -1 if folding made it longer
 * than an address may be. */
static int
address_read_local(struct address_keys *keys, const struct address_rules *rules,
    const struct address_parts *parts, const char **why)
{
	size_t n = address_unquote(keys->buf, parts);

	keys->used = n;
	if (!rules->fold_local)
		return 0;
	if (text_is_ascii(keys->buf, n)) {
		address_copy_lower(keys->buf, keys->buf, n);
		return 0;
	}
	if (fold_utf8(keys->buf, n, keys->buf, ADDRESS_MAX, &keys->used) == 0)
		return 0;
	*why = "address too long once its case is folded";
	return -1;
}

/* Writes "@domain" behind the local part. forms lives as long as domain. */
static void
address_read_domain(struct address_keys *keys, struct address_domain *domain,
    struct idn_forms *forms, const struct address_parts *parts)
{
	size_t len = parts->domain_len;
	char *to;

	domain->n = 0;
	if (len == 0)
		return;
	keys->buf[keys->used++] = '@';
	to = keys->buf + keys->used;
	address_copy_lower(to, parts->domain, len);
	domain->n = 1;
	if (address_needs_idn(to, len) && idn_convert(forms, to, len) == 0) {
		len = forms->ascii_len;
		memcpy(to, forms->ascii, len);
		if (forms->unicode_len > 0) {
			domain->text[1] = forms->unicode;
			domain->len[1] = forms->unicode_len;
			domain->n = 2;
		}
	}
	domain->text[0] = to;
	domain->len[0] = len;
	keys->used += len;
}

/* atext of RFC 5322 and, as RFC 6531 extends it, all that isn't ASCII. */
static bool
address_is_atext(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (unsigned char)c >= 0x80)
		return true;
	return c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL;
}

/* The local part of what has no domain: both spellings and the empty one. */
static bool
address_is_null(const char *local, size_t len)
{
	return len == 0 || (len == 2 && memcmp(local, "<>", 2) == 0);
}

/* What needs no quotes. */
static bool
address_is_dot_string(const char *s, size_t len)
{
	bool dot = true;
	size_t i;

	for (i = 0; i < len; i++) {
		if (s[i] != '.' ? !address_is_atext(s[i]) : dot)
			return false;
		dot = s[i] == '.';
	}
	return !dot;
}

/* Mailing lists' own addresses, which hold a "-" that isn't a delimiter. */
static bool
address_is_list(const char *local, size_t len)
{
	return (len >= 6 && text_equal_fold(local, 6, "owner-")) ||
	    (len > 8 && text_equal_fold(local + len - 8, 8, "-request"));
}

/* The local part's length without its extension. */
static size_t
address_base_len(
    const struct address_rules *rules, const char *local, size_t len)
{
	const char *delimiter, *found;
	size_t base = len;

	for (delimiter = rules->delimiters; *delimiter != '\0'; delimiter++) {
		/* A byte of a longer character would cut one in two. */
		if ((unsigned char)*delimiter >= 0x80)
			continue;
		if (*delimiter == '-' && address_is_list(local, len))
			continue;
		found = memchr(local + 1, *delimiter, base - 1);
		if (found != NULL)
			base = (size_t)(found - local);
	}
	if (base < len &&
	    (text_equal_fold(local, len, "double-bounce") ||
		text_equal_fold(local, len, "mailer-daemon")))
		return len;
	return base;
}

static void
address_add_key(struct address_keys *keys, enum address_level level,
    const char *text, size_t len)
{
	MUST(keys->n < ADDRESS_KEYS_MAX);
	keys->key[keys->n++] = (struct address_key){
	    .text = text, .len = (uint16_t)len, .level = (uint8_t)level};
}

/* The limits of an address and of a domain leave room for all of its
 * spellings, so that none is ever missing. */
static void
address_put(struct address_keys *keys, const char *bytes, size_t len)
{
	MUST(len <= sizeof(keys->buf) - keys->used);
	memcpy(keys->buf + keys->used, bytes, len);
	keys->used += len;
}

static void
address_put_quoted(struct address_keys *keys, const char *local, size_t len)
{
	size_t i;

	address_put(keys, "\"", 1);
	for (i = 0; i < len; i++) {
		if (local[i] == '"' || local[i] == '\\')
			address_put(keys, "\\", 1);
		address_put(keys, local + i, 1);
	}
	address_put(keys, "\"", 1);
}

/* Whether what was written is read as what was meant: a local part that has
 * quotes of its own, written bare, may be somebody else's address. */
static bool
address_reads_back(const struct address_variant *variant, const char *text,
    size_t len, size_t domain_len)
{
	struct address_parts parts;
	char local[2 * ADDRESS_MAX + 2];

	address_split(&parts, text, len);
	return parts.domain_len == domain_len &&
	    address_unquote(local, &parts) == variant->local_len &&
	    memcmp(local, variant->local, variant->local_len) == 0 &&
	    (domain_len > 0 ||
		!address_is_null(variant->local, variant->local_len));
}

static void
address_spell(struct address_keys *keys, const struct address_variant *variant,
    bool quoted, unsigned form)
{
	const struct address_domain *domain = variant->domain;
	size_t domain_len = domain->n > 0 ? domain->len[form] : 0;
	size_t start = keys->used, end;

	if (variant->level == ADDRESS_FULL && !quoted && form == 0) {
		start = 0;
		end = variant->local_len + (domain->n > 0) + domain_len;
	} else {
		if (quoted)
			address_put_quoted(
			    keys, variant->local, variant->local_len);
		else
			address_put(keys, variant->local, variant->local_len);
		if (domain->n > 0) {
			address_put(keys, "@", 1);
			address_put(keys, domain->text[form], domain_len);
		}
		end = keys->used;
	}
	if (variant->plain ||
	    address_reads_back(
		variant, keys->buf + start, end - start, domain_len))
		address_add_key(
		    keys, variant->level, keys->buf + start, end - start);
	else if (start > 0)
		keys->used = start;
}

static void
address_add_level(struct address_keys *keys, enum address_level level,
    size_t local_len, const struct address_domain *domain)
{
	struct address_variant variant = {
	    .level = level,
	    .local = keys->buf,
	    .local_len = local_len,
	    .plain = address_is_dot_string(keys->buf, local_len),
	    .domain = domain,
	};
	unsigned forms = domain->n > 0 ? domain->n : 1;
	unsigned i;

	for (i = 0; i < forms && !variant.plain; i++)
		address_spell(keys, &variant, true, i);
	for (i = 0; i < forms; i++)
		address_spell(keys, &variant, false, i);
}

static void
address_add_domain(struct address_keys *keys, size_t local_len,
    const struct address_domain *domain)
{
	size_t start = keys->used;

	if (domain->n > 0)
		address_add_key(keys, ADDRESS_DOMAIN, keys->buf + local_len,
		    1 + domain->len[0]);
	if (domain->n > 1) {
		address_put(keys, "@", 1);
		address_put(keys, domain->text[1], domain->len[1]);
		address_add_key(keys, ADDRESS_DOMAIN, keys->buf + start,
		    keys->used - start);
	}
}

int
address_keys(struct address_keys *keys, const struct address_rules *rules,
    const char *address, size_t len, const char **why)
{
	struct address_parts parts;
	struct address_domain domain;
	struct idn_forms forms;
	size_t local_len, base_len;

	if (address_plain(keys, rules, address, len))
		return 0;
	keys->n = 0;
	keys->used = 0;
	if (address_check(address, len, why) == -1)
		return -1;
	address_split(&parts, address, len);
	if (address_read_local(keys, rules, &parts, why) == -1)
		return -1;
	local_len = keys->used;
	if (parts.domain_len == 0 && address_is_null(keys->buf, local_len)) {
		keys->used = 0;
		address_put(keys, "<>", 2);
		address_add_key(keys, ADDRESS_NULL, keys->buf, 2);
		return 0;
	}
	address_read_domain(keys, &domain, &forms, &parts);
	if (local_len > 0) {
		address_add_level(keys, ADDRESS_FULL, local_len, &domain);
		base_len = address_base_len(rules, keys->buf, local_len);
		if (base_len < local_len)
			address_add_level(
			    keys, ADDRESS_STRIPPED, base_len, &domain);
	}
	address_add_domain(keys, local_len, &domain);
	return 0;
}

const char *
address_level_name(enum address_level level)
{
	switch (level) {
	case ADDRESS_FULL:
		return "full address";
	case ADDRESS_STRIPPED:
		return "without extension";
	case ADDRESS_DOMAIN:
		return "domain";
	case ADDRESS_NULL:
		return "null sender";
	}
	must_panic(__FILE__, __LINE__, "no such level");
}
