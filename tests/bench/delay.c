/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * A wire that takes time: whatever one side sends reaches the other one so
 * many milliseconds later, however much is on its way. As all of it takes the
 * same time, what was read first is due first: one queue will do.
 */

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sysexits.h>
#include <unistd.h>

#include "forceenc/clock.h"
#include "forceenc/endpoint.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"

#define DELAY_BACKLOG 1024
#define DELAY_US_MAX  10000000

/* A client and the server behind it. */
struct delay_pair {
	struct delay *delay;
	struct bufferevent *end[2];
	unsigned refs; /* pieces on their way, and one while it's connected */
};

struct delay_piece {
	uint64_t due; /* us */
	struct delay_pair *pair;
	unsigned to;           /* which end */
	struct evbuffer *data; /* NULL: the other end hung up */
	STAILQ_ENTRY(delay_piece) link;
};

struct delay {
	struct event_base *base;
	struct event *timer;
	struct endpoint target;
	uint64_t us; /* in either direction */
	STAILQ_HEAD(, delay_piece) pieces;
};

static void
delay_release(struct delay_pair *pair)
{
	if (--pair->refs == 0)
		free(pair);
}

static void
delay_hang_up(struct delay_pair *pair)
{
	unsigned i;

	if (pair->end[0] == NULL)
		return;
	for (i = 0; i < 2; i++) {
		bufferevent_free(pair->end[i]);
		pair->end[i] = NULL;
	}
	delay_release(pair);
}

static void
delay_deliver(struct delay_piece *piece)
{
	struct delay_pair *pair = piece->pair;

	if (pair->end[piece->to] != NULL && piece->data != NULL)
		bufferevent_write_buffer(pair->end[piece->to], piece->data);
	else
		delay_hang_up(pair);
	if (piece->data != NULL)
		evbuffer_free(piece->data);
	free(piece);
	delay_release(pair);
}

/* Everything that is due; the timer is for the next one. */
static void
delay_go_on(struct delay *delay)
{
	uint64_t now = clock_us();
	struct delay_piece *piece;
	struct timeval tv = {0};

	while ((piece = STAILQ_FIRST(&delay->pieces)) != NULL &&
	    piece->due <= now) {
		STAILQ_REMOVE_HEAD(&delay->pieces, link);
		delay_deliver(piece);
	}
	if (piece == NULL)
		return;
	tv.tv_sec = (time_t)((piece->due - now) / 1000000);
	tv.tv_usec = (suseconds_t)((piece->due - now) % 1000000);
	event_add(delay->timer, &tv);
}

static void
delay_on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	delay_go_on(arg);
}

static void
delay_add(struct delay_pair *pair, unsigned to, struct evbuffer *data)
{
	struct delay_piece *piece = mem_zalloc(sizeof(*piece));
	struct delay *delay = pair->delay;
	bool first = STAILQ_EMPTY(&delay->pieces);

	piece->due = clock_us() + delay->us;
	piece->pair = pair;
	piece->to = to;
	piece->data = data;
	pair->refs++;
	STAILQ_INSERT_TAIL(&delay->pieces, piece, link);
	if (first)
		delay_go_on(delay);
}

static void
delay_on_read(struct bufferevent *end, void *arg)
{
	struct delay_pair *pair = arg;
	struct evbuffer *data = evbuffer_new();

	MUST(data != NULL);
	bufferevent_read_buffer(end, data);
	delay_add(pair, end == pair->end[0], data);
}

static void
delay_on_event(struct bufferevent *end, short what, void *arg)
{
	struct delay_pair *pair = arg;

	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
		bufferevent_disable(end, EV_READ);
		delay_add(pair, end == pair->end[0], NULL);
	}
}

static void
delay_on_accept(evutil_socket_t listener, short what, void *arg)
{
	struct delay *delay = arg;
	struct delay_pair *pair;
	int fd = accept(listener, NULL, NULL), there, on = 1;
	struct err err;

	(void)what;
	if (fd == -1)
		return;
	there = endpoint_connect(&delay->target, 1000, &err);
	if (there == -1) {
		fprintf(stderr, "delay: %s\n", err.text);
		close(fd);
		return;
	}
	evutil_make_socket_nonblocking(fd);
	evutil_make_socket_nonblocking(there);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(there, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	pair = mem_zalloc(sizeof(*pair));
	pair->delay = delay;
	pair->refs = 1;
	pair->end[0] =
	    bufferevent_socket_new(delay->base, fd, BEV_OPT_CLOSE_ON_FREE);
	pair->end[1] =
	    bufferevent_socket_new(delay->base, there, BEV_OPT_CLOSE_ON_FREE);
	for (on = 0; on < 2; on++) {
		MUST(pair->end[on] != NULL);
		bufferevent_setcb(
		    pair->end[on], delay_on_read, NULL, delay_on_event, pair);
		bufferevent_enable(pair->end[on], EV_READ | EV_WRITE);
	}
}

static struct event_base *
delay_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base;

	MUST(config != NULL);
	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	base = event_base_new_with_config(config);
	MUST(base != NULL);
	event_config_free(config);
	return base;
}

int
main(int argc, char **argv)
{
	struct delay delay = {.pieces = STAILQ_HEAD_INITIALIZER(delay.pieces)};
	const struct endpoint_access access = {.mode = 0600};
	struct endpoint here;
	struct event *on_accept;
	int64_t us;
	struct err err;
	int fd;

	if (argc != 4 || text_parse_int(argv[3], 0, DELAY_US_MAX, &us) == -1) {
		fputs("usage: delay ENDPOINT TARGET MICROSECONDS\n", stderr);
		return EX_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	delay.us = (uint64_t)us;
	if (endpoint_parse(&here, argv[1], &err) == -1 ||
	    endpoint_parse(&delay.target, argv[2], &err) == -1 ||
	    (fd = endpoint_listen(&here, DELAY_BACKLOG, &access, &err)) == -1) {
		fprintf(stderr, "delay: %s\n", err.text);
		return EX_UNAVAILABLE;
	}
	delay.base = delay_base();
	delay.timer = evtimer_new(delay.base, delay_on_timer, &delay);
	on_accept = event_new(
	    delay.base, fd, EV_READ | EV_PERSIST, delay_on_accept, &delay);
	MUST(delay.timer != NULL && on_accept != NULL);
	event_add(on_accept, NULL);
	return event_base_dispatch(delay.base) == 0 ? 0 : EX_SOFTWARE;
}
