/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_CONF_SQL_H
#define FORCEENC_CONF_CONF_SQL_H

#include "conf/file.h"
#include "conf/option.h"
#include "forceenc/problems.h"

/* What Postfix's tables in SQL databases have in common. */
struct conf_sql {
	const char *type; /* "sqlite", for messages */
	const struct option *options;
	bool functions; /* select_function is among the obsolete names */
	char mark;      /* of a parameter: template.h */
};

/* Every entry of file into base's fields. What isn't among the options is a
 * problem, and so are the names that Postfix had before it had query: that one
 * tells the query which says the same. */
void conf_sql_read(const struct conf_sql *, void *base, const struct file *,
    struct problems *);

/* Checks both, which are the file's or the defaults. */
void conf_sql_check_templates(const struct conf_sql *, const char *query,
    const char *result_format, const struct file *, struct problems *);

#endif
