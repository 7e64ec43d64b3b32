/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_CONTROL_SERVER_H
#define FORCEENC_FORCEENCD_CONTROL_SERVER_H

#include <event2/event.h>

#include "forceenc/conf.h"
#include "forceenc/handover.h"
#include "forceencd/view.h"

/*
 * The control socket: who may connect (file permissions) may ask all there
 * is (command.h). A few connections at most, each with one request at a time;
 * a client that doesn't read costs one record.
 */
struct control_server;

/* view is borrowed. Listens nowhere yet. */
struct control_server *control_server_new(struct event_base *, struct view *);
void control_server_free(struct control_server *);

/* Listens where conf says, or nowhere. On failure all is as it was. */
int control_server_set(struct control_server *, const struct conf *,
    struct handover *, struct err *);

#endif
