/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * The loop turns within the calls that wait, and its callbacks do no more than
 * note what has come: so who waits may be anywhere, even in the middle of a
 * reload, and libevent's loop is never entered twice.
 */

#include "forceenc-watch/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "forceenc/clock.h"
#include "forceenc/must.h"
#include "forceenc/notify.h"

#define LOOP_FDS_MAX 4

static struct timeval
loop_time(uint64_t ms)
{
	return (struct timeval){
	    (time_t)(ms / 1000), (suseconds_t)(ms % 1000) * 1000};
}

static void
loop_cut(struct loop *loop)
{
	uint64_t one = 1;
	ssize_t n = write(loop->stop, &one, sizeof(one));

	(void)n;
}

static void
loop_on_stop(evutil_socket_t signo, short what, void *arg)
{
	struct loop *loop = arg;

	(void)signo;
	(void)what;
	loop->stopping = true;
	loop_cut(loop);
}

static void
loop_on_hup(evutil_socket_t signo, short what, void *arg)
{
	struct loop *loop = arg;

	(void)signo;
	(void)what;
	loop->reload = true;
	loop_cut(loop);
}

static void
loop_on_dog(evutil_socket_t fd, short what, void *arg)
{
	struct loop *loop = arg;
	uint64_t now = clock_now(), due = notify_watchdog(now);
	struct timeval wait = loop_time(due > now ? due - now : 0);

	(void)fd;
	(void)what;
	if (due != CLOCK_NEVER)
		event_add(loop->dog, &wait);
}

void
loop_init(struct loop *loop)
{
	static const int stops[] = {SIGTERM, SIGINT};
	unsigned i;

	signal(SIGPIPE, SIG_IGN);
	*loop = (struct loop){.base = event_base_new()};
	MUST(loop->base != NULL);
	loop->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->stop == -1)
		must_fatal("eventfd: %s", strerror(errno));
	for (i = 0; i < 2; i++) {
		loop->on_stop[i] =
		    evsignal_new(loop->base, stops[i], loop_on_stop, loop);
		MUST(loop->on_stop[i] != NULL);
		event_add(loop->on_stop[i], NULL);
	}
	loop->on_hup = evsignal_new(loop->base, SIGHUP, loop_on_hup, loop);
	loop->dog = evtimer_new(loop->base, loop_on_dog, loop);
	MUST(loop->on_hup != NULL && loop->dog != NULL);
	event_add(loop->on_hup, NULL);
	loop_on_dog(-1, 0, loop);
}

void
loop_fini(struct loop *loop)
{
	event_free(loop->on_stop[0]);
	event_free(loop->on_stop[1]);
	event_free(loop->on_hup);
	event_free(loop->dog);
	event_base_free(loop->base);
	libevent_global_shutdown();
	close(loop->stop);
}

static void
loop_turn(struct loop *loop, int flags)
{
	if (event_base_loop(loop->base, flags) == -1)
		must_fatal("the loop doesn't turn: %s", strerror(errno));
}

static void
loop_on_over(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	*(bool *)arg = true;
}

void
loop_wait(struct loop *loop, int fd, uint64_t ms)
{
	struct timeval wait = loop_time(ms);
	struct event *event;
	bool over = false;

	loop_turn(loop, EVLOOP_NONBLOCK);
	if (ms == 0)
		return;
	event = event_new(
	    loop->base, fd, fd != -1 ? EV_READ : 0, loop_on_over, &over);
	MUST(event != NULL);
	event_add(event, &wait);
	while (!over && !loop->stopping && !loop->reload)
		loop_turn(loop, EVLOOP_ONCE);
	event_free(event);
}

int
loop_poll(struct pollfd *pollfd, nfds_t n, int ms, void *arg)
{
	struct event *event[LOOP_FDS_MAX + 1];
	struct timeval wait = loop_time(ms > 0 ? (uint64_t)ms : 0);
	struct loop *loop = arg;
	bool over = false;
	nfds_t i;
	int rc;

	MUST(n <= LOOP_FDS_MAX);
	loop_turn(loop, EVLOOP_NONBLOCK);
	rc = poll(pollfd, n, 0);
	if (rc != 0 || ms <= 0)
		return rc;
	for (i = 0; i < n; i++) {
		event[i] = event_new(loop->base, pollfd[i].fd,
		    (short)((pollfd[i].events & POLLIN ? EV_READ : 0) |
			(pollfd[i].events & POLLOUT ? EV_WRITE : 0)),
		    loop_on_over, &over);
		MUST(event[i] != NULL);
		if (pollfd[i].fd != -1)
			event_add(event[i], NULL);
	}
	event[n] = evtimer_new(loop->base, loop_on_over, &over);
	MUST(event[n] != NULL);
	event_add(event[n], &wait);
	while (!over)
		loop_turn(loop, EVLOOP_ONCE);
	for (i = 0; i <= n; i++)
		event_free(event[i]);
	return poll(pollfd, n, 0);
}

void
loop_clear_stop(struct loop *loop)
{
	uint64_t count;
	ssize_t n;

	if (loop->stopping)
		return;
	n = read(loop->stop, &count, sizeof(count));
	(void)n;
}
