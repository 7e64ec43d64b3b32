/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <limits.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "forceenc/clock.h"
#include "forceencctl/cmd.h"
#include "forceencctl/figures.h"
#include "forceencctl/report.h"
#include "forceencctl/report_html.h"
#include "forceencctl/report_layout.h"
#include "forceencctl/report_send.h"
#include "forceencctl/report_text.h"
#include "forceencctl/say.h"

#define CMD_REPORT_ROWS 10

static int
cmd_report_usage(const struct err *err)
{
	say("%s", err->text);
	return EX_USAGE;
}

/* What needs nothing but the command line; 0 or the exit status. */
static int
cmd_report_check(const struct cmd_call *call)
{
	struct err err;

	if ((call->day != NULL) + call->week + call->month > 1) {
		say("report: one of --day, --week and --month");
		return EX_USAGE;
	}
	if (call->form != PRINT_TABLE && (call->html || call->mail != NULL)) {
		say("report: --json and --tsv go with neither --html nor "
		    "--mail");
		return EX_USAGE;
	}
	if (call->mail != NULL && report_send_check(call->mail, &err) == -1) {
		err_prefix(&err, "--mail");
		return cmd_report_usage(&err);
	}
	return 0;
}

static int
cmd_report_period(const struct cmd_call *call, struct report_ask *ask)
{
	enum report_span span = REPORT_DAY;
	struct err err;

	if (call->week)
		span = REPORT_WEEK;
	else if (call->month)
		span = REPORT_MONTH;
	if (report_period_find(&ask->period, span,
		call->day != NULL ? call->day : "yesterday", ask->now,
		ask->conf->keep_hours, &err) == -1) {
		err_prefix(&err, "--day");
		return cmd_report_usage(&err);
	}
	report_period_before(
	    &ask->before, &ask->period, ask->now, ask->conf->keep_hours);
	return 0;
}

/* A mail that can't be sent is as good as no report. */
static int
cmd_report_mail(const struct cmd_call *call, const json_t *report)
{
	struct buf subject = {0}, text = {0}, html = {0}, message = {0};
	struct err err;
	int rc;

	buf_add_text(&subject, "forceenc: ");
	report_layout_subject(report, &subject);
	report_text(report, &text);
	if (call->html)
		report_html(report, &html);
	report_send_message(&message, call->mail, buf_text(&subject),
	    buf_text(&text), call->html ? buf_text(&html) : NULL);
	rc = report_send(call->mail, buf_text(&message), &err);
	if (rc == -1)
		say("--mail: not sent: %s", err.text);
	buf_fini(&subject);
	buf_fini(&text);
	buf_fini(&html);
	buf_fini(&message);
	return rc == -1 ? EX_UNAVAILABLE : CMD_FOUND;
}

static int
cmd_report_show(const struct cmd_call *call, const struct report_ask *ask)
{
	int status = CMD_FOUND;
	struct err err;
	json_t *report;

	if (report_gather(ask, &report, &err) == -1)
		return figures_failed(&err);
	if (call->mail != NULL)
		status = cmd_report_mail(call, report);
	else if (call->form != PRINT_TABLE)
		print_record(call->form, report, call->out);
	else if (call->html)
		report_html(report, call->out);
	else
		report_text(report, call->out);
	json_decref(report);
	return status;
}

static int
cmd_report_run(const struct cmd_call *call)
{
	struct report_ask ask = {.now = (int64_t)(clock_wall() / 1000)};
	char host[HOST_NAME_MAX + 1] = "";
	struct figures figures;
	int status = cmd_report_check(call);

	if (status == 0)
		status = figures_limit(call, CMD_REPORT_ROWS, &ask.limit);
	if (status != 0)
		return status;
	status = figures_open(&figures, call, NULL, "all");
	if (gethostname(host, sizeof(host) - 1) == -1 || *host == '\0')
		strcpy(host, "localhost");
	ask.store = figures.store;
	ask.conf = figures.conf;
	ask.host = host;
	if (status == 0)
		status = cmd_report_period(call, &ask);
	if (status == 0)
		status = cmd_report_show(call, &ask);
	figures_close(&figures);
	return status;
}

const struct cmd cmd_report = {
    .name = "report",
    .args = "",
    .summary = "show, or mail, what happened to the guarantee",
    .help =
	"What became of forced mail and of everybody's TLS in a day, the last\n"
	"seven days or the last month, problems first; and the totals that\n"
	"pflogsumm has. Days are those of the local time.\n",
    .options = CMD_DAY | CMD_WEEK | CMD_MONTH | CMD_MAIL | CMD_HTML | CMD_LIMIT,
    .run = cmd_report_run,
};
