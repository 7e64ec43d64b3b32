/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_INTERN_H
#define FORCEENC_STORE_STORE_INTERN_H

#include "store/store_db.h"

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

#endif
