/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/reach.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "forceenc/clock.h"

/* One may hang in the name service for each server. */
#define REACH_THREADS 64

/* What comes behind the parameters of a host. */
#define REACH_PARAMS 5

struct reach_dialed {
	bool done;
	struct dial_outcome outcome;
};

void
reach_init(struct reach *reach)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	/* libldap writes to whatever is there. */
	sigaction(SIGPIPE, &ignore, NULL);
	directory_init();
	pq_init();
	reach->dial = dial_new(REACH_THREADS);
}

void
reach_fini(struct reach *reach)
{
	dial_free(reach->dial);
	reach->dial = NULL;
}

bool
reach_wait(int fd, bool read, bool write, uint64_t deadline)
{
	struct pollfd pfd = {.fd = fd,
	    .events = (short)((read ? POLLIN : 0) | (write ? POLLOUT : 0))};
	uint64_t now, left;
	int n;

	do {
		now = clock_now();
		left = deadline > now ? deadline - now : 0;
		n = poll(&pfd, 1, left < INT_MAX ? (int)left : INT_MAX);
	} while (n == -1 && errno == EINTR);
	return n > 0;
}

static void
reach_on_dialed(struct dial_outcome *outcome, void *arg)
{
	struct reach_dialed *dialed = arg;

	dialed->outcome = *outcome;
	dialed->done = true;
}

static void
reach_dial(struct reach *reach, const struct dial_request *request,
    struct reach_dialed *dialed)
{
	uint64_t next;

	dialed->done = false;
	dial_start(reach->dial, request, reach_on_dialed, dialed);
	for (;;) {
		next = dial_tick(reach->dial, clock_now());
		if (dialed->done)
			return;
		reach_wait(dial_fd(reach->dial), true, false, next);
	}
}

static enum directory_bind
reach_bind(unsigned bind)
{
	switch (bind) {
	case CONF_LDAP_BIND_SIMPLE:
		return DIRECTORY_BIND_SIMPLE;
	case CONF_LDAP_BIND_EXTERNAL:
		return DIRECTORY_BIND_EXTERNAL;
	default:
		return DIRECTORY_BIND_NONE;
	}
}

static enum directory_tls
reach_tls(const struct conf_ldap *conf, const struct conf_ldap_server *server)
{
	if (server->scheme == CONF_LDAP_TLS)
		return DIRECTORY_TLS_AT_ONCE;
	return conf->start_tls && server->scheme == CONF_LDAP_PLAIN
	    ? DIRECTORY_TLS_START
	    : DIRECTORY_TLS_NONE;
}

struct directory *
reach_directory(struct reach *reach, const struct conf_ldap *conf,
    const struct conf_ldap_server *server, const struct login *login,
    uint64_t deadline, struct err *err)
{
	struct directory_options options = {
	    .url = server->url,
	    .local = server->scheme == CONF_LDAP_UNIX,
	    .tls = reach_tls(conf, server),
	    .tls_verify = conf->tls_require_cert,
	    .tls_ca_file = conf->tls_ca_cert_file,
	    .tls_ca_dir = conf->tls_ca_cert_dir,
	    .tls_cert = conf->tls_cert,
	    .tls_key = conf->tls_key,
	    .tls_ciphers = conf->tls_cipher_suite,
	    .bind = reach_bind(login->bind),
	    .bind_dn = login->name,
	    .bind_pw = login->password.bytes,
	    .authz_id = login->authz_id,
	    .dereference = conf->dereference,
	    .debuglevel = conf->debuglevel,
	};
	struct dial_request request = {
	    .name = server->url,
	    .host = server->host,
	    .port = server->port,
	    .path = server->path,
	    .deadline = deadline,
	    .step = &directory_step,
	    .arg = directory_step_arg(&options),
	};
	struct reach_dialed dialed;

	reach_dial(reach, &request, &dialed);
	if (dialed.outcome.result == NULL)
		*err = dialed.outcome.why;
	return dialed.outcome.result;
}

static const char *
reach_param(const struct conf_pgsql_host *host, const char *name)
{
	size_t i;

	for (i = 0; i < host->nparams; i++)
		if (strcmp(host->param[i].name, name) == 0)
			return host->param[i].value;
	return NULL;
}

/* What is to be tried; an empty one leaves it to the host's parameters. */
static int
reach_addresses(struct reach *reach, const struct conf_pgsql_host *host,
    uint64_t deadline, struct dial_outcome *outcome, struct err *err)
{
	const struct dial_request request = {
	    .name = host->name,
	    .host = host->host,
	    .port = host->port,
	    .deadline = deadline,
	};
	struct reach_dialed dialed;
	struct in6_addr addr;

	*outcome = (struct dial_outcome){.naddresses = 1};
	if (*host->host == '/' || reach_param(host, "hostaddr") != NULL ||
	    inet_pton(AF_INET, host->host, &addr) == 1 ||
	    inet_pton(AF_INET6, host->host, &addr) == 1)
		return 0;
	reach_dial(reach, &request, &dialed);
	*outcome = dialed.outcome;
	if (outcome->naddresses > 0)
		return 0;
	*err = outcome->why;
	return -1;
}

static size_t
reach_params(struct pq_param *param, const struct conf_pgsql_host *host,
    const char *address, const struct login *login, bool changes)
{
	const struct pq_param more[REACH_PARAMS] = {
	    {"fallback_application_name", "forceencctl"},
	    {"hostaddr", address},
	    {"user", login->name},
	    {"password",
		login->password.bytes != NULL ? login->password.bytes : ""},
	    {"target_session_attrs", changes ? "read-write" : ""},
	};
	const struct conf_pgsql_param *own;
	size_t n = 0, i;

	for (own = host->param; own < host->param + host->nparams; own++)
		/* Another user's password is another one, or none. */
		if (*login->name == '\0' || strcmp(own->name, "password") != 0)
			param[n++] = (struct pq_param){own->name, own->value};
	for (i = 0; i < REACH_PARAMS; i++)
		if (*more[i].value != '\0')
			param[n++] = more[i];
	return n;
}

static struct pq *
reach_pq_try(const struct pq_param *param, size_t n,
    const struct conf_pgsql_host *host, uint64_t deadline, struct err *err)
{
	struct pq *pq = pq_open(param, n, NULL, err);
	enum pq_step step = PQ_STEP_WRITE;

	if (pq == NULL)
		return NULL;
	while (step == PQ_STEP_READ || step == PQ_STEP_WRITE) {
		if (!reach_wait(pq_fd(pq), step == PQ_STEP_READ,
			step == PQ_STEP_WRITE, deadline)) {
			err_set(err, "%s: no connection in time", host->name);
			break;
		}
		step = pq_connect(pq, NULL, err);
	}
	if (step == PQ_STEP_READY)
		return pq;
	pq_close(pq);
	return NULL;
}

struct pq *
reach_pq(struct reach *reach, const struct conf_pgsql_host *host,
    const struct login *login, bool changes, uint64_t deadline, struct err *err)
{
	struct pq_param param[PQ_PARAMS_MAX];
	struct dial_outcome found;
	struct pq *pq = NULL;
	uint64_t now, left;
	unsigned i;
	size_t n;

	if (reach_addresses(reach, host, deadline, &found, err) == -1)
		return NULL;
	for (i = 0; i < found.naddresses && pq == NULL; i++) {
		now = clock_now();
		left = deadline > now ? deadline - now : 0;
		n = reach_params(param, host, found.address[i], login, changes);
		pq = reach_pq_try(
		    param, n, host, now + left / (found.naddresses - i), err);
	}
	return pq;
}
