/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/event.h"

#include "forceenc-watch/delivery.h"
#include "forceenc-watch/intake.h"
#include "forceenc-watch/maillog.h"
#include "forceenc-watch/queue_id.h"
#include "forceenc-watch/scan.h"

/* Sizes and the like are cut off there. */
#define EVENT_NUMBER_MAX UINT64_C(100000000000000000)

static const struct {
	const char *name;
	enum event_process process;
} event_processes[] = {
    {"smtp", EVENT_PROCESS_CLIENT},
    {"qmgr", EVENT_PROCESS_QMGR},
    {"smtpd", EVENT_PROCESS_SMTPD},
    {"lmtp", EVENT_PROCESS_CLIENT},
    {"error", EVENT_PROCESS_AGENT},
    {"retry", EVENT_PROCESS_AGENT},
    {"local", EVENT_PROCESS_AGENT},
    {"virtual", EVENT_PROCESS_AGENT},
    {"pipe", EVENT_PROCESS_AGENT},
    {"discard", EVENT_PROCESS_AGENT},
    {"cleanup", EVENT_PROCESS_CLEANUP},
    {"pickup", EVENT_PROCESS_PICKUP},
    {"postscreen", EVENT_PROCESS_SCREEN},
    {"master", EVENT_PROCESS_MASTER},
    {"oqmgr", EVENT_PROCESS_QMGR},
    {"nqmgr", EVENT_PROCESS_QMGR},
    {"postsuper", EVENT_PROCESS_QMGR},
    {"rsyslogd", EVENT_PROCESS_LOGGER},
    {"systemd-journald", EVENT_PROCESS_LOGGER},
    {"systemd-journal", EVENT_PROCESS_LOGGER},
};

enum event_process
event_process(const char *process, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(event_processes) / sizeof(*event_processes); i++)
		if (strlen(event_processes[i].name) == len &&
		    memcmp(event_processes[i].name, process, len) == 0)
			return event_processes[i].process;
	return EVENT_PROCESS_FOREIGN;
}

const char *
event_process_name(size_t i)
{
	return i < sizeof(event_processes) / sizeof(*event_processes)
	    ? event_processes[i].name
	    : NULL;
}

/* What follows the last "@". */
static struct event_span
event_domain(struct event_span address)
{
	const char *at = memrchr(address.s, '@', address.len);
	struct event_span domain = {"", 0};

	if (at == NULL)
		return domain;
	domain.s = at + 1;
	domain.len = (size_t)(address.s + address.len - domain.s);
	return domain;
}

/* "mx.example.com[192.0.2.1]:25": host and address, both without brackets.
 * Any other form has none: "none", "local", "mx[/a/socket]". */
static void
event_relay(struct event *event)
{
	struct event_span relay = event->relay;
	const char *open = memchr(relay.s, '[', relay.len);
	const char *close = memrchr(relay.s, ']', relay.len);

	if (open == NULL || close == NULL || close < open + 2 ||
	    open[1] == '/' || close + 1 >= relay.s + relay.len ||
	    close[1] != ':')
		return;
	event->host.s = relay.s;
	event->host.len = (size_t)(open - relay.s);
	event->peer.s = open + 1;
	event->peer.len = (size_t)(close - event->peer.s);
}

/* Behind "to=<". */
static void
event_delivery(struct event *event, struct scan *scan)
{
	if (!delivery_parse(event, scan)) {
		event->type = EVENT_UNPARSED;
		return;
	}
	event->domain = event_domain(event->address);
	event_relay(event);
}

/* Behind a queue id, from whoever delivers. */
static void
event_attempt(struct event *event, struct scan *scan)
{
	if (scan_skip(scan, "to=<"))
		event_delivery(event, scan);
	else
		event->type = EVENT_ATTEMPT;
}

/* Cuts decimal digits, n, and then word off the end of s. */
#define event_cut(s, word, n) event_cut_number(s, word, sizeof(word) - 1, n)

static bool
event_cut_number(
    struct event_span *s, const char *word, size_t word_len, uint64_t *n)
{
	size_t len = s->len, i;

	while (len > 0 && (unsigned)(s->s[len - 1] - '0') < 10)
		len--;
	*n = 0;
	for (i = len; i < s->len && *n < EVENT_NUMBER_MAX; i++)
		*n = *n * 10 + (unsigned)(s->s[i] - '0');
	if (len == s->len || len < word_len ||
	    memcmp(s->s + len - word_len, word, word_len) != 0)
		return false;
	s->len = len - word_len;
	return true;
}

#define event_cut_word(span, word)                       \
	(scan_ends_with((span)->s, (span)->len, word) && \
	    ((span)->len -= sizeof(word) - 1, true))

/* Behind "from=<" of qmgr(8). Nobody else writes the end of such a line, so
 * it's read from there, whatever the address holds. */
static void
event_sender(struct event *event, const struct scan *scan)
{
	struct event_span rest = {scan->at, scan_left(scan)};

	if (event_cut_word(&rest, " (queue active)")) {
		if (event_cut(&rest, ", nrcpt=", &event->n) &&
		    event_cut(&rest, ">, size=", &event->n))
			event->type = EVENT_SENDER;
	} else if (event_cut_word(
		       &rest, ">, status=expired, returned to sender") ||
	    event_cut_word(
		&rest, ">, status=force-expired, returned to sender")) {
		event->type = EVENT_EXPIRED;
	}
	event->address = rest;
}

/* Of postsuper(1) as well, which "removed" or "requeued" a message: that is a
 * new one afterwards. */
static bool
event_is_end(const struct scan *scan)
{
	static const char removed[] = "removed", requeued[] = "requeued";
	size_t len = scan_left(scan);

	return (len == sizeof(removed) - 1 &&
		   memcmp(scan->at, removed, len) == 0) ||
	    (len == sizeof(requeued) - 1 &&
		memcmp(scan->at, requeued, len) == 0);
}

static void
event_qmgr(struct event *event, struct scan *scan)
{
	if (!queue_id_parse(scan, &event->queue_id))
		return;
	if (scan_skip(scan, "from=<"))
		event_sender(event, scan);
	else if (event_is_end(scan))
		event->type = EVENT_REMOVED;
	else if (scan_skip(scan, "to=<"))
		event_delivery(event, scan);
}

/* "mx.example.com[2001:db8::1]:25: ": up to the port, and over the rest. */
static bool
event_peer(struct scan *scan, struct event_span *out)
{
	const char *start = scan->at;
	const char *end = memchr(start, ']', scan_left(scan));
	uint32_t port;
	size_t n;

	if (end == NULL)
		return false;
	scan->at = end + 1;
	if (scan_left(scan) > 1 && scan->at[0] == ':' && scan->at[1] != ' ') {
		n = maillog_number(
		    scan->at + 1, scan_left(scan) - 1, 65535, &port);
		if (n == 0)
			return false;
		scan->at += n + 1;
	}
	out->s = start;
	out->len = (size_t)(scan->at - start);
	return scan_skip(scan, ": ");
}

static bool
event_trust(struct scan *scan, enum store_level *out)
{
	switch (scan->at < scan->end ? *scan->at : '\0') {
	case 'A':
		*out = STORE_ANONYMOUS;
		return scan_skip(scan, "Anonymous TLS connection ");
	case 'U':
		*out = STORE_UNTRUSTED;
		return scan_skip(scan, "Untrusted TLS connection ");
	case 'T':
		*out = STORE_TRUSTED;
		return scan_skip(scan, "Trusted TLS connection ");
	case 'V':
		*out = STORE_VERIFIED;
		return scan_skip(scan, "Verified TLS connection ");
	default:
		return false;
	}
}

/* "TLSv1.3 with cipher ", all of it. */
static bool
event_version(struct event *event, struct scan *scan)
{
	const char *end = memchr(scan->at, ' ', scan_left(scan));
	struct scan rest;

	if (end == NULL)
		return false;
	event->version.s = scan->at;
	rest = (struct scan){end, scan->end};
	if (!scan_skip(&rest, " with cipher ")) {
		end = scan_find(&rest, " with cipher ");
		if (end == NULL)
			return false;
		rest.at = end + sizeof(" with cipher ") - 1;
	}
	event->version.len = (size_t)(end - scan->at);
	scan->at = rest.at;
	return true;
}

/* A line without a queue id, about the session. */
static void
event_session(struct event *event, struct scan *scan)
{
	const char *end;
	bool from;

	if (scan_skip(scan, "SSL_connect error to ")) {
		if (event_peer(scan, &event->relay))
			event->type = EVENT_TLS_ERROR;
		return;
	}
	if (!event_trust(scan, &event->level))
		return;
	from = scan_skip(scan, "established from ");
	if (!from && !scan_skip(scan, "established to ") &&
	    !scan_skip(scan, "reused to "))
		return;
	event->type = EVENT_UNPARSED;
	if (!event_peer(scan, &event->relay))
		return;
	if (!event_version(event, scan))
		return;
	end = memchr(scan->at, ' ', scan_left(scan));
	event->cipher.s = scan->at;
	event->cipher.len =
	    end == NULL ? scan_left(scan) : (size_t)(end - scan->at);
	event->type = from ? EVENT_TLS_FROM : EVENT_TLS;
}

/* "disconnect from host[address] ehlo=2 starttls=1 mail=1 ... commands=6" */
static void
event_smtpd(struct event *event, struct scan *scan)
{
	if (scan->at >= scan->end || *scan->at == 'c')
		return;
	if (intake_smtpd(event, scan))
		return;
	if (!scan_skip(scan, "disconnect from ")) {
		event_session(event, scan);
		if (event->type != EVENT_TLS_FROM &&
		    event->type != EVENT_UNPARSED)
			event->type = EVENT_NONE;
		return;
	}
	event->type = EVENT_CLIENT_GONE;
	while ((scan->at = memchr(scan->at, ' ', scan_left(scan))) != NULL) {
		scan->at++;
		if (scan_skip(scan, "commands="))
			event->inbound_told = true;
		else if (scan_skip(scan, "mail="))
			event->inbound_mail = true;
		else if (scan_skip(scan, "starttls="))
			event->inbound_tls = true;
	}
}

static void
event_master(struct event *event, struct scan *scan)
{
	if (scan_skip(scan, "daemon started -- "))
		event->type = EVENT_START;
	else if (scan_skip(scan, "reload -- "))
		event->type = EVENT_RELOAD;
}

static void
event_logger(struct event *event, struct scan *scan)
{
	struct event_span before = {scan->at, 0};
	const char *messages;

	if (!scan_skip(scan, "Suppressed ") &&
	    scan_find(scan, "due to rate-limiting") == NULL)
		return;
	event->type = EVENT_LOST;
	/* "12 messages lost", "lost 12 messages"; perhaps it doesn't say. */
	messages = scan_find(scan, " messages");
	if (messages != NULL)
		before.len = (size_t)(messages - before.s);
	if (!event_cut(&before, "", &event->n))
		event->n = 1;
}

/* Of its recipients it only says which it returns at once. */
static void
event_cleanup(struct event *event, struct scan *scan)
{
	if (!queue_id_parse(scan, &event->queue_id) ||
	    intake_message(event, scan) || !scan_skip(scan, "to=<"))
		return;
	if (!delivery_parse(event, scan)) {
		event->type = EVENT_UNPARSED;
		return;
	}
	event->what = STORE_RETURNED;
	event->type = event->type == EVENT_DELIVERY &&
		(event->outcome == STORE_BOUNCED ||
		    event->outcome == STORE_HARD)
	    ? EVENT_TOTAL
	    : EVENT_NONE;
}

static void
event_client(struct event *event, struct scan *scan)
{
	if (queue_id_parse(scan, &event->queue_id))
		event_attempt(event, scan);
	else
		event_session(event, scan);
}

/* The process is unknown: its words tell. */
static void
event_any(struct event *event, struct scan *scan)
{
	struct scan again = *scan;

	if (intake_noqueue(event, scan))
		return;
	if (queue_id_parse(&again, &event->queue_id)) {
		if (intake_message(event, &again))
			return;
		if (scan_skip(&again, "from=<"))
			event_sender(event, &again);
		else if (event_is_end(&again))
			event->type = EVENT_REMOVED;
		else
			event_attempt(event, &again);
		return;
	}
	event_master(event, scan);
	if (event->type != EVENT_NONE)
		return;
	if (scan->at < scan->end && *scan->at == 'd')
		event_smtpd(event, scan);
	else
		event_session(event, scan);
}

void
event_parse(struct event *event, enum event_process process, const char *text,
    size_t len)
{
	struct scan scan = {text, text + len};

	/* It is as much as the rest of what is done for most lines. */
	memset(event, 0, offsetof(struct event, address));
	event->level = STORE_NO_LEVEL;
	switch (process) {
	case EVENT_PROCESS_FOREIGN:
		break;
	case EVENT_PROCESS_QMGR:
		event_qmgr(event, &scan);
		break;
	case EVENT_PROCESS_CLIENT:
		event_client(event, &scan);
		break;
	case EVENT_PROCESS_AGENT:
		if (queue_id_parse(&scan, &event->queue_id))
			event_attempt(event, &scan);
		break;
	case EVENT_PROCESS_SMTPD:
		event_smtpd(event, &scan);
		break;
	case EVENT_PROCESS_MASTER:
		event_master(event, &scan);
		break;
	case EVENT_PROCESS_LOGGER:
		event_logger(event, &scan);
		break;
	case EVENT_PROCESS_ANY:
		event_any(event, &scan);
		break;
	case EVENT_PROCESS_CLEANUP:
		event_cleanup(event, &scan);
		break;
	case EVENT_PROCESS_PICKUP:
		if (queue_id_parse(&scan, &event->queue_id))
			intake_message(event, &scan);
		break;
	case EVENT_PROCESS_SCREEN:
		intake_noqueue(event, &scan);
		break;
	}
}
