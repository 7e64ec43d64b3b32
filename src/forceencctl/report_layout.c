/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/report_layout.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "forceencctl/report_rank.h"

#define REPORT_LAYOUT_COUNT(table) (sizeof(table) / sizeof(*(table)))

static const struct print_column report_layout_leaks[] = {
    {"sender", "SENDER", PRINT_TEXT, 30},
    {"destination", "DESTINATION", PRINT_TEXT, 24},
    {"level", "LEVEL", PRINT_TEXT, 0},
    {"count", "RECIPIENTS", PRINT_COUNT, 0},
};

static const struct print_column report_layout_failures[] = {
    {"sender", "SENDER", PRINT_TEXT, 30},
    {"destination", "DESTINATION", PRINT_TEXT, 22},
    {"reason", "REASON", PRINT_TEXT, 0},
    {"count", "RECIPIENTS", PRINT_COUNT, 0},
};

static const struct print_column report_layout_without[] = {
    {"destination", "DESTINATION", PRINT_TEXT, 30},
    {"reason", "REASON", PRINT_TEXT, 0},
    {"failed", "FAILED", PRINT_COUNT, 0},
    {"plaintext", "IN PLAINTEXT", PRINT_COUNT, 0},
};

static const struct print_column report_layout_plaintext[] = {
    {"sender", "SENDER", PRINT_TEXT, 44},
    {"count", "RECIPIENTS", PRINT_COUNT, 0},
};

static const struct print_column report_layout_changed[] = {
    {"destination", "DESTINATION", PRINT_TEXT, 30},
    {"count", "SESSIONS", PRINT_COUNT, 0},
    {"before", "BEFORE", PRINT_COUNT, 0},
    {"last_seen", "LAST SEEN", PRINT_TIME, 0},
};

static const struct print_column report_layout_gaps[] = {
    {"since", "FROM", PRINT_TIME, 0},
    {"until", "TO", PRINT_TIME, 0},
    {"count", "COUNT", PRINT_COUNT, 0},
    {"why", "WHY", PRINT_TEXT, 0},
    {"host", "HOST", PRINT_TEXT, 24},
};

static const struct print_column report_layout_hours[] = {
    {"hour", "HOUR", PRINT_TEXT, 0},
    {"received", "RECEIVED", PRINT_COUNT, 0},
    {"delivered", "DELIVERED", PRINT_COUNT, 0},
    {"deferred", "DEFERRED", PRINT_COUNT, 0},
    {"bounced", "BOUNCED", PRINT_COUNT, 0},
    {"rejected", "REJECTED", PRINT_COUNT, 0},
};

#define REPORT_LAYOUT_COLUMNS(table) (table), REPORT_LAYOUT_COUNT(table)

const struct report_section report_sections[] = {
    {REPORT_LIST, "leaks", "Leaks",
	"Forced mail that left without TLS (none), or of which the log "
	"doesn't tell (unknown).",
	REPORT_LAYOUT_COLUMNS(report_layout_leaks)},
    {REPORT_LIST, "failures", "Mail that came back",
	"TLS was enforced and couldn't be had; \"forceencctl failures\" "
	"shows what was said.",
	REPORT_LAYOUT_COLUMNS(report_layout_failures)},
    {REPORT_LIST, "tls_vanished", "TLS vanished",
	"Destinations with TLS in the four weeks before, and none now.",
	REPORT_LAYOUT_COLUMNS(report_layout_changed)},
    {REPORT_LIST, "gaps", "What wasn't counted",
	"Hours of which the figures aren't complete.",
	REPORT_LAYOUT_COLUMNS(report_layout_gaps)},
    {REPORT_LIST, "without_tls", "Destinations without good TLS",
	"Failed, as TLS was enforced; or delivered in plaintext, as it "
	"wasn't.",
	REPORT_LAYOUT_COLUMNS(report_layout_without)},
    {REPORT_LIST, "plaintext_senders", "In plaintext",
	"Senders who aren't forced, and whose mail left without TLS.",
	REPORT_LAYOUT_COLUMNS(report_layout_plaintext)},
    {REPORT_LEVELS, "levels", "Trust of what left for the outside world", NULL,
	NULL, 0},
    {REPORT_LIST, "tls_new", "New TLS",
	"Destinations without TLS in the four weeks before.",
	REPORT_LAYOUT_COLUMNS(report_layout_changed)},
    {REPORT_TOTALS, "totals", "Mail", NULL, NULL, 0},
    {REPORT_LIST, "hours", "Mail by hour", NULL,
	REPORT_LAYOUT_COLUMNS(report_layout_hours)},
};

const unsigned report_sections_n = REPORT_LAYOUT_COUNT(report_sections);

const struct report_total report_totals_lines[] = {
    {"received", "received", true, false},
    {"delivered", "delivered", true, false},
    {"forwarded", "forwarded", true, false},
    {"deferred", "deferred", true, false},
    {"bounced", "bounced", true, false},
    {"rejected", "rejected", true, false},
    {"milter-rejected", "rejected by milters before there was a message", false,
	false},
    {"warned", "reject warnings", true, false},
    {"held", "held", true, false},
    {"discarded", "discarded", true, false},
    {"senders", "senders whose mail was delivered", true, false},
    {"destinations", "domains that it was delivered to", true, false},
    {"bytes-received", "bytes received", true, true},
    {"bytes-delivered", "bytes delivered", true, true},
};

const unsigned report_totals_lines_n = REPORT_LAYOUT_COUNT(report_totals_lines);

void
report_layout_subject(const json_t *report, struct buf *out)
{
	const json_t *problems = json_object_get(report, "problems"), *row;
	const char *host = print_text_of(report, "host");
	unsigned alarms = 0, n = 0;
	size_t i;

	json_array_foreach (problems, i, row) {
		alarms += strcmp(print_text_of(row, "severity"), "alarm") == 0;
		n += strcmp(print_text_of(row, "severity"), "note") != 0;
	}
	print_add_text(out, host, strlen(host));
	buf_printf(out, ": %s: ",
	    print_text_of(json_object_get(report, "period"), "title"));
	if (alarms > 0)
		buf_add_text(out, "ALARM, ");
	if (n == 0)
		buf_add_text(out, "no problems");
	else
		buf_printf(out, "%u problem%s", n, n == 1 ? "" : "s");
}

static void
report_layout_clock(struct buf *out, int64_t at, bool utc)
{
	time_t t = (time_t)at;
	struct tm tm;

	if ((utc ? gmtime_r(&t, &tm) : localtime_r(&t, &tm)) != NULL)
		buf_printf(out, "%02d:%02d", tm.tm_hour, tm.tm_min);
}

void
report_layout_period(const json_t *report, struct buf *out)
{
	const json_t *period = json_object_get(report, "period");
	const json_t *before = json_object_get(report, "before");
	bool utc = json_is_true(json_object_get(period, "utc"));

	buf_printf(out, "%s (%s)", print_text_of(period, "title"),
	    print_text_of(period, "zone"));
	if (json_is_true(json_object_get(period, "open"))) {
		buf_add_text(out, " up to ");
		report_layout_clock(out, report_rank_get(report, "time"), utc);
	}
	buf_printf(out, ", compared with %s", print_text_of(before, "title"));
	if (utc)
		buf_add_text(out,
		    "; hours so long ago aren't kept, only days "
		    "of UTC");
}

void
report_layout_more(const json_t *report, const char *list, struct buf *out)
{
	int64_t n = report_rank_get(json_object_get(report, "more"), list);

	if (n > 0)
		buf_printf(out, "and %" PRId64 " more", n);
}

void
report_layout_label(
    const json_t *totals, const struct report_total *line, struct buf *out)
{
	int64_t n = report_rank_get(totals, line->name);

	buf_add_text(out, line->label);
	if (strcmp(line->name, "deferred") == 0)
		buf_printf(out, " (%" PRId64 " deferrals)",
		    report_rank_get(totals, "deferrals"));
	if (line->bytes && n >= 1024) {
		buf_add_text(out, " (");
		print_add_size(out, n);
		buf_add_byte(out, ')');
	}
}

void
report_layout_share(const json_t *level, struct buf *out)
{
	const json_t *share = json_object_get(level, "share");

	if (json_is_null(share))
		buf_add_byte(out, '-');
	else
		buf_printf(out, "%.1f %%", json_number_value(share));
}

void
report_layout_change(const json_t *level, struct buf *out)
{
	const json_t *share = json_object_get(level, "share");
	const json_t *before = json_object_get(level, "share_before");
	double change = json_number_value(share) - json_number_value(before);

	/* No "-0.0". */
	if (json_is_null(share) || json_is_null(before))
		buf_add_byte(out, '-');
	else if (change > -0.05 && change < 0.05)
		buf_add_text(out, "0.0");
	else
		buf_printf(out, "%+.1f", change);
}
