/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_KEEP_H
#define FORCEENC_FORCEENCCTL_KEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "forceenc/address.h"
#include "forceenc/buf.h"
#include "forceenc/conf.h"
#include "forceenc/err.h"
#include "forceencctl/login.h"

/*
 * A table that can be changed, whatever it lies in: a kind of table is a
 * struct of functions. Those that return an int return 0, or an exit status
 * with err.
 */

#define KEEP_VALUES_MAX 64

/* The values of a key, in no order. */
struct keep_values {
	struct buf bytes; /* one behind the other, a NUL behind each */
	size_t start[KEEP_VALUES_MAX];
	size_t len[KEEP_VALUES_MAX];
	unsigned n;
	bool over; /* there are more */
};

void keep_values_add(struct keep_values *, const char *value, size_t len);
void keep_values_clear(struct keep_values *);
void keep_values_fini(struct keep_values *);
/* "on, off", printable. */
void keep_values_show(const struct keep_values *, struct buf *out);

enum keep_use {
	KEEP_LOOK,
	KEEP_CHANGE,
	KEEP_MAKE, /* likewise, and makes a database that isn't there */
};

/* Everything in it is borrowed for as long as the table is open. */
struct keep_site {
	const struct conf_map *map;
	const struct conf_table *table;
	bool admin;                /* whether login is an administrator's */
	const struct login *login; /* for a table with servers */
	enum keep_use use;
};

/* What is to be set. */
struct keep_wish {
	const char *answer; /* on, off, DUNNO, a permitted answer, or what
			     * result_format makes one of */
	uint8_t meaning;    /* answer.h */
};

/* A row of what is set. */
struct keep_row {
	const char *address;
	size_t address_len;
	const struct keep_values *values;
	int64_t changed;   /* -1: isn't known */
	const char *entry; /* of a directory; NULL: none */
};

/* False: enough. */
typedef bool keep_row_fn(const struct keep_row *, void *arg);

struct keep_kind {
	/* Whether the table can be changed, or looked at; -1 with err, which
	 * says what would make it possible. Nobody has logged in yet. */
	int (*may)(const struct keep_site *, struct err *);
	int (*open)(void **keep, const struct keep_site *, struct err *);
	void (*close)(void *keep); /* NULL is fine */
	/* As the daemon looks for it. */
	int (*get)(void *keep, const struct address_key *, struct keep_values *,
	    struct err *);
	/* CMD_NOTFOUND if there is nothing under this key that could have an
	 * answer. where: what was written, if there is more to say than the
	 * table's name. */
	int (*set)(void *keep, const struct address_key *,
	    const struct keep_wish *, struct keep_values *before,
	    struct buf *where, struct err *);
	/* CMD_NOTFOUND if it wasn't set. */
	int (*remove)(void *keep, const struct address_key *,
	    struct keep_values *before, struct buf *where, struct err *);
	int (*list)(void *keep, keep_row_fn *, void *arg, struct err *);
};

extern const struct keep_kind keep_sqlite;
extern const struct keep_kind keep_ldap;
extern const struct keep_kind keep_pgsql;

const struct keep_kind *keep_kind(enum conf_table_type);

#endif
