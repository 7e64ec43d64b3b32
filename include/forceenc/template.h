/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_TEMPLATE_H
#define FORCEENC_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "forceenc/buf.h"
#include "forceenc/err.h"

/*
 * The %-expansions that Postfix's tables share: ldap_table(5), pgsql_table(5),
 * sqlite_table(5).
 *   %%  a percent sign       %s  the key (in result_format: the value)
 *   %u  its local part       %d  its domain
 *   %S %U %D  the same, of the key even in result_format
 *   %1..%9  the domain's labels, counted from its end; empty ones don't count
 */

/* The parts of a key. A key without "@" has local = whole, domain = NULL. The
 * last "@" splits. */
struct template_key {
	const char *whole;
	size_t whole_len;
	const char *local;
	size_t local_len;
	const char *domain; /* NULL: none */
	size_t domain_len;
};

void template_key_split(struct template_key *, const char *key, size_t len);

/*
 * An SQL query with expansions turned into one with numbered parameters, so
 * that a key is never text of the query: '%s' becomes ?1 (or $1), '%u@%d' the
 * concatenation (?1||'@'||?2), an unquoted %s that stands alone a parameter as
 * well. An expansion in a name ("...", and [...], `...` with '?'), a comment
 * or another kind of string (X'...', and E'...', $tag$...$tag$ with '$') is an
 * error, and so are an unknown expansion, a lone %, what isn't closed, and a
 * parameter that the query brings along, which nobody would bind. %% is a
 * percent sign everywhere.
 */
struct template_query {
	char *sql;        /* owned */
	char param[32];   /* the expansion letter of parameter i + 1:
			   * one of s u d 1..9, or the caller's own */
	unsigned nparams; /* each letter occurs once */
};

/* mark is '?' (SQLite) or '$' (PostgreSQL). After -1 there is nothing to
 * free. */
int template_query_init(
    struct template_query *, const char *text, char mark, struct err *);
/* The same, with one more expansion, the letter own; its parameter's value is
 * for the caller to know. */
int template_query_init_own(struct template_query *, const char *text,
    char mark, char own, struct err *);
void template_query_fini(struct template_query *);

enum template_status {
	TEMPLATE_OK,
	TEMPLATE_SKIP, /* the key (or value) lacks a part that is asked for:
			* Postfix suppresses the query, or skips the value */
};

/* Parameter i's bytes for this key; borrowed from it. */
enum template_status template_query_value(const struct template_query *,
    unsigned i, const struct template_key *, const char **value, size_t *len);

/*
 * What ldap_table(5) calls query_filter and search_base. In a filter the
 * values of expansions are escaped as RFC 4515 says, in a distinguished name
 * as RFC 4514 does, so that a key is never more than a value.
 */

/* What is known of a filter before there is a key. */
struct template_shape {
	char *filter;     /* owned; finds whatever some key may find: each
		       * value with an expansion became "*" */
	char **attribute; /* owned; the types of those values, each once */
	size_t nattributes;
	bool exact; /* a key finds an entry only if one of those
		     * attributes has this very key as its value */
	bool whole; /* filter does what it says; not so if an expansion
		     * stands in a negation or a comparison by order */
};

/* Checks the syntax; an expansion may stand in a value only, and one item
 * needs no parentheses. After -1 there is nothing to free. */
int template_shape_init(
    struct template_shape *, const char *filter, struct err *);
void template_shape_fini(struct template_shape *);

/* On SKIP out is as it was. filter has passed template_shape_init(), dn has
 * passed template_format_check(). */
enum template_status template_filter(
    struct buf *out, const char *filter, const struct template_key *);
enum template_status template_filter_dn(
    struct buf *out, const char *dn, const struct template_key *);

/* Checks a result_format when the configuration is read; an empty one is an
 * error. */
int template_format_check(const char *format, struct err *);

/* result_format applied to one value. Adds to out; on SKIP out is as it was.
 * format has passed template_format_check(). */
enum template_status template_format(struct buf *out, const char *format,
    const struct template_key *, const char *value, size_t len);

#endif
