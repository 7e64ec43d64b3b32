/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_INFLIGHT_H
#define FORCEENC_WATCH_INFLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc-watch/arrivals.h"
#include "forceenc-watch/event.h"
#include "forceenc-watch/messages.h"
#include "forceenc-watch/names.h"
#include "forceenc-watch/processes.h"
#include "forceenc-watch/scene.h"
#include "forceenc-watch/tally.h"
#include "forceenc-watch/undecided.h"
#include "forceenc/relays.h"

/*
 * What is remembered between lines: messages, processes, deliveries that
 * wait. Who reads and writes it: correlate.c, attribute.c, state.c.
 */
struct inflight_rules {
	const struct relays *local_relays;
	size_t max_inflight; /* messages, and processes */
	bool store_recipients;
};

struct inflight {
	struct names *names;
	struct scene *scene;
	struct tally *tally;
	struct messages *messages;
	struct processes *processes;
	struct undecided *undecided;
	struct inflight_rules rules;
	struct arrivals arrivals;
	int64_t last;             /* the time of the last event */
	int64_t gap_since;        /* lines are missing since then; 0: none */
	int64_t quarter;          /* of an hour, whose local day is */
	int32_t day;              /* this one */
	uint64_t disagreements;   /* between tls= and the line about TLS */
	uint64_t senders_unknown; /* deliveries */
};

/* Where an event comes from. */
struct inflight_source {
	struct scene_service *service;
	enum event_process process;
	uint32_t pid; /* 0: none */
	int64_t time;
	/* Borrowed, what the event's names are to us: of EVENT_SENDER the
	 * sender; of EVENT_DELIVERY the recipient's domain, and the host of
	 * the relay if that has an address. */
	struct name *sender, *domain, *host;
};

/* What it is given is borrowed for as long as it lives. */
struct inflight *inflight_new(struct names *, struct scene *, struct tally *,
    const struct inflight_rules *);
void inflight_free(struct inflight *);

uint32_t inflight_hour(int64_t time);

/* The message that an event of this source is about, NULL: unknown. */
struct message *inflight_message(
    struct inflight *, const struct inflight_source *, const struct event *);
/* The process; it is remembered from now on. */
struct process *inflight_process(
    struct inflight *, const struct inflight_source *);

/* message may be NULL. */
struct process_request inflight_request(
    const struct event *, const struct message *);
bool inflight_same_request(
    const struct process_request *, const struct process_request *);
/* Whether the process's session is the request's, which it becomes if it is
 * nobody's yet. */
bool inflight_claim(struct process *, const struct process_request *);

/* The process was heard of with this queue id, so its session is that
 * request's. */
void inflight_attempt(
    struct inflight *, const struct inflight_source *, const struct event *);

#endif
