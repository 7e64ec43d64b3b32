/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* What a service manager hears, and how often its watchdog does. */

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "config.h"
#include "forceenc/clock.h"
#include "forceenc/notify.h"

#ifdef HAVE_SYSTEMD

static int manager;

/* In the abstract namespace: nothing is left behind. */
static int
setup(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), "@forceenc-notify-%d", (int)getpid());
	memcpy(address.sun_path + 1, name + 1, strlen(name) - 1);
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(
	    bind(manager, (struct sockaddr *)&address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) +
		    strlen(name))),
	    0);
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "20000000", 1);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	close(manager);
	return 0;
}

/* The next thing it was told, "" for none. */
static const char *
heard(void)
{
	static char text[256];
	ssize_t n = recv(manager, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void
test_states(void **state)
{
	unsigned long long usec = 0;

	(void)state;
	notify_send("READY=1");
	assert_string_equal(heard(), "READY=1");
	notify_reloading();
	assert_int_equal(
	    sscanf(heard(), "RELOADING=1\nMONOTONIC_USEC=%llu", &usec), 1);
	assert_true(usec > 0);
}

/* Half of WatchdogSec, whatever else makes the loop turn. */
static void
test_watchdog(void **state)
{
	uint64_t due;

	(void)state;
	due = notify_watchdog(5000);
	assert_string_equal(heard(), "WATCHDOG=1");
	assert_true(due > 5000 && due <= 5000 + 10001);
	assert_int_equal(notify_watchdog(due - 1), due);
	assert_string_equal(heard(), "");
	assert_true(notify_watchdog(due) > due);
	assert_string_equal(heard(), "WATCHDOG=1");
	assert_string_equal(heard(), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_states),
	    cmocka_unit_test(test_watchdog),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

#else

static void
test_nobody(void **state)
{
	(void)state;
	setenv("WATCHDOG_USEC", "20000000", 1);
	notify_send("READY=1");
	assert_int_equal(notify_watchdog(5000), CLOCK_NEVER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_nobody)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
