/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/pgsql_servers.h"

#include <stdlib.h>

#include "forceenc/buf.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceencd/order.h"

void
pgsql_servers_init(struct pgsql_servers *servers, const struct conf_pgsql *conf)
{
	MUST(conf->nhosts > 0 && conf->nhosts <= CONF_PGSQL_HOSTS_MAX);
	*servers = (struct pgsql_servers){.conf = conf};
	servers->counts = mem_zalloc(conf->nhosts * sizeof(*servers->counts));
}

void
pgsql_servers_fini(struct pgsql_servers *servers)
{
	free(servers->counts);
}

void
pgsql_servers_begin(struct pgsql_servers *servers, uint64_t random)
{
	order_make(servers->order, servers->failed,
	    (unsigned)servers->conf->nhosts, random);
	servers->turn = 0;
}

unsigned
pgsql_servers_at(const struct pgsql_servers *servers)
{
	return servers->order[servers->turn];
}

bool
pgsql_servers_next(struct pgsql_servers *servers)
{
	if (servers->turn + 1 >= servers->conf->nhosts)
		return false;
	servers->turn++;
	return true;
}

void
pgsql_servers_fail(struct pgsql_servers *servers, const struct err *why)
{
	unsigned i = pgsql_servers_at(servers);

	servers->failed[i] = true;
	servers->why[i] = *why;
	servers->counts[i].failures++;
}

void
pgsql_servers_work(struct pgsql_servers *servers)
{
	servers->failed[pgsql_servers_at(servers)] = false;
}

void
pgsql_servers_explain(const struct pgsql_servers *servers, struct err *why)
{
	struct buf all = {0};
	size_t i;

	for (i = 0; i < servers->conf->nhosts; i++)
		buf_printf(
		    &all, "%s%s", i > 0 ? "; " : "", servers->why[i].text);
	err_set(why, "%s", buf_text(&all));
	buf_fini(&all);
}

void
pgsql_servers_view(
    const struct pgsql_servers *servers, unsigned i, struct source_server *out)
{
	out->name = servers->conf->host[i].name;
	out->counts = &servers->counts[i];
	if (!servers->failed[i])
		return;
	out->health = SOURCE_DOWN;
	out->why = servers->why[i].text;
}
