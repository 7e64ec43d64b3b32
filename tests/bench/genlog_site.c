/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * The log of a provider's outgoing relay. What it models, per message:
 *
 * - Some senders write much and most write little, and a few big providers
 *   get most of the mail: both are drawn by Zipf's law (or all alike, which no
 *   site is). Mail comes at a constant rate, so that an hour of the log has
 *   as many messages as one of such a site: how often the same sender and
 *   destination meet within an hour decides how much there is to store.
 * - A client connects, starts TLS, logs in and hands over a message; it is
 *   signed; it goes to one destination, seldom to two, mostly to one
 *   recipient. Around that are mailbox logins, guessed passwords, refused
 *   recipients, and monitoring that connects and leaves.
 * - A destination's TLS is always the same: trusted at the big ones, and
 *   mostly elsewhere. Sessions aren't used again. One sender of ten is forced
 *   to use TLS; where there is none their mail comes back.
 * - Of hundred messages two are refused and three wait, to be sent a few
 *   hours later: that is what has to be remembered. One of ten stays here.
 *
 * The lines of what happens at the same time are mixed.
 */

#include <stdio.h>
#include <stdlib.h>

#include "forceenc/mem.h"
#include "genlog.h"

#define GENLOG_SITE_BIG       20 /* destinations */
#define GENLOG_SITE_LINES     14 /* a message, about */
#define GENLOG_SITE_SENDER    1.0
#define GENLOG_SITE_WHERE     1.2
#define GENLOG_SITE_IDS       (1u << 20)
#define GENLOG_SITE_CLIENTS   400 /* pids of smtpd(8) */
#define GENLOG_SITE_PROCESSES 2000
#define GENLOG_SITE_WAITS     3000 /* messages */

/* What is known of a destination. */
struct genlog_site_mx {
	enum genlog_end level;
	char relay[96];
	const char *tls;
};

struct genlog_site_mail {
	struct genlog_slot *slot;
	const char *id;
	uint32_t sender;
	char from[64];
	char client[64];
	unsigned recipients;
};

void
genlog_site_start(struct genlog *genlog)
{
	genlog->who.senders = (uint32_t)genlog->senders;
	genlog->who.skew = GENLOG_SITE_SENDER;
	genlog->who.seed = genlog->random;
	genlog->where.senders = (uint32_t)genlog->destinations;
	genlog->where.skew = GENLOG_SITE_WHERE;
	genlog->where.seed = genlog->random + 1;
	genlog->who.kind = genlog->where.kind =
	    genlog->uniform ? KEYS_UNIFORM : KEYS_ZIPF;
	keys_init(&genlog->who, "");
	keys_init(&genlog->where, "");
	genlog->ids_period = GENLOG_SITE_IDS;
	genlog->waiting = mem_zalloc(GENLOG_WAITING * sizeof(*genlog->waiting));
	genlog_lines_stamp(genlog);
}

void
genlog_site_end(struct genlog *genlog)
{
	keys_fini(&genlog->who);
	keys_fini(&genlog->where);
	free(genlog->waiting);
}

void
genlog_site_tick(struct genlog *genlog)
{
	uint64_t step =
	    UINT64_C(3600000000) / genlog->hourly / GENLOG_SITE_LINES;
	int64_t before = genlog->now;
	uint64_t fraction = genlog->fraction +
	    genlog_lines_random(genlog, (uint32_t)(2 * step + 1));

	genlog->now += (int64_t)(fraction / 1000000);
	genlog->fraction = (unsigned)(fraction % 1000000);
	if (genlog->iso || genlog->now != before)
		genlog_lines_stamp(genlog);
}

void
genlog_site_sender(size_t sender, char *out, size_t size)
{
	if (sender == GENLOG_NULL_SENDER)
		out[0] = '\0';
	else
		snprintf(out, size, "first.last%zu@customer%zu.example", sender,
		    sender % 2000);
}

/* The same number always becomes the same one of below. */
static uint32_t
genlog_site_fixed(uint32_t number, uint32_t below)
{
	uint64_t x = (number + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)((x ^ x >> 29) >> 13) % below;
}

static void
genlog_site_mx(
    struct genlog *genlog, uint32_t destination, struct genlog_site_mx *mx)
{
	static const char *const tls[] = {
	    "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) "
	    "key-exchange X25519 server-signature RSA-PSS (2048 bits) "
	    "server-digest SHA256",
	    "TLSv1.3 with cipher TLS_AES_128_GCM_SHA256 (128/128 bits) "
	    "key-exchange X25519 server-signature ECDSA (P-256) "
	    "server-digest SHA256",
	    "TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)",
	};
	bool big = destination < GENLOG_SITE_BIG;
	uint32_t of_100 = genlog_site_fixed(destination, 100);
	unsigned host = genlog_lines_random(genlog, big ? 4 : 2);

	mx->level = big || of_100 < 80 ? GENLOG_TRUSTED
	    : of_100 < 91              ? GENLOG_UNTRUSTED
	    : of_100 < 94              ? GENLOG_VERIFIED
	    : of_100 < 95              ? GENLOG_ANONYMOUS
				       : GENLOG_NONE;
	mx->tls = tls[big ? 0 : genlog_site_fixed(destination ^ 0x5555, 3)];
	snprintf(mx->relay, sizeof(mx->relay),
	    "mx%u.dest%u.example[198.%u.%u.%u]:25", host, destination,
	    18 + (destination >> 16), destination >> 8 & 255,
	    destination & 255);
}

/* The status of all recipients at one destination. */
static void
genlog_site_status(struct genlog *genlog, const struct genlog_site_mail *mail,
    uint32_t destination, enum genlog_end end, const char *relay,
    const char *status)
{
	unsigned i;

	for (i = 0; i < mail->recipients; i++) {
		buf_printf(&mail->slot->lines,
		    "%s: to=<user.%u@dest%u.example>, relay=%s, delay=605, "
		    "delays=0.31/0.02/5.4/600, %s)\n",
		    mail->id, genlog_lines_random(genlog, 1000000), destination,
		    relay, status);
		genlog_lines_count(genlog, mail->sender, destination, end);
	}
}

static void
genlog_site_tls(
    const struct genlog_site_mail *mail, const struct genlog_site_mx *mx)
{
	if (mx->level != GENLOG_NONE)
		buf_printf(&mail->slot->lines,
		    "%s TLS connection established to %s: %s\n",
		    genlog_lines_trust(mx->level), mx->relay, mx->tls);
}

/* An attempt at one destination. False if it's to be repeated. */
static bool
genlog_site_attempt(struct genlog *genlog, const struct genlog_site_mail *mail,
    uint32_t destination, bool last)
{
	uint32_t luck = genlog_lines_random(genlog, 100);
	struct genlog_site_mx mx;
	char text[192];

	genlog_site_mx(genlog, destination, &mx);
	if (mail->slot->service[0] == 'f' && mx.level == GENLOG_NONE) {
		snprintf(text, sizeof(text),
		    "dsn=5.7.4, status=bounced (TLS is required, but was not "
		    "offered by host %s",
		    mx.relay);
		genlog_site_status(
		    genlog, mail, destination, GENLOG_HARD, mx.relay, text);
		return true;
	}
	if (luck == 99 && !last) {
		genlog_site_status(genlog, mail, destination, GENLOG_DEFERRED,
		    "none",
		    "dsn=4.4.1, status=deferred (connect to "
		    "mx.dest.example[198.51.100.9]:25: Connection timed out");
		return false;
	}
	genlog_site_tls(mail, &mx);
	if (luck >= 97 && !last) {
		genlog_site_status(genlog, mail, destination, GENLOG_DEFERRED,
		    mx.relay,
		    "dsn=4.2.0, status=deferred (host mx.dest.example"
		    "[198.51.100.9] said: 450 4.2.0 greylisted, see "
		    "https://help.example/greylist (in reply to RCPT TO "
		    "command)");
		return false;
	}
	if (luck >= 95) {
		genlog_site_status(genlog, mail, destination, GENLOG_BOUNCED,
		    mx.relay,
		    "dsn=5.1.1, status=bounced (host mx.dest.example"
		    "[198.51.100.9] said: 550 5.1.1 The email account that you "
		    "tried to reach does not exist (in reply to RCPT TO "
		    "command)");
		return true;
	}
	snprintf(text, sizeof(text),
	    "dsn=2.0.0, status=sent (250 2.0.0 OK  %lld "
	    "a640c23a62f3a-aa9%08x.412 - gsmtp",
	    (long long)genlog->now, genlog_lines_random(genlog, UINT32_MAX));
	genlog_site_status(genlog, mail, destination, mx.level, mx.relay, text);
	return true;
}

static void
genlog_site_local(struct genlog *genlog, const struct genlog_site_mail *mail)
{
	uint32_t destination = keys_next(&genlog->where);

	buf_printf(&mail->slot->lines,
	    "!postfix/lmtp[%u]: %s: to=<first.last@dest%u.example>, "
	    "relay=mail[private/dovecot-lmtp], delay=0.4, "
	    "delays=0.3/0.01/0.01/0.08, dsn=2.0.0, status=sent (250 2.0.0 "
	    "<first.last@dest%u.example> 8Fd1Mu0qR2f6DgAAc8zTqA Saved)\n",
	    3000 + (unsigned)(mail->slot - genlog->slot), mail->id, destination,
	    destination);
	genlog_lines_count(genlog, mail->sender, destination, GENLOG_LOCAL);
}

/* Up to the line that says that it's in the active queue. */
static void
genlog_site_arrival(struct genlog *genlog, const struct genlog_site_mail *mail)
{
	unsigned pid = 5000 + genlog_lines_random(genlog, GENLOG_SITE_CLIENTS);
	struct buf *out = &mail->slot->lines;

	buf_printf(out, "!postfix/submission/smtpd[%u]: connect from %s\n", pid,
	    mail->client);
	buf_printf(out,
	    "!postfix/submission/smtpd[%u]: Anonymous TLS connection "
	    "established from %s: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 "
	    "(256/256 bits)\n",
	    pid, mail->client);
	buf_printf(out,
	    "!postfix/submission/smtpd[%u]: %s: client=%s, sasl_method=PLAIN, "
	    "sasl_username=%s\n",
	    pid, mail->id, mail->client, mail->from);
	buf_printf(out, "!postfix/cleanup[%u]: %s: message-id=<%s.%u@%s>\n",
	    pid + 1000, mail->id, mail->id, pid, "mail.example");
	buf_printf(out,
	    "!opendkim[811]: %s: DKIM-Signature field added (s=2026, "
	    "d=mail.example)\n",
	    mail->id);
	buf_printf(out,
	    "!postfix/qmgr[400]: %s: from=<%s>, size=%u, nrcpt=%u (queue "
	    "active)\n",
	    mail->id, mail->from, 900 + pid * 7, mail->recipients);
	buf_printf(out,
	    "!postfix/submission/smtpd[%u]: disconnect from %s ehlo=2 "
	    "starttls=1 auth=1 mail=1 rcpt=%u data=1 quit=1 commands=%u\n",
	    pid, mail->client, mail->recipients, 7 + mail->recipients);
}

/* What else is in such a log. */
static void
genlog_site_noise(struct genlog *genlog, struct buf *out)
{
	unsigned pid = 5400 + genlog_lines_random(genlog, 100);
	unsigned a = genlog_lines_random(genlog, 256);
	unsigned b = genlog_lines_random(genlog, 256);

	if (genlog_lines_random(genlog, 2) == 0)
		buf_printf(out,
		    "!dovecot: imap-login: Login: user=<first.last%u@customer"
		    ".example>, method=PLAIN, rip=10.0.%u.%u, lip=192.0.2.1, "
		    "mpid=%u, TLS, session=<9fJ2hd3kTq%02xAAB>\n",
		    a * b, a, b, pid, a);
	if (genlog_lines_random(genlog, 4) == 0)
		buf_printf(out,
		    "!postfix/smtpd[%u]: connect from unknown[203.0.%u.%u]\n"
		    "!postfix/smtpd[%u]: warning: unknown[203.0.%u.%u]: SASL "
		    "LOGIN authentication failed: UGFzc3dvcmQ6, "
		    "sasl_username=admin\n"
		    "!postfix/smtpd[%u]: disconnect from unknown[203.0.%u.%u] "
		    "ehlo=1 auth=0/1 quit=1 commands=2/3\n",
		    pid, a, b, pid, a, b, pid, a, b);
	if (genlog_lines_random(genlog, 8) == 0)
		buf_printf(out,
		    "!postfix/smtpd[%u]: NOQUEUE: reject: RCPT from "
		    "unknown[203.0.%u.%u]: 554 5.7.1 <x@away.example>: Relay "
		    "access denied; from=<spam@there.example> "
		    "to=<x@away.example> proto=ESMTP helo=<win>\n",
		    pid, a, b);
}

static void
genlog_site_take_slot(struct genlog *genlog, struct genlog_site_mail *mail)
{
	struct genlog_slot *slot =
	    &genlog->slot[genlog_lines_random(genlog, GENLOG_SLOTS)];
	bool forced = genlog_site_fixed(mail->sender, 10) == 0;
	const char *service = forced ? "forceenc" : "postfix";

	while (genlog_lines_next(genlog, slot))
		continue;
	if (slot->service != service || ++slot->requests % 50 == 0)
		slot->pid = 10000 + genlog->next_pid++ % GENLOG_SITE_PROCESSES;
	slot->service = service;
	mail->slot = slot;
}

/* Tries again what waits longest. */
static void
genlog_site_retry(struct genlog *genlog)
{
	const struct genlog_waiting *waiting =
	    &genlog->waiting[genlog->retried++ % GENLOG_WAITING];
	struct genlog_site_mail mail = {
	    .id = waiting->id, .sender = waiting->sender, .recipients = 1};

	genlog_site_take_slot(genlog, &mail);
	genlog_site_sender(mail.sender, mail.from, sizeof(mail.from));
	buf_printf(&mail.slot->lines,
	    "!postfix/qmgr[400]: %s: from=<%s>, size=4321, nrcpt=1 (queue "
	    "active)\n",
	    mail.id, mail.from);
	genlog_site_attempt(genlog, &mail, waiting->destination, true);
	buf_printf(
	    &mail.slot->lines, "!postfix/qmgr[400]: %s: removed\n", mail.id);
}

static void
genlog_site_new(struct genlog *genlog)
{
	uint32_t where = keys_next(&genlog->where);
	struct genlog_site_mail mail = {.sender = keys_next(&genlog->who)};
	struct genlog_waiting *waiting;
	char id[GENLOG_ID_MAX];

	genlog_lines_queue_id(genlog, id, sizeof(id));
	mail.id = id;
	mail.recipients = genlog_lines_random(genlog, 10) != 0
	    ? 1
	    : 2 + genlog_lines_random(genlog, 3);
	genlog_site_sender(mail.sender, mail.from, sizeof(mail.from));
	snprintf(mail.client, sizeof(mail.client),
	    "host%u.dyn.example[10.%u.%u.7]", mail.sender % 50000,
	    mail.sender >> 8 & 255, mail.sender & 255);
	genlog_site_take_slot(genlog, &mail);
	genlog_site_noise(genlog, &mail.slot->lines);
	genlog_site_arrival(genlog, &mail);
	if (genlog_lines_random(genlog, 10) == 0)
		genlog_site_local(genlog, &mail);
	else if (!genlog_site_attempt(genlog, &mail, where, false)) {
		waiting = &genlog->waiting[genlog->waited++ % GENLOG_WAITING];
		waiting->sender = mail.sender;
		waiting->destination = where;
		snprintf(waiting->id, sizeof(waiting->id), "%s", id);
		return;
	} else if (genlog_lines_random(genlog, 25) == 0)
		genlog_site_attempt(
		    genlog, &mail, keys_next(&genlog->where), true);
	buf_printf(&mail.slot->lines, "!postfix/qmgr[400]: %s: removed\n", id);
}

void
genlog_site_message(struct genlog *genlog)
{
	unsigned i;

	if (genlog->waited - genlog->retried > GENLOG_SITE_WAITS)
		genlog_site_retry(genlog);
	genlog_site_new(genlog);
	for (i = 0; i < GENLOG_SITE_LINES; i++)
		genlog_lines_next(genlog,
		    &genlog->slot[genlog_lines_random(genlog, GENLOG_SLOTS)]);
}
