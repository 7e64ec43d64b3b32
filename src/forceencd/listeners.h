/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_LISTENERS_H
#define FORCEENC_FORCEENCD_LISTENERS_H

#include <event2/event.h>
#include <stdbool.h>

#include "forceenc/conf.h"
#include "forceenc/handover.h"

/*
 * The sockets that listen. A reload keeps those that the new configuration
 * has as well, so that nothing is refused meanwhile.
 */
struct listeners;

/* A new client: the callee takes fd. */
typedef void listeners_accept_fn(int fd, const struct conf_listen *, void *arg);
/* Descriptors have run out; the callee makes room if it can. False: it
 * couldn't. */
typedef bool listeners_full_fn(void *arg);

struct listeners *listeners_new(
    struct event_base *, listeners_accept_fn *, listeners_full_fn *, void *arg);
/* Closes all, and removes the unix sockets that it made itself. */
void listeners_free(struct listeners *);

/* Listens on what conf names, and no longer on what it doesn't. On failure
 * all is as it was before. handover may be NULL. */
int listeners_set(
    struct listeners *, const struct conf *, struct handover *, struct err *);

/* For each one: its spelling and the protocol. */
typedef void listeners_each_fn(const struct conf_listen *, void *arg);
void listeners_each(const struct listeners *, listeners_each_fn *, void *arg);

#endif
