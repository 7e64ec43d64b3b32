/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <stdio.h>

#include "genlog.h"

#define GENLOG_HARD_RECIPIENTS 3
#define GENLOG_HARD_SECOND     60 /* lines in one */

void
genlog_hard_tick(struct genlog *genlog)
{
	if (genlog->fraction++ < GENLOG_HARD_SECOND && genlog->stamp[0] != '\0')
		return;
	genlog->fraction = 0;
	genlog->now += 1 + genlog_lines_random(genlog, 2);
	genlog_lines_stamp(genlog);
}

static void
genlog_hard_line(
    struct genlog *genlog, const char *program, unsigned pid, const char *text)
{
	genlog_lines_tick(genlog);
	genlog->written += (uint64_t)printf(
	    "%s mail %s[%u]: %s\n", genlog->stamp, program, pid, text);
}

void
genlog_hard_sender(size_t sender, char *out, size_t size)
{
	if (sender == GENLOG_NULL_SENDER)
		out[0] = '\0';
	else if (sender % 97 == 0)
		snprintf(out, size,
		    "\"x>, size=1, nrcpt=1 (queue active) %zu\"@s%zu.example",
		    sender, sender % 50);
	else
		snprintf(
		    out, size, "user%zu@s%zu.example", sender, sender % 50);
}

/* A delivery request in the making. */
struct genlog_hard_request {
	struct genlog_slot *slot;
	const char *id;
	size_t sender;
	unsigned destination;
	unsigned recipients;
	char relay[96];
};

static void
genlog_hard_status(struct genlog *genlog,
    const struct genlog_hard_request *request, enum genlog_end end,
    const char *relay, const char *status, const char *text)
{
	unsigned i;

	for (i = 0; i < request->recipients; i++) {
		buf_printf(&request->slot->lines, "%s: to=<", request->id);
		if (genlog_lines_random(genlog, 40) == 0)
			buf_printf(&request->slot->lines,
			    "\"b>, relay=none, status=sent (250\"");
		else
			buf_printf(&request->slot->lines, "r%u", i);
		buf_printf(&request->slot->lines,
		    "@d%u.example>, relay=%s, delay=605, "
		    "delays=0.1/0.1/5/600, dsn=2.0.0, status=%s (%s)\n",
		    request->destination, relay, status, text);
		genlog_lines_count(
		    genlog, request->sender, request->destination, end);
	}
}

static void
genlog_hard_tls(const struct genlog_hard_request *request,
    enum genlog_end level, const char *how, const char *relay)
{
	buf_printf(&request->slot->lines,
	    "%s TLS connection %s to %s: TLSv1.3 with cipher "
	    "TLS_AES_256_GCM_SHA384 (256/256 bits)\n",
	    genlog_lines_trust(level), how, relay);
}

static enum genlog_end
genlog_hard_level(struct genlog *genlog)
{
	return (enum genlog_end)(
	    GENLOG_ANONYMOUS + genlog_lines_random(genlog, 4));
}

static void
genlog_hard_sent_tls(
    struct genlog *genlog, const struct genlog_hard_request *request)
{
	enum genlog_end level = genlog_hard_level(genlog);

	genlog_hard_tls(request, level,
	    genlog_lines_random(genlog, 4) == 0 ? "reused" : "established",
	    request->relay);
	genlog_hard_status(genlog, request, level, request->relay, "sent",
	    genlog_lines_random(genlog, 30) == 0
		? "250 2.0.0 ok), relay=x[192.0.2.1]:25, status=bounced (TLS "
		  "is required, but was not offered by host x"
		: "250 2.0.0 ok queued as 12345");
}

/* The first host can't do TLS, the second can. */
static void
genlog_hard_sent_second(
    struct genlog *genlog, const struct genlog_hard_request *request)
{
	enum genlog_end level = genlog_hard_level(genlog);
	char second[112];

	snprintf(second, sizeof(second), "b.%s", request->relay);
	genlog_hard_tls(
	    request, genlog_hard_level(genlog), "established", request->relay);
	buf_printf(&request->slot->lines,
	    "%s: host %s said: 450 4.2.0 status=sent (in reply to RCPT TO "
	    "command)\n",
	    request->id, request->relay);
	if (genlog_lines_random(genlog, 2) == 0) {
		genlog_hard_status(
		    genlog, request, GENLOG_NONE, second, "sent", "250 ok");
		return;
	}
	genlog_hard_tls(request, level, "established", second);
	genlog_hard_status(genlog, request, level, second, "sent", "250 ok");
}

static void
genlog_hard_failed(
    struct genlog *genlog, const struct genlog_hard_request *request)
{
	switch (genlog_lines_random(genlog, 5)) {
	case 0:
		buf_printf(&request->slot->lines,
		    "SSL_connect error to %s: -1\n", request->relay);
		genlog_hard_status(genlog, request, GENLOG_SOFT, request->relay,
		    "deferred", "Cannot start TLS: handshake failure");
		break;
	case 1:
		genlog_hard_status(genlog, request, GENLOG_HARD, request->relay,
		    "bounced",
		    "TLS is required, but was not offered by host "
		    "x[192.0.2.1]");
		break;
	case 2:
		genlog_hard_tls(request, genlog_hard_level(genlog),
		    "established", request->relay);
		genlog_hard_status(genlog, request, GENLOG_HARD, request->relay,
		    "bounced", "Server certificate not verified");
		break;
	case 3:
		genlog_hard_tls(request, genlog_hard_level(genlog),
		    "established", request->relay);
		genlog_hard_status(genlog, request, GENLOG_BOUNCED,
		    request->relay, "bounced",
		    "host x[192.0.2.1] said: 550 5.7.5 Server certificate not "
		    "verified (in reply to RCPT TO command)");
		break;
	default:
		genlog_hard_status(genlog, request, GENLOG_DEFERRED, "none",
		    "deferred", "connect to x[192.0.2.1]:25: timed out");
		break;
	}
}

static void
genlog_hard_request(
    struct genlog *genlog, const struct genlog_hard_request *request)
{
	uint32_t kind = genlog_lines_random(genlog, 100);

	if (kind < 60)
		genlog_hard_sent_tls(genlog, request);
	else if (kind < 75)
		genlog_hard_status(genlog, request, GENLOG_NONE, request->relay,
		    "sent", "250 2.0.0 ok");
	else if (kind < 80)
		genlog_hard_status(genlog, request, GENLOG_LOCAL,
		    "127.0.0.1[127.0.0.1]:10024", "sent", "250 ok");
	else if (kind < 85)
		genlog_hard_sent_second(genlog, request);
	else
		genlog_hard_failed(genlog, request);
}

/* A process lives for some requests; its pid comes back before long. */
static struct genlog_slot *
genlog_hard_take_slot(struct genlog *genlog)
{
	struct genlog_slot *slot =
	    &genlog->slot[genlog_lines_random(genlog, GENLOG_SLOTS)];

	while (genlog_lines_next(genlog, slot))
		continue;
	if (slot->pid == 0 || ++slot->requests % 50 == 0)
		slot->pid = 1000 + genlog->next_pid++ % 300;
	slot->service = (slot - genlog->slot) % 3 == 0 ? "forceenc" : "postfix";
	return slot;
}

void
genlog_hard_message(struct genlog *genlog)
{
	struct genlog_hard_request request = {0};
	char id[32], text[512], sender[128];
	unsigned mx, i, pid = 500 + genlog_lines_random(genlog, 20);

	genlog_lines_queue_id(genlog, id, sizeof(id));
	request.id = id;
	request.slot = genlog_hard_take_slot(genlog);
	request.sender = genlog_lines_random(genlog, 20) == 0
	    ? GENLOG_NULL_SENDER
	    : 1 + genlog_lines_random(genlog, (uint32_t)genlog->senders - 1);
	request.destination =
	    genlog_lines_random(genlog, GENLOG_HARD_DESTINATIONS);
	request.recipients =
	    1 + genlog_lines_random(genlog, GENLOG_HARD_RECIPIENTS);
	mx = genlog_lines_random(genlog, 2);
	snprintf(request.relay, sizeof(request.relay),
	    "mx%u.d%u.example[192.0.2.%u]:25", mx, request.destination,
	    request.destination);
	genlog_hard_sender(request.sender, sender, sizeof(sender));

	genlog_hard_line(genlog, "postfix/smtpd", pid,
	    "connect from client.example[198.51.100.7]");
	snprintf(
	    text, sizeof(text), "%s: client=client.example[198.51.100.7]", id);
	genlog_hard_line(genlog, "postfix/smtpd", pid, text);
	snprintf(
	    text, sizeof(text), "%s: message-id=<%s@mail.example>", id, id);
	genlog_hard_line(genlog, "postfix/cleanup", pid + 100, text);
	snprintf(text, sizeof(text),
	    "%s: from=<%s>, size=2345, nrcpt=%u (queue active)", id, sender,
	    request.recipients);
	genlog_hard_line(genlog, "postfix/qmgr", 400, text);
	genlog_hard_line(genlog, "postfix/smtpd", pid,
	    "disconnect from client.example[198.51.100.7] ehlo=1 mail=1 "
	    "rcpt=1 data=1 quit=1 commands=5");
	if (genlog_lines_random(genlog, 20) == 0)
		genlog_hard_line(genlog, "webapp", pid,
		    "postfix/smtp[1]: A000000000: to=<a@b.example>, "
		    "relay=none, delay=1, delays=0/0/0/1, dsn=5.7.4, "
		    "status=bounced (TLS is required, but was not offered)");
	genlog_hard_request(genlog, &request);
	buf_printf(
	    &request.slot->lines, "!postfix/qmgr[400]: %s: removed\n", id);
	for (i = 0; i < 8; i++)
		genlog_lines_next(genlog,
		    &genlog->slot[genlog_lines_random(genlog, GENLOG_SLOTS)]);
}
