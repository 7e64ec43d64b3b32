/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/source.h"

#include <inttypes.h>
#include <string.h>

#include "forceenc/clock.h"
#include "forceenc/log.h"

/* A source that comes and goes for the same reason is logged this often (ms). */
#define SOURCE_QUIET 10000

void
source_free(struct source *source)
{
	if (source != NULL)
		source->ops->free(source);
}

void
source_reply_init(struct source_reply *reply)
{
	reply->kind = SOURCE_UNSURE;
	reply->answer = ANSWER_BAD;
	reply->why.text[0] = '\0';
	reply->value = NULL;
	reply->value_len = 0;
}

enum source_status
source_ask(struct source *source, struct source_ask *ask, uint64_t now,
    struct source_reply *reply)
{
	enum source_status status;

	source->asked++;
	source_reply_init(reply);
	ask->asked_us = clock_us();
	status = source->ops->ask(source, ask, now, reply);
	if (status == SOURCE_WAIT) {
		source->due = true;
		return status;
	}
	if (reply->kind == SOURCE_UNSURE)
		source->unsure++;
	/* Nobody was asked where the answer should have taken time. */
	if (!source->ops->remote)
		source_answered(source, ask);
	return status;
}

void
source_answered(struct source *source, const struct source_ask *ask)
{
	histogram_add(&source->took, clock_us() - ask->asked_us);
}

void
source_cancel(struct source *source, struct source_ask *ask)
{
	source->ops->cancel(source, ask);
}

enum source_sight
source_look(struct source *source, uint64_t now)
{
	return source->ops->look(source, now);
}

uint64_t
source_tick(struct source *source, uint64_t now)
{
	source->due = false;
	return source->ops->tick(source, now);
}

bool
source_is_due(const struct source *source)
{
	return source->due;
}

bool
source_server(struct source *source, unsigned i, struct source_server *out)
{
	*out = (struct source_server){.next_try = CLOCK_NEVER};
	return source->ops->server != NULL &&
	    source->ops->server(source, i, out);
}

void
source_watch(struct source *source, struct source_watch *out)
{
	*out = (struct source_watch){
	    .state = SOURCE_WATCH_OFF, .why = "it can't tell of them"};
	if (source->ops->watch != NULL)
		source->ops->watch(source, out);
}

void
source_tell(struct source *source, const char *key, size_t len,
    source_told_fn *fn, void *arg)
{
	struct source_ask ask = {.key = key, .len = len};

	if (source->ops->tell != NULL)
		source->ops->tell(source, &ask, fn, arg);
}

void
source_told_skip(source_told_fn *fn, void *arg)
{
	static const char why[] =
	    "the key has no such part, or isn't of the table's domain";

	fn("not asked", why, sizeof(why) - 1, arg);
}

void
source_changed(struct source *source, const char *key, size_t len)
{
	if (source->changed != NULL)
		source->changed(source->changed_arg, key, len);
}

void
source_set_down(struct source *source, const struct err *why, uint64_t now)
{
	bool same = strcmp(source->trouble.text, why->text) == 0;

	/* A new reason is news; the same one again is not. */
	if (source->down && same)
		return;
	if (!source->down)
		source->flaps++;
	source->down = true;
	source->trouble = *why;
	if (source->logged_at != 0 && same &&
	    now - source->logged_at < SOURCE_QUIET)
		return;
	log_error("%s: can't be asked: %s (flaps=%" PRIu64 ")", source->name,
	    why->text, source->flaps);
	source->logged_at = now;
	source->logged_down = true;
}

void
source_set_up(struct source *source)
{
	if (!source->down)
		return;
	source->down = false;
	if (!source->logged_down)
		return;
	log_info("%s: answers again (unsure=%" PRIu64 ")", source->name,
	    source->unsure);
	source->logged_down = false;
}
