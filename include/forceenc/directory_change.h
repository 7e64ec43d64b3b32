/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_DIRECTORY_CHANGE_H
#define FORCEENC_DIRECTORY_CHANGE_H

#include "forceenc/buf.h"
#include "forceenc/directory.h"

/*
 * What an administrator's tool needs of a directory and the daemon doesn't:
 * changes of an entry, and what must be known in order to make them.
 */

enum directory_change_kind {
	DIRECTORY_CHANGE_ADD,    /* one more value */
	DIRECTORY_CHANGE_SET,    /* this value and no other */
	DIRECTORY_CHANGE_REMOVE, /* all values; fine if there are none */
};

struct directory_change {
	enum directory_change_kind kind;
	const char *attribute;
	const char *value; /* NULL for REMOVE */
};

#define DIRECTORY_CHANGES_MAX 32

/* All of them or none. The answer comes as a DIRECTORY_RESULT. */
enum directory_sent directory_change_send(struct directory *, const char *dn,
    const struct directory_change *, size_t n, int *id, struct err *);

/* Of the entry that directory_next() gave last: its name as the server has it,
 * and one attribute's values. */
void directory_change_dn(const struct directory *, struct buf *dn);
void directory_change_each(const struct directory *, const char *attribute,
    directory_value_fn *, void *arg);

/* What a value of attributeTypes, in the entry that has the schema, says. */
enum directory_change_syntax {
	DIRECTORY_CHANGE_OTHER, /* of another attribute, or nothing readable */
	DIRECTORY_CHANGE_TEXT,
	DIRECTORY_CHANGE_BOOLEAN,
};
enum directory_change_syntax directory_change_syntax(
    const char *description, size_t len, const char *attribute);

/* "TLSv1.3"; "" without TLS. */
void directory_change_tls(const struct directory *, struct buf *name);

#endif
