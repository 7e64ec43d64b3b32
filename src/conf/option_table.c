/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <limits.h>

#include "conf/option.h"
#include "forceenc/conf.h"

/* The field of a struct that an option goes to. */
#define INTO(type, field)                       \
	.offset = offsetof(struct type, field), \
	.size = sizeof(((struct type *)0)->field)

#define MS     1
#define SECOND (1000 * INT64_C(1))
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define WEEK   (7 * DAY)

/* In the order of enum log_level. */
static const char *const option_log_levels[] = {
    "error", "warn", "info", "debug", NULL};

/* clang-format off */
const struct option option_main[] = {
	{.name = "socketmap_listen", .type = OPTION_LIST,
	 .def = "inet:127.0.0.1:9999", .optional = true,
	 .help = "where socketmap questions are answered"},
	{.name = "tcp_table_listen", .type = OPTION_LIST,
	 .def = "", .optional = true,
	 .help = "where tcp_table questions are answered, as MAP=ENDPOINT"},
	{.name = "socket_mode", .type = OPTION_MODE,
	 .def = "0666", .max = 0777,
	 INTO(conf, socket_mode),
	 .help = "permissions of unix sockets that answer questions"},
	{.name = "socket_group", .type = OPTION_TEXT,
	 .def = "", .optional = true,
	 INTO(conf, socket_group),
	 .help = "group of unix sockets that answer questions"},
	{.name = "connection_limit", .type = OPTION_COUNT,
	 .def = "10000", .min = 1, .max = 1000000,
	 INTO(conf, connection_limit),
	 .help = "connections at the same time"},
	{.name = "question_limit", .type = OPTION_COUNT,
	 .def = "100", .min = 1, .max = 100000,
	 INTO(conf, question_limit),
	 .help = "unanswered questions of one connection"},
	{.name = "frame_time_limit", .type = OPTION_TIME,
	 .def = "10s", .min = 100 * MS, .max = HOUR, .unit = "s",
	 INTO(conf, frame_time_limit),
	 .help = "how long a question may take to arrive"},
	{.name = "idle_time_limit", .type = OPTION_TIME,
	 .def = "0", .max = WEEK, .unit = "s",
	 INTO(conf, idle_time_limit),
	 .help = "how long a connection may be silent; 0 for ever"},
	{.name = "maps", .type = OPTION_LIST, .def = "forceenc",
	 .help = "names of the maps that can be asked"},
	{.name = "recipient_delimiter", .type = OPTION_TEXT,
	 .def = "+", .optional = true, INTO(conf, recipient_delimiter),
	 .help = "characters that begin an address extension"},
	{.name = "fold_local_part", .type = OPTION_BOOL,
	 .def = "yes", INTO(conf, fold_local_part),
	 .help = "ignore the case of the part before the @"},
	{.name = "answer_deadline", .type = OPTION_TIME,
	 .def = "2s", .min = 10 * MS, .max = 30 * SECOND, .unit = "s",
	 INTO(conf, answer_deadline),
	 .help = "how long a question may wait for its answer"},
	{.name = "drain_time_limit", .type = OPTION_TIME,
	 .def = "5s", .max = 5 * MINUTE, .unit = "s",
	 INTO(conf, drain_time_limit),
	 .help = "how long a stopping daemon still answers"},
	{.name = "present_ttl", .type = OPTION_TIME,
	 .def = "5m", .max = 52 * WEEK, .unit = "s",
	 INTO(conf, present_ttl),
	 .help = "how long a found answer is believed"},
	{.name = "absent_ttl", .type = OPTION_TIME,
	 .def = "1m", .max = 52 * WEEK, .unit = "s",
	 INTO(conf, absent_ttl),
	 .help = "how long it is believed that there is no answer"},
	{.name = "watched_ttl", .type = OPTION_TIME,
	 .def = "1h", .max = 52 * WEEK, .unit = "s",
	 INTO(conf, watched_ttl),
	 .help = "how long either is believed while changes are noticed"},
	{.name = "stale_max", .type = OPTION_TIME,
	 .def = "1d", .max = 52 * WEEK, .unit = "s",
	 INTO(conf, stale_max),
	 .help = "how old an answer may be that is given while a table fails"},
	{.name = "watch_interval", .type = OPTION_TIME,
	 .def = "50ms", .min = 1 * MS, .max = HOUR, .unit = "ms",
	 INTO(conf, watch_interval),
	 .help = "how often a database is looked at for changes"},
	{.name = "cache_size", .type = OPTION_SIZE,
	 .def = "64M", .min = INT64_C(64) << 10, .max = INT64_C(32) << 30,
	 .restart = true, INTO(conf, cache_size),
	 .help = "memory for remembered answers"},
	{.name = "snapshot_file", .type = OPTION_TEXT,
	 .def = "", .optional = true, INTO(conf, snapshot_file),
	 .help = "where remembered answers survive a restart"},
	{.name = "snapshot_interval", .type = OPTION_TIME,
	 .def = "15m", .min = 1 * SECOND, .max = WEEK, .unit = "s",
	 INTO(conf, snapshot_interval),
	 .help = "how often they are written there"},
	{.name = "control_socket", .type = OPTION_TEXT,
	 .def = "/run/forceenc/control", .optional = true,
	 .help = "unix socket that forceencctl speaks to"},
	{.name = "control_socket_mode", .type = OPTION_MODE,
	 .def = "0660", .max = 0777,
	 INTO(conf, control_socket_mode),
	 .help = "permissions of the control socket"},
	{.name = "control_socket_group", .type = OPTION_TEXT,
	 .def = "", .optional = true,
	 INTO(conf, control_socket_group),
	 .help = "group of the control socket"},
	{.name = "store", .type = OPTION_TEXT,
	 .def = "sqlite:/var/lib/forceenc/stats.db", INTO(conf, store),
	 .help = "where statistics are kept"},
	{.name = "log_level", .type = OPTION_WORD,
	 .def = "info", .words = option_log_levels, INTO(conf, log_level),
	 .help = "the least important messages that are logged"},
	{.name = NULL},
};

const struct option option_map[] = {
	{.name = "_tables", .type = OPTION_LIST,
	 .help = "the map's tables as TYPE:FILE, in the order of asking"},
	{.name = "_answers", .type = OPTION_LIST, .def = "forceenc:",
	 .help = "the answers that may be given, the strictest first"},
	{.name = "_on_failure", .type = OPTION_TEXT, .def = "stale",
	 .help = "the answer while a table fails: stale, tempfail or one of "
		 "the map's answers"},
	{.name = NULL},
};

const struct option option_sqlite[] = {
	{.name = "dbpath", .type = OPTION_TEXT,
	 .help = "the database file"},
	{.name = "query", .type = OPTION_TEXT,
	 .def = "SELECT answer FROM policy WHERE address = '%s'",
	 INTO(conf_sqlite, query),
	 .help = "the query that finds the values of a key"},
	{.name = "result_format", .type = OPTION_TEXT, .def = "%s",
	 INTO(conf_sqlite, result_format),
	 .help = "what is made of each value"},
	{.name = "domain", .type = OPTION_LIST, .def = "", .optional = true,
	 .help = "the only domains whose addresses are looked up"},
	{.name = "expansion_limit", .type = OPTION_COUNT,
	 .def = "0", .max = INT_MAX, INTO(conf_sqlite, expansion_limit),
	 .help = "values that one key may have; 0 for any number"},
	{.name = "query_time_limit", .type = OPTION_TIME,
	 .def = "20ms", .min = 1 * MS, .max = SECOND, .unit = "ms",
	 INTO(conf_sqlite, query_time_limit),
	 .help = "how long a query may run"},
	{.name = NULL},
};
/* clang-format on */
