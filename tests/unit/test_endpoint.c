/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cmocka.h>

#include "folder.h"

static const struct endpoint_access test_access = {.mode = 0600};

struct parse_row {
	const char *text;
	int family;       /* 0: an error */
	const char *host; /* or a word of the error; or the path */
	unsigned port;
};

static const struct parse_row parse_rows[] = {
    {"inet:127.0.0.1:9999", AF_INET, "127.0.0.1", 9999},
    {"inet:localhost:1", AF_INET, "127.0.0.1", 1},
    {"inet:*:65535", AF_INET, "0.0.0.0", 65535},
    {"inet:[::1]:9999", AF_INET6, "::1", 9999},
    {"inet:[::]:25", AF_INET6, "::", 25},
    {"inet:[2001:DB8::7]:25", AF_INET6, "2001:db8::7", 25},
    {"inet:[::ffff:10.0.0.1]:25", AF_INET6, "::ffff:10.0.0.1", 25},
    {"unix:/run/forceenc/lookup", AF_UNIX, "/run/forceenc/lookup", 0},
    {"unix:/a b:c", AF_UNIX, "/a b:c", 0},

    {"", 0, "not an endpoint", 0},
    {"127.0.0.1:9999", 0, "not an endpoint", 0},
    {"tcp:127.0.0.1:9999", 0, "not an endpoint", 0},
    {"INET:127.0.0.1:9999", 0, "not an endpoint", 0},
    {" inet:127.0.0.1:9999", 0, "not an endpoint", 0},
    {"/run/lookup", 0, "not an endpoint", 0},
    {"inet:", 0, "no port", 0},
    {"inet:9999", 0, "no port", 0},
    {"inet:127.0.0.1", 0, "no port", 0},
    {"inet:127.0.0.1:", 0, "no port", 0},
    {"inet:127.0.0.1:0", 0, "no port", 0},
    {"inet:127.0.0.1:65536", 0, "no port", 0},
    {"inet:127.0.0.1:-1", 0, "no port", 0},
    {"inet:127.0.0.1:+1", 0, "no port", 0},
    {"inet:127.0.0.1:smtp", 0, "no port", 0},
    {"inet:127.0.0.1:25 ", 0, "no port", 0},
    {"inet:[::1]", 0, "no port", 0},
    {"inet::9999", 0, "numeric", 0},
    {"inet:mx.example.com:25", 0, "numeric", 0},
    {"inet:127.1:25", 0, "numeric", 0},
    {"inet:127.0.0.256:25", 0, "numeric", 0},
    {"inet:127.0.0.1 :25", 0, "numeric", 0},
    {"inet:::1:25", 0, "numeric", 0},
    {"inet:[::1:25", 0, "numeric", 0},
    {"inet:[]:25", 0, "numeric", 0},
    {"inet:[:25", 0, "numeric", 0},
    {"inet:[127.0.0.1]:25", 0, "numeric", 0},
    {"inet:[::1]x:25", 0, "numeric", 0},
    {"inet:[localhost]:25", 0, "numeric", 0},
    {"inet:[::1%lo]:25", 0, "numeric", 0},
    {"inet:1111111111111111111111111111111111111111111111111111111111111111"
     ":25",
	0, "numeric", 0},
    {"unix:", 0, "begins with /", 0},
    {"unix:lookup", 0, "begins with /", 0},
    {"unix:./lookup", 0, "begins with /", 0},
};

static void
test_parse(void **state)
{
	struct endpoint ep;
	struct err err;
	char host[INET6_ADDRSTRLEN];
	const struct sockaddr_in *in = (const void *)&ep.addr;
	const struct sockaddr_in6 *in6 = (const void *)&ep.addr;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(parse_rows) / sizeof(parse_rows[0]); i++) {
		const struct parse_row *row = &parse_rows[i];
		int rc = endpoint_parse(&ep, row->text, &err);

		if (rc != (row->family == 0 ? -1 : 0))
			fail_msg("%s: %d", row->text, rc);
		if (rc == -1) {
			if (strstr(err.text, row->host) == NULL)
				fail_msg("%s: %s", row->text, err.text);
			continue;
		}
		assert_string_equal(ep.text, row->text);
		assert_int_equal(ep.addr.ss_family, row->family);
		if (row->family == AF_UNIX) {
			assert_string_equal(endpoint_path(&ep), row->host);
			continue;
		}
		assert_null(endpoint_path(&ep));
		assert_non_null(inet_ntop(row->family,
		    row->family == AF_INET ? (const void *)&in->sin_addr
					   : (const void *)&in6->sin6_addr,
		    host, sizeof(host)));
		assert_string_equal(host, row->host);
		assert_int_equal(ntohs(row->family == AF_INET ? in->sin_port
							      : in6->sin6_port),
		    row->port);
	}
}

static void
test_parse_long(void **state)
{
	struct endpoint ep;
	struct err err;
	char text[300];
	size_t max = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "unix:/", 6);
	text[5 + max] = '\0';
	assert_int_equal(endpoint_parse(&ep, text, &err), 0);
	assert_int_equal(strlen(endpoint_path(&ep)), max);
	text[5 + max] = 'x';
	text[5 + max + 1] = '\0';
	assert_int_equal(endpoint_parse(&ep, text, &err), -1);
	assert_non_null(strstr(err.text, "too long"));
	text[5 + max + 1] = 'x';
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(endpoint_parse(&ep, text, &err), -1);
	assert_non_null(strstr(err.text, "too long"));
}

static void
test_same(void **state)
{
	/* Those of one group are the same; "*" and 0.0.0.0 too. */
	static const struct {
		const char *text;
		int group;
	} rows[] = {
	    {"inet:127.0.0.1:9999", 1},
	    {"inet:localhost:9999", 1},
	    {"inet:127.0.0.1:9998", 2},
	    {"inet:127.0.0.2:9999", 3},
	    {"inet:*:9999", 4},
	    {"inet:0.0.0.0:9999", 4},
	    {"inet:[::1]:9999", 5},
	    {"inet:[0::1]:9999", 5},
	    {"inet:[::1]:9998", 6},
	    {"inet:[::2]:9999", 7},
	    {"unix:/a", 8},
	    {"unix:/b", 9},
	};
	struct endpoint a, b;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
			assert_int_equal(
			    endpoint_parse(&a, rows[i].text, NULL), 0);
			assert_int_equal(
			    endpoint_parse(&b, rows[k].text, NULL), 0);
			if (endpoint_same(&a, &b) !=
			    (rows[i].group == rows[k].group))
				fail_msg("%s, %s", rows[i].text, rows[k].text);
		}
}

static void
test_unix_endpoint(struct endpoint *ep, const struct folder *folder)
{
	char text[600];

	snprintf(text, sizeof(text), "unix:%s", folder_path(folder, "s"));
	assert_int_equal(endpoint_parse(ep, text, NULL), 0);
}

static void
test_local(void **state)
{
	static const struct {
		const char *text;
		bool local;
	} rows[] = {{"unix:/run/x", true}, {"inet:127.0.0.1:1", true},
	    {"inet:127.255.0.9:1", true}, {"inet:[::1]:1", true},
	    {"inet:*:1", false}, {"inet:128.0.0.1:1", false},
	    {"inet:[::]:1", false}, {"inet:[::2]:1", false}};
	struct endpoint ep;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(endpoint_parse(&ep, rows[i].text, NULL), 0);
		assert_int_equal(endpoint_is_local(&ep), rows[i].local);
	}
}

static void
test_listen_unix(void **state)
{
	static const struct endpoint_access access = {.mode = 0640};
	struct endpoint ep, of_fd;
	struct err err;
	struct folder folder;
	struct stat st;
	int fd, client;

	(void)state;
	folder_open(&folder);
	test_unix_endpoint(&ep, &folder);
	assert_int_equal(endpoint_connect(&ep, 1000, &err), -1);
	assert_non_null(strstr(err.text, ep.text));

	fd = endpoint_listen(&ep, 16, &access, &err);
	assert_true(fd >= 0);
	assert_int_equal(stat(endpoint_path(&ep), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(endpoint_of_fd(&of_fd, fd, &err), 0);
	assert_true(endpoint_same(&ep, &of_fd));
	assert_string_equal(of_fd.text, ep.text);
	client = endpoint_connect(&ep, 1000, &err);
	assert_true(client >= 0);
	assert_false(fcntl(client, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(client, F_GETFD) & FD_CLOEXEC);
	/* A connected socket is none that listens. */
	assert_int_equal(endpoint_of_fd(&of_fd, client, &err), -1);
	close(client);

	/* Somebody is there: it stays theirs, whatever failed before. */
	errno = ECONNREFUSED;
	assert_int_equal(endpoint_listen(&ep, 16, &access, &err), -1);
	assert_non_null(strstr(err.text, "another process"));
	client = endpoint_connect(&ep, 1000, &err);
	assert_true(client >= 0);
	close(client);
	close(fd);
	assert_int_equal(unlink(endpoint_path(&ep)), 0);
	folder_close(&folder);
	/* What would be right, where the reason alone doesn't say it. */
	assert_int_equal(endpoint_listen(&ep, 16, &access, &err), -1);
	assert_non_null(strstr(err.text, "make the folder"));
}

/* What a dead process left is taken over, anything else isn't. */
static void
test_listen_unix_leftovers(void **state)
{
	static const struct endpoint_access nobody = {
	    .mode = 0600, .group = "no-such-group-here"};
	struct endpoint ep;
	struct err err;
	struct folder folder;
	struct stat st;
	int fd;

	(void)state;
	folder_open(&folder);
	test_unix_endpoint(&ep, &folder);
	fd = endpoint_listen(&ep, 16, &test_access, &err);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(stat(endpoint_path(&ep), &st), 0);
	fd = endpoint_listen(&ep, 16, &test_access, &err);
	assert_true(fd >= 0);
	close(fd);
	unlink(endpoint_path(&ep));

	folder_write_text(&folder, "s", "precious");
	assert_int_equal(endpoint_listen(&ep, 16, &test_access, &err), -1);
	assert_non_null(strstr(err.text, "no socket"));
	assert_int_equal(stat(endpoint_path(&ep), &st), 0);
	assert_int_equal(st.st_size, 8);
	unlink(endpoint_path(&ep));

	/* Nothing is left behind by a failure. */
	assert_int_equal(endpoint_listen(&ep, 16, &nobody, &err), -1);
	assert_non_null(strstr(err.text, "no group"));
	assert_int_equal(stat(endpoint_path(&ep), &st), -1);
	folder_close(&folder);
	assert_int_equal(endpoint_listen(&ep, 16, &test_access, &err), -1);
	assert_non_null(strstr(err.text, "bind"));
}

static void
test_listen_inet(void **state)
{
	static const char *const texts[] = {"inet:127.0.0.1:1", "inet:[::1]:1"};
	struct endpoint ep, bound;
	struct err err;
	size_t i;
	int fd, client;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(endpoint_parse(&ep, texts[i], &err), 0);
		/* Port 0 is any free one, which only a test wants. */
		((struct sockaddr_in *)&ep.addr)->sin_port = 0;
		fd = endpoint_listen(&ep, 16, NULL, &err);
		if (fd == -1 && i == 1)
			continue; /* no IPv6 on this host */
		assert_true(fd >= 0);
		assert_int_equal(endpoint_of_fd(&bound, fd, &err), 0);
		assert_int_equal(endpoint_parse(&ep, bound.text, &err), 0);
		assert_true(endpoint_same(&ep, &bound));
		client = endpoint_connect(&bound, 1000, &err);
		assert_true(client >= 0);
		close(client);
		assert_int_equal(endpoint_listen(&bound, 16, NULL, &err), -1);
		assert_non_null(strstr(err.text, "bind"));
		close(fd);
		assert_int_equal(endpoint_connect(&bound, 1000, &err), -1);
		assert_non_null(strstr(err.text, "refused"));
	}
	assert_int_equal(endpoint_of_fd(&bound, -1, &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_parse_long),
	    cmocka_unit_test(test_same),
	    cmocka_unit_test(test_local),
	    cmocka_unit_test(test_listen_unix),
	    cmocka_unit_test(test_listen_unix_leftovers),
	    cmocka_unit_test(test_listen_inet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
