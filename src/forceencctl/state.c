/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/state.h"

#include <stdint.h>
#include <string.h>

#include "forceencctl/print.h"
#include "forceencctl/state_table.h"

#define STATE_COUNT(table) (sizeof(table) / sizeof(*(table)))

/* A count that is worth a line only if it isn't 0. */
struct state_count {
	const char *name;
	const char *says;
};

/* Of a line of turns, behind its indentation. */
#define STATE_TURNS_WIDTH 64

static const struct state_count state_client_counts[] = {
    {"refused", "questions refused"},
    {"broken", "hung up on for bytes that are no questions"},
    {"frame_time", "hung up on for half a question (frame_time_limit)"},
    {"idle_time", "hung up on for silence (idle_time_limit)"},
    {"evicted", "hung up on to make room (connection_limit)"},
    {"out_of_room", "turned away for want of room"},
    {"errors", "lost to errors"},
};

static const struct print_column state_listener_columns[] = {
    {"endpoint", "LISTENS ON", PRINT_TEXT, 50},
    {"protocol", "PROTOCOL", PRINT_TEXT, 0},
    {"map", "MAP", PRINT_TEXT, 0},
};

static const struct print_column state_map_columns[] = {
    {"map", "MAP", PRINT_TEXT, 20},
    {"questions", "QUESTIONS", PRINT_COUNT, 0},
    {"answered", "ANSWERED", PRINT_COUNT, 0},
    {"dunno", "DUNNO", PRINT_COUNT, 0},
    {"absent", "ABSENT", PRINT_COUNT, 0},
    {"unsure", "UNSURE", PRINT_COUNT, 0},
    {"stale", "STALE", PRINT_COUNT, 0},
    {"late", "LATE", PRINT_COUNT, 0},
};

static int64_t
state_number(const json_t *record, const char *name)
{
	return json_integer_value(json_object_get(record, name));
}

static void
state_add_text(struct buf *out, const json_t *record, const char *name)
{
	const char *text = print_text_of(record, name);

	print_add_text(out, text, strlen(text));
}

static void
state_add_rows(struct buf *out, const struct print_column *columns, unsigned n,
    const json_t *list)
{
	struct print_rows *rows = print_rows_new(PRINT_TABLE, columns, n);
	const json_t *record;
	size_t i;

	json_array_foreach (list, i, record) {
		print_rows_add(rows, record);
	}
	buf_add_byte(out, '\n');
	print_rows_end(rows, out);
}

void
state_print_cache(json_t *record, struct buf *out)
{
	int64_t fresh = state_number(record, "fresh");
	int64_t asked = fresh + state_number(record, "stale") +
	    state_number(record, "none");

	buf_printf(out, "cache          %lld facts of at most %lld, ",
	    (long long)state_number(record, "facts"),
	    (long long)state_number(record, "facts_max"));
	print_add_size(out, state_number(record, "bytes"));
	buf_add_text(out, " of ");
	print_add_size(out, state_number(record, "bytes_max"));
	buf_printf(out, "\n               asked %lld times", (long long)asked);
	if (asked > 0)
		buf_printf(out,
		    ": %.1f%% fresh, %.1f%% too old, %.1f%% not there",
		    100.0 * (double)fresh / (double)asked,
		    100.0 * (double)state_number(record, "stale") /
			(double)asked,
		    100.0 * (double)state_number(record, "none") /
			(double)asked);
	if (state_number(record, "evicted") > 0)
		buf_printf(out,
		    "\n               %lld forgotten for want of room "
		    "(cache_size)",
		    (long long)state_number(record, "evicted"));
	buf_add_byte(out, '\n');
}

static void
state_add_clients(struct buf *out, const json_t *record)
{
	int64_t count;
	size_t i;

	buf_printf(out,
	    "clients        %lld connected of at most %lld, %lld so far, "
	    "%lld questions\n",
	    (long long)state_number(record, "connected"),
	    (long long)state_number(record, "limit"),
	    (long long)state_number(record, "accepted"),
	    (long long)state_number(record, "questions"));
	for (i = 0; i < STATE_COUNT(state_client_counts); i++) {
		count = state_number(record, state_client_counts[i].name);
		if (count > 0)
			buf_printf(out, "               %lld %s\n",
			    (long long)count, state_client_counts[i].says);
	}
}

static void
state_add_daemon(struct buf *out, const json_t *record)
{
	buf_add_text(out, "forceencd      ");
	state_add_text(out, record, "version");
	buf_printf(out, ", process %lld, running for ",
	    (long long)state_number(record, "pid"));
	print_add_age(out, (double)state_number(record, "uptime"));
	buf_add_text(out, "\nconfiguration  ");
	state_add_text(out, record, "configuration");
	if (state_number(record, "reloads") > 0)
		buf_printf(out, ", reloaded %lld times",
		    (long long)state_number(record, "reloads"));
	buf_add_byte(out, '\n');
	if (state_number(record, "reloads_failed") > 0)
		buf_printf(out, "               %lld reloads failed\n",
		    (long long)state_number(record, "reloads_failed"));
	if (json_object_get(record, "reload_trouble") != NULL) {
		buf_add_text(
		    out, "               NOT what its file says now: ");
		state_add_text(out, record, "reload_trouble");
		buf_add_byte(out, '\n');
	}
}

static void
state_add_ms(
    struct buf *out, const char *before, const json_t *record, const char *name)
{
	buf_add_text(out, before);
	print_add_ms(out, json_number_value(json_object_get(record, name)));
	buf_add_text(out, "ms");
}

/* How many turns took how long, as many to a line as fit. */
static void
state_add_turns(struct buf *out, const json_t *steps)
{
	const json_t *step;
	char text[48], name[24];
	int64_t turns;
	size_t i, width = 0;
	int len;

	json_array_foreach (steps, i, step) {
		turns = state_number(step, "turns");
		if (turns == 0)
			continue;
		if (json_is_integer(json_object_get(step, "below_ms")))
			snprintf(name, sizeof(name), "<%lldms",
			    (long long)state_number(step, "below_ms"));
		else
			snprintf(name, sizeof(name), "more");
		len = snprintf(
		    text, sizeof(text), " %s: %lld", name, (long long)turns);
		if (width > 0 && width + (size_t)len > STATE_TURNS_WIDTH) {
			buf_add_text(out, "\n              ");
			width = 0;
		}
		buf_add_text(out, text);
		width += (size_t)len;
	}
}

static void
state_add_loop(struct buf *out, const json_t *record)
{
	buf_printf(out, "loop           %lld turns",
	    (long long)state_number(record, "turns"));
	state_add_ms(out, ": half within ", record, "p50_ms");
	state_add_ms(out, ", 99% within ", record, "p99_ms");
	state_add_ms(
	    out, "\n               the longest ", record, "longest_ms");
	state_add_ms(
	    out, ", of the last minute ", record, "longest_of_late_ms");
	buf_add_byte(out, '\n');
	buf_add_text(out, "              ");
	state_add_turns(out, json_object_get(record, "by_time"));
	buf_add_byte(out, '\n');
}

void
state_print_status(json_t *record, struct buf *out)
{
	const json_t *maps = json_object_get(record, "maps");

	state_add_daemon(out, record);
	state_add_clients(out, json_object_get(record, "clients"));
	buf_printf(out, "waiting        %lld questions for an answer\n",
	    (long long)state_number(record, "waiting"));
	state_add_loop(out, json_object_get(record, "loop"));
	state_print_cache(json_object_get(record, "cache"), out);
	state_add_rows(out, state_listener_columns,
	    STATE_COUNT(state_listener_columns),
	    json_object_get(record, "listeners"));
	state_add_rows(
	    out, state_map_columns, STATE_COUNT(state_map_columns), maps);
	state_table_add_all(out, maps);
}
