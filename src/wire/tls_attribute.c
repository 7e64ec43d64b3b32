/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "wire/tls_attribute.h"

#include <string.h>

#include "forceenc/text.h"
#include "wire/tls_protocols.h"

struct tls_attribute_value {
	const char *text;
	size_t len;
};

struct tls_attribute {
	const char *name;
	bool (*check)(const struct tls_attribute_value *);
	/* Whether it weakens TLS below what the word encryption stands for. */
	bool (*weakens)(const struct tls_attribute_value *);
	enum tls_level first; /* the level from which on it is allowed */
	bool many;            /* may occur more than once */
	bool report;          /* is for TLS reports, with policy_type only */
};

static bool
tls_attribute_any(const struct tls_attribute_value *value)
{
	(void)value;
	return true;
}

static bool
tls_attribute_some(const struct tls_attribute_value *value)
{
	return value->len > 0;
}

static bool
tls_attribute_is_word(
    const struct tls_attribute_value *value, const char *const *words)
{
	for (; *words != NULL; words++)
		if (text_equal_fold(value->text, value->len, *words))
			return true;
	return false;
}

static bool
tls_attribute_truth(const struct tls_attribute_value *value)
{
	static const char *const words[] = {"yes", "no", NULL};

	return tls_attribute_is_word(value, words);
}

static const char *const tls_attribute_low_grades[] = {
    "low", "export", "null", NULL};

static bool
tls_attribute_grade(const struct tls_attribute_value *value)
{
	static const char *const words[] = {"high", "medium", NULL};

	return tls_attribute_is_word(value, words) ||
	    tls_attribute_is_word(value, tls_attribute_low_grades);
}

/* "null" is no encryption; at levels that authenticate, Postfix doesn't
 * exclude it by itself. */
static bool
tls_attribute_low_grade(const struct tls_attribute_value *value)
{
	return tls_attribute_is_word(value, tls_attribute_low_grades);
}

static bool
tls_attribute_digits(const struct tls_attribute_value *value)
{
	size_t i;

	for (i = 0; i < value->len; i++)
		if (value->text[i] < '0' || value->text[i] > '9')
			return false;
	return value->len > 0 && value->len <= 18;
}

static bool
tls_attribute_is_host_byte(char c)
{
	c = text_lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	    c == '_';
}

static bool
tls_attribute_host(const struct tls_attribute_value *value)
{
	size_t i, label = 0;

	for (i = 0; i < value->len; i++) {
		if (value->text[i] == '.') {
			if (label == 0 || i + 1 == value->len)
				return false;
			label = 0;
		} else if (!tls_attribute_is_host_byte(value->text[i]) ||
		    ++label > 63) {
			return false;
		}
	}
	return value->len > 0 && value->len <= 255;
}

static bool
tls_attribute_report_type(const struct tls_attribute_value *value)
{
	static const char *const words[] = {
	    "tlsa", "sts", "no-policy-found", NULL};

	return tls_attribute_is_word(value, words);
}

static bool
tls_attribute_report_failure(const struct tls_attribute_value *value)
{
	size_t i;
	char c;

	for (i = 0; i < value->len; i++) {
		c = text_lower(value->text[i]);
		if (!(c >= 'a' && c <= 'z') && c != '-')
			return false;
	}
	return value->len > 0;
}

static bool
tls_attribute_protocols(const struct tls_attribute_value *value)
{
	bool ssl;

	return tls_protocols_read(value->text, value->len, &ssl);
}

static bool
tls_attribute_low_protocols(const struct tls_attribute_value *value)
{
	bool ssl;

	return !tls_protocols_read(value->text, value->len, &ssl) || ssl;
}

/* clang-format off */
static const struct tls_attribute tls_attributes[] = {
	{.name = "policy_type", .check = tls_attribute_report_type},
	{.name = "ciphers", .check = tls_attribute_grade,
	 .weakens = tls_attribute_low_grade},
	{.name = "protocols", .check = tls_attribute_protocols,
	 .weakens = tls_attribute_low_protocols},
	{.name = "servername", .check = tls_attribute_host},
	{.name = "match", .check = tls_attribute_some,
	 .first = TLS_LEVEL_FINGERPRINT, .many = true},
	{.name = "exclude", .check = tls_attribute_any},
	{.name = "tafile", .check = tls_attribute_some,
	 .first = TLS_LEVEL_VERIFY, .many = true},
	{.name = "connection_reuse", .check = tls_attribute_truth,
	 .many = true},
	{.name = "enable_rpk", .check = tls_attribute_truth, .many = true},
	{.name = "policy_ttl", .check = tls_attribute_digits,
	 .report = true},
	{.name = "policy_domain", .check = tls_attribute_host,
	 .report = true},
	{.name = "policy_string", .check = tls_attribute_any, .many = true,
	 .report = true},
	{.name = "mx_host_pattern", .check = tls_attribute_any,
	 .many = true, .report = true},
	{.name = "policy_failure", .check = tls_attribute_report_failure,
	 .report = true},
};
/* clang-format on */

#define TLS_ATTRIBUTES (sizeof(tls_attributes) / sizeof(tls_attributes[0]))

/* The first of the table, policy_type. */
#define TLS_ATTRIBUTE_TYPE 1U

static bool
tls_attribute_is_allowed(
    const struct tls_attribute *attribute, enum tls_level level)
{
	/* Names and digests aren't DANE's to match. */
	if (attribute->first == TLS_LEVEL_FINGERPRINT &&
	    (level == TLS_LEVEL_DANE || level == TLS_LEVEL_DANE_ONLY))
		return false;
	return level >= attribute->first;
}

/* The text between the braces, if there are any. */
static int
tls_attribute_unwrap(const char **text, size_t *len, struct err *err)
{
	size_t n = *len;
	const char *at = *text;

	if (n == 0 || *at != '{') {
		if (memchr(at, '{', n) != NULL || memchr(at, '}', n) != NULL)
			return err_set(
			    err, "a brace that isn't around a whole attribute");
		return 0;
	}
	if (n < 2 || at[n - 1] != '}')
		return err_set(err, "text behind a closing brace");
	at++;
	n -= 2;
	*text = text_trim(at, &n);
	*len = n;
	return 0;
}

static const struct tls_attribute *
tls_attribute_find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < TLS_ATTRIBUTES; i++)
		if (text_equal_fold(name, len, tls_attributes[i].name))
			return &tls_attributes[i];
	return NULL;
}

int
tls_attribute_add(struct tls_attributes *attributes, enum tls_level level,
    const char *token, size_t len, bool *weak, struct err *err)
{
	const struct tls_attribute *attribute;
	struct tls_attribute_value value;
	const char *equals;
	size_t name_len;
	unsigned bit;

	if (tls_attribute_unwrap(&token, &len, err) == -1)
		return -1;
	equals = memchr(token, '=', len);
	if (equals == NULL || equals == token)
		return err_set(
		    err, "\"%s\" is no NAME=VALUE", text_show(token, len));
	name_len = (size_t)(equals - token);
	value.len = len - name_len - 1;
	value.text = text_trim(equals + 1, &value.len);
	token = text_trim(token, &name_len);
	attribute = tls_attribute_find(token, name_len);
	if (attribute == NULL)
		return err_set(
		    err, "\"%s\" is no attribute", text_show(token, name_len));
	if (!tls_attribute_is_allowed(attribute, level))
		return err_set(
		    err, "%s doesn't go with this level", attribute->name);
	bit = 1U << (attribute - tls_attributes);
	if ((attributes->seen & bit) != 0 && !attribute->many)
		return err_set(err, "%s stands there twice", attribute->name);
	attributes->seen |= bit;
	if (!attribute->check(&value))
		return err_set(err, "\"%s\" is no value of %s",
		    text_show(value.text, value.len), attribute->name);
	*weak = attribute->weakens != NULL && attribute->weakens(&value);
	return 0;
}

int
tls_attribute_end(const struct tls_attributes *attributes, struct err *err)
{
	size_t i;

	if ((attributes->seen & TLS_ATTRIBUTE_TYPE) != 0)
		return 0;
	for (i = 0; i < TLS_ATTRIBUTES; i++)
		if (tls_attributes[i].report &&
		    (attributes->seen & (1U << i)) != 0)
			return err_set(err, "%s without policy_type",
			    tls_attributes[i].name);
	return 0;
}
