/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_HTTP_H
#define FORCEENC_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "forceenc/buf.h"
#include "forceenc/endpoint.h"
#include "forceenc/err.h"
#include "forceenc/handover.h"
#include "forceenc/prometheus.h"

/*
 * A few pages over HTTP, for those who look after a daemon: GET and HEAD, one
 * request a connection, without TLS and without a password. Whatever its
 * clients do, the loop goes on:
 *
 *   connections  HTTP_CLIENTS_MAX; at the limit the oldest is hung up on for
 *                each new one, so that many slow ones don't keep out one that
 *                asks and reads
 *   time         HTTP_PATIENCE from its first byte to our last one
 *   size         8192 bytes of a head, 1024 bytes of a body, which is ignored
 */
#define HTTP_CLIENTS_MAX 16
#define HTTP_PATIENCE    5000 /* ms */

struct event_base;
struct http;

struct http_reply {
	int status;       /* 200 or 503; 200 before */
	const char *type; /* borrowed; plain text before */
	struct buf body;
};

/* A path and who writes the page; never before http_set() returned. */
struct http_page {
	const char *path;
	void (*write)(struct http_reply *, void *arg);
};

/* Pages that every daemon has. Each empties what it's given. */
void http_reply_metrics(struct http_reply *, struct prometheus *);
void http_reply_ready(struct http_reply *, bool ready, struct buf *why);
void http_reply_alive(struct http_reply *, void *arg);

/* The n pages and arg are borrowed. Listens nowhere yet. */
struct http *http_new(
    struct event_base *, const struct http_page *page, unsigned n, void *arg);
void http_free(struct http *); /* hangs up on everybody */

/*
 * Listens at that endpoint from now on, or nowhere (NULL); where it does
 * already, only access is set anew. A socket is handed over (which may be NULL)
 * or made. On failure all is as it was. Warns in the log of an address that
 * other hosts can reach.
 */
int http_set(struct http *, const struct endpoint *,
    const struct endpoint_access *, struct handover *, struct err *);

/* Its own figures. */
void http_write(const struct http *, struct prometheus *);

#endif
