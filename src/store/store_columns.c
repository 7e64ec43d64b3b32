/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "store/store_columns.h"

#include <string.h>

#include "forceenc/must.h"
#include "store/store_array.h"

void
store_columns_fini(struct store_columns *rows)
{
	unsigned i;

	for (i = 0; i < STORE_COLUMNS_MAX; i++)
		buf_fini(&rows->column[i]);
}

static struct buf *
store_columns_column(struct store_columns *rows)
{
	MUST(rows->at < STORE_COLUMNS_MAX);
	return &rows->column[rows->at++];
}

void
store_columns_number(struct store_columns *rows, int64_t number)
{
	store_array_number(store_columns_column(rows), number);
}

void
store_columns_text(struct store_columns *rows, const char *text)
{
	store_array_text(store_columns_column(rows), text);
}

void
store_columns_name(struct store_columns *rows, const char *name)
{
	if (name == NULL)
		name = "";
	store_array_name(store_columns_column(rows), name, strlen(name));
}

void
store_columns_sender(struct store_columns *rows, const char *sender)
{
	const char *at = strrchr(sender, '@');
	const char *end = sender + strlen(sender);

	if (at == NULL || at[1] == '\0')
		at = end;
	store_columns_name(rows, at < end ? at + 1 : "");
	store_array_name(
	    store_columns_column(rows), sender, (size_t)(at - sender));
}

void
store_columns_end(struct store_columns *rows)
{
	rows->at = 0;
	rows->n++;
}

void
store_columns_values(
    struct store_columns *rows, struct pq_value *value, unsigned n)
{
	const char *text;
	unsigned i;

	MUST(n <= STORE_COLUMNS_MAX);
	for (i = 0; i < n; i++) {
		text = store_array_end(&rows->column[i]);
		value[i] = (struct pq_value){text, strlen(text)};
	}
}

size_t
store_columns_size(const struct store_columns *rows)
{
	size_t size = 0;
	unsigned i;

	for (i = 0; i < STORE_COLUMNS_MAX; i++)
		size += rows->column[i].len;
	return size;
}

void
store_columns_clear(struct store_columns *rows)
{
	unsigned i;

	for (i = 0; i < STORE_COLUMNS_MAX; i++)
		buf_clear(&rows->column[i]);
	rows->n = 0;
}
