/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_POSTCONF_EXPAND_H
#define FORCEENC_FORCEENCCTL_POSTCONF_EXPAND_H

#include "forceenc/buf.h"
#include "forceenc/err.h"

/*
 * $name, ${name}, $(name), ${name?text}, ${name:text}, ${name?{text}:{text}}
 * and ${{left} OP {right} ? {text} : {text}}, as postconf(5) describes them,
 * with all that is in them. A name that the callback doesn't know (NULL) is
 * empty. -1 with err: not closed, more than 100 levels deep (a name that
 * needs itself), or a result above a megabyte.
 */
typedef const char *postconf_expand_fn(const char *name, void *arg);

int postconf_expand(struct buf *out, const char *text, postconf_expand_fn *,
    void *arg, struct err *);

#endif
