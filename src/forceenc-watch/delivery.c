/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/delivery.h"

#include "forceenc-watch/reason.h"

#define DELIVERY_FIELDS_MAX 8

/* Over a quoted local part; false if there is none. */
static bool
delivery_skip_quoted(struct scan *scan)
{
	const char *at = scan->at;

	if (at >= scan->end || *at != '"')
		return false;
	for (at++; at < scan->end && *at != '"'; at++)
		if (*at == '\\')
			at++;
	if (at >= scan->end)
		return false;
	scan->at = at + 1;
	return true;
}

/*
 * An address behind its "<" and the ">" that ends it, which ", relay=" or ",
 * orig_to=" follows. Postfix quotes what an address may hold, since 3.5 in
 * its log as well; what it held before then ends at the first fit.
 */
static bool
delivery_address(struct scan *scan, struct event_span *out)
{
	struct scan at = *scan, next;

	delivery_skip_quoted(&at);
	for (;;) {
		const char *end = memchr(at.at, '>', scan_left(&at));

		if (end == NULL)
			return false;
		at.at = end + 1;
		next = at;
		if (!scan_skip(&next, ", relay=") &&
		    !scan_skip(&next, ", orig_to=<"))
			continue;
		out->s = scan->at;
		out->len = (size_t)(end - scan->at);
		scan->at = end + 1;
		return true;
	}
}

/* "0.23", "8", "1200": milliseconds. */
static uint32_t
delivery_seconds(struct scan *scan)
{
	uint64_t ms = 0;
	unsigned digits = 0;

	for (; scan->at < scan->end && (unsigned)(*scan->at - '0') < 10;
	     scan->at++)
		if (ms < 1000000)
			ms = ms * 10 + (unsigned)(*scan->at - '0');
	if (scan->at < scan->end && *scan->at == '.')
		for (scan->at++;
		     scan->at < scan->end && (unsigned)(*scan->at - '0') < 10;
		     scan->at++)
			if (digits < 3) {
				ms = ms * 10 + (unsigned)(*scan->at - '0');
				digits++;
			}
	for (; digits < 3; digits++)
		ms *= 10;
	return (uint32_t)(ms < UINT32_MAX ? ms : UINT32_MAX);
}

/* "a/b/c/d": c and d are what the attempt took. */
static uint32_t
delivery_duration(struct scan value)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < 4; i++) {
		uint32_t ms = delivery_seconds(&value);

		if (i >= 2)
			sum += ms;
		if (i < 3 && !scan_skip(&value, "/"))
			return 0;
	}
	return (uint32_t)(sum < UINT32_MAX ? sum : UINT32_MAX);
}

/* LEVEL, LEVEL:ACTUAL, with "!" in front or "?" behind where nothing is said
 * about what happened, and perhaps "/requiretls" at the end. */
static enum event_tls
delivery_tls(struct scan value)
{
	const char *end = memchr(value.at, '/', scan_left(&value));
	const char *colon;

	if (end != NULL)
		value.end = end;
	if (scan_left(&value) == 0 || value.at[0] == '!' ||
	    value.end[-1] == '?')
		return EVENT_TLS_UNSAID;
	colon = memchr(value.at, ':', scan_left(&value));
	if (colon != NULL)
		value.at = colon + 1;
	if (scan_left(&value) == 4 && memcmp(value.at, "none", 4) == 0)
		return EVENT_TLS_PLAIN;
	return EVENT_TLS_ENCRYPTED;
}

/* What stands between relay and status, each "name=value, ". */
static bool
delivery_fields(struct event *event, struct scan *scan)
{
	unsigned i;

	for (i = 0; i < DELIVERY_FIELDS_MAX; i++) {
		struct scan field = *scan;
		const char *comma;

		if (scan_skip(scan, "status="))
			return true;
		comma = memchr(field.at, ',', scan_left(&field));
		if (comma == NULL)
			return false;
		scan->at = field.end = comma;
		if (scan_skip(&field, "delays="))
			event->duration = delivery_duration(field);
		else if (scan_skip(&field, "tls="))
			event->tls = delivery_tls(field);
		if (!scan_skip(scan, ", "))
			return false;
	}
	return false;
}

/* The words in parentheses behind the status. A line that was cut off lacks
 * the closing one. */
static bool
delivery_status(struct event *event, struct scan *scan)
{
	enum event_type type = EVENT_DELIVERY;

	if (scan_skip(scan, "sent ("))
		event->outcome = STORE_DELIVERED;
	else if (scan_skip(scan, "deferred ("))
		event->outcome = STORE_DEFERRED;
	else if (scan_skip(scan, "bounced ("))
		event->outcome = STORE_BOUNCED;
	else if (scan_skip(scan, "deliverable (") ||
	    scan_skip(scan, "undeliverable ("))
		type = EVENT_PROBE;
	else
		return false;
	event->type = type;
	event->text.s = scan->at;
	event->text.len = scan_left(scan);
	if (event->text.len > 0 && scan->end[-1] == ')')
		event->text.len--;
	if (event->type != EVENT_DELIVERY || event->outcome == STORE_DELIVERED)
		return true;
	event->reason = reason_of(event->text.s, event->text.len);
	if (event->reason != STORE_NO_REASON)
		event->outcome =
		    event->outcome == STORE_BOUNCED ? STORE_HARD : STORE_SOFT;
	return true;
}

bool
delivery_parse(struct event *event, struct scan *scan)
{
	struct event_span ignored;
	const char *comma;

	if (!delivery_address(scan, &event->address))
		return false;
	if (scan_skip(scan, ", orig_to=<") && !delivery_address(scan, &ignored))
		return false;
	if (!scan_skip(scan, ", relay="))
		return false;
	comma = memchr(scan->at, ',', scan_left(scan));
	if (comma == NULL)
		return false;
	event->relay.s = scan->at;
	event->relay.len = (size_t)(comma - scan->at);
	scan->at = comma;
	return scan_skip(scan, ", ") && delivery_fields(event, scan) &&
	    delivery_status(event, scan);
}
