/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/daemon.h"

#include <event2/event.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "config.h"
#include "forceenc/clock.h"
#include "forceenc/dial.h"
#include "forceenc/directory.h"
#include "forceenc/handover.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/notify.h"
#include "forceenc/pq.h"
#include "forceencd/control_server.h"
#include "forceencd/pages.h"
#include "forceencd/snapshots.h"
#include "forceencd/view.h"

/* Descriptors kept for databases, listeners, the control socket, HTTP. */
#define DAEMON_RESERVED_FDS 96

/* That connect to directories at the same time. Some may hang in the name
 * service for a while. */
#define DAEMON_DIAL_THREADS 16

struct daemon {
	struct event_base *base;
	struct session_shared shared;
	struct turn turn;
	struct view view;
	struct control_server *control;
	struct event *on_signal[3];
	struct source_env env;
	struct event *on_dial;
	struct event *timer;
	uint64_t timer_at; /* CLOCK_NEVER: not set */
	unsigned fds_max;
	struct snapshots snapshots;
	bool ending;
	bool ended;
	uint64_t end_at;
};

/* As many descriptors as the administrator lets us have. */
static unsigned
daemon_raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return 1024;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	getrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur > 1U << 20 ? 1U << 20 : (unsigned)limit.rlim_cur;
}

static unsigned
daemon_connection_limit(const struct daemon *daemon)
{
	unsigned limit = daemon->shared.service->conf->connection_limit;
	unsigned room = daemon->fds_max > 2 * DAEMON_RESERVED_FDS
	    ? daemon->fds_max - DAEMON_RESERVED_FDS
	    : DAEMON_RESERVED_FDS;

	return limit < room ? limit : room;
}

static void
daemon_on_accept(int fd, const struct conf_listen *listen, void *arg)
{
	struct daemon *daemon = arg;

	clients_add(daemon->view.clients, fd,
	    listen->map != NULL ? &lookup_tcp_table : &lookup_socketmap,
	    listen->map, daemon_connection_limit(daemon));
}

static bool
daemon_on_full(void *arg)
{
	struct daemon *daemon = arg;

	return clients_evict(daemon->view.clients);
}

static void
daemon_on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *daemon = arg;

	(void)fd;
	(void)what;
	/* It woke the loop, whose turn does the rest. */
	daemon->timer_at = CLOCK_NEVER;
}

static void
daemon_on_dial(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *daemon = arg;

	(void)fd;
	(void)what;
	dial_collect(daemon->env.dial);
}

/* Wakes the loop at that time. A timer that goes off early costs nothing. */
static void
daemon_set_timer(struct daemon *daemon, uint64_t at, uint64_t now)
{
	uint64_t ms = at > now ? at - now : 0;
	struct timeval tv = {.tv_sec = (time_t)(ms / 1000),
	    .tv_usec = (suseconds_t)(ms % 1000 * 1000)};

	if (at == daemon->timer_at)
		return;
	if (at == CLOCK_NEVER)
		event_del(daemon->timer);
	else
		event_add(daemon->timer, &tv);
	daemon->timer_at = at;
}

static uint64_t
daemon_sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* What is due after the events of a turn. Tables come before deadlines: what
 * has just become known is not too late. */
static void
daemon_turn(struct daemon *daemon)
{
	struct view *view = &daemon->view;
	uint64_t us = clock_us(), now = us / 1000, at;

	turn_begin(&daemon->turn, us);
	at = dial_tick(daemon->env.dial, now);
	at = daemon_sooner(at, tables_tick(view->tables, now));
	at = daemon_sooner(at, resolve_tick(view->resolve, now));
	at = daemon_sooner(at, answerers_tick(view->answerers, now));
	at = daemon_sooner(at, clients_tick(view->clients, now));
	at = daemon_sooner(at,
	    snapshots_tick(&daemon->snapshots, daemon->shared.service->conf,
		view->cache, view->tables, now));
	at = daemon_sooner(at, notify_watchdog(now));
	if (daemon->ending) {
		if (clients_connected(view->clients) == 0 ||
		    now >= daemon->end_at)
			daemon->ended = true;
		at = daemon_sooner(at, daemon->end_at);
	}
	/* Answers of this turn may have led to questions to those before. */
	if (tables_are_due(view->tables) || answerers_are_due(view->answerers))
		at = now;
	daemon_set_timer(daemon, at, now);
	turn_end(&daemon->turn, clock_us());
}

static void
daemon_warn_limits(const struct daemon *daemon)
{
	unsigned wanted = daemon->shared.service->conf->connection_limit;
	unsigned limit = daemon_connection_limit(daemon);

	if (limit < wanted)
		log_warn("clients: connection_limit is %u but only %u "
			 "descriptors may be open: serving at most %u (raise "
			 "LimitNOFILE or ulimit -n)",
		    wanted, daemon->fds_max, limit);
}

/* All sockets, or those of before. */
static int
daemon_set_sockets(struct daemon *daemon, const struct conf *conf,
    struct handover *handover, struct err *err)
{
	const struct service *old = daemon->shared.service;

	if (control_server_set(daemon->control, conf, handover, err) == -1)
		return -1;
	if (pages_set(daemon->view.http, conf, handover, err) == 0) {
		if (listeners_set(
			daemon->view.listeners, conf, handover, err) == 0)
			return 0;
		if (old != NULL)
			pages_set(daemon->view.http, old->conf, NULL, NULL);
	}
	if (old != NULL)
		control_server_set(daemon->control, old->conf, NULL, NULL);
	return -1;
}

/* Puts conf, which it takes, into force. On failure nothing has changed. */
static int
daemon_set_conf(struct daemon *daemon, struct conf *conf,
    struct handover *handover, struct err *err)
{
	struct service *old = daemon->shared.service, *service;

	service = service_new(
	    conf, daemon->view.tables, daemon->view.answerers, old, err);
	if (service == NULL)
		return -1;
	if (daemon_set_sockets(daemon, conf, handover, err) == -1) {
		service_release(service);
		return -1;
	}
	snapshots_reload(&daemon->snapshots, conf, clock_now());
	daemon->shared.service = service;
	service_release(old);
	log_set_level(conf->log_level);
	daemon_warn_limits(daemon);
	return 0;
}

static void
daemon_reload_failed(struct daemon *daemon, const char *why)
{
	daemon->view.reloads_failed++;
	err_set(&daemon->view.reload_trouble, "%s", why);
}

static void
daemon_reload(struct daemon *daemon)
{
	const struct conf *running = daemon->shared.service->conf;
	struct problems problems = {0};
	struct conf *conf = conf_load(running->path, &problems);
	char *names;
	struct err err;
	size_t i;

	if (conf == NULL) {
		for (i = 0; i < problems.n; i++)
			log_error("%s", problems.line[i]);
		log_error("%s: not reloaded: the configuration from before "
			  "stays in force (problems=%zu)",
		    running->path, problems.n);
		daemon_reload_failed(daemon, problems.line[0]);
		problems_fini(&problems);
		return;
	}
	problems_fini(&problems);
	names = conf_needs_restart(running, conf);
	if (daemon_set_conf(daemon, conf, NULL, &err) == -1) {
		log_error("%s: not reloaded: %s", running->path, err.text);
		daemon_reload_failed(daemon, err.text);
	} else {
		daemon->view.reloads++;
		daemon->view.reload_trouble.text[0] = '\0';
		log_info("%s: reloaded", daemon->shared.service->conf->path);
		if (names != NULL)
			log_warn(
			    "%s: takes effect at the next restart only", names);
	}
	free(names);
}

static void
daemon_end(struct daemon *daemon)
{
	if (daemon->ending) {
		daemon->ended = true;
		return;
	}
	log_info("ending: %u clients are connected",
	    clients_connected(daemon->view.clients));
	notify_send("STOPPING=1");
	daemon->ending = true;
	daemon->end_at =
	    clock_now() + daemon->shared.service->conf->drain_time_limit;
	listeners_free(daemon->view.listeners);
	daemon->view.listeners = NULL;
	control_server_free(daemon->control);
	daemon->control = NULL;
	clients_drain(daemon->view.clients);
}

static void
daemon_on_signal(evutil_socket_t signo, short what, void *arg)
{
	struct daemon *daemon = arg;

	(void)what;
	turn_now(&daemon->turn);
	if (signo != SIGHUP) {
		daemon_end(daemon);
		return;
	}
	if (daemon->ending)
		return;
	notify_reloading();
	daemon_reload(daemon);
	notify_send("READY=1");
}

static void
daemon_init(struct daemon *daemon, const struct conf *conf)
{
	static const int signals[] = {SIGHUP, SIGTERM, SIGINT};
	struct view *view = &daemon->view;
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	directory_init();
	pq_init();
	daemon->fds_max = daemon_raise_limit();
	daemon->base = event_base_new();
	MUST(daemon->base != NULL);
	daemon->timer_at = CLOCK_NEVER;
	daemon->timer = evtimer_new(daemon->base, daemon_on_timer, daemon);
	MUST(daemon->timer != NULL);
	for (i = 0; i < 3; i++) {
		daemon->on_signal[i] = evsignal_new(
		    daemon->base, signals[i], daemon_on_signal, daemon);
		MUST(daemon->on_signal[i] != NULL);
		event_add(daemon->on_signal[i], NULL);
	}
	daemon->env.base = daemon->base;
	daemon->env.dial = dial_new(DAEMON_DIAL_THREADS);
	daemon->on_dial = event_new(daemon->base, dial_fd(daemon->env.dial),
	    EV_READ | EV_PERSIST, daemon_on_dial, daemon);
	MUST(daemon->on_dial != NULL && event_add(daemon->on_dial, NULL) == 0);
	view->shared = &daemon->shared;
	view->cache = cache_new(conf->cache_size);
	view->tables = tables_new(view->cache, &daemon->env);
	view->answerers = answerers_new(&daemon->env);
	view->resolve = resolve_new();
	daemon->shared.resolve = view->resolve;
	view->turn = &daemon->turn;
	view->clients = clients_new(daemon->base, &daemon->shared, view->turn);
	view->listeners = listeners_new(
	    daemon->base, daemon_on_accept, daemon_on_full, daemon);
	view->http = pages_new(daemon->base, view);
	view->started_at = clock_now();
	view->started_wall = clock_wall();
	daemon->control = control_server_new(daemon->base, view);
}

/* Those above go first: each gives up what it has with the next. */
static void
daemon_fini(struct daemon *daemon)
{
	struct view *view = &daemon->view;
	size_t i;

	snapshots_fini(&daemon->snapshots);
	control_server_free(daemon->control);
	http_free(view->http);
	listeners_free(view->listeners);
	clients_free(view->clients);
	service_release(daemon->shared.service);
	resolve_free(view->resolve);
	answerers_free(view->answerers);
	tables_free(view->tables);
	cache_free(view->cache);
	for (i = 0; i < 3; i++)
		event_free(daemon->on_signal[i]);
	event_free(daemon->on_dial);
	dial_free(daemon->env.dial);
	event_free(daemon->timer);
	event_base_free(daemon->base);
	libevent_global_shutdown();
}

static int
daemon_start(struct daemon *daemon, struct conf *conf, struct err *err)
{
	struct handover *handover = handover_new(err);
	int rc;

	if (handover == NULL) {
		conf_free(conf);
		return -1;
	}
	rc = daemon_set_conf(daemon, conf, handover, err);
	if (rc == 0 && handover_left(handover) != NULL)
		rc = err_set(err,
		    "%s: handed over by the service manager, but neither "
		    "socketmap_listen, tcp_table_listen, control_socket nor "
		    "http_listen names it",
		    handover_left(handover));
	handover_free(handover);
	if (rc == 0)
		snapshots_restore(&daemon->snapshots,
		    daemon->shared.service->conf, daemon->view.tables,
		    clock_now());
	return rc;
}

int
daemon_run(struct conf *conf, struct err *err)
{
	struct daemon *daemon = mem_zalloc(sizeof(*daemon));
	int rc;

	daemon_init(daemon, conf);
	rc = daemon_start(daemon, conf, err);
	if (rc == 0) {
		log_info("forceencd %s: ready (configuration=%s)",
		    PACKAGE_VERSION, daemon->shared.service->conf->path);
		notify_send("READY=1");
		daemon_turn(daemon);
		while (!daemon->ended) {
			event_base_loop(daemon->base, EVLOOP_ONCE);
			daemon_turn(daemon);
		}
		snapshots_last(&daemon->snapshots, daemon->shared.service->conf,
		    daemon->view.cache, daemon->view.tables);
	}
	daemon_fini(daemon);
	free(daemon);
	return rc;
}
