/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/front.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FRONT_WORDS 16

struct front_line {
	char text[256];
	char *argv[FRONT_WORDS];
	struct front front;
	struct err err;
	int rc;
};

/* Words are between blanks; "''" is an empty one. */
static void
front_read(struct front_line *line, const char *text)
{
	char *word, *save = NULL;
	int argc = 0;

	memset(line, 0, sizeof(*line));
	snprintf(line->text, sizeof(line->text), "forceencctl %s", text);
	for (word = strtok_r(line->text, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save)) {
		assert_true(argc + 1 < FRONT_WORDS);
		if (strcmp(word, "''") == 0)
			*word = '\0';
		line->argv[argc++] = word;
	}
	line->rc = front_parse(&line->front, argc, line->argv, &line->err);
}

static void
front_finds_every_command(void **state)
{
	static const struct {
		const char *text;
		const struct cmd *cmd;
	} table[] = {{"lookup a", &cmd_lookup}, {"set a b", &cmd_set},
	    {"unset a", &cmd_unset}, {"list", &cmd_list}, {"list x", &cmd_list},
	    {"status", &cmd_status}, {"cache stats", &cmd_cache_stats},
	    {"cache dump", &cmd_cache_dump}, {"cache drop x", &cmd_cache_drop},
	    {"cache flush", &cmd_cache_flush},
	    {"config check", &cmd_config_check}, {"-t", &cmd_config_check},
	    {"config show", &cmd_config_show}, {"stats", &cmd_stats},
	    {"stats a", &cmd_stats}, {"top", &cmd_top},
	    {"failures a", &cmd_failures}, {"whatif all", &cmd_whatif},
	    {"watch status", &cmd_watch_status}, {"report", &cmd_report},
	    {"report --week --html --mail a", &cmd_report},
	    {"config show maps", &cmd_config_show}};
	struct front_line line;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(*table); i++) {
		front_read(&line, table[i].text);
		if (line.rc == -1)
			fail_msg("%s: %s", table[i].text, line.err.text);
		assert_int_equal(line.front.action, FRONT_RUN);
		assert_ptr_equal(line.front.cmd, table[i].cmd);
	}
}

static void
front_takes_options_anywhere(void **state)
{
	static const char *const table[] = {
	    "-c f --json --map m --socket s --explain lookup a",
	    "lookup a -c f --json --map m --socket s --explain",
	    "--explain lookup -cf --map=m a --json --socket=s",
	    "lookup --json --map m --socket s --explain -c f -- a",
	};
	struct front_line line;
	const struct cmd_call *call = &line.front.call;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(*table); i++) {
		front_read(&line, table[i]);
		if (line.rc == -1)
			fail_msg("%s: %s", table[i], line.err.text);
		assert_ptr_equal(line.front.cmd, &cmd_lookup);
		assert_string_equal(call->conf_path, "f");
		assert_int_equal(call->form, PRINT_JSON);
		assert_string_equal(call->map, "m");
		assert_string_equal(call->socket, "s");
		assert_true(call->explain);
		assert_false(call->defaults);
		assert_int_equal(call->nwords, 1);
		assert_string_equal(call->word[0], "a");
	}
}

/* Also with the variable that stops others at the first word. */
static void
front_keeps_the_order_of_words(void **state)
{
	struct front_line line;

	(void)state;
	setenv("POSIXLY_CORRECT", "1", 1);
	front_read(&line, "set --map m -- -a@example.com --on");
	unsetenv("POSIXLY_CORRECT");
	assert_int_equal(line.rc, 0);
	assert_string_equal(line.front.call.word[0], "-a@example.com");
	assert_string_equal(line.front.call.word[1], "--on");
	front_read(&line, "lookup ''");
	assert_int_equal(line.rc, 0);
	assert_string_equal(line.front.call.word[0], "");
}

static void
front_refuses_wrong_usage(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} table[] = {
	    {"", "no command"},
	    {"--json", "no command"},
	    {"nosuch", "nosuch: no such command"},
	    {"look a", "look: no such command"},
	    {"cache", "'cache drop'"},
	    {"cache nosuch", "cache nosuch: no such command"},
	    {"cache stat", "'cache stats'"},
	    {"config", "'config show'"},
	    {"lookup", "an argument is missing"},
	    {"lookup a b", "too many arguments"},
	    {"set a", "[--password-file FILE] ADDRESS on|off"},
	    {"set a on off", "too many"},
	    {"unset", "missing"},
	    {"list a b", "too many"},
	    {"status x", "too many"},
	    {"cache drop", "missing"},
	    {"cache flush x", "too many"},
	    {"config check x", "too many"},
	    {"lookup --defaults a", "lookup: an option that isn't for it"},
	    {"set --explain a on", "isn't for it"},
	    {"status --map m", "isn't for it"},
	    {"-t --map m", "isn't for it"},
	    {"lookup a --map", "--map: what?"},
	    {"-c", "-c: what?"},
	    {"--nosuch lookup a", "--nosuch: no such option"},
	    {"-x lookup a", "-x: no such option"},
	    {"set -a@example.com on", "\"--\""},
	    {"--json=yes status", "--json=yes"},
	    {"help nosuch", "no such command"},
	};
	struct front_line line;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(*table); i++) {
		front_read(&line, table[i].text);
		if (line.rc != -1)
			fail_msg("%s: is fine", table[i].text);
		if (strstr(line.err.text, table[i].says) == NULL)
			fail_msg("%s: no \"%s\" in: %s", table[i].text,
			    table[i].says, line.err.text);
	}
}

static void
front_gives_help(void **state)
{
	static const struct {
		const char *text;
		const struct cmd *cmd;
	} table[] = {{"help", NULL}, {"-h", NULL}, {"--help", NULL},
	    {"help set", &cmd_set}, {"set --help", &cmd_set},
	    {"-h cache drop", &cmd_cache_drop},
	    {"help config show", &cmd_config_show}};
	struct front_line line;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(*table); i++) {
		front_read(&line, table[i].text);
		if (line.rc == -1)
			fail_msg("%s: %s", table[i].text, line.err.text);
		assert_int_equal(line.front.action, FRONT_HELP);
		assert_ptr_equal(line.front.cmd, table[i].cmd);
	}
	front_read(&line, "-V");
	assert_int_equal(line.front.action, FRONT_VERSION);
	front_read(&line, "--version status");
	assert_int_equal(line.front.action, FRONT_VERSION);
}

/* The installation's folder may be longer than a distribution's. */
static void
front_check_width(const struct cmd *cmd, struct buf *out)
{
	const char *line, *end;

	buf_clear(out);
	front_help(cmd, out);
	for (line = buf_text(out); *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		assert_non_null(end);
		if (end - line > 79 && strstr(line, "in place of") == NULL)
			fail_msg("too wide: %.*s", (int)(end - line), line);
	}
}

static void
front_help_fits_a_terminal(void **state)
{
	static const struct cmd *const cmds[] = {NULL, &cmd_lookup, &cmd_set,
	    &cmd_unset, &cmd_list, &cmd_status, &cmd_cache_stats,
	    &cmd_cache_dump, &cmd_cache_drop, &cmd_cache_flush,
	    &cmd_config_check, &cmd_config_show, &cmd_audit};
	struct buf out = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cmds) / sizeof(*cmds); i++)
		front_check_width(cmds[i], &out);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(front_finds_every_command),
	    cmocka_unit_test(front_takes_options_anywhere),
	    cmocka_unit_test(front_keeps_the_order_of_words),
	    cmocka_unit_test(front_refuses_wrong_usage),
	    cmocka_unit_test(front_gives_help),
	    cmocka_unit_test(front_help_fits_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
