/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_SETUP_H
#define FORCEENC_FORCEENCCTL_SETUP_H

#include <stdbool.h>
#include <stddef.h>

#include "forceenc/buf.h"
#include "forceenc/conf.h"
#include "forceencctl/postconf.h"

/*
 * What a Postfix lacks for the guarantee, as a list of changes in the order in
 * which they can be made while it runs: the filter, the transports, and the
 * map last, so that nothing is sent to what isn't there. A configuration
 * that lacks nothing has an empty list.
 */

enum setup_kind {
	SETUP_FILTER,  /* the delivery status filter is written to a file */
	SETUP_SERVICE, /* postconf -M: a service of master.cf */
	SETUP_OPTION,  /* postconf -P: what a service sets for itself */
	SETUP_MAIN,    /* postconf -e: main.cf */
};

enum setup_file {
	SETUP_FILE_NONE,
	SETUP_FILE_OURS,
	SETUP_FILE_OTHER, /* an older one, or the administrator's own */
};

struct setup_step {
	enum setup_kind kind;
	const char *arg;    /* postconf(1)'s, or the file's path */
	const char *before; /* what holds now; "" if nothing does */
	const char *why;
};

struct setup {
	/* The caller's, borrowed: */
	struct postconf *conf;
	const struct conf *site;
	const struct conf_map *map; /* the senders' */
	const char *folder;         /* of main.cf */
	bool elsewhere;             /* it isn't where postconf(1) would look */
	const char *filter;         /* the path of the filter */
	enum setup_file file;       /* what is there */

	/* Of the plan, all borrowed from conf but for the list and notes: */
	const char *spec; /* how main.cf names the map, now or then */
	const struct conf_map *floor; /* the site's, or NULL */
	struct setup_step *step;
	size_t n;
	struct buf notes; /* lines: what it leaves alone, and what that means */
};

/* etc/postfix/dsn_filter.pcre; the build makes it a string. */
extern const char setup_filter[];

/* -1 with err where setup can't help: a transport that is something else,
 * say. The caller calls setup_fini() in any case. */
int setup_plan(struct setup *, struct err *);
void setup_fini(struct setup *);

/* The same as a command for a shell; "" of a file that is to be written. As
 * long as conf. */
const char *setup_command(const struct setup *, const struct setup_step *);

/* " -c folder" for a shell, or "" if it isn't needed; as long as conf. */
const char *setup_where(const struct setup *);

/* A word for a shell, quoted if it has to be; as long as conf. */
const char *setup_word(const struct setup *, const char *word);

#endif
