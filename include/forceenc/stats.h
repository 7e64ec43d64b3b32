/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STATS_H
#define FORCEENC_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc/address.h"
#include "forceenc/err.h"
#include "forceenc/store.h"

/*
 * Questions to the statistics database. Each sees it as of one moment. The
 * bytes handed out come from logs: NUL-terminated and borrowed for the call,
 * but not always UTF-8. Functions return 0, or -1 with err.
 */

struct stats_filter {
	/* As the administrator writes it: an address stands for itself and,
	 * unless it has one, all its extensions; "@example.com" for the
	 * domain; "<>" for the null sender. Case and spelling as in
	 * address_keys(). NULL: everybody. */
	const char *sender;
	struct address_rules rules;
	/* Seconds since the epoch, the hours that hold them included; what was
	 * rolled up counts with the days that hold them. until isn't
	 * included. STATS_ALWAYS for no bound. */
	int64_t since;
	int64_t until;
	/* Bits (1u << STORE_HARD) of the outcomes and levels that count; 0 for
	 * all of them. Only stats_count() looks at them. */
	unsigned outcomes;
	unsigned levels;
};

#define STATS_ALWAYS INT64_MIN

enum stats_dimension {
	STATS_SENDER,
	STATS_DESTINATION,
	STATS_SERVICE,
	STATS_OUTCOME,
	STATS_LEVEL,  /* NULL where nothing was delivered */
	STATS_REASON, /* NULL where there is none */
	STATS_HOUR,   /* "2026-06-21T00:00Z", or only the day if it was rolled
		       * up */
	STATS_DAY,    /* "2026-06-21", UTC */
	STATS_HOST,
	STATS_DIMENSIONS
};

const char *stats_dimension_name(enum stats_dimension);
/* STATS_DIMENSIONS if there is none of this name. */
enum stats_dimension stats_dimension_find(const char *name, size_t len);

/* Recipients by any dimensions, each at most once; n may be 0: the total. The
 * earliest hour or day first, then the largest count. */
typedef void stats_count_fn(
    const char *const value[], int64_t count, void *arg);
int stats_count(struct store *, const struct stats_filter *,
    const enum stats_dimension *by, unsigned n, stats_count_fn *, void *arg,
    struct err *);

/* What a sender's recipients come to. */
enum stats_measure {
	STATS_SENT,      /* delivered */
	STATS_PLAINTEXT, /* of those: without TLS */
	STATS_UNTRUSTED, /* of those: with TLS, but without a good certificate */
	STATS_SOFT,
	STATS_HARD,
	STATS_MEASURES
};

const char *stats_measure_name(enum stats_measure);
/* STATS_MEASURES if there is none of this name. */
enum stats_measure stats_measure_find(const char *name);

/* The limit senders with the most of a measure, if they have any. */
typedef void stats_top_fn(
    const char *sender, const int64_t count[STATS_MEASURES], void *arg);
int stats_top(struct store *, const struct stats_filter *, enum stats_measure,
    unsigned limit, stats_top_fn *, void *arg, struct err *);

/* The last enforcement failures, the newest first. */
struct stats_failure {
	int64_t time;
	const char *host;
	const char *sender;
	const char *queue_id;
	const char *destination;
	const char *recipient; /* "" unless store_recipients is on */
	const char *relay;
	const char *service;
	const char *outcome;
	const char *reason; /* "": none */
	const char *text;
};

typedef void stats_failure_fn(const struct stats_failure *, void *arg);
int stats_failures(struct store *, const struct stats_filter *, unsigned limit,
    stats_failure_fn *, void *arg, struct err *);

/* What is known of each destination that the sender has delivered to: most
 * recipients first. */
struct stats_evidence {
	const char *destination;
	int64_t delivered[STORE_LEVELS]; /* recipients of the sender's */
	int64_t sessions[STORE_LEVELS];  /* anybody's */
	int64_t last_seen;               /* of the latest one, or 0 */
};

typedef void stats_evidence_fn(const struct stats_evidence *, void *arg);
int stats_evidence(struct store *, const struct stats_filter *,
    stats_evidence_fn *, void *arg, struct err *);

/* TLS that was seen at each destination, by anybody. The filter has neither
 * sender nor outcomes nor levels. */
struct stats_sessions {
	const char *destination;
	int64_t sessions[STORE_LEVELS];
	int64_t last_seen;
};

typedef void stats_sessions_fn(const struct stats_sessions *, void *arg);
int stats_sessions(struct store *, const struct stats_filter *,
    stats_sessions_fn *, void *arg, struct err *);

/* What was counted as struct store_total, the earliest first. The filter has
 * neither sender nor outcomes nor levels. */
struct stats_total {
	int64_t hour; /* since the epoch; the first of a day that was rolled
		       * up */
	bool rolled;
	const char *host;
	const char *service;
	const char *what; /* not always one that we know */
	int64_t n;
};

typedef void stats_total_fn(const struct stats_total *, void *arg);
int stats_totals(struct store *, const struct stats_filter *, stats_total_fn *,
    void *arg, struct err *);

/* The first hour, since the epoch, of which anything is kept; INT64_MAX if
 * nothing is. */
int stats_first_hour(struct store *, int64_t *hour, struct err *);

/* Everything that is kept for store_get_blob(), of every host, in order. */
typedef void stats_blob_fn(const char *host, const char *name,
    const void *bytes, size_t len, void *arg);
int stats_blobs(struct store *, stats_blob_fn *, void *arg, struct err *);

#endif
