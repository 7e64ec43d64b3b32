/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/walk.h"

#include <stdbool.h>
#include <string.h>

#include "forceencctl/print.h"

static bool
walk_is(json_t *record, const char *name, const char *text)
{
	return strcmp(print_text_of(record, name), text) == 0;
}

/* What is neither of the two is unsure. */
static bool
walk_is_answer(json_t *record)
{
	return walk_is(record, "outcome", "answer") ||
	    walk_is(record, "outcome", "dunno");
}

static bool
walk_is_absent(json_t *record)
{
	return walk_is(record, "outcome", "absent");
}

static void
walk_add_member(struct buf *out, json_t *record, const char *name)
{
	const char *text = print_text_of(record, name);

	print_add_text(out, text, strlen(text));
}

static void
walk_add_age(struct buf *out, json_t *step)
{
	print_add_age(out, json_number_value(json_object_get(step, "age")));
}

/* Where the table's word comes from. */
static void
walk_add_origin(struct buf *out, json_t *step)
{
	if (walk_is(step, "cache", "fresh")) {
		buf_add_text(out, "cached ");
		walk_add_age(out, step);
		buf_add_text(out, " ago");
		return;
	}
	buf_add_text(out,
	    walk_is(step, "from", "joined")
		? "asked for somebody else already; "
		: "asked; ");
	if (walk_is(step, "cache", "stale")) {
		buf_add_text(out, "what the cache had is ");
		walk_add_age(out, step);
		buf_add_text(out, " old");
		if (json_is_true(json_object_get(step, "snapshot")))
			buf_add_text(out, ", from before a restart");
	} else
		buf_add_text(out, "the cache had nothing");
}

/* What somebody may give to ldapsearch(1): a backslash is one there, and two
 * would be something else. */
static void
walk_add_words(struct buf *out, const char *name, const char *text)
{
	size_t len;

	buf_printf(out, "        %s: ", name);
	for (;; text += len + 1) {
		len = strcspn(text, "\\");
		print_add_text(out, text, len);
		if (text[len] == '\0')
			return;
		buf_add_byte(out, '\\');
	}
}

/* "        filter: (mail=a@example.com)" */
static void
walk_add_question(struct buf *out, json_t *question)
{
	const char *name;
	json_t *value;

	json_object_foreach (question, name, value) {
		if (!json_is_string(value))
			continue;
		walk_add_words(out, name, json_string_value(value));
		buf_add_byte(out, '\n');
	}
}

/* Whoever answered: a server, with an entry. */
static void
walk_add_server(struct buf *out, json_t *step)
{
	json_int_t more =
	    json_integer_value(json_object_get(step, "entries")) - 1;

	if (json_object_get(step, "server") != NULL) {
		buf_add_text(out, "        server: ");
		walk_add_member(out, step, "server");
		buf_add_text(out, ", in ");
		print_add_ms(
		    out, json_number_value(json_object_get(step, "server_ms")));
		buf_add_text(out, "ms\n");
	}
	if (json_object_get(step, "entry") == NULL)
		return;
	walk_add_words(out, "entry", print_text_of(step, "entry"));
	if (more > 0)
		buf_printf(out, " (and %lld more)", (long long)more);
	buf_add_byte(out, '\n');
}

static void
walk_add_took(struct buf *out, json_t *step)
{
	if (json_object_get(step, "ms") == NULL ||
	    walk_is(step, "cache", "fresh"))
		return;
	buf_add_text(out, "        took: ");
	print_add_ms(out, json_number_value(json_object_get(step, "ms")));
	buf_add_text(out, "ms\n");
}

/* "      sqlite:/etc/forceenc/policy.cf: absent (cached 12s ago)" */
static void
walk_add_step(struct buf *out, json_t *step)
{
	buf_add_text(out, "      ");
	walk_add_member(out, step, "table");
	buf_add_text(out, ": ");
	walk_add_member(out, step, "said");
	buf_add_text(out, " (");
	walk_add_origin(out, step);
	buf_add_text(out, ")\n");
	walk_add_question(out, json_object_get(step, "question"));
	walk_add_server(out, step);
	walk_add_took(out, step);
	if (json_object_get(step, "why") != NULL) {
		buf_add_text(out, "        because: ");
		walk_add_member(out, step, "why");
		buf_add_byte(out, '\n');
	}
	if (json_object_get(step, "used") != NULL) {
		buf_add_text(out, "        used in its place, as last known: ");
		walk_add_member(out, step, "used");
		buf_add_byte(out, '\n');
	}
}

static void
walk_add_steps(struct buf *out, json_t *steps)
{
	const char *key = NULL;
	json_t *step;
	size_t i;

	json_array_foreach (steps, i, step) {
		if (key == NULL || !walk_is(step, "key", key)) {
			key = print_text_of(step, "key");
			buf_add_text(out, "  ");
			walk_add_member(out, step, "key");
			buf_add_text(out, " (");
			walk_add_member(out, step, "level");
			buf_add_text(out, ")\n");
		}
		walk_add_step(out, step);
	}
}

/* The fact that the step ended with. */
static const char *
walk_fact(json_t *step)
{
	return print_text_of(
	    step, json_object_get(step, "used") != NULL ? "used" : "said");
}

static void
walk_add_decision(struct buf *out, json_t *record)
{
	json_t *steps = json_object_get(record, "steps");
	json_t *last = json_array_get(steps, json_array_size(steps) - 1);

	if (json_is_true(json_object_get(record, "failsafe"))) {
		buf_add_text(out, "a table failed, and ");
		walk_add_member(out, record, "map");
		buf_add_text(out, "_on_failure says so");
	} else if (walk_is_absent(record) &&
	    strcmp(walk_fact(last), "off") != 0) {
		buf_add_text(out, "no table has any of these keys");
	} else if (walk_is_answer(record) || walk_is_absent(record)) {
		buf_add_text(out, "decided by ");
		walk_add_member(out, last, "key");
		buf_add_text(out, " in ");
		walk_add_member(out, last, "table");
		if (walk_is_absent(record))
			buf_add_text(out, ": an exception");
	} else
		walk_add_member(out, record, "why");
	if (json_is_true(json_object_get(record, "stale")))
		buf_add_text(out, ", from what was last known");
}

static void
walk_add_answer(struct buf *out, json_t *record)
{
	if (walk_is_answer(record)) {
		walk_add_member(out, record, "answer");
		buf_add_text(out, " (Postfix is told: OK ");
		walk_add_member(out, record, "answer");
		buf_add_text(out, ")");
	} else if (walk_is_absent(record))
		buf_add_text(out, "none (Postfix is told: NOTFOUND)");
	else
		buf_add_text(out, "unsure (Postfix is told: TEMP)");
}

void
walk_print(json_t *record, struct buf *out)
{
	walk_add_member(out, record, "address");
	buf_add_text(out, " in map ");
	walk_add_member(out, record, "map");
	buf_add_text(out, ":\n");
	walk_add_steps(out, json_object_get(record, "steps"));
	buf_add_text(out, "answer: ");
	walk_add_answer(out, record);
	buf_add_text(out, "\nwhy:    ");
	walk_add_decision(out, record);
	buf_printf(out, "\ntook:   %lldms\n",
	    (long long)json_integer_value(json_object_get(record, "ms")));
}
