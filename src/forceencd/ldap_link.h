/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_LDAP_LINK_H
#define FORCEENC_FORCEENCD_LDAP_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "forceenc/dial.h"
#include "forceenc/directory.h"
#include "forceencd/ldap_servers.h"
#include "forceencd/source.h"

/*
 * One connection to whichever server works: made by the dial thread, used
 * from the loop, made again when it's lost. The events of its socket only
 * wake the loop; everything happens in ldap_link_tick(), from which alone the
 * owner's functions are called.
 */
struct ldap_link;

struct ldap_link_calls {
	/* It can be used from now on. */
	void (*up)(struct ldap_link *, uint64_t now);
	void (*message)(
	    struct ldap_link *, const struct directory_event *, uint64_t now);
	/* It can't any more, and nothing that was sent will be answered. */
	void (*down)(struct ldap_link *, const struct err *why, uint64_t now);
};

struct ldap_link {
	const struct source_env *env;
	const struct conf_ldap *conf;
	struct ldap_servers *servers;
	const struct ldap_link_calls *calls;
	void *owner;

	/* On its way, or there and not taken over yet. */
	struct dial_job *job;
	unsigned job_server;
	bool job_done;
	struct directory *fresh;
	struct err job_why;

	struct directory *dir; /* NULL: down */
	unsigned server;
	struct event *on_read;
	struct event *on_write;
	bool readable;
	bool full; /* nothing can be sent until it's writable */
	bool writable;
	bool lost;
	struct err lost_why;
	uint64_t up_at;
	bool proven;   /* it hasn't ended at once */
	unsigned busy; /* the owner's: answers that are due */
};

/* Everything is borrowed for the link's life. */
void ldap_link_init(struct ldap_link *, const struct source_env *,
    const struct conf_ldap *, struct ldap_servers *,
    const struct ldap_link_calls *, void *owner);
void ldap_link_fini(struct ldap_link *);

/* Makes the connection if there is none, and one to a better server if there
 * may be. */
void ldap_link_want(struct ldap_link *, uint64_t now);
/* When ldap_link_want() may have more to do. */
uint64_t ldap_link_want_at(const struct ldap_link *);

bool ldap_link_is_up(const struct ldap_link *);
/* Up, and not full. */
bool ldap_link_can_send(const struct ldap_link *);
bool ldap_link_is_dialing(const struct ldap_link *);

/* A link that is lost by it says so at its next tick. */
enum directory_sent ldap_link_send(
    struct ldap_link *, const struct directory_search *, int *id, struct err *);

/* The connection is of no use for that reason; down() is called at the next
 * tick. */
void ldap_link_give_up(struct ldap_link *, const struct err *why);
/* Ends it without fault; down() is not called. */
void ldap_link_close(struct ldap_link *);

/* Adds what it has to do with the i-th server. */
void ldap_link_view(
    const struct ldap_link *, unsigned i, struct source_server *);

/* Returns when to call again: now if there is more to read. */
uint64_t ldap_link_tick(struct ldap_link *, uint64_t now);

#endif
