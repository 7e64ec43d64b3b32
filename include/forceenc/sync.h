/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_SYNC_H
#define FORCEENC_SYNC_H

#include <stdbool.h>
#include <stddef.h>

#include "forceenc/buf.h"

/*
 * The values of RFC 4533, LDAP's content synchronisation: what is sent with a
 * search and what comes with its entries and between them. Pure.
 */

#define SYNC_UUID_LEN 16

enum sync_kind {
	/* With an entry. */
	SYNC_PRESENT, /* unchanged, nothing but its uuid is told */
	SYNC_ADD,     /* new, or whatever came before */
	SYNC_MODIFY,
	SYNC_DELETE,
	/* Between entries. */
	SYNC_COOKIE,
	SYNC_DELETES_DONE,  /* the phase in which deletes are told ends */
	SYNC_PRESENTS_DONE, /* the phase in which what is there is told ends:
			     * the rest is gone */
	SYNC_SET_PRESENT,   /* uuids that are there */
	SYNC_SET_DELETED,   /* uuids that are gone */
};

/* Everything points into the bytes that were decoded. */
struct sync_info {
	enum sync_kind kind;
	const char *uuid;   /* SYNC_UUID_LEN bytes, of an entry */
	const char *cookie; /* NULL: none came */
	size_t cookie_len;
	bool refresh_done; /* from now on: changes as they happen */
	const char *set;   /* of a set: encoded, for sync_next_uuid() */
	size_t set_len;
};

/* The sync request control for refresh and persist. */
void sync_add_request(struct buf *out, const char *cookie, size_t cookie_len);

/* The sync state control of an entry. -1 if it is none. */
int sync_parse_state(const char *bytes, size_t len, struct sync_info *);

/* The sync info message. -1 if it is none. */
int sync_parse_info(const char *bytes, size_t len, struct sync_info *);

/* The next of a set, NULL at its end. */
const char *sync_next_uuid(struct sync_info *);

#endif
