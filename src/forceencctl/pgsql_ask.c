/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/pgsql_ask.h"

#include <string.h>

#include "forceenc/conf_pgsql.h"
#include "forceencctl/reach.h"

static enum pgsql_ask_status
pgsql_ask_wait(
    struct pq *pq, uint64_t deadline, struct pq_answer *answer, struct err *err)
{
	int left;

	while (!pq_next_answer(pq, answer)) {
		left = pq_flush(pq, err);
		if (left == -1)
			return PGSQL_ASK_LOST;
		if (!reach_wait(pq_fd(pq), true, left == 1, deadline)) {
			err_set(err, "no answer in time");
			return PGSQL_ASK_LOST;
		}
		/* What had come before the end can still be had. */
		if (pq_read(pq, err) == -1) {
			if (pq_next_answer(pq, answer))
				break;
			return PGSQL_ASK_LOST;
		}
	}
	if (answer->kind == PQ_KIND_DONE)
		return PGSQL_ASK_DONE;
	*err = *answer->why;
	return PGSQL_ASK_REFUSED;
}

enum pgsql_ask_status
pgsql_ask(struct pq *pq, const char *sql, uint64_t deadline,
    struct pq_answer *answer, struct err *err)
{
	if (pq_send(pq, sql, NULL, 0, NULL, err) == -1)
		return PGSQL_ASK_LOST;
	return pgsql_ask_wait(pq, deadline, answer, err);
}

enum pgsql_ask_status
pgsql_ask_about(struct pq *pq, const struct template_query *query,
    const struct template_key *key, const char *value, uint64_t deadline,
    struct pq_answer *answer, struct err *err)
{
	struct pq_value values[sizeof(query->param)];
	unsigned i;

	for (i = 0; i < query->nparams; i++) {
		if (value != NULL && query->param[i] == CONF_PGSQL_ANSWER)
			values[i] = (struct pq_value){value, strlen(value)};
		else if (template_query_value(query, i, key, &values[i].bytes,
			     &values[i].len) == TEMPLATE_SKIP)
			return PGSQL_ASK_SKIP;
	}
	if (pq_send(pq, query->sql, values, query->nparams, NULL, err) == -1)
		return PGSQL_ASK_LOST;
	return pgsql_ask_wait(pq, deadline, answer, err);
}
