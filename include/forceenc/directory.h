/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_DIRECTORY_H
#define FORCEENC_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "forceenc/dial.h"
#include "forceenc/err.h"

/*
 * The little of LDAP that is needed here: a connection that a dial job makes
 * (TLS and logging in block inside the library), and searches on it that never
 * block, many at a time. The only user of <ldap.h>.
 */
struct directory;

enum directory_tls {
	DIRECTORY_TLS_NONE,
	DIRECTORY_TLS_AT_ONCE, /* ldaps:// */
	DIRECTORY_TLS_START,   /* StartTLS */
};

enum directory_bind {
	DIRECTORY_BIND_NONE,
	DIRECTORY_BIND_SIMPLE,
	DIRECTORY_BIND_EXTERNAL,
};

/* Texts that aren't needed are "" or NULL. */
struct directory_options {
	const char *url; /* its host is what the certificate must be for */
	bool local;      /* a unix socket */
	enum directory_tls tls;
	const char *tls_ca_file;
	const char *tls_ca_dir;
	const char *tls_cert;
	const char *tls_key;
	const char *tls_ciphers;
	bool tls_verify;
	enum directory_bind bind;
	const char *bind_dn;
	const char *bind_pw;
	const char *authz_id;
	unsigned dereference; /* as ldap_table(5) counts */
	unsigned debuglevel;
};

/* Once, before the first connection: configuration files and environment of
 * the library are for people's tools, not for a daemon. */
void directory_init(void);

/* A dial job's step and its arg, which is a copy of the options. The result is
 * a struct directory. */
extern const struct dial_step directory_step;
void *directory_step_arg(const struct directory_options *);

void directory_close(struct directory *); /* NULL is fine */
int directory_fd(const struct directory *);

enum directory_scope {
	DIRECTORY_BASE,
	DIRECTORY_ONE,
	DIRECTORY_SUB,
};

struct directory_search {
	const char *base;
	enum directory_scope scope;
	const char *filter;
	char **attributes;   /* NULL-terminated */
	unsigned size_limit; /* 0: none */
	unsigned time_limit; /* seconds, for the server; 0: none */
	/* The value of a content synchronisation request control (RFC 4533);
	 * NULL: none. */
	const char *sync;
	size_t sync_len;
	/* Entries of one answer; 0: all. More come for the same search with the
	 * page that its result had. */
	int page_size;
	const char *page;
	size_t page_len;
};

enum directory_sent {
	DIRECTORY_SENT,     /* *id is set */
	DIRECTORY_SENT_BUT, /* the same, but the socket takes no more: wait until
			     * it's writable, then call directory_next() */
	DIRECTORY_FULL,     /* not sent, for the same reason */
	DIRECTORY_REFUSED,  /* the library refuses this search; err */
	DIRECTORY_LOST,     /* the connection is gone; err */
};

enum directory_sent directory_send(
    struct directory *, const struct directory_search *, int *id, struct err *);

enum directory_kind {
	DIRECTORY_NOTHING,   /* nothing more for now */
	DIRECTORY_ENTRY,     /* directory_each_value() until the next call */
	DIRECTORY_REFERENCE, /* part of the search lies elsewhere: why */
	DIRECTORY_SYNC,      /* a content synchronisation message: sync */
	DIRECTORY_RESULT,    /* the end of a search or a change: result, and why
			      * if it isn't OK */
	DIRECTORY_GONE,      /* the connection is of no more use: why */
};

enum directory_result {
	DIRECTORY_OK,
	DIRECTORY_NO_BASE,     /* noSuchObject */
	DIRECTORY_TOO_MANY,    /* sizeLimitExceeded */
	DIRECTORY_UNAVAILABLE, /* busy, unavailable, unwillingToPerform: another
				* server may do better */
	DIRECTORY_NO_SYNC,     /* the server can't tell of changes */
	DIRECTORY_SYNC_ANEW,   /* e-syncRefreshRequired */
	DIRECTORY_FAILED,
	/* Of a change. */
	DIRECTORY_REFERRED, /* another server would have to make it */
	DIRECTORY_DENIED,   /* insufficientAccessRights */
	DIRECTORY_NO_CLASS, /* objectClassViolation */
};

struct directory_event {
	enum directory_kind kind;
	int id;
	enum directory_result result;
	/* Of SYNC the message, of an ENTRY the sync state control, of a
	 * RESULT NULL; until the next call. */
	const char *sync;
	size_t sync_len;
	/* Of a RESULT, if there are more entries: until the next call. */
	const char *page;
	size_t page_len;
	struct err why;
};

/* Never blocks. Call it until it says NOTHING: the library may hold more than
 * the socket shows. */
void directory_next(struct directory *, struct directory_event *);

/* Bytes were read from the socket that directory_next() hasn't used yet. No
 * look at the socket itself. */
bool directory_holds_bytes(const struct directory *);

/* The values of the entry that directory_next() gave last. -1 with err if it
 * can't be read to its end: there may be more of them. */
typedef void directory_value_fn(const char *value, size_t len, void *arg);
int directory_each_value(
    struct directory *, directory_value_fn *, void *arg, struct err *);
/* Its name as the server has it; one that is too long is cut, and printable. */
void directory_entry_name(const struct directory *, char *out, size_t size);

#endif
