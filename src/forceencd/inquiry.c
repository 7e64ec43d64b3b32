/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/inquiry.h"

#include <stdlib.h>

#include "forceenc/clock.h"
#include "forceenc/mem.h"

struct inquiry {
	struct service *service;
	struct map *map;
	struct answerer_ticket *ticket;
	uint64_t begun_us;
	resolve_done_fn *done;
	void *arg;
};

static void
inquiry_on_answer(const struct resolve_reply *reply, void *arg)
{
	struct inquiry inquiry = *(struct inquiry *)arg;

	free(arg);
	service_count_waited(inquiry.map, reply, clock_us() - inquiry.begun_us);
	inquiry.done(reply, inquiry.arg);
	service_release(inquiry.service);
}

enum resolve_status
inquiry_ask(struct service *service, struct map *map, const char *key,
    size_t len, uint64_t now, const struct inquiry_steps *steps,
    struct resolve_reply *reply, struct inquiry **out)
{
	struct answerer_question question = {
	    .key = key, .len = len, .conf = service->conf};
	struct answerer_ticket *ticket;
	struct inquiry *inquiry;

	if (steps != NULL) {
		question.step = steps->step;
		question.step_arg = steps->arg;
	}
	if (answerer_ask(map->answerer, &question, now, reply, &ticket) ==
	    RESOLVE_DONE) {
		service_count(map, reply);
		return RESOLVE_DONE;
	}
	inquiry = mem_zalloc(sizeof(*inquiry));
	inquiry->service = service;
	inquiry->map = map;
	inquiry->ticket = ticket;
	inquiry->begun_us = clock_us();
	service_keep(service);
	answerer_wait(ticket, inquiry_on_answer, inquiry);
	*out = inquiry;
	return RESOLVE_WAIT;
}

void
inquiry_wait(struct inquiry *inquiry, resolve_done_fn *done, void *arg)
{
	inquiry->done = done;
	inquiry->arg = arg;
}

void
inquiry_cancel(struct inquiry *inquiry)
{
	answerer_cancel(inquiry->ticket);
	service_release(inquiry->service);
	free(inquiry);
}
