/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <fnmatch.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "forceenc/mem.h"
#include "forceenc/text.h"
#include "forceencctl/cmd.h"
#include "forceencctl/ours.h"
#include "forceencctl/say.h"

/* Rows that are kept in memory if nobody says how many. */
#define CMD_LIST_MAX 100000

/* The last one is a directory's only. */
static const struct print_column cmd_list_columns[] = {
    {"address", "ADDRESS", PRINT_TEXT, 40},
    {"answer", "ANSWER", PRINT_TEXT, 26},
    {"meaning", "MEANING", PRINT_TEXT, 26},
    {"changed", "SINCE", PRINT_TIME, 0},
    {"entry", "ENTRY", PRINT_TEXT, 0},
};

/* People see the meaning beside the answer, where it isn't the same. */
static const struct print_column cmd_list_table[] = {
    {"address", "ADDRESS", PRINT_TEXT, 32},
    {"shown", "SET TO", PRINT_TEXT, 26},
    {"changed", "SINCE", PRINT_TIME, 0},
};

static const struct print_column cmd_list_plain[] = {
    {"address", "ADDRESS", PRINT_TEXT, 40},
    {"shown", "SET TO", PRINT_TEXT, 0},
};

struct cmd_list {
	const struct ours *ours;
	const struct cmd_call *call;
	const char *pattern; /* NULL: all */
	size_t max;
	bool more; /* than max */
	struct print_rows *rows;
};

/* Without regard to case: a directory's addresses may have any. */
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

static json_t *
cmd_list_record(const struct cmd_list *list, const struct keep_row *row,
    const char *address, const char *meaning)
{
	json_t *record = json_object();
	struct buf answer = {0};

	keep_values_show(row->values, &answer);
	json_object_set_new(
	    record, "address", print_string(address, strlen(address)));
	json_object_set_new(
	    record, "answer", print_string(answer.data, answer.len));
	json_object_set_new(record, "meaning", json_string(meaning));
	json_object_set_new(record, "changed",
	    row->changed != -1 ? json_integer(row->changed) : json_null());
	if (row->entry != NULL)
		json_object_set_new(record, "entry",
		    print_string(row->entry, strlen(row->entry)));
	if (list->call->form == PRINT_TABLE)
		cmd_list_add_shown(record, buf_text(&answer), meaning);
	buf_fini(&answer);
	return record;
}

static bool
cmd_list_add(const struct keep_row *row, void *arg)
{
	struct cmd_list *list = arg;
	const struct answers *answers = &list->ours->map->answers;
	char *address = mem_dup(row->address, row->address_len);
	const char *meaning = "(nothing)";
	uint8_t number = ANSWER_OFF;
	json_t *record;

	if (ours_meaning_of(list->ours, row->address, row->address_len,
		row->values, &number))
		meaning = answer_name(answers, number);
	if (cmd_list_matches(list->pattern, address) &&
	    (!list->call->on || number < answers->n)) {
		list->more = print_rows_count(list->rows) == list->max;
		if (!list->more) {
			record = cmd_list_record(list, row, address, meaning);
			print_rows_add(list->rows, record);
			json_decref(record);
		}
	}
	free(address);
	return !list->more;
}

static struct print_rows *
cmd_list_rows(const struct ours *ours, enum print_form form)
{
	enum conf_table_type type = ours->table->type;

	if (form != PRINT_TABLE)
		return print_rows_new(
		    form, cmd_list_columns, type == CONF_TABLE_LDAP ? 5 : 4);
	if (type == CONF_TABLE_SQLITE)
		return print_rows_new(form, cmd_list_table, 3);
	return print_rows_new(form, cmd_list_plain, 2);
}

/* A list that breaks off by itself would pass for a whole one. */
static int
cmd_list_print(const struct cmd_call *call, struct cmd_list *list)
{
	struct err err;
	int status =
	    list->ours->kind->list(list->ours->keep, cmd_list_add, list, &err);

	if (status != 0)
		status = ours_failed(list->ours, status, &err);
	else if (list->more && call->limit == NULL) {
		say("more than %zu rows; give a PATTERN, or how many with "
		    "--limit",
		    list->max);
		status = EX_TEMPFAIL;
	}
	if (status != 0) {
		print_rows_free(list->rows);
		return status;
	}
	status = print_rows_count(list->rows) > 0 ? CMD_FOUND : CMD_NOTFOUND;
	print_rows_end(list->rows, call->out);
	return status;
}

static int
cmd_list_limit(const struct cmd_call *call, size_t *max)
{
	int64_t n = CMD_LIST_MAX;

	if (call->limit != NULL &&
	    text_parse_int(call->limit, 1, INT32_MAX, &n) == -1) {
		say("--limit %s: no number of rows",
		    text_show_str(call->limit));
		return EX_USAGE;
	}
	*max = (size_t)n;
	return 0;
}

static int
cmd_list_run(const struct cmd_call *call)
{
	struct ours ours;
	struct cmd_list list = {.ours = &ours,
	    .call = call,
	    .pattern = call->nwords > 0 ? call->word[0] : NULL};
	int status = cmd_list_limit(call, &list.max);

	if (status != 0)
		return status;
	status = ours_open(&ours, call, KEEP_LOOK);
	if (status == 0)
		status = ours_open_table(&ours, KEEP_LOOK);
	if (status == 0) {
		list.rows = cmd_list_rows(&ours, call->form);
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
	"with 1 if there is none. --on leaves out what is off.\n"
	"\n"
	"Of an ldap or pgsql table, too, which needn't be one that can be\n"
	"changed.\n",
    .options =
	CMD_MAP | CMD_TABLE | CMD_AS | CMD_PASSWORD_FILE | CMD_ON | CMD_LIMIT,
    .max = 1,
    .run = cmd_list_run,
};
