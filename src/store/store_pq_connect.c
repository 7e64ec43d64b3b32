/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "store/store_pq_connect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forceenc/buf.h"
#include "forceenc/clock.h"
#include "forceenc/conf_pgsql.h"
#include "forceenc/dial.h"
#include "forceenc/must.h"

/* One server. */
struct store_pq_connect {
	const struct conf_pgsql_host *host;
	enum store_mode mode;
	int stop;
	store_poll_fn *poll;
	void *arg; /* of poll */
	uint64_t until;
	bool found; /* the name service has answered */
	unsigned n;
	char address[DIAL_ADDRESSES_MAX][DIAL_ADDRESS_LEN];
	enum pq_fault fault; /* of the last attempt */
	struct err *err;
};

/* What a server that has gone costs: with these it shows after 25 seconds. A
 * host's own words come behind them. */
static const struct pq_param store_pq_connect_params[] = {
    {"keepalives_idle", "10"},
    {"keepalives_interval", "5"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "20000"},
};

#define STORE_PQ_CONNECT_PARAMS \
	(sizeof(store_pq_connect_params) / sizeof(store_pq_connect_params[0]))

int
store_pq_connect_poll(struct pollfd *pollfd, nfds_t n, int ms, void *arg)
{
	(void)arg;
	return poll(pollfd, n, ms);
}

/* 1: ready; 0: the time is up, or somebody wants to stop. */
static int
store_pq_connect_wait(
    const struct store_pq_connect *connect, int fd, short events)
{
	struct pollfd pollfd[2] = {
	    {.fd = fd, .events = events},
	    {.fd = connect->stop, .events = POLLIN},
	};
	uint64_t now;
	int rc;

	do {
		now = clock_now();
		if (now >= connect->until)
			return 0;
		rc = connect->poll(
		    pollfd, 2, (int)(connect->until - now), connect->arg);
	} while (rc == 0 || (rc == -1 && errno == EINTR));
	return rc > 0 && pollfd[1].revents == 0;
}

static const char *
store_pq_connect_param(const struct conf_pgsql_host *host, const char *name)
{
	size_t i;

	for (i = 0; i < host->nparams; i++)
		if (strcmp(host->param[i].name, name) == 0)
			return host->param[i].value;
	return NULL;
}

/* Whether nothing has to be looked up. */
static bool
store_pq_connect_is_plain(const struct conf_pgsql_host *host)
{
	struct in6_addr addr;

	return *host->host == '/' ||
	    store_pq_connect_param(host, "hostaddr") != NULL ||
	    inet_pton(AF_INET, host->host, &addr) == 1 ||
	    inet_pton(AF_INET6, host->host, &addr) == 1;
}

static void
store_pq_connect_on_dial(struct dial_outcome *outcome, void *arg)
{
	struct store_pq_connect *connect = arg;

	connect->found = true;
	connect->n = outcome->naddresses;
	memcpy(connect->address, outcome->address, sizeof(connect->address));
	if (outcome->naddresses == 0)
		*connect->err = outcome->why;
}

/* By a helper thread, since the name service can't be interrupted. */
static int
store_pq_connect_look_up(struct store_pq_connect *connect)
{
	const struct conf_pgsql_host *host = connect->host;
	const struct dial_request request = {
	    .name = host->name,
	    .host = host->host,
	    .port = host->port,
	    .deadline = connect->until,
	};
	struct dial *dial = dial_new(1);
	struct dial_job *job;

	job = dial_start(dial, &request, store_pq_connect_on_dial, connect);
	if (store_pq_connect_wait(connect, dial_fd(dial), POLLIN) == 1)
		dial_collect(dial);
	if (!connect->found) {
		dial_cancel(job);
		err_set(connect->err,
		    "%s: the name service didn't answer in time", host->name);
	}
	dial_free(dial);
	return connect->n > 0 ? 0 : -1;
}

const char *
store_pq_connect_name(void)
{
	static char name[64];
	unsigned long long token;

	if (name[0] == '\0') {
		MUST(getentropy(&token, sizeof(token)) == 0);
		snprintf(name, sizeof(name), "forceenc-watch/%016llx", token);
	}
	return name;
}

static struct pq *
store_pq_connect_begin(struct store_pq_connect *connect, const char *address)
{
	const struct conf_pgsql_host *host = connect->host;
	struct pq_param param[PQ_PARAMS_MAX];
	size_t i, n = 0;

	MUST(host->nparams + STORE_PQ_CONNECT_PARAMS + 3 <= PQ_PARAMS_MAX);
	for (i = 0; i < STORE_PQ_CONNECT_PARAMS; i++)
		param[n++] = store_pq_connect_params[i];
	for (i = 0; i < host->nparams; i++)
		param[n++] = (struct pq_param){
		    host->param[i].name, host->param[i].value};
	if (*address != '\0')
		param[n++] = (struct pq_param){"hostaddr", address};
	if (connect->mode == STORE_WRITE) {
		param[n++] =
		    (struct pq_param){"target_session_attrs", "read-write"};
		param[n++] = (struct pq_param){
		    "fallback_application_name", store_pq_connect_name()};
	}
	return pq_open(param, n, &connect->fault, connect->err);
}

/* One address of it. */
static struct pq *
store_pq_connect_try(struct store_pq_connect *connect, const char *address)
{
	struct pq *pq = store_pq_connect_begin(connect, address);
	enum pq_step step = PQ_STEP_WRITE;

	while (pq != NULL && step != PQ_STEP_READY) {
		if (store_pq_connect_wait(connect, pq_fd(pq),
			step == PQ_STEP_READ ? POLLIN : POLLOUT) == 0) {
			connect->fault = PQ_FAULT_AWAY;
			err_set(connect->err, "%s: no connection in time",
			    connect->host->name);
			step = PQ_STEP_FAILED;
		} else {
			step = pq_connect(pq, &connect->fault, connect->err);
		}
		if (step == PQ_STEP_FAILED) {
			pq_close(pq);
			pq = NULL;
		}
	}
	return pq;
}

/* Each address gets its share of the time that is left. */
static struct pq *
store_pq_connect_host(struct store_pq_connect *connect)
{
	uint64_t end = connect->until, now;
	struct pq *pq = NULL;
	unsigned i;

	if (store_pq_connect_is_plain(connect->host))
		connect->n = 1;
	else if (store_pq_connect_look_up(connect) == -1)
		return NULL;
	for (i = 0; i < connect->n && pq == NULL; i++) {
		now = clock_now();
		connect->until =
		    now + (end > now ? end - now : 0) / (connect->n - i);
		pq = store_pq_connect_try(connect, connect->address[i]);
	}
	return pq;
}

struct pq *
store_pq_connect(const struct store_place *place, enum store_mode mode,
    enum pq_fault *fault, struct err *err)
{
	const struct conf_pgsql *conf = place->pgsql;
	struct buf said = {0};
	struct pq *pq = NULL;
	struct err why;
	size_t i;

	*fault = PQ_FAULT_WRONG;
	for (i = 0; i < conf->nhosts && pq == NULL; i++) {
		struct store_pq_connect connect = {.host = &conf->host[i],
		    .mode = mode,
		    .stop = place->stop,
		    .poll = place->poll != NULL ? place->poll
						: store_pq_connect_poll,
		    .arg = place->arg,
		    .until = clock_now() + conf->connect_time_limit,
		    .err = &why};

		pq = store_pq_connect_host(&connect);
		if (connect.fault == PQ_FAULT_AWAY)
			*fault = PQ_FAULT_AWAY;
		if (pq == NULL)
			buf_printf(&said, "%s%s", i > 0 ? "; " : "", why.text);
	}
	if (pq == NULL)
		err_set(err, "%s", buf_text(&said));
	buf_fini(&said);
	return pq;
}

uint64_t
store_pq_connect_limit(const struct store_place *place)
{
	return place->pgsql->query_time_limit;
}
