/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/ldap_link.h"

#include <event2/event.h>
#include <stdlib.h>

#include "forceenc/clock.h"
#include "forceenc/must.h"

/* Messages taken in one turn of the loop. */
#define LDAP_LINK_BUDGET 64
/* How long a connection to a server is kept at least before a better one is
 * looked for, in ms. */
#define LDAP_LINK_STAY 10000
/* A connection that lasts for so long, or brings an answer, shows that its
 * server works; one that ends before is a failure (ms). */
#define LDAP_LINK_SOON 1000

void
ldap_link_init(struct ldap_link *link, const struct source_env *env,
    const struct conf_ldap *conf, struct ldap_servers *servers,
    const struct ldap_link_calls *calls, void *owner)
{
	*link = (struct ldap_link){
	    .env = env,
	    .conf = conf,
	    .servers = servers,
	    .calls = calls,
	    .owner = owner,
	};
}

void
ldap_link_close(struct ldap_link *link)
{
	if (link->dir == NULL)
		return;
	/* The events go before the descriptor that they are for. */
	event_free(link->on_read);
	event_free(link->on_write);
	directory_close(link->dir);
	link->dir = NULL;
	link->on_read = link->on_write = NULL;
	link->readable = link->full = link->writable = link->lost = false;
	link->busy = 0;
}

void
ldap_link_fini(struct ldap_link *link)
{
	if (link->job != NULL)
		dial_cancel(link->job);
	link->job = NULL;
	directory_close(link->fresh);
	link->fresh = NULL;
	ldap_link_close(link);
}

static void
ldap_link_on_read(evutil_socket_t fd, short what, void *arg)
{
	struct ldap_link *link = arg;

	(void)fd;
	(void)what;
	link->readable = true;
}

static void
ldap_link_on_write(evutil_socket_t fd, short what, void *arg)
{
	struct ldap_link *link = arg;

	(void)fd;
	(void)what;
	link->writable = true;
}

static void
ldap_link_on_dialed(struct dial_outcome *outcome, void *arg)
{
	struct ldap_link *link = arg;

	link->job = NULL;
	link->job_done = true;
	link->fresh = outcome->result;
	if (outcome->result == NULL)
		link->job_why = outcome->why;
}

static void *
ldap_link_step_arg(
    const struct conf_ldap *conf, const struct conf_ldap_server *server)
{
	struct directory_options options = {
	    .url = server->url,
	    .local = server->scheme == CONF_LDAP_UNIX,
	    .tls = server->scheme == CONF_LDAP_TLS ? DIRECTORY_TLS_AT_ONCE
		: conf->start_tls                  ? DIRECTORY_TLS_START
						   : DIRECTORY_TLS_NONE,
	    .tls_ca_file = conf->tls_ca_cert_file,
	    .tls_ca_dir = conf->tls_ca_cert_dir,
	    .tls_cert = conf->tls_cert,
	    .tls_key = conf->tls_key,
	    .tls_ciphers = conf->tls_cipher_suite,
	    .tls_verify = conf->tls_require_cert,
	    .bind = conf->bind == CONF_LDAP_BIND_NONE ? DIRECTORY_BIND_NONE
		: conf->bind == CONF_LDAP_BIND_SIMPLE ? DIRECTORY_BIND_SIMPLE
						      : DIRECTORY_BIND_EXTERNAL,
	    .bind_dn = conf->bind_dn,
	    .bind_pw = conf->bind_pw.bytes,
	    .authz_id = conf->sasl_authz_id,
	    .dereference = conf->dereference,
	    .debuglevel = conf->debuglevel,
	};

	return directory_step_arg(&options);
}

static void
ldap_link_dial(struct ldap_link *link, unsigned i, uint64_t now)
{
	const struct conf_ldap_server *server = link->servers->list[i].conf;
	struct dial_request request = {
	    .name = server->url,
	    .host = server->host,
	    .port = server->port,
	    .path = server->path,
	    .deadline = now + link->conf->timeout,
	    .step = &directory_step,
	    .arg = ldap_link_step_arg(link->conf, server),
	};

	link->job_server = i;
	link->job =
	    dial_start(link->env->dial, &request, ldap_link_on_dialed, link);
}

/* How many servers are better than what there is. */
static unsigned
ldap_link_better(const struct ldap_link *link)
{
	return link->dir != NULL ? link->server : link->servers->n;
}

void
ldap_link_want(struct ldap_link *link, uint64_t now)
{
	int i;

	if (ldap_link_is_dialing(link) ||
	    (link->dir != NULL && now < link->up_at + LDAP_LINK_STAY))
		return;
	i = ldap_servers_pick(link->servers, ldap_link_better(link), now);
	if (i != -1)
		ldap_link_dial(link, (unsigned)i, now);
}

uint64_t
ldap_link_want_at(const struct ldap_link *link)
{
	uint64_t at = ldap_servers_next(link->servers, ldap_link_better(link));

	if (ldap_link_is_dialing(link))
		return CLOCK_NEVER;
	if (link->dir != NULL && at < link->up_at + LDAP_LINK_STAY)
		at = link->up_at + LDAP_LINK_STAY;
	return at;
}

bool
ldap_link_is_up(const struct ldap_link *link)
{
	return link->dir != NULL && !link->lost;
}

bool
ldap_link_can_send(const struct ldap_link *link)
{
	return ldap_link_is_up(link) && !link->full;
}

bool
ldap_link_is_dialing(const struct ldap_link *link)
{
	return link->job != NULL || link->job_done;
}

void
ldap_link_view(
    const struct ldap_link *link, unsigned i, struct source_server *out)
{
	if (ldap_link_is_up(link) && link->server == i) {
		out->connections++;
		out->flights += link->busy;
		out->health = SOURCE_UP;
	} else if (ldap_link_is_dialing(link) && link->job_server == i &&
	    out->health != SOURCE_UP)
		out->health = SOURCE_CONNECTING;
}

void
ldap_link_give_up(struct ldap_link *link, const struct err *why)
{
	if (!ldap_link_is_up(link))
		return;
	link->lost = true;
	link->lost_why = *why;
	/* It wakes the loop, whose turn does the rest. */
	event_active(link->on_read, EV_READ, 1);
}

enum directory_sent
ldap_link_send(struct ldap_link *link, const struct directory_search *search,
    int *id, struct err *err)
{
	enum directory_sent sent;

	MUST(ldap_link_can_send(link));
	sent = directory_send(link->dir, search, id, err);
	switch (sent) {
	case DIRECTORY_SENT:
	case DIRECTORY_REFUSED:
		break;
	case DIRECTORY_SENT_BUT:
	case DIRECTORY_FULL:
		link->full = true;
		event_add(link->on_write, NULL);
		break;
	case DIRECTORY_LOST:
		ldap_link_give_up(link, err);
		break;
	}
	return sent;
}

static void
ldap_link_prove(struct ldap_link *link)
{
	link->proven = true;
	ldap_servers_work(link->servers, link->server);
}

static void
ldap_link_take_over(struct ldap_link *link, uint64_t now)
{
	int fd = directory_fd(link->fresh);

	link->dir = link->fresh;
	link->fresh = NULL;
	link->server = link->job_server;
	link->up_at = now;
	link->proven = false;
	link->on_read = event_new(
	    link->env->base, fd, EV_READ | EV_PERSIST, ldap_link_on_read, link);
	link->on_write =
	    event_new(link->env->base, fd, EV_WRITE, ldap_link_on_write, link);
	MUST(link->on_read != NULL && link->on_write != NULL);
	event_add(link->on_read, NULL);
	/* Something may have come along with the last of the beginning. */
	link->readable = true;
	link->calls->up(link, now);
}

/* A dial job has ended. */
static void
ldap_link_settle(struct ldap_link *link, uint64_t now)
{
	struct err moved;

	link->job_done = false;
	if (link->fresh == NULL) {
		ldap_servers_fail(link->servers, link->job_server,
		    &link->job_why, now, arc4random());
		return;
	}
	if (link->dir != NULL) {
		ldap_link_close(link);
		err_set(&moved, "moved to a better server");
		link->calls->down(link, &moved, now);
	}
	ldap_link_take_over(link, now);
}

/* True: there may be more. */
static bool
ldap_link_read(struct ldap_link *link, uint64_t now)
{
	struct directory_event event;
	bool due;
	unsigned n;

	link->readable = false;
	for (n = 0; n < LDAP_LINK_BUDGET && !link->lost; n++) {
		directory_next(link->dir, &event);
		if (event.kind == DIRECTORY_NOTHING)
			return false;
		if (event.kind == DIRECTORY_GONE) {
			link->lost = true;
			link->lost_why = event.why;
			return false;
		}
		if (!link->proven)
			ldap_link_prove(link);
		due = link->busy > 0;
		link->calls->message(link, &event, now);
		/* That was the last answer: looking whether the socket has
		 * more is the loop's. */
		if (due && link->busy == 0 && !directory_holds_bytes(link->dir))
			return false;
	}
	link->readable = true;
	return true;
}

static void
ldap_link_lose(struct ldap_link *link, uint64_t now)
{
	struct err why = link->lost_why;

	/* A server may end a connection that nobody uses. */
	if (link->busy > 0 || !link->proven)
		ldap_servers_fail(
		    link->servers, link->server, &why, now, arc4random());
	ldap_link_close(link);
	link->calls->down(link, &why, now);
}

uint64_t
ldap_link_tick(struct ldap_link *link, uint64_t now)
{
	uint64_t next = CLOCK_NEVER;
	bool more = false;

	if (link->job_done)
		ldap_link_settle(link, now);
	if (link->dir != NULL && (link->readable || link->writable)) {
		/* Reading also sends what was held back. */
		if (link->writable)
			link->full = link->writable = false;
		more = ldap_link_read(link, now);
	}
	if (link->lost) {
		ldap_link_lose(link, now);
		return CLOCK_NEVER;
	}
	if (link->dir != NULL && !link->proven) {
		next = link->up_at + LDAP_LINK_SOON;
		if (now >= next)
			ldap_link_prove(link);
	}
	return more || now >= next ? now : next;
}
