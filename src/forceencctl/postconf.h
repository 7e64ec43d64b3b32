/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_POSTCONF_H
#define FORCEENC_FORCEENCCTL_POSTCONF_H

#include <stdbool.h>
#include <stddef.h>

#include "forceenc/err.h"

/*
 * A Postfix configuration as postconf(1) shows it: what is set, what isn't
 * and therefore has its default, the services of master.cf, and what they
 * set for themselves.
 */

#define POSTCONF_BYTES_MAX   (8 * 1024 * 1024) /* of one output */
#define POSTCONF_ENTRIES_MAX 50000             /* of one kind */

struct postconf_param {
	char *service; /* "forceenc/unix"; NULL in main.cf and of defaults */
	char *name;
	char *value;
};

struct postconf_params {
	struct postconf_param *param;
	size_t n;
};

struct postconf_service {
	char *name;
	char *type;
	char chroot; /* 'y', 'n' or '-' */
	char *command;
	char *args; /* "" if there are none */
};

struct postconf {
	struct postconf_params set;       /* postconf -n */
	struct postconf_params defaults;  /* postconf -d */
	struct postconf_params overrides; /* postconf -P */
	struct postconf_service *service; /* postconf -M */
	size_t nservices;
	char **kept; /* values that were expanded */
	size_t nkept;
	char *unclear; /* the first value that can't be expanded, or NULL */
};

/* Service arguments are names as overrides have them, "forceenc/unix", or
 * NULL for main.cf. Everything returned is borrowed from the model. */

/* As it's written; NULL if this Postfix doesn't know the name. */
const char *postconf_raw(
    const struct postconf *, const char *service, const char *name);

/* With all $names expanded and no white space around; "" if it's unknown.
 * A value that can't be expanded stays as it is and is noted in ->unclear. */
const char *postconf_value(
    struct postconf *, const char *service, const char *name);
bool postconf_is(struct postconf *, const char *service, const char *name,
    const char *value);
bool postconf_yes(struct postconf *, const char *service, const char *name);

/* Whether the service itself, or main.cf, sets it. */
bool postconf_own(
    const struct postconf *, const char *service, const char *name);
bool postconf_set(const struct postconf *, const char *name);

/* Where a value stands: "smtp_x = value" or "forceenc/unix/smtp_x = value",
 * with "(default)" behind it if nothing sets it. */
const char *postconf_line(
    struct postconf *, const char *service, const char *name);

/* NULL if there is none; len bytes of name. */
const struct postconf_service *postconf_find(
    const struct postconf *, const char *name, size_t len, const char *type);
/* "forceenc/unix" */
const char *postconf_path(struct postconf *, const struct postconf_service *);
bool postconf_chrooted(struct postconf *, const struct postconf_service *);

/* Whether this is Postfix major.minor or later; false if nobody knows. */
bool postconf_since(struct postconf *, unsigned major, unsigned minor);

/* Text that lives as long as the model. */
const char *postconf_keep(struct postconf *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* For a shell, between single quotes. Lives as long as the model. */
const char *postconf_quoted(struct postconf *, const char *value);

/* The words of a list with nothing but a comma in between, which is all that
 * "postconf -P" takes. Lives as long as the model. */
const char *postconf_tight(struct postconf *, const char *list);

/*
 * The next word of a list, between commas and white space; what is in braces
 * is one word, braces included. Returns its length, 0 at the end, and where
 * it starts.
 */
size_t postconf_word(const char **at, const char **word);
/* The same, of words with other bytes between them. */
size_t postconf_word_between(
    const char **at, const char *between, const char **word);

/* The table without "proxy:" in front, borrowed from spec. */
const char *postconf_table(const char *spec);

void postconf_fini(struct postconf *);

#endif
