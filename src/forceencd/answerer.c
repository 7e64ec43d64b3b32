/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/answerer.h"

bool
answerer_end(struct answerer *answerer)
{
	return answerer->ops->end == NULL || answerer->ops->end(answerer);
}

void
answerer_free(struct answerer *answerer)
{
	if (answerer != NULL)
		answerer->ops->free(answerer);
}

enum resolve_status
answerer_ask(struct answerer *answerer,
    const struct answerer_question *question, uint64_t now,
    struct resolve_reply *reply, struct answerer_ticket **ticket)
{
	*reply = (struct resolve_reply){.outcome = RESOLVE_UNSURE};
	return answerer->ops->ask(answerer, question, now, reply, ticket);
}

void
answerer_wait(struct answerer_ticket *ticket, resolve_done_fn *done, void *arg)
{
	ticket->done = done;
	ticket->arg = arg;
}

void
answerer_cancel(struct answerer_ticket *ticket)
{
	ticket->answerer->ops->cancel(ticket);
}

int
answerer_check(const struct answerer *answerer, const char *text, size_t len,
    struct err *err)
{
	return answerer->ops->check(text, len, err);
}

uint64_t
answerer_tick(struct answerer *answerer, uint64_t now)
{
	return answerer->ops->tick(answerer, now);
}
