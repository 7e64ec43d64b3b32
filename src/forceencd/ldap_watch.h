/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_LDAP_WATCH_H
#define FORCEENC_FORCEENCD_LDAP_WATCH_H

#include "forceenc/template.h"
#include "forceencd/ldap_known.h"
#include "forceencd/ldap_link.h"

/*
 * A search on a connection of its own that finds whatever any key may find,
 * and goes on to tell of changes (RFC 4533): ldap_watch.c opens with how.
 */
struct ldap_watch {
	struct ldap_link link; /* first */
	struct source *source;
	const struct conf_ldap *conf;
	struct template_shape shape;
	struct ldap_known *known;
	char **attributes;
	struct buf base;
	struct buf filter;
	struct buf cookie;      /* how far we are, in the server's words */
	unsigned cookie_server; /* that said so */
	bool resumed;           /* the search that runs began with the cookie */

	int id;       /* of the search; 0: none */
	bool live;    /* every change is told from here on */
	bool begun;   /* and it's news */
	bool changed; /* something, and not known which keys */
	bool odd;     /* keys were asked whose spelling needn't be that of the
		       * directory, though it finds them */
	uint64_t begun_at;
	bool sweeping;
	uint64_t retry_at; /* CLOCK_NEVER: not waiting */
	struct err why;    /* it isn't live; empty: it never was tried */
	bool beating;      /* a sign of life was asked for */
	uint64_t beat_at;
};

/* Everything is borrowed; the configuration wants to watch. */
void ldap_watch_init(struct ldap_watch *, struct source *,
    const struct source_env *, const struct conf_ldap *, struct ldap_servers *);
void ldap_watch_fini(struct ldap_watch *);

/* A key is about to be asked. */
void ldap_watch_note(struct ldap_watch *, const struct source_ask *);

enum source_sight ldap_watch_look(struct ldap_watch *);
uint64_t ldap_watch_tick(struct ldap_watch *, uint64_t now);
void ldap_watch_view(const struct ldap_watch *, struct source_watch *);
/* Adds what it has to do with the i-th server. */
void ldap_watch_view_server(
    const struct ldap_watch *, unsigned i, struct source_server *);

#endif
