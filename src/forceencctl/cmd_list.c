/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <fnmatch.h>
#include <stdbool.h>
#include <string.h>

#include "forceencctl/cmd.h"
#include "forceencctl/ours.h"

static const struct print_column cmd_list_columns[] = {
    {"address", "ADDRESS", PRINT_TEXT, 40},
    {"answer", "ANSWER", PRINT_TEXT, 26},
    {"meaning", "MEANING", PRINT_TEXT, 26},
    {"changed", "SINCE", PRINT_TIME, 0},
};

/* People see the meaning beside the answer, where it isn't the same. */
static const struct print_column cmd_list_table[] = {
    {"address", "ADDRESS", PRINT_TEXT, 32},
    {"shown", "SET TO", PRINT_TEXT, 26},
    {"changed", "SINCE", PRINT_TIME, 0},
};

struct cmd_list {
	const struct ours *ours;
	enum print_form form;
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
cmd_list_add_shown(json_t *record, const char *answer, const char *meaning)
{
	struct buf shown = {0};

	buf_add_text(&shown, answer);
	if (strcmp(answer, meaning) != 0)
		buf_printf(
		    &shown, "%s%s", *meaning == '(' ? " " : " = ", meaning);
	json_object_set_new(
	    record, "shown", print_string(shown.data, shown.len));
	buf_fini(&shown);
}

static void
cmd_list_add(
    const char *address, const char *answer, int64_t changed, void *arg)
{
	struct cmd_list *list = arg;
	const char *meaning;
	json_t *record;
	uint8_t number;

	if (!cmd_list_matches(list->pattern, address))
		return;
	meaning = "(nothing)";
	if (ours_meaning(list->ours, address, strlen(address), answer,
		strlen(answer), &number))
		meaning = answer_name(&list->ours->map->answers, number);
	record = json_object();
	json_object_set_new(
	    record, "address", print_string(address, strlen(address)));
	json_object_set_new(
	    record, "answer", print_string(answer, strlen(answer)));
	json_object_set_new(record, "meaning", json_string(meaning));
	json_object_set_new(record, "changed", json_integer(changed));
	if (list->form == PRINT_TABLE)
		cmd_list_add_shown(record, answer, meaning);
	print_rows_add(list->rows, record);
	json_decref(record);
}

static struct print_rows *
cmd_list_rows(enum print_form form)
{
	if (form == PRINT_TABLE)
		return print_rows_new(form, cmd_list_table,
		    sizeof(cmd_list_table) / sizeof(*cmd_list_table));
	return print_rows_new(form, cmd_list_columns,
	    sizeof(cmd_list_columns) / sizeof(*cmd_list_columns));
}

static int
cmd_list_print(const struct cmd_call *call, struct cmd_list *list)
{
	struct err err;
	int status;

	if (policy_list(list->ours->policy, cmd_list_add, list, &err) == -1) {
		print_rows_free(list->rows);
		return ours_failed(&err);
	}
	status = print_rows_count(list->rows) > 0 ? CMD_FOUND : CMD_NOTFOUND;
	print_rows_end(list->rows, call->out);
	return status;
}

static int
cmd_list_run(const struct cmd_call *call)
{
	struct ours ours;
	struct cmd_list list = {.ours = &ours,
	    .form = call->form,
	    .pattern = call->nwords > 0 ? call->word[0] : NULL};
	int status = ours_open(&ours, call);

	if (status == 0)
		status = ours_open_policy(&ours, OURS_LOOK);
	if (status == 0) {
		list.rows = cmd_list_rows(call->form);
		status = cmd_list_print(call, &list);
	}
	ours_close(&ours);
	return status;
}

const struct cmd cmd_list = {
    .name = "list",
    .args = "[PATTERN]",
    .summary = "list what is set",
    .help =
	"A row for each address and domain that was set. PATTERN is a part\n"
	"of the address, or has '*' and '?' and must match all of it. Ends\n"
	"with 1 if there is none.\n",
    .options = CMD_MAP,
    .max = 1,
    .run = cmd_list_run,
};
