/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "conf/option.h"
#include "conf/words.h"
#include "exact.h"
#include "folder.h"
#include "forceenc/buf.h"
#include "forceenc/conf.h"

#define BYTES(s) s, sizeof(s) - 1

struct parse_row {
	const char *text;
	size_t len;
	const char *entries;  /* "LINE NAME=VALUE|" of each */
	const char *problems; /* "LINE: a word of it|" of each, in order */
};

static const struct parse_row parse_rows[] = {
    {BYTES(""), "", ""},
    {BYTES("a = b\n"), "1 a=b|", ""},
    {BYTES("a=b"), "1 a=b|", ""},
    {BYTES("a \t= \t b c \t\n"), "1 a=b c|", ""},
    {BYTES("\n# x\n  # y\n \t\na = b\n"), "5 a=b|", ""},
    {BYTES("a = b # c\n"), "1 a=b # c|", ""},
    {BYTES("a =\nb = \n"), "1 a=|2 b=|", ""},
    {BYTES("a = b = c\n"), "1 a=b = c|", ""},
    {BYTES("a = $b ${c} \"d\" 'e' \\\n"), "1 a=$b ${c} \"d\" 'e' \\|", ""},
    {BYTES("A-b_9 = \xff\xc3\xb6\n"), "1 A-b_9=\xff\xc3\xb6|", ""},
    /* Continued lines. */
    {BYTES("a = b\n c\n"), "1 a=b c|", ""},
    {BYTES("a =\n  b,\n\tc\n"), "1 a=b,\tc|", ""},
    {BYTES("a = b\n# x\n\n  # y\n  c\nd = e\n"), "1 a=b  c|6 d=e|", ""},
    {BYTES("a\n = b\n"), "1 a=b|", ""},
    {BYTES("a = b\n   "), "1 a=b|", ""},
    {BYTES("a = b\n c = d\n"), "1 a=b c = d|", ""},
    /* As Windows writes them. */
    {BYTES("a = b\r\n\r\n# c\r\nd = e\r\n  f\r\n"), "1 a=b|4 d=e  f|", ""},
    /* What is no line. */
    {BYTES("a b\nc = d\n"), "2 c=d|", "1: no \"=\"|"},
    {BYTES("= b\n"), "", "1: is no name|"},
    {BYTES("a b = c\n"), "", "1: \"a b\" is no name|"},
    {BYTES("a$ = c\n"), "", "1: is no name|"},
    {BYTES("m\xc3\xa4p = c\n"), "", "1: is no name|"},
    {BYTES("  a = b\nc = d\n"), "2 c=d|", "1: white space|"},
    {BYTES("# x\n\n\tb\n"), "", "3: white space|"},
    {BYTES("a = b\0c\nd = e\n"), "2 d=e|", "1: NUL|"},
    {BYTES("a = b\n c\0\nd = e\n"), "1 a=b|3 d=e|", "2: NUL|"},
    {BYTES("x\ny\n"), "", "1: no \"=\"|2: no \"=\"|"},
    /* Set more than once. */
    {BYTES("a = 1\nb = 2\na = 3\n"), "1 a=1|2 b=2|3 a=3|", "3: after line 1|"},
    {BYTES("a=1\n\na=1\na=1\n"), "1 a=1|3 a=1|4 a=1|",
	"3: after line 1|4: after line 3|"},
    {BYTES("a = 1\nA = 2\n"), "1 a=1|2 A=2|", ""},
};

/* Each "LINE: word|" of want in the problem of the same place. */
static void
parse_check_problems(const struct problems *problems, const char *want)
{
	char line[64], word[128];
	size_t i;
	int used;

	for (i = 0; *want != '\0'; i++, want += used) {
		assert_int_equal(
		    sscanf(want, "%60[^:]: %127[^|]|%n", line, word, &used), 2);
		assert_true(i < problems->n);
		assert_memory_equal(problems->line[i], "cf:", 3);
		assert_memory_equal(problems->line[i] + 3, line, strlen(line));
		assert_memory_equal(
		    problems->line[i] + 3 + strlen(line), ": ", 2);
		if (strstr(problems->line[i], word) == NULL)
			fail_msg("no \"%s\" in: %s", word, problems->line[i]);
	}
	assert_int_equal(problems->n, i);
}

static void
file_parses(void **state)
{
	const struct parse_row *row;
	struct problems problems;
	struct buf entries = {0};
	struct file file;
	char *bytes;
	size_t i, k;
	int rc;

	(void)state;
	for (k = 0; k < sizeof(parse_rows) / sizeof(parse_rows[0]); k++) {
		row = &parse_rows[k];
		problems = (struct problems){0};
		bytes = exact_copy(row->text, row->len);
		rc = file_parse(&file, "cf", bytes, row->len, &problems);
		free(bytes);
		buf_clear(&entries);
		for (i = 0; i < file.n; i++)
			buf_printf(&entries, "%u %s=%s|", file.entry[i].line,
			    file.entry[i].name, file.entry[i].value);
		assert_string_equal(buf_text(&entries), row->entries);
		parse_check_problems(&problems, row->problems);
		assert_int_equal(rc, *row->problems == '\0' ? 0 : -1);
		file_fini(&file);
		problems_fini(&problems);
	}
	buf_fini(&entries);
}

/* Problems of files before count for those files only. */
static void
file_parses_after_problems(void **state)
{
	struct problems problems = {0};
	struct file file;

	(void)state;
	problems_add(&problems, "else\nwhere", 0, "%s", "wrong");
	assert_string_equal(problems.line[0], "else\\x0awhere: wrong");
	assert_int_equal(file_parse(&file, "cf", BYTES("a = b"), &problems), 0);
	assert_string_equal(file_find(&file, "a")->value, "b");
	assert_null(file_find(&file, "b"));
	file_fini(&file);
	problems_fini(&problems);
}

static void
read_refuses(const char *path, const char *word)
{
	struct problems problems = {0};
	struct file file;

	assert_int_equal(file_read(&file, path, &problems), -1);
	assert_int_equal(problems.n, 1);
	assert_memory_equal(problems.line[0], path, strlen(path));
	if (strstr(problems.line[0], word) == NULL)
		fail_msg("no \"%s\" in: %s", word, problems.line[0]);
	file_fini(&file);
	problems_fini(&problems);
}

static void
file_reads_regular_files(void **state)
{
	char *big = malloc(CONF_FILE_MAX + 1);
	struct problems problems = {0};
	struct folder folder;
	struct file file;

	(void)state;
	assert_non_null(big);
	folder_open(&folder);
	read_refuses(folder_path(&folder, "cf"), "No such file");
	read_refuses(folder.name, "regular");
	assert_int_equal(mkfifo(folder_path(&folder, "fifo"), 0600), 0);
	read_refuses(folder_path(&folder, "fifo"), "regular");
	memset(big, '\n', CONF_FILE_MAX + 1);
	memcpy(big + CONF_FILE_MAX - 6, "\na = b", 6);
	folder_write(&folder, "cf", big, CONF_FILE_MAX);
	assert_int_equal(
	    file_read(&file, folder_path(&folder, "cf"), &problems), 0);
	assert_int_equal(file.n, 1);
	assert_string_equal(file.entry[0].value, "b");
	file_fini(&file);
	folder_write(&folder, "cf", big, CONF_FILE_MAX + 1);
	read_refuses(folder_path(&folder, "cf"), "at most 1M");
	folder_close(&folder);
	free(big);
}

static void
file_finds_what_lies_beside(void **state)
{
	static const char *const rows[][3] = {
	    {"/etc/forceenc/a.cf", "b.cf", "/etc/forceenc/b.cf"},
	    {"/etc/forceenc/a.cf", "/b.cf", "/b.cf"},
	    {"/a.cf", "b/c", "/b/c"},
	    {"a.cf", "b.cf", "b.cf"},
	    {"etc/a.cf", "../b.cf", "etc/../b.cf"},
	};
	struct file file = {0};
	char *path;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		file.path = strdup(rows[i][0]);
		path = file_beside(&file, rows[i][1]);
		assert_string_equal(path, rows[i][2]);
		free(path);
		file_fini(&file);
	}
}

static void
words_are_separated(void **state)
{
	static const char *const want[] = {"a", "b:c", "d=e", "[::1]"};
	const char *at = " ,a, b:c\t\r\n,,d=e [::1] ,";
	char *word;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		word = words_next(&at);
		assert_non_null(word);
		assert_string_equal(word, want[i]);
		free(word);
	}
	assert_null(words_next(&at));
	assert_null(words_next(&at));
}

static void
words_find_the_closest(void **state)
{
	static const char *const rows[][2] = {
	    {"answer_dedline", "answer_deadline"},
	    {"Answer_Deadline", "answer_deadline"},
	    {"maps_", "maps"},
	    {"mpas", "maps"},
	    {"present_tll", "present_ttl"},
	    {"listen", NULL},
	    {"x", NULL},
	};
	struct words_closest closest;
	const struct option *option;
	char word[100];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		closest = (struct words_closest){0};
		for (option = option_main; option->name != NULL; option++)
			words_closer(&closest, rows[i][0], option->name);
		if (rows[i][1] == NULL)
			assert_null(closest.word);
		else
			assert_string_equal(closest.word, rows[i][1]);
	}
	/* As long as one likes. */
	memset(word, 'm', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	closest = (struct words_closest){0};
	words_closer(&closest, word, word);
	assert_null(closest.word);
}

static bool
option_ends_like_a_map_s(const char *name)
{
	const struct option *option;
	size_t len = strlen(name), tail;

	for (option = option_map; option->name != NULL; option++) {
		tail = strlen(option->name);
		if (name != option->name && len >= tail &&
		    strcmp(name + len - tail, option->name) == 0)
			return true;
	}
	return false;
}

/* What the reading of "<map>_tables" relies on, whatever maps are called. */
static void
option_names_have_one_meaning(void **state)
{
	const struct option *option;

	(void)state;
	for (option = option_main; option->name != NULL; option++) {
		assert_false(option_ends_like_a_map_s(option->name));
		assert_ptr_equal(
		    option_find(option_main, option->name), option);
	}
	for (option = option_map; option->name != NULL; option++)
		assert_false(option_ends_like_a_map_s(option->name));
	for (option = option_sqlite; option->name != NULL; option++)
		assert_ptr_equal(
		    option_find(option_sqlite, option->name), option);
	for (option = option_ldap; option->name != NULL; option++)
		assert_ptr_equal(
		    option_find(option_ldap, option->name), option);
	for (option = option_pgsql; option->name != NULL; option++)
		assert_ptr_equal(
		    option_find(option_pgsql, option->name), option);
}

static void
option_hides_secrets(void **state)
{
	const struct option secret = {.name = "bind_pw", .type = OPTION_SECRET};
	const struct option plain = {.name = "bind_dn"};

	(void)state;
	assert_string_equal(option_show(&secret, "x"), "(hidden)");
	assert_string_equal(option_show(&plain, "x"), "x");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(file_parses),
	    cmocka_unit_test(file_parses_after_problems),
	    cmocka_unit_test(file_reads_regular_files),
	    cmocka_unit_test(file_finds_what_lies_beside),
	    cmocka_unit_test(words_are_separated),
	    cmocka_unit_test(words_find_the_closest),
	    cmocka_unit_test(option_names_have_one_meaning),
	    cmocka_unit_test(option_hides_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
