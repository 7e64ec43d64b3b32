/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/conf_pgsql.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_domains.h"
#include "conf/conf_pgsql_admin.h"
#include "conf/conf_pgsql_host.h"
#include "conf/conf_sql.h"
#include "conf/option.h"
#include "conf/uri.h"
#include "conf/value.h"
#include "conf/words.h"
#include "forceenc/buf.h"
#include "forceenc/mem.h"
#include "forceenc/secret_file.h"
#include "forceenc/text.h"

/* What PostgreSQL doesn't cut off. */
#define CONF_PGSQL_CHANNEL_MAX 63

static const struct conf_sql conf_pgsql_sql = {
    .type = "pgsql", .options = option_pgsql, .functions = true, .mark = '$'};

/* Which certificate is believed is told where one has to be, and where the
 * file says it: libpq checks it wherever it's told. */
static bool
conf_pgsql_wants_root(const struct conf_pgsql_host *host, bool is_set)
{
	const char *sslmode = conf_pgsql_host_find(host, "sslmode");

	return is_set || strncmp(sslmode, "verify-", strlen("verify-")) == 0;
}

static const char *
conf_pgsql_word(const char *name, unsigned i)
{
	return option_find(option_pgsql, name)->words[i];
}

/* What the file as a whole says, for the host that doesn't say it itself. */
static void
conf_pgsql_complete_host(const struct conf_pgsql *pgsql,
    struct conf_pgsql_host *host, bool root_is_set)
{
	const char *sslmode = conf_pgsql_word("sslmode", pgsql->sslmode);
	const char *session = conf_pgsql_word(
	    "target_session_attrs", pgsql->target_session_attrs);

	/* The first word is any of them. */
	if (pgsql->target_session_attrs == 0 && *pgsql->listen_channel != '\0')
		session = "primary";
	/* The first word is no mode of libpq's. */
	if (pgsql->sslmode == 0)
		sslmode =
		    conf_pgsql_host_is_local(host) ? "prefer" : "verify-full";
	conf_pgsql_host_default(host, "user", pgsql->user);
	if (pgsql->password.len > 0)
		conf_pgsql_host_default(
		    host, "password", pgsql->password.bytes);
	conf_pgsql_host_default(host, "dbname", pgsql->dbname);
	conf_pgsql_host_default(host, "client_encoding", pgsql->encoding);
	conf_pgsql_host_default(host, "sslmode", sslmode);
	if (conf_pgsql_wants_root(host, root_is_set))
		conf_pgsql_host_default(
		    host, "sslrootcert", pgsql->sslrootcert);
	conf_pgsql_host_default(host, "sslcert", pgsql->sslcert);
	conf_pgsql_host_default(host, "sslkey", pgsql->sslkey);
	conf_pgsql_host_default(host, "target_session_attrs", session);
	conf_pgsql_host_default(host, "gssencmode", "disable");
	conf_pgsql_host_default(host, "fallback_application_name", "forceenc");
}

/* Only a primary tells of changes, and it tells of them before its standbys
 * know: an answer of theirs that was asked for then would be believed. */
static bool
conf_pgsql_may_listen(const struct conf_pgsql_host *host)
{
	const char *session =
	    conf_pgsql_host_find(host, "target_session_attrs");

	return strcmp(session, "primary") == 0 ||
	    strcmp(session, "read-write") == 0;
}

static void
conf_pgsql_check_host(const struct conf_pgsql *pgsql,
    const struct conf_pgsql_host *host, const struct value *value,
    struct problems *problems)
{
	if (conf_pgsql_host_find(host, "dbname") == NULL)
		value_wrong(value, problems,
		    "%s: the database has no name; set dbname", host->name);
	if (*pgsql->listen_channel != '\0' && !conf_pgsql_may_listen(host))
		value_wrong(value, problems,
		    "%s: listen_channel is set, and only a primary tells of "
		    "changes; write target_session_attrs = primary",
		    host->name);
}

static void
conf_pgsql_add_host(struct conf_pgsql *out, const struct value *value,
    const char *word, struct problems *problems)
{
	struct conf_pgsql_host *host;
	struct buf shown = {0};
	struct err err;

	out->host = mem_resize(out->host, out->nhosts + 1, sizeof(*out->host));
	host = &out->host[out->nhosts++];
	if (conf_pgsql_host_parse(host, word, &err) == 0) {
		conf_pgsql_complete_host(
		    out, host, file_find(value->file, "sslrootcert") != NULL);
		conf_pgsql_check_host(out, host, value, problems);
		return;
	}
	if (strchr(word, '@') != NULL && strstr(word, "://") == NULL)
		buf_add_text(&shown, "(hidden)");
	else
		uri_add_hidden(&shown, word);
	value_wrong(value, problems, "\"%s\": %s",
	    text_show_str(buf_text(&shown)), err.text);
	buf_fini(&shown);
}

static void
conf_pgsql_read_hosts(
    struct conf_pgsql *out, const struct file *file, struct problems *problems)
{
	struct value value;
	const char *at;
	char *word;

	if (!value_get(&value, file, "hosts",
		option_find(option_pgsql, "hosts"), problems))
		return;
	at = value.text;
	while ((word = words_next(&at)) != NULL) {
		if (out->nhosts < CONF_PGSQL_HOSTS_MAX)
			conf_pgsql_add_host(out, &value, word, problems);
		else
			value_wrong(&value, problems,
			    "too many hosts; there may be %d",
			    CONF_PGSQL_HOSTS_MAX);
		free(word);
	}
	if (out->nhosts == 0)
		value_wrong(&value, problems,
		    "no host in the list; name at least one, as in "
		    "unix:/run/postgresql");
}

static void
conf_pgsql_read_password(
    struct conf_pgsql *out, const struct file *file, struct problems *problems)
{
	const struct file_entry *entry = file_find(file, "password_file");
	struct value value;
	char *path;
	struct err err;

	if (entry == NULL || *entry->value == '\0')
		return;
	value_get(&value, file, "password_file",
	    option_find(option_pgsql, "password_file"), problems);
	if (out->password.len > 0) {
		value_wrong(&value, problems,
		    "password is set as well; remove one of them");
		return;
	}
	path = file_beside(file, value.text);
	if (secret_file_read(&out->password, path, &err) == -1)
		value_wrong(
		    &value, problems, "%s: %s", text_show_str(path), err.text);
	free(path);
}

/* A path that stands in the file; empty stays empty. */
static char *
conf_pgsql_path(
    const struct file *file, const char *name, struct problems *problems)
{
	struct value value;

	if (!value_get(
		&value, file, name, option_find(option_pgsql, name), problems))
		return mem_strdup("");
	return *value.text != '\0' ? file_beside(file, value.text)
				   : mem_strdup("");
}

void
conf_pgsql_read_servers(
    struct conf_pgsql *out, const struct file *file, struct problems *problems)
{
	conf_pgsql_read_password(out, file, problems);
	out->sslrootcert = conf_pgsql_path(file, "sslrootcert", problems);
	out->sslcert = conf_pgsql_path(file, "sslcert", problems);
	out->sslkey = conf_pgsql_path(file, "sslkey", problems);
	conf_pgsql_read_hosts(out, file, problems);
}

void
conf_pgsql_read(
    struct conf_pgsql *out, const struct file *file, struct problems *problems)
{
	struct value value;

	conf_sql_read(&conf_pgsql_sql, out, file, problems);
	conf_sql_check_templates(
	    &conf_pgsql_sql, out->query, out->result_format, file, problems);
	conf_domains_read(&out->domains, &out->ndomains, file,
	    option_find(option_pgsql, "domain"), problems);
	conf_pgsql_read_servers(out, file, problems);
	conf_pgsql_admin_read(out, file, problems);
	if (strlen(out->listen_channel) > CONF_PGSQL_CHANNEL_MAX &&
	    value_get(&value, file, "listen_channel",
		option_find(option_pgsql, "listen_channel"), problems))
		value_wrong(&value, problems,
		    "longer than the name of a channel may be (%d bytes)",
		    CONF_PGSQL_CHANNEL_MAX);
}

void
conf_pgsql_fini(struct conf_pgsql *pgsql)
{
	size_t i;

	for (i = 0; i < pgsql->nhosts; i++)
		conf_pgsql_host_fini(&pgsql->host[i]);
	free(pgsql->host);
	conf_domains_free(pgsql->domains, pgsql->ndomains);
	free(pgsql->sslrootcert);
	free(pgsql->sslcert);
	free(pgsql->sslkey);
	conf_pgsql_admin_fini(pgsql);
	option_fini(option_pgsql, pgsql);
	*pgsql = (struct conf_pgsql){0};
}

bool
conf_pgsql_same_hosts(const struct conf_pgsql *a, const struct conf_pgsql *b)
{
	size_t i;

	if (a->nhosts != b->nhosts)
		return false;
	for (i = 0; i < a->nhosts; i++)
		if (!conf_pgsql_host_equal(&a->host[i], &b->host[i]))
			return false;
	return true;
}

bool
conf_pgsql_equal(const struct conf_pgsql *a, const struct conf_pgsql *b)
{
	const struct option *option;

	for (option = option_pgsql; option->name != NULL; option++)
		if (option->size > 0 && !option_same(option, a, b))
			return false;
	return conf_pgsql_same_hosts(a, b) &&
	    conf_domains_equal(
		a->domains, a->ndomains, b->domains, b->ndomains);
}
