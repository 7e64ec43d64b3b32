/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/report_rank.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceencctl/print.h"

json_t *
report_rank_of(json_t *all, const char *name)
{
	json_t *shown = print_string(name, strlen(name));
	const char *key = json_string_value(shown);
	json_t *figures = json_object_get(all, key);

	if (figures == NULL) {
		figures = json_object();
		json_object_set_new(all, key, figures);
	}
	json_decref(shown);
	return figures;
}

int64_t
report_rank_get(const json_t *figures, const char *what)
{
	return json_integer_value(json_object_get(figures, what));
}

void
report_rank_add(json_t *figures, const char *what, int64_t n)
{
	json_object_set_new(
	    figures, what, json_integer(report_rank_get(figures, what) + n));
}

struct report_rank {
	const char *name;
	json_t *figures;
	int64_t count;
};

static int
report_rank_compare(const void *one, const void *two)
{
	const struct report_rank *a = one, *b = two;

	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return strcmp(a->name, b->name);
}

json_t *
report_rank_list(json_t *all, const char *key)
{
	struct report_rank *rank =
	    mem_alloc((json_object_size(all) + 1) * sizeof(*rank));
	json_t *list = json_array(), *row, *figures;
	const char *name;
	size_t n = 0, i;

	json_object_foreach (all, name, figures) {
		rank[n].name = name;
		rank[n].figures = figures;
		rank[n].count = report_rank_get(figures, "count");
		n += rank[n].count > 0;
	}
	qsort(rank, n, sizeof(*rank), report_rank_compare);
	for (i = 0; i < n; i++) {
		row = json_object();
		json_object_set_new(row, key, json_string(rank[i].name));
		json_object_update(row, rank[i].figures);
		json_array_append_new(list, row);
	}
	free(rank);
	return list;
}

void
report_rank_put(json_t *report, const char *name, json_t *list, unsigned limit)
{
	json_t *more = json_object_get(report, "more");
	size_t n = json_array_size(list);

	json_object_set_new(
	    more, name, json_integer(n > limit ? (json_int_t)(n - limit) : 0));
	while (json_array_size(list) > limit)
		json_array_remove(list, json_array_size(list) - 1);
	json_object_set_new(report, name, list);
}
