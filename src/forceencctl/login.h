/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_LOGIN_H
#define FORCEENC_FORCEENCCTL_LOGIN_H

#include <stdbool.h>

#include "forceenc/conf.h"
#include "forceenc/secret.h"
#include "forceencctl/cmd.h"

/*
 * As whom a table's servers are spoken to. A password comes from a file, from
 * standard input or from the terminal, never from the command line.
 */
struct login {
	unsigned bind;    /* of a directory: enum conf_ldap_bind */
	const char *name; /* a DN, or a database's user; borrowed; "": none */
	const char *authz_id; /* likewise: sasl_authz_id; NULL: none */
	struct secret password;
};

/* Whether somebody is named who may make changes: by --as, or by the table. */
bool login_is_admin(const struct cmd_call *, const struct conf_table *);

/* That one. 0, or the exit status after it was said why. login_fini() either
 * way. */
int login_admin(
    struct login *, const struct cmd_call *, const struct conf_table *);

/* The one that the table names, if there's no need to ask for a password.
 * False: there is none, or err says why it can't be used. */
bool login_configured(struct login *, const struct conf_table *, struct err *);

/* The daemon's own. */
void login_daemon(struct login *, const struct conf_table *);

void login_fini(struct login *);

#endif
