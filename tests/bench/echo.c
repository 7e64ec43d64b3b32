/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * The baseline of the benchmark: the least that a single-threaded server can
 * do for a socketmap question. It finds the end of the netstring and answers
 * "OK forceenc:" whatever was asked: one read and one write for a request (or
 * for several that arrived together), epoll between them, nothing else.
 */

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "forceenc/endpoint.h"
#include "forceenc/err.h"
#include "forceenc/lookup.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"

#define ECHO_EVENTS  512
#define ECHO_BACKLOG 4096
#define ECHO_DIGITS  5 /* of LOOKUP_SOCKETMAP_MAX */
#define ECHO_IN      (LOOKUP_SOCKETMAP_MAX + ECHO_DIGITS + 2)
#define ECHO_OUT     4096
#define ECHO_ANSWER  "12:OK forceenc:,"

struct echo_conn {
	int fd;
	bool listens;
	bool full; /* out waits for the client to read */
	size_t in_len;
	size_t out_len;
	size_t out_sent;
	char in[ECHO_IN];
	char out[ECHO_OUT];
};

enum echo_frame { ECHO_WHOLE, ECHO_PART, ECHO_BROKEN };

static enum echo_frame
echo_parse(const char *in, size_t len, size_t *used)
{
	size_t payload = 0, i;

	for (i = 0; i < len && in[i] >= '0' && in[i] <= '9'; i++)
		payload = payload * 10 + (size_t)(in[i] - '0');
	if (i == len)
		return i <= ECHO_DIGITS ? ECHO_PART : ECHO_BROKEN;
	if (i == 0 || i > ECHO_DIGITS || in[i] != ':' ||
	    payload > LOOKUP_SOCKETMAP_MAX)
		return ECHO_BROKEN;
	*used = i + 1 + payload + 1;
	if (*used > len)
		return ECHO_PART;
	return in[*used - 1] == ',' ? ECHO_WHOLE : ECHO_BROKEN;
}

/* Asks epoll for fd's readiness to be read, or written. */
static void
echo_watch(int epoll, int op, struct echo_conn *conn, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = conn};

	if (epoll_ctl(epoll, op, conn->fd, &ev) == -1)
		must_fatal("epoll_ctl: %s", strerror(errno));
}

static void
echo_accept(int epoll, const struct echo_conn *listener)
{
	struct echo_conn *conn;
	int fd, on = 1;

	for (;;) {
		fd = accept4(
		    listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd == -1)
			return;
		/* Fails on a unix socket, which has no delay to switch off. */
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		conn = mem_zalloc(sizeof(*conn));
		conn->fd = fd;
		echo_watch(epoll, EPOLL_CTL_ADD, conn, EPOLLIN);
	}
}

/* Puts the answers to what has arrived into out, as many as fit. */
static int
echo_answer(struct echo_conn *conn)
{
	const size_t len = sizeof(ECHO_ANSWER) - 1;
	enum echo_frame frame = ECHO_PART;
	size_t done = 0, used;

	while (conn->out_len + len <= sizeof(conn->out)) {
		frame = echo_parse(conn->in + done, conn->in_len - done, &used);
		if (frame != ECHO_WHOLE)
			break;
		memcpy(conn->out + conn->out_len, ECHO_ANSWER, len);
		conn->out_len += len;
		done += used;
	}
	conn->in_len -= done;
	if (conn->in_len > 0)
		memmove(conn->in, conn->in + done, conn->in_len);
	return frame == ECHO_BROKEN ? -1 : 0;
}

/* -1 if the connection is of no more use. */
static int
echo_write(struct echo_conn *conn)
{
	ssize_t n = send(conn->fd, conn->out + conn->out_sent,
	    conn->out_len - conn->out_sent, MSG_NOSIGNAL);

	if (n == -1 && errno != EAGAIN)
		return -1;
	if (n > 0)
		conn->out_sent += (size_t)n;
	if (conn->out_sent < conn->out_len)
		return 0;
	conn->out_len = 0;
	conn->out_sent = 0;
	return 0;
}

static int
echo_serve(int epoll, struct echo_conn *conn)
{
	ssize_t n;

	if (!conn->full) {
		n = read(conn->fd, conn->in + conn->in_len,
		    sizeof(conn->in) - conn->in_len);
		if (n == -1)
			return errno == EAGAIN ? 0 : -1;
		if (n == 0)
			return -1;
		conn->in_len += (size_t)n;
	}
	do {
		if (echo_answer(conn) == -1)
			return -1;
		if (conn->out_len == 0)
			break;
		if (echo_write(conn) == -1)
			return -1;
	} while (conn->out_len == 0 && conn->in_len > 0);
	if (conn->full != (conn->out_len > 0)) {
		conn->full = !conn->full;
		echo_watch(epoll, EPOLL_CTL_MOD, conn,
		    conn->full ? EPOLLOUT : EPOLLIN);
	}
	return 0;
}

static void
echo_loop(int epoll)
{
	struct epoll_event ev[ECHO_EVENTS];
	struct echo_conn *conn;
	int i, n;

	for (;;) {
		n = epoll_wait(epoll, ev, ECHO_EVENTS, -1);
		for (i = 0; i < n; i++) {
			conn = ev[i].data.ptr;
			if (conn->listens) {
				echo_accept(epoll, conn);
			} else if (echo_serve(epoll, conn) == -1) {
				close(conn->fd);
				free(conn);
			}
		}
	}
}

/* "fd:3" is a socket that the parent listens on already. */
static int
echo_listen(const char *text, struct err *err)
{
	const struct endpoint_access access = {.mode = 0600};
	struct endpoint ep;
	int64_t fd;

	if (strncmp(text, "fd:", 3) == 0) {
		if (text_parse_int(text + 3, 3, 1024, &fd) == -1)
			return err_set(err, "%s: no descriptor", text);
		if (endpoint_of_fd(&ep, (int)fd, err) == -1)
			return -1;
		if (fcntl((int)fd, F_SETFL, O_RDWR | O_NONBLOCK) == -1)
			return err_set(err, "%s: %s", text, strerror(errno));
		return (int)fd;
	}
	if (endpoint_parse(&ep, text, err) == -1)
		return -1;
	return endpoint_listen(&ep, ECHO_BACKLOG, &access, err);
}

int
main(int argc, char **argv)
{
	struct echo_conn *listener;
	struct err err;
	int epoll, i;

	if (argc < 2) {
		fputs("usage: echo ENDPOINT|fd:N ...\n", stderr);
		return EX_USAGE;
	}
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll == -1)
		must_fatal("epoll_create1: %s", strerror(errno));
	for (i = 1; i < argc; i++) {
		listener = mem_zalloc(sizeof(*listener));
		listener->listens = true;
		listener->fd = echo_listen(argv[i], &err);
		if (listener->fd == -1) {
			fprintf(stderr, "echo: %s\n", err.text);
			return EX_UNAVAILABLE;
		}
		echo_watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN);
	}
	echo_loop(epoll);
}
