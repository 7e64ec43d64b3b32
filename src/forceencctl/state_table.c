/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/state_table.h"

#include <string.h>

#include "forceencctl/print.h"

#define STATE_TABLE_COUNT(table) (sizeof(table) / sizeof(*(table)))

static const struct print_column state_table_columns[] = {
    {"table", "TABLE", PRINT_TEXT, 31},
    {"state", "STATE", PRINT_TEXT, 0},
    {"watch", "WATCH", PRINT_TEXT, 0},
    {"hits", "CACHED", PRINT_COUNT, 0},
    {"asked", "ASKED", PRINT_COUNT, 0},
    {"unsure", "UNSURE", PRINT_COUNT, 0},
    {"took", "P50/P99 MS", PRINT_COUNT, 0},
};

static const struct print_column state_table_server_columns[] = {
    {"server", "SERVER", PRINT_TEXT, 28},
    {"shown", "STATE", PRINT_TEXT, 0},
    {"connections", "CONNS", PRINT_COUNT, 0},
    {"flights", "FLIGHTS", PRINT_COUNT, 0},
    {"answers", "ANSWERS", PRINT_COUNT, 0},
    {"failures", "FAILED", PRINT_COUNT, 0},
    {"took", "P50/P99 MS", PRINT_COUNT, 0},
};

/* Of each map, the tables; a table of several maps is one. */
static json_t *
state_table_gather(const json_t *maps)
{
	json_t *all = json_array(), *table;
	const json_t *map, *known;
	size_t i, j, k;

	json_array_foreach (maps, i, map) {
		json_array_foreach (json_object_get(map, "tables"), j, table) {
			json_array_foreach (all, k, known) {
				if (json_equal(known, table))
					break;
			}
			if (k == json_array_size(all))
				json_array_append(all, table);
		}
	}
	return all;
}

static double
state_table_number(const json_t *record, const char *name)
{
	return json_number_value(json_object_get(record, name));
}

/* "0.4/12": what was asked took so long. */
static void
state_table_set_took(json_t *record)
{
	const json_t *latency = json_object_get(record, "latency");
	double p50 = state_table_number(latency, "p50_ms");
	double p99 = state_table_number(latency, "p99_ms");
	struct buf text = {0};

	json_object_set(record, "answers", json_object_get(latency, "answers"));
	if (json_object_get(latency, "p50_ms") == NULL)
		return;
	print_add_ms(&text, p50);
	buf_add_byte(&text, '/');
	print_add_ms(&text, p99);
	json_object_set_new(record, "took", json_string(buf_text(&text)));
	buf_fini(&text);
}

/* "97.3%": so many of its questions the cache could answer. */
static void
state_table_set_hits(json_t *record)
{
	double fresh = state_table_number(record, "fresh");
	double all = fresh + state_table_number(record, "stale") +
	    state_table_number(record, "none");
	struct buf text = {0};

	if (all == 0)
		return;
	buf_printf(&text, "%.1f%%", 100 * fresh / all);
	json_object_set_new(record, "hits", json_string(buf_text(&text)));
	buf_fini(&text);
}

static void
state_table_add_text(struct buf *out, const json_t *record, const char *name)
{
	const char *text = print_text_of(record, name);

	print_add_text(out, text, strlen(text));
}

/* The reason without the name in front, which was said already. */
static void
state_table_add_why(struct buf *out, const char *name, const char *why)
{
	size_t len = strlen(name);

	if (strncmp(why, name, len) == 0 && strncmp(why + len, ": ", 2) == 0)
		why += len + 2;
	print_add_text(out, why, strlen(why));
}

/* "ldap://ldap1: backing off, next try in 3s: Connection refused" */
static void
state_table_add_trouble(struct buf *out, const json_t *record, const char *name,
    const char *state, const char *why)
{
	if (json_object_get(record, why) == NULL)
		return;
	state_table_add_text(out, record, name);
	buf_printf(out, ": %s", state);
	if (json_object_get(record, "next_try") != NULL) {
		buf_add_text(out, ", next try in ");
		print_add_age(out, state_table_number(record, "next_try"));
	}
	buf_add_text(out, ": ");
	state_table_add_why(
	    out, print_text_of(record, name), print_text_of(record, why));
	buf_add_byte(out, '\n');
}

static void
state_table_add_troubles(struct buf *out, const json_t *table)
{
	const json_t *server;
	size_t i;

	state_table_add_trouble(out, table, "table", "down", "why");
	if (json_object_get(table, "why") == NULL)
		state_table_add_trouble(out, table, "table",
		    "changes aren't noticed at once", "watch_why");
	json_array_foreach (json_object_get(table, "servers"), i, server) {
		state_table_add_trouble(out, server, "server",
		    print_text_of(server, "state"), "why");
	}
}

static void
state_table_add_rows(struct buf *out, struct print_rows *rows)
{
	if (print_rows_count(rows) == 0) {
		print_rows_free(rows);
		return;
	}
	buf_add_byte(out, '\n');
	print_rows_end(rows, out);
}

static void
state_table_add_servers(struct print_rows *rows, const json_t *servers)
{
	const char *state;
	json_t *server;
	size_t i;

	json_array_foreach (servers, i, server) {
		state = print_text_of(server, "state");
		/* The column has room for a word. */
		if (strcmp(state, "backing off") == 0)
			state = "down";
		json_object_set_new(server, "shown", json_string(state));
		state_table_set_took(server);
		print_rows_add(rows, server);
	}
}

void
state_table_add_all(struct buf *out, const json_t *maps)
{
	struct print_rows *rows = print_rows_new(PRINT_TABLE,
	    state_table_columns, STATE_TABLE_COUNT(state_table_columns));
	struct print_rows *servers =
	    print_rows_new(PRINT_TABLE, state_table_server_columns,
		STATE_TABLE_COUNT(state_table_server_columns));
	json_t *tables = state_table_gather(maps), *table;
	size_t i;

	json_array_foreach (tables, i, table) {
		state_table_set_took(table);
		state_table_set_hits(table);
		print_rows_add(rows, table);
		state_table_add_servers(
		    servers, json_object_get(table, "servers"));
	}
	state_table_add_rows(out, rows);
	state_table_add_rows(out, servers);
	json_array_foreach (tables, i, table) {
		state_table_add_troubles(out, table);
	}
	json_decref(tables);
}
