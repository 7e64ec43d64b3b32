/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_VALUE_H
#define FORCEENC_CONF_VALUE_H

#include <stdbool.h>

#include "conf/file.h"
#include "conf/option.h"
#include "forceenc/problems.h"

/* An option's value and where it comes from. Everything is borrowed: from the
 * file, the option, and the caller's name. */
struct value {
	const struct file *file;
	const char *name;
	const char *text;
	unsigned line; /* 0: the default */
};

/* What file sets name to, or option's default. False with a problem if it is
 * required and not there, or empty and mustn't be. */
bool value_get(struct value *, const struct file *, const char *name,
    const struct option *, struct problems *);

/* A problem "FILE:LINE: NAME: ...". */
void value_wrong(const struct value *, struct problems *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Every entry of file whose name is in table goes into base's field, if it
 * has one. Gives what isn't in the table to unknown(), which adds a problem or
 * knows better.
 */
typedef void value_unknown_fn(
    const struct file *, const struct file_entry *, void *arg);
void value_store_all(const struct file *, const struct option *table,
    void *base, value_unknown_fn *unknown, void *arg, struct problems *);

#endif
