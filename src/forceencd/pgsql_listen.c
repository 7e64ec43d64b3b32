/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/pgsql_listen.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "forceenc/address.h"
#include "forceenc/buf.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/pq.h"
#include "forceencd/pgsql_link.h"

#define PGSQL_LISTEN_MAGIC 0x4c534e54u
/* How often a notice is sent to oneself (ms), and how much longer than a query
 * it may take. */
#define PGSQL_LISTEN_ECHO  15000
#define PGSQL_LISTEN_GRACE 1000
/* Connections that come and go are logged this often at most. */
#define PGSQL_LISTEN_QUIET 10000
/* In front of such a notice: no address has a control byte in it. */
#define PGSQL_LISTEN_MARK "\001"

struct pgsql_listen {
	unsigned magic;
	struct source *source;
	const struct conf_pgsql *conf;
	struct pgsql_link *link;
	struct address_keys keys; /* scratch */

	char token[32];   /* what the notices to oneself say */
	bool echoing;     /* one is on its way */
	bool heard;       /* that one came back */
	bool direct;      /* it was sent by the server that we hear */
	uint64_t echo_at; /* when it was sent, or the next one is due */

	bool live;      /* notices do come */
	bool begun;     /* since the last look */
	bool changed;   /* since the last look: anything may have */
	struct err why; /* they don't come; empty: not tried yet */
	bool logged;    /* that they don't come */
	bool was_logged;
	uint64_t logged_at;
};

static struct pgsql_listen *
pgsql_listen_of(void *arg)
{
	struct pgsql_listen *listen = arg;

	MUST_BE(listen, PGSQL_LISTEN_MAGIC);
	return listen;
}

/* Once for each time that they stop coming. */
static void
pgsql_listen_warn(struct pgsql_listen *listen, const char *why, uint64_t now)
{
	bool quiet =
	    listen->was_logged && now - listen->logged_at < PGSQL_LISTEN_QUIET;

	listen->live = false;
	err_set(&listen->why, "%s", why);
	if (listen->logged || quiet)
		return;
	log_warn("%s: changes aren't noticed, answers live by their time "
		 "alone: %s",
	    listen->source->name, why);
	listen->logged = true;
	listen->was_logged = true;
	listen->logged_at = now;
}

static void
pgsql_listen_be_live(struct pgsql_listen *listen)
{
	pgsql_link_good(listen->link);
	if (listen->live)
		return;
	listen->live = true;
	listen->begun = true;
	if (listen->logged)
		log_info("%s: changes are noticed again", listen->source->name);
	listen->logged = false;
}

/* The channel is a name; quotes in it are doubled. */
static int
pgsql_listen_setup(struct pq *pq, void *arg, struct err *err)
{
	const struct pgsql_listen *listen = pgsql_listen_of(arg);
	const char *at = listen->conf->listen_channel;
	struct buf sql = {0};
	int rc;

	buf_add_text(&sql, "LISTEN \"");
	for (; *at != '\0'; at++) {
		if (*at == '"')
			buf_add_byte(&sql, '"');
		buf_add_byte(&sql, *at);
	}
	buf_add_byte(&sql, '"');
	rc = pq_send(pq, buf_text(&sql), NULL, 0, NULL, err);
	buf_fini(&sql);
	return rc;
}

static void
pgsql_listen_send_echo(struct pgsql_listen *listen, uint64_t now)
{
	struct pq_value value[2] = {
	    {listen->conf->listen_channel,
		strlen(listen->conf->listen_channel)},
	    {listen->token, strlen(listen->token)},
	};
	struct err err;

	listen->echoing = true;
	listen->heard = false;
	listen->direct = false;
	listen->echo_at = now;
	if (pq_send(pgsql_link_pq(listen->link),
		"SELECT pg_notify($1, $2), pg_backend_pid()", value, 2, listen,
		&err) == -1)
		pgsql_link_give_up(listen->link, &err);
	else
		pgsql_link_flush(listen->link, now);
}

static void
pgsql_listen_ready(void *arg, uint64_t now)
{
	pgsql_listen_send_echo(pgsql_listen_of(arg), now);
}

static void
pgsql_listen_echoed(struct pgsql_listen *listen, uint64_t now)
{
	if (!listen->heard || !listen->direct)
		return;
	listen->echoing = false;
	listen->echo_at = now + PGSQL_LISTEN_ECHO;
	pgsql_listen_be_live(listen);
}

/* Of the query that sends a notice. A pooler may give it the very connection
 * that listens, so that it comes back, and those of others don't: they come
 * while that connection is nobody's. It shows in the process's number, which
 * the pooler makes up. */
static bool
pgsql_listen_answer(
    const struct pq_answer *answer, void *arg, uint64_t now, struct err *why)
{
	struct pgsql_listen *listen = pgsql_listen_of(arg);
	const char *value = NULL;
	char pid[16];
	size_t len;

	if (answer->kind != PQ_KIND_DONE) {
		*why = *answer->why;
		return false;
	}
	snprintf(
	    pid, sizeof(pid), "%d", pq_process(pgsql_link_pq(listen->link)));
	if (answer->rows == 1 && answer->columns == 2)
		value = pq_value_of(answer, 0, 1, &len);
	listen->direct = value != NULL && strcmp(value, pid) == 0;
	if (listen->direct) {
		pgsql_listen_echoed(listen, now);
		return true;
	}
	listen->echoing = false;
	listen->echo_at = now + PGSQL_LISTEN_ECHO;
	pgsql_listen_warn(listen,
	    "a pooler is in between, through which notices get lost; name the "
	    "server itself in hosts",
	    now);
	return true;
}

/* A key in each spelling under which its facts may be kept; what the daemon
 * does about the case of local parts is not known here. What can be no key may
 * stand for any. */
static void
pgsql_listen_tell(
    struct pgsql_listen *listen, const char *text, size_t len, bool fold)
{
	const struct address_rules rules = {
	    .delimiters = "", .fold_local = fold};
	struct address_keys *keys = &listen->keys;
	const char *why;
	unsigned i;

	if (address_keys(keys, &rules, text, len, &why) == -1) {
		listen->changed = true;
		return;
	}
	for (i = 0; i < keys->n; i++)
		if (keys->key[i].level == keys->key[0].level)
			source_changed(listen->source, keys->key[i].text,
			    keys->key[i].len);
}

static void
pgsql_listen_notice(const char *text, size_t len, void *arg, uint64_t now)
{
	struct pgsql_listen *listen = pgsql_listen_of(arg);

	if (len == 0) {
		listen->changed = true;
		return;
	}
	if (*text != *PGSQL_LISTEN_MARK) {
		pgsql_listen_tell(listen, text, len, false);
		pgsql_listen_tell(listen, text, len, true);
		return;
	}
	/* Others who listen send theirs as well. */
	if (strcmp(text, listen->token) != 0 || !listen->echoing)
		return;
	listen->heard = true;
	pgsql_listen_echoed(listen, now);
}

static void
pgsql_listen_lost(const struct err *why, void *arg, uint64_t now)
{
	struct pgsql_listen *listen = pgsql_listen_of(arg);

	listen->echoing = false;
	pgsql_listen_warn(listen, why->text, now);
}

static const struct pgsql_link_ops pgsql_listen_link_ops = {
    .setup = pgsql_listen_setup,
    .ready = pgsql_listen_ready,
    .answer = pgsql_listen_answer,
    .notice = pgsql_listen_notice,
    .lost = pgsql_listen_lost,
    .down = pgsql_listen_lost,
};

struct pgsql_listen *
pgsql_listen_new(struct source *source, const struct conf_pgsql *conf,
    const struct source_env *env)
{
	struct pgsql_listen *listen = mem_zalloc(sizeof(*listen));
	uint64_t random;

	listen->magic = PGSQL_LISTEN_MAGIC;
	listen->source = source;
	listen->conf = conf;
	MUST(getrandom(&random, sizeof(random), 0) == sizeof(random));
	snprintf(listen->token, sizeof(listen->token),
	    PGSQL_LISTEN_MARK "%016" PRIx64, random);
	listen->link = pgsql_link_new(
	    NULL, conf, env, true, &pgsql_listen_link_ops, listen);
	pgsql_link_want(listen->link);
	return listen;
}

void
pgsql_listen_free(struct pgsql_listen *listen)
{
	if (listen == NULL)
		return;
	pgsql_link_free(listen->link);
	listen->magic = 0;
	free(listen);
}

enum source_sight
pgsql_listen_look(struct pgsql_listen *listen)
{
	if (!listen->live)
		return SOURCE_BLIND;
	if (listen->changed) {
		listen->changed = false;
		listen->begun = false;
		return SOURCE_CHANGED;
	}
	if (!listen->begun)
		return SOURCE_SAME;
	listen->begun = false;
	return SOURCE_BEGUN;
}

void
pgsql_listen_view(const struct pgsql_listen *listen, struct source_watch *out)
{
	if (listen->live)
		out->state = SOURCE_WATCH_LIVE;
	else if (listen->echoing)
		out->state = SOURCE_WATCH_REFRESHING;
	else
		out->why = listen->why.text[0] != '\0' ? listen->why.text
						       : "not connected yet";
}

void
pgsql_listen_view_server(
    const struct pgsql_listen *listen, unsigned i, struct source_server *out)
{
	pgsql_link_view(listen->link, i, out);
}

/* A notice to oneself that doesn't come back: if one ever did, this connection
 * is no good any more. If none did, there is no use in another one, but it may
 * become better. */
static void
pgsql_listen_miss(struct pgsql_listen *listen, uint64_t now)
{
	static const struct err why = {
	    "a notice sent to itself didn't come back"};

	listen->echoing = false;
	listen->echo_at = now + PGSQL_LISTEN_ECHO;
	if (listen->live)
		pgsql_link_give_up(listen->link, &why);
	else
		pgsql_listen_warn(listen,
		    "the server takes LISTEN, but a notice sent to itself "
		    "didn't come back (is there a pooler in between?)",
		    now);
}

uint64_t
pgsql_listen_tick(struct pgsql_listen *listen, uint64_t now)
{
	uint64_t next = pgsql_link_tick(listen->link, now), due;

	if (pgsql_link_state(listen->link) != PGSQL_LINK_READY)
		return next;
	due = listen->echo_at;
	if (listen->echoing)
		due += listen->conf->query_time_limit + PGSQL_LISTEN_GRACE;
	if (now < due)
		return next < due ? next : due;
	if (listen->echoing)
		pgsql_listen_miss(listen, now);
	else
		pgsql_listen_send_echo(listen, now);
	return now;
}
