/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <string.h>
#include <time.h>

#include "forceencctl/cmd.h"
#include "forceencctl/figures.h"

#define CMD_FAILURES_ROWS 20

static const struct print_column cmd_failures_columns[] = {
    {"time", "TIME", PRINT_TIME, 0},
    {"outcome", "OUTCOME", PRINT_TEXT, 0},
    {"sender", "SENDER", PRINT_TEXT, 0},
    {"destination", "DESTINATION", PRINT_TEXT, 0},
    {"recipient", "RECIPIENT", PRINT_TEXT, 0},
    {"reason", "REASON", PRINT_TEXT, 0},
    {"service", "SERVICE", PRINT_TEXT, 0},
    {"queue_id", "QUEUE ID", PRINT_TEXT, 0},
    {"relay", "RELAY", PRINT_TEXT, 0},
    {"host", "HOST", PRINT_TEXT, 0},
    {"text", "TEXT", PRINT_TEXT, 0},
};

struct cmd_failures {
	struct print_rows *rows; /* NULL: for people */
	struct buf *out;
};

static void
cmd_failures_set(json_t *record, const char *name, const char *text)
{
	json_object_set_new(
	    record, name, figures_text(*text != '\0' ? text : NULL));
}

/* People get two lines, since the words are what matters. */
static void
cmd_failures_show(struct buf *out, const struct stats_failure *failure)
{
	time_t t = (time_t)failure->time;
	char when[32] = "";
	struct tm tm;

	if (localtime_r(&t, &tm) != NULL)
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	buf_printf(out, "%s  %s  ", when, failure->outcome);
	print_add_text(out, failure->sender, strlen(failure->sender));
	buf_add_text(out, " -> ");
	if (*failure->recipient != '\0')
		print_add_text(
		    out, failure->recipient, strlen(failure->recipient));
	else
		print_add_text(
		    out, failure->destination, strlen(failure->destination));
	buf_printf(out, "%s%s\n    ", *failure->reason != '\0' ? "  " : "",
	    failure->reason);
	print_add_text(out, failure->queue_id, strlen(failure->queue_id));
	buf_add_byte(out, ' ');
	print_add_text(out, failure->relay, strlen(failure->relay));
	buf_add_text(out, *failure->relay != '\0' ? ": " : "");
	print_add_text(out, failure->text, strlen(failure->text));
	buf_add_byte(out, '\n');
}

static void
cmd_failures_add(const struct stats_failure *failure, void *arg)
{
	struct cmd_failures *failures = arg;
	json_t *record;

	if (failures->rows == NULL) {
		cmd_failures_show(failures->out, failure);
		return;
	}
	record = json_object();
	json_object_set_new(record, "time", json_integer(failure->time));
	cmd_failures_set(record, "outcome", failure->outcome);
	cmd_failures_set(record, "sender", failure->sender);
	cmd_failures_set(record, "destination", failure->destination);
	cmd_failures_set(record, "recipient", failure->recipient);
	cmd_failures_set(record, "reason", failure->reason);
	cmd_failures_set(record, "service", failure->service);
	cmd_failures_set(record, "queue_id", failure->queue_id);
	cmd_failures_set(record, "relay", failure->relay);
	cmd_failures_set(record, "host", failure->host);
	cmd_failures_set(record, "text", failure->text);
	print_rows_add(failures->rows, record);
	json_decref(record);
}

static int
cmd_failures_print(
    const struct cmd_call *call, const struct figures *figures, unsigned limit)
{
	struct cmd_failures failures = {.out = call->out};
	struct err err;

	if (call->form != PRINT_TABLE)
		failures.rows = print_rows_new(call->form, cmd_failures_columns,
		    sizeof(cmd_failures_columns) /
			sizeof(*cmd_failures_columns));
	if (stats_failures(figures->store, &figures->filter, limit,
		cmd_failures_add, &failures, &err) == 0) {
		if (failures.rows != NULL)
			print_rows_end(failures.rows, call->out);
		else if (call->out->len == 0)
			figures_nothing(call, "nothing has failed");
		return CMD_FOUND;
	}
	print_rows_free(failures.rows);
	buf_clear(call->out);
	return figures_failed(&err);
}

static int
cmd_failures_run(const struct cmd_call *call)
{
	struct figures figures;
	unsigned limit;
	int status = figures_limit(call, CMD_FAILURES_ROWS, &limit);

	if (status != 0)
		return status;
	status = figures_open(
	    &figures, call, call->nwords > 0 ? call->word[0] : NULL, "all");
	if (status == 0)
		status = cmd_failures_print(call, &figures, limit);
	figures_close(&figures);
	return status;
}

const struct cmd cmd_failures = {
    .name = "failures",
    .args = "[SENDER|@DOMAIN]",
    .summary = "show what wasn't delivered for want of TLS",
    .help =
	"The last 20 deliveries, the newest first, that were deferred (soft) "
	"or\n"
	"came back (hard) since TLS wasn't good enough, and what was said.\n",
    .options = CMD_SINCE | CMD_UNTIL | CMD_LIMIT,
    .max = 1,
    .run = cmd_failures_run,
};
