/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_OPTION_H
#define FORCEENC_CONF_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc/err.h"

/*
 * Every option there is, defined here and nowhere else: what it is called,
 * what it may hold, what it is worth where nobody sets it, where it goes. The
 * check of samples and manual reads the same tables.
 */

#define OPTION_KIND(kind) (1U << (kind))

enum option_type {
	OPTION_TEXT,
	OPTION_SECRET, /* a struct secret, never shown */
	OPTION_LIST,   /* words between commas and white space */
	OPTION_BOOL,   /* yes or no */
	OPTION_WORD,   /* one of words[] */
	OPTION_COUNT,  /* min to max */
	OPTION_TIME,   /* min to max milliseconds */
	OPTION_SIZE,   /* min to max bytes */
	OPTION_MODE,   /* permissions in octal */
};

struct option {
	const char *name; /* of a map's: what follows the map's name */
	enum option_type type;
	const char *def; /* as one would write it; NULL: must be set */
	int64_t min;
	int64_t max;
	const char *unit; /* of a time without one */
	const char *const
	    *words;     /* NULL-terminated; the field gets the index */
	unsigned kinds; /* of a map's: OPTION_KIND()s; 0: of all kinds */
	bool restart;   /* a running daemon can't take it over; has a field */
	bool uris;      /* may hold URIs, whose passwords are never shown */
	bool optional;  /* may be empty */
	size_t offset;  /* of the field */
	size_t size;    /* of the field; 0: who asked for the value
				   * works it out */
	const char *help;
};

/* Each ends with an entry whose name is NULL. */
extern const struct option option_main[];   /* into struct conf */
extern const struct option option_map[];    /* one set for each map */
extern const struct option option_sqlite[]; /* into struct conf_sqlite */
extern const struct option option_ldap[];   /* into struct conf_ldap */
extern const struct option option_pgsql[];  /* into struct conf_pgsql */
extern const struct option option_stats[];  /* likewise, of the store */

/* The kinds of maps, by enum conf_map_kind; NULL-terminated. */
extern const char *const option_kinds[];

/* NULL if there is none of that name. */
const struct option *option_find(const struct option *table, const char *name);

/* "10ms to 30s"; "" if every value of the type is fine. Static, until the
 * next call. */
const char *option_range(const struct option *);
const char *option_type_name(enum option_type);

/* Checks value and stores it into base's field, if there is one; what was
 * there before is freed. err says what would be right. */
int option_store(
    const struct option *, void *base, const char *value, struct err *);

/* Every default into its field; base is all-zero. */
void option_store_defaults(const struct option *table, void *base);

/* Frees what the fields own. */
void option_fini(const struct option *table, void *base);

/* Whether two fields hold the same. The option has a field. */
bool option_same(const struct option *, const void *a, const void *b);

/* value as it may be shown: "(hidden)" for a secret. Borrowed, until the next
 * call. */
const char *option_show(const struct option *, const char *value);

#endif
