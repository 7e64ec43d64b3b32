/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/clients.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forceenc/clock.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"

#define CLIENT_MAGIC 0x434c4e54u
/* Read at once; with SESSION_OUT_MAX it bounds what one client can hold. */
#define CLIENTS_READ_MAX 16384
/* No client is driven on for longer than this without the others' turn. */
#define CLIENTS_ROUNDS 8

TAILQ_HEAD(client_list, client);

struct client {
	unsigned magic;
	int fd;
	struct clients *clients;
	struct session *session;
	struct event *on_read;
	struct event *on_write;
	struct buf out; /* what the socket didn't take */
	bool asked;     /* it's in clients->asked, else ->silent */
	bool ended;     /* hang up once out is sent */
	bool drains;    /* the daemon is about to end */
	uint64_t active_at;
	uint64_t queued_at;  /* active_at when it was put where it is */
	uint64_t partial_at; /* a frame began; 0: none */
	uint64_t partial_no; /* frames before it */
	TAILQ_ENTRY(client) link;
	TAILQ_ENTRY(client) partial_link;
};

struct clients {
	struct event_base *base;
	struct session_shared *shared;
	struct turn *turn;
	/* Roughly the longest idle first: a client isn't moved at each of its
	 * questions, but when the list is looked at. */
	struct client_list silent;
	struct client_list asked;
	struct client_list partial; /* by partial_at */
	unsigned n;
	struct clients_counts counts;
	struct buf out; /* of the client at hand */
	char bytes[CLIENTS_READ_MAX];
};

static void client_on_wake(void *);

struct clients *
clients_new(
    struct event_base *base, struct session_shared *shared, struct turn *turn)
{
	struct clients *clients = mem_zalloc(sizeof(*clients));

	clients->base = base;
	clients->shared = shared;
	clients->turn = turn;
	shared->turn = turn;
	TAILQ_INIT(&clients->silent);
	TAILQ_INIT(&clients->asked);
	TAILQ_INIT(&clients->partial);
	return clients;
}

static void
client_set_partial(struct client *client, uint64_t now)
{
	struct clients *clients = client->clients;
	bool partial = session_is_partial(client->session);
	uint64_t no = session_frames_taken(client->session);

	/* Each frame has a time of its own, even if one begins where the one
	 * before it ends. */
	if (client->partial_at != 0 && (!partial || no != client->partial_no)) {
		client->partial_at = 0;
		TAILQ_REMOVE(&clients->partial, client, partial_link);
	}
	if (partial && client->partial_at == 0) {
		client->partial_at = now;
		client->partial_no = no;
		TAILQ_INSERT_TAIL(&clients->partial, client, partial_link);
	}
}

static struct client_list *
client_home(struct client *client)
{
	return client->asked ? &client->clients->asked
			     : &client->clients->silent;
}

static void
client_free(struct client *client)
{
	struct clients *clients = client->clients;

	MUST_BE(client, CLIENT_MAGIC);
	if (client->partial_at != 0)
		TAILQ_REMOVE(&clients->partial, client, partial_link);
	TAILQ_REMOVE(client_home(client), client, link);
	clients->n--;
	event_free(client->on_read);
	event_free(client->on_write);
	session_free(client->session);
	close(client->fd);
	buf_fini(&client->out);
	client->magic = 0;
	free(client);
}

void
clients_free(struct clients *clients)
{
	struct client *client;

	if (clients == NULL)
		return;
	while ((client = TAILQ_FIRST(&clients->silent)) != NULL)
		client_free(client);
	while ((client = TAILQ_FIRST(&clients->asked)) != NULL)
		client_free(client);
	buf_fini(&clients->out);
	free(clients);
}

/* Where a session puts its replies: nobody else's may still be there. */
static struct buf *
clients_out(struct clients *clients)
{
	MUST(clients->out.len == 0);
	return &clients->out;
}

/* Writes from the front; returns the bytes taken, -1 on a broken socket. */
static ssize_t
client_write(struct client *client, const char *bytes, size_t len)
{
	ssize_t n;

	do
		n = send(client->fd, bytes, len, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	return n;
}

/* Sends clients->out; what the socket doesn't take waits with the client, and
 * meanwhile nothing more is read from it. False: the client is gone. */
static bool
client_send(struct client *client)
{
	struct buf *out = &client->clients->out;
	ssize_t n;

	if (out->len == 0)
		return true;
	n = client_write(client, out->data, out->len);
	if (n == -1) {
		buf_clear(out); /* or the next client would hear it */
		client->clients->counts.errors++;
		client_free(client);
		return false;
	}
	if ((size_t)n < out->len) {
		buf_add(&client->out, out->data + n, out->len - (size_t)n);
		event_del(client->on_read);
		event_add(client->on_write, NULL);
	}
	buf_clear(out);
	return true;
}

static void
client_mark_asked(struct client *client)
{
	if (client->asked)
		return;
	TAILQ_REMOVE(&client->clients->silent, client, link);
	client->asked = true;
	client->queued_at = client->active_at;
	TAILQ_INSERT_TAIL(&client->clients->asked, client, link);
}

/* Whether bytes have arrived that weren't read yet. To close a socket in front
 * of them would take away replies that are still on their way, too. */
static bool
client_has_input(const struct client *client)
{
	char byte;

	return recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* Sends what a session's function left in clients->out, and goes on with the
 * session as far as it can without new bytes. */
static void
client_go(struct client *client, enum session_state state, uint64_t now)
{
	struct clients *clients = client->clients;
	int rounds;

	for (rounds = 0;; rounds++) {
		if (clients->out.len > 0)
			client_mark_asked(client);
		if (state == SESSION_FULL && clients->out.len == 0)
			break; /* it waits for answers */
		if (!client_send(client))
			return;
		if (client->out.len > 0) {
			client->ended = state == SESSION_ENDED;
			client_set_partial(client, now);
			return;
		}
		if (state != SESSION_FULL && state != SESSION_PAUSED)
			break;
		if (state == SESSION_PAUSED || rounds == CLIENTS_ROUNDS) {
			/* The others' turn; the socket is writable, so this
			 * goes on in the next one. */
			event_del(client->on_read);
			event_add(client->on_write, NULL);
			client_set_partial(client, now);
			return;
		}
		state =
		    session_resume(client->session, now, clients_out(clients));
	}
	client_set_partial(client, now);
	if (state == SESSION_ENDED ||
	    (client->drains && session_unanswered(client->session) == 0 &&
		!client_has_input(client)))
		client_free(client);
	else if (state == SESSION_FULL)
		event_del(client->on_read);
	else
		event_add(client->on_read, NULL);
}

/* The others stay where they are, and go on first. */
static void
clients_end_turn(const struct clients *clients)
{
	if (turn_is_full(clients->turn))
		event_base_loopbreak(clients->base);
}

static void
client_on_read(evutil_socket_t fd, short what, void *arg)
{
	struct client *client = arg;
	struct clients *clients = client->clients;
	enum session_state state;
	uint64_t now;
	ssize_t n;

	(void)what;
	MUST_BE(client, CLIENT_MAGIC);
	n = recv(fd, clients->bytes, sizeof(clients->bytes), 0);
	if (n == -1) {
		if (errno == EAGAIN || errno == EINTR)
			return;
		clients->counts.errors++;
		client_free(client);
		return;
	}
	now = turn_now(clients->turn);
	if (n == 0) {
		event_del(client->on_read);
		state =
		    session_finish(client->session, now, clients_out(clients));
	} else {
		client->active_at = now;
		state = session_input(client->session, clients->bytes,
		    (size_t)n, now, clients_out(clients));
		clients_end_turn(clients);
		if (state == SESSION_OPEN && !client->drains &&
		    clients->out.len > 0 && client->partial_at == 0 &&
		    !session_is_partial(client->session)) {
			/* The usual case: nothing changes but the bytes. */
			client_mark_asked(client);
			client_send(client);
			return;
		}
	}
	client_go(client, state, now);
}

static void
client_on_write(evutil_socket_t fd, short what, void *arg)
{
	struct client *client = arg;
	struct clients *clients = client->clients;
	ssize_t n;

	(void)fd;
	(void)what;
	MUST_BE(client, CLIENT_MAGIC);
	turn_now(clients->turn);
	if (client->out.len > 0) {
		n = client_write(client, client->out.data, client->out.len);
		if (n == -1) {
			clients->counts.errors++;
			client_free(client);
			return;
		}
		buf_consume(&client->out, (size_t)n);
		if (client->out.len > 0)
			return;
		buf_fini(&client->out);
	}
	event_del(client->on_write);
	if (client->ended) {
		client_free(client);
		return;
	}
	client_on_wake(client);
	clients_end_turn(clients);
}

/* Answers have come, or the socket takes bytes again. */
static void
client_on_wake(void *arg)
{
	struct client *client = arg;
	uint64_t now = clock_now();

	MUST_BE(client, CLIENT_MAGIC);
	if (client->out.len > 0)
		return; /* they go out behind what waits already */
	client_go(client,
	    session_resume(client->session, now, clients_out(client->clients)),
	    now);
}

/* The longest idle one of a list that waits for nothing, NULL if all do. */
static struct client *
clients_idle(struct client_list *list)
{
	struct client *client, *last = TAILQ_LAST(list, client_list);

	while ((client = TAILQ_FIRST(list)) != NULL) {
		if (client->active_at == client->queued_at &&
		    session_unanswered(client->session) == 0)
			return client;
		client->queued_at = client->active_at;
		TAILQ_REMOVE(list, client, link);
		TAILQ_INSERT_TAIL(list, client, link);
		if (client == last)
			break;
	}
	TAILQ_FOREACH (client, list, link)
		if (session_unanswered(client->session) == 0)
			break;
	return client;
}

bool
clients_evict(struct clients *clients)
{
	struct client *client = clients_idle(&clients->silent);

	if (client == NULL)
		client = clients_idle(&clients->asked);
	if (client == NULL)
		return false;
	clients->counts.evicted++;
	/* The 1st, 2nd, 4th, 8th ...: a flood doesn't fill the log. */
	if ((clients->counts.evicted & (clients->counts.evicted - 1)) == 0)
		log_warn("clients: limit reached: hanging up on the longest "
			 "silent one for each new one (connected=%u "
			 "evicted=%" PRIu64 ")",
		    clients->n, clients->counts.evicted);
	client_free(client);
	return true;
}

void
clients_add(struct clients *clients, int fd,
    const struct lookup_protocol *protocol, const char *map, unsigned limit)
{
	struct client *client;
	int on = 1;

	if (clients->n >= limit && !clients_evict(clients)) {
		clients->counts.out_of_room++;
		close(fd);
		return;
	}
	/* Fails on unix sockets, which don't need it. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	client = mem_zalloc(sizeof(*client));
	client->magic = CLIENT_MAGIC;
	client->fd = fd;
	client->clients = clients;
	client->session =
	    session_new(clients->shared, protocol, map, client_on_wake, client);
	client->on_read = event_new(
	    clients->base, fd, EV_READ | EV_PERSIST, client_on_read, client);
	client->on_write = event_new(
	    clients->base, fd, EV_WRITE | EV_PERSIST, client_on_write, client);
	MUST(client->on_read != NULL && client->on_write != NULL);
	client->active_at = client->queued_at = turn_now(clients->turn);
	TAILQ_INSERT_TAIL(&clients->silent, client, link);
	clients->n++;
	clients->counts.accepted++;
	event_add(client->on_read, NULL);
}

static uint64_t
clients_tick_idle(struct clients *clients, struct client_list *list,
    uint64_t limit, uint64_t now)
{
	struct client *client;

	if (limit == 0)
		return CLOCK_NEVER;
	while ((client = clients_idle(list)) != NULL) {
		if (client->active_at + limit > now)
			return client->active_at + limit;
		clients->counts.idle_time++;
		client_free(client);
	}
	return TAILQ_EMPTY(list) ? CLOCK_NEVER : now + limit;
}

uint64_t
clients_tick(struct clients *clients, uint64_t now)
{
	const struct conf *conf = clients->shared->service->conf;
	struct client *client;
	uint64_t next = CLOCK_NEVER, at;

	while ((client = TAILQ_FIRST(&clients->partial)) != NULL) {
		next = client->partial_at + conf->frame_time_limit;
		if (next > now)
			break;
		clients->counts.frame_time++;
		client_free(client);
		next = CLOCK_NEVER;
	}
	at = clients_tick_idle(
	    clients, &clients->silent, conf->idle_time_limit, now);
	next = at < next ? at : next;
	at = clients_tick_idle(
	    clients, &clients->asked, conf->idle_time_limit, now);
	return at < next ? at : next;
}

static void
client_drain(struct client *client)
{
	client->drains = true;
	if (client->out.len > 0 ||
	    !event_pending(client->on_read, EV_READ, NULL))
		return; /* it ends by itself once it's through */
	client_go(client, SESSION_OPEN, clock_now());
}

void
clients_drain(struct clients *clients)
{
	struct client_list *lists[] = {&clients->silent, &clients->asked};
	struct client *client, *next;
	unsigned i;

	for (i = 0; i < 2; i++)
		for (client = TAILQ_FIRST(lists[i]); client != NULL;
		     client = next) {
			next = TAILQ_NEXT(client, link);
			client_drain(client);
		}
}

unsigned
clients_connected(const struct clients *clients)
{
	return clients->n;
}

const struct clients_counts *
clients_counts(const struct clients *clients)
{
	return &clients->counts;
}
