/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "forceenc/err.h"
#include "forceenc/must.h"
#include "forceenc/text.h"
#include "load.h"

#define LOAD_MAIN_CLIENTS_MAX 100000

static const char load_main_usage[] =
    "usage: load --server ENDPOINT [OPTION...]\n"
    "  --map NAME          the socketmap's name (forceenc)\n"
    "  --connections N     that ask at the same time (1)\n"
    "  --seconds S         how long (1)\n"
    "  --warmup S          how long before that without counting (0)\n"
    "  --requests N        how many, instead of how long\n"
    "  --keys KIND         uniform, zipf or sequence (uniform)\n"
    "  --skew S            of zipf (0.99)\n"
    "  --senders N         how many there are (1000000)\n"
    "  --forced PERCENT    of them (50)\n"
    "  --seed N            for another choice of keys (1)\n"
    "  --echo              expect \"OK forceenc:\" for everyone\n"
    "  --all-at-once       connect all at once, ask once each\n"
    "  --reconnect         as Postfix does: when hung up on before an\n"
    "                      answer, ask once more\n";

enum load_main_option {
	LOAD_MAIN_SERVER,
	LOAD_MAIN_MAP,
	LOAD_MAIN_CONNECTIONS,
	LOAD_MAIN_SECONDS,
	LOAD_MAIN_WARMUP,
	LOAD_MAIN_REQUESTS,
	LOAD_MAIN_KEYS,
	LOAD_MAIN_SKEW,
	LOAD_MAIN_SENDERS,
	LOAD_MAIN_FORCED,
	LOAD_MAIN_SEED,
	LOAD_MAIN_ECHO,
	LOAD_MAIN_ALL_AT_ONCE,
	LOAD_MAIN_RECONNECT,
};

static const struct option load_main_options[] = {
    {"server", required_argument, NULL, LOAD_MAIN_SERVER},
    {"map", required_argument, NULL, LOAD_MAIN_MAP},
    {"connections", required_argument, NULL, LOAD_MAIN_CONNECTIONS},
    {"seconds", required_argument, NULL, LOAD_MAIN_SECONDS},
    {"warmup", required_argument, NULL, LOAD_MAIN_WARMUP},
    {"requests", required_argument, NULL, LOAD_MAIN_REQUESTS},
    {"keys", required_argument, NULL, LOAD_MAIN_KEYS},
    {"skew", required_argument, NULL, LOAD_MAIN_SKEW},
    {"senders", required_argument, NULL, LOAD_MAIN_SENDERS},
    {"forced", required_argument, NULL, LOAD_MAIN_FORCED},
    {"seed", required_argument, NULL, LOAD_MAIN_SEED},
    {"echo", no_argument, NULL, LOAD_MAIN_ECHO},
    {"all-at-once", no_argument, NULL, LOAD_MAIN_ALL_AT_ONCE},
    {"reconnect", no_argument, NULL, LOAD_MAIN_RECONNECT},
    {NULL, 0, NULL, 0},
};

static void __attribute__((noreturn))
load_main_refuse(const char *what, const char *value)
{
	fprintf(stderr, "load: %s: %s\n%s", what, value, load_main_usage);
	exit(EX_USAGE);
}

static int64_t
load_main_int(const char *text, int64_t min, int64_t max)
{
	int64_t n;

	if (text_parse_int(text, min, max, &n) == -1)
		load_main_refuse("not a number that will do", text);
	return n;
}

static double
load_main_real(const char *text)
{
	char *end;
	double x;

	errno = 0;
	x = strtod(text, &end);
	if (errno != 0 || end == text || *end != '\0' || !(x >= 0 && x < 1e6))
		load_main_refuse("not a number that will do", text);
	return x;
}

static enum keys_kind
load_main_kind(const char *text)
{
	if (strcmp(text, "uniform") == 0)
		return KEYS_UNIFORM;
	if (strcmp(text, "zipf") == 0)
		return KEYS_ZIPF;
	if (strcmp(text, "sequence") == 0)
		return KEYS_SEQUENCE;
	load_main_refuse("no such kind of keys", text);
}

static void
load_main_set(struct load *load, const char **map, int option, const char *text)
{
	struct err err;

	switch (option) {
	case LOAD_MAIN_SERVER:
		if (endpoint_parse(&load->server, text, &err) == -1)
			load_main_refuse("--server", err.text);
		break;
	case LOAD_MAIN_MAP:
		if (strlen(text) > KEYS_MAP_MAX)
			load_main_refuse("the name is too long", text);
		*map = text;
		break;
	case LOAD_MAIN_CONNECTIONS:
		load->nclients =
		    (unsigned)load_main_int(text, 1, LOAD_MAIN_CLIENTS_MAX);
		break;
	case LOAD_MAIN_SECONDS:
		load->seconds = load_main_real(text);
		break;
	case LOAD_MAIN_WARMUP:
		load->warmup = load_main_real(text);
		break;
	case LOAD_MAIN_REQUESTS:
		load->requests = (uint64_t)load_main_int(text, 1, INT64_MAX);
		break;
	case LOAD_MAIN_KEYS:
		load->keys.kind = load_main_kind(text);
		break;
	case LOAD_MAIN_SKEW:
		load->keys.skew = load_main_real(text);
		break;
	case LOAD_MAIN_SENDERS:
		load->keys.senders =
		    (uint32_t)load_main_int(text, 1, KEYS_SENDERS_MAX);
		break;
	case LOAD_MAIN_FORCED:
		load->keys.forced = (unsigned)load_main_int(text, 0, 100);
		break;
	case LOAD_MAIN_SEED:
		load->keys.seed = (uint64_t)load_main_int(text, 0, INT64_MAX);
		break;
	case LOAD_MAIN_ECHO:
		load->echo = true;
		break;
	case LOAD_MAIN_ALL_AT_ONCE:
		load->all_at_once = true;
		break;
	case LOAD_MAIN_RECONNECT:
		load->reconnect = true;
		break;
	default:
		fputs(load_main_usage, stderr);
		exit(EX_USAGE);
	}
}

static void
load_main_parse(struct load *load, const char **map, int argc, char **argv)
{
	int option;

	for (;;) {
		option = getopt_long(argc, argv, "", load_main_options, NULL);
		if (option == -1)
			break;
		load_main_set(load, map, option, optarg);
	}
	if (optind < argc)
		load_main_refuse("not an option", argv[optind]);
	if (load->server.addrlen == 0)
		load_main_refuse("--server", "missing");
	if (load->keys.skew <= 0)
		load_main_refuse("--skew", "must be above 0");
	if (load->all_at_once)
		load->requests = load->nclients;
	if (load->requests == UINT64_MAX) {
		if (load->seconds <= 0)
			load_main_refuse("--seconds", "must be above 0");
		return;
	}
	load->seconds = 0;
	load->warmup = 0;
}

static double
load_main_us(const struct load *load, double quantile)
{
	return (double)histogram_quantile(&load->latency, quantile) / 1000;
}

static double
load_main_cpu(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	    (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void
load_main_print(const struct load *load, double cpu)
{
	double wall = (double)(load->last - load->began) / 1e9;
	double counted = load->seconds > 0 ? load->seconds : wall;
	json_t *out = json_pack("{sI sI sI sI sI sI sI ss}", "asked",
	    (json_int_t)load->asked, "answered", (json_int_t)load->answered,
	    "found", (json_int_t)load->found, "wrong", (json_int_t)load->wrong,
	    "refused", (json_int_t)load->refused, "resent",
	    (json_int_t)load->resent, "lost", (json_int_t)load->lost,
	    "first_wrong", load->first_wrong);
	json_t *times = json_pack("{sI sf sf sf sf sf sf sf sf}", "counted",
	    (json_int_t)load->latency.n, "per_second",
	    counted > 0 ? (double)load->latency.n / counted : 0.0, "p50_us",
	    load_main_us(load, 0.5), "p99_us", load_main_us(load, 0.99),
	    "p999_us", load_main_us(load, 0.999), "max_us",
	    load_main_us(load, 1), "wall_s", wall, "cpu_s", cpu, "warmup_s",
	    load->warmup);

	MUST(out != NULL && times != NULL);
	json_object_update_new(out, times);
	json_dumpf(out, stdout, JSON_REAL_PRECISION(9));
	putchar('\n');
	json_decref(out);
}

int
main(int argc, char **argv)
{
	static struct load load; /* too large for a stack */
	const char *map = "forceenc";
	double cpu;

	load.nclients = 1;
	load.seconds = 1;
	load.requests = UINT64_MAX;
	load.keys = (struct keys){.kind = KEYS_UNIFORM,
	    .senders = 1000000,
	    .forced = 50,
	    .skew = 0.99,
	    .seed = 1};
	load_main_parse(&load, &map, argc, argv);
	keys_init(&load.keys, map);
	cpu = load_main_cpu();
	load_run(&load);
	load_main_print(&load, load_main_cpu() - cpu);
	keys_fini(&load.keys);
	return load.wrong > 0 || load.lost > 0 ? 1 : 0;
}
