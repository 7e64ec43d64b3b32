/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_INTERN_H
#define FORCEENC_STORE_STORE_INTERN_H

#include "store/store_db.h"

/* In the order of their statements. */
enum store_intern_table {
	STORE_INTERN_SENDER,
	STORE_INTERN_NAME,
	STORE_INTERN_KIND,
	STORE_INTERN_TLS
};

/*
 * The numbers that stand for names in the database, made when a name comes
 * for the first time; they are known to be in use on day from then on. Within
 * a transaction. number is that of struct store_count.
 */
int store_intern_sender(struct store_db *, const char *sender, uint64_t number,
    int64_t day, int64_t *id, struct err *);
int store_intern_name(struct store_db *, const char *name, uint64_t number,
    int64_t day, int64_t *id, struct err *);
/* The enums as in struct store_count. */
int store_intern_kind(struct store_db *, const char *service, unsigned outcome,
    unsigned level, unsigned reason, int64_t day, int64_t *id, struct err *);
int store_intern_tls(struct store_db *, const struct store_session *,
    int64_t day, int64_t *id, struct err *);

/* The domain of a sender, which is len bytes long: what is behind its last
 * "@", or "" where nothing is. The local part is what is in front of it. */
const char *store_intern_domain(
    const char *sender, size_t len, size_t *local_len);

#endif
