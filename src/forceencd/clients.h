/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_CLIENTS_H
#define FORCEENC_FORCEENCD_CLIENTS_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "forceencd/session.h"
#include "forceencd/turn.h"

/*
 * The connected clients: sockets, events and limits around sessions.
 *
 * A client is never hung up on for being idle, unless idle_time_limit says
 * so: Postfix keeps a connection for 10 s and doesn't always survive finding
 * it closed. What is limited: the number of connections (at the limit, one
 * that never asked anything makes room, else the longest idle one), the time
 * a frame may take from its first byte to its last, and the bytes kept for a
 * client that doesn't read.
 */
struct clients;

struct clients_counts {
	uint64_t accepted;
	uint64_t evicted;     /* made room at the connection limit */
	uint64_t frame_time;  /* hung up on in the middle of a frame */
	uint64_t idle_time;   /* hung up on for idle_time_limit */
	uint64_t errors;      /* sockets that failed */
	uint64_t out_of_room; /* refused: no client could make room */
};

/* All are borrowed. */
struct clients *clients_new(
    struct event_base *, struct session_shared *, struct turn *);
void clients_free(struct clients *); /* hangs up on everybody */

/* Takes fd, an accepted non-blocking socket. label is for messages, copied;
 * map as in session_new(). limit: connections at most. */
void clients_add(struct clients *, int fd, const struct lookup_protocol *,
    const char *map, unsigned limit);

/* Makes room when descriptors have run out. False: nobody could go. */
bool clients_evict(struct clients *);

/* Hangs up on what is past its time. Returns when to call again. */
uint64_t clients_tick(struct clients *, uint64_t now);

/* What has arrived is answered, then each client is hung up on. */
void clients_drain(struct clients *);

unsigned clients_connected(const struct clients *);
const struct clients_counts *clients_counts(const struct clients *);

#endif
