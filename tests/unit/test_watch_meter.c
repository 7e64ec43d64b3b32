/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/meter.h"

#include <stdio.h>
#include <string.h>

#include "forceenc-watch/outage.h"
#include "forceenc-watch/ready.h"
#include "unit.h"

static void
test_add(struct meter *meter, const char *name, unsigned outcome,
    unsigned level, unsigned reason, uint32_t n)
{
	const struct store_count count = {.hour = 1,
	    .sender = "a",
	    .destination = "d",
	    .service = name,
	    .outcome = (uint8_t)outcome,
	    .level = (uint8_t)level,
	    .reason = (uint8_t)reason,
	    .n = n};
	const struct store_batch batch = {.count = &count, .ncounts = 1};

	meter_add(meter, &batch);
}

static void
meter_counts_by_outcome(void **state)
{
	static struct meter meter;
	const struct meter_service *service = meter.service;

	(void)state;
	memset(&meter, 0, sizeof(meter));
	test_add(&meter, "p", STORE_DELIVERED, STORE_TRUSTED, 0, 3);
	test_add(&meter, "p", STORE_DELIVERED, STORE_NONE, 0, 1);
	test_add(&meter, "p", STORE_DELIVERED, STORE_TRUSTED, 0, 4);
	test_add(&meter, "p", STORE_SOFT, STORE_NO_LEVEL, STORE_DANE, 5);
	test_add(&meter, "p", STORE_HARD, STORE_NO_LEVEL, STORE_DANE, 6);
	test_add(&meter, "p", STORE_EXPIRED, STORE_NO_LEVEL, 0, 7);
	assert_int_equal(meter.nservices, 1);
	assert_string_equal(service->name, "p");
	assert_int_equal(service->delivered[STORE_TRUSTED], 7);
	assert_int_equal(service->delivered[STORE_NONE], 1);
	assert_int_equal(service->enforced[0][STORE_DANE], 5);
	assert_int_equal(service->enforced[1][STORE_DANE], 6);
	assert_int_equal(service->undelivered[STORE_EXPIRED], 7);
	assert_int_equal(meter.commits, 6);
}

static void
meter_adds_sessions(void **state)
{
	const struct store_session sessions[] = {
	    {.level = STORE_VERIFIED, .n = 2},
	    {.level = STORE_VERIFIED, .n = 3}};
	const struct store_inbound inbound = {.level = STORE_NONE, .n = 4};
	const struct store_batch batch = {.session = sessions,
	    .nsessions = 2,
	    .inbound = &inbound,
	    .ninbounds = 1};
	static struct meter meter;

	(void)state;
	memset(&meter, 0, sizeof(meter));
	meter_add(&meter, &batch);
	assert_int_equal(meter.sessions[STORE_VERIFIED], 5);
	assert_int_equal(meter.inbound[STORE_NONE], 4);
}

static void
meter_has_room_for_so_many_services(void **state)
{
	static struct meter meter;
	char name[16];
	unsigned i;

	(void)state;
	memset(&meter, 0, sizeof(meter));
	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "service-%u", i);
		test_add(&meter, name, STORE_DELIVERED, STORE_NONE, 0, 1);
	}
	assert_int_equal(meter.nservices, METER_SERVICES);
	assert_string_equal(meter.service[0].name, "service-0");
	assert_int_equal(meter.service[0].delivered[STORE_NONE], 1);
	assert_string_equal(meter.service[METER_SERVICES - 1].name, "other");
	assert_int_equal(
	    meter.service[METER_SERVICES - 1].delivered[STORE_NONE],
	    200 - (METER_SERVICES - 1));
	/* Those that are there go on. */
	test_add(&meter, "service-0", STORE_DELIVERED, STORE_NONE, 0, 1);
	assert_int_equal(meter.service[0].delivered[STORE_NONE], 2);
}

static void
meter_prints_names(void **state)
{
	static struct meter meter;
	char longer[200] = "x";

	(void)state;
	memset(&meter, 0, sizeof(meter));
	memset(longer, 'x', sizeof(longer) - 1);
	test_add(&meter, "a\nb", STORE_DELIVERED, STORE_NONE, 0, 1);
	test_add(&meter, longer, STORE_DELIVERED, STORE_NONE, 0, 1);
	longer[100] = '\0';
	test_add(&meter, longer, STORE_DELIVERED, STORE_NONE, 0, 1);
	assert_int_equal(meter.nservices, 2);
	assert_string_equal(meter.service[0].name, "a\\x0ab");
	assert_int_equal(meter.service[1].delivered[STORE_NONE], 2);
}

static void
meter_expects_names(void **state)
{
	static struct meter meter;

	(void)state;
	memset(&meter, 0, sizeof(meter));
	meter_expect(&meter, "");
	meter_expect(&meter, " , postfix,forceenc\tpostfix ");
	assert_int_equal(meter.nservices, 2);
	assert_string_equal(meter.service[0].name, "postfix");
	assert_string_equal(meter.service[1].name, "forceenc");
}

static void
meter_tells_how_long_it_fails(void **state)
{
	static struct meter meter;
	const struct view view = {.meter = &meter};
	const struct err why = {"disk full"};
	struct buf text = {0};

	(void)state;
	memset(&meter, 0, sizeof(meter));
	assert_true(ready_ask(&view, 1000, 0, &text));
	assert_int_equal(text.len, 0);
	meter_set_failing(&meter, &why, 1000);
	meter_set_failing(&meter, &why, 5000);
	assert_int_equal(meter.commits_failed, 2);
	assert_int_equal(ready_lag(&view, 6000, 0), 5000);
	assert_false(ready_ask(&view, 6000, 0, &text));
	assert_string_equal(
	    buf_text(&text), "the store can't be written: disk full\n");
	buf_clear(&text);
	assert_false(ready_ask(&view, 1000 + READY_LAG_MAX + 1, 0, &text));
	assert_non_null(strstr(buf_text(&text), "lag=5m most=5m"));
	buf_clear(&text);
	meter_set_written(&meter);
	assert_true(ready_ask(&view, 400000, 0, &text));
	assert_int_equal(text.len, 0);
	buf_fini(&text);
}

static void
outage_is_told_once(void **state)
{
	const struct err err = {"out of order"};
	struct outage outage = {0};

	(void)state;
	assert_false(outage_end(&outage));
	assert_true(outage_note(&outage, "s", STORE_AWAY, &err, 1000));
	assert_int_equal(outage_wait(&outage), 1000);
	assert_true(outage_note(&outage, "s", STORE_WRONG, &err, 2000));
	assert_true(outage_end(&outage));
	assert_false(outage_end(&outage));
}

/* A lock of a moment is nobody's business. */
static void
outage_may_be_brief(void **state)
{
	const struct err err = {"locked"};
	struct outage outage = {0};

	(void)state;
	assert_false(outage_note(&outage, "s", STORE_LOCKED, &err, 1000));
	assert_int_equal(outage_wait(&outage), 100);
	assert_false(outage_note(&outage, "s", STORE_LOCKED, &err, 5999));
	assert_false(outage_end(&outage));
	assert_false(outage_note(&outage, "s", STORE_LOCKED, &err, 7000));
	assert_false(outage_note(&outage, "s", STORE_LOCKED, &err, 11999));
	assert_true(outage_note(&outage, "s", STORE_LOCKED, &err, 12000));
	assert_int_equal(outage_wait(&outage), 1000);
	assert_true(outage_note(&outage, "s", STORE_LOCKED, &err, 13000));
	assert_true(outage_end(&outage));
	/* Neither is it once something else is wrong. */
	assert_false(outage_note(&outage, "s", STORE_LOCKED, &err, 20000));
	assert_true(outage_note(&outage, "s", STORE_WRONG, &err, 20100));
	assert_int_equal(outage_wait(&outage), 1000);
	assert_true(outage_note(&outage, "s", STORE_LOCKED, &err, 20200));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(meter_counts_by_outcome),
	    cmocka_unit_test(meter_adds_sessions),
	    cmocka_unit_test(meter_has_room_for_so_many_services),
	    cmocka_unit_test(meter_prints_names),
	    cmocka_unit_test(meter_expects_names),
	    cmocka_unit_test(meter_tells_how_long_it_fails),
	    cmocka_unit_test(outage_is_told_once),
	    cmocka_unit_test(outage_may_be_brief),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
