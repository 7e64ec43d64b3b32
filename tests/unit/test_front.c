/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/front.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ROUNDS 200000

static const char *const lines[] = {
    "Nov 22 00:11:52 out postfix/smtp[14416]: A000000000: to=<a@b.example>",
    "Nov 22 00:11:52 out postfix/smtp[14416]: Trusted TLS connection\r",
    "Nov 22 00:11:52.857311 out postfix/smtp[14416]: A000000000: removed",
    "2026-11-22T00:11:52.857311+00:00 out postfix/smtpd[4]: connect from x",
    "2026-11-22T00:11:52+0000 out postfix-out/relay/smtp[14417]: A000000001",
    "<22>1 2026-11-22T00:11:52.857311+00:00 out postfix 14416 - -  Trusted",
    "<22>Nov 22 00:11:52 out postfix/smtp[14416]: A000000000: removed!",
    "Nov 22 00:11:52 out systemd-journald: Suppressed 12 messages from [x]",
    "Nov 22 00:11:52 out last message repeated [3] times and then some more",
    "Nov 22 00:11:52 [::1] postfix/qmgr[1]: A000000000: removed, and so on",
    "Nov 22 00:11:52 o postfix/smtp[4294967296]: A000000000: removed, so on",
};

/* Both as walk.c uses them. */
struct both {
	struct fronts *fronts;
	struct names *names;
	struct scene *scene;
	size_t known;
};

static void
look(struct both *both, const char *line, size_t len)
{
	struct maillog fast, slow;
	const struct scene_program *program, *found;
	enum maillog_line rc = maillog_parse(&slow, line, len);

	found = fronts_find(both->fronts, &fast, line, len);
	if (rc != MAILLOG_LINE) {
		assert_null(found);
		return;
	}
	program = scene_find(both->scene, slow.host, slow.host_len,
	    slow.program, slow.program_len);
	if (found == NULL) {
		fronts_keep(both->fronts, line, &slow, program);
		return;
	}
	both->known++;
	assert_ptr_equal(found->service, program->service);
	assert_int_equal(found->process, program->process);
	assert_ptr_equal(fast.stamp, slow.stamp);
	assert_int_equal(fast.stamp_len, slow.stamp_len);
	assert_ptr_equal(fast.host, slow.host);
	assert_int_equal(fast.host_len, slow.host_len);
	assert_ptr_equal(fast.program, slow.program);
	assert_int_equal(fast.program_len, slow.program_len);
	assert_int_equal(fast.pid, slow.pid);
	assert_ptr_equal(fast.text, slow.text);
	assert_int_equal(fast.text_len, slow.text_len);
	assert_false(fast.rfc5424 || slow.rfc5424);
	assert_true(fast.time == 0 && slow.time == 0);
}

static void
front_says_what_a_close_look_says(void **state)
{
	static const char bytes[] = " []:./-0123456789lpT\r\n\t";
	const struct address_rules rules = {.delimiters = ""};
	struct both both = {.fronts = fronts_new()};
	uint64_t random = 1;
	size_t i, len, at;
	char line[128];

	(void)state;
	both.names = names_new(&rules, 100);
	both.scene = scene_new(both.names, "postfix");
	for (i = 0; i < ROUNDS; i++) {
		random = random * UINT64_C(6364136223846793005) + 1;
		snprintf(line, sizeof(line), "%s",
		    lines[(random >> 33) % (sizeof(lines) / sizeof(*lines))]);
		len = strlen(line);
		at = (random >> 40) % len;
		/* One is as it is, one is short, one has a wrong byte. */
		if (i % 3 == 1)
			len = at;
		else if (i % 3 == 2)
			line[at] = bytes[(random >> 50) % sizeof(bytes)];
		look(&both, line, len);
	}
	assert_true(both.known > ROUNDS / 8);
	scene_free(both.scene);
	names_free(both.names);
	fronts_free(both.fronts);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(front_says_what_a_close_look_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
