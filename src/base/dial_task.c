/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "dial_task.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "forceenc/clock.h"

/* The descriptor, guarded, or -1. */
static int
dial_task_connect(struct dial_task *task, const struct sockaddr *addr,
    socklen_t addrlen, uint64_t until, struct err *err)
{
	int fd = dial_socket_open(addr, addrlen, until, &task->guard, err);

	return fd != -1 ? fd : err_prefix(err, "%s", task->name);
}

static int
dial_task_connect_path(struct dial_task *task, struct err *err)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	if (strlen(task->path) >= sizeof(addr.sun_path))
		return err_set(
		    err, "%s: longer than a socket's path may be", task->name);
	strcpy(addr.sun_path, task->path);
	return dial_task_connect(task, (const struct sockaddr *)&addr,
	    sizeof(addr), task->deadline, err);
}

/* Each address gets its share of the time that is left. */
static int
dial_task_connect_any(
    struct dial_task *task, const struct addrinfo *list, struct err *err)
{
	const struct addrinfo *ai;
	uint64_t now, left, n = 0;
	int fd = -1;

	for (ai = list; ai != NULL; ai = ai->ai_next)
		n++;
	for (ai = list; ai != NULL && fd == -1; ai = ai->ai_next, n--) {
		if (!task->enter(task, DIAL_TASK_CONNECTING))
			return -1;
		now = clock_now();
		left = task->deadline > now ? task->deadline - now : 0;
		fd = dial_task_connect(
		    task, ai->ai_addr, ai->ai_addrlen, now + left / n, err);
	}
	return fd;
}

static int
dial_task_resolve(
    struct dial_task *task, struct addrinfo **list, struct err *err)
{
	struct addrinfo hints = {
	    .ai_family = AF_UNSPEC,
	    .ai_socktype = SOCK_STREAM,
	};
	int rc;

	rc = getaddrinfo(task->host, task->port, &hints, list);
	if (rc == EAI_SYSTEM)
		return err_set(err, "%s: name not found: %m", task->name);
	if (rc != 0)
		return err_set(err, "%s: name not found: %s", task->name,
		    gai_strerror(rc));
	return 0;
}

/* A job without a step: the addresses are the result. */
static void
dial_task_list(struct dial_task *task, const struct addrinfo *list)
{
	struct dial_outcome *out = task->outcome;

	for (; list != NULL && out->naddresses < DIAL_ADDRESSES_MAX;
	     list = list->ai_next)
		if (getnameinfo(list->ai_addr, list->ai_addrlen,
			out->address[out->naddresses], DIAL_ADDRESS_LEN, NULL,
			0, NI_NUMERICHOST) == 0)
			out->naddresses++;
	if (out->naddresses == 0)
		err_set(&out->why, "%s: name without an address", task->name);
}

static void
dial_task_step(struct dial_task *task, int fd)
{
	struct dial_outcome *out = task->outcome;

	if (task->enter(task, DIAL_TASK_STEPPING))
		out->result = task->step->run(fd, task->arg, &out->why);
	else
		close(fd);
	task->guard.unset(task->guard.arg);
}

void
dial_task_run(struct dial_task *task)
{
	struct dial_outcome *out = task->outcome;
	struct addrinfo *list = NULL;
	int fd = -1;

	if (task->path != NULL) {
		if (task->enter(task, DIAL_TASK_CONNECTING))
			fd = dial_task_connect_path(task, &out->why);
	} else if (task->enter(task, DIAL_TASK_RESOLVING) &&
	    dial_task_resolve(task, &list, &out->why) == 0) {
		if (task->step == NULL)
			dial_task_list(task, list);
		else
			fd = dial_task_connect_any(task, list, &out->why);
		freeaddrinfo(list);
	}
	if (fd != -1)
		dial_task_step(task, fd);
}
