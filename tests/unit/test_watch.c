/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* Sources that tell of changes: what becomes of facts, and which keys an
 * entry of a directory has. */

#include <stdio.h>
#include <string.h>

#include "forceencd/ldap_known.h"
#include "story.h"

#define T0 1000000

static void
tell(struct stage *stage, const char *key)
{
	source_changed(scripted_source(stage->source[0]), key, strlen(key));
}

static void
test_a_key_that_changed_is_asked_again(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_set_sight(stage.source[0], SOURCE_BEGUN);
	assert_string_equal(story_ask(&stage, "bob@y", T0), "absent");
	scripted_set_sight(stage.source[0], SOURCE_SAME);
	assert_string_equal(story_ask(&stage, "carl@z", T0 + 60), "absent");
	scripted_asked(stage.source[0]);
	tell(&stage, "bob@y");
	scripted_say(stage.source[0], "bob@y", SOURCE_PRESENT, 0);
	assert_string_equal(
	    story_ask(&stage, "bob@y", T0 + 60), "answer forceenc:");
	assert_string_equal(scripted_asked(stage.source[0]), "bob@y ");
	/* Nothing else was. */
	assert_string_equal(story_ask(&stage, "carl@z", T0 + 70), "absent");
	assert_string_equal(scripted_asked(stage.source[0]), "");
	/* A key that nobody has asked for is no news. */
	tell(&stage, "never@x");
	stage_fini(&stage);
}

/* What another table says of the same key is as true as before, and all there
 * is while that one can't be asked. */
static void
test_a_change_is_its_own_tables(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage, 2);
	scripted_say(stage.source[1], "bob@y", SOURCE_PRESENT, 0);
	assert_string_equal(story_ask(&stage, "bob@y", T0), "answer forceenc:");
	scripted_set_broken(stage.source[1], "gone");
	tell(&stage, "bob@y");
	assert_string_equal(
	    story_ask(&stage, "bob@y", T0 + 2 * STAGE_PRESENT_TTL),
	    "answer forceenc: stale");
	stage_fini(&stage);
}

/* An answer on its way when the key changes is good enough for who asked
 * before, but neither kept nor given to who asks now. */
static void
test_a_change_outruns_an_answer(void **state)
{
	struct story_waited before, after;
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_set_sight(stage.source[0], SOURCE_BEGUN);
	scripted_set_waiting(stage.source[0], true);
	assert_int_equal(story_start(&stage, "joe", T0, &before), RESOLVE_WAIT);
	tell(&stage, "joe");
	assert_int_equal(
	    story_start(&stage, "joe", T0 + 1, &after), RESOLVE_WAIT);
	assert_int_equal(scripted_waiting(stage.source[0]), 2);
	assert_true(scripted_answer(stage.source[0], 0, T0 + 2));
	assert_string_equal(before.said, "absent");
	assert_false(after.done);
	scripted_say(stage.source[0], "joe", SOURCE_PRESENT, 0);
	assert_true(scripted_answer(stage.source[0], 0, T0 + 3));
	assert_string_equal(after.said, "answer forceenc:");
	assert_string_equal(
	    story_ask(&stage, "joe", T0 + 4), "answer forceenc:");
	stage_fini(&stage);
}

/* Once changes are told, nothing from before is believed; but where nothing
 * is known to have changed, it still serves while the source fails. */
static void
test_the_beginning_of_a_watch(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	assert_string_equal(story_ask(&stage, "joe", T0), "absent");
	scripted_set_sight(stage.source[0], SOURCE_BEGUN);
	scripted_asked(stage.source[0]);
	assert_string_equal(story_ask(&stage, "joe", T0 + 60), "absent");
	assert_string_equal(scripted_asked(stage.source[0]), "joe ");
	scripted_set_sight(stage.source[0], SOURCE_BLIND);
	scripted_set_broken(stage.source[0], "gone");
	assert_string_equal(story_ask(&stage, "joe", T0 + 120), "absent stale");
	scripted_set_broken(stage.source[0], NULL);
	scripted_set_sight(stage.source[0], SOURCE_CHANGED);
	scripted_set_broken(stage.source[0], "gone");
	assert_string_equal(story_ask(&stage, "joe", T0 + 180), "unsure");
	stage_fini(&stage);
}

static void
on_key(const char *key, size_t len, void *arg)
{
	buf_printf(arg, "%.*s ", (int)len, key);
}

/* The keys of an entry, each followed by a space. */
static const char *
keys_of(const struct ldap_known *known, const char *uuid)
{
	static struct buf shown;

	buf_clear(&shown);
	ldap_known_each(known, uuid, on_key, &shown);
	return buf_text(&shown);
}

/* A uuid of our own for each number. */
static const char *
uuid_of(unsigned number)
{
	static char uuid[SYNC_UUID_LEN + 1];

	snprintf(uuid, sizeof(uuid), "%016u", number);
	return uuid;
}

static void
know(struct ldap_known *known, unsigned number, const char *a, const char *b)
{
	struct buf keys = {0};

	if (a != NULL)
		ldap_known_add_key(&keys, a, strlen(a));
	if (b != NULL)
		ldap_known_add_key(&keys, b, strlen(b));
	ldap_known_set(known, uuid_of(number), &keys);
	buf_fini(&keys);
}

static void
test_known_keys(void **state)
{
	struct ldap_known *known = ldap_known_new();
	struct buf keys = {0};
	char lengthy[3000];

	(void)state;
	assert_string_equal(keys_of(known, uuid_of(1)), "");
	know(known, 1, "a@x", "b@x");
	know(known, 2, NULL, NULL);
	assert_string_equal(keys_of(known, uuid_of(1)), "a@x b@x ");
	assert_string_equal(keys_of(known, uuid_of(2)), "");
	know(known, 1, "c@x", NULL);
	assert_string_equal(keys_of(known, uuid_of(1)), "c@x ");
	assert_int_equal(ldap_known_count(known), 2);
	ldap_known_drop(known, uuid_of(1));
	ldap_known_drop(known, uuid_of(1));
	assert_string_equal(keys_of(known, uuid_of(1)), "");
	assert_int_equal(ldap_known_count(known), 1);
	/* What can be no address can't be asked for either. */
	memset(lengthy, 'x', sizeof(lengthy));
	ldap_known_add_key(&keys, lengthy, sizeof(lengthy));
	assert_int_equal(keys.len, 0);
	buf_fini(&keys);
	ldap_known_free(known);
}

static void
test_known_sweep(void **state)
{
	struct ldap_known *known = ldap_known_new();
	unsigned i;

	(void)state;
	assert_false(ldap_known_sweep(known));
	ldap_known_begin(known);
	for (i = 0; i < 3000; i++)
		know(known, i, "a@x", NULL);
	/* A refresh names every third as there, every third as changed. */
	ldap_known_begin(known);
	for (i = 0; i < 3000; i += 3) {
		ldap_known_mark(known, uuid_of(i));
		know(known, i + 1, "b@x", NULL);
	}
	ldap_known_mark(known, uuid_of(5000));
	ldap_known_begin_sweep(known);
	while (ldap_known_sweep(known))
		;
	assert_int_equal(ldap_known_count(known), 2000);
	assert_string_equal(keys_of(known, uuid_of(2997)), "a@x ");
	assert_string_equal(keys_of(known, uuid_of(2998)), "b@x ");
	assert_string_equal(keys_of(known, uuid_of(2999)), "");
	/* A refresh that begins before the sweep has ended ends it. */
	ldap_known_begin_sweep(known);
	ldap_known_begin(known);
	assert_false(ldap_known_sweep(known));
	assert_int_equal(ldap_known_count(known), 2000);
	ldap_known_free(known);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_key_that_changed_is_asked_again),
	    cmocka_unit_test(test_a_change_is_its_own_tables),
	    cmocka_unit_test(test_a_change_outruns_an_answer),
	    cmocka_unit_test(test_the_beginning_of_a_watch),
	    cmocka_unit_test(test_known_keys),
	    cmocka_unit_test(test_known_sweep),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
