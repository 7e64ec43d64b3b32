/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <sysexits.h>

#include "forceenc/text.h"
#include "forceencctl/cmd.h"
#include "forceencctl/figures.h"
#include "forceencctl/say.h"

#define CMD_TOP_ROWS 10

/* Behind the sender in the order of the measures. */
static const struct print_column cmd_top_columns[1 + STATS_MEASURES] = {
    {"sender", "SENDER", PRINT_TEXT, 32},
    [1 + STATS_SENT] = {"sent", "SENT", PRINT_COUNT, 0},
    [1 + STATS_PLAINTEXT] = {"plaintext", "PLAINTEXT", PRINT_COUNT, 0},
    [1 + STATS_UNTRUSTED] = {"untrusted", "UNTRUSTED", PRINT_COUNT, 0},
    [1 + STATS_SOFT] = {"soft", "SOFT", PRINT_COUNT, 0},
    [1 + STATS_HARD] = {"hard", "HARD", PRINT_COUNT, 0},
};

static void
cmd_top_add(const char *sender, const int64_t count[STATS_MEASURES], void *arg)
{
	json_t *record = json_object();
	unsigned i;

	json_object_set_new(record, "sender", figures_text(sender));
	for (i = 0; i < STATS_MEASURES; i++)
		json_object_set_new(
		    record, stats_measure_name(i), json_integer(count[i]));
	print_rows_add(arg, record);
	json_decref(record);
}

static int
cmd_top_print(const struct cmd_call *call, const struct figures *figures,
    enum stats_measure measure, unsigned limit)
{
	struct print_rows *rows =
	    print_rows_new(call->form, cmd_top_columns, 1 + STATS_MEASURES);
	struct err err;

	if (stats_top(figures->store, &figures->filter, measure, limit,
		cmd_top_add, rows, &err) == 0) {
		if (print_rows_count(rows) == 0)
			figures_nothing(call, "no sender has any");
		print_rows_end(rows, call->out);
		return CMD_FOUND;
	}
	print_rows_free(rows);
	return figures_failed(&err);
}

static int
cmd_top_run(const struct cmd_call *call)
{
	enum stats_measure measure =
	    stats_measure_find(call->by != NULL ? call->by : "hard");
	struct figures figures;
	unsigned limit;
	int status = figures_limit(call, CMD_TOP_ROWS, &limit);

	if (status != 0)
		return status;
	if (measure == STATS_MEASURES) {
		say("--by %s: write hard, soft, plaintext, untrusted or sent",
		    text_show_str(call->by));
		return EX_USAGE;
	}
	status = figures_open(&figures, call, NULL, "7d");
	if (status == 0)
		status = cmd_top_print(call, &figures, measure, limit);
	figures_close(&figures);
	return status;
}

const struct cmd cmd_top = {
    .name = "top",
    .args = "",
    .summary = "list the senders with the most of something",
    .help =
	"The ten senders with the most recipients, of the last 7 days, whose\n"
	"mail came back for want of TLS (hard). --by sorts by something else:\n"
	"soft (deferred for want of TLS), plaintext, untrusted (TLS without a\n"
	"good certificate), sent (delivered in any way).\n",
    .options = CMD_SINCE | CMD_UNTIL | CMD_BY | CMD_LIMIT,
    .run = cmd_top_run,
};
