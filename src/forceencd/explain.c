/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/explain.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/clock.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

/* What is told of questions to tables, in bytes: of one text, of them all. */
#define EXPLAIN_TEXT_MAX 1000
#define EXPLAIN_ALL_MAX  (256 * 1024)

struct explain {
	const struct map *map;
	uint64_t begun;
	uint64_t step_us; /* when the last step ended */
	size_t told;      /* bytes */
	struct resolve_listener listener;
	json_t *address;
	json_t *steps;
};

json_t *
explain_string(const char *text, size_t len)
{
	json_t *string = json_stringn(text, len);

	return string != NULL ? string : json_string(text_show(text, len));
}

struct explain *
explain_new(
    const struct map *map, const char *address, size_t len, uint64_t now)
{
	struct explain *explain = mem_zalloc(sizeof(*explain));

	explain->map = map;
	explain->begun = now;
	explain->step_us = clock_us();
	explain->address = explain_string(address, len);
	explain->steps = json_array();
	return explain;
}

void
explain_free(struct explain *explain)
{
	if (explain == NULL)
		return;
	json_decref(explain->address);
	json_decref(explain->steps);
	free(explain);
}

static const char *
explain_fact_name(const struct map *map, const struct fact *fact)
{
	if (!fact->present)
		return "absent";
	return answer_name(&map->conf->answers, fact->answer);
}

static const char *
explain_cache_name(enum cache_state state)
{
	switch (state) {
	case CACHE_FRESH:
		return "fresh";
	case CACHE_STALE:
		return "stale";
	case CACHE_NONE:
		break;
	}
	return "none";
}

/* What the table said in the end. */
static void
explain_said(
    const struct explain *explain, const struct resolve_step *step, json_t *out)
{
	const struct source_reply *reply = &step->answer->reply;
	const char *said = "unsure", *why = NULL;
	struct fact fact;

	if (step->status == TABLE_KNOWN)
		said = explain_fact_name(explain->map, &step->answer->fact);
	else if (step->status == TABLE_ASKED && reply->kind != SOURCE_UNSURE) {
		fact.present = reply->kind == SOURCE_PRESENT;
		fact.answer = reply->answer;
		said = explain_fact_name(explain->map, &fact);
		if (fact.present && fact.answer == ANSWER_BAD)
			why = reply->why.text;
	} else if (step->status == TABLE_ASKED)
		why = reply->why.text;
	else
		why = "no answer in time";
	json_object_set_new(out, "said", json_string(said));
	if (why != NULL)
		json_object_set_new(
		    out, "why", explain_string(why, strlen(why)));
	if (step->used_stale)
		json_object_set_new(out, "used",
		    json_string(explain_fact_name(explain->map, step->stale)));
}

struct explain_question {
	struct explain *explain;
	json_t *out;
};

static void
explain_on_told(const char *name, const char *value, size_t len, void *arg)
{
	struct explain_question *question = arg;
	char cut[EXPLAIN_TEXT_MAX];

	if (len >= sizeof(cut)) {
		value = text_printable(cut, sizeof(cut), value, len);
		len = strlen(value);
	}
	question->explain->told += len;
	if (question->explain->told <= EXPLAIN_ALL_MAX)
		json_object_set_new(
		    question->out, name, explain_string(value, len));
}

/* What is asked of the table for this key, whether it was or not. */
static void
explain_question(
    struct explain *explain, const struct resolve_step *step, json_t *out)
{
	struct explain_question question = {explain, json_object()};

	source_tell(table_source(step->table), step->key->text, step->key->len,
	    explain_on_told, &question);
	if (json_object_size(question.out) > 0)
		json_object_set(out, "question", question.out);
	json_decref(question.out);
}

/* Where the table's word comes from, and by whom. */
static void
explain_origin(const struct resolve_step *step, json_t *out)
{
	const struct source_trace *trace = step->trace;
	const char *from = "asked";

	if (step->status == TABLE_KNOWN)
		from = "cache";
	else if (step->answer->joined)
		from = "joined";
	json_object_set_new(out, "from", json_string(from));
	if (trace->server != NULL) {
		json_object_set_new(out, "server",
		    explain_string(trace->server, strlen(trace->server)));
		json_object_set_new(
		    out, "server_ms", json_real((double)trace->took_us / 1000));
	}
	if (trace->entries > 0) {
		json_object_set_new(out, "entry",
		    explain_string(trace->entry, strlen(trace->entry)));
		json_object_set_new(
		    out, "entries", json_integer((json_int_t)trace->entries));
	}
	if (step->answer->cached == CACHE_STALE && step->answer->restored)
		json_object_set_new(out, "snapshot", json_true());
}

static void
explain_step(const struct resolve_step *step, void *arg)
{
	struct explain *explain = arg;
	uint64_t us = clock_us();
	json_t *out = json_object();

	json_object_set_new(
	    out, "key", explain_string(step->key->text, step->key->len));
	json_object_set_new(
	    out, "level", json_string(address_level_name(step->key->level)));
	json_object_set_new(out, "table", json_string(table_name(step->table)));
	json_object_set_new(out, "cache",
	    json_string(explain_cache_name(step->answer->cached)));
	if (step->answer->cached != CACHE_NONE)
		json_object_set_new(
		    out, "age", json_real((double)step->answer->age / 1000));
	explain_origin(step, out);
	explain_question(explain, step, out);
	explain_said(explain, step, out);
	json_object_set_new(
	    out, "ms", json_real((double)(us - explain->step_us) / 1000));
	explain->step_us = us;
	json_array_append_new(explain->steps, out);
}

struct resolve_listener *
explain_listener(struct explain *explain)
{
	explain->listener.step = explain_step;
	explain->listener.arg = explain;
	return &explain->listener;
}

void
explain_inquiry_step(const struct answerer_step *step, void *arg)
{
	struct explain *explain = arg;
	json_t *out = json_object();

	json_object_set_new(out, "key", explain_string(step->key, step->len));
	json_object_set_new(out, "level", json_string(step->level));
	json_object_set_new(
	    out, "table", explain_string(step->from, strlen(step->from)));
	json_object_set_new(out, "cache", json_string(step->cached));
	if (strcmp(step->cached, "none") != 0)
		json_object_set_new(
		    out, "age", json_real((double)step->age / 1000));
	json_object_set_new(
	    out, "said", explain_string(step->said, strlen(step->said)));
	if (step->why != NULL)
		json_object_set_new(
		    out, "why", explain_string(step->why, strlen(step->why)));
	json_array_append_new(explain->steps, out);
}

static const char *
explain_outcome_name(enum resolve_outcome outcome)
{
	switch (outcome) {
	case RESOLVE_ANSWER:
		return "answer";
	case RESOLVE_DUNNO:
		return "dunno";
	case RESOLVE_ABSENT:
		return "absent";
	case RESOLVE_UNSURE:
		break;
	}
	return "unsure";
}

json_t *
explain_end(
    struct explain *explain, const struct resolve_reply *reply, uint64_t now)
{
	json_t *out = json_object();

	json_object_set_new(out, "map", json_string(explain->map->conf->name));
	json_object_set(out, "address", explain->address);
	json_object_set_new(
	    out, "outcome", json_string(explain_outcome_name(reply->outcome)));
	json_object_set_new(out, "answer",
	    reply->outcome == RESOLVE_ANSWER      ? json_string(reply->text)
		: reply->outcome == RESOLVE_DUNNO ? json_string("DUNNO")
						  : json_null());
	json_object_set_new(out, "stale", json_boolean(reply->stale));
	json_object_set_new(out, "failsafe", json_boolean(reply->failsafe));
	if (reply->outcome == RESOLVE_UNSURE)
		json_object_set_new(out, "why",
		    explain_string(reply->why.text, strlen(reply->why.text)));
	json_object_set_new(
	    out, "ms", json_integer((json_int_t)(now - explain->begun)));
	json_object_set(out, "steps", explain->steps);
	explain_free(explain);
	return out;
}
