/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <string.h>
#include <sysexits.h>

#include "forceenc/text.h"
#include "forceencctl/cmd.h"
#include "forceencctl/figures.h"
#include "forceencctl/say.h"

static const struct print_column cmd_stats_columns[STATS_DIMENSIONS] = {
    [STATS_SENDER] = {"sender", "SENDER", PRINT_TEXT, 32},
    [STATS_DESTINATION] = {"destination", "DESTINATION", PRINT_TEXT, 28},
    [STATS_SERVICE] = {"service", "SERVICE", PRINT_TEXT, 16},
    [STATS_OUTCOME] = {"outcome", "OUTCOME", PRINT_TEXT, 0},
    [STATS_LEVEL] = {"level", "LEVEL", PRINT_TEXT, 0},
    [STATS_REASON] = {"reason", "REASON", PRINT_TEXT, 0},
    [STATS_HOUR] = {"hour", "HOUR (UTC)", PRINT_TEXT, 0},
    [STATS_DAY] = {"day", "DAY (UTC)", PRINT_TEXT, 0},
    [STATS_HOST] = {"host", "HOST", PRINT_TEXT, 24},
};

static const struct print_column cmd_stats_count = {
    "count", "COUNT", PRINT_COUNT, 0};

struct cmd_stats {
	enum stats_dimension by[STATS_DIMENSIONS];
	unsigned n;
	struct print_column column[STATS_DIMENSIONS + 1];
	struct print_rows *rows;
};

static int
cmd_stats_unknown(const char *word, size_t len)
{
	struct buf names = {0};
	unsigned i;

	for (i = 0; i < STATS_DIMENSIONS; i++)
		buf_printf(
		    &names, "%s%s", i > 0 ? ", " : "", stats_dimension_name(i));
	say("--by %s: no such column, or twice; there are %s",
	    text_show(word, len), buf_text(&names));
	buf_fini(&names);
	return EX_USAGE;
}

/* The names between commas. */
static int
cmd_stats_parse(struct cmd_stats *stats, const char *list)
{
	const char *word = list;
	enum stats_dimension by;
	size_t len;
	unsigned i;

	for (;; word += len + 1) {
		len = strcspn(word, ",");
		by = stats_dimension_find(word, len);
		if (by == STATS_DIMENSIONS)
			return cmd_stats_unknown(word, len);
		for (i = 0; i < stats->n; i++)
			if (stats->by[i] == by)
				return cmd_stats_unknown(word, len);
		stats->column[stats->n] = cmd_stats_columns[by];
		stats->by[stats->n++] = by;
		if (word[len] == '\0')
			break;
	}
	stats->column[stats->n] = cmd_stats_count;
	return 0;
}

static void
cmd_stats_add(const char *const value[], int64_t count, void *arg)
{
	struct cmd_stats *stats = arg;
	json_t *record = json_object();
	unsigned i;

	for (i = 0; i < stats->n; i++)
		json_object_set_new(record, stats_dimension_name(stats->by[i]),
		    figures_text(value[i]));
	json_object_set_new(record, "count", json_integer(count));
	print_rows_add(stats->rows, record);
	json_decref(record);
}

static int
cmd_stats_print(const struct cmd_call *call, struct cmd_stats *stats,
    const struct figures *figures)
{
	struct err err;

	stats->rows = print_rows_new(call->form, stats->column, stats->n + 1);
	if (stats_count(figures->store, &figures->filter, stats->by, stats->n,
		cmd_stats_add, stats, &err) == 0) {
		if (print_rows_count(stats->rows) == 0)
			figures_nothing(call, "nothing was counted");
		print_rows_end(stats->rows, call->out);
		return CMD_FOUND;
	}
	print_rows_free(stats->rows);
	return figures_failed(&err);
}

static int
cmd_stats_run(const struct cmd_call *call)
{
	struct cmd_stats stats = {0};
	struct figures figures;
	int status = cmd_stats_parse(
	    &stats, call->by != NULL ? call->by : "outcome,level,reason");

	if (status != 0)
		return status;
	status = figures_open(
	    &figures, call, call->nwords > 0 ? call->word[0] : NULL, "7d");
	if (status == 0)
		status = cmd_stats_print(call, &stats, &figures);
	figures_close(&figures);
	return status;
}

const struct cmd cmd_stats = {
    .name = "stats",
    .args = "[SENDER|@DOMAIN]",
    .summary = "count recipients by what became of them",
    .help =
	"Counts the last 7 days by outcome, level of TLS and reason, or by a\n"
	"list (a,b,c) of: sender, destination, service, outcome, level, "
	"reason,\n"
	"hour, day, host. SENDER is matched as the daemon would match it.\n",
    .options = CMD_SINCE | CMD_UNTIL | CMD_BY,
    .max = 1,
    .run = cmd_stats_run,
};
