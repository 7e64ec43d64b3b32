/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/cmd.h"
#include "forceencctl/talk.h"

static const struct print_column cmd_cache_dump_columns[] = {
    {"key", "KEY", PRINT_TEXT, 32},
    {"fact", "FACT", PRINT_TEXT, 16},
    {"age", "AGE", PRINT_AGE, 0},
    {"fresh", "FRESH", PRINT_YESNO, 0},
    {"table", "TABLE", PRINT_TEXT, 0},
};

static void
cmd_cache_dump_add(json_t *record, void *arg)
{
	print_rows_add(arg, record);
}

static int
cmd_cache_dump_run(const struct cmd_call *call)
{
	static const char *const words[] = {"cache", "dump"};
	struct print_rows *rows = print_rows_new(call->form,
	    cmd_cache_dump_columns,
	    sizeof(cmd_cache_dump_columns) / sizeof(*cmd_cache_dump_columns));
	struct talk_end end;
	int status = talk(call, words, 2, cmd_cache_dump_add, rows, &end);

	if (end.whole)
		print_rows_end(rows, call->out);
	else
		print_rows_free(rows);
	return status;
}

const struct cmd cmd_cache_dump = {
    .name = "cache dump",
    .args = "",
    .summary = "list what the daemon knows",
    .help = "A row for each fact: the key, what its table said of it\n"
	    "('absent': it isn't there), how long ago, and whether that is\n"
	    "still believed or only used while the table can't be asked.\n",
    .options = CMD_SOCKET,
    .run = cmd_cache_dump_run,
};
