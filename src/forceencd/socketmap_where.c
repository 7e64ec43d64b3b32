/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/socketmap_where.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "forceenc/must.h"

void
socketmap_where_init(struct socketmap_where *where,
    const struct conf_upstream *conf, const struct source_env *env)
{
	*where = (struct socketmap_where){.conf = conf, .env = env};
	where->n = conf->path != NULL;
}

void
socketmap_where_fini(struct socketmap_where *where)
{
	if (where->job != NULL)
		dial_cancel(where->job);
	where->job = NULL;
}

static void
socketmap_where_on_dial(struct dial_outcome *outcome, void *arg)
{
	struct socketmap_where *where = arg;

	where->job = NULL;
	where->n = outcome->naddresses;
	memcpy(where->address, outcome->address, sizeof(where->address));
	where->failed = outcome->naddresses == 0;
	if (where->failed)
		where->why = outcome->why;
}

unsigned
socketmap_where_known(struct socketmap_where *where, uint64_t until)
{
	const struct dial_request request = {
	    .name = where->conf->spec,
	    .host = where->conf->host,
	    .port = where->conf->port,
	    .deadline = until,
	};

	if (where->n == 0 && where->job == NULL)
		where->job = dial_start(
		    where->env->dial, &request, socketmap_where_on_dial, where);
	return where->n;
}

void
socketmap_where_forget(struct socketmap_where *where)
{
	if (where->conf->path == NULL)
		where->n = 0;
}

bool
socketmap_where_failed(struct socketmap_where *where)
{
	bool failed = where->failed;

	where->failed = false;
	return failed;
}

static socklen_t
socketmap_where_unix(const char *path, struct sockaddr_un *un)
{
	un->sun_family = AF_UNIX;
	/* Its length was checked when the configuration was read. */
	MUST(strlen(path) < sizeof(un->sun_path));
	strcpy(un->sun_path, path);
	return sizeof(*un);
}

socklen_t
socketmap_where_get(const struct socketmap_where *where, unsigned at,
    struct sockaddr_storage *out)
{
	struct sockaddr_in *in = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
	uint16_t port;

	memset(out, 0, sizeof(*out));
	if (where->conf->path != NULL)
		return socketmap_where_unix(
		    where->conf->path, (struct sockaddr_un *)out);
	port = htons((uint16_t)atoi(where->conf->port));
	if (inet_pton(AF_INET, where->address[at], &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = port;
		return sizeof(*in);
	}
	if (inet_pton(AF_INET6, where->address[at], &in6->sin6_addr) != 1)
		return 0;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = port;
	return sizeof(*in6);
}
