/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_PGSQL_ASK_H
#define FORCEENC_FORCEENCCTL_PGSQL_ASK_H

#include <stdint.h>

#include "forceenc/pq.h"
#include "forceenc/template.h"

enum pgsql_ask_status {
	PGSQL_ASK_DONE, /* *answer, until the next call */
	PGSQL_ASK_SKIP, /* the key lacks a part that the statement asks for */
	PGSQL_ASK_REFUSED, /* by the server; err has its words */
	PGSQL_ASK_LOST,    /* no answer by the deadline; err */
};

/* One statement without parameters, and its answer waited for. */
enum pgsql_ask_status pgsql_ask(struct pq *, const char *sql, uint64_t deadline,
    struct pq_answer *, struct err *);

/* One with the parameters of a key. value stands for CONF_PGSQL_ANSWER; NULL
 * if there is none. */
enum pgsql_ask_status pgsql_ask_about(struct pq *,
    const struct template_query *, const struct template_key *,
    const char *value, uint64_t deadline, struct pq_answer *, struct err *);

#endif
