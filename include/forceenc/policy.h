/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_POLICY_H
#define FORCEENC_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "forceenc/buf.h"
#include "forceenc/err.h"

/*
 * The policy database that forceencctl keeps: etc/sql/sqlite.sql. Addresses
 * are keys in the canonical form that address_keys() gives; what answers are
 * permitted is the caller's to check.
 */
struct policy;

enum policy_mode {
	POLICY_READ,  /* the database must be there */
	POLICY_WRITE, /* makes it if there is no file, or an empty one */
};

/* How long a change waits for another one to end. */
#define POLICY_BUSY_MS 5000

/* NULL with err if it can't be opened, is no database, or not one that
 * forceencctl made, or was made by a later version. */
struct policy *policy_open(const char *path, enum policy_mode, struct err *);
void policy_close(struct policy *); /* NULL is fine */

/* now is in seconds since the epoch. Neither key nor answer is empty. */
int policy_set(struct policy *, const char *key, size_t key_len,
    const char *answer, int64_t now, struct err *);

/* 1 if key is there, with its answer in *answer, whose contents it replaces;
 * 0 if it isn't. */
int policy_get(struct policy *, const char *key, size_t key_len,
    struct buf *answer, struct err *);

/* 1 if key was there and is no more, 0 if it wasn't there. */
int policy_unset(
    struct policy *, const char *key, size_t key_len, struct err *);

/* Calls fn for each address, in their order; key and answer are borrowed for
 * the call and NUL-terminated. */
typedef void policy_list_fn(
    const char *key, const char *answer, int64_t changed, void *arg);
int policy_list(struct policy *, policy_list_fn *, void *arg, struct err *);

#endif
