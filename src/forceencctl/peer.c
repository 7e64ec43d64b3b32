/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/peer.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forceenc/clock.h"
#include "forceenc/text.h"

#define PEER_CHUNK (64 * 1024)

enum peer_status
peer_open(struct peer *peer, const struct endpoint *endpoint,
    uint64_t time_limit, struct err *err)
{
	*peer = (struct peer){.endpoint = *endpoint, .time_limit = time_limit};
	peer_extend(peer);
	peer->fd = endpoint_connect(endpoint, (unsigned)time_limit, err);
	return peer->fd == -1 ? PEER_UNREACHABLE : PEER_OK;
}

void
peer_close(struct peer *peer)
{
	close(peer->fd);
	buf_fini(&peer->in);
}

void
peer_extend(struct peer *peer)
{
	peer->deadline = clock_now() + peer->time_limit;
}

static enum peer_status
peer_broke(const struct peer *peer, int error, struct err *err)
{
	if (error == 0 || error == EPIPE || error == ECONNRESET)
		err_set(err, "%s: it hung up before it had answered",
		    peer->endpoint.text);
	else
		err_set(err, "%s: %s", peer->endpoint.text, strerror(error));
	return PEER_LOST;
}

/* Until something can be sent or received. */
static enum peer_status
peer_wait(const struct peer *peer, short events, struct err *err)
{
	struct pollfd pfd = {.fd = peer->fd, .events = events};
	uint64_t now = clock_now();
	int n;

	n = now < peer->deadline ? poll(&pfd, 1, (int)(peer->deadline - now))
				 : 0;
	if (n > 0 || (n == -1 && errno == EINTR))
		return PEER_OK;
	if (n == -1)
		return peer_broke(peer, errno, err);
	err_set(err, "%s: no answer within %s", peer->endpoint.text,
	    text_time((int64_t)peer->time_limit));
	return PEER_LATE;
}

enum peer_status
peer_send(struct peer *peer, const struct buf *bytes, struct err *err)
{
	enum peer_status status;
	size_t done = 0;
	ssize_t n;

	while (done < bytes->len) {
		status = peer_wait(peer, POLLOUT, err);
		if (status != PEER_OK)
			return status;
		n = send(peer->fd, bytes->data + done, bytes->len - done,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0)
			done += (size_t)n;
		else if (errno != EAGAIN && errno != EINTR)
			return peer_broke(peer, errno, err);
	}
	return PEER_OK;
}

enum peer_status
peer_receive(struct peer *peer, struct err *err)
{
	enum peer_status status;
	ssize_t n;

	for (;;) {
		status = peer_wait(peer, POLLIN, err);
		if (status != PEER_OK)
			return status;
		n = recv(peer->fd, buf_reserve(&peer->in, PEER_CHUNK),
		    PEER_CHUNK, MSG_DONTWAIT);
		if (n > 0) {
			peer->in.len += (size_t)n;
			return PEER_OK;
		}
		if (n == 0)
			return peer_broke(peer, 0, err);
		if (errno != EAGAIN && errno != EINTR)
			return peer_broke(peer, errno, err);
	}
}
