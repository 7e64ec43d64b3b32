/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * libpq in pipeline mode, with a synchronisation point behind each query, so
 * that an error ends with the query that made it. A result says neither whose
 * it is nor, if the connection breaks, that there are more to come: the tags
 * are kept in order here, and a lost connection is for the caller to notice.
 */

#include "forceenc/pq.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/buf.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"

struct pq {
	PGconn *conn;
	void *tag[PQ_FLIGHTS_MAX]; /* a ring */
	unsigned first;
	unsigned flights;
	PGresult *result;  /* of the answer that was given last */
	PGnotify *notice;  /* likewise */
	struct err why;    /* of that answer */
	struct buf values; /* scratch */
};

void
pq_init(void)
{
	PQconninfoOption *options = PQconndefaults(), *option;

	if (options == NULL)
		must_fatal("libpq: out of memory");
	for (option = options; option->keyword != NULL; option++)
		if (option->envvar != NULL)
			unsetenv(option->envvar);
	PQconninfoFree(options);
}

/* libpq's messages have several lines, with tabs in them and a newline
 * behind, and some of them twice; here they become one. */
static void
pq_explain(struct err *err, const char *message)
{
	struct buf line = {0};
	const char *at = message;
	char shown[ERR_MAX];
	size_t len;

	while (*(at += strspn(at, " \t\r\n")) != '\0') {
		len = strcspn(at, "\r\n");
		if (line.len > 0 &&
		    memmem(line.data, line.len, at, len) == NULL)
			buf_add_byte(&line, ' ');
		else if (line.len > 0) {
			at += len;
			continue;
		}
		buf_add(&line, at, len);
		at += len;
	}
	if (line.len == 0)
		buf_add_text(&line, "the connection ended without a word");
	err_set(err, "%s",
	    text_printable(shown, sizeof(shown), line.data, line.len));
	buf_fini(&line);
}

static int
pq_lost(const struct pq *pq, struct err *err)
{
	pq_explain(err, PQerrorMessage(pq->conn));
	return -1;
}

/* It couldn't be made. */
static void
pq_refused(const struct pq *pq, enum pq_fault *out, struct err *err)
{
	struct buf message = {0};
	enum pq_fault fault =
	    pq_fault_message(&message, PQerrorMessage(pq->conn));

	if (out != NULL)
		*out = fault;
	pq_explain(err, buf_text(&message));
	buf_fini(&message);
}

/* Warnings and hints of the server, which libpq would print. */
static void
pq_on_notice(void *arg, const PGresult *result)
{
	struct err text;

	(void)arg;
	if (!log_wants(LOG_LEVEL_DEBUG))
		return;
	pq_explain(&text, PQresultErrorMessage(result));
	log_debug("libpq: %s", text.text);
}

struct pq *
pq_open(const struct pq_param *param, size_t n, enum pq_fault *fault,
    struct err *err)
{
	const char *name[PQ_PARAMS_MAX + 1] = {NULL};
	const char *value[PQ_PARAMS_MAX + 1] = {NULL};
	struct pq *pq;
	size_t i;

	MUST(n <= PQ_PARAMS_MAX);
	for (i = 0; i < n; i++) {
		name[i] = param[i].name;
		value[i] = param[i].value;
	}
	pq = mem_zalloc(sizeof(*pq));
	pq->conn = PQconnectStartParams(name, value, 0);
	if (pq->conn == NULL)
		must_fatal("libpq: out of memory");
	PQsetNoticeReceiver(pq->conn, pq_on_notice, NULL);
	/* Until it's made: of its failure there is no other SQLSTATE. */
	PQsetErrorVerbosity(pq->conn, PQERRORS_VERBOSE);
	if (PQstatus(pq->conn) != CONNECTION_BAD)
		return pq;
	pq_refused(pq, fault, err);
	pq_close(pq);
	return NULL;
}

enum pq_step
pq_connect(struct pq *pq, enum pq_fault *fault, struct err *err)
{
	switch (PQconnectPoll(pq->conn)) {
	case PGRES_POLLING_READING:
		return PQ_STEP_READ;
	case PGRES_POLLING_WRITING:
		return PQ_STEP_WRITE;
	case PGRES_POLLING_OK:
		PQsetErrorVerbosity(pq->conn, PQERRORS_DEFAULT);
		if (PQsetnonblocking(pq->conn, 1) == 0 &&
		    PQenterPipelineMode(pq->conn) == 1)
			return PQ_STEP_READY;
		break;
	default:
		break;
	}
	pq_refused(pq, fault, err);
	return PQ_STEP_FAILED;
}

int
pq_process(const struct pq *pq)
{
	return PQbackendPID(pq->conn);
}

int
pq_fd(const struct pq *pq)
{
	return PQsocket(pq->conn);
}

bool
pq_is_utf8(const struct pq *pq)
{
	const char *encoding = PQparameterStatus(pq->conn, "client_encoding");

	return encoding != NULL &&
	    (strcmp(encoding, "UTF8") == 0 ||
		strcmp(encoding, "SQL_ASCII") == 0);
}

const char *
pq_tls(const struct pq *pq)
{
	const char *name;

	if (PQsslInUse(pq->conn) != 1)
		return NULL;
	name = PQsslAttribute(pq->conn, "protocol");
	return name != NULL ? name : "TLS";
}

/* What was given last is gone with the next call. */
static void
pq_release(struct pq *pq)
{
	PQclear(pq->result);
	PQfreemem(pq->notice);
	pq->result = NULL;
	pq->notice = NULL;
}

void
pq_close(struct pq *pq)
{
	if (pq == NULL)
		return;
	pq_release(pq);
	PQfinish(pq->conn);
	buf_fini(&pq->values);
	free(pq);
}

static int
pq_sent(struct pq *pq, int ok, void *tag, struct err *err)
{
	if (ok != 1 || PQpipelineSync(pq->conn) != 1)
		return pq_lost(pq, err);
	MUST(pq->flights < PQ_FLIGHTS_MAX);
	pq->tag[(pq->first + pq->flights++) % PQ_FLIGHTS_MAX] = tag;
	return 0;
}

int
pq_send_prepare(struct pq *pq, const char *name, const char *sql, void *tag,
    struct err *err)
{
	return pq_sent(
	    pq, PQsendPrepare(pq->conn, name, sql, 0, NULL), tag, err);
}

/* libpq wants strings. A NUL would cut one, and a key cut short is somebody
 * else's. */
static void
pq_values(struct pq *pq, const struct pq_value *value, unsigned n,
    const char **string)
{
	size_t at[PQ_VALUES_MAX];
	unsigned i;

	MUST(n <= PQ_VALUES_MAX);
	buf_clear(&pq->values);
	for (i = 0; i < n; i++) {
		MUST(memchr(value[i].bytes, '\0', value[i].len) == NULL);
		at[i] = pq->values.len;
		buf_add(&pq->values, value[i].bytes, value[i].len);
		buf_add_byte(&pq->values, '\0');
	}
	for (i = 0; i < n; i++)
		string[i] = pq->values.data + at[i];
}

int
pq_send_prepared(struct pq *pq, const char *name, const struct pq_value *value,
    unsigned n, void *tag, struct err *err)
{
	const char *string[PQ_VALUES_MAX];

	pq_values(pq, value, n, string);
	return pq_sent(pq,
	    PQsendQueryPrepared(pq->conn, name, (int)n, string, NULL, NULL, 0),
	    tag, err);
}

int
pq_send(struct pq *pq, const char *sql, const struct pq_value *value,
    unsigned n, void *tag, struct err *err)
{
	const char *string[PQ_VALUES_MAX];

	pq_values(pq, value, n, string);
	return pq_sent(pq,
	    PQsendQueryParams(
		pq->conn, sql, (int)n, NULL, string, NULL, NULL, 0),
	    tag, err);
}

unsigned
pq_flights(const struct pq *pq)
{
	return pq->flights;
}

int
pq_flush(struct pq *pq, struct err *err)
{
	int rc = PQflush(pq->conn);

	return rc == -1 ? pq_lost(pq, err) : rc;
}

int
pq_read(struct pq *pq, struct err *err)
{
	if (PQconsumeInput(pq->conn) != 1 ||
	    PQstatus(pq->conn) == CONNECTION_BAD)
		return pq_lost(pq, err);
	return 0;
}

static void
pq_fill(struct pq *pq, struct pq_answer *answer)
{
	const char *state = PQresultErrorField(pq->result, PG_DIAG_SQLSTATE);

	answer->tag = pq->tag[pq->first];
	answer->result = pq->result;
	answer->rows = (unsigned)PQntuples(pq->result);
	answer->columns = (unsigned)PQnfields(pq->result);
	answer->changed = strtoull(PQcmdTuples(pq->result), NULL, 10);
	answer->why = &pq->why;
	answer->sqlstate[0] = '\0';
	switch (PQresultStatus(pq->result)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_EMPTY_QUERY:
		answer->kind = PQ_KIND_DONE;
		return;
	default:
		answer->kind = PQ_KIND_FAILED;
		pq_explain(&pq->why, PQresultErrorMessage(pq->result));
		if (state != NULL && strlen(state) == PQ_SQLSTATE_LEN)
			memcpy(answer->sqlstate, state, PQ_SQLSTATE_LEN + 1);
		return;
	}
}

/* A query brings a result, NULL, and its synchronisation point, and that has to
 * be taken even if nothing follows: behind it come notifications. Two NULLs in
 * a row are the end of what is there. */
bool
pq_next_answer(struct pq *pq, struct pq_answer *answer)
{
	PGresult *result;

	while (!PQisBusy(pq->conn)) {
		result = PQgetResult(pq->conn);
		if (result == NULL && PQisBusy(pq->conn))
			return false;
		if (result == NULL) {
			result = PQgetResult(pq->conn);
			if (result == NULL)
				return false;
		}
		/* Without a query it's about the connection. */
		if (PQresultStatus(result) == PGRES_PIPELINE_SYNC ||
		    pq->flights == 0) {
			PQclear(result);
			continue;
		}
		pq_release(pq);
		pq->result = result;
		/* What libpq says of a connection that broke is no answer. */
		if (PQstatus(pq->conn) == CONNECTION_BAD)
			return false;
		pq_fill(pq, answer);
		pq->first = (pq->first + 1) % PQ_FLIGHTS_MAX;
		pq->flights--;
		return true;
	}
	return false;
}

const char *
pq_value_of(
    const struct pq_answer *answer, unsigned row, unsigned column, size_t *len)
{
	const PGresult *result = answer->result;

	MUST(row < answer->rows && column < answer->columns);
	if (PQgetisnull(result, (int)row, (int)column))
		return NULL;
	*len = (size_t)PQgetlength(result, (int)row, (int)column);
	return PQgetvalue(result, (int)row, (int)column);
}

bool
pq_next_notice(struct pq *pq, const char **text, size_t *len)
{
	pq_release(pq);
	pq->notice = PQnotifies(pq->conn);
	if (pq->notice == NULL)
		return false;
	*text = pq->notice->extra;
	*len = strlen(pq->notice->extra);
	return true;
}
