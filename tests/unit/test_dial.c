/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/dial.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dial_test.h"
#include "forceenc/clock.h"
#include "forceenc/mem.h"
#include "unit.h"

/* ms behind which an event that should come is missed. */
#define TEST_LIMIT 20000

/*
 * A name service of our own: "hang.test" answers once the test lets it,
 * "two.test" has an address that refuses in front of one that doesn't.
 */
static sem_t hanging, release;

typedef int getaddrinfo_fn(
    const char *, const char *, const struct addrinfo *, struct addrinfo **);

static int
real_getaddrinfo(const char *host, const char *port,
    const struct addrinfo *hints, struct addrinfo **out)
{
	void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
	getaddrinfo_fn *real;

	memcpy(&real, &symbol, sizeof(real));
	return real(host, port, hints, out);
}

int
getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
    struct addrinfo **out)
{
	int rc;

	if (strcmp(host, "hang.test") == 0) {
		sem_post(&hanging);
		sem_wait(&release);
		return EAI_AGAIN;
	}
	if (strcmp(host, "two.test") != 0)
		return real_getaddrinfo(host, port, hints, out);
	rc = real_getaddrinfo("127.0.0.1", "1", hints, out);
	if (rc == 0)
		rc = real_getaddrinfo(
		    "127.0.0.1", port, hints, &(*out)->ai_next);
	return rc;
}

struct state {
	struct dial *dial;
	struct listener listener;
	struct talk talk;
	/* Of the last job that was done. */
	unsigned done;
	char *result;
	struct dial_outcome outcome;
};

static int
setup(void **out)
{
	struct state *state = mem_zalloc(sizeof(*state));

	sem_init(&hanging, 0, 0);
	sem_init(&release, 0, 0);
	sem_init(&state->talk.begun, 0, 0);
	sem_init(&state->talk.dropped_arg, 0, 0);
	sem_init(&state->talk.dropped_result, 0, 0);
	talk_dropping = &state->talk;
	state->dial = dial_new(2);
	listener_init(&state->listener, 8);
	*out = state;
	return 0;
}

static int
teardown(void **out)
{
	struct state *state = *out;

	dial_free(state->dial);
	wait_alone();
	close(state->listener.fd);
	free(state->result);
	free(state);
	return 0;
}

static void
on_done(struct dial_outcome *outcome, void *arg)
{
	struct state *state = arg;

	state->done++;
	state->outcome = *outcome;
	free(state->result);
	state->result = outcome->result;
}

static struct dial_job *
start(struct state *state, const char *host, const char *port)
{
	struct dial_request request = {
	    .name = "ldap://peer.test",
	    .host = host,
	    .port = port,
	    .deadline = clock_now() + TEST_LIMIT,
	    .step = &talk_step,
	    .arg = &state->talk,
	};

	return dial_start(state->dial, &request, on_done, state);
}

static struct dial_job *
resolve(struct state *state, const char *host)
{
	struct dial_request request = {
	    .name = host,
	    .host = host,
	    .port = "5432",
	    .deadline = clock_now() + TEST_LIMIT,
	};

	return dial_start(state->dial, &request, on_done, state);
}

/* Until so many jobs are done. */
static void
wait_done(struct state *state, unsigned done)
{
	struct pollfd pollfd = {.fd = dial_fd(state->dial), .events = POLLIN};

	while (state->done < done) {
		assert_int_equal(poll(&pollfd, 1, TEST_LIMIT), 1);
		dial_collect(state->dial);
	}
	assert_int_equal(state->done, done);
}

static void
assert_why(const struct state *state, const char *part)
{
	assert_null(state->result);
	if (strstr(state->outcome.why.text, part) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", state->outcome.why.text, part);
}

static void
test_hands_over_what_the_step_made(void **arg)
{
	struct state *state = *arg;
	int peer;

	start(state, "127.0.0.1", state->listener.port);
	peer = accept(state->listener.fd, NULL, NULL);
	assert_int_equal(write(peer, "hello", 5), 5);
	wait_done(state, 1);
	assert_string_equal(state->result, "hello");
	assert_true(was_posted(&state->talk.dropped_arg));
	assert_false(was_posted(&state->talk.dropped_result));
	assert_int_equal(dial_tick(state->dial, CLOCK_NEVER - 1), CLOCK_NEVER);
	close(peer);
}

static void
test_unix_socket(void **arg)
{
	struct state *state = *arg;
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct dial_request request = {
	    .name = "ldapi:///",
	    .path = addr.sun_path,
	    .deadline = clock_now() + TEST_LIMIT,
	    .step = &talk_step,
	    .arg = &state->talk,
	};
	char folder[] = "/tmp/forceenc-XXXXXX";
	int fd, peer;

	assert_non_null(mkdtemp(folder));
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/s", folder);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 1), 0);
	dial_start(state->dial, &request, on_done, state);
	peer = accept(fd, NULL, NULL);
	assert_int_equal(write(peer, "local", 5), 5);
	wait_done(state, 1);
	assert_string_equal(state->result, "local");
	close(peer);
	close(fd);
	unlink(addr.sun_path);
	rmdir(folder);
	dial_start(state->dial, &request, on_done, state);
	wait_done(state, 2);
	assert_why(state, "ldapi:///: No such file or directory");
}

static void
test_refused(void **arg)
{
	struct state *state = *arg;

	start(state, "127.0.0.1", "1");
	wait_done(state, 1);
	assert_why(state, "ldap://peer.test: Connection refused");
}

static void
test_second_address(void **arg)
{
	struct state *state = *arg;
	int peer;

	start(state, "two.test", state->listener.port);
	peer = accept(state->listener.fd, NULL, NULL);
	close(peer);
	wait_done(state, 1);
	assert_string_equal(state->result, "ended");
}

static void
test_step_fails(void **arg)
{
	struct state *state = *arg;
	int peer;

	state->talk.fails = true;
	start(state, "127.0.0.1", state->listener.port);
	peer = accept(state->listener.fd, NULL, NULL);
	assert_int_equal(write(peer, "sorry", 5), 5);
	wait_done(state, 1);
	assert_why(state, "said sorry");
	close(peer);
}

static void
test_resolves_only(void **arg)
{
	struct state *state = *arg;

	resolve(state, "::1");
	wait_done(state, 1);
	assert_int_equal(state->outcome.naddresses, 1);
	assert_string_equal(state->outcome.address[0], "::1");
	resolve(state, "two.test");
	wait_done(state, 2);
	assert_int_equal(state->outcome.naddresses, 2);
	assert_string_equal(state->outcome.address[1], "127.0.0.1");
	resolve(state, "256.256.256.256.invalid");
	wait_done(state, 3);
	assert_int_equal(state->outcome.naddresses, 0);
	assert_why(state, "256.256.256.256.invalid: name not found: ");
}

/* A peer that accepts and says nothing: the deadline ends the thread's wait
 * as well, and what it makes of that is dropped. */
static void
test_silent_peer(void **arg)
{
	struct state *state = *arg;
	uint64_t deadline;
	int peer;

	start(state, "127.0.0.1", state->listener.port);
	peer = accept(state->listener.fd, NULL, NULL);
	sem_wait(&state->talk.begun);
	deadline = dial_tick(state->dial, 0);
	assert_int_equal(dial_tick(state->dial, deadline - 1), deadline);
	assert_int_equal(state->done, 0);
	assert_int_equal(dial_tick(state->dial, deadline), CLOCK_NEVER);
	assert_int_equal(state->done, 1);
	assert_why(state, "ldap://peer.test: connected, but silent since");
	sem_wait(&state->talk.dropped_result);
	sem_wait(&state->talk.dropped_arg);
	dial_collect(state->dial);
	assert_int_equal(state->done, 1);
	close(peer);
}

static void
test_cancelled_in_the_step(void **arg)
{
	struct state *state = *arg;
	struct dial_job *job;
	int peer;

	job = start(state, "127.0.0.1", state->listener.port);
	peer = accept(state->listener.fd, NULL, NULL);
	sem_wait(&state->talk.begun);
	dial_cancel(job);
	sem_wait(&state->talk.dropped_result);
	sem_wait(&state->talk.dropped_arg);
	dial_collect(state->dial);
	assert_int_equal(state->done, 0);
	close(peer);
}

/* Done, but nobody has collected it yet. */
static void
test_cancelled_when_finished(void **arg)
{
	struct state *state = *arg;
	struct pollfd pollfd = {.fd = dial_fd(state->dial), .events = POLLIN};
	struct dial_job *job;
	int peer;

	job = start(state, "127.0.0.1", state->listener.port);
	peer = accept(state->listener.fd, NULL, NULL);
	close(peer);
	assert_int_equal(poll(&pollfd, 1, TEST_LIMIT), 1);
	dial_cancel(job);
	assert_true(was_posted(&state->talk.dropped_result));
	assert_true(was_posted(&state->talk.dropped_arg));
	dial_collect(state->dial);
	assert_int_equal(state->done, 0);
}

/* What is there when its deadline comes isn't late. */
static void
test_finished_at_the_deadline(void **arg)
{
	struct state *state = *arg;
	struct pollfd pollfd = {.fd = dial_fd(state->dial), .events = POLLIN};
	int peer;

	start(state, "127.0.0.1", state->listener.port);
	peer = accept(state->listener.fd, NULL, NULL);
	close(peer);
	assert_int_equal(poll(&pollfd, 1, TEST_LIMIT), 1);
	assert_int_equal(dial_tick(state->dial, CLOCK_NEVER - 1), CLOCK_NEVER);
	assert_string_equal(state->result, "ended");
}

/* The name service hangs in as many threads as there may be. */
static void
test_hanging_name_service(void **arg)
{
	struct state *state = *arg;
	struct dial_job *job;

	start(state, "hang.test", "389");
	sem_wait(&hanging);
	job = resolve(state, "hang.test");
	sem_wait(&hanging);
	dial_cancel(job);
	assert_int_equal(dial_tick(state->dial, CLOCK_NEVER - 1), CLOCK_NEVER);
	assert_int_equal(state->done, 1);
	assert_why(
	    state, "ldap://peer.test: the name service didn't answer in time");
	/* Both threads are lost for now. */
	assert_int_equal(dial_threads(state->dial), 2);
	start(state, "127.0.0.1", state->listener.port);
	dial_cancel(start(state, "127.0.0.1", state->listener.port));
	assert_true(was_posted(&state->talk.dropped_arg));
	assert_int_equal(dial_tick(state->dial, CLOCK_NEVER - 1), CLOCK_NEVER);
	assert_int_equal(state->done, 2);
	assert_why(state, "no thread to connect with came free in time");
	/* And come back. */
	start(state, "127.0.0.1", "1");
	sem_post(&release);
	sem_post(&release);
	wait_done(state, 3);
	assert_why(state, "Connection refused");
}

/* An end that doesn't wait for a name service that hangs. */
static void
test_freed_while_hanging(void **arg)
{
	struct state *state = *arg;

	dial_cancel(start(state, "hang.test", "389"));
	dial_free(state->dial);
	sem_post(&release);
	sem_wait(&state->talk.dropped_arg);
	state->dial = NULL;
}

/* A peer whose backlog is full drops what it's sent. */
static void
test_no_connection(void **arg)
{
	struct state *state = *arg;
	struct sockaddr_in addr = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct listener full;
	struct dial_request request = {
	    .name = "ldap://peer.test",
	    .host = "127.0.0.1",
	    .port = full.port,
	    .step = &talk_step,
	    .arg = &state->talk,
	};
	int waiting[2], i;

	listener_init(&full, 0);
	addr.sin_port = htons((uint16_t)atoi(full.port));
	for (i = 0; i < 2; i++) {
		waiting[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(waiting[i], (struct sockaddr *)&addr, sizeof(addr));
	}
	/* The thread notices by itself, ... */
	request.deadline = clock_now() + 50;
	dial_start(state->dial, &request, on_done, state);
	wait_done(state, 1);
	assert_why(state, "ldap://peer.test: no connection in time");
	sem_wait(&state->talk.dropped_arg);
	/* ... and at once when it's told. */
	request.deadline = clock_now() + 10 * TEST_LIMIT;
	dial_cancel(dial_start(state->dial, &request, on_done, state));
	sem_wait(&state->talk.dropped_arg);
	assert_int_equal(state->done, 1);
	for (i = 0; i < 2; i++)
		close(waiting[i]);
	close(full.fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    TEST(test_hands_over_what_the_step_made),
	    TEST(test_unix_socket),
	    TEST(test_refused),
	    TEST(test_second_address),
	    TEST(test_step_fails),
	    TEST(test_resolves_only),
	    TEST(test_silent_peer),
	    TEST(test_cancelled_in_the_step),
	    TEST(test_cancelled_when_finished),
	    TEST(test_finished_at_the_deadline),
	    TEST(test_hanging_name_service),
	    TEST(test_freed_while_hanging),
	    TEST(test_no_connection),
	};

	find_alone();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
