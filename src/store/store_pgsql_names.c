/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "store/store_pgsql_names.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"

void
store_pgsql_names_fini(struct store_pgsql_names *names)
{
	free(names->name);
	names->name = NULL;
	names->n = names->cap = 0;
}

void
store_pgsql_names_add(struct store_pgsql_names *names, const char *text,
    uint64_t number, int64_t day)
{
	struct store_pgsql_name *name;
	const char *at;

	if (store_pgsql_seen_number(names->seen, number, day))
		return;
	if (names->n == names->cap) {
		names->cap = names->cap * 2 + 64;
		names->name =
		    mem_resize(names->name, names->cap, sizeof(*names->name));
	}
	name = &names->name[names->n++];
	*name = (struct store_pgsql_name){.text = text, .day = day};
	if (!names->senders)
		return;
	at = strrchr(text, '@');
	name->domain = at != NULL && at[1] != '\0' ? (uint32_t)(at - text) + 1
						   : (uint32_t)strlen(text);
}

static int
store_pgsql_names_compare(const void *one, const void *two)
{
	const struct store_pgsql_name *a = one, *b = two;
	int rc = strcmp(a->text + a->domain, b->text + b->domain);

	return rc != 0 ? rc : strcmp(a->text, b->text);
}

void
store_pgsql_names_sort(struct store_pgsql_names *names)
{
	struct store_pgsql_name *name = names->name;
	size_t i, n = 0;

	if (names->n == 0)
		return;
	qsort(name, names->n, sizeof(*name), store_pgsql_names_compare);
	for (i = 1; i < names->n; i++) {
		if (strcmp(name[i].text, name[n].text) != 0)
			name[++n] = name[i];
		else if (name[i].day > name[n].day)
			name[n].day = name[i].day;
	}
	names->n = n + 1;
}
