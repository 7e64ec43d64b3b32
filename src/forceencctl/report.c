/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/report.h"

#include "forceencctl/figures.h"
#include "forceencctl/report_problems.h"
#include "forceencctl/report_tls.h"
#include "forceencctl/report_totals.h"
#include "forceencctl/report_watch.h"

static json_t *
report_period_record(const struct report_period *period)
{
	json_t *record = json_object();

	json_object_set_new(record, "title", json_string(period->title));
	json_object_set_new(record, "since", json_integer(period->since));
	json_object_set_new(record, "until", json_integer(period->until));
	json_object_set_new(record, "zone", figures_text(period->zone));
	json_object_set_new(record, "utc", json_boolean(period->utc));
	json_object_set_new(record, "open", json_boolean(period->open));
	return record;
}

int
report_gather(const struct report_ask *ask, json_t **report, struct err *err)
{
	json_t *record = json_object();

	json_object_set_new(record, "host", figures_text(ask->host));
	json_object_set_new(record, "time", json_integer(ask->now));
	json_object_set_new(
	    record, "period", report_period_record(&ask->period));
	json_object_set_new(
	    record, "before", report_period_record(&ask->before));
	json_object_set_new(record, "problems", json_null());
	json_object_set_new(record, "more", json_object());
	if (report_tls_gather(ask, record, err) == -1 ||
	    report_totals_gather(ask, record, err) == -1 ||
	    report_watch_gather(ask, record, err) == -1) {
		json_decref(record);
		return -1;
	}
	report_problems_add(record, ask->now);
	*report = record;
	return 0;
}
