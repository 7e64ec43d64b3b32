/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/print.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uniwidth.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"

struct print_rows {
	enum print_form form;
	const struct print_column *column;
	unsigned n;
	unsigned width[PRINT_COLUMNS_MAX];
	size_t rows;
	struct buf cells; /* NUL-terminated; of JSON: a row each */
};

json_t *
print_string(const char *bytes, size_t len)
{
	json_t *string = json_stringn(bytes, len);
	struct buf shown = {0};

	if (string == NULL) {
		print_add_text(&shown, bytes, len);
		string = json_string(buf_text(&shown));
		buf_fini(&shown);
	}
	return string;
}

const char *
print_text_of(const json_t *record, const char *name)
{
	const char *text = json_string_value(json_object_get(record, name));

	return text != NULL ? text : "";
}

/* text_printable() works in pieces of bounded size; one that ends within a
 * character or an escape would spoil it. */
void
print_add_text(struct buf *out, const char *text, size_t len)
{
	size_t i = 0;
	unsigned n;
	char shown[16];

	while (i < len) {
		n = text_utf8_len(text + i, len - i);
		n = n > 0 ? n : 1;
		buf_add_text(
		    out, text_printable(shown, sizeof(shown), text + i, n));
		i += n;
	}
}

void
print_add_age(struct buf *out, double seconds)
{
	int64_t s;

	if (seconds < 0)
		seconds = 0;
	s = (int64_t)seconds;
	if (s < 1)
		buf_add_text(out, "<1s");
	else if (s < 60)
		buf_printf(out, "%ds", (int)s);
	else if (s < 3600)
		buf_printf(out, "%dm %ds", (int)(s / 60), (int)(s % 60));
	else if (s < 24 * 3600)
		buf_printf(out, "%dh %dm", (int)(s / 3600), (int)(s / 60 % 60));
	else
		buf_printf(out, "%lldd %dh", (long long)(s / (24 * 3600)),
		    (int)(s / 3600 % 24));
}

void
print_add_ms(struct buf *out, double ms)
{
	buf_printf(out, "%.*f", ms < 1 ? 2 : ms < 10 ? 1 : 0, ms);
}

void
print_add_size(struct buf *out, int64_t bytes)
{
	static const char units[] = "KMGT";
	double size = (double)bytes / 1024;
	size_t i;

	if (bytes < 1024) {
		buf_printf(out, "%lld bytes", (long long)bytes);
		return;
	}
	for (i = 0; size >= 1024 && i + 1 < strlen(units); i++)
		size /= 1024;
	buf_printf(out, "%.1f%c", size, units[i]);
}

static void
print_add_time(struct buf *out, int64_t seconds, enum print_form form)
{
	time_t t = (time_t)seconds;
	struct tm tm;
	char text[64];

	if (form == PRINT_TABLE ? localtime_r(&t, &tm) == NULL
				: gmtime_r(&t, &tm) == NULL) {
		buf_printf(out, "%lld", (long long)seconds);
		return;
	}
	strftime(text, sizeof(text),
	    form == PRINT_TABLE ? "%Y-%m-%d %H:%M" : "%Y-%m-%dT%H:%M:%SZ", &tm);
	buf_add_text(out, text);
}

static void
print_add_list(struct buf *out, const json_t *list)
{
	const json_t *value;
	size_t i;

	json_array_foreach (list, i, value) {
		if (i > 0)
			buf_add_text(out, ", ");
		if (json_is_string(value))
			print_add_text(out, json_string_value(value),
			    json_string_length(value));
	}
}

/* A value by its own type. */
static void
print_add_value(struct buf *out, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		print_add_text(
		    out, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		buf_printf(out, "%lld", (long long)json_integer_value(value));
		break;
	case JSON_REAL:
		buf_printf(out, "%.3f", json_real_value(value));
		break;
	case JSON_TRUE:
		buf_add_text(out, "yes");
		break;
	case JSON_FALSE:
		buf_add_text(out, "no");
		break;
	case JSON_ARRAY:
		print_add_list(out, value);
		break;
	case JSON_OBJECT:
	case JSON_NULL:
		break;
	}
}

void
print_add_cell(struct buf *out, const json_t *value, enum print_kind kind,
    enum print_form form)
{
	if (value == NULL)
		return;
	if (kind == PRINT_AGE && form == PRINT_TABLE && json_is_number(value))
		print_add_age(out, json_number_value(value));
	else if (kind == PRINT_TIME && json_is_integer(value))
		print_add_time(out, json_integer_value(value), form);
	else
		print_add_value(out, value);
}

/* Columns of a terminal: a character takes one, two, or none. */
static unsigned
print_width(const char *text)
{
	return (unsigned)u8_strwidth((const uint8_t *)text, "UTF-8");
}

struct print_rows *
print_rows_new(
    enum print_form form, const struct print_column *columns, unsigned n)
{
	struct print_rows *rows = mem_zalloc(sizeof(*rows));
	unsigned i;

	MUST(n <= PRINT_COLUMNS_MAX);
	rows->form = form;
	rows->column = columns;
	rows->n = n;
	for (i = 0; i < n; i++)
		rows->width[i] = print_width(columns[i].title);
	return rows;
}

void
print_rows_free(struct print_rows *rows)
{
	if (rows == NULL)
		return;
	buf_fini(&rows->cells);
	free(rows);
}

size_t
print_rows_count(const struct print_rows *rows)
{
	return rows->rows;
}

static void
print_add_json(struct buf *out, const json_t *value, size_t flags)
{
	char *text = json_dumps(value, flags | JSON_ENCODE_ANY);

	MUST(text != NULL);
	buf_add_text(out, text);
	free(text);
}

void
print_rows_add(struct print_rows *rows, const json_t *record)
{
	const struct print_column *column;
	unsigned i, width;
	size_t start;

	rows->rows++;
	if (rows->form == PRINT_JSON) {
		print_add_json(&rows->cells, record, 0);
		buf_add_byte(&rows->cells, '\0');
		return;
	}
	for (i = 0; i < rows->n; i++) {
		column = &rows->column[i];
		start = rows->cells.len;
		print_add_cell(&rows->cells,
		    json_object_get(record, column->name), column->kind,
		    rows->form);
		if (rows->cells.len == start && rows->form == PRINT_TABLE)
			buf_add_byte(&rows->cells, '-');
		buf_add_byte(&rows->cells, '\0');
		width = print_width(rows->cells.data + start);
		if (column->width_max > 0 && width > column->width_max)
			width = column->width_max;
		if (width > rows->width[i])
			rows->width[i] = width;
	}
}

static void
print_add_padded(struct buf *out, const struct print_rows *rows, unsigned i,
    const char *cell)
{
	unsigned width = print_width(cell), pad;
	bool right = rows->column[i].kind == PRINT_COUNT;

	pad = width < rows->width[i] ? rows->width[i] - width : 0;
	if (right)
		buf_printf(out, "%*s%s", (int)pad, "", cell);
	else if (i + 1 < rows->n)
		buf_printf(out, "%s%*s", cell, (int)pad, "");
	else
		buf_add_text(out, cell);
	buf_add_text(out, i + 1 < rows->n ? "  " : "\n");
}

static void
print_end_table(struct print_rows *rows, struct buf *out)
{
	const char *cell = rows->cells.data;
	unsigned i;
	size_t row;

	for (i = 0; i < rows->n && rows->rows > 0; i++)
		print_add_padded(out, rows, i, rows->column[i].title);
	for (row = 0; row < rows->rows; row++) {
		for (i = 0; i < rows->n; i++) {
			print_add_padded(out, rows, i, cell);
			cell += strlen(cell) + 1;
		}
	}
}

static void
print_end_tsv(struct print_rows *rows, struct buf *out)
{
	const char *cell = rows->cells.data;
	unsigned i;
	size_t row;

	for (row = 0; row < rows->rows; row++) {
		for (i = 0; i < rows->n; i++) {
			buf_add_text(out, cell);
			buf_add_byte(out, i + 1 < rows->n ? '\t' : '\n');
			cell += strlen(cell) + 1;
		}
	}
}

static void
print_end_json(struct print_rows *rows, struct buf *out)
{
	const char *cell = rows->cells.data;
	size_t row;

	buf_add_byte(out, '[');
	for (row = 0; row < rows->rows; row++) {
		buf_add_text(out, row > 0 ? ",\n " : "\n ");
		buf_add_text(out, cell);
		cell += strlen(cell) + 1;
	}
	buf_add_text(out, rows->rows > 0 ? "\n]\n" : "]\n");
}

void
print_rows_end(struct print_rows *rows, struct buf *out)
{
	switch (rows->form) {
	case PRINT_TABLE:
		print_end_table(rows, out);
		break;
	case PRINT_TSV:
		print_end_tsv(rows, out);
		break;
	case PRINT_JSON:
		print_end_json(rows, out);
		break;
	}
	print_rows_free(rows);
}

/* Lists of objects are numbered from 0. path is what stands in front. */
static void
print_flat(struct buf *out, struct buf *path, json_t *value)
{
	size_t len = path->len, i;
	const char *name;
	json_t *member;

	if (json_is_object(value)) {
		json_object_foreach (value, name, member) {
			buf_printf(path, "%s%s", len > 0 ? "." : "", name);
			print_flat(out, path, member);
			path->len = len;
		}
	} else if (json_is_object(json_array_get(value, 0))) {
		json_array_foreach (value, i, member) {
			buf_printf(path, "%s%zu", len > 0 ? "." : "", i);
			print_flat(out, path, member);
			path->len = len;
		}
	} else {
		print_add_text(out, path->data, path->len);
		buf_add_byte(out, '\t');
		print_add_value(out, value);
		buf_add_byte(out, '\n');
	}
}

void
print_record(enum print_form form, json_t *record, struct buf *out)
{
	struct buf path = {0};

	if (form == PRINT_JSON) {
		print_add_json(out, record, JSON_INDENT(2));
		buf_add_byte(out, '\n');
		return;
	}
	print_flat(out, &path, record);
	buf_fini(&path);
}
