/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * genlog [-m MESSAGES] [-s SENDERS] [-r SEED] [-l] [-t TRUTH]: a mail log
 * whose truth is known, on standard output. The lines of many processes are
 * mixed as they would be; queue ids and pids come back; TLS sessions are used
 * again, or by nobody; servers and senders write what looks like a log. TRUTH
 * gets a line for each sender and each destination: who, what became of it,
 * how many recipients. -l writes long queue ids.
 */

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "forceenc/buf.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"

#define GENLOG_SLOTS        48 /* delivery processes */
#define GENLOG_DESTINATIONS 200
#define GENLOG_START        1790000000 /* September 2026 */
#define GENLOG_NULL_SENDER  0
#define GENLOG_RECIPIENTS   3

enum genlog_end {
	GENLOG_NONE,
	GENLOG_ANONYMOUS,
	GENLOG_UNTRUSTED,
	GENLOG_TRUSTED,
	GENLOG_VERIFIED,
	GENLOG_LOCAL,
	GENLOG_SOFT,
	GENLOG_HARD,
	GENLOG_DEFERRED,
	GENLOG_BOUNCED,
	GENLOG_ENDS
};

static const char *const genlog_ends[] = {"delivered/none",
    "delivered/anonymous", "delivered/untrusted", "delivered/trusted",
    "delivered/verified", "delivered/local", "soft", "hard", "deferred",
    "bounced"};

struct genlog_slot {
	const char *service;
	unsigned pid;
	struct buf lines; /* of its request, not yet written */
	unsigned requests;
};

struct genlog {
	uint64_t random;
	int64_t now;
	unsigned fraction; /* lines of this second */
	char stamp[32];
	size_t senders;
	bool long_ids;
	uint64_t ids;
	struct genlog_slot slot[GENLOG_SLOTS];
	unsigned next_pid;
	uint32_t *by_sender; /* [sender][end] */
	uint32_t by_destination[GENLOG_DESTINATIONS][GENLOG_ENDS];
};

static uint32_t
genlog_random(struct genlog *genlog, uint32_t below)
{
	genlog->random = genlog->random * UINT64_C(6364136223846793005) +
	    1442695040888963407;
	return (uint32_t)((genlog->random >> 33) % below);
}

static void
genlog_tick(struct genlog *genlog)
{
	struct tm tm;
	time_t now;

	if (genlog->fraction++ < 60 && genlog->stamp[0] != '\0')
		return;
	genlog->fraction = 0;
	genlog->now += 1 + genlog_random(genlog, 2);
	now = (time_t)genlog->now;
	gmtime_r(&now, &tm);
	strftime(genlog->stamp, sizeof(genlog->stamp), "%b %e %H:%M:%S", &tm);
}

static void
genlog_line(
    struct genlog *genlog, const char *program, unsigned pid, const char *text)
{
	genlog_tick(genlog);
	printf("%s mail %s[%u]: %s\n", genlog->stamp, program, pid, text);
}

/* Writes the next line of a slot. False if it has none. */
static bool
genlog_slot_line(struct genlog *genlog, struct genlog_slot *slot)
{
	const char *end;
	size_t len;

	if (slot->lines.len == 0)
		return false;
	end = memchr(slot->lines.data, '\n', slot->lines.len);
	MUST(end != NULL);
	len = (size_t)(end - slot->lines.data);
	genlog_tick(genlog);
	/* What qmgr writes carries its own name in front. */
	if (slot->lines.data[0] == '!')
		printf("%s mail %.*s\n", genlog->stamp, (int)len - 1,
		    slot->lines.data + 1);
	else
		printf("%s mail %s/smtp[%u]: %.*s\n", genlog->stamp,
		    slot->service, slot->pid, (int)len, slot->lines.data);
	buf_consume(&slot->lines, len + 1);
	return true;
}

/* Short ids come back after a while. */
static void
genlog_queue_id(struct genlog *genlog, char *out, size_t size)
{
	static const char digits[] =
	    "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxy";
	uint64_t id = genlog->ids++;
	size_t i;

	if (!genlog->long_ids) {
		snprintf(out, size, "%010" PRIX64,
		    UINT64_C(0xA000000000) + id % 5000 * 7919);
		return;
	}
	for (i = 0; i < 10; i++, id /= 51)
		out[9 - i] = digits[id % 51];
	snprintf(out + 10, size - 10, "z1dB%u", (unsigned)(genlog->ids % 10));
	out[0] = '4';
}

static void
genlog_sender(size_t sender, char *out, size_t size)
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

static void
genlog_count(struct genlog *genlog, size_t sender, unsigned destination,
    enum genlog_end end)
{
	genlog->by_sender[sender * GENLOG_ENDS + end]++;
	genlog->by_destination[destination][end]++;
}

/* A delivery request in the making. */
struct genlog_request {
	struct genlog_slot *slot;
	const char *id;
	size_t sender;
	unsigned destination;
	unsigned recipients;
	char relay[96];
};

static void
genlog_status(struct genlog *genlog, const struct genlog_request *request,
    enum genlog_end end, const char *relay, const char *status,
    const char *text)
{
	unsigned i;

	for (i = 0; i < request->recipients; i++) {
		buf_printf(&request->slot->lines, "%s: to=<", request->id);
		if (genlog_random(genlog, 40) == 0)
			buf_printf(&request->slot->lines,
			    "\"b>, relay=none, status=sent (250\"");
		else
			buf_printf(&request->slot->lines, "r%u", i);
		buf_printf(&request->slot->lines,
		    "@d%u.example>, relay=%s, delay=605, "
		    "delays=0.1/0.1/5/600, dsn=2.0.0, status=%s (%s)\n",
		    request->destination, relay, status, text);
		genlog_count(
		    genlog, request->sender, request->destination, end);
	}
}

static void
genlog_tls(const struct genlog_request *request, enum genlog_end level,
    const char *how, const char *relay)
{
	static const char *const words[] = {
	    "", "Anonymous", "Untrusted", "Trusted", "Verified"};

	buf_printf(&request->slot->lines,
	    "%s TLS connection %s to %s: TLSv1.3 with cipher "
	    "TLS_AES_256_GCM_SHA384 (256/256 bits)\n",
	    words[level], how, relay);
}

static enum genlog_end
genlog_level(struct genlog *genlog)
{
	return (enum genlog_end)(GENLOG_ANONYMOUS + genlog_random(genlog, 4));
}

static void
genlog_sent_tls(struct genlog *genlog, const struct genlog_request *request)
{
	enum genlog_end level = genlog_level(genlog);

	genlog_tls(request, level,
	    genlog_random(genlog, 4) == 0 ? "reused" : "established",
	    request->relay);
	genlog_status(genlog, request, level, request->relay, "sent",
	    genlog_random(genlog, 30) == 0
		? "250 2.0.0 ok), relay=x[192.0.2.1]:25, status=bounced (TLS "
		  "is required, but was not offered by host x"
		: "250 2.0.0 ok queued as 12345");
}

/* The first host can't do TLS, the second can. */
static void
genlog_sent_second(struct genlog *genlog, const struct genlog_request *request)
{
	enum genlog_end level = genlog_level(genlog);
	char second[112];

	snprintf(second, sizeof(second), "b.%s", request->relay);
	genlog_tls(
	    request, genlog_level(genlog), "established", request->relay);
	buf_printf(&request->slot->lines,
	    "%s: host %s said: 450 4.2.0 status=sent (in reply to RCPT TO "
	    "command)\n",
	    request->id, request->relay);
	if (genlog_random(genlog, 2) == 0) {
		genlog_status(
		    genlog, request, GENLOG_NONE, second, "sent", "250 ok");
		return;
	}
	genlog_tls(request, level, "established", second);
	genlog_status(genlog, request, level, second, "sent", "250 ok");
}

static void
genlog_failed(struct genlog *genlog, const struct genlog_request *request)
{
	switch (genlog_random(genlog, 5)) {
	case 0:
		buf_printf(&request->slot->lines,
		    "SSL_connect error to %s: -1\n", request->relay);
		genlog_status(genlog, request, GENLOG_SOFT, request->relay,
		    "deferred", "Cannot start TLS: handshake failure");
		break;
	case 1:
		genlog_status(genlog, request, GENLOG_HARD, request->relay,
		    "bounced",
		    "TLS is required, but was not offered by host "
		    "x[192.0.2.1]");
		break;
	case 2:
		genlog_tls(request, genlog_level(genlog), "established",
		    request->relay);
		genlog_status(genlog, request, GENLOG_HARD, request->relay,
		    "bounced", "Server certificate not verified");
		break;
	case 3:
		genlog_tls(request, genlog_level(genlog), "established",
		    request->relay);
		genlog_status(genlog, request, GENLOG_BOUNCED, request->relay,
		    "bounced",
		    "host x[192.0.2.1] said: 550 5.7.5 Server certificate not "
		    "verified (in reply to RCPT TO command)");
		break;
	default:
		genlog_status(genlog, request, GENLOG_DEFERRED, "none",
		    "deferred", "connect to x[192.0.2.1]:25: timed out");
		break;
	}
}

static void
genlog_request(struct genlog *genlog, const struct genlog_request *request)
{
	uint32_t kind = genlog_random(genlog, 100);

	if (kind < 60)
		genlog_sent_tls(genlog, request);
	else if (kind < 75)
		genlog_status(genlog, request, GENLOG_NONE, request->relay,
		    "sent", "250 2.0.0 ok");
	else if (kind < 80)
		genlog_status(genlog, request, GENLOG_LOCAL,
		    "127.0.0.1[127.0.0.1]:10024", "sent", "250 ok");
	else if (kind < 85)
		genlog_sent_second(genlog, request);
	else
		genlog_failed(genlog, request);
}

/* A process lives for some requests; its pid comes back before long. */
static struct genlog_slot *
genlog_take_slot(struct genlog *genlog)
{
	struct genlog_slot *slot =
	    &genlog->slot[genlog_random(genlog, GENLOG_SLOTS)];

	while (genlog_slot_line(genlog, slot))
		continue;
	if (slot->pid == 0 || ++slot->requests % 50 == 0)
		slot->pid = 1000 + genlog->next_pid++ % 300;
	slot->service = (slot - genlog->slot) % 3 == 0 ? "forceenc" : "postfix";
	return slot;
}

static void
genlog_message(struct genlog *genlog)
{
	struct genlog_request request = {0};
	char id[32], text[512], sender[128];
	unsigned mx, pid = 500 + genlog_random(genlog, 20);

	genlog_queue_id(genlog, id, sizeof(id));
	request.id = id;
	request.slot = genlog_take_slot(genlog);
	request.sender = genlog_random(genlog, 20) == 0
	    ? GENLOG_NULL_SENDER
	    : 1 + genlog_random(genlog, (uint32_t)genlog->senders - 1);
	request.destination = genlog_random(genlog, GENLOG_DESTINATIONS);
	request.recipients = 1 + genlog_random(genlog, GENLOG_RECIPIENTS);
	mx = genlog_random(genlog, 2);
	snprintf(request.relay, sizeof(request.relay),
	    "mx%u.d%u.example[192.0.2.%u]:25", mx, request.destination,
	    request.destination);
	genlog_sender(request.sender, sender, sizeof(sender));

	genlog_line(genlog, "postfix/smtpd", pid,
	    "connect from client.example[198.51.100.7]");
	snprintf(
	    text, sizeof(text), "%s: client=client.example[198.51.100.7]", id);
	genlog_line(genlog, "postfix/smtpd", pid, text);
	snprintf(
	    text, sizeof(text), "%s: message-id=<%s@mail.example>", id, id);
	genlog_line(genlog, "postfix/cleanup", pid + 100, text);
	snprintf(text, sizeof(text),
	    "%s: from=<%s>, size=2345, nrcpt=%u (queue active)", id, sender,
	    request.recipients);
	genlog_line(genlog, "postfix/qmgr", 400, text);
	genlog_line(genlog, "postfix/smtpd", pid,
	    "disconnect from client.example[198.51.100.7] ehlo=1 mail=1 "
	    "rcpt=1 data=1 quit=1 commands=5");
	if (genlog_random(genlog, 20) == 0)
		genlog_line(genlog, "webapp", pid,
		    "postfix/smtp[1]: A000000000: to=<a@b.example>, "
		    "relay=none, delay=1, delays=0/0/0/1, dsn=5.7.4, "
		    "status=bounced (TLS is required, but was not offered)");
	genlog_request(genlog, &request);
	buf_printf(
	    &request.slot->lines, "!postfix/qmgr[400]: %s: removed\n", id);
}

static void
genlog_truth(const struct genlog *genlog, FILE *out)
{
	char sender[128];
	size_t i, end;

	for (i = 0; i < genlog->senders; i++) {
		genlog_sender(i, sender, sizeof(sender));
		for (end = 0; end < GENLOG_ENDS; end++)
			if (genlog->by_sender[i * GENLOG_ENDS + end] > 0)
				fprintf(out, "sender\t%s\t%s\t%u\n",
				    i == GENLOG_NULL_SENDER ? "<>" : sender,
				    genlog_ends[end],
				    genlog->by_sender[i * GENLOG_ENDS + end]);
	}
	for (i = 0; i < GENLOG_DESTINATIONS; i++)
		for (end = 0; end < GENLOG_ENDS; end++)
			if (genlog->by_destination[i][end] > 0)
				fprintf(out,
				    "destination\td%zu.example\t%s\t%u\n", i,
				    genlog_ends[end],
				    genlog->by_destination[i][end]);
}

static void
genlog_run(struct genlog *genlog, uint64_t messages)
{
	uint64_t i;
	unsigned k;

	genlog_line(genlog, "postfix/master", 399,
	    "daemon started -- version 3.7.11, configuration /etc/postfix");
	for (i = 0; i < messages; i++) {
		genlog_message(genlog);
		for (k = 0; k < 8; k++)
			genlog_slot_line(genlog,
			    &genlog->slot[genlog_random(genlog, GENLOG_SLOTS)]);
	}
	for (k = 0; k < GENLOG_SLOTS; k++) {
		while (genlog_slot_line(genlog, &genlog->slot[k]))
			continue;
		buf_fini(&genlog->slot[k].lines);
	}
}

int
main(int argc, char **argv)
{
	struct genlog genlog = {
	    .random = 1, .now = GENLOG_START, .senders = 1000};
	uint64_t messages = 1000;
	const char *truth = NULL;
	FILE *out;
	int c;

	while ((c = getopt(argc, argv, "m:s:r:t:l")) != -1) {
		if (c == 'm')
			messages = strtoull(optarg, NULL, 10);
		else if (c == 's')
			genlog.senders = strtoul(optarg, NULL, 10);
		else if (c == 'r')
			genlog.random = strtoull(optarg, NULL, 10);
		else if (c == 't')
			truth = optarg;
		else if (c == 'l')
			genlog.long_ids = true;
		else
			return EX_USAGE;
	}
	if (optind != argc || genlog.senders < 2 || genlog.senders > UINT32_MAX)
		return EX_USAGE;
	genlog.by_sender = mem_zalloc(
	    genlog.senders * GENLOG_ENDS * sizeof(*genlog.by_sender));
	genlog_run(&genlog, messages);
	if (truth != NULL) {
		out = fopen(truth, "w");
		if (out == NULL)
			must_fatal("%s: can't be written", truth);
		genlog_truth(&genlog, out);
		if (fclose(out) != 0)
			must_fatal("%s: can't be written", truth);
	}
	free(genlog.by_sender);
	return fflush(stdout) == 0 ? 0 : EX_IOERR;
}
