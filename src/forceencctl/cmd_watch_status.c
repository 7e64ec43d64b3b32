/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <string.h>

#include "forceenc/clock.h"
#include "forceenc/text.h"
#include "forceencctl/cmd.h"
#include "forceencctl/figures.h"

/* What forceenc-watch keeps for us to read, "follow/counters" for the log that
 * it follows: a name, a blank and a number in each line. */
#define CMD_WATCH_STATUS_NAME "/counters"

static const struct print_column cmd_watch_status_columns[] = {
    {"host", "HOST", PRINT_TEXT, 32},
    {"run", "RUN", PRINT_TEXT, 0},
    {"name", "WHAT", PRINT_TEXT, 0},
    {"value", "VALUE", PRINT_COUNT, 0},
};

struct cmd_watch_status {
	enum print_form form;
	struct print_rows *rows;
	json_t *record; /* host and run */
	int64_t now;
};

/* People see how long ago the last commit was. */
static json_t *
cmd_watch_status_ago(const struct cmd_watch_status *status, int64_t time)
{
	struct buf age = {0};
	json_t *text;

	print_add_age(&age, (double)(status->now - time));
	buf_add_text(&age, " ago");
	text = json_string(buf_text(&age));
	buf_fini(&age);
	return text;
}

/* In JSON one object for all; a row for each otherwise. */
static void
cmd_watch_status_line(
    struct cmd_watch_status *status, const char *line, size_t len)
{
	const char *blank = memchr(line, ' ', len);
	char name[64], number[32];
	size_t name_len, number_len;
	json_t *value;
	int64_t n;

	if (blank == NULL)
		return;
	name_len = (size_t)(blank - line);
	number_len = len - name_len - 1;
	if (name_len >= sizeof(name) || number_len >= sizeof(number))
		return;
	text_printable(name, sizeof(name), line, name_len);
	memcpy(number, blank + 1, number_len);
	number[number_len] = '\0';
	if (text_parse_int(number, INT64_MIN, INT64_MAX, &n) == -1)
		return;
	value = status->form == PRINT_TABLE && strcmp(name, "time") == 0
	    ? cmd_watch_status_ago(status, n)
	    : json_integer(n);
	if (status->form == PRINT_JSON) {
		json_object_set_new(status->record, name, value);
		return;
	}
	json_object_set_new(status->record, "name", json_string(name));
	json_object_set_new(status->record, "value", value);
	print_rows_add(status->rows, status->record);
}

static void
cmd_watch_status_add(const char *host, const char *name, const void *bytes,
    size_t len, void *arg)
{
	struct cmd_watch_status *status = arg;
	size_t name_len = strlen(name), tail = strlen(CMD_WATCH_STATUS_NAME);
	const char *line = bytes, *end = line + len, *next;

	if (name_len < tail ||
	    strcmp(name + name_len - tail, CMD_WATCH_STATUS_NAME) != 0)
		return;
	status->record = json_object();
	json_object_set_new(status->record, "host", figures_text(host));
	json_object_set_new(
	    status->record, "run", print_string(name, name_len - tail));
	for (; line < end; line = next + 1) {
		next = memchr(line, '\n', (size_t)(end - line));
		if (next == NULL)
			next = end;
		cmd_watch_status_line(status, line, (size_t)(next - line));
	}
	if (status->form == PRINT_JSON)
		print_rows_add(status->rows, status->record);
	json_decref(status->record);
}

static int
cmd_watch_status_print(
    const struct cmd_call *call, const struct figures *figures)
{
	struct cmd_watch_status status = {.form = call->form,
	    .now = (int64_t)(clock_wall() / 1000),
	    .rows = print_rows_new(call->form, cmd_watch_status_columns,
		sizeof(cmd_watch_status_columns) /
		    sizeof(*cmd_watch_status_columns))};
	bool any;
	struct err err;

	if (stats_blobs(figures->store, cmd_watch_status_add, &status, &err) ==
	    -1) {
		print_rows_free(status.rows);
		return figures_failed(&err);
	}
	any = print_rows_count(status.rows) > 0;
	print_rows_end(status.rows, call->out);
	return any ? CMD_FOUND : CMD_NOTFOUND;
}

static int
cmd_watch_status_run(const struct cmd_call *call)
{
	struct figures figures;
	int status = figures_open(&figures, call, NULL, "all");

	if (status == 0)
		status = cmd_watch_status_print(call, &figures);
	figures_close(&figures);
	return status;
}

const struct cmd cmd_watch_status = {
    .name = "watch status",
    .args = "",
    .summary = "show how forceenc-watch is doing",
    .help =
	"As of its last commit, for each host that writes into the store: how\n"
	"much was read, how far it was behind, what it couldn't make sense "
	"of.\n"
	"Ends with 1 if nothing was ever committed.\n",
    .run = cmd_watch_status_run,
};
