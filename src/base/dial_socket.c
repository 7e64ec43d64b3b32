/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "dial_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include "forceenc/clock.h"

/* A dead peer shows after about this many seconds without a word. */
#define DIAL_SOCKET_IDLE     60
#define DIAL_SOCKET_INTERVAL 15
#define DIAL_SOCKET_PROBES   4
/* The same for what was sent, in ms. */
#define DIAL_SOCKET_UNACKED 60000

static void
dial_socket_set_options(int fd, int family)
{
	static const struct {
		int level;
		int name;
		int value;
	} options[] = {
	    {SOL_SOCKET, SO_KEEPALIVE, 1},
	    {IPPROTO_TCP, TCP_NODELAY, 1},
	    {IPPROTO_TCP, TCP_KEEPIDLE, DIAL_SOCKET_IDLE},
	    {IPPROTO_TCP, TCP_KEEPINTVL, DIAL_SOCKET_INTERVAL},
	    {IPPROTO_TCP, TCP_KEEPCNT, DIAL_SOCKET_PROBES},
	    {IPPROTO_TCP, TCP_USER_TIMEOUT, DIAL_SOCKET_UNACKED},
	};
	size_t i;

	if (family == AF_UNIX)
		return;
	for (i = 0; i < sizeof(options) / sizeof(*options); i++)
		setsockopt(fd, options[i].level, options[i].name,
		    &options[i].value, sizeof(options[i].value));
}

/* Until fd is connected, or that time has come. */
static int
dial_socket_wait(int fd, uint64_t until, struct err *err)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLOUT};
	socklen_t len = sizeof(int);
	uint64_t now;
	int rc, error = 0;

	do {
		now = clock_now();
		rc = now >= until ? 0 : poll(&pollfd, 1, (int)(until - now));
	} while (rc == -1 && errno == EINTR);
	if (rc == 0)
		return err_set(err, "no connection in time");
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	if (error == 0)
		return 0;
	errno = error;
	return err_set(err, "%m");
}

static int
dial_socket_connect(int fd, const struct sockaddr *addr, socklen_t addrlen,
    uint64_t until, struct err *err)
{
	dial_socket_set_options(fd, addr->sa_family);
	if (connect(fd, addr, addrlen) == -1) {
		if (errno != EINPROGRESS)
			return err_set(err, "%m");
		if (dial_socket_wait(fd, until, err) == -1)
			return -1;
	}
	/* The step's library waits by blocking. */
	if (fcntl(fd, F_SETFL, 0) == -1)
		return err_set(err, "%m");
	return 0;
}

int
dial_socket_open(const struct sockaddr *addr, socklen_t addrlen, uint64_t until,
    const struct dial_socket_guard *guard, struct err *err)
{
	int fd = socket(
	    addr->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return err_set(err, "%m");
	if (guard->set(fd, guard->arg, err) == -1) {
		close(fd);
		return -1;
	}
	if (dial_socket_connect(fd, addr, addrlen, until, err) == 0)
		return fd;
	guard->unset(guard->arg);
	close(fd);
	return -1;
}
