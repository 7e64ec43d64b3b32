/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/conf_listen.h"

#include <stdlib.h>
#include <string.h>

#include "conf/option.h"
#include "conf/value.h"
#include "conf/words.h"
#include "forceenc/buf.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

static bool
conf_listen_is_taken(const struct conf *conf, const struct endpoint *endpoint)
{
	size_t i;

	for (i = 0; i < conf->nlisten; i++)
		if (endpoint_same(&conf->listen[i].endpoint, endpoint))
			return true;
	return false;
}

/* Adds a listener; map is NULL for socketmap. */
static void
conf_listen_add(struct conf *conf, const char *map, const char *text,
    const struct value *value, struct problems *problems)
{
	struct conf_listen listen = {0};
	struct err err;

	if (endpoint_parse(&listen.endpoint, text, &err) == -1) {
		value_wrong(value, problems, "%s", err.text);
		return;
	}
	if (conf_listen_is_taken(conf, &listen.endpoint)) {
		value_wrong(value, problems,
		    "%s is named twice; give each listener an endpoint of its "
		    "own",
		    text_show_str(text));
		return;
	}
	listen.map = map != NULL ? mem_strdup(map) : NULL;
	conf->listen =
	    mem_resize(conf->listen, conf->nlisten + 1, sizeof(*conf->listen));
	conf->listen[conf->nlisten++] = listen;
}

/* MAP=ENDPOINT; word is changed. */
static void
conf_listen_add_tcp(struct conf *conf, char *word, const struct value *value,
    struct problems *problems)
{
	char *equals = strchr(word, '=');

	if (equals == NULL) {
		value_wrong(value, problems,
		    "\"%s\": no map; write MAP=ENDPOINT, as in "
		    "forceenc=inet:127.0.0.1:9998",
		    text_show_str(word));
		return;
	}
	*equals = '\0';
	if (conf_map_find(conf, word, strlen(word)) == NULL) {
		value_wrong(value, problems,
		    "\"%s\" is no map; add it to maps, or name one of those",
		    text_show_str(word));
		return;
	}
	conf_listen_add(conf, word, equals + 1, value, problems);
}

static void
conf_listen_read_list(struct conf *conf, const struct file *file,
    const char *name, bool tcp, struct problems *problems)
{
	struct value value;
	const char *at;
	char *word;

	if (!value_get(
		&value, file, name, option_find(option_main, name), problems))
		return;
	at = value.text;
	while ((word = words_next(&at)) != NULL) {
		if (tcp)
			conf_listen_add_tcp(conf, word, &value, problems);
		else
			conf_listen_add(conf, NULL, word, &value, problems);
		free(word);
	}
}

/* A path, or unix:PATH as endpoints are spelled elsewhere: file permissions
 * are all that guards it. */
static void
conf_listen_read_control(
    struct conf *conf, const struct file *file, struct problems *problems)
{
	struct buf text = {0};
	struct value value;
	struct err err;

	if (!value_get(&value, file, "control_socket",
		option_find(option_main, "control_socket"), problems) ||
	    *value.text == '\0')
		return;
	if (*value.text != '/' && strncmp(value.text, "unix:/", 6) != 0) {
		value_wrong(&value, problems,
		    "\"%s\" is no absolute path; write one, as in "
		    "/run/forceenc/control",
		    text_show_str(value.text));
		return;
	}
	buf_printf(
	    &text, "%s%s", *value.text == '/' ? "unix:" : "", value.text);
	if (endpoint_parse(&conf->control_socket, buf_text(&text), &err) == -1)
		value_wrong(&value, problems, "%s", err.text);
	else if (conf_listen_is_taken(conf, &conf->control_socket))
		value_wrong(&value, problems,
		    "questions are answered at this socket already; choose "
		    "another path");
	else
		conf->has_control_socket = true;
	buf_fini(&text);
}

static bool
conf_listen_is_used(const struct conf *conf, const struct endpoint *endpoint)
{
	return conf_listen_is_taken(conf, endpoint) ||
	    (conf->has_control_socket &&
		endpoint_same(&conf->control_socket, endpoint)) ||
	    (conf->has_http && endpoint_same(&conf->http_listen, endpoint));
}

/* Where a program shows its figures. True: *out is set. */
static bool
conf_listen_read_http(const struct conf *conf, const struct file *file,
    const char *name, struct endpoint *out, struct problems *problems)
{
	struct value value;
	struct err err;

	if (!value_get(
		&value, file, name, option_find(option_main, name), problems) ||
	    *value.text == '\0')
		return false;
	if (endpoint_parse(out, value.text, &err) == -1)
		value_wrong(&value, problems, "%s", err.text);
	else if (conf_listen_is_used(conf, out))
		value_wrong(&value, problems,
		    "%s is named twice; give figures an endpoint of their own",
		    text_show_str(value.text));
	else
		return true;
	return false;
}

void
conf_listen_read(
    struct conf *conf, const struct file *file, struct problems *problems)
{
	conf_listen_read_list(conf, file, "socketmap_listen", false, problems);
	conf_listen_read_list(conf, file, "tcp_table_listen", true, problems);
	conf_listen_read_control(conf, file, problems);
	conf->has_http = conf_listen_read_http(
	    conf, file, "http_listen", &conf->http_listen, problems);
	conf->has_watch_http = conf_listen_read_http(conf, file,
	    "watch_http_listen", &conf->watch_http_listen, problems);
}

void
conf_listen_free(struct conf *conf)
{
	size_t i;

	for (i = 0; i < conf->nlisten; i++)
		free(conf->listen[i].map);
	free(conf->listen);
}
