/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/command.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "forceenc/clock.h"
#include "forceenc/must.h"
#include "forceencd/explain.h"
#include "forceencd/report.h"

/* Facts looked at before the loop has its turn again. */
#define COMMAND_DUMP_BUDGET 512

struct command_entry {
	const char *word[2]; /* [1] NULL: a command of one word */
	unsigned nargs;      /* behind the words */
	void (*run)(struct command *, const struct control_request *);
};

/* Takes json. */
static void
command_add_record(struct command *command, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	MUST(text != NULL);
	control_add_record(&command->out, text, strlen(text));
	free(text);
	json_decref(json);
}

static void
command_end_lookup(struct command *command, const struct resolve_reply *reply)
{
	int status = EX_TEMPFAIL;

	if (reply->outcome == RESOLVE_ANSWER || reply->outcome == RESOLVE_DUNNO)
		status = 0;
	else if (reply->outcome == RESOLVE_ABSENT)
		status = 1;
	command_add_record(
	    command, explain_end(command->explain, reply, clock_now()));
	command->explain = NULL;
	control_add_end(&command->out, status, reply->why.text);
}

static void
command_on_answer(const struct resolve_reply *reply, void *arg)
{
	struct command *command = arg;

	command->ticket = NULL;
	command->inquiry = NULL;
	command_end_lookup(command, reply);
	command->ready(command->ready_arg);
}

/* Of a map that takes the key as it is. */
static void
command_inquire(struct command *command, struct map *map, const char *key,
    size_t len, uint64_t now)
{
	struct inquiry_steps steps = {.step = explain_inquiry_step};
	struct resolve_reply reply;

	command->explain = explain_new(map, key, len, now);
	steps.arg = command->explain;
	if (inquiry_ask(command->view->shared->service, map, key, len, now,
		&steps, &reply, &command->inquiry) == RESOLVE_WAIT)
		inquiry_wait(command->inquiry, command_on_answer, command);
	else
		command_end_lookup(command, &reply);
}

static void
command_lookup(struct command *command, const struct control_request *request)
{
	struct session_shared *shared = command->view->shared;
	struct map *map;
	struct resolve_reply reply;
	const char *why;
	uint64_t now = turn_now(command->view->turn);

	map = service_find(shared->service, request->word[1], request->len[1]);
	if (map == NULL) {
		control_add_end(&command->out, EX_DATAERR,
		    "no map of this name is served here");
		return;
	}
	if (map->answerer != NULL) {
		command_inquire(
		    command, map, request->word[2], request->len[2], now);
		return;
	}
	if (address_keys(&shared->keys, &shared->service->rules,
		request->word[2], request->len[2], &why) == -1) {
		control_add_end(&command->out, EX_DATAERR, why);
		return;
	}
	command->explain =
	    explain_new(map, request->word[2], request->len[2], now);
	if (resolve_ask(command->view->resolve, shared->service, map,
		&shared->keys, now, explain_listener(command->explain), &reply,
		&command->ticket) == RESOLVE_WAIT)
		resolve_wait(command->ticket, command_on_answer, command);
	else
		command_end_lookup(command, &reply);
}

static void
command_status(struct command *command, const struct control_request *request)
{
	(void)request;
	command_add_record(command, report_status(command->view, clock_now()));
	control_add_end(&command->out, 0, "");
}

static void
command_cache_stats(
    struct command *command, const struct control_request *request)
{
	(void)request;
	command_add_record(command, report_cache(command->view));
	control_add_end(&command->out, 0, "");
}

static void
command_dump_each(const struct cache_entry *entry, void *arg)
{
	struct command *command = arg;

	command_add_record(command, report_fact(command->view, entry));
}

static void
command_dump_more(struct command *command)
{
	if (cache_walk(command->view->cache, &command->cursor,
		COMMAND_DUMP_BUDGET, turn_now(command->view->turn),
		command_dump_each, command))
		return;
	command->more = NULL;
	control_add_end(&command->out, 0, "");
}

static void
command_cache_dump(
    struct command *command, const struct control_request *request)
{
	(void)request;
	command->more = command_dump_more;
}

static void
command_end_dropped(struct command *command, size_t n)
{
	command_add_record(
	    command, json_pack("{s:I}", "dropped", (json_int_t)n));
	control_add_end(&command->out, n > 0 ? 0 : 1, "");
}

static void
command_cache_drop(
    struct command *command, const struct control_request *request)
{
	struct session_shared *shared = command->view->shared;
	const struct address_keys *keys = &shared->keys;
	const char *why;
	size_t n = 0;
	unsigned i;

	if (address_keys(&shared->keys, &shared->service->rules,
		request->word[2], request->len[2], &why) == -1) {
		control_add_end(&command->out, EX_DATAERR, why);
		return;
	}
	/* The address itself in all its spellings; what its domain says is
	 * other people's as well, and dropped by "@domain". */
	for (i = 0; i < keys->n; i++)
		if (keys->key[i].level == keys->key[0].level)
			n += cache_drop(command->view->cache, keys->key[i].text,
			    keys->key[i].len);
	command_end_dropped(command, n);
}

static void
command_cache_flush(
    struct command *command, const struct control_request *request)
{
	(void)request;
	command_end_dropped(command, cache_flush(command->view->cache));
}

static const struct command_entry command_table[] = {
    {{"lookup", NULL}, 2, command_lookup},
    {{"status", NULL}, 0, command_status},
    {{"cache", "stats"}, 0, command_cache_stats},
    {{"cache", "dump"}, 0, command_cache_dump},
    {{"cache", "drop"}, 1, command_cache_drop},
    {{"cache", "flush"}, 0, command_cache_flush},
};

static bool
command_is(
    const struct command_entry *entry, const struct control_request *request)
{
	unsigned words = entry->word[1] != NULL ? 2 : 1;

	return request->n == words + entry->nargs &&
	    control_word_is(request, 0, entry->word[0]) &&
	    (words == 1 || control_word_is(request, 1, entry->word[1]));
}

void
command_run(struct command *command, const struct control_request *request)
{
	size_t i;

	for (i = 0; i < sizeof(command_table) / sizeof(*command_table); i++) {
		if (!command_is(&command_table[i], request))
			continue;
		command_table[i].run(command, request);
		return;
	}
	control_add_end(&command->out, EX_USAGE,
	    "this daemon doesn't know the command; is it of another version?");
}

void
command_fini(struct command *command)
{
	if (command->ticket != NULL)
		resolve_cancel(command->view->resolve, command->ticket);
	if (command->inquiry != NULL)
		inquiry_cancel(command->inquiry);
	explain_free(command->explain);
	buf_fini(&command->out);
}
