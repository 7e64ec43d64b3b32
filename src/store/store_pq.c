/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * Every wait is a poll(2) with an end. It's put off as long as something moves:
 * a batch may have many statements, and each has the time that the
 * configuration allows, but a server that has fallen silent is left.
 */

#include "store/store_pq.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/buf.h"
#include "forceenc/clock.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "store/store_pq_connect.h"

/* How long after its own limit a server may be silent (ms). */
#define STORE_PQ_GRACE 2000

/* How long is waited once somebody wants to stop (ms). */
#define STORE_PQ_STOP 2000

/* How much may be on its way (bytes, statements). */
#define STORE_PQ_BYTES   (2 * 1024 * 1024)
#define STORE_PQ_FLIGHTS (PQ_FLIGHTS_MAX / 2)

/* How long a lock of somebody else's is waited for (ms). */
#define STORE_PQ_LOCK 5000

struct store_pq {
	struct pq *pq; /* NULL: lost */
	int stop;      /* -1: none, or it was heard */
	bool stopping;
	store_poll_fn *poll;
	void *arg; /* of poll */
	uint64_t limit;
	uint64_t usual;      /* limit */
	enum pq_fault fault; /* of the first error ever */
	bool faulty;         /* there was one */
	struct err first; /* error since the last answer that was waited for */
	bool failed;
	size_t sent;   /* bytes since it was waited for */
	bool conflict; /* that's what the first one was */
};

/* The server ends what takes too long, and notices that we are gone; answers
 * don't depend on the settings of the role. The names of parameters that an
 * older server lacks are left out. */
static const char store_pq_settings[] =
    "SELECT set_config(s.name, v.value, false) FROM (VALUES "
    "('statement_timeout', $1), ('lock_timeout', $2), "
    "('idle_in_transaction_session_timeout', $3), "
    "('tcp_keepalives_idle', '10'), ('tcp_keepalives_interval', '5'), "
    "('tcp_keepalives_count', '3'), ('tcp_user_timeout', '20000'), "
    "('client_connection_check_interval', '2000'), "
    "('client_min_messages', 'warning'), ('bytea_output', 'hex'), "
    "('DateStyle', 'ISO'), ('TimeZone', 'UTC')) AS v (name, value) "
    "JOIN pg_settings AS s ON s.name = v.name";

static int
store_pq_set_up(struct store_pq *link, struct err *err)
{
	struct pq_value value[3];
	struct pq_answer answer;
	char limit[32], lock[32], idle[32];

	snprintf(limit, sizeof(limit), "%llu", (unsigned long long)link->limit);
	snprintf(lock, sizeof(lock), "%llu",
	    (unsigned long long)(link->limit < STORE_PQ_LOCK ? link->limit
							     : STORE_PQ_LOCK));
	snprintf(idle, sizeof(idle), "%llu",
	    (unsigned long long)(link->limit + STORE_PQ_GRACE));
	value[0] = store_pq_text(limit);
	value[1] = store_pq_text(lock);
	value[2] = store_pq_text(idle);
	return store_pq_ask(link, store_pq_settings, value, 3, &answer, err);
}

struct store_pq *
store_pq_open(const struct store_place *place, enum store_mode mode,
    enum pq_fault *fault, struct err *err)
{
	struct store_pq *link = mem_zalloc(sizeof(*link));

	link->stop = place->stop;
	link->poll = place->poll != NULL ? place->poll : store_pq_connect_poll;
	link->arg = place->arg;
	link->fault = PQ_FAULT_WRONG;
	link->limit = link->usual = store_pq_connect_limit(place);
	link->pq = store_pq_connect(place, mode, fault, err);
	if (link->pq != NULL) {
		if (store_pq_set_up(link, err) == 0)
			return link;
		*fault = link->fault;
	}
	store_pq_close(link);
	return NULL;
}

void
store_pq_close(struct store_pq *link)
{
	if (link == NULL)
		return;
	pq_close(link->pq);
	free(link);
}

static void
store_pq_lose(struct store_pq *link)
{
	pq_close(link->pq);
	link->pq = NULL;
}

/* Whatever comes while nothing is asked, or that nothing will. */
bool
store_pq_lost(struct store_pq *link)
{
	struct pollfd pollfd = {.events = POLLIN};

	if (link->pq == NULL)
		return true;
	pollfd.fd = pq_fd(link->pq);
	if (poll(&pollfd, 1, 0) > 0 && pq_read(link->pq, NULL) == -1)
		store_pq_lose(link);
	return link->pq == NULL;
}

/* The first one tells; the others follow from it. */
static void
store_pq_fail(struct store_pq *link, enum pq_fault fault, const struct err *why)
{
	if (!link->faulty)
		link->fault = fault;
	link->faulty = true;
	if (link->failed)
		return;
	link->failed = true;
	link->conflict = false;
	link->first = *why;
}

void
store_pq_put(struct store_pq *link, const char *sql,
    const struct pq_value *value, unsigned n)
{
	struct err err;
	unsigned i;

	for (i = 0; i < n; i++)
		link->sent += value[i].len;
	if (link->pq == NULL) {
		err_set(&err, "the connection is lost");
		store_pq_fail(link, PQ_FAULT_AWAY, &err);
		return;
	}
	if (pq_send(link->pq, sql, value, n, NULL, &err) == -1) {
		store_pq_fail(link, PQ_FAULT_AWAY, &err);
		store_pq_lose(link);
	}
}

/* Until something can be done; 0 if nothing could until then. */
static int
store_pq_poll(struct store_pq *link, bool writing, uint64_t *until)
{
	struct pollfd pollfd[2] = {
	    {.fd = pq_fd(link->pq),
		.events = (short)(POLLIN | (writing ? POLLOUT : 0))},
	    {.fd = link->stop, .events = POLLIN},
	};
	uint64_t now;
	int rc;

	do {
		now = clock_now();
		if (now >= *until)
			return 0;
		rc = link->poll(pollfd, 2, (int)(*until - now), link->arg);
		if (rc > 0 && pollfd[1].revents != 0) {
			link->stopping = true;
			link->stop = -1;
			pollfd[1].fd = -1;
			if (now + STORE_PQ_STOP < *until)
				*until = now + STORE_PQ_STOP;
		}
	} while (rc <= 0 ? rc == 0 || errno == EINTR : pollfd[0].revents == 0);
	return rc;
}

static void
store_pq_take(struct store_pq *link, const struct pq_answer *answer)
{
	bool first = !link->failed;

	if (answer->kind == PQ_KIND_DONE)
		return;
	store_pq_fail(link, pq_fault_state(answer->sqlstate), answer->why);
	if (first)
		link->conflict = pq_fault_is_conflict(answer->sqlstate);
}

/* Writes and reads until the last answer is there. */
static int
store_pq_wait(struct store_pq *link, struct pq_answer *answer, struct err *err)
{
	uint64_t until = clock_now() + link->limit + STORE_PQ_GRACE;
	int unsent;

	link->sent = 0;
	for (;;) {
		while (pq_next_answer(link->pq, answer)) {
			store_pq_take(link, answer);
			if (pq_flights(link->pq) == 0)
				return 0;
			if (!link->stopping)
				until =
				    clock_now() + link->limit + STORE_PQ_GRACE;
		}
		unsent = pq_flush(link->pq, err);
		if (unsent == -1)
			return -1;
		if (store_pq_poll(link, unsent == 1, &until) == 0)
			return err_set(err, "no answer in time");
		if (pq_read(link->pq, err) == -1)
			return -1;
	}
}

static void
store_pq_settle(struct store_pq *link, struct pq_answer *answer)
{
	struct err why;

	if (link->pq != NULL && store_pq_wait(link, answer, &why) == -1) {
		/* A server that goes says so, and why, before it does. */
		store_pq_fail(link, PQ_FAULT_AWAY, &why);
		store_pq_lose(link);
	}
}

void
store_pq_ease(struct store_pq *link)
{
	struct pq_answer answer;

	if (link->pq != NULL && pq_flights(link->pq) > 0 &&
	    (link->sent >= STORE_PQ_BYTES ||
		pq_flights(link->pq) >= STORE_PQ_FLIGHTS))
		store_pq_settle(link, &answer);
}

int
store_pq_ask(struct store_pq *link, const char *sql,
    const struct pq_value *value, unsigned n, struct pq_answer *answer,
    struct err *err)
{
	store_pq_put(link, sql, value, n);
	store_pq_settle(link, answer);
	if (!link->failed)
		return 0;
	link->failed = false;
	if (err != NULL)
		*err = link->first;
	return -1;
}

int
store_pq_do(struct store_pq *link, const char *sql, struct err *err)
{
	struct pq_answer answer;

	return store_pq_ask(link, sql, NULL, 0, &answer, err);
}

void
store_pq_be_patient(struct store_pq *link, uint64_t limit)
{
	link->limit = limit > 0 ? limit : link->usual;
}

bool
store_pq_is_pooled(const struct store_pq *link, int64_t session)
{
	return link->pq != NULL && pq_process(link->pq) != session;
}

bool
store_pq_conflicted(const struct store_pq *link)
{
	return link->conflict;
}

bool
store_pq_pause(struct store_pq *link, unsigned ms)
{
	struct pollfd pollfd = {.fd = link->stop, .events = POLLIN};
	uint64_t until = clock_now() + ms, now;

	while ((now = clock_now()) < until)
		if (link->poll(&pollfd, 1, (int)(until - now), link->arg) > 0)
			return false;
	return true;
}

enum pq_fault
store_pq_fault(const struct store_pq *link)
{
	return link->fault;
}

int64_t
store_pq_number(const struct pq_answer *answer, unsigned row, unsigned column)
{
	size_t len;
	const char *text = pq_value_of(answer, row, column, &len);

	return text != NULL ? strtoll(text, NULL, 10) : 0;
}

struct pq_value
store_pq_text(const char *text)
{
	return (struct pq_value){text, strlen(text)};
}
