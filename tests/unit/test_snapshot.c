/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* Facts that survive a restart, and files that don't deserve it. */

#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forceenc/mem.h"
#include "forceenc/sqlite.h"
#include "forceencd/snapshot.h"

#define T0   10000000
#define WALL UINT64_C(1800000000000)
#define DAY  86400000

/* A life of the daemon: two tables on databases that aren't there. */
struct life {
	struct conf_hold *hold;
	struct cache *cache;
	struct tables *tables;
	struct table *table[2];
};

static char folder[] = "/tmp/forceenc-test-XXXXXX";
static char path[64];

static const char *settings = "dbpath=/nowhere/db\n";
static const char *database = "/nowhere/db";

static void
life_begin(struct life *life, const char *second_answer)
{
	static const char *const specs[] = {"sqlite:one", "sqlite:two"};
	struct conf *conf = mem_zalloc(sizeof(*conf));
	struct conf_map *map;
	unsigned i;

	conf->nmaps = 1;
	conf->map = map = mem_zalloc(sizeof(*conf->map));
	map->name = mem_strdup("forceenc");
	map->ntables = 2;
	map->table = mem_zalloc(2 * sizeof(*map->table));
	answers_add(&map->answers, "forceenc:", NULL);
	answers_add(&map->answers, second_answer, NULL);
	for (i = 0; i < 2; i++) {
		map->table[i].spec = mem_strdup(specs[i]);
		map->table[i].path = mem_strdup(specs[i]);
		map->table[i].text = mem_strdup(i == 0 ? "" : settings);
		map->table[i].sqlite.dbpath = mem_strdup(database);
		map->table[i].sqlite.query = mem_strdup("SELECT '%s'");
		map->table[i].sqlite.result_format = mem_strdup("%s");
	}
	life->hold = conf_hold_new(conf);
	life->cache = cache_new(4 << 20);
	life->tables = tables_new(life->cache, NULL);
	for (i = 0; i < 2; i++) {
		life->table[i] = tables_take(
		    life->tables, &map->table[i], &map->answers, life->hold);
		assert_non_null(life->table[i]);
	}
}

static void
life_end(struct life *life)
{
	tables_release(life->tables, life->table[0]);
	tables_release(life->tables, life->table[1]);
	tables_free(life->tables);
	cache_free(life->cache);
	conf_hold_release(life->hold);
}

static void
learn(struct life *life, unsigned table, const char *key, bool present,
    uint8_t answer, uint64_t now)
{
	struct fact fact = {present, answer};

	cache_put(life->cache, table_number(life->table[table]), key,
	    strlen(key), cache_hash(life->cache, key, strlen(key)), 1, now,
	    &fact);
}

static int64_t
save(struct life *life, uint64_t now, uint64_t wall)
{
	enum snapshot_status status;
	struct snapshot *snapshot;
	struct err err;
	int64_t n;

	snapshot = snapshot_begin(path, life->cache, life->tables);
	do {
		snapshot_wait(snapshot);
		status = snapshot_step(snapshot, now, wall, &err);
		assert_true(status != SNAPSHOT_BUSY);
	} while (status == SNAPSHOT_MORE);
	n = status == SNAPSHOT_DONE ? (int64_t)snapshot_facts(snapshot) : -1;
	snapshot_free(snapshot);
	return n;
}

/* Facts of 300 keys that are as long as may be, or nearly. */
static void
learn_long(struct life *life)
{
	struct fact fact = {true, 0};
	char key[8000];
	unsigned i;

	memset(key, 'k', sizeof(key));
	for (i = 0; i < 300; i++) {
		snprintf(key, 10, "%09u", i);
		cache_put(life->cache, table_number(life->table[0]), key,
		    sizeof(key), cache_hash(life->cache, key, sizeof(key)), 1,
		    T0, &fact);
	}
}

/* However long the keys are, a turn of the loop writes a bounded piece. */
static void
test_pieces_are_bounded(void **state)
{
	struct snapshot *snapshot;
	char name[80];
	struct life life;
	struct stat st;
	off_t before = 0;
	unsigned pieces = 0;
	struct err err;

	(void)state;
	life_begin(&life, "lenient:");
	learn_long(&life);
	snprintf(name, sizeof(name), "%s.new", path);
	snapshot = snapshot_begin(path, life.cache, life.tables);
	snapshot_wait(snapshot);
	while (snapshot_step(snapshot, T0, WALL, &err) == SNAPSHOT_MORE) {
		snapshot_wait(snapshot);
		if (stat(name, &st) == -1)
			continue; /* it's in its place */
		assert_true(st.st_size - before <= 300000);
		before = st.st_size;
		pieces++;
	}
	assert_true(pieces >= 8);
	assert_int_equal(snapshot_facts(snapshot), 300);
	snapshot_free(snapshot);
	life_end(&life);
}

static int64_t
load(struct life *life, uint64_t now, uint64_t wall)
{
	struct err err;

	return snapshot_load(path, life->tables, DAY, now, wall, &err);
}

static bool
stale(struct life *life, unsigned table, const char *key, uint64_t now,
    struct fact *fact, uint64_t *age)
{
	return table_get_stale(
	    life->table[table], key, strlen(key), DAY, now, fact, age);
}

static void
test_facts_come_back_with_their_age(void **state)
{
	struct life life;
	struct fact fact;
	uint64_t age;

	(void)state;
	life_begin(&life, "lenient:");
	learn(&life, 0, "alice@x", true, 1, T0 - 5000);
	learn(&life, 1, "bob@x", false, 0, T0);
	learn(&life, 1, "a-key-that-is-longer-than-a-node-has-room@x", true,
	    ANSWER_DUNNO, T0);
	assert_int_equal(save(&life, T0, WALL), 3);
	life_end(&life);

	/* A minute later, on a machine that has just started. */
	life_begin(&life, "lenient:");
	assert_int_equal(load(&life, 2000, WALL + 60000), 3);
	assert_true(stale(&life, 0, "alice@x", 2000, &fact, &age));
	assert_true(fact.present);
	assert_int_equal(fact.answer, 1);
	assert_in_range(age, 64800, 65200);
	assert_true(stale(&life, 1, "bob@x", 2000, &fact, &age));
	assert_false(fact.present);
	assert_false(stale(&life, 0, "bob@x", 2000, &fact, &age));
	assert_true(stale(&life, 1,
	    "a-key-that-is-longer-than-a-node-has-room@x", 2000, &fact, &age));
	assert_int_equal(fact.answer, ANSWER_DUNNO);
	life_end(&life);
}

static void
on_done(
    struct table_waiter *waiter, const struct source_reply *reply, uint64_t now)
{
	(void)waiter;
	(void)reply;
	(void)now;
	fail();
}

/* It is asked for, whatever the file says. */
static void
test_what_comes_back_is_stale(void **state)
{
	struct table_times times = {DAY, DAY, DAY, 50};
	struct table_waiter waiter = {.done = on_done};
	struct table_answer answer;
	struct life life;

	(void)state;
	life_begin(&life, "lenient:");
	learn(&life, 0, "alice@x", true, 1, T0);
	save(&life, T0, WALL);
	life_end(&life);
	life_begin(&life, "lenient:");
	assert_int_equal(load(&life, T0, WALL), 1);
	assert_int_equal(table_get(life.table[0], &times, "alice@x", 7, T0,
			     &answer, &waiter),
	    TABLE_ASKED);
	assert_int_equal(answer.cached, CACHE_STALE);
	assert_int_equal(answer.reply.kind, SOURCE_UNSURE);
	life_end(&life);
}

/* A restart must not forget that a table has changed: what lets mail pass, and
 * isn't used any more, isn't used afterwards either. */
static void
test_facts_from_before_a_change_stay_behind(void **state)
{
	struct table_times times = {DAY, DAY, DAY, 50};
	struct table_waiter waiter = {.done = on_done};
	struct table_answer answer;
	struct sqlite *sqlite;
	struct life life;
	struct fact fact;
	char name[80];
	uint64_t age;

	(void)state;
	snprintf(name, sizeof(name), "%s/db", folder);
	sqlite = sqlite_open(name, SQLITE_MODE_WRITE, 0, NULL);
	assert_int_equal(sqlite_exec(sqlite, "CREATE TABLE t (c)", NULL), 0);
	sqlite_close(sqlite);
	database = name;
	life_begin(&life, "lenient:");
	learn(&life, 0, "alice@x", false, 0, T0);
	learn(&life, 0, "bob@x", true, 1, T0);
	learn(&life, 1, "alice@x", false, 0, T0);
	/* The first look at a database finds it changed. */
	assert_int_equal(
	    table_get(life.table[0], &times, "yes", 3, T0, &answer, &waiter),
	    TABLE_ASKED);
	assert_false(stale(&life, 0, "alice@x", T0, &fact, &age));
	assert_int_equal(save(&life, T0, WALL), 3);
	life_end(&life);

	life_begin(&life, "lenient:");
	assert_int_equal(load(&life, T0, WALL), 3);
	assert_false(stale(&life, 0, "alice@x", T0, &fact, &age));
	assert_true(stale(&life, 0, "bob@x", T0, &fact, &age));
	assert_true(stale(&life, 1, "alice@x", T0, &fact, &age));
	life_end(&life);
	database = "/nowhere/db";
	unlink(name);
}

static void
test_old_and_future_facts_are_left_out(void **state)
{
	struct life life;

	(void)state;
	life_begin(&life, "lenient:");
	learn(&life, 0, "alice@x", true, 1, T0);
	save(&life, T0, WALL);
	life_end(&life);
	life_begin(&life, "lenient:");
	assert_int_equal(load(&life, T0, WALL + DAY + 1), 0);
	assert_int_equal(load(&life, T0, WALL - 1000), 0);
	assert_int_equal(load(&life, T0, WALL + DAY), 1);
	life_end(&life);
}

/* Another list of answers, another meaning. */
static void
test_other_tables_take_nothing(void **state)
{
	struct life life;

	(void)state;
	life_begin(&life, "lenient:");
	learn(&life, 0, "alice@x", true, 1, T0);
	save(&life, T0, WALL);
	life_end(&life);
	life_begin(&life, "other:");
	assert_int_equal(load(&life, T0, WALL), 0);
	life_end(&life);
}

static void
test_many_facts(void **state)
{
	struct life life;
	char key[32];
	unsigned i;

	(void)state;
	life_begin(&life, "lenient:");
	for (i = 0; i < 20000; i++) {
		snprintf(key, sizeof(key), "sender%u@example.com", i);
		learn(&life, i % 2, key, true, 0, T0);
	}
	assert_int_equal(save(&life, T0, WALL), 20000);
	life_end(&life);
	life_begin(&life, "lenient:");
	assert_int_equal(load(&life, T0, WALL), 20000);
	life_end(&life);
}

static void
test_a_missing_file_is_an_empty_one(void **state)
{
	struct life life;

	(void)state;
	life_begin(&life, "lenient:");
	unlink(path);
	assert_int_equal(load(&life, T0, WALL), 0);
	life_end(&life);
}

/* Cut anywhere, or with any byte changed, it's refused as a whole. */
static void
test_a_spoilt_file_is_refused(void **state)
{
	struct life life;
	struct fact fact;
	char bytes[4096];
	uint64_t age;
	size_t len, i;
	int fd;

	(void)state;
	life_begin(&life, "lenient:");
	learn(&life, 0, "alice@x", true, 1, T0);
	learn(&life, 1, "bob@x", false, 0, T0);
	save(&life, T0, WALL);
	life_end(&life);
	fd = open(path, O_RDWR);
	len = (size_t)read(fd, bytes, sizeof(bytes));
	assert_in_range(len, 100, sizeof(bytes) - 1);
	life_begin(&life, "lenient:");
	for (i = 0; i < len; i++) {
		bytes[i] ^= 0x40;
		assert_int_equal(pwrite(fd, bytes, len, 0), len);
		assert_int_equal(load(&life, T0, WALL), -1);
		bytes[i] ^= 0x40;
	}
	assert_int_equal(pwrite(fd, bytes, len, 0), len);
	for (i = len; i-- > 0;) {
		assert_int_equal(ftruncate(fd, (off_t)i), 0);
		assert_int_equal(load(&life, T0, WALL), -1);
	}
	close(fd);
	assert_false(stale(&life, 0, "alice@x", T0, &fact, &age));
	life_end(&life);
}

static void
test_a_file_that_cant_be_written(void **state)
{
	struct snapshot *snapshot;
	struct life life;
	struct err err;

	(void)state;
	life_begin(&life, "lenient:");
	snapshot = snapshot_begin("/nowhere/facts", life.cache, life.tables);
	snapshot_wait(snapshot);
	assert_int_equal(
	    snapshot_step(snapshot, T0, WALL, &err), SNAPSHOT_FAILED);
	assert_non_null(strstr(err.text, "/nowhere/facts"));
	snapshot_free(snapshot);
	life_end(&life);
}

/* A pipe that nobody reads is a disk that has all the time in the world. */
static void
test_a_disk_that_hangs(void **state)
{
	struct snapshot *snapshot;
	char name[80], bytes[65536];
	struct life life;
	struct stat st;
	struct err err;
	unsigned i;
	int reader;

	(void)state;
	snprintf(name, sizeof(name), "%s.new", path);
	assert_int_equal(mkfifo(name, 0600), 0);
	reader = open(name, O_RDONLY | O_NONBLOCK);
	assert_true(reader != -1);
	life_begin(&life, "lenient:");
	learn_long(&life);
	snapshot = snapshot_begin(path, life.cache, life.tables);
	snapshot_wait(snapshot);
	assert_int_equal(
	    snapshot_step(snapshot, T0, WALL, &err), SNAPSHOT_MORE);
	for (i = 0; i < 3; i++)
		assert_int_equal(
		    snapshot_step(snapshot, T0, WALL, &err), SNAPSHOT_BUSY);
	snapshot_abandon(snapshot);
	assert_true(snapshot_is_busy(snapshot));
	/* What it was to be about may go. */
	life_end(&life);
	assert_int_equal(fcntl(reader, F_SETFL, 0), 0);
	while (read(reader, bytes, sizeof(bytes)) > 0)
		;
	close(reader);
	snapshot_wait(snapshot);
	snapshot_free(snapshot);
	assert_int_equal(stat(name, &st), -1);
}

/* Facts that another query found say nothing of this one. */
static void
test_facts_of_other_settings_are_left_out(void **state)
{
	struct life life;
	struct fact fact;
	uint64_t age;

	(void)state;
	life_begin(&life, "lenient:");
	learn(&life, 0, "alice@x", true, 1, T0);
	learn(&life, 1, "bob@x", false, 0, T0);
	assert_int_equal(save(&life, T0, WALL), 2);
	life_end(&life);

	settings = "dbpath=/nowhere/db\nquery=SELECT 1\n";
	life_begin(&life, "lenient:");
	assert_int_equal(load(&life, T0, WALL), 1);
	assert_true(stale(&life, 0, "alice@x", T0, &fact, &age));
	assert_false(stale(&life, 1, "bob@x", T0, &fact, &age));
	life_end(&life);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pieces_are_bounded),
	    cmocka_unit_test(test_facts_come_back_with_their_age),
	    cmocka_unit_test(test_facts_of_other_settings_are_left_out),
	    cmocka_unit_test(test_what_comes_back_is_stale),
	    cmocka_unit_test(test_facts_from_before_a_change_stay_behind),
	    cmocka_unit_test(test_old_and_future_facts_are_left_out),
	    cmocka_unit_test(test_other_tables_take_nothing),
	    cmocka_unit_test(test_many_facts),
	    cmocka_unit_test(test_a_missing_file_is_an_empty_one),
	    cmocka_unit_test(test_a_spoilt_file_is_refused),
	    cmocka_unit_test(test_a_file_that_cant_be_written),
	    cmocka_unit_test(test_a_disk_that_hangs),
	};
	int failed;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/facts", folder);
	failed = cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
	unlink(path);
	rmdir(folder);
	return failed;
}
