/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_CMD_H
#define FORCEENC_FORCEENCCTL_CMD_H

#include <stdbool.h>

#include "forceenc/buf.h"
#include "forceencctl/print.h"

/* What was found, and what not; the rest is sysexits(3). */
#define CMD_FOUND    0
#define CMD_NOTFOUND 1

/* Options of one command or another, by bit. */
enum cmd_option {
	CMD_MAP = 1,
	CMD_SOCKET = 2,
	CMD_EXPLAIN = 4,
	CMD_DEFAULTS = 8,
	CMD_SINCE = 16,
	CMD_UNTIL = 32,
	CMD_BY = 64,
	CMD_LEVEL = 128,
	CMD_LIMIT = 256,
	CMD_FROM = 512,
	CMD_CONFIG_DIR = 1024,
	CMD_TRANSPORT = 2048,
	CMD_APPLY = 4096,
	CMD_TABLE = 8192,
	CMD_AS = 16384,
	CMD_PASSWORD_FILE = 32768,
	CMD_ON = 65536,
	CMD_DIAL = 131072,
	CMD_DAY = 262144,
	CMD_WEEK = 524288,
	CMD_MONTH = 1048576,
	CMD_MAIL = 2097152,
	CMD_HTML = 4194304,
};

/* One call of forceencctl, as its command line says. */
struct cmd_call {
	const char *conf_path;
	enum print_form form;
	const char *map;    /* NULL: not given */
	const char *socket; /* NULL: not given */
	bool explain;
	bool defaults;
	const char *since; /* these are NULL if they aren't given */
	const char *until;
	const char *by;
	const char *level;
	const char *limit;
	const char *from;
	const char *config_dir;
	const char *transport;
	bool apply;
	const char *table;
	const char *as;
	const char *password_file;
	bool on;
	bool dial;
	const char *day;
	bool week;
	bool month;
	const char *mail;
	bool html;
	char **word; /* the arguments behind the command's name */
	unsigned nwords;
	struct buf *out; /* for standard output */
};

/* A command; each has one in a file of its own. */
struct cmd {
	const char *name; /* one word or two */
	const char *args; /* as in the synopsis */
	const char *summary;
	const char *help; /* lines for people, each ending in a newline */
	unsigned options; /* bits of enum cmd_option */
	unsigned min;     /* arguments */
	unsigned max;
	/* Returns the exit status; has said why if it isn't 0. */
	int (*run)(const struct cmd_call *);
};

extern const struct cmd cmd_lookup;
extern const struct cmd cmd_set;
extern const struct cmd cmd_unset;
extern const struct cmd cmd_list;
extern const struct cmd cmd_status;
extern const struct cmd cmd_cache_stats;
extern const struct cmd cmd_cache_dump;
extern const struct cmd cmd_cache_drop;
extern const struct cmd cmd_cache_flush;
extern const struct cmd cmd_config_check;
extern const struct cmd cmd_config_show;
extern const struct cmd cmd_stats;
extern const struct cmd cmd_top;
extern const struct cmd cmd_failures;
extern const struct cmd cmd_whatif;
extern const struct cmd cmd_report;
extern const struct cmd cmd_watch_status;
extern const struct cmd cmd_audit;
extern const struct cmd cmd_setup;

#endif
