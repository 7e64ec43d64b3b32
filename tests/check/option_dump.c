/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * The tables of options for the check beside this file, those of maps of a
 * kind of their own as tables by themselves: one line each of table, name, type, default, range, words and whether it takes a restart,
 * with tabs between them. "-" stands for an option without default.
 */

#include <stdio.h>

#include "conf/option.h"
#include "forceenc/conf.h"

static void
option_dump(const char *table, const struct option *option)
{
	size_t i;

	for (; option->name != NULL; option++) {
		printf("%s\t%s\t%s\t%s\t%s\t",
		    option->kinds == OPTION_KIND(CONF_MAP_FLOOR)
			? option_kinds[CONF_MAP_FLOOR]
			: table,
		    option->name, option_type_name(option->type),
		    option->def != NULL ? option->def : "-",
		    option_range(option));
		for (i = 0; option->words != NULL && option->words[i] != NULL;
		     i++)
			printf("%s%s", i > 0 ? " " : "", option->words[i]);
		printf("\t%s\n", option->restart ? "restart" : "");
	}
}

int
main(void)
{
	option_dump("main", option_main);
	option_dump("map", option_map);
	option_dump("sqlite", option_sqlite);
	option_dump("ldap", option_ldap);
	option_dump("pgsql", option_pgsql);
	option_dump("store", option_stats);
	return 0;
}
