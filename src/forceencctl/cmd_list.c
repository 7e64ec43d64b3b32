/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <fnmatch.h>
#include <stdbool.h>
#include <string.h>

#include "forceencctl/cmd.h"
#include "forceencctl/ours.h"

static const struct print_column cmd_list_columns[] = {
    {"address", "ADDRESS", PRINT_TEXT, 40},
    {"answer", "SET TO", PRINT_TEXT, 16},
    {"meaning", "MEANS", PRINT_TEXT, 16},
    {"changed", "SINCE", PRINT_TIME, 0},
};

struct cmd_list {
	const struct ours *ours;
	const char *pattern; /* NULL: all */
	struct print_rows *rows;
};

/* Addresses are in lower case where case doesn't matter. */
static bool
cmd_list_matches(const char *pattern, const char *address)
{
	if (pattern == NULL)
		return true;
	if (strpbrk(pattern, "*?") == NULL)
		return strcasestr(address, pattern) != NULL;
	return fnmatch(pattern, address, FNM_CASEFOLD) == 0;
}

static void
cmd_list_add(
    const char *address, const char *answer, int64_t changed, void *arg)
{
	struct cmd_list *list = arg;
	const struct answers *answers = &list->ours->map->answers;
	json_t *record;

	if (!cmd_list_matches(list->pattern, address))
		return;
	record = json_object();
	json_object_set_new(
	    record, "address", print_string(address, strlen(address)));
	json_object_set_new(
	    record, "answer", print_string(answer, strlen(answer)));
	json_object_set_new(record, "meaning",
	    json_string(answer_name(answers,
		ours_meaning(list->ours, address, strlen(address), answer,
		    strlen(answer)))));
	json_object_set_new(record, "changed", json_integer(changed));
	print_rows_add(list->rows, record);
	json_decref(record);
}

static int
cmd_list_run(const struct cmd_call *call)
{
	struct cmd_list list = {
	    .pattern = call->nwords > 0 ? call->word[0] : NULL};
	struct ours ours;
	struct err err;
	int status = ours_open(&ours, call);

	if (status == 0)
		status = ours_open_policy(&ours, OURS_LOOK);
	if (status != 0) {
		ours_close(&ours);
		return status;
	}
	list.ours = &ours;
	list.rows = print_rows_new(call->form, cmd_list_columns,
	    sizeof(cmd_list_columns) / sizeof(*cmd_list_columns));
	if (policy_list(ours.policy, cmd_list_add, &list, &err) == -1) {
		status = ours_failed(&err);
		print_rows_free(list.rows);
	} else {
		status =
		    print_rows_count(list.rows) > 0 ? CMD_FOUND : CMD_NOTFOUND;
		print_rows_end(list.rows, call->out);
	}
	ours_close(&ours);
	return status;
}

const struct cmd cmd_list = {
    .name = "list",
    .args = "[PATTERN]",
    .summary = "list what is set",
    .help =
	"A row for each address and domain that was set. PATTERN is a part of\n"
	"the address, or has '*' and '?' and must match all of it. Ends with "
	"1\n"
	"if there is none.\n",
    .options = CMD_MAP,
    .max = 1,
    .run = cmd_list_run,
};
