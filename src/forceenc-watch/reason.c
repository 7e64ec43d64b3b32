/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/reason.h"

#include "forceenc-watch/scan.h"

/* The more particular first. The DSN code isn't asked: a server may send any,
 * and a delivery status filter may change it. */
static const struct {
	const char *text;
	enum store_reason reason;
} reason_texts[] = {
    {"TLS is required, but was not offered", STORE_NOT_OFFERED},
    {"TLS is required, but host ", STORE_REFUSED},
    {"TLS is required, but our TLS engine", STORE_POLICY},
    {"TLS is required, but ", STORE_OTHER},
    {"Cannot start TLS: ", STORE_HANDSHAKE},
    {"Server certificate not verified", STORE_CERTIFICATE},
    {"no TLSA records found", STORE_DANE},
    {"non DNSSEC destination", STORE_DANE},
    {"TLSA records unusable", STORE_DANE},
    {"TLSA lookup error for ", STORE_DANE},
    {"client TLS configuration problem", STORE_POLICY},
    {"Sender requested REQUIRETLS, ", STORE_REQUIRETLS},
};

/* The server hung up, or was silent, when it was asked to start TLS. */
static bool
reason_is_broken(const struct scan *scan)
{
	static const char end[] = " while receiving the STARTTLS response";
	struct scan at = *scan;

	return (scan_skip(&at, "lost connection with ") ||
		   scan_skip(&at, "conversation with ")) &&
	    scan_ends_with(at.at, scan_left(&at), end);
}

enum store_reason
reason_of(const char *text, size_t len)
{
	struct scan scan = {text, text + len};
	size_t i;

	scan_skip(&scan, "delivery temporarily suspended: ");
	for (i = 0; i < sizeof(reason_texts) / sizeof(*reason_texts); i++)
		if (scan_skip_bytes(&scan, reason_texts[i].text,
			strlen(reason_texts[i].text)))
			return reason_texts[i].reason;
	return reason_is_broken(&scan) ? STORE_HANDSHAKE : STORE_NO_REASON;
}
