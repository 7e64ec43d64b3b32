/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/metrics.h"

#include "forceenc-watch/ready.h"
#include "forceenc/self.h"

static void
metrics_deliveries(struct prometheus *page, const struct meter *meter)
{
	const struct meter_service *service, *end;
	unsigned level;

	end = meter->service + meter->nservices;
	prometheus_family(page, PROMETHEUS_COUNTER,
	    "forceenc_watch_deliveries_total",
	    "Recipients that were delivered to, by service and level of TLS.");
	for (service = meter->service; service < end; service++) {
		for (level = 0; level < STORE_NO_LEVEL; level++) {
			prometheus_label(page, "service", service->name);
			prometheus_label(
			    page, "level", store_level_name(level));
			prometheus_count(page, service->delivered[level]);
		}
	}
}

static void
metrics_failures(struct prometheus *page, const struct meter *meter)
{
	static const enum store_outcome outcomes[] = {STORE_SOFT, STORE_HARD};
	const struct meter_service *service, *end;
	unsigned i, reason;

	end = meter->service + meter->nservices;
	prometheus_family(page, PROMETHEUS_COUNTER,
	    "forceenc_watch_failures_total",
	    "Recipients that weren't delivered to since TLS was enforced: "
	    "deferred (soft) or bounced (hard).");
	for (service = meter->service; service < end; service++) {
		for (i = 0; i < 2; i++) {
			for (reason = STORE_NO_REASON + 1;
			     reason < STORE_REASONS; reason++) {
				prometheus_label(
				    page, "service", service->name);
				prometheus_label(page, "outcome",
				    store_outcome_name(outcomes[i]));
				prometheus_label(
				    page, "reason", store_reason_name(reason));
				prometheus_count(
				    page, service->enforced[i][reason]);
			}
		}
	}
}

static void
metrics_undelivered(struct prometheus *page, const struct meter *meter)
{
	static const enum store_outcome outcomes[] = {
	    STORE_DEFERRED, STORE_BOUNCED, STORE_EXPIRED};
	const struct meter_service *service, *end;
	unsigned i;

	end = meter->service + meter->nservices;
	prometheus_family(page, PROMETHEUS_COUNTER,
	    "forceenc_watch_undelivered_total",
	    "Recipients that weren't delivered to for other reasons.");
	for (service = meter->service; service < end; service++) {
		for (i = 0; i < 3; i++) {
			prometheus_label(page, "service", service->name);
			prometheus_label(
			    page, "outcome", store_outcome_name(outcomes[i]));
			prometheus_count(
			    page, service->undelivered[outcomes[i]]);
		}
	}
}

static void
metrics_levels(struct prometheus *page, const char *name, const char *help,
    const uint64_t *count)
{
	unsigned level;

	prometheus_family(page, PROMETHEUS_COUNTER, name, help);
	for (level = 0; level < STORE_NO_LEVEL; level++) {
		prometheus_label(page, "level", store_level_name(level));
		prometheus_count(page, count[level]);
	}
}

static void
metrics_store(struct prometheus *page, const struct meter *meter)
{
	prometheus_gauge(page, "forceenc_watch_store_up",
	    "Whether the store could be written the last time.",
	    !meter->failing);
	prometheus_counter(page, "forceenc_watch_commits_total",
	    "Times that what was counted was written.", meter->commits);
	prometheus_counter(page, "forceenc_watch_commit_failures_total",
	    "Times that it couldn't be.", meter->commits_failed);
	prometheus_counter(page, "forceenc_watch_tidy_failures_total",
	    "Times that old statistics couldn't be removed.",
	    meter->tidies_failed);
	prometheus_counter(page, "forceenc_watch_store_conflicts_total",
	    "Times that somebody else's lock or transaction was in the way of "
	    "ours, which was begun anew.",
	    meter->conflicts);
	prometheus_counter(page, "forceenc_watch_store_reopens_total",
	    "Times that the store had been removed or replaced.",
	    meter->reopens);
}

static void
metrics_reloads(struct prometheus *page, const struct meter *meter)
{
	prometheus_family(page, PROMETHEUS_COUNTER,
	    "forceenc_watch_reloads_total",
	    "Times that the configuration was read anew.");
	prometheus_label(page, "outcome", "done");
	prometheus_count(page, meter->reloads);
	prometheus_label(page, "outcome", "failed");
	prometheus_count(page, meter->reloads_failed);
}

static void
metrics_lag_bytes(struct prometheus *page, int64_t behind)
{
	prometheus_family(page, PROMETHEUS_GAUGE, "forceenc_watch_lag_bytes",
	    "Bytes of the log that weren't read yet; not told of a journal.");
	if (behind >= 0)
		prometheus_count(page, (uint64_t)behind);
}

/* What the walk of the lines says. */
static void
metrics_log(struct prometheus *page, const struct walk *walk)
{
	const struct walk_counters *counters = &walk->counters;
	const struct inflight *inflight = walk->inflight;

	prometheus_counter(page, "forceenc_watch_lines_total",
	    "Lines that were read.", counters->lines);
	prometheus_counter(page, "forceenc_watch_read_bytes_total",
	    "Bytes that were read.", counters->bytes);
	prometheus_counter(page, "forceenc_watch_lines_unparsed_total",
	    "Lines of Postfix that should have been counted and couldn't be.",
	    counters->unparsed);
	prometheus_counter(page, "forceenc_watch_lines_foreign_total",
	    "Lines of no format that is known.", counters->other);
	prometheus_counter(page, "forceenc_watch_lines_cut_total",
	    "Lines that were too long.", counters->cut);
	prometheus_counter(page, "forceenc_watch_repeats_lost_total",
	    "Repetitions of a line that isn't there.", counters->repeats_lost);
	prometheus_counter(page, "forceenc_watch_gaps_total",
	    "Times that lines were lost.", counters->gaps);
	prometheus_counter(page, "forceenc_watch_evictions_total",
	    "Messages and processes that were forgotten for want of room.",
	    walk_evicted(walk));
	prometheus_counter(page, "forceenc_watch_services_refused_total",
	    "Programs that were ignored, since there were too many.",
	    scene_refused(walk->scene));
	prometheus_counter(page, "forceenc_watch_senders_unknown_total",
	    "Deliveries whose sender the log doesn't tell.",
	    inflight->senders_unknown);
	prometheus_counter(page, "forceenc_watch_disagreements_total",
	    "Deliveries for which Postfix says two things about TLS.",
	    inflight->disagreements);
	prometheus_gauge(page, "forceenc_watch_messages",
	    "Messages in the queue that are remembered.",
	    messages_count(inflight->messages));
}

void
metrics_write(struct prometheus *page, const struct view *view, uint64_t now,
    uint64_t wall)
{
	const struct meter *meter = view->meter;
	struct buf why = {0};

	self_write(page, "forceenc-watch", view->started_wall);
	prometheus_gauge(page, "forceenc_watch_ready",
	    "Whether the statistics follow the log, as /readyz says.",
	    ready_ask(view, now, wall, &why));
	buf_fini(&why);
	prometheus_family(page, PROMETHEUS_GAUGE, "forceenc_watch_lag_seconds",
	    "How old the statistics are.");
	prometheus_real(page, (double)ready_lag(view, now, wall) / 1000);
	metrics_deliveries(page, meter);
	metrics_failures(page, meter);
	metrics_undelivered(page, meter);
	metrics_levels(page, "forceenc_watch_sessions_total",
	    "TLS sessions to other hosts, by level.", meter->sessions);
	metrics_levels(page, "forceenc_watch_inbound_sessions_total",
	    "Sessions of clients that spoke of mail, by level.",
	    meter->inbound);
	metrics_store(page, meter);
	metrics_reloads(page, meter);
	if (view->input != NULL) {
		metrics_lag_bytes(page, input_behind(view->input));
		prometheus_gauge(page, "forceenc_watch_log_up",
		    "Whether there is a log to follow.",
		    input_is_there(view->input));
	}
	if (view->walk != NULL)
		metrics_log(page, view->walk);
	http_write(view->http, page);
}
