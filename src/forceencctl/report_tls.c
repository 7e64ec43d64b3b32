/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/report_tls.h"

#include <string.h>

#include "forceencctl/figures.h"
#include "forceencctl/report_rank.h"

#define REPORT_TLS_BIT(name) (1u << (name))

struct report_tls {
	const struct report_ask *ask;
	json_t *report;
	json_t *guarantee; /* sums */
	json_t *leaks;
	json_t *failures;
	json_t *senders;      /* in plaintext, who aren't forced */
	json_t *destinations; /* without TLS */
	json_t *seen;         /* at destinations, in the days before */
	json_t *vanished;
	json_t *new;
	int64_t level[2][STORE_LEVELS]; /* of this period and the one before */
};

static void
report_tls_filter(
    struct stats_filter *filter, const struct report_period *period)
{
	*filter = (struct stats_filter){
	    .since = period->since, .until = period->until};
}

/* A service is a forced one if it goes by the name of a transport that a map
 * may answer: "forceenc", "postfix/forceenc". */
static bool
report_tls_is_forced(const struct conf *conf, const char *service)
{
	const char *slash = strrchr(service, '/');
	const char *name = slash != NULL ? slash + 1 : service, *answer;
	size_t m, i, len;

	for (m = 0; m < conf->nmaps; m++) {
		for (i = 0; i < conf->map[m].answers.n; i++) {
			answer = conf->map[m].answers.list[i];
			len = strcspn(answer, ":");
			if (strlen(name) == len &&
			    strncmp(name, answer, len) == 0)
				return true;
		}
	}
	return false;
}

static enum store_level
report_tls_level(const char *name)
{
	unsigned i;

	for (i = 0; i < STORE_NO_LEVEL; i++)
		if (name != NULL && strcmp(store_level_name(i), name) == 0)
			break;
	return i;
}

/* Values: service, outcome, level. */
static void
report_tls_sum(const char *const value[], int64_t count, void *arg)
{
	struct report_tls *tls = arg;
	bool forced = report_tls_is_forced(tls->ask->conf, value[0]);
	const char *sum = value[1];

	tls->level[0][report_tls_level(value[2])] += count;
	report_rank_add(tls->guarantee, sum, count);
	if (forced && strcmp(sum, "delivered") == 0)
		report_rank_add(tls->guarantee, "forced", count);
}

/* Values: level. */
static void
report_tls_before(const char *const value[], int64_t count, void *arg)
{
	struct report_tls *tls = arg;

	tls->level[1][report_tls_level(value[0])] += count;
}

/* Values: sender, destination, service, level. */
static void
report_tls_bare(const char *const value[], int64_t count, void *arg)
{
	static const char *const name[] = {
	    "sender", "destination", "service", "level"};
	struct report_tls *tls = arg;
	json_t *row;
	size_t i;

	if (report_tls_is_forced(tls->ask->conf, value[2])) {
		row = json_object();
		for (i = 0; i < 4; i++)
			json_object_set_new(
			    row, name[i], figures_text(value[i]));
		report_rank_add(row, "count", count);
		report_rank_add(tls->guarantee,
		    report_tls_level(value[3]) == STORE_NONE ? "leaked"
							     : "unproven",
		    count);
		json_array_append_new(tls->leaks, row);
		return;
	}
	if (report_tls_level(value[3]) != STORE_NONE)
		return;
	report_rank_add(report_rank_of(tls->senders, value[0]), "count", count);
	row = report_rank_of(tls->destinations, value[1]);
	report_rank_add(row, "count", count);
	report_rank_add(row, "plaintext", count);
	report_rank_add(tls->guarantee, "plaintext", count);
}

/* Values: sender, destination, reason. */
static void
report_tls_hard(const char *const value[], int64_t count, void *arg)
{
	static const char *const name[] = {"sender", "destination", "reason"};
	struct report_tls *tls = arg;
	json_t *row = json_object();
	size_t i;

	for (i = 0; i < 3; i++)
		json_object_set_new(row, name[i], figures_text(value[i]));
	report_rank_add(row, "count", count);
	json_array_append_new(tls->failures, row);
}

/* Values: destination, reason, of failures: the most frequent reason comes
 * first. Our own policy says nothing of the destination. */
static void
report_tls_failed(const char *const value[], int64_t count, void *arg)
{
	struct report_tls *tls = arg;
	json_t *row;

	if (value[1] != NULL &&
	    strcmp(value[1], store_reason_name(STORE_POLICY)) == 0)
		return;
	row = report_rank_of(tls->destinations, value[0]);
	report_rank_add(row, "count", count);
	report_rank_add(row, "failed", count);
	if (json_object_get(row, "reason") == NULL)
		json_object_set_new(row, "reason", figures_text(value[1]));
}

static int
report_tls_count(struct report_tls *tls, struct err *err)
{
	static const enum stats_dimension sum[] = {
	    STATS_SERVICE, STATS_OUTCOME, STATS_LEVEL};
	static const enum stats_dimension level[] = {STATS_LEVEL};
	static const enum stats_dimension bare[] = {
	    STATS_SENDER, STATS_DESTINATION, STATS_SERVICE, STATS_LEVEL};
	static const enum stats_dimension hard[] = {
	    STATS_SENDER, STATS_DESTINATION, STATS_REASON};
	static const enum stats_dimension failed[] = {
	    STATS_DESTINATION, STATS_REASON};
	struct store *store = tls->ask->store;
	struct stats_filter now, before;

	report_tls_filter(&now, &tls->ask->period);
	report_tls_filter(&before, &tls->ask->before);
	if (stats_count(store, &now, sum, 3, report_tls_sum, tls, err) == -1 ||
	    stats_count(
		store, &before, level, 1, report_tls_before, tls, err) == -1)
		return -1;
	now.outcomes = REPORT_TLS_BIT(STORE_HARD);
	if (stats_count(store, &now, hard, 3, report_tls_hard, tls, err) == -1)
		return -1;
	now.outcomes = REPORT_TLS_BIT(STORE_HARD) | REPORT_TLS_BIT(STORE_SOFT);
	if (stats_count(store, &now, failed, 2, report_tls_failed, tls, err) ==
	    -1)
		return -1;
	now.outcomes = REPORT_TLS_BIT(STORE_DELIVERED);
	now.levels = REPORT_TLS_BIT(STORE_NONE) | REPORT_TLS_BIT(STORE_UNKNOWN);
	return stats_count(store, &now, bare, 4, report_tls_bare, tls, err);
}

/* Sessions with TLS, whatever it was good for. */
static int64_t
report_tls_encrypted(const struct stats_sessions *sessions)
{
	return sessions->sessions[STORE_ANONYMOUS] +
	    sessions->sessions[STORE_UNTRUSTED] +
	    sessions->sessions[STORE_TRUSTED] +
	    sessions->sessions[STORE_VERIFIED];
}

static void
report_tls_remember(const struct stats_sessions *sessions, void *arg)
{
	struct report_tls *tls = arg;
	json_t *row = report_rank_of(tls->seen, sessions->destination);

	report_rank_add(row, "tls", report_tls_encrypted(sessions));
	report_rank_add(row, "plaintext", sessions->sessions[STORE_NONE]);
}

/* All that was seen before was of one kind, and all is of the other now. */
static void
report_tls_compare(const struct stats_sessions *sessions, void *arg)
{
	struct report_tls *tls = arg;
	json_t *seen = report_rank_of(tls->seen, sessions->destination);
	int64_t encrypted = report_tls_encrypted(sessions);
	int64_t plaintext = sessions->sessions[STORE_NONE], before;
	json_t *all, *row;

	if (encrypted > 0 && report_rank_get(seen, "tls") == 0) {
		before = report_rank_get(seen, "plaintext");
		all = tls->new;
	} else if (encrypted == 0 && plaintext > 0) {
		before = report_rank_get(seen, "tls");
		all = tls->vanished;
	} else {
		return;
	}
	if (before == 0)
		return;
	row = report_rank_of(all, sessions->destination);
	report_rank_add(row, "count", encrypted > 0 ? encrypted : plaintext);
	report_rank_add(row, "before", before);
	report_rank_add(row, "last_seen", sessions->last_seen);
}

static int
report_tls_changes(struct report_tls *tls, struct err *err)
{
	struct stats_filter filter;

	report_tls_filter(&filter, &tls->ask->period);
	filter.until = filter.since;
	filter.since -= REPORT_TLS_DAYS * INT64_C(86400);
	if (stats_sessions(
		tls->ask->store, &filter, report_tls_remember, tls, err) == -1)
		return -1;
	report_tls_filter(&filter, &tls->ask->period);
	return stats_sessions(
	    tls->ask->store, &filter, report_tls_compare, tls, err);
}

/* Null where nothing went out. */
static json_t *
report_tls_share(const int64_t level[STORE_LEVELS], unsigned i)
{
	int64_t all = 0;
	unsigned k;

	for (k = 0; k < STORE_NO_LEVEL; k++)
		if (k != STORE_LOCAL)
			all += level[k];
	return all > 0 ? json_real((double)level[i] * 100 / (double)all)
		       : json_null();
}

/* Shares of what went to the outside, in per cent. */
static void
report_tls_levels(struct report_tls *tls)
{
	static const enum store_level order[] = {STORE_VERIFIED, STORE_TRUSTED,
	    STORE_UNTRUSTED, STORE_ANONYMOUS, STORE_NONE, STORE_UNKNOWN};
	json_t *list = json_array(), *row;
	size_t i;

	for (i = 0; i < sizeof(order) / sizeof(*order); i++) {
		row = json_object();
		json_object_set_new(
		    row, "level", json_string(store_level_name(order[i])));
		report_rank_add(row, "count", tls->level[0][order[i]]);
		report_rank_add(row, "before", tls->level[1][order[i]]);
		json_object_set_new(
		    row, "share", report_tls_share(tls->level[0], order[i]));
		json_object_set_new(row, "share_before",
		    report_tls_share(tls->level[1], order[i]));
		json_array_append_new(list, row);
	}
	json_object_set_new(tls->report, "levels", list);
	report_rank_add(tls->guarantee, "local", tls->level[0][STORE_LOCAL]);
}

static void
report_tls_put(struct report_tls *tls)
{
	json_t *report = tls->report;
	unsigned limit = tls->ask->limit;

	report_tls_levels(tls);
	json_object_set(report, "guarantee", tls->guarantee);
	report_rank_put(report, "leaks", json_incref(tls->leaks), limit);
	report_rank_put(report, "failures", json_incref(tls->failures), limit);
	report_rank_put(report, "without_tls",
	    report_rank_list(tls->destinations, "destination"), limit);
	report_rank_put(report, "plaintext_senders",
	    report_rank_list(tls->senders, "sender"), limit);
	report_rank_put(report, "tls_vanished",
	    report_rank_list(tls->vanished, "destination"), limit);
	report_rank_put(report, "tls_new",
	    report_rank_list(tls->new, "destination"), limit);
}

int
report_tls_gather(const struct report_ask *ask, json_t *report, struct err *err)
{
	struct report_tls tls = {.ask = ask,
	    .report = report,
	    .guarantee = json_object(),
	    .leaks = json_array(),
	    .failures = json_array(),
	    .senders = json_object(),
	    .destinations = json_object(),
	    .seen = json_object(),
	    .vanished = json_object(),
	    .new = json_object()};
	int rc = report_tls_count(&tls, err);

	if (rc == 0)
		rc = report_tls_changes(&tls, err);
	if (rc == 0)
		report_tls_put(&tls);
	json_decref(tls.guarantee);
	json_decref(tls.leaks);
	json_decref(tls.failures);
	json_decref(tls.senders);
	json_decref(tls.destinations);
	json_decref(tls.seen);
	json_decref(tls.vanished);
	json_decref(tls.new);
	return rc;
}
