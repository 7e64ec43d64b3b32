/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/socketmap_link.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "forceenc/must.h"

#define SOCKETMAP_LINK_READ 16384

void
socketmap_link_init(struct socketmap_link *link, struct event_base *base)
{
	*link = (struct socketmap_link){.fd = -1};
	wake_init(&link->wake, base);
}

void
socketmap_link_close(struct socketmap_link *link)
{
	if (link->fd == -1)
		return;
	wake_off(&link->wake);
	close(link->fd);
	link->fd = -1;
	link->connected = link->asked = link->used = false;
	buf_fini(&link->out);
	buf_fini(&link->in);
}

void
socketmap_link_fini(struct socketmap_link *link)
{
	socketmap_link_close(link);
	wake_fini(&link->wake);
}

static void
socketmap_link_listen(struct socketmap_link *link)
{
	wake_on(&link->wake, link->fd, link->connected,
	    !link->connected || link->out.len > 0);
}

int
socketmap_link_open(struct socketmap_link *link, const struct sockaddr *addr,
    socklen_t len, struct err *err)
{
	int on = 1;

	MUST(link->fd == -1);
	link->fd = socket(
	    addr->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (link->fd == -1)
		return err_set(err, "socket: %s", strerror(errno));
	if (addr->sa_family != AF_UNIX)
		setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	link->connected = connect(link->fd, addr, len) == 0;
	if (!link->connected && errno != EINPROGRESS) {
		err_set(err, "connect: %s", strerror(errno));
		socketmap_link_close(link);
		return -1;
	}
	socketmap_link_listen(link);
	return 0;
}

/* 1 with all sent, 0 with some left, -1 for a connection that is gone. */
static int
socketmap_link_send(struct socketmap_link *link)
{
	ssize_t n;

	while (link->out.len > 0) {
		n = send(link->fd, link->out.data, link->out.len, MSG_NOSIGNAL);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (n == -1)
			return -1;
		buf_consume(&link->out, (size_t)n);
	}
	return 1;
}

void
socketmap_link_ask(
    struct socketmap_link *link, const char *map, const char *key, size_t len)
{
	MUST(link->fd != -1 && !link->asked);
	buf_clear(&link->in);
	lookup_socketmap.add_question(&link->out, map, key, len);
	link->asked = true;
	/* What fails here is found in the turn. */
	if (link->connected)
		socketmap_link_send(link);
	socketmap_link_listen(link);
}

/* False: the connection was refused, or something like that. */
static bool
socketmap_link_arrive(struct socketmap_link *link, struct err *err)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	if (error != 0) {
		err_set(err, "connect: %s", strerror(error));
		return false;
	}
	link->connected = true;
	return true;
}

/* What has come goes to in; false at the end, for the reason in *error, 0 if
 * the server has closed it. */
static bool
socketmap_link_read(struct socketmap_link *link, int *error)
{
	ssize_t n;

	do {
		n = recv(link->fd, buf_reserve(&link->in, SOCKETMAP_LINK_READ),
		    SOCKETMAP_LINK_READ, 0);
		if (n > 0)
			link->in.len += (size_t)n;
	} while (
	    n == SOCKETMAP_LINK_READ && link->in.len < 8 * SOCKETMAP_LINK_READ);
	*error = n == -1 ? errno : 0;
	return n > 0 || (n == -1 && (errno == EAGAIN || errno == EINTR));
}

static enum socketmap_link_event
socketmap_link_parse(struct socketmap_link *link, uint64_t now,
    enum lookup_reply *word, const char **text, size_t *len, struct err *err)
{
	const char *why = NULL;
	size_t used = 0;

	switch (lookup_socketmap.parse_reply(
	    link->in.data, link->in.len, word, text, len, &used, &why)) {
	case LOOKUP_FRAME_MORE:
		return SOCKETMAP_LINK_WAIT;
	case LOOKUP_FRAME_QUESTION:
		if (used == link->in.len)
			break;
		why = "bytes behind the reply";
		/* fallthrough */
	case LOOKUP_FRAME_REFUSED:
	case LOOKUP_FRAME_BROKEN:
		err_set(err, "no socketmap reply: %s", why);
		socketmap_link_close(link);
		return SOCKETMAP_LINK_FAILED;
	}
	link->asked = false;
	link->used = true;
	link->idle_since = now;
	return SOCKETMAP_LINK_REPLY;
}

/* The connection is at its end. */
static enum socketmap_link_event
socketmap_link_end(struct socketmap_link *link, int error, struct err *err)
{
	bool old = !link->asked || (link->used && link->in.len == 0);

	err_set(err, "%s the connection %s%s%s",
	    error == 0 ? "it closed" : "it lost",
	    link->in.len > 0 ? "in mid-reply" : "without a reply",
	    error != 0 ? ": " : "", error != 0 ? strerror(error) : "");
	socketmap_link_close(link);
	return old ? SOCKETMAP_LINK_CLOSED : SOCKETMAP_LINK_FAILED;
}

enum socketmap_link_event
socketmap_link_turn(struct socketmap_link *link, uint64_t now,
    enum lookup_reply *word, const char **text, size_t *len, struct err *err)
{
	enum socketmap_link_event event = SOCKETMAP_LINK_WAIT;
	bool open;
	int error;

	if (link->fd == -1 || !wake_take(&link->wake))
		return event;
	if (!link->connected && !socketmap_link_arrive(link, err)) {
		socketmap_link_close(link);
		return SOCKETMAP_LINK_UNREACHED;
	}
	/* Whatever else is wrong shows when it's read. */
	socketmap_link_send(link);
	open = socketmap_link_read(link, &error);
	if (link->asked && link->in.len > 0)
		event = socketmap_link_parse(link, now, word, text, len, err);
	else if (link->in.len > 0) {
		err_set(err, "bytes that nobody asked for");
		socketmap_link_close(link);
		return SOCKETMAP_LINK_CLOSED;
	}
	if (event == SOCKETMAP_LINK_WAIT && !open)
		return socketmap_link_end(link, error, err);
	if (link->fd != -1)
		socketmap_link_listen(link);
	return event;
}
