/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "story.h"

#include <stdio.h>
#include <string.h>

static const char *const outcomes[] = {"answer", "dunno", "absent", "unsure"};

static void
story_say(char *out, const struct resolve_reply *reply)
{
	snprintf(out, STORY_SAID, "%s%s%s%s%s", outcomes[reply->outcome],
	    reply->text != NULL ? " " : "",
	    reply->text != NULL ? reply->text : "",
	    reply->stale ? " stale" : "", reply->failsafe ? " failsafe" : "");
}

static void
story_on_done(const struct resolve_reply *reply, void *arg)
{
	struct story_waited *waited = arg;

	assert_false(waited->done);
	waited->done = true;
	waited->ticket = NULL;
	waited->reply = *reply;
	story_say(waited->said, reply);
}

enum resolve_status
story_start(struct stage *stage, const char *address, uint64_t now,
    struct story_waited *waited)
{
	static struct address_keys keys;
	struct resolve_reply reply;
	enum resolve_status status;
	const char *why;

	memset(waited, 0, sizeof(*waited));
	assert_int_equal(address_keys(&keys, &stage->service.rules, address,
			     strlen(address), &why),
	    0);
	status = resolve_ask(stage->resolve, &stage->service, &stage->map,
	    &keys, now, NULL, &reply, &waited->ticket);
	if (status == RESOLVE_DONE) {
		waited->done = true;
		waited->reply = reply;
		story_say(waited->said, &reply);
	} else
		resolve_wait(waited->ticket, story_on_done, waited);
	return status;
}

const char *
story_ask(struct stage *stage, const char *address, uint64_t now)
{
	static char said[STORY_SAID];
	struct story_waited waited;

	assert_int_equal(
	    story_start(stage, address, now, &waited), RESOLVE_DONE);
	strcpy(said, waited.said);
	return said;
}
