/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/ldap_servers.h"

#include <stdlib.h>

#include "forceenc/buf.h"
#include "forceenc/clock.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"

void
ldap_servers_init(struct ldap_servers *servers, const struct conf_ldap *conf,
    const char *table)
{
	unsigned i;

	MUST(conf->nservers > 0);
	*servers = (struct ldap_servers){
	    .table = table,
	    .list = mem_zalloc(conf->nservers * sizeof(*servers->list)),
	    .n = (unsigned)conf->nservers,
	    .longest = conf->retry_interval,
	};
	for (i = 0; i < servers->n; i++)
		servers->list[i].conf = &conf->server[i];
}

void
ldap_servers_fini(struct ldap_servers *servers)
{
	free(servers->list);
	*servers = (struct ldap_servers){0};
}

int
ldap_servers_pick(const struct ldap_servers *servers, unsigned n, uint64_t now)
{
	unsigned i;

	MUST(n <= servers->n);
	for (i = 0; i < n; i++)
		if (backoff_is_over(&servers->list[i].backoff, now))
			return (int)i;
	return -1;
}

uint64_t
ldap_servers_next(const struct ldap_servers *servers, unsigned n)
{
	uint64_t next = CLOCK_NEVER;
	unsigned i;

	MUST(n <= servers->n);
	for (i = 0; i < n; i++)
		if (servers->list[i].backoff.until < next)
			next = servers->list[i].backoff.until;
	return next;
}

static void
ldap_servers_explain(struct ldap_servers *servers)
{
	struct buf all = {0};
	unsigned i;

	for (i = 0; i < servers->n; i++)
		if (servers->list[i].backoff.failures > 0)
			buf_printf(&all, "%s%s", all.len > 0 ? "; " : "",
			    servers->list[i].why.text);
	err_set(&servers->why, "%s", buf_text(&all));
	buf_fini(&all);
}

void
ldap_servers_fail(struct ldap_servers *servers, unsigned i,
    const struct err *why, uint64_t now, uint32_t random)
{
	struct ldap_server *server = &servers->list[i];

	if (servers->n > 1 && server->backoff.failures == 0)
		log_warn("%s: %s fails: %s (servers=%u)", servers->table,
		    server->conf->url, why->text, servers->n);
	backoff_fail(&server->backoff, now, servers->longest, random);
	server->why = *why;
	server->counts.failures++;
	ldap_servers_explain(servers);
}

void
ldap_servers_work(struct ldap_servers *servers, unsigned i)
{
	struct ldap_server *server = &servers->list[i];

	if (servers->n > 1 && server->backoff.failures > 0)
		log_info(
		    "%s: %s works again", servers->table, server->conf->url);
	backoff_reset(&server->backoff);
}

bool
ldap_servers_are_down(const struct ldap_servers *servers)
{
	unsigned i;

	for (i = 0; i < servers->n; i++)
		if (servers->list[i].backoff.failures == 0)
			return false;
	return true;
}

const struct err *
ldap_servers_why(const struct ldap_servers *servers)
{
	return &servers->why;
}

void
ldap_servers_view(
    const struct ldap_servers *servers, unsigned i, struct source_server *out)
{
	const struct ldap_server *server = &servers->list[i];

	out->name = server->conf->url;
	out->counts = &server->counts;
	if (server->backoff.failures == 0)
		return;
	out->health = SOURCE_DOWN;
	out->next_try = server->backoff.until;
	out->why = server->why.text;
}

void
ldap_servers_forget(struct ldap_servers *servers)
{
	unsigned i;

	for (i = 0; i < servers->n; i++)
		backoff_reset(&servers->list[i].backoff);
}
