/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/handover.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "config.h"
#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "forceenc/mem.h"

struct handover_socket {
	int fd; /* -1: taken */
	struct endpoint endpoint;
};

struct handover {
	struct handover_socket *socket;
	size_t n;
};

#ifdef HAVE_SYSTEMD

static int
handover_list(void)
{
	return sd_listen_fds(1);
}

#define HANDOVER_FIRST SD_LISTEN_FDS_START

#else

static int
handover_list(void)
{
	return 0;
}

#define HANDOVER_FIRST 3

#endif

struct handover *
handover_new(struct err *err)
{
	struct handover *handover = mem_zalloc(sizeof(*handover));
	int n = handover_list(), i, fd;
	struct handover_socket *s;

	handover->socket =
	    mem_zalloc((size_t)(n > 0 ? n : 1) * sizeof(*handover->socket));
	for (i = 0; i < n; i++) {
		fd = HANDOVER_FIRST + i;
		s = &handover->socket[handover->n];
		s->fd = fd;
		if (endpoint_of_fd(&s->endpoint, fd, err) == -1) {
			err_prefix(err, "socket from the service manager");
			handover_free(handover);
			return NULL;
		}
		/* systemd hands over blocking sockets. */
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		handover->n++;
	}
	return handover;
}

void
handover_free(struct handover *handover)
{
	size_t i;

	if (handover == NULL)
		return;
	for (i = 0; i < handover->n; i++)
		if (handover->socket[i].fd != -1)
			close(handover->socket[i].fd);
	free(handover->socket);
	free(handover);
}

int
handover_take(struct handover *handover, const struct endpoint *endpoint)
{
	struct handover_socket *s;
	size_t i;
	int fd;

	for (i = 0; i < handover->n; i++) {
		s = &handover->socket[i];
		if (s->fd == -1 || !endpoint_same(&s->endpoint, endpoint))
			continue;
		fd = s->fd;
		s->fd = -1;
		return fd;
	}
	return -1;
}

const char *
handover_left(const struct handover *handover)
{
	size_t i;

	for (i = 0; i < handover->n; i++)
		if (handover->socket[i].fd != -1)
			return handover->socket[i].endpoint.text;
	return NULL;
}
