/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_TESTS_SOURCE_SQLITE_TEST_H
#define FORCEENC_TESTS_SOURCE_SQLITE_TEST_H

/* An SQLite source on a real file, and somebody else who writes it. */

#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forceenc/clock.h"
#include "forceenc/log.h"
#include "forceenc/sqlite.h"
#include "forceencd/driver.h"

#define T0 1000000

static const char schema[] =
    "CREATE TABLE policy (address TEXT PRIMARY KEY, answer TEXT);";

struct world {
	char folder[64];
	char path[80];
	char spec[16];
	struct conf_table table;
	struct answers answers;
	struct source *source;
	struct sqlite *writer;
	struct source_ask ask;
	unsigned done;
	struct source_reply reply;
	unsigned errors;
	unsigned warnings;
};

static struct world *current;

static inline void
on_log(enum log_level level, const char *line, void *arg)
{
	struct world *w = arg;

	(void)line;
	w->errors += level == LOG_LEVEL_ERROR;
	w->warnings += level == LOG_LEVEL_WARN;
}

static inline void
on_done(struct source_ask *ask, const struct source_reply *reply, uint64_t now)
{
	(void)now;
	assert_ptr_equal(ask, &current->ask);
	current->done++;
	current->reply = *reply;
}

/* By somebody else, and waiting for nobody. */
static inline void
write_sql(struct world *w, const char *sql)
{
	struct err err;

	if (w->writer == NULL)
		w->writer = sqlite_open(w->path, SQLITE_MODE_WRITE, 0, &err);
	assert_non_null(w->writer);
	if (sqlite_exec(w->writer, sql, &err) == -1)
		fail_msg("%s", err.text);
}

static inline void
writer_leaves(struct world *w)
{
	sqlite_close(w->writer);
	w->writer = NULL;
}

static inline int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	strcpy(w->folder, "/tmp/forceenc-test-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	snprintf(w->path, sizeof(w->path), "%s/db", w->folder);
	strcpy(w->spec, "sqlite:test");
	answers_add(&w->answers, "forceenc:", NULL);
	answers_add(&w->answers, "lenient:", NULL);
	w->table.spec = w->spec;
	w->table.type = CONF_TABLE_SQLITE;
	w->table.sqlite.dbpath = w->path;
	w->table.sqlite.query =
	    strdup("SELECT answer FROM policy WHERE address = '%s'");
	w->table.sqlite.result_format = strdup("%s");
	w->table.sqlite.query_time_limit = 20;
	w->source = driver_new(&w->table, &w->answers, NULL);
	w->ask.done = on_done;
	write_sql(w, schema);
	write_sql(w,
	    "INSERT INTO policy VALUES ('alice@x', 'on'), ('off@x', 'no'),"
	    "('bad@x', 'smtp:'), ('null@x', NULL), ('empty@x', ' '),"
	    "('dunno@x', 'dunno'), ('low@x', 'lenient:')");
	writer_leaves(w);
	log_set_sink(on_log, w);
	current = w;
	*state = w;
	return 0;
}

static inline int
teardown(void **state)
{
	struct world *w = *state;
	char command[100];

	log_set_sink(NULL, NULL);
	source_free(w->source);
	writer_leaves(w);
	answers_fini(&w->answers);
	free(w->table.sqlite.query);
	free(w->table.sqlite.result_format);
	snprintf(command, sizeof(command), "rm -rf %s", w->folder);
	assert_int_equal(system(command), 0);
	free(w);
	return 0;
}

static inline void
remake(struct world *w)
{
	source_free(w->source);
	w->source = driver_new(&w->table, &w->answers, NULL);
}

static inline enum source_status
ask(struct world *w, const char *key, uint64_t now)
{
	w->done = 0;
	w->ask.key = key;
	w->ask.len = strlen(key);
	return source_ask(w->source, &w->ask, now, &w->reply);
}

/* In a turn of its own: what took long doesn't count for the next one. */
static inline void
ask_at_once(struct world *w, const char *key, uint64_t now)
{
	source_tick(w->source, now);
	assert_int_equal(ask(w, key, now), SOURCE_DONE);
}

static inline void
expect_present(struct world *w, const char *key, uint64_t now, uint8_t answer)
{
	ask_at_once(w, key, now);
	assert_int_equal(w->reply.kind, SOURCE_PRESENT);
	assert_int_equal(w->reply.answer, answer);
}

static inline void
expect_absent(struct world *w, const char *key, uint64_t now)
{
	ask_at_once(w, key, now);
	assert_int_equal(w->reply.kind, SOURCE_ABSENT);
}

static inline void
expect_unsure(struct world *w, const char *key, uint64_t now, const char *word)
{
	ask_at_once(w, key, now);
	assert_int_equal(w->reply.kind, SOURCE_UNSURE);
	if (strstr(w->reply.why.text, word) == NULL)
		fail_msg("no \"%s\" in: %s", word, w->reply.why.text);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

#endif
