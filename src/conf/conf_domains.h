/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_CONF_DOMAINS_H
#define FORCEENC_CONF_CONF_DOMAINS_H

#include <stdbool.h>

#include "conf/file.h"
#include "conf/option.h"
#include "forceenc/problems.h"

/*
 * The parameter "domain" of Postfix's tables: the domains whose addresses are
 * looked up, in lower case, and in each spelling that a key may have. *list
 * and *n are NULL and 0 at first; conf_domains_free() takes the list.
 */
void conf_domains_read(char ***list, size_t *n, const struct file *,
    const struct option *, struct problems *);
void conf_domains_free(char **list, size_t n);
bool conf_domains_equal(char *const *a, size_t na, char *const *b, size_t nb);

#endif
