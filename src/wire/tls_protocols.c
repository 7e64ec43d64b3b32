/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "wire/tls_protocols.h"

#include <string.h>

#include "forceenc/text.h"

enum tls_protocol {
	TLS_PROTOCOL_SSL2,
	TLS_PROTOCOL_SSL3,
	TLS_PROTOCOL_TLS, /* whichever */
	TLS_PROTOCOL_BAD,
};

/* The number of a version in hexadecimal, as a bound may be: "0301". */
static enum tls_protocol
tls_protocols_of_number(const char *text, size_t len)
{
	size_t i;
	char c;

	for (i = 0; i < len; i++) {
		c = text_lower(text[i]);
		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return TLS_PROTOCOL_BAD;
	}
	if (len != 4)
		return TLS_PROTOCOL_BAD;
	if (memcmp(text, "0301", 4) >= 0)
		return TLS_PROTOCOL_TLS;
	return memcmp(text, "0300", 4) == 0 ? TLS_PROTOCOL_SSL3
					    : TLS_PROTOCOL_SSL2;
}

/* "TLSv1.2". */
static enum tls_protocol
tls_protocols_of(const char *text, size_t len, bool number)
{
	static const char *const tls[] = {
	    "TLSv1", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"};
	size_t i;

	if (text_equal_fold(text, len, "SSLv2"))
		return TLS_PROTOCOL_SSL2;
	if (text_equal_fold(text, len, "SSLv3"))
		return TLS_PROTOCOL_SSL3;
	for (i = 0; i < sizeof(tls) / sizeof(tls[0]); i++)
		if (text_equal_fold(text, len, tls[i]))
			return TLS_PROTOCOL_TLS;
	return number ? tls_protocols_of_number(text, len) : TLS_PROTOCOL_BAD;
}

struct tls_protocols {
	unsigned included; /* bits of enum tls_protocol; 0: all there are */
	unsigned excluded;
	enum tls_protocol lowest; /* the bound ">=" */
};

/* One element of the list. */
static bool
tls_protocols_add(struct tls_protocols *protocols, const char *text, size_t len)
{
	bool bound = len > 2 && (*text == '<' || *text == '>');
	bool out = len > 1 && *text == '!';
	enum tls_protocol protocol;
	size_t skip = bound ? 2 : out ? 1 : 0;

	if (bound && text[1] != '=')
		return false;
	protocol = tls_protocols_of(text + skip, len - skip, bound);
	if (protocol == TLS_PROTOCOL_BAD)
		return false;
	if (bound && *text == '>')
		protocols->lowest = protocol;
	else if (out)
		protocols->excluded |= 1U << protocol;
	else if (!bound)
		protocols->included |= 1U << protocol;
	return true;
}

/* No library in use speaks SSLv2 unless it's told to by name, if at all. */
static bool
tls_protocols_have_ssl(const struct tls_protocols *protocols)
{
	unsigned ssl2 = 1U << TLS_PROTOCOL_SSL2;
	unsigned ssl3 = 1U << TLS_PROTOCOL_SSL3;

	if (protocols->lowest == TLS_PROTOCOL_TLS)
		return false;
	if (protocols->included == 0)
		return (protocols->excluded & ssl3) == 0;
	return (protocols->included & ~protocols->excluded & (ssl2 | ssl3)) !=
	    0;
}

bool
tls_protocols_read(const char *text, size_t len, bool *ssl)
{
	static const char gaps[] = {':', ',', ' '};
	struct tls_protocols protocols = {0};
	size_t i, from = 0;

	for (i = 0; i <= len; i++) {
		if (i < len && memchr(gaps, text[i], sizeof(gaps)) == NULL)
			continue;
		if (i > from &&
		    !tls_protocols_add(&protocols, text + from, i - from))
			return false;
		from = i + 1;
	}
	*ssl = tls_protocols_have_ssl(&protocols);
	return true;
}
