/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_H
#define FORCEENC_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "forceenc/answer.h"
#include "forceenc/conf_floor.h"
#include "forceenc/conf_pgsql.h"
#include "forceenc/endpoint.h"
#include "forceenc/log.h"
#include "forceenc/problems.h"
#include "forceenc/secret.h"

/*
 * The configuration as the programs use it: read once, checked as a whole,
 * never changed. forceenc.cf(5) describes every name; the one table of
 * options (option.h) is where they are defined.
 */

#define CONF_DEFAULT_PATH "/etc/forceenc/forceenc.cf"
#define CONF_FILE_MAX     (1024 * 1024)
#define CONF_MAPS_MAX     32
#define CONF_TABLES_MAX   16 /* of one map */

enum conf_on_failure {
	CONF_ON_FAILURE_STALE,    /* the last known fact while it is not older
				   * than stale_max, TEMP otherwise */
	CONF_ON_FAILURE_TEMPFAIL, /* TEMP */
	CONF_ON_FAILURE_ANSWER,   /* a permitted answer: enforce for everybody
				   * whom we can't ask about */
};

/* The parameters of sqlite_table(5) and ours. */
struct conf_sqlite {
	char *dbpath;   /* absolute, or relative to the .cf file's folder */
	char *query;    /* with %-expansions; default: our own schema's */
	bool own_query; /* the default query, i.e. our own schema */
	char *result_format;
	char **domains; /* lower case; ndomains 0: every key is eligible */
	size_t ndomains;
	unsigned expansion_limit;  /* 0: none */
	uint64_t query_time_limit; /* ms a query may keep the loop */
};

enum conf_ldap_scheme {
	CONF_LDAP_PLAIN, /* ldap:// */
	CONF_LDAP_TLS,   /* ldaps:// */
	CONF_LDAP_UNIX,  /* ldapi:// */
};

struct conf_ldap_server {
	char *url; /* in full: "ldap://ldap.example.com:389" */
	enum conf_ldap_scheme scheme;
	char *host; /* NULL for a unix socket */
	char *port;
	char *path; /* of a unix socket */
};

/* In the order of RFC 4511. */
enum conf_ldap_scope {
	CONF_LDAP_BASE,
	CONF_LDAP_ONE,
	CONF_LDAP_SUB,
};

enum conf_ldap_bind {
	CONF_LDAP_BIND_NONE,
	CONF_LDAP_BIND_SIMPLE,
	CONF_LDAP_BIND_EXTERNAL,
};

/* The parameters of ldap_table(5) and ours. */
struct conf_ldap {
	struct conf_ldap_server *server; /* nservers of them, the best first */
	size_t nservers;
	unsigned server_port;
	uint64_t timeout; /* of a search, or of connecting */
	char *search_base;
	unsigned scope; /* enum conf_ldap_scope */
	char *query_filter;
	char *result_format;
	char **domains; /* as in conf_sqlite */
	size_t ndomains;
	char **attribute; /* nattributes of them */
	size_t nattributes;
	unsigned expansion_limit; /* 0: none */
	unsigned size_limit;      /* 0: none */
	unsigned dereference; /* 0 never, 1 searching, 2 finding, 3 always */
	unsigned chase_referrals;
	unsigned version;
	unsigned debuglevel;

	unsigned bind; /* enum conf_ldap_bind */
	char *bind_dn;
	struct secret bind_pw; /* wherever it came from */
	char *sasl_mechs;
	char *sasl_authz_id;

	bool start_tls;
	char *tls_ca_cert_file; /* these are absolute, or "" */
	char *tls_ca_cert_dir;
	char *tls_cert;
	char *tls_key;
	bool tls_require_cert;
	char *tls_cipher_suite;

	unsigned connections;
	uint64_t idle_interval;
	uint64_t retry_interval;
	bool watch;

	/* Of forceencctl; the daemon never changes anything. */
	struct conf_ldap_server *admin_server; /* none: server */
	size_t nadmin_servers;
	unsigned admin_bind; /* enum conf_ldap_bind */
	char *admin_bind_dn;
	char *admin_bind_pw_file; /* absolute, or "" */
	char *update_filter;      /* "": query_filter */
	char *update_attribute;   /* "": those of attribute */
	char *update_class;       /* "": none */
};

enum conf_table_type {
	CONF_TABLE_SQLITE,
	CONF_TABLE_LDAP,
	CONF_TABLE_PGSQL,
};

struct conf_table {
	char *spec; /* "sqlite:/etc/forceenc/policy.cf": for messages */
	char *path; /* of the .cf file */
	char *text; /* what it sets, in one text that is another one when
		     * anything else is set: may hold secrets */
	enum conf_table_type type;
	struct conf_sqlite sqlite; /* or another one, by its type */
	struct conf_ldap ldap;
	struct conf_pgsql pgsql;
};

/* What a map is asked about. */
enum conf_map_kind {
	CONF_MAP_SENDERS, /* senders: which transport; it has tables */
	CONF_MAP_FLOOR,   /* destinations: which TLS policy */
	CONF_MAP_STATS,   /* senders: what was counted of them */
};

struct conf_map {
	char *name;
	enum conf_map_kind kind;
	struct conf_floor floor; /* of that kind */
	struct answers answers;
	enum conf_on_failure on_failure;
	uint8_t on_failure_answer;
	struct conf_table *table; /* ntables of them, asked in this order */
	size_t ntables;
};

/* Where a tcp_table listener finds its map. */
struct conf_listen {
	struct endpoint endpoint;
	char *map; /* NULL for socketmap */
};

struct conf {
	char *path;

	struct conf_listen *listen; /* socketmap_listen, tcp_table_listen */
	size_t nlisten;
	mode_t socket_mode;
	char *socket_group;
	unsigned connection_limit;
	unsigned question_limit; /* unanswered ones of one connection */
	uint64_t frame_time_limit;
	uint64_t idle_time_limit; /* 0: none */

	struct conf_map *map;
	size_t nmaps;
	char *recipient_delimiter;
	bool fold_local_part;

	uint64_t answer_deadline;
	uint64_t drain_time_limit;
	uint64_t present_ttl;
	uint64_t absent_ttl;
	uint64_t watched_ttl; /* while changes are noticed */
	uint64_t stale_max;
	uint64_t watch_interval; /* how old a look for changes may be */
	size_t cache_size;       /* bytes */
	char *snapshot_file;     /* "": none */
	uint64_t snapshot_interval;

	struct endpoint control_socket;
	bool has_control_socket;
	mode_t control_socket_mode;
	char *control_socket_group;

	struct endpoint http_listen; /* pages of forceencd's figures */
	bool has_http;
	struct endpoint watch_http_listen; /* of forceenc-watch's */
	bool has_watch_http;

	char *store; /* as store_open() takes it; its path is absolute */
	struct conf_pgsql store_pgsql; /* what the file of "pgsql:" says */
	char *store_host; /* the name to count under; "": this machine's */

	enum log_level log_level;

	/* forceenc-watch */
	char *log; /* "file:/path", "-" */
	char *syslog_names;
	char *local_relays;
	unsigned max_inflight;
	bool store_recipients;
	unsigned keep_hours;
	unsigned keep_days;
	unsigned failures_kept; /* of a sender */
};

/* Reads path and the tables it names. NULL with at least one problem if
 * anything is wrong; the caller frees either way (problems_fini). */
struct conf *conf_load(const char *path, struct problems *);
void conf_free(struct conf *);

/* NULL if there is none. */
const struct conf_map *conf_map_find(
    const struct conf *, const char *name, size_t len);

bool conf_table_equal(const struct conf_table *, const struct conf_table *);

/* The first map that is asked about senders; NULL if none is. */
const struct conf_map *conf_map_senders(const struct conf *);

/* "senders", "floor". */
const char *conf_map_kind_name(enum conf_map_kind);

/* Of the same kind and options, whatever their names. For maps without
 * tables. */
bool conf_map_equal(const struct conf_map *, const struct conf_map *);

/* Whether questions to the store would have the same answers. */
bool conf_store_equal(const struct conf *, const struct conf *);

/* Names of options that differ and that a running daemon can't take over,
 * separated by ", "; the caller frees it. NULL if there are none. */
char *conf_needs_restart(const struct conf *running, const struct conf *next);

/* One "name = value" a line, all of them or only those that the file sets;
 * secrets are shown as "(hidden)". The callback gets the file that sets a
 * value, NULL for a default. */
typedef void conf_each_fn(const char *name, const char *value, const char *file,
    unsigned line, const char *default_value, const char *help, void *arg);
/* Walks the options of forceenc.cf as path sets them, then those of its
 * tables with names such as "sqlite:/etc/forceenc/policy.cf query", and of
 * the store. */
int conf_each(const char *path, conf_each_fn *, void *arg, struct problems *);

#endif
