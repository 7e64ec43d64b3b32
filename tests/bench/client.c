/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forceenc/must.h"

enum client_event
client_connect(struct client *client, const struct endpoint *ep)
{
	int on = 1;

	client->in_len = 0;
	client->connecting = false;
	client->fd = socket(
	    ep->addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (client->fd == -1)
		must_fatal("socket: %s", strerror(errno));
	if (endpoint_path(ep) == NULL)
		setsockopt(
		    client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(client->fd, (const struct sockaddr *)&ep->addr,
		ep->addrlen) == 0)
		return CLIENT_WAIT;
	if (errno == EINPROGRESS) {
		client->connecting = true;
		return CLIENT_WAIT;
	}
	client_close(client);
	return CLIENT_CLOSED;
}

enum client_event
client_connected(struct client *client)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		must_fatal("SO_ERROR: %s", strerror(errno));
	if (error != 0) {
		client_close(client);
		return CLIENT_CLOSED;
	}
	client->connecting = false;
	return CLIENT_WAIT;
}

void
client_close(struct client *client)
{
	if (client->fd != -1)
		close(client->fd);
	client->fd = -1;
	client->connecting = false;
	client->in_len = 0;
}

enum client_event
client_send(struct client *client, const char *frame, size_t len)
{
	ssize_t n = send(client->fd, frame, len, MSG_NOSIGNAL);

	if (n == (ssize_t)len)
		return CLIENT_WAIT;
	client_close(client);
	return CLIENT_CLOSED;
}

/* Whether in begins with a whole netstring, or with what can't become one. */
static bool
client_has_answer(const char *in, size_t len)
{
	size_t payload = 0, i;

	for (i = 0; i < len && in[i] >= '0' && in[i] <= '9'; i++) {
		payload = payload * 10 + (size_t)(in[i] - '0');
		if (payload > CLIENT_ANSWER_MAX)
			return true;
	}
	if (i == len)
		return false;
	return i == 0 || in[i] != ':' || len >= i + 1 + payload + 1;
}

enum client_event
client_receive(struct client *client)
{
	ssize_t n = read(client->fd, client->in + client->in_len,
	    sizeof(client->in) - client->in_len);

	if (n == -1 && errno == EAGAIN)
		return CLIENT_WAIT;
	if (n <= 0) {
		client_close(client);
		return CLIENT_CLOSED;
	}
	client->in_len += (size_t)n;
	if (client->in_len == sizeof(client->in) ||
	    client_has_answer(client->in, client->in_len))
		return CLIENT_ANSWER;
	return CLIENT_WAIT;
}
