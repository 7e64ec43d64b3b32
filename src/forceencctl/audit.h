/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_AUDIT_H
#define FORCEENC_FORCEENCCTL_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc/buf.h"
#include "forceenc/conf.h"
#include "forceencctl/postconf.h"

/*
 * Rules look at a configuration and say what they find. All that they know
 * of the world outside of it comes through struct audit_world, where "nobody
 * knows" is an answer of its own: a rule that needs to know says so then.
 */

enum audit_severity {
	AUDIT_LEAK, /* a forced sender's mail can leave without TLS */
	AUDIT_WARN, /* mail is stopped or delayed, or proof is missing */
	AUDIT_NOTE, /* for the site to decide */
};

enum audit_seen {
	AUDIT_UNKNOWN, /* the reason is in err */
	AUDIT_ABSENT,
	AUDIT_SEEN,
};

enum audit_said {
	AUDIT_SAID_ANSWER, /* text */
	AUDIT_SAID_NOTHING,
	AUDIT_SAID_TROUBLE, /* text is the reason */
};

struct audit_world {
	void *arg;
	/* Whether there's a host to look at; without, all is unknown. */
	bool here;
	int64_t now;         /* seconds since the epoch */
	const char *openssl; /* "3.0.22"; "" if nobody knows */
	/* All entries of a table, each as "key TAB value NEWLINE". */
	enum audit_seen (*table)(
	    void *arg, const char *spec, struct buf *out, struct err *err);
	/* What a table says of each of the keys (a line each), as "key TAB
	 * value NEWLINE" for those it has something for. */
	enum audit_seen (*query)(void *arg, const char *spec, const char *keys,
	    struct buf *out, struct err *err);
	/* What is in a file. */
	enum audit_seen (*read)(
	    void *arg, const char *path, struct buf *out, struct err *err);
	/* Whether a file or socket is there. */
	enum audit_seen (*file)(void *arg, const char *path, struct err *err);
	/* When a certificate ends, in seconds since the epoch. */
	enum audit_seen (*certificate)(
	    void *arg, const char *path, int64_t *end, struct err *err);
	/* The ciphers behind a list, as "openssl ciphers -v" shows them. */
	enum audit_seen (*ciphers)(
	    void *arg, const char *list, struct buf *out, struct err *err);
	/* What a socketmap: or tcp: table says of an address. */
	enum audit_said (*ask)(
	    void *arg, const char *spec, const char *address, struct buf *text);
};

struct audit;

struct audit_rule {
	const char *id;
	enum audit_severity severity;
	const char *title;
	const char *why;    /* two sentences */
	const char *source; /* where it's written or was seen */
	void (*find)(struct audit *);
};

struct audit_finding {
	const struct audit_rule *rule;
	const char *line; /* borrowed from the configuration */
	const char *fix;  /* what to do; "" where there is nothing to set */
};

#define AUDIT_TRANSPORTS_MAX 32

struct audit {
	struct postconf *conf;
	const struct audit_world *world;
	const struct conf *site;  /* forceenc.cf, NULL: not known */
	const char *site_problem; /* why not; NULL if nobody asked for it */
	/* The transports of forced mail, without ":". */
	const char *transport[AUDIT_TRANSPORTS_MAX];
	unsigned ntransports;
	const char *complaints; /* of postconf, a line each */
	unsigned unanswered;    /* of the questions to the senders' map */
	/* Of main.cf, from "/" on; NULL: where Postfix's programs look. */
	const char *folder;

	const struct audit_rule *rule; /* that is being asked */
	struct audit_finding *finding;
	size_t nfindings;
};

/* Adds len bytes of a name, unless it's there. */
void audit_add_transport(struct audit *, const char *name, size_t len);
bool audit_is_transport(const struct audit *, const char *name, size_t len);

/* Asks each rule; the findings are in the order of the severities. */
void audit_run(struct audit *, const struct audit_rule *, size_t n);
void audit_fini(struct audit *);

/* For rules. line and fix live as long as the configuration. The commands in
 * fix are told of the folder here. */
void audit_find(struct audit *, const char *line, const char *fix);
/* Of a parameter: "postconf -e 'name = value'", or "postconf -P
 * 'service/name = value'" where the service sets it or should. */
void audit_find_value(
    struct audit *, const char *service, const char *name, const char *value);
/* The same command. */
const char *audit_set(
    struct audit *, const char *service, const char *name, const char *value);

/* The service whom qmgr(8) asks for the way of a message, "rewrite/unix". */
const char *audit_rewrite(struct audit *);

/* Whether it delivers by SMTP or LMTP, and so could by TLS. */
bool audit_is_client(const struct postconf_service *);
/* Those of the forced transports' services, by number; NULL behind the last
 * one. */
const struct postconf_service *audit_forced(
    const struct audit *, unsigned number);

/* The parameter of a client, for its command: "smtp_tls_x" or "lmtp_tls_x";
 * suffix is "tls_x". */
const char *audit_client(
    struct audit *, const struct postconf_service *, const char *suffix);

/* Walks "key TAB value NEWLINE"; false at the end. Changes the text. */
bool audit_next_entry(char **at, const char **key, const char **value);

/* Calls fn for main.cf (service NULL) and for each service that sets it. */
typedef void audit_each_fn(
    struct audit *, const char *service, const char *name);
void audit_each(struct audit *, const char *name, audit_each_fn *);

/* The type of a table, "hash" of "proxy:hash:/x", as long as the model. */
const char *audit_table_type(struct audit *, const char *spec);

#endif
