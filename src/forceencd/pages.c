/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/pages.h"

#include "forceenc/clock.h"
#include "forceenc/prometheus.h"
#include "forceencd/metrics.h"
#include "forceencd/ready.h"

static void
pages_metrics(struct http_reply *reply, void *arg)
{
	const struct view *view = arg;
	struct prometheus page = {0};

	turn_begin(view->turn, clock_us());
	metrics_write(&page, view);
	http_reply_metrics(reply, &page);
}

static void
pages_readyz(struct http_reply *reply, void *arg)
{
	const struct view *view = arg;
	struct buf why = {0};
	bool ready;

	turn_begin(view->turn, clock_us());
	ready = ready_ask(view, &why);

	http_reply_ready(reply, ready, &why);
}

static void
pages_healthz(struct http_reply *reply, void *arg)
{
	const struct view *view = arg;

	turn_begin(view->turn, clock_us());
	http_reply_alive(reply, arg);
}

struct http *
pages_new(struct event_base *base, struct view *view)
{
	static const struct http_page pages[] = {
	    {"/metrics", pages_metrics},
	    {"/healthz", pages_healthz},
	    {"/readyz", pages_readyz},
	};

	return http_new(base, pages, sizeof(pages) / sizeof(*pages), view);
}

int
pages_set(struct http *http, const struct conf *conf, struct handover *handover,
    struct err *err)
{
	struct endpoint_access access = {.mode = conf->control_socket_mode,
	    .group = conf->control_socket_group};

	return http_set(http, conf->has_http ? &conf->http_listen : NULL,
	    &access, handover, err);
}
