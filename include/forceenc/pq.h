/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_PQ_H
#define FORCEENC_PQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc/err.h"
#include "forceenc/pq_fault.h"

/*
 * One connection to one PostgreSQL server, used without ever waiting for it:
 * queries go out one behind the other, answers come in the same order. Knows
 * no clock and no loop; who uses it waits on pq_fd() and keeps the time. The
 * only user of <libpq-fe.h>.
 */
struct pq;

/* A parameter of the connection, as in libpq's documentation ("33.1.2.
 * Parameter Key Words"). A later one of the same name takes the place of an
 * earlier one, an empty value that of libpq's default. */
struct pq_param {
	const char *name;
	const char *value;
};

#define PQ_PARAMS_MAX   64
#define PQ_FLIGHTS_MAX  128 /* queries on their way */
#define PQ_VALUES_MAX   32
#define PQ_SQLSTATE_LEN 5

/* Makes libpq deaf to the PG... variables of the environment. Once, before
 * there are threads. */
void pq_init(void);

enum pq_step {
	PQ_STEP_READ,  /* go on once the descriptor is readable */
	PQ_STEP_WRITE, /* go on once it's writable */
	PQ_STEP_READY,
	PQ_STEP_FAILED,
};

/*
 * Begins to connect. Exactly one host: hostaddr (numeric) beside host, or a
 * folder with a unix socket as host; a name alone would be looked up, and
 * that blocks. NULL with err if it failed at once; otherwise pq_connect() is
 * called each time the descriptor is ready for what the last step said, at
 * first for PQ_STEP_WRITE. The descriptor may be another one after each call:
 * nobody may wait on it during the call. Where it failed, the fault (NULL:
 * nobody asks) says of which kind.
 */
struct pq *pq_open(
    const struct pq_param *, size_t n, enum pq_fault *, struct err *);
enum pq_step pq_connect(struct pq *, enum pq_fault *, struct err *);
int pq_fd(const struct pq *);
/* The number of the server's process, as whoever took the connection says. */
int pq_process(const struct pq *);
/* Of a connection that is ready: whether the server takes our bytes for UTF-8,
 * or just for bytes. */
bool pq_is_utf8(const struct pq *);
/* Of a connection that is ready: "TLSv1.3"; NULL without TLS. Borrowed. */
const char *pq_tls(const struct pq *);
void pq_close(struct pq *); /* NULL is fine */

/* A text value; borrowed for the call. It may hold any byte but NUL. */
struct pq_value {
	const char *bytes;
	size_t len;
};

/*
 * Queries of a connection that is ready. Each has a tag of the caller's, which
 * its answer brings back. -1 with err if the connection is no good any more.
 * There may be PQ_FLIGHTS_MAX of them. A query that fails doesn't touch those
 * behind it.
 */
int pq_send_prepare(
    struct pq *, const char *name, const char *sql, void *tag, struct err *);
int pq_send_prepared(struct pq *, const char *name, const struct pq_value *,
    unsigned n, void *tag, struct err *);
int pq_send(struct pq *, const char *sql, const struct pq_value *, unsigned n,
    void *tag, struct err *);
unsigned pq_flights(const struct pq *);

/* Writes what can be written: 1 if there is more, and then the descriptor is
 * to be waited on for writing too; -1 with err if the connection is lost. */
int pq_flush(struct pq *, struct err *);

/* Reads what has come, a bounded amount; -1 with err if the connection is
 * lost, and what had come before can still be had. */
int pq_read(struct pq *, struct err *);

enum pq_kind {
	PQ_KIND_DONE,   /* it worked: rows are there, or none */
	PQ_KIND_FAILED, /* the server refused: why and sqlstate say it */
};

/* Everything in it is borrowed until the next call for this connection. */
struct pq_answer {
	enum pq_kind kind;
	void *tag;
	const struct err *why; /* the server's own words, printable */
	char sqlstate[PQ_SQLSTATE_LEN + 1];
	unsigned rows;
	unsigned columns;
	uint64_t changed;   /* rows that INSERT, UPDATE or DELETE concerned */
	const void *result; /* pq_value_of() knows it */
};

/* The next answer. False: none has come yet. */
bool pq_next_answer(struct pq *, struct pq_answer *);
/* A value of an answer; NULL for SQL NULL. */
const char *pq_value_of(
    const struct pq_answer *, unsigned row, unsigned column, size_t *len);

/* The next notification of any channel that LISTEN was sent for; text is its
 * payload, borrowed as above. False: none has come. */
bool pq_next_notice(struct pq *, const char **text, size_t *len);

#endif
