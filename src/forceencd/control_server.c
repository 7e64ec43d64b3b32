/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/control_server.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#include "forceenc/control.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceencd/acceptor.h"
#include "forceencd/command.h"

#define CONTROL_SERVER_CLIENTS 32
#define CONTROL_SERVER_BACKLOG 32
/* How long (s) a client may be silent. */
#define CONTROL_SERVER_PATIENCE 60

struct control_client {
	struct control_server *server;
	struct bufferevent *bev;
	struct event *again; /* the next turn of the loop */
	struct command command;
	bool busy; /* a command is under way */
	TAILQ_ENTRY(control_client) link;
};

struct control_server {
	struct event_base *base;
	struct view *view;
	struct acceptor *acceptor; /* NULL: nowhere */
	struct endpoint endpoint;  /* while listening */
	bool made;
	struct endpoint_file file; /* if made */
	TAILQ_HEAD(, control_client) clients;
	unsigned nclients;
};

static void control_client_go(struct control_client *);

struct control_server *
control_server_new(struct event_base *base, struct view *view)
{
	struct control_server *server = mem_zalloc(sizeof(*server));

	server->base = base;
	server->view = view;
	TAILQ_INIT(&server->clients);
	return server;
}

static void
control_client_free(struct control_client *client)
{
	TAILQ_REMOVE(&client->server->clients, client, link);
	client->server->nclients--;
	command_fini(&client->command);
	event_free(client->again);
	bufferevent_free(client->bev);
	free(client);
}

/* Somebody has removed its path. */
static bool
control_server_is_lost(const struct control_server *server)
{
	return server->made &&
	    !endpoint_has_file(&server->endpoint, &server->file);
}

static void
control_server_close(struct control_server *server)
{
	if (server->acceptor == NULL)
		return;
	acceptor_free(server->acceptor);
	server->acceptor = NULL;
	if (server->made && !control_server_is_lost(server))
		unlink(endpoint_path(&server->endpoint));
}

void
control_server_free(struct control_server *server)
{
	struct control_client *client;

	if (server == NULL)
		return;
	while ((client = TAILQ_FIRST(&server->clients)) != NULL)
		control_client_free(client);
	control_server_close(server);
	free(server);
}

static void
control_client_flush(struct control_client *client)
{
	struct buf *out = &client->command.out;

	bufferevent_write(client->bev, out->data, out->len);
	buf_clear(out);
}

static void
control_client_end(struct control_client *client)
{
	command_fini(&client->command);
	client->busy = false;
}

/* The answer that the command waited for is there. */
static void
control_client_on_ready(void *arg)
{
	struct control_client *client = arg;

	control_client_flush(client);
	control_client_end(client);
	control_client_go(client);
}

/* Sends the next piece of a long answer, or ends it. A piece may be empty, and
 * then no byte that is sent wakes us for the one after it. */
static void
control_client_more(struct control_client *client)
{
	static const struct timeval at_once = {0, 0};
	struct command *command = &client->command;
	bool silent;

	if (command->more != NULL && command->out.len == 0)
		command->more(command);
	silent = command->out.len == 0;
	control_client_flush(client);
	if (command->more == NULL && command->ticket == NULL &&
	    command->inquiry == NULL)
		control_client_end(client);
	else if (command->more != NULL && silent)
		event_add(client->again, &at_once);
}

static void
control_client_run(
    struct control_client *client, const struct control_request *request)
{
	client->command = (struct command){.view = client->server->view,
	    .ready = control_client_on_ready,
	    .ready_arg = client};
	client->busy = true;
	command_run(&client->command, request);
	control_client_more(client);
}

/* Runs the requests that are there, one after the other. */
static void
control_client_go(struct control_client *client)
{
	struct evbuffer *in = bufferevent_get_input(client->bev);
	struct control_request request;
	const char *why;
	size_t len, used;

	turn_now(client->server->view->turn);
	while (!client->busy && (len = evbuffer_get_length(in)) > 0) {
		switch (
		    control_parse_request((const char *)evbuffer_pullup(in, -1),
			len, &request, &used, &why)) {
		case CONTROL_OK:
			control_client_run(client, &request);
			evbuffer_drain(in, used);
			break;
		case CONTROL_MORE:
			return;
		case CONTROL_BAD:
			control_client_free(client);
			return;
		}
	}
}

static void
control_client_on_read(struct bufferevent *bev, void *arg)
{
	(void)bev;
	control_client_go(arg);
}

static void
control_client_go_on(struct control_client *client)
{
	if (!client->busy || client->command.more == NULL)
		return;
	turn_now(client->server->view->turn);
	control_client_more(client);
	control_client_go(client);
}

static void
control_client_on_sent(struct bufferevent *bev, void *arg)
{
	(void)bev;
	control_client_go_on(arg);
}

static void
control_client_on_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	control_client_go_on(arg);
}

static void
control_client_on_event(struct bufferevent *bev, short what, void *arg)
{
	struct control_client *client = arg;

	/* One that is being answered has nothing to say. */
	if ((what & BEV_EVENT_TIMEOUT) && client->busy)
		bufferevent_enable(bev, EV_READ);
	else if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT))
		control_client_free(client);
}

static void
control_server_on_accept(int fd, void *arg)
{
	struct control_server *server = arg;
	static const struct timeval patience = {CONTROL_SERVER_PATIENCE, 0};
	struct control_client *client;

	if (server->nclients >= CONTROL_SERVER_CLIENTS) {
		close(fd);
		return;
	}
	client = mem_zalloc(sizeof(*client));
	client->server = server;
	client->bev =
	    bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE);
	client->again =
	    evtimer_new(server->base, control_client_on_again, client);
	MUST(client->bev != NULL && client->again != NULL);
	TAILQ_INSERT_TAIL(&server->clients, client, link);
	server->nclients++;
	bufferevent_setcb(client->bev, control_client_on_read,
	    control_client_on_sent, control_client_on_event, client);
	bufferevent_setwatermark(
	    client->bev, EV_READ, 0, CONTROL_REQUEST_MAX + 64);
	/* Those who never ask would lock others out. */
	bufferevent_set_timeouts(client->bev, &patience, NULL);
	bufferevent_enable(client->bev, EV_READ | EV_WRITE);
}

static int
control_server_open(struct control_server *server, const struct conf *conf,
    struct handover *handover, struct err *err)
{
	struct endpoint_access access = {.mode = conf->control_socket_mode,
	    .group = conf->control_socket_group};
	bool made = false;
	int fd = -1;

	if (handover != NULL)
		fd = handover_take(handover, &conf->control_socket);
	if (fd == -1) {
		fd = endpoint_listen(&conf->control_socket,
		    CONTROL_SERVER_BACKLOG, &access, err);
		made = true;
	}
	if (fd == -1)
		return -1;
	control_server_close(server);
	server->endpoint = conf->control_socket;
	server->acceptor = acceptor_new(server->base, fd, server->endpoint.text,
	    control_server_on_accept, NULL, server);
	server->made = made;
	if (made)
		endpoint_get_file(&server->endpoint, &server->file);
	return 0;
}

int
control_server_set(struct control_server *server, const struct conf *conf,
    struct handover *handover, struct err *err)
{
	struct endpoint_access access = {.mode = conf->control_socket_mode,
	    .group = conf->control_socket_group};

	if (!conf->has_control_socket) {
		control_server_close(server);
		return 0;
	}
	if (server->acceptor == NULL || control_server_is_lost(server) ||
	    !endpoint_same(&server->endpoint, &conf->control_socket))
		return control_server_open(server, conf, handover, err);
	if (server->made)
		return endpoint_set_access(&server->endpoint, &access, err);
	return 0;
}
