/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_LDAP_KNOWN_H
#define FORCEENC_FORCEENCD_LDAP_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc/buf.h"
#include "forceenc/sync.h"

/*
 * Which keys find the entries of a directory: a server tells of an entry that
 * is gone or has a new address by its uuid alone. An entry is as current as
 * the refresh that named it last; what a refresh didn't name is swept, a piece
 * at a time.
 */
struct ldap_known;

struct ldap_known *ldap_known_new(void);
void ldap_known_free(struct ldap_known *);
/* The same in pieces: to be called until it returns false. */
bool ldap_known_free_piece(void *known);
size_t ldap_known_count(const struct ldap_known *);

/* A refresh begins. */
void ldap_known_begin(struct ldap_known *);
/* The entry is there; *its keys stay. */
void ldap_known_mark(struct ldap_known *, const char *uuid);
/* The entry has these keys from now on, as ldap_known_add_key() made them. */
void ldap_known_set(
    struct ldap_known *, const char *uuid, const struct buf *keys);
void ldap_known_drop(struct ldap_known *, const char *uuid);

/* Calls fn for each key that the entry has. False: none is known. */
typedef void ldap_known_fn(const char *key, size_t len, void *arg);
bool ldap_known_each(
    const struct ldap_known *, const char *uuid, ldap_known_fn *, void *arg);

/* Everything that the last refresh didn't name goes, over the next calls of
 * ldap_known_sweep(), which returns whether there is more to do. */
void ldap_known_begin_sweep(struct ldap_known *);
bool ldap_known_sweep(struct ldap_known *);

/* Whether a directory and we spell the key alike: in lower case, with nothing
 * around it. False: it may compare this one in ways that we don't know. */
bool ldap_known_is_plain(const char *key, size_t len);

/* A directory_value_fn: adds the value to keys, a struct buf, as we spell it. */
void ldap_known_on_value(const char *value, size_t len, void *keys);
/* Adds one key to a list. One that is longer than any address is left out. */
void ldap_known_add_key(struct buf *keys, const char *key, size_t len);
void ldap_known_each_of(const struct buf *keys, ldap_known_fn *, void *arg);

#endif
