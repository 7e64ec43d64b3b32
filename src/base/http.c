/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * libevent's evhttp speaks HTTP; the bounds are ours. evhttp 2.1 has no limit
 * of connections and tells nobody when one ends, so a reference to each
 * connection's bufferevent is held: when evhttp is done with it, its
 * callbacks are gone. One that has to end is shut down, and evhttp finds that
 * its client has hung up. evhttp's own time limit isn't used: it is of the
 * time between two bytes only, and where the loop was held up it strikes those
 * who have asked meanwhile.
 */

#include "forceenc/http.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "forceenc/clock.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"

#define HTTP_BACKLOG   64
#define HTTP_HEAD_MAX  8192
#define HTTP_BODY_MAX  1024
#define HTTP_SWEEP     500 /* ms, while somebody is connected */
#define HTTP_EVICTION  1   /* ms, until the one that was evicted is gone */
#define HTTP_PAUSE     100 /* ms, where accept(2) fails */
#define HTTP_PLAINTEXT "text/plain; charset=utf-8"

struct http_counts {
	uint64_t accepted;
	uint64_t ok;          /* answered 200 */
	uint64_t unavailable; /* 503 */
	uint64_t wrong;       /* 404 or 405 */
	uint64_t evicted;     /* hung up on at the limit */
	uint64_t late;        /* hung up on after HTTP_PATIENCE */
};

struct http_client {
	struct bufferevent *bev; /* evhttp's, and a reference of ours */
	uint64_t since;
	bool ending; /* was shut down */
	TAILQ_ENTRY(http_client) link;
};

struct http {
	struct event_base *base;
	const struct http_page *page;
	unsigned npages;
	void *arg;
	struct evhttp *server;
	struct event *sweep;
	uint64_t sweep_at;
	struct evhttp_bound_socket *bound; /* NULL: nowhere */
	struct endpoint endpoint;          /* while listening */
	bool made;                         /* by us */
	struct endpoint_file file;         /* if made */
	bool paused;                       /* the listener is */
	bool failing;                      /* accept(2) is, and it was logged */
	TAILQ_HEAD(, http_client) clients; /* the oldest first */
	unsigned nclients;
	struct http_counts counts;
	TAILQ_ENTRY(http) link;
};

/* evhttp keeps a listener's argument for itself: this is how one is found. */
static TAILQ_HEAD(, http) http_all = TAILQ_HEAD_INITIALIZER(http_all);

static void
http_sweep_in(struct http *http, unsigned ms)
{
	struct timeval tv = {.tv_usec = (suseconds_t)ms * 1000};

	event_add(http->sweep, &tv);
	http->sweep_at = clock_now() + ms;
}

static void
http_pause(struct http *http, unsigned ms)
{
	evconnlistener_disable(evhttp_bound_socket_get_listener(http->bound));
	http->paused = true;
	http_sweep_in(http, ms);
}

static bool
http_client_is_over(const struct http_client *client)
{
	bufferevent_event_cb event;

	bufferevent_getcb(client->bev, NULL, NULL, &event, NULL);
	return event == NULL;
}

static void
http_client_free(struct http *http, struct http_client *client)
{
	TAILQ_REMOVE(&http->clients, client, link);
	http->nclients--;
	bufferevent_decref(client->bev);
	free(client);
}

static void
http_client_end(struct http_client *client)
{
	shutdown(bufferevent_getfd(client->bev), SHUT_RDWR);
	client->ending = true;
}

/* Forgets those that are over. */
static void
http_forget(struct http *http)
{
	struct http_client *client, *next;

	for (client = TAILQ_FIRST(&http->clients); client != NULL;
	     client = next) {
		next = TAILQ_NEXT(client, link);
		if (http_client_is_over(client))
			http_client_free(http, client);
	}
}

static void
http_on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct http *http = arg;
	struct http_client *client;
	uint64_t now = clock_now(), late;

	(void)fd;
	(void)what;
	http_forget(http);
	/* While the loop was held up nobody could be answered. */
	late = now > http->sweep_at ? now - http->sweep_at : 0;
	TAILQ_FOREACH (client, &http->clients, link) {
		client->since =
		    client->since + late < now ? client->since + late : now;
		if (client->ending || now - client->since < HTTP_PATIENCE)
			continue;
		http_client_end(client);
		http->counts.late++;
	}
	if (http->paused && http->nclients < HTTP_CLIENTS_MAX) {
		http->paused = false;
		if (http->bound != NULL)
			evconnlistener_enable(
			    evhttp_bound_socket_get_listener(http->bound));
	}
	if (http->paused)
		http_sweep_in(http, HTTP_EVICTION);
	else if (http->nclients > 0)
		http_sweep_in(http, HTTP_SWEEP);
}

static void
http_evict(struct http *http)
{
	struct http_client *client;

	TAILQ_FOREACH (client, &http->clients, link) {
		if (client->ending)
			continue;
		http_client_end(client);
		http->counts.evicted++;
		return;
	}
}

/* evhttp asks for the bufferevent of a new connection. */
static struct bufferevent *
http_on_accept(struct event_base *base, void *arg)
{
	struct http *http = arg;
	struct http_client *client;

	http_forget(http);
	if (http->nclients == HTTP_CLIENTS_MAX - 1) {
		http_evict(http);
		http_pause(http, HTTP_EVICTION);
	} else if (http->nclients == 0) {
		http_sweep_in(http, HTTP_SWEEP);
	}
	client = mem_zalloc(sizeof(*client));
	/* It's closed when the last reference goes: until then nobody else
	 * gets its number. */
	client->bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	MUST(client->bev != NULL);
	bufferevent_incref(client->bev);
	client->since = clock_now();
	TAILQ_INSERT_TAIL(&http->clients, client, link);
	http->nclients++;
	http->counts.accepted++;
	http->failing = false;
	return client->bev;
}

static void
http_on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct http *http;
	int error = errno;

	(void)arg;
	TAILQ_FOREACH (http, &http_all, link)
		if (http->bound != NULL &&
		    evhttp_bound_socket_get_listener(http->bound) == listener)
			break;
	if (http == NULL)
		return;
	if (!http->failing)
		log_warn("%s: accept: %s: connections wait; trying again "
			 "every %ums",
		    http->endpoint.text, strerror(error), HTTP_PAUSE);
	http->failing = true;
	http_pause(http, HTTP_PAUSE);
}

static void
http_send(struct evhttp_request *req, struct http_reply *reply)
{
	struct evkeyvalq *head = evhttp_request_get_output_headers(req);
	struct evbuffer *body = evbuffer_new();
	char length[24];

	MUST(body != NULL);
	snprintf(length, sizeof(length), "%zu", reply->body.len);
	evhttp_add_header(head, "Content-Type", reply->type);
	evhttp_add_header(head, "Content-Length", length);
	evhttp_add_header(head, "Cache-Control", "no-store");
	evhttp_add_header(head, "X-Content-Type-Options", "nosniff");
	evhttp_add_header(head, "Connection", "close");
	if (evhttp_request_get_command(req) != EVHTTP_REQ_HEAD)
		evbuffer_add(body, reply->body.data, reply->body.len);
	evhttp_send_reply(req, reply->status, NULL, body);
	evbuffer_free(body);
}

static const struct http_page *
http_find(const struct http *http, struct evhttp_request *req)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
	unsigned i;

	for (i = 0; path != NULL && i < http->npages; i++)
		if (strcmp(http->page[i].path, path) == 0)
			return &http->page[i];
	return NULL;
}

static void
http_not_found(const struct http *http, struct http_reply *reply)
{
	unsigned i;

	reply->status = HTTP_NOTFOUND;
	buf_add_text(&reply->body, "There is:\n");
	for (i = 0; i < http->npages; i++)
		buf_printf(&reply->body, "%s\n", http->page[i].path);
}

static void
http_on_request(struct evhttp_request *req, void *arg)
{
	struct http *http = arg;
	const struct http_page *page = http_find(http, req);
	struct http_reply reply = {.status = HTTP_OK, .type = HTTP_PLAINTEXT};

	if (page == NULL) {
		http_not_found(http, &reply);
	} else if ((evhttp_request_get_command(req) &
		       (EVHTTP_REQ_GET | EVHTTP_REQ_HEAD)) == 0) {
		reply.status = HTTP_BADMETHOD;
		buf_add_text(&reply.body, "GET or HEAD\n");
		evhttp_add_header(evhttp_request_get_output_headers(req),
		    "Allow", "GET, HEAD");
	} else {
		page->write(&reply, http->arg);
	}
	http->counts.ok += reply.status == HTTP_OK;
	http->counts.unavailable += reply.status == HTTP_SERVUNAVAIL;
	http->counts.wrong +=
	    reply.status == HTTP_NOTFOUND || reply.status == HTTP_BADMETHOD;
	http_send(req, &reply);
	buf_fini(&reply.body);
}

void
http_reply_metrics(struct http_reply *reply, struct prometheus *page)
{
	reply->type = PROMETHEUS_CONTENT_TYPE;
	buf_fini(&reply->body);
	reply->body = page->out;
	page->out = (struct buf){0};
	prometheus_fini(page);
}

void
http_reply_ready(struct http_reply *reply, bool ready, struct buf *why)
{
	reply->status = ready ? HTTP_OK : HTTP_SERVUNAVAIL;
	buf_add_text(&reply->body, ready ? "ready\n" : "not ready\n");
	buf_add(&reply->body, why->data, why->len);
	buf_fini(why);
}

void
http_reply_alive(struct http_reply *reply, void *arg)
{
	(void)arg;
	buf_add_text(&reply->body, "alive\n");
}

struct http *
http_new(struct event_base *base, const struct http_page *page, unsigned n,
    void *arg)
{
	struct http *http = mem_zalloc(sizeof(*http));

	http->base = base;
	http->page = page;
	http->npages = n;
	http->arg = arg;
	TAILQ_INIT(&http->clients);
	TAILQ_INSERT_TAIL(&http_all, http, link);
	http->sweep = evtimer_new(base, http_on_sweep, http);
	http->server = evhttp_new(base);
	MUST(http->sweep != NULL && http->server != NULL);
	evhttp_set_max_headers_size(http->server, HTTP_HEAD_MAX);
	evhttp_set_max_body_size(http->server, HTTP_BODY_MAX);
	/* Those that aren't answered get a proper answer too. */
	evhttp_set_allowed_methods(http->server, UINT16_MAX);
	evhttp_set_bevcb(http->server, http_on_accept, http);
	evhttp_set_gencb(http->server, http_on_request, http);
	return http;
}

/* Somebody has removed its path. */
static bool
http_is_lost(const struct http *http)
{
	return http->made && !endpoint_has_file(&http->endpoint, &http->file);
}

static void
http_close(struct http *http)
{
	const char *path = endpoint_path(&http->endpoint);

	if (http->bound == NULL)
		return;
	if (http->made && path != NULL && !http_is_lost(http))
		unlink(path);
	evhttp_del_accept_socket(http->server, http->bound);
	http->bound = NULL;
	http->paused = http->failing = false;
}

void
http_free(struct http *http)
{
	struct http_client *client;

	if (http == NULL)
		return;
	http_close(http);
	evhttp_free(http->server);
	while ((client = TAILQ_FIRST(&http->clients)) != NULL)
		http_client_free(http, client);
	event_free(http->sweep);
	TAILQ_REMOVE(&http_all, http, link);
	free(http);
}

static int
http_open(struct http *http, const struct endpoint *endpoint,
    const struct endpoint_access *access, struct handover *handover,
    struct err *err)
{
	int fd = handover != NULL ? handover_take(handover, endpoint) : -1;
	struct evconnlistener *listener;
	bool made = fd == -1;

	if (made)
		fd = endpoint_listen(endpoint, HTTP_BACKLOG, access, err);
	if (fd == -1)
		return -1;
	http_close(http);
	http->endpoint = *endpoint;
	http->made = made;
	if (made)
		endpoint_get_file(endpoint, &http->file);
	listener = evconnlistener_new(http->base, NULL, NULL,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	MUST(listener != NULL);
	evconnlistener_set_error_cb(listener, http_on_accept_error);
	http->bound = evhttp_bind_listener(http->server, listener);
	MUST(http->bound != NULL);
	if (!endpoint_is_local(endpoint))
		log_warn("%s: no loopback address: whoever reaches it may read "
			 "this daemon's figures, and nothing protects them on "
			 "the way",
		    endpoint->text);
	return 0;
}

int
http_set(struct http *http, const struct endpoint *endpoint,
    const struct endpoint_access *access, struct handover *handover,
    struct err *err)
{
	if (endpoint == NULL) {
		http_close(http);
		return 0;
	}
	if (http->bound == NULL || http_is_lost(http) ||
	    !endpoint_same(&http->endpoint, endpoint))
		return http_open(http, endpoint, access, handover, err);
	if (http->made && endpoint_path(endpoint) != NULL)
		return endpoint_set_access(endpoint, access, err);
	return 0;
}

static void
http_write_count(
    struct prometheus *page, const char *label, const char *value, uint64_t n)
{
	prometheus_label(page, label, value);
	prometheus_count(page, n);
}

void
http_write(const struct http *http, struct prometheus *page)
{
	const struct http_counts *counts = &http->counts;

	prometheus_gauge(page, "forceenc_http_connections",
	    "Connections to these pages.", http->nclients);
	prometheus_counter(page, "forceenc_http_connections_total",
	    "Connections that were made to these pages.", counts->accepted);
	prometheus_family(page, PROMETHEUS_COUNTER,
	    "forceenc_http_requests_total",
	    "Requests for these pages, by how they were answered.");
	http_write_count(page, "answer", "ok", counts->ok);
	http_write_count(page, "answer", "unavailable", counts->unavailable);
	http_write_count(page, "answer", "wrong", counts->wrong);
	prometheus_family(page, PROMETHEUS_COUNTER,
	    "forceenc_http_hangups_total",
	    "Connections that were hung up on: to make room, or for being "
	    "slow.");
	http_write_count(page, "reason", "evicted", counts->evicted);
	http_write_count(page, "reason", "late", counts->late);
}
