/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/listeners.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceencd/acceptor.h"

/* What may wait for accept(2); the kernel caps it at net.core.somaxconn. */
#define LISTENERS_BACKLOG 4096

struct listener {
	struct listeners *all;
	struct conf_listen conf; /* map is owned */
	struct acceptor *acceptor;
	bool made;                 /* by us: its path is ours to remove */
	struct endpoint_file file; /* if made */
	bool wanted;               /* by the configuration that is being set */
	bool fresh;                /* not there before it */
	TAILQ_ENTRY(listener) link;
};

struct listeners {
	struct event_base *base;
	listeners_accept_fn *accept;
	listeners_full_fn *full;
	void *arg;
	TAILQ_HEAD(, listener) list;
};

struct listeners *
listeners_new(struct event_base *base, listeners_accept_fn *accept,
    listeners_full_fn *full, void *arg)
{
	struct listeners *all = mem_zalloc(sizeof(*all));

	all->base = base;
	all->accept = accept;
	all->full = full;
	all->arg = arg;
	TAILQ_INIT(&all->list);
	return all;
}

/* Somebody has removed its path: nobody can connect to it any more, and what
 * is there now, if anything, isn't ours. */
static bool
listener_is_lost(const struct listener *listener)
{
	return listener->made &&
	    !endpoint_has_file(&listener->conf.endpoint, &listener->file);
}

static void
listener_free(struct listener *listener)
{
	const char *path = endpoint_path(&listener->conf.endpoint);

	TAILQ_REMOVE(&listener->all->list, listener, link);
	acceptor_free(listener->acceptor);
	if (listener->made && path != NULL && !listener_is_lost(listener))
		unlink(path);
	free(listener->conf.map);
	free(listener);
}

void
listeners_free(struct listeners *all)
{
	struct listener *listener;

	if (all == NULL)
		return;
	while ((listener = TAILQ_FIRST(&all->list)) != NULL)
		listener_free(listener);
	free(all);
}

static void
listener_on_accept(int fd, void *arg)
{
	struct listener *listener = arg;

	listener->all->accept(fd, &listener->conf, listener->all->arg);
}

static bool
listener_on_full(void *arg)
{
	struct listener *listener = arg;

	return listener->all->full(listener->all->arg);
}

static bool
listener_maps_equal(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static struct listener *
listeners_find(struct listeners *all, const struct conf_listen *conf)
{
	struct listener *listener;

	TAILQ_FOREACH (listener, &all->list, link)
		if (endpoint_same(&listener->conf.endpoint, &conf->endpoint) &&
		    !listener_is_lost(listener))
			return listener;
	return NULL;
}

static int
listeners_add(struct listeners *all, const struct conf *conf,
    const struct conf_listen *listen, struct handover *handover,
    struct err *err)
{
	struct endpoint_access access = {
	    .mode = conf->socket_mode, .group = conf->socket_group};
	struct listener *listener;
	bool made = false;
	int fd = -1;

	if (handover != NULL)
		fd = handover_take(handover, &listen->endpoint);
	if (fd == -1) {
		fd = endpoint_listen(
		    &listen->endpoint, LISTENERS_BACKLOG, &access, err);
		made = true;
	}
	if (fd == -1)
		return -1;
	listener = mem_zalloc(sizeof(*listener));
	listener->all = all;
	listener->conf.endpoint = listen->endpoint;
	listener->conf.map = listen->map ? mem_strdup(listen->map) : NULL;
	listener->made = made;
	if (made)
		endpoint_get_file(&listen->endpoint, &listener->file);
	listener->wanted = true;
	listener->fresh = true;
	TAILQ_INSERT_TAIL(&all->list, listener, link);
	listener->acceptor =
	    acceptor_new(all->base, fd, listener->conf.endpoint.text,
		listener_on_accept, listener_on_full, listener);
	return 0;
}

/* The same place; it may speak another protocol or serve another map from the
 * next client on. Clients know theirs. */
static void
listener_update(struct listener *listener, const struct conf *conf,
    const struct conf_listen *listen)
{
	struct endpoint_access access = {
	    .mode = conf->socket_mode, .group = conf->socket_group};
	struct err err;

	if (!listener_maps_equal(listener->conf.map, listen->map)) {
		free(listener->conf.map);
		listener->conf.map =
		    listen->map != NULL ? mem_strdup(listen->map) : NULL;
	}
	if (listener->made && endpoint_path(&listen->endpoint) != NULL &&
	    endpoint_set_access(&listen->endpoint, &access, &err) == -1)
		log_warn("%s", err.text);
}

/* First all that is new, then away with the old: if something new can't be
 * had, nothing has changed. */
int
listeners_set(struct listeners *all, const struct conf *conf,
    struct handover *handover, struct err *err)
{
	struct listener *listener, *next;
	bool failed = false;
	size_t i;

	TAILQ_FOREACH (listener, &all->list, link)
		listener->wanted = listener->fresh = false;
	for (i = 0; i < conf->nlisten && !failed; i++) {
		listener = listeners_find(all, &conf->listen[i]);
		if (listener != NULL)
			listener->wanted = true;
		else if (listeners_add(
			     all, conf, &conf->listen[i], handover, err) == -1)
			failed = true;
	}
	for (listener = TAILQ_FIRST(&all->list); listener != NULL;
	     listener = next) {
		next = TAILQ_NEXT(listener, link);
		if (failed ? listener->fresh : !listener->wanted)
			listener_free(listener);
	}
	if (failed)
		return -1;
	for (i = 0; i < conf->nlisten; i++)
		listener_update(listeners_find(all, &conf->listen[i]), conf,
		    &conf->listen[i]);
	return 0;
}

void
listeners_each(const struct listeners *all, listeners_each_fn *each, void *arg)
{
	const struct listener *listener;

	TAILQ_FOREACH (listener, &all->list, link)
		each(&listener->conf, arg);
}
