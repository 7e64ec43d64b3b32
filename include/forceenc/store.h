/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_H
#define FORCEENC_STORE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc/err.h"

/*
 * The statistics database. forceenc-watch is its one writer (per host);
 * forceencctl reads. What a batch holds is committed in one transaction:
 * counters, the position in the log up to which they count, and the state
 * that is needed to go on from there. kill -9 at any moment leaves either
 * all of it or nothing.
 */
struct store;

enum store_outcome { /* in the database by name, not by number */
	STORE_DELIVERED,
	STORE_SOFT,     /* a TLS enforcement failure that was deferred */
	STORE_HARD,     /* a TLS enforcement failure that bounced */
	STORE_DEFERRED, /* deferred for another reason */
	STORE_BOUNCED,  /* bounced for another reason */
	STORE_EXPIRED,  /* given up after too long */
	STORE_OUTCOMES
};

enum store_level { /* of what was delivered */
	STORE_NONE,
	STORE_ANONYMOUS,
	STORE_UNTRUSTED,
	STORE_TRUSTED,
	STORE_VERIFIED,
	STORE_LOCAL,    /* a content filter, a local relay: not the outside */
	STORE_UNKNOWN,  /* the log doesn't say: never guessed */
	STORE_NO_LEVEL, /* nothing was delivered: NULL in the database */
	STORE_LEVELS
};

enum store_reason { /* of an enforcement failure */
	STORE_NO_REASON,
	STORE_NOT_OFFERED,
	STORE_REFUSED,
	STORE_HANDSHAKE,
	STORE_CERTIFICATE,
	STORE_DANE,
	STORE_POLICY, /* our own policy table, engine, configuration */
	STORE_REQUIRETLS,
	STORE_OTHER,
	STORE_REASONS
};

/* What a postmaster counts, and what the watcher has missed. Messages, unless
 * something else is said; etc/sql/stats-002.sql tells more. */
enum store_what {
	STORE_RECEIVED,
	STORE_HANDED_ON, /* recipients, but for forwarded ones: "delivered" */
	STORE_FORWARDED, /* recipients whose mail became another message */
	STORE_PUT_OFF,   /* deferred for the first time: "deferred" */
	STORE_PUT_OFF_BEFORE, /* for the first time on a later day */
	STORE_DEFERRALS,      /* recipients, each time */
	STORE_RETURNED,       /* recipients: "bounced" */
	STORE_REJECTED,
	STORE_WARNED,
	STORE_HELD,
	STORE_DISCARDED,
	STORE_MILTER_REJECTED, /* while there was no message yet */
	STORE_BYTES_RECEIVED,
	STORE_BYTES_DELIVERED,
	STORE_GAPS, /* lines of this hour may be missing */
	STORE_LOST, /* lines, as the logger says */
	STORE_EVICTED,
	STORE_UNPARSED,
	STORE_CUT,
	STORE_REPEATS_LOST,
	STORE_WHATS
};

/* "delivered", "soft", ...; "none", "anonymous", ...; "not-offered", ...;
 * "received", "delivered", ... */
const char *store_outcome_name(enum store_outcome);
const char *store_level_name(enum store_level);   /* NULL for NO_LEVEL */
const char *store_reason_name(enum store_reason); /* NULL for NO_REASON */
const char *store_what_name(enum store_what);
/* STORE_WHATS if there is none of this name. */
enum store_what store_what_find(const char *name);

/* Everything that is counted has an hour: seconds since the epoch / 3600.
 * Strings are NUL-terminated and borrowed for the call; senders are in the
 * canonical form of address_keys()' first key. */
struct store_count {
	uint32_t hour;
	const char *sender;
	const char *destination; /* the recipient's domain */
	const char *service;     /* syslog_name: "postfix", "forceenc" */
	/* Where they aren't 0, a hint: no other string has this number, or
	 * will have it while the program runs. */
	uint64_t sender_number;
	uint64_t destination_number;
	uint8_t outcome;
	uint8_t level;
	uint8_t reason;
	uint32_t n; /* recipients */
};

/* TLS seen at a destination. */
struct store_session {
	uint32_t hour;
	const char *destination;
	const char *mx;      /* host name of the relay */
	const char *version; /* "TLSv1.3"; "" for plaintext */
	const char *cipher;
	uint64_t destination_number; /* as above */
	uint64_t mx_number;
	uint8_t level;     /* not NO_LEVEL */
	int64_t last_seen; /* seconds since the epoch */
	uint32_t n;
};

/* Inbound (smtpd), in total. */
struct store_inbound {
	uint32_t hour;
	uint8_t level; /* not NO_LEVEL */
	uint32_t n;    /* sessions */
};

/* What a postmaster counts. Sizes come from the log, and whoever may write into
 * it may write any: a total of an hour, or of a day, grows up to this and stays
 * there, since a sum that the database can't hold could never be written. */
#define STORE_TOTAL_MAX (INT64_C(1) << 53)

struct store_total {
	uint32_t hour;
	const char *service; /* syslog_name; "": none */
	uint8_t what;
	uint64_t n; /* at most STORE_TOTAL_MAX */
};

/* One enforcement failure; the last failures_kept of a sender are kept. */
struct store_failure {
	int64_t time; /* seconds since the epoch */
	const char *sender;
	const char *queue_id;
	const char *destination;
	const char *recipient; /* "" unless store_recipients is on */
	const char *relay;
	const char *service;
	uint8_t outcome; /* SOFT or HARD */
	uint8_t reason;
	const char *text; /* the words of the log, printable */
};

/* A named blob: the position in an input, the state of the correlator, a
 * counter of the watcher's own ("lines", "unparsed", ...). */
struct store_blob {
	const char *name;
	const void *bytes;
	size_t len; /* 0: remove it */
};

struct store_batch {
	const struct store_count *count;
	size_t ncounts;
	const struct store_session *session;
	size_t nsessions;
	const struct store_inbound *inbound;
	size_t ninbounds;
	const struct store_total *total;
	size_t ntotals;
	const struct store_failure *failure;
	size_t nfailures;
	const struct store_blob *blob;
	size_t nblobs;
};

enum store_mode { STORE_READ, STORE_WRITE };

/* Once, before there are threads and databases. */
void store_init(void);

/* Why a store can't be opened. */
enum store_trouble {
	STORE_WRONG,  /* it stays so until somebody changes something */
	STORE_AWAY,   /* no server can be had at the moment */
	STORE_LOCKED, /* somebody else has locked the database */
};

/* Waits as poll(2) does. */
typedef int store_poll_fn(struct pollfd *, nfds_t, int ms, void *arg);

struct conf_pgsql;

struct store_place {
	const char *spec; /* "sqlite:/path", "pgsql:/path/of/a.cf" */
	/* What that file says. Borrowed for the call. */
	const struct conf_pgsql *pgsql;
	/* Whose name a writer counts under, a dimension of all that it
	 * writes. */
	const char *host;
	/* That is the machine's, and nobody has chosen it. Where all of a
	 * database in SQLite is kept under one other name, it's the one that
	 * the machine had before: the writer goes on from there, and *before
	 * becomes that name, for the caller to free. NULL: it doesn't. */
	char **before;
	/* Becomes readable when nobody wants to wait much longer for a server
	 * that doesn't answer; -1: none. */
	int stop;
	/* Who has more to do than to wait for servers waits for them here; NULL
	 * is poll(2). Nothing of the store may be called from within. A lock
	 * on a database in SQLite, where nothing can be waited for in such a
	 * way, then isn't waited for at all. */
	store_poll_fn *poll;
	void *arg;
	/* Told when it can't be opened; NULL: nobody asks. */
	enum store_trouble *trouble;
};

/* In WRITE mode the database is made if it isn't there, and migrated if it's
 * older; in PostgreSQL there may be one writer of a host. */
struct store *store_open_place(
    const struct store_place *, enum store_mode, struct err *);
/* The same of what needs no more than its spec. */
struct store *store_open(
    const char *spec, enum store_mode, const char *host, struct err *);
void store_close(struct store *); /* NULL is fine */

/* All or nothing. -1: nothing was written (locked, disk full, gone), and the
 * same batch can be tried again; or the store is lost. What PostgreSQL has
 * undone because another transaction was in the way is begun anew at once, a
 * few times; so it is in store_tidy(). */
int store_commit(struct store *, const struct store_batch *, struct err *);

/* How often somebody else's transaction or lock was in the way since it was
 * asked last. */
unsigned store_conflicts(struct store *);

/* Whether what failed last was in the way of a lock that somebody else has on
 * the database: mostly it's gone in a moment, and nothing is wrong. */
bool store_locked(const struct store *);

/* Whether the database was removed or replaced since it was opened, or the
 * connection to it has ended: then all calls fail for good, and what was
 * committed last may be there or not. Open it again, and go on from the
 * position that is in it by then. */
bool store_lost(const struct store *);

/* A blob as of the last commit. 1 with *bytes owned by the caller, 0 if
 * there is none, -1. */
int store_get_blob(
    struct store *, const char *name, void **bytes, size_t *len, struct err *);

/* Rolls hours older than keep_hours up into days, and removes what is older
 * than keep_days; does a bounded piece of work a call, in a transaction of
 * its own. 1: there is more to do. */
int store_tidy(struct store *, int64_t now, unsigned keep_hours,
    unsigned keep_days, unsigned failures_kept, struct err *);

#endif
