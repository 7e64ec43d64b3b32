/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config.h"
#include "forceenc-watch/import.h"
#include "forceenc-watch/watch.h"
#include "forceenc/conf.h"
#include "forceenc/log.h"

struct main_options {
	const char *path;
	bool check;
	bool import;
};

static int
main_usage(void)
{
	fprintf(stderr,
	    "usage: forceenc-watch [-tV] [-c file]\n"
	    "       forceenc-watch [-c file] --import log ...\n");
	return EX_USAGE;
}

static struct conf *
main_load(const char *path)
{
	struct problems problems = {0};
	struct conf *conf = conf_load(path, &problems);
	size_t i;

	for (i = 0; i < problems.n; i++)
		log_error("%s", problems.line[i]);
	problems_fini(&problems);
	return conf;
}

/* What conf_load() doesn't know about. */
static int
main_check(const struct conf *conf, struct err *err)
{
	struct walk_rules rules;
	struct walk *walk;

	watch_rules(&rules, conf);
	walk = walk_new(&rules, 0, err);
	if (walk == NULL)
		return err_prefix(err, "%s: local_relays", conf->path);
	walk_free(walk);
	return 0;
}

static int
main_import(struct conf *conf, char **paths, size_t n, struct err *err)
{
	struct walk_rules rules;
	int rc;

	watch_rules(&rules, conf);
	if (n == 0 && conf->has_watch_http)
		log_warn("%s: not served while the log is standard input",
		    conf->watch_http_listen.text);
	rc = n == 0 ? import_input(conf, &rules, err)
		    : import_run(conf, &rules, paths, n, err);
	conf_free(conf);
	return rc;
}

/* paths: of what is to be imported, or none. */
static int
main_run(struct conf *conf, char **paths, size_t n)
{
	struct err err;
	int rc;

	rc = n > 0 || strcmp(conf->log, "-") == 0
	    ? main_import(conf, paths, n, &err)
	    : watch_run(conf, &err);
	if (rc == -1) {
		log_error("%s", err.text);
		return EX_OSERR;
	}
	log_info("ended");
	return EX_OK;
}

int
main(int argc, char **argv)
{
	static const struct option names[] = {
	    {"import", no_argument, NULL, 'i'},
	    {NULL, 0, NULL, 0},
	};
	struct main_options options = {
	    .path = FORCEENC_SYSCONFDIR "/forceenc/forceenc.cf"};
	struct conf *conf;
	struct err err;
	int c;

	while ((c = getopt_long(argc, argv, "c:tV", names, NULL)) != -1) {
		if (c == 'c') {
			options.path = optarg;
		} else if (c == 't') {
			options.check = true;
		} else if (c == 'i') {
			options.import = true;
		} else if (c == 'V') {
			printf("forceenc-watch %s\n", PACKAGE_VERSION);
			return EX_OK;
		} else {
			return main_usage();
		}
	}
	if (options.import ? optind == argc : optind != argc)
		return main_usage();
	log_open("forceenc-watch");
	store_init();
	conf = main_load(options.path);
	if (conf == NULL)
		return EX_CONFIG;
	if (main_check(conf, &err) == -1) {
		log_error("%s", err.text);
		conf_free(conf);
		return EX_CONFIG;
	}
	if (!options.check)
		return main_run(conf, argv + optind, (size_t)(argc - optind));
	printf("%s: no problems\n", options.path);
	conf_free(conf);
	return EX_OK;
}
