/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <stdbool.h>
#include <string.h>
#include <sysexits.h>

#include "forceenc/conf.h"
#include "forceenc/text.h"
#include "forceencctl/cmd.h"
#include "forceencctl/say.h"

static const struct print_column cmd_config_show_columns[] = {
    {"name", "NAME", PRINT_TEXT, 0},
    {"value", "VALUE", PRINT_TEXT, 0},
    {"default", "DEFAULT", PRINT_TEXT, 0},
    {"file", "FILE", PRINT_TEXT, 0},
    {"line", "LINE", PRINT_COUNT, 0},
};

struct cmd_config_show {
	const struct cmd_call *call;
	const char *wanted; /* NULL: all */
	struct print_rows *rows;
	struct buf text; /* for PRINT_TABLE */
	size_t n;
};

/* The whole name, or that of a table's option without the table. */
static bool
cmd_config_show_matches(const char *wanted, const char *name)
{
	const char *last = strrchr(name, ' ');

	return strcmp(wanted, name) == 0 ||
	    (last != NULL && strcmp(wanted, last + 1) == 0);
}

static void
cmd_config_show_add_text(struct buf *out, const char *text)
{
	print_add_text(out, text, strlen(text));
}

/* All that there is to know of one option. */
static void
cmd_config_show_explain(struct buf *out, const char *file, unsigned line,
    const char *default_value, const char *help)
{
	buf_add_text(out, "    ");
	cmd_config_show_add_text(out, help);
	buf_add_text(out, "\n    ");
	if (file != NULL) {
		buf_add_text(out, "set in ");
		cmd_config_show_add_text(out, file);
		buf_printf(out, ":%u", line);
	} else
		buf_add_text(out, "not set");
	buf_add_text(out, "; default: ");
	if (default_value == NULL)
		buf_add_text(out, "none");
	else if (*default_value == '\0')
		buf_add_text(out, "empty");
	else
		cmd_config_show_add_text(out, default_value);
	buf_add_byte(out, '\n');
}

static void
cmd_config_show_add_row(struct cmd_config_show *show, const char *name,
    const char *value, const char *file, unsigned line,
    const char *default_value, const char *help)
{
	json_t *record = json_object();

	json_object_set_new(record, "name", print_string(name, strlen(name)));
	json_object_set_new(
	    record, "value", print_string(value, strlen(value)));
	json_object_set_new(record, "default",
	    default_value != NULL
		? print_string(default_value, strlen(default_value))
		: json_null());
	json_object_set_new(record, "file",
	    file != NULL ? print_string(file, strlen(file)) : json_null());
	json_object_set_new(
	    record, "line", file != NULL ? json_integer(line) : json_null());
	json_object_set_new(record, "help", json_string(help));
	print_rows_add(show->rows, record);
	json_decref(record);
}

static void
cmd_config_show_on_option(const char *name, const char *value, const char *file,
    unsigned line, const char *default_value, const char *help, void *arg)
{
	struct cmd_config_show *show = arg;

	if (show->wanted != NULL ? !cmd_config_show_matches(show->wanted, name)
				 : file == NULL && !show->call->defaults)
		return;
	show->n++;
	if (show->call->form != PRINT_TABLE) {
		cmd_config_show_add_row(
		    show, name, value, file, line, default_value, help);
		return;
	}
	cmd_config_show_add_text(&show->text, name);
	buf_add_text(&show->text, " = ");
	cmd_config_show_add_text(&show->text, value);
	buf_add_byte(&show->text, '\n');
	if (show->wanted != NULL)
		cmd_config_show_explain(
		    &show->text, file, line, default_value, help);
}

static int
cmd_config_show_end(struct cmd_config_show *show)
{
	const struct cmd_call *call = show->call;

	if (show->wanted != NULL && show->n == 0) {
		say("%s: no option of this name; 'forceencctl config show "
		    "--defaults' lists them",
		    text_show_str(show->wanted));
		return CMD_NOTFOUND;
	}
	if (call->form == PRINT_TABLE)
		buf_add(call->out, show->text.data, show->text.len);
	else {
		print_rows_end(show->rows, call->out);
		show->rows = NULL;
	}
	return CMD_FOUND;
}

static int
cmd_config_show_run(const struct cmd_call *call)
{
	struct cmd_config_show show = {
	    .call = call, .wanted = call->nwords > 0 ? call->word[0] : NULL};
	struct problems problems = {0};
	int status = EX_CONFIG;
	size_t i;

	show.rows = print_rows_new(call->form, cmd_config_show_columns,
	    sizeof(cmd_config_show_columns) / sizeof(*cmd_config_show_columns));
	if (conf_each(call->conf_path, cmd_config_show_on_option, &show,
		&problems) == 0)
		status = cmd_config_show_end(&show);
	for (i = 0; i < problems.n; i++)
		say("%s", problems.line[i]);
	problems_fini(&problems);
	print_rows_free(show.rows);
	buf_fini(&show.text);
	return status;
}

const struct cmd cmd_config_show = {
    .name = "config show",
    .args = "[NAME]",
    .summary = "show what the configuration sets",
    .help =
	"One 'name = value' a line, of forceenc.cf and of its tables; with\n"
	"--defaults also what no file sets. With NAME, all about that\n"
	"option. Secrets are shown as (hidden).\n",
    .options = CMD_DEFAULTS,
    .max = 1,
    .run = cmd_config_show_run,
};
