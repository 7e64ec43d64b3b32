/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_URI_H
#define FORCEENC_CONF_URI_H

#include <stddef.h>

#include "forceenc/buf.h"

/*
 * scheme://[user[:password]@][host][:port][/path][?name=value[&...]], with
 * percent coding decoded in each part. NULL for what isn't there. Everything
 * is owned.
 */
struct uri_param {
	char *name;
	char *value;
};

struct uri {
	char *user;
	char *password;
	char *host; /* an IPv6 address without its brackets */
	char *port;
	char *path; /* without the first slash */
	struct uri_param *param;
	size_t nparams;
};

/* -1 with *why, which never shows a part of the text: a password may be
 * anywhere in one that is malformed. The caller calls uri_fini() either
 * way. */
int uri_parse(struct uri *, const char *text, const char **why);
void uri_fini(struct uri *);

/* Adds text, which may hold URIs, without their passwords. */
void uri_add_hidden(struct buf *, const char *text);

#endif
