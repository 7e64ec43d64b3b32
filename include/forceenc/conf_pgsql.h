/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_PGSQL_H
#define FORCEENC_CONF_PGSQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc/secret.h"

/* What stands for the answer in an update_query. */
#define CONF_PGSQL_ANSWER 'v'

#define CONF_PGSQL_HOSTS_MAX  16
#define CONF_PGSQL_PARAMS_MAX 48 /* of one host */

/* A parameter of a connection, by the name that libpq has for it. */
struct conf_pgsql_param {
	char *name;
	char *value;
};

/* A server, and everything that a connection to it is told. */
struct conf_pgsql_host {
	char *name; /* for messages: "db1.example.com:5432" */
	char *host; /* a name, an address, or the folder of a unix socket */
	char *port;
	struct conf_pgsql_param *param; /* host and port among them */
	size_t nparams;
};

/* The parameters of pgsql_table(5) and ours. */
struct conf_pgsql {
	struct conf_pgsql_host *host;
	size_t nhosts;
	char *query; /* with %-expansions */
	char *result_format;
	char **domains; /* lower case; ndomains 0: every key is eligible */
	size_t ndomains;
	unsigned expansion_limit;    /* 0: none */
	uint64_t connect_time_limit; /* ms; of one host */
	uint64_t query_time_limit;
	uint64_t idle_interval;  /* 0: connections stay */
	uint64_t retry_interval; /* the longest */
	bool prepared_statements;
	char *listen_channel; /* "": none */

	/* Of forceencctl; the daemon never changes anything. */
	char *update_query; /* these are "" if there is none */
	char *delete_query;
	char *list_query;
	char *admin_user;          /* "": user */
	char *admin_password_file; /* absolute, or "" */

	/* What the hosts' parameters were made of. */
	char *user;
	struct secret password; /* or what password_file holds */
	char *dbname;
	char *encoding;
	unsigned sslmode;
	char *sslrootcert;
	char *sslcert;
	char *sslkey;
	unsigned target_session_attrs;
};

#endif
