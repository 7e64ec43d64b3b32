/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/pgsql_connect.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/clock.h"
#include "forceenc/dial.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceencd/wake.h"

struct pgsql_connect {
	const struct conf_pgsql_host *host;
	const struct source_env *env;
	uint64_t deadline;
	struct dial_job *job; /* NULL: not looking up a name */

	/* What is to be tried: one of no address is a unix socket, or left to
	 * the parameters of the host. */
	bool found;
	unsigned n;
	unsigned at;
	char address[DIAL_ADDRESSES_MAX][DIAL_ADDRESS_LEN];

	struct pq *pq; /* NULL: none is being tried */
	uint64_t until;
	struct wake wake;
	struct err why; /* of the last failure */
};

static const char *
pgsql_connect_param(const struct conf_pgsql_host *host, const char *name)
{
	size_t i;

	for (i = 0; i < host->nparams; i++)
		if (strcmp(host->param[i].name, name) == 0)
			return host->param[i].value;
	return NULL;
}

/* Whether nothing has to be looked up. */
static bool
pgsql_connect_is_plain(const struct conf_pgsql_host *host)
{
	struct in6_addr addr;

	return *host->host == '/' ||
	    pgsql_connect_param(host, "hostaddr") != NULL ||
	    inet_pton(AF_INET, host->host, &addr) == 1 ||
	    inet_pton(AF_INET6, host->host, &addr) == 1;
}

static void
pgsql_connect_on_dial(struct dial_outcome *outcome, void *arg)
{
	struct pgsql_connect *connect = arg;

	connect->job = NULL;
	connect->found = true;
	connect->n = outcome->naddresses;
	memcpy(connect->address, outcome->address, sizeof(connect->address));
	if (outcome->naddresses == 0)
		connect->why = outcome->why;
}

static void
pgsql_connect_look_up(struct pgsql_connect *connect)
{
	const struct conf_pgsql_host *host = connect->host;
	const struct dial_request request = {
	    .name = host->name,
	    .host = host->host,
	    .port = host->port,
	    .deadline = connect->deadline,
	};

	connect->job = dial_start(
	    connect->env->dial, &request, pgsql_connect_on_dial, connect);
}

struct pgsql_connect *
pgsql_connect_new(const struct conf_pgsql_host *host,
    const struct source_env *env, uint64_t deadline)
{
	struct pgsql_connect *connect = mem_zalloc(sizeof(*connect));

	connect->host = host;
	connect->env = env;
	connect->deadline = deadline;
	wake_init(&connect->wake, env->base);
	if (pgsql_connect_is_plain(host)) {
		connect->found = true;
		connect->n = 1;
	} else {
		pgsql_connect_look_up(connect);
	}
	return connect;
}

static void
pgsql_connect_hang_up(struct pgsql_connect *connect)
{
	wake_off(&connect->wake);
	pq_close(connect->pq);
	connect->pq = NULL;
}

void
pgsql_connect_free(struct pgsql_connect *connect)
{
	if (connect == NULL)
		return;
	if (connect->job != NULL)
		dial_cancel(connect->job);
	pgsql_connect_hang_up(connect);
	wake_fini(&connect->wake);
	free(connect);
}

/* The next address; false: none is left, or none can even be begun with. */
static bool
pgsql_connect_begin(struct pgsql_connect *connect, uint64_t now)
{
	const struct conf_pgsql_host *host = connect->host;
	struct pq_param param[PQ_PARAMS_MAX];
	const char *address;
	uint64_t left;
	size_t i;

	for (; connect->at < connect->n && connect->pq == NULL; connect->at++) {
		for (i = 0; i < host->nparams; i++)
			param[i] = (struct pq_param){
			    host->param[i].name, host->param[i].value};
		address = connect->address[connect->at];
		if (*address != '\0')
			param[i++] = (struct pq_param){"hostaddr", address};
		connect->pq = pq_open(param, i, NULL, &connect->why);
		left = connect->deadline > now ? connect->deadline - now : 0;
		connect->until = now + left / (connect->n - connect->at);
	}
	if (connect->pq == NULL)
		return false;
	wake_on(&connect->wake, pq_fd(connect->pq), false, true);
	return true;
}

/* The descriptor is ready. libpq may close it and open another one. */
static enum pgsql_connect_status
pgsql_connect_go_on(struct pgsql_connect *connect)
{
	enum pq_step step;

	wake_off(&connect->wake);
	step = pq_connect(connect->pq, NULL, &connect->why);
	if (step == PQ_STEP_READY)
		return PGSQL_CONNECT_DONE;
	if (step == PQ_STEP_FAILED)
		return PGSQL_CONNECT_FAILED;
	wake_on(&connect->wake, pq_fd(connect->pq), step == PQ_STEP_READ,
	    step == PQ_STEP_WRITE);
	return PGSQL_CONNECT_WAIT;
}

static enum pgsql_connect_status
pgsql_connect_try(struct pgsql_connect *connect, uint64_t now)
{
	if (wake_take(&connect->wake))
		return pgsql_connect_go_on(connect);
	if (now < connect->until)
		return PGSQL_CONNECT_WAIT;
	err_set(&connect->why, "%s: no connection in time%s%s",
	    connect->host->name, connect->n > 1 ? " to " : "",
	    connect->n > 1 ? connect->address[connect->at - 1] : "");
	return PGSQL_CONNECT_FAILED;
}

enum pgsql_connect_status
pgsql_connect_tick(struct pgsql_connect *connect, uint64_t now, uint64_t *next,
    struct pq **pq, struct err *err)
{
	enum pgsql_connect_status status = PGSQL_CONNECT_WAIT;

	*next = CLOCK_NEVER; /* the helper thread keeps its deadline */
	while (connect->found) {
		if (connect->pq == NULL && !pgsql_connect_begin(connect, now)) {
			*err = connect->why;
			return PGSQL_CONNECT_FAILED;
		}
		status = pgsql_connect_try(connect, now);
		if (status != PGSQL_CONNECT_FAILED)
			break;
		pgsql_connect_hang_up(connect);
	}
	if (status == PGSQL_CONNECT_DONE) {
		*pq = connect->pq;
		connect->pq = NULL;
	} else if (connect->pq != NULL) {
		*next = connect->until;
	}
	return status;
}
