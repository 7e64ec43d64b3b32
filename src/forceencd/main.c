/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "config.h"
#include "forceenc/conf.h"
#include "forceenc/log.h"
#include "forceencd/daemon.h"

static int
main_usage(void)
{
	fprintf(stderr, "usage: forceencd [-tV] [-c file]\n");
	return EX_USAGE;
}

/* Who checks a file reads FILE:LINE first, as from a compiler. */
static void
main_show_problems(const struct problems *problems, bool check)
{
	size_t i;

	for (i = 0; i < problems->n; i++) {
		if (check)
			fprintf(stderr, "%s\n", problems->line[i]);
		else
			log_error("%s", problems->line[i]);
	}
}

int
main(int argc, char **argv)
{
	const char *path = FORCEENC_SYSCONFDIR "/forceenc/forceenc.cf";
	struct problems problems = {0};
	struct conf *conf;
	struct err err;
	bool check = false;
	int c;

	while ((c = getopt(argc, argv, "c:tV")) != -1) {
		switch (c) {
		case 'c':
			path = optarg;
			break;
		case 't':
			check = true;
			break;
		case 'V':
			printf("forceencd %s\n", PACKAGE_VERSION);
			return EX_OK;
		default:
			return main_usage();
		}
	}
	if (optind != argc)
		return main_usage();
	log_open("forceencd");
	conf = conf_load(path, &problems);
	main_show_problems(&problems, check);
	problems_fini(&problems);
	if (conf == NULL)
		return EX_CONFIG;
	if (check) {
		printf("%s: no problems\n", path);
		conf_free(conf);
		return EX_OK;
	}
	if (daemon_run(conf, &err) == -1) {
		log_error("%s", err.text);
		return EX_OSERR;
	}
	log_info("ended");
	return EX_OK;
}
