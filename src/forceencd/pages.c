/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/pages.h"

#include "forceenc/prometheus.h"
#include "forceencd/metrics.h"
#include "forceencd/ready.h"

static void
pages_metrics(struct http_reply *reply, void *arg)
{
	struct prometheus page = {0};

	metrics_write(&page, arg);
	reply->type = PROMETHEUS_CONTENT_TYPE;
	buf_add(&reply->body, page.out.data, page.out.len);
	prometheus_fini(&page);
}

static void
pages_healthz(struct http_reply *reply, void *arg)
{
	(void)arg;
	buf_add_text(&reply->body, "alive\n");
}

static void
pages_readyz(struct http_reply *reply, void *arg)
{
	struct buf why = {0};
	bool ready = ready_ask(arg, &why);

	if (!ready)
		reply->status = 503;
	buf_add_text(&reply->body, ready ? "ready\n" : "not ready\n");
	buf_add(&reply->body, why.data, why.len);
	buf_fini(&why);
}

static const struct http_page pages[] = {
    {"/metrics", pages_metrics},
    {"/healthz", pages_healthz},
    {"/readyz", pages_readyz},
};

struct http *
pages_new(struct event_base *base, struct view *view)
{
	return http_new(base, pages, sizeof(pages) / sizeof(*pages), view);
}

int
pages_set(struct http *http, const struct conf *conf, struct handover *handover,
    struct err *err)
{
	struct endpoint_access access = {.mode = conf->control_socket_mode,
	    .group = conf->control_socket_group};
	int fd = -1;

	if (!conf->has_http)
		return http_set(http, NULL, NULL, -1, err);
	if (handover != NULL)
		fd = handover_take(handover, &conf->http_listen);
	return http_set(http, &conf->http_listen, &access, fd, err);
}
