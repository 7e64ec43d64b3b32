/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/totals.h"

#include <string.h>
#include <time.h>

/* Hours of a gap that are told of one by one. */
#define TOTALS_GAP_MAX (24 * 400)
/* No zone's day begins within such a piece of time. */
#define TOTALS_QUARTER 900

void
totals_add(struct inflight *inflight, const struct inflight_source *source,
    enum store_what what, uint64_t n)
{
	tally_add_total(inflight->tally, inflight_hour(source->time),
	    source->service->name, what, n);
}

void
totals_received(struct inflight *inflight, const struct inflight_source *source,
    const struct event *event, uint32_t times)
{
	totals_add(inflight, source, STORE_RECEIVED, times);
	if (event->queue_id.len > 0)
		arrivals_add(&inflight->arrivals, source->service,
		    event->queue_id.s, event->queue_id.len, source->time);
}

void
totals_active(struct inflight *inflight, const struct inflight_source *source,
    struct message *message, const struct event *event)
{
	bool arrived = arrivals_take(&inflight->arrivals, source->service,
	    event->queue_id.s, event->queue_id.len, source->time);

	if (message->size != 0 && !arrived)
		return;
	message->size = event->n;
	if (!arrived)
		return;
	/* Of one before it with the same id nobody has seen the end. */
	message->deferred_day = 0;
	totals_add(inflight, source, STORE_BYTES_RECEIVED, event->n);
}

/* Days since the epoch, and one. */
static int32_t
totals_day(struct inflight *inflight, int64_t at)
{
	time_t t = (time_t)at;
	struct tm tm;

	if (inflight->quarter == at / TOTALS_QUARTER && inflight->day != 0)
		return inflight->day;
	if (localtime_r(&t, &tm) == NULL)
		return 1;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	inflight->quarter = at / TOTALS_QUARTER;
	inflight->day = (int32_t)(timegm(&tm) / 86400 + 1);
	return inflight->day;
}

static void
totals_deferred(struct inflight *inflight, const struct inflight_source *source,
    struct message *message, uint32_t times)
{
	int32_t day = totals_day(inflight, source->time);

	totals_add(inflight, source, STORE_DEFERRALS, times);
	if (message == NULL || message->deferred_day == 0)
		totals_add(inflight, source, STORE_PUT_OFF, 1);
	else if (message->deferred_day != day)
		totals_add(inflight, source, STORE_PUT_OFF_BEFORE, 1);
	if (message != NULL)
		message->deferred_day = day;
}

/* Only local(8) says so, of mail that becomes another message. */
static bool
totals_is_forwarded(
    const struct inflight_source *source, const struct event *event)
{
	static const char words[] = "forwarded as ";

	return source->process != EVENT_PROCESS_CLIENT &&
	    memmem(event->text.s, event->text.len, words, sizeof(words) - 1) !=
	    NULL;
}

void
totals_delivered(struct inflight *inflight,
    const struct inflight_source *source, struct message *message,
    const struct event *event, uint32_t times)
{
	switch (event->outcome) {
	case STORE_DELIVERED:
		if (totals_is_forwarded(source, event)) {
			totals_add(inflight, source, STORE_FORWARDED, times);
			break;
		}
		totals_add(inflight, source, STORE_HANDED_ON, times);
		if (message != NULL)
			totals_add(inflight, source, STORE_BYTES_DELIVERED,
			    message->size * times);
		break;
	case STORE_SOFT:
	case STORE_DEFERRED:
		totals_deferred(inflight, source, message, times);
		break;
	case STORE_HARD:
	case STORE_BOUNCED:
		totals_add(inflight, source, STORE_RETURNED, times);
		break;
	case STORE_EXPIRED:
	case STORE_OUTCOMES:
		break;
	}
}

void
totals_gap(struct inflight *inflight, int64_t since, int64_t now)
{
	uint32_t hour = inflight_hour(since), end = inflight_hour(now);

	if (end > hour + TOTALS_GAP_MAX)
		hour = end - TOTALS_GAP_MAX;
	do {
		tally_add_total(inflight->tally, hour, NULL, STORE_GAPS, 1);
	} while (++hour <= end);
}
