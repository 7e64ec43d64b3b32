/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/explain.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/text.h"

struct explain {
	const struct map *map;
	uint64_t begun;
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

void
explain_step(const struct resolve_step *step, void *arg)
{
	struct explain *explain = arg;
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
	explain_said(explain, step, out);
	json_array_append_new(explain->steps, out);
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
