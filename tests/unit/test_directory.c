/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* A connection to a directory, whose bytes come as they like. */

#include "unit.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forceenc/directory.h"

/* Message 1 is the question that shows whether there is a directory at all, the
 * first search is message 2. */
#define HERE  "\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x20\x04\x00\x04\x00"
#define ENTRY "\x30\x0b\x02\x01\x02\x64\x06\x04\x02o=\x30\x00"
#define DONE  "\x30\x0c\x02\x01\x02\x65\x07\x0a\x01\x00\x04\x00\x04\x00"
/* 1.3.6.1.4.1.1466.20036, unavailable. */
#define NOTICE                                                     \
	"\x30\x24\x02\x01\x00\x78\x1f\x0a\x01\x34\x04\x00\x04\x00" \
	"\x8a\x16"                                                 \
	"1.3.6.1.4.1.1466.20036"
#define BYTES(text) (text), sizeof(text) - 1

struct wire {
	struct directory *dir;
	int server;
};

/* Connects to a server that has said this already, and says no more if it's
 * nothing. */
static void
wire_open(struct wire *wire, const char *bytes, size_t len, struct err *err)
{
	static const struct directory_options options = {
	    .url = "ldapi://test", .local = true};
	void *arg;
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(write(fd[1], bytes, len), (ssize_t)len);
	if (len == 0)
		shutdown(fd[1], SHUT_WR);
	arg = directory_step_arg(&options);
	wire->dir = directory_step.run(fd[0], arg, err);
	directory_step.drop_arg(arg);
	wire->server = fd[1];
}

static int
setup(void **state)
{
	static struct wire wire;
	struct err err;

	wire_open(&wire, BYTES(HERE), &err);
	assert_non_null(wire.dir);
	*state = &wire;
	return 0;
}

static int
teardown(void **state)
{
	struct wire *wire = *state;

	directory_close(wire->dir);
	close(wire->server);
	return 0;
}

static void
wire_ask(struct wire *wire)
{
	static char none[] = "1.1";
	char *attributes[] = {none, NULL};
	const struct directory_search search = {.base = "",
	    .scope = DIRECTORY_BASE,
	    .filter = "(mail=x)",
	    .attributes = attributes};
	struct err err;
	int id = 0;

	assert_int_equal(
	    directory_send(wire->dir, &search, &id, &err), DIRECTORY_SENT);
	assert_int_equal(id, 2);
}

static void
wire_say(struct wire *wire, const char *bytes, size_t len)
{
	assert_int_equal(write(wire->server, bytes, len), (ssize_t)len);
}

static enum directory_kind
wire_next(struct wire *wire)
{
	struct directory_event event;

	directory_next(wire->dir, &event);
	return event.kind;
}

static void
test_nothing_is_held_back_behind_an_answer(void **state)
{
	struct wire *wire = *state;

	wire_ask(wire);
	assert_int_equal(wire_next(wire), DIRECTORY_NOTHING);
	wire_say(wire, BYTES(ENTRY DONE));
	assert_int_equal(wire_next(wire), DIRECTORY_ENTRY);
	assert_true(directory_holds_bytes(wire->dir));
	assert_int_equal(wire_next(wire), DIRECTORY_RESULT);
	assert_false(directory_holds_bytes(wire->dir));
	assert_int_equal(wire_next(wire), DIRECTORY_NOTHING);
}

static void
test_a_notice_in_the_same_piece_shows(void **state)
{
	struct wire *wire = *state;

	wire_ask(wire);
	wire_say(wire, BYTES(DONE NOTICE));
	assert_int_equal(wire_next(wire), DIRECTORY_RESULT);
	assert_true(directory_holds_bytes(wire->dir));
	assert_int_equal(wire_next(wire), DIRECTORY_GONE);
}

static void
test_messages_in_single_bytes(void **state)
{
	static const char bytes[] = ENTRY DONE;
	struct wire *wire = *state;
	enum directory_kind kind;
	unsigned entries = 0;
	size_t i;

	wire_ask(wire);
	for (i = 0; i < sizeof(bytes) - 2; i++) {
		wire_say(wire, bytes + i, 1);
		kind = wire_next(wire);
		entries += kind == DIRECTORY_ENTRY;
		assert_true(
		    kind == DIRECTORY_NOTHING || kind == DIRECTORY_ENTRY);
	}
	assert_int_equal(entries, 1);
	wire_say(wire, bytes + i, 1);
	assert_int_equal(wire_next(wire), DIRECTORY_RESULT);
	assert_false(directory_holds_bytes(wire->dir));
}

static void
test_the_end_shows(void **state)
{
	struct wire *wire = *state;

	wire_ask(wire);
	wire_say(wire, BYTES(ENTRY));
	shutdown(wire->server, SHUT_RDWR);
	assert_int_equal(wire_next(wire), DIRECTORY_ENTRY);
	assert_int_equal(wire_next(wire), DIRECTORY_GONE);
}

/* An entry with one attribute, "a", whose values are these, all in octets. */
#define ENTRY_OF(all, entry, list, attribute, values)             \
	"\x30" all "\x02\x01\x02\x64" entry "\x04\x02o=\x30" list \
	"\x30" attribute "\x04\x01\x61\x31" values

static void
on_value(const char *value, size_t len, void *arg)
{
	unsigned *n = arg;

	assert_int_equal(len, 1);
	assert_int_equal(*value, 'x');
	++*n;
}

/* What can't be read is no entry without values. */
static void
test_a_spoilt_entry_is_no_empty_one(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		int rc;
		unsigned values;
	} entries[] = {
	    {BYTES(ENTRY), 0, 0},
	    {BYTES(ENTRY_OF("\x12", "\x0d", "\x07", "\x05", "\x00")), 0, 0},
	    {BYTES(ENTRY_OF("\x15", "\x10", "\x0a", "\x08", "\x03\x04\x01x")),
		0, 1},
	    /* Half a value, and an attribute that ends behind the entry. */
	    {BYTES(ENTRY_OF("\x14", "\x0f", "\x09", "\x07", "\x02\x04\x01")),
		-1, 0},
	    {BYTES(ENTRY_OF("\x15", "\x10", "\x0a", "\x7f", "\x03\x04\x01x")),
		-1, 0},
	};
	struct wire *wire = *state;
	struct err err;
	unsigned n, i;

	wire_ask(wire);
	for (i = 0; i < sizeof(entries) / sizeof(*entries); i++) {
		n = 0;
		wire_say(wire, entries[i].bytes, entries[i].len);
		assert_int_equal(wire_next(wire), DIRECTORY_ENTRY);
		assert_int_equal(
		    directory_each_value(wire->dir, on_value, &n, &err),
		    entries[i].rc);
		assert_int_equal(n, entries[i].values);
	}
}

/* Nobody logs in here, so that only an answer shows that there is one. */
static void
test_who_says_nothing_is_no_directory(void **state)
{
	struct wire wire;
	struct err err;

	(void)state;
	wire_open(&wire, BYTES(""), &err);
	assert_null(wire.dir);
	assert_non_null(strstr(err.text, "Can't contact LDAP server"));
	close(wire.server);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_nothing_is_held_back_behind_an_answer),
	    TEST(test_a_notice_in_the_same_piece_shows),
	    TEST(test_messages_in_single_bytes),
	    TEST(test_the_end_shows),
	    TEST(test_a_spoilt_entry_is_no_empty_one),
	    cmocka_unit_test(test_who_says_nothing_is_no_directory),
	};

	directory_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
