/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/unwise.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "forceenc/buf.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

#define UNWISE_SECOND UINT64_C(1000)
#define UNWISE_MINUTE (60 * UNWISE_SECOND)

struct unwise {
	const struct conf *conf;
	unwise_fn *fn;
	void *arg;
};

__attribute__((format(printf, 2, 3))) static void
unwise_warn(const struct unwise *unwise, const char *fmt, ...)
{
	struct buf line = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&line, fmt, ap);
	va_end(ap);
	unwise->fn(buf_text(&line), unwise->arg);
	buf_fini(&line);
}

static void
unwise_listeners(const struct unwise *unwise)
{
	const struct conf *conf = unwise->conf;
	size_t i;

	if (conf->nlisten == 0)
		unwise_warn(unwise,
		    "socketmap_listen and tcp_table_listen are empty: nobody "
		    "can ask");
	for (i = 0; i < conf->nlisten; i++)
		if (!endpoint_is_local(&conf->listen[i].endpoint))
			unwise_warn(unwise,
			    "%s: no loopback address: whoever reaches it may "
			    "ask who is forced, and between hosts nothing "
			    "protects the answers",
			    conf->listen[i].endpoint.text);
}

static void
unwise_figures(const struct unwise *unwise)
{
	const struct conf *conf = unwise->conf;
	const struct endpoint *at[] = {
	    conf->has_http ? &conf->http_listen : NULL,
	    conf->has_watch_http ? &conf->watch_http_listen : NULL};
	size_t i;

	for (i = 0; i < 2; i++)
		if (at[i] != NULL && !endpoint_is_local(at[i]))
			unwise_warn(unwise,
			    "%s: no loopback address: whoever reaches it may "
			    "read figures and the names of tables, and between "
			    "hosts nothing protects them",
			    at[i]->text);
}

static void
unwise_control(const struct unwise *unwise)
{
	const struct conf *conf = unwise->conf;

	if (!conf->has_control_socket)
		unwise_warn(unwise,
		    "control_socket is empty: forceencctl can neither show the "
		    "daemon's state nor explain an answer");
	else if ((conf->control_socket_mode & 0002) != 0)
		unwise_warn(unwise,
		    "control_socket_mode = %04o: every user may list whose "
		    "mail is forced and empty the cache; 0660 and a "
		    "control_socket_group are enough",
		    (unsigned)conf->control_socket_mode);
}

static void
unwise_times(const struct unwise *unwise)
{
	const struct conf *conf = unwise->conf;

	if (conf->idle_time_limit > 0)
		unwise_warn(unwise,
		    "idle_time_limit = %s: Postfix ends idle connections by "
		    "itself and doesn't always survive it when we do; 0 is "
		    "best",
		    text_time((int64_t)conf->idle_time_limit));
	if (conf->answer_deadline > 10 * UNWISE_SECOND)
		unwise_warn(unwise,
		    "answer_deadline = %s: no mail moves while Postfix's queue "
		    "manager waits for one answer; 10s are plenty",
		    text_time((int64_t)conf->answer_deadline));
	if (conf->absent_ttl > 10 * UNWISE_MINUTE)
		unwise_warn(unwise,
		    "absent_ttl = %s: a sender who is switched on may send in "
		    "plaintext for that long if changes of the table can't be "
		    "noticed",
		    text_time((int64_t)conf->absent_ttl));
	if (conf->watch_interval > UNWISE_SECOND)
		unwise_warn(unwise,
		    "watch_interval = %s: a sender who is switched on may send "
		    "in plaintext for that long; a look costs microseconds",
		    text_time((int64_t)conf->watch_interval));
}

static void
unwise_connections(const struct unwise *unwise)
{
	/* default_process_limit of postconf(5). */
	if (unwise->conf->connection_limit < 100)
		unwise_warn(unwise,
		    "connection_limit = %u: Postfix may have 100 processes of "
		    "each kind, and who is hung up on suffers",
		    unwise->conf->connection_limit);
}

static void
unwise_failure(const struct unwise *unwise)
{
	const struct conf *conf = unwise->conf;
	const struct conf_map *map;

	for (map = conf->map; map < conf->map + conf->nmaps; map++)
		if (map->on_failure == CONF_ON_FAILURE_STALE &&
		    conf->stale_max == 0)
			unwise_warn(unwise,
			    "%s_on_failure = stale, but stale_max is 0: this "
			    "is tempfail under another name",
			    map->name);
}

/* Who may replace the file may change it. The path has a "/", or the file is
 * where we are. */
static char *
unwise_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return mem_strdup(".");
	return mem_dup(path, slash > path ? (size_t)(slash - path) : 1);
}

static void
unwise_file(const struct unwise *unwise, const char *path, const char *what)
{
	char *folder = unwise_folder(path);
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & S_IWOTH) != 0)
		unwise_warn(unwise,
		    "%s: every user may change %s; chmod o-w ends that",
		    text_show_str(path), what);
	if (stat(folder, &st) == 0 && (st.st_mode & S_IWOTH) != 0 &&
	    (st.st_mode & S_ISVTX) == 0)
		unwise_warn(unwise,
		    "%s: every user may replace %s in this folder; chmod o-w "
		    "ends that",
		    text_show_str(folder), what);
	free(folder);
}

static void
unwise_database(const struct unwise *unwise, const struct conf_table *table)
{
	const char *path = table->sqlite.dbpath;
	struct stat st;
	int error = stat(path, &st) == -1 ? errno : 0;

	if (error != 0)
		unwise_warn(unwise,
		    "%s: %s: %s: until it's there every question is answered "
		    "with a temporary failure, and mail waits%s",
		    text_show_str(table->spec), text_show_str(path),
		    strerror(error),
		    table->sqlite.own_query && error == ENOENT
			? "; 'forceencctl set' makes it"
			: "");
	else if (!S_ISREG(st.st_mode))
		unwise_warn(unwise, "%s: %s: no plain file",
		    text_show_str(table->spec), text_show_str(path));
	if (table->sqlite.query_time_limit > 200)
		unwise_warn(unwise,
		    "%s: query_time_limit = %s: nothing else is answered while "
		    "a query runs; an index helps more than time",
		    text_show_str(table->spec),
		    text_time((int64_t)table->sqlite.query_time_limit));
	unwise_file(unwise, path, "the policy");
}

/* Who listens on the way may then change everybody's policy. */
static void
unwise_ldap_admin(const struct unwise *unwise, const struct conf_table *table)
{
	const struct conf_ldap *ldap = &table->ldap;
	bool own = ldap->nadmin_servers > 0;
	const struct conf_ldap_server *server =
	    own ? ldap->admin_server : ldap->server;
	size_t n = own ? ldap->nadmin_servers : ldap->nservers, i;

	if (ldap->admin_bind != CONF_LDAP_BIND_SIMPLE || ldap->start_tls)
		return;
	for (i = 0; i < n; i++)
		if (server[i].scheme == CONF_LDAP_PLAIN &&
		    strcmp(server[i].host, "localhost") != 0 &&
		    strncmp(server[i].host, "127.", strlen("127.")) != 0 &&
		    strcmp(server[i].host, "::1") != 0)
			unwise_warn(unwise,
			    "%s: %s: the administrator's password goes there "
			    "in plaintext; use ldaps:// or start_tls = yes",
			    text_show_str(table->spec), server[i].url);
}

static void
unwise_files(const struct unwise *unwise)
{
	const struct conf *conf = unwise->conf;
	const struct conf_map *map;
	size_t i;

	unwise_file(unwise, conf->path, "the configuration");
	for (map = conf->map; map < conf->map + conf->nmaps; map++) {
		for (i = 0; i < map->ntables; i++) {
			unwise_file(unwise, map->table[i].path,
			    "the configuration of a table");
			if (map->table[i].type == CONF_TABLE_SQLITE)
				unwise_database(unwise, &map->table[i]);
			if (map->table[i].type == CONF_TABLE_LDAP)
				unwise_ldap_admin(unwise, &map->table[i]);
		}
	}
}

static void (*const unwise_rules[])(const struct unwise *) = {
    unwise_listeners,
    unwise_figures,
    unwise_control,
    unwise_times,
    unwise_connections,
    unwise_failure,
    unwise_files,
};

void
unwise_find(const struct conf *conf, unwise_fn *fn, void *arg)
{
	const struct unwise unwise = {conf, fn, arg};
	size_t i;

	for (i = 0; i < sizeof(unwise_rules) / sizeof(*unwise_rules); i++)
		unwise_rules[i](&unwise);
}
