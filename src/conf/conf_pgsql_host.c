/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/conf_pgsql_host.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "conf/uri.h"
#include "conf/words.h"
#include "forceenc/buf.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"

#define CONF_PGSQL_HOST_PORT "5432"

/* What a URI may tell: libpq's parameters but for those that would make it do
 * what is done here (find a host in time, wait), or read other files than this
 * configuration. */
static const char *const conf_pgsql_host_params[] = {
    "application_name",
    "channel_binding",
    "client_encoding",
    "dbname",
    "gssencmode",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "options",
    "passfile",
    "password",
    "port",
    "requirepeer",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcert",
    "sslcrl",
    "sslcrldir",
    "sslkey",
    "sslmode",
    "sslpassword",
    "sslrootcert",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
    NULL,
};

const char *
conf_pgsql_host_find(const struct conf_pgsql_host *host, const char *name)
{
	size_t i;

	for (i = 0; i < host->nparams; i++)
		if (strcmp(host->param[i].name, name) == 0)
			return host->param[i].value;
	return NULL;
}

void
conf_pgsql_host_default(
    struct conf_pgsql_host *host, const char *name, const char *value)
{
	if (*value == '\0' || conf_pgsql_host_find(host, name) != NULL)
		return;
	/* There are fewer names than that. */
	MUST(host->nparams < CONF_PGSQL_PARAMS_MAX);
	host->param =
	    mem_resize(host->param, host->nparams + 1, sizeof(*host->param));
	host->param[host->nparams++] =
	    (struct conf_pgsql_param){mem_strdup(name), mem_strdup(value)};
}

/* "/run/postgresql", or the socket in it, whose name has the port. */
static int
conf_pgsql_host_parse_path(
    struct conf_pgsql_host *host, const char *path, struct err *err)
{
	static const char socket[] = "/.s.PGSQL.";
	const char *tail = strstr(path, socket);
	int64_t port;

	if (tail != NULL &&
	    text_parse_int(tail + strlen(socket), 1, 65535, &port) == 0) {
		host->host = mem_dup(path, (size_t)(tail - path));
		host->port = mem_strdup(tail + strlen(socket));
	} else {
		host->host = mem_strdup(path);
	}
	if (*host->host == '\0')
		return err_set(
		    err, "no folder; write unix:/run/postgresql, for example");
	return 0;
}

/* "host", "host:port", "[address]:port". */
static int
conf_pgsql_host_parse_inet(
    struct conf_pgsql_host *host, const char *text, struct err *err)
{
	const char *port = strrchr(text, ':'), *end;
	struct in6_addr addr;

	if (inet_pton(AF_INET6, text, &addr) == 1)
		return err_set(err,
		    "an IPv6 address stands in brackets; write [%s]", text);
	end = port != NULL ? port : text + strlen(text);
	if (*text == '[') {
		end = strchr(text, ']');
		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return err_set(err,
			    "no address; write [::1]:5432, "
			    "for example");
		port = end[1] == ':' ? end + 1 : NULL;
		text++;
	}
	/* Half of a URI, whose password has a comma in it. */
	if (strchr(text, '@') != NULL)
		return err_set(err,
		    "no host; an @ stands in a connection "
		    "URI, and a comma there is %%2C");
	if (end == text)
		return err_set(err,
		    "no host; write inet:db.example.com:5432, "
		    "for example");
	host->host = mem_dup(text, (size_t)(end - text));
	if (port != NULL)
		host->port = mem_strdup(port + 1);
	return 0;
}

static bool
conf_pgsql_host_knows(const char *name)
{
	size_t i;

	for (i = 0; conf_pgsql_host_params[i] != NULL; i++)
		if (strcmp(name, conf_pgsql_host_params[i]) == 0)
			return true;
	return false;
}

static int
conf_pgsql_host_unknown(const char *name, struct err *err)
{
	struct words_closest closest = {0};
	size_t i;

	if (strcmp(name, "connect_timeout") == 0)
		return err_set(err,
		    "connect_timeout isn't possible here; set "
		    "connect_time_limit in this file");
	for (i = 0; conf_pgsql_host_params[i] != NULL; i++)
		words_closer(&closest, name, conf_pgsql_host_params[i]);
	if (closest.word != NULL)
		return err_set(err,
		    "it has a parameter that isn't known; did you mean %s?",
		    closest.word);
	return err_set(err, "it has a parameter that can't be given here");
}

static char *
conf_pgsql_host_take(char **from)
{
	char *text = *from;

	*from = NULL;
	return text;
}

static int
conf_pgsql_host_take_uri(
    struct conf_pgsql_host *host, struct uri *uri, struct err *err)
{
	struct uri_param *param;
	size_t i;

	host->host = conf_pgsql_host_take(&uri->host);
	host->port = conf_pgsql_host_take(&uri->port);
	if (uri->user != NULL)
		conf_pgsql_host_default(host, "user", uri->user);
	if (uri->password != NULL)
		conf_pgsql_host_default(host, "password", uri->password);
	if (uri->path != NULL)
		conf_pgsql_host_default(host, "dbname", uri->path);
	for (i = 0; i < uri->nparams; i++) {
		param = &uri->param[i];
		if (!conf_pgsql_host_knows(param->name))
			return conf_pgsql_host_unknown(param->name, err);
		if (strcmp(param->name, "host") == 0 && host->host == NULL)
			host->host = conf_pgsql_host_take(&param->value);
		else if (strcmp(param->name, "port") == 0 && host->port == NULL)
			host->port = conf_pgsql_host_take(&param->value);
		else if (conf_pgsql_host_find(host, param->name) != NULL ||
		    strcmp(param->name, "host") == 0 ||
		    strcmp(param->name, "port") == 0)
			return err_set(err, "%s is given twice", param->name);
		else
			conf_pgsql_host_default(
			    host, param->name, param->value);
	}
	return 0;
}

static int
conf_pgsql_host_parse_uri(
    struct conf_pgsql_host *host, const char *word, struct err *err)
{
	struct uri uri;
	const char *why;
	int rc;

	if (uri_parse(&uri, word, &why) == -1)
		rc = err_set(err, "no connection URI: %s", why);
	else
		rc = conf_pgsql_host_take_uri(host, &uri, err);
	uri_fini(&uri);
	if (rc == 0 && host->host == NULL)
		rc = err_set(err,
		    "no host in it; write "
		    "postgresql://db.example.com/mail, for "
		    "example");
	return rc;
}

/* The name under which messages speak of it. */
static char *
conf_pgsql_host_name(const struct conf_pgsql_host *host)
{
	bool brackets = strchr(host->host, ':') != NULL && *host->host != '/';
	struct buf name = {0};
	char shown[256];

	text_printable(shown, sizeof(shown), host->host, strlen(host->host));
	buf_printf(
	    &name, "%s%s%s", brackets ? "[" : "", shown, brackets ? "]" : "");
	if (*host->host != '/' || strcmp(host->port, CONF_PGSQL_HOST_PORT) != 0)
		buf_printf(&name, ":%s", host->port);
	return buf_steal(&name);
}

static const char *
conf_pgsql_host_skip(const char *word, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(word, prefix, len) == 0 ? word + len : NULL;
}

static int
conf_pgsql_host_parse_word(
    struct conf_pgsql_host *host, const char *word, struct err *err)
{
	const char *rest;

	if (strncmp(word, "postgresql:", strlen("postgresql:")) == 0 ||
	    strncmp(word, "postgres:", strlen("postgres:")) == 0)
		return conf_pgsql_host_parse_uri(host, word, err);
	if (strstr(word, "://") != NULL)
		return err_set(err,
		    "a connection URI begins with "
		    "postgresql://");
	/* Postfix takes either prefix for either form. */
	if ((rest = conf_pgsql_host_skip(word, "unix:")) == NULL &&
	    (rest = conf_pgsql_host_skip(word, "inet:")) == NULL)
		rest = word;
	if (*rest == '/')
		return conf_pgsql_host_parse_path(host, rest, err);
	return conf_pgsql_host_parse_inet(host, rest, err);
}

int
conf_pgsql_host_parse(
    struct conf_pgsql_host *host, const char *word, struct err *err)
{
	int64_t port;

	*host = (struct conf_pgsql_host){0};
	if (conf_pgsql_host_parse_word(host, word, err) == -1)
		return -1;
	if (host->port == NULL)
		host->port = mem_strdup(CONF_PGSQL_HOST_PORT);
	/* It may be half of a password with an odd character. */
	if (text_parse_int(host->port, 1, 65535, &port) == -1)
		return err_set(err,
		    "the port must be a number from 1 to "
		    "65535");
	/* libpq would take it for several. */
	if (strchr(host->host, ',') != NULL)
		return err_set(err, "several hosts are words of their own");
	conf_pgsql_host_default(host, "host", host->host);
	conf_pgsql_host_default(host, "port", host->port);
	host->name = conf_pgsql_host_name(host);
	return 0;
}

void
conf_pgsql_host_fini(struct conf_pgsql_host *host)
{
	size_t i;

	for (i = 0; i < host->nparams; i++) {
		free(host->param[i].name);
		/* It may be a password. */
		explicit_bzero(
		    host->param[i].value, strlen(host->param[i].value));
		free(host->param[i].value);
	}
	free(host->param);
	free(host->name);
	free(host->host);
	free(host->port);
	*host = (struct conf_pgsql_host){0};
}

bool
conf_pgsql_host_equal(
    const struct conf_pgsql_host *a, const struct conf_pgsql_host *b)
{
	size_t i;

	if (a->nparams != b->nparams)
		return false;
	for (i = 0; i < a->nparams; i++)
		if (strcmp(a->param[i].name, b->param[i].name) != 0 ||
		    strcmp(a->param[i].value, b->param[i].value) != 0)
			return false;
	return true;
}

bool
conf_pgsql_host_is_local(const struct conf_pgsql_host *host)
{
	struct in_addr addr;

	if (inet_pton(AF_INET, host->host, &addr) == 1)
		return ntohl(addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return *host->host == '/' || strcmp(host->host, "localhost") == 0 ||
	    strcmp(host->host, "::1") == 0;
}
