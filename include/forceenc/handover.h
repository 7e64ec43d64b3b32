/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_HANDOVER_H
#define FORCEENC_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>

#include "forceenc/endpoint.h"

/*
 * Listening sockets that the service manager hands over at start
 * (sd_listen_fds(3)). Built without libsystemd, there are none.
 *
 * A socket is used for the endpoint it is bound to, whatever its name in the
 * unit: the configuration alone says which protocol is spoken where.
 */
struct handover;

/* Takes the sockets over; one that is no listening inet or unix stream socket
 * is an error. NULL with err. */
struct handover *handover_new(struct err *);
/* Closes those nobody took. */
void handover_free(struct handover *);

/* The socket bound to the endpoint, non-blocking, which the caller owns from
 * now on; -1: there is none. */
int handover_take(struct handover *, const struct endpoint *);

/* The spelling of one that nobody took, NULL if all are taken. */
const char *handover_left(const struct handover *);

#endif
