/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * The load of the benchmark: a number of connections, each of which asks,
 * waits for the answer, checks it and asks again (a closed loop, as Postfix
 * is one). Prints one JSON object and exits 0, or 1 if an answer was wrong or
 * a question got none.
 */

#include "load.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"

#define LOAD_EVENTS 512
#define LOAD_TICK   10                   /* ms */
#define LOAD_GRACE  UINT64_C(5000000000) /* ns for the last answers */
#define LOAD_FOUND  "12:OK forceenc:,"
#define LOAD_ABSENT "9:NOTFOUND ,"
#define LOAD_NEVER  UINT64_MAX

static void load_hung_up(struct load *, struct client *);

static uint64_t
load_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * UINT64_C(1000000000) +
	    (uint64_t)ts.tv_nsec;
}

static void
load_watch(struct load *load, struct client *client, int op)
{
	struct epoll_event ev = {
	    .events = client->connecting ? EPOLLOUT : EPOLLIN,
	    .data.ptr = client};

	if (epoll_ctl(load->epoll, op, client->fd, &ev) == -1)
		must_fatal("epoll_ctl: %s", strerror(errno));
}

static void
load_give_up(struct load *load, struct client *client)
{
	client->asks = false;
	load->asking--;
	load->lost++;
}

static void
load_refused(struct load *load, struct client *client)
{
	load->refused++;
	load_give_up(load, client);
}

/* Sends the client's question, over a new connection if it has none. One that
 * is refused isn't tried again, which is Postfix's way too. */
static void
load_send(struct load *load, struct client *client)
{
	const char *frame;

	if (client->fd == -1) {
		if (client_connect(client, &load->server) == CLIENT_CLOSED) {
			load_refused(load, client);
			return;
		}
		load_watch(load, client, EPOLL_CTL_ADD);
	}
	if (client->connecting)
		return;
	frame = keys_frame(&load->keys, client->number);
	if (client_send(client, frame, load->keys.frame_len) == CLIENT_CLOSED)
		load_hung_up(load, client);
}

/* Postfix connects anew once and asks again when it's hung up on before an
 * answer. A second time defers the mail: the question is lost. */
static void
load_hung_up(struct load *load, struct client *client)
{
	if (!load->reconnect || client->resent) {
		load_give_up(load, client);
		return;
	}
	client->resent = true;
	load->resent++;
	load_send(load, client);
}

static void
load_ask(struct load *load, struct client *client, uint64_t now)
{
	client->number = keys_next(&load->keys);
	client->asks = true;
	client->resent = false;
	client->sent_at = load->all_at_once ? load->began : now;
	load->asked++;
	load->asking++;
	load_send(load, client);
}

static bool
load_more(const struct load *load, uint64_t now)
{
	return load->asked < load->requests && now < load->end;
}

/* The first wrong answer is kept for the report. */
static void
load_wrong(struct load *load, struct client *client, const char *want)
{
	if (load->wrong++ == 0)
		snprintf(load->first_wrong, sizeof(load->first_wrong),
		    "asked for %s%07" PRIu32 ", wanted %s, got %s",
		    keys_forced(&load->keys, client->number) ? "user" : "none",
		    client->number, want,
		    text_show(client->in, client->in_len));
	client->in_len = 0;
}

static void
load_check(struct load *load, struct client *client)
{
	bool found = load->echo || keys_forced(&load->keys, client->number);
	const char *want = found ? LOAD_FOUND : LOAD_ABSENT;

	if (client->in_len != strlen(want) ||
	    memcmp(client->in, want, client->in_len) != 0) {
		load_wrong(load, client, want);
		return;
	}
	load->found += found;
	client->in_len = 0;
}

static void
load_answered(struct load *load, struct client *client)
{
	uint64_t now = load_now();

	load_check(load, client);
	client->asks = false;
	load->asking--;
	load->answered++;
	load->last = now;
	/* Taken from the first answer behind the warm-up to the last one
	 * before the end. */
	if (now >= load->begin && now < load->end)
		histogram_add(&load->latency, now - client->sent_at);
	if (load_more(load, now))
		load_ask(load, client, now);
}

static void
load_event(struct load *load, struct client *client)
{
	if (client->connecting) {
		if (client_connected(client) == CLIENT_CLOSED) {
			load_refused(load, client);
			return;
		}
		load_watch(load, client, EPOLL_CTL_MOD);
		load_send(load, client);
		return;
	}
	switch (client_receive(client)) {
	case CLIENT_WAIT:
		break;
	case CLIENT_ANSWER:
		if (client->asks)
			load_answered(load, client);
		else
			load_wrong(load, client, "nothing");
		break;
	case CLIENT_CLOSED:
		if (client->asks)
			load_hung_up(load, client);
		break;
	}
}

/* Clients whose question was lost, or who were hung up on while idle, go on
 * here: once a tick, so that a server that's down isn't hammered. */
static void
load_tick(struct load *load, uint64_t now)
{
	unsigned i;

	for (i = 0; i < load->nclients; i++)
		if (!load->client[i].asks && load_more(load, now))
			load_ask(load, &load->client[i], now);
}

static void
load_loop(struct load *load)
{
	struct epoll_event ev[LOAD_EVENTS];
	uint64_t now = load_now(), tick = now;
	int i, n;

	while (load->asking > 0 || load_more(load, now)) {
		n = epoll_wait(load->epoll, ev, LOAD_EVENTS, LOAD_TICK);
		for (i = 0; i < n; i++)
			load_event(load, ev[i].data.ptr);
		now = load_now();
		if (now - tick > LOAD_TICK * UINT64_C(1000000)) {
			load_tick(load, now);
			tick = now;
		}
		if (load->end != LOAD_NEVER && now > load->end + LOAD_GRACE)
			break;
	}
	load->lost += load->asking;
}

void
load_run(struct load *load)
{
	uint64_t now;
	unsigned i;

	load->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (load->epoll == -1)
		must_fatal("epoll_create1: %s", strerror(errno));
	load->client = mem_resize(NULL, load->nclients, sizeof(*load->client));
	memset(load->client, 0, load->nclients * sizeof(*load->client));
	for (i = 0; i < load->nclients; i++)
		load->client[i].fd = -1;
	now = load_now();
	load->began = now;
	load->last = now;
	load->begin = now + (uint64_t)(load->warmup * 1e9);
	load->end = load->seconds > 0
	    ? load->begin + (uint64_t)(load->seconds * 1e9)
	    : LOAD_NEVER;
	for (i = 0; i < load->nclients && load_more(load, now); i++) {
		load_ask(load, &load->client[i], now);
		now = load_now();
	}
	load_loop(load);
	for (i = 0; i < load->nclients; i++)
		client_close(&load->client[i]);
	free(load->client);
}
