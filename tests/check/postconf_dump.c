/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <stdio.h>

#include "forceencctl/postconf_read.h"

/* Prints each parameter of saved outputs as "name = value", expanded: what
 * "postconf -x" of the same configuration must say, too. */
int
main(int argc, char **argv)
{
	struct postconf conf = {0};
	const char *name;
	struct err err;
	size_t i;

	if (argc != 2 || postconf_read_saved(&conf, argv[1], &err) != 0) {
		fprintf(stderr, "%s\n", argc == 2 ? err.text : "which folder?");
		return 1;
	}
	for (i = 0; i < conf.defaults.n; i++) {
		name = conf.defaults.param[i].name;
		printf("%s = %s\n", name, postconf_value(&conf, NULL, name));
	}
	if (conf.unclear != NULL)
		printf("unclear: %s\n", conf.unclear);
	postconf_fini(&conf);
	return 0;
}
