/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_PQ_FAULT_H
#define FORCEENC_PQ_FAULT_H

#include <stdbool.h>

#include <stdbool.h>

#include "forceenc/buf.h"

/*
 * Whether it's of use to ask PostgreSQL once more. Who waits for a server that
 * will be back must not wait for one that refuses the password.
 */
enum pq_fault {
	PQ_FAULT_AWAY,  /* the network, or a server that can't serve now */
	PQ_FAULT_WRONG, /* it stays so until somebody changes something */
};

/* By the SQLSTATE of an error: a name, a right, a password or a query that is
 * wrong is WRONG, anything else AWAY. */
enum pq_fault pq_fault_state(const char *sqlstate);

/* Whether it's that two transactions were in each other's way (a deadlock, or
 * one that can't be put in an order with others): nothing is wrong with either,
 * and the same once more will do. */
bool pq_fault_is_conflict(const char *sqlstate);

/* Whether it's about what is in one query. The next one would meet any other as
 * well: a table that isn't there, a permission, a server without memory. */
bool pq_fault_is_of_query(const char *sqlstate);

/* By what libpq says of a connection that couldn't be made, in English and as
 * verbose as it can (PQERRORS_VERBOSE). Adds the text to out as it would be
 * without that. Servers that nobody has proven to be ours have a say in it. */
enum pq_fault pq_fault_message(struct buf *out, const char *message);

#endif
