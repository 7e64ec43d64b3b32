/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "audit_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/must.h"
#include "forceencctl/postconf_parse.h"

/* The rest of the last line that begins so; NULL if none does. */
static const char *
audit_case_last(const struct audit_case *c, const char *word, const char *arg)
{
	size_t word_len = strlen(word), arg_len = strlen(arg), at;
	const char *line, *found = NULL;

	for (at = 0; at < c->lines.len; at += strlen(line) + 1) {
		line = c->lines.data + at;
		if (strncmp(line, word, word_len) != 0 || line[word_len] != ' ')
			continue;
		line += word_len + 1;
		if (strncmp(line, arg, arg_len) == 0 &&
		    (arg_len == 0 || line[arg_len] == ' ' ||
			line[arg_len] == '\0'))
			found = line + arg_len + (line[arg_len] == ' ');
		line = c->lines.data + at;
	}
	return found;
}

/* All "KEY|VALUE" of "table SPEC", as entries. */
static enum audit_seen
audit_case_entries(struct audit_case *c, const char *word, const char *spec,
    struct buf *out, struct err *err)
{
	enum audit_seen seen = AUDIT_ABSENT;
	struct buf front = {0};
	const char *line, *rest;
	size_t at;

	err_set(err, "unread");
	if (audit_case_last(c, "unread", spec) != NULL)
		return AUDIT_UNKNOWN;
	buf_printf(&front, "%s %s ", word, spec);
	for (at = 0; at < c->lines.len; at += strlen(line) + 1) {
		line = c->lines.data + at;
		if (strncmp(line, buf_text(&front), front.len) != 0)
			continue;
		rest = line + front.len;
		buf_printf(out, "%.*s\t%s\n", (int)strcspn(rest, "|"), rest,
		    strchr(rest, '|') + 1);
		seen = AUDIT_SEEN;
	}
	buf_fini(&front);
	return seen;
}

static enum audit_seen
audit_case_table(void *arg, const char *spec, struct buf *out, struct err *err)
{
	return audit_case_entries(arg, "table", spec, out, err);
}

static enum audit_seen
audit_case_query(void *arg, const char *spec, const char *keys, struct buf *out,
    struct err *err)
{
	(void)keys;
	return audit_case_entries(arg, "query", spec, out, err);
}

static enum audit_seen
audit_case_read(void *arg, const char *path, struct buf *out, struct err *err)
{
	const char *rest = audit_case_last(arg, "text", path);

	err_set(err, "unread");
	if (rest == NULL)
		return AUDIT_UNKNOWN;
	buf_printf(out, "%s\n", rest);
	return AUDIT_SEEN;
}

static enum audit_seen
audit_case_file(void *arg, const char *path, struct err *err)
{
	(void)err;
	return audit_case_last(arg, "absent", path) != NULL ? AUDIT_ABSENT
							    : AUDIT_SEEN;
}

static enum audit_seen
audit_case_certificate(
    void *arg, const char *path, int64_t *end, struct err *err)
{
	const char *rest = audit_case_last(arg, "cert", path);

	if (rest == NULL)
		return AUDIT_ABSENT;
	err_set(err, "unreadable");
	*end = AUDIT_CASE_NOW + atoll(rest);
	return *rest == '?' ? AUDIT_UNKNOWN : AUDIT_SEEN;
}

static enum audit_seen
audit_case_ciphers(
    void *arg, const char *list, struct buf *out, struct err *err)
{
	const char *rest = audit_case_last(arg, "ciphers", "");

	err_set(err, "no openssl");
	if (rest == NULL)
		return AUDIT_UNKNOWN;
	/* What is excluded isn't there. */
	if (strstr(list, "!eNULL") == NULL || strstr(rest, "None") == NULL)
		buf_add_text(out, rest);
	return AUDIT_SEEN;
}

static enum audit_said
audit_case_ask(
    void *arg, const char *spec, const char *address, struct buf *text)
{
	const char *rest = audit_case_last(arg, "ask", address);

	(void)spec;
	if (rest == NULL || strcmp(rest, "nothing") == 0)
		return AUDIT_SAID_NOTHING;
	buf_add_text(text, rest);
	return strcmp(rest, "trouble") == 0 ? AUDIT_SAID_TROUBLE
					    : AUDIT_SAID_ANSWER;
}

static enum postconf_output
audit_case_kind(const char **line)
{
	enum postconf_output kind = POSTCONF_SET;

	if (strncmp(*line, "D ", 2) == 0)
		kind = POSTCONF_DEFAULTS;
	else if (strncmp(*line, "M ", 2) == 0)
		kind = POSTCONF_SERVICES;
	else if (strncmp(*line, "P ", 2) == 0)
		kind = POSTCONF_OVERRIDES;
	*line += kind != POSTCONF_SET ? 2 : 0;
	return kind;
}

static void
audit_case_line(struct audit_case *c, const char *line, size_t len)
{
	static const char *const words[] = {"transport", "table", "unread",
	    "query", "text", "absent", "cert", "ciphers", "ask", "openssl",
	    "elsewhere", "site", "complaint"};
	size_t word = strcspn(line, " \n"), i;
	enum postconf_output kind;
	struct err err;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strlen(words[i]) != word ||
		    strncmp(line, words[i], word) != 0)
			continue;
		buf_add(&c->lines, line, len);
		buf_add_byte(&c->lines, '\0');
		return;
	}
	kind = audit_case_kind(&line);
	len = strcspn(line, "\n");
	if (postconf_parse(&c->conf, kind, line, len, &err) == -1)
		must_fatal("%.*s: %s", (int)len, line, err.text);
}

static void
audit_case_lines(struct audit_case *c, const char *text)
{
	size_t len;

	for (; *text != '\0'; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (len > 0)
			audit_case_line(c, text, len);
	}
}

void
audit_case_open(struct audit_case *c, const char *base, const char *more)
{
	const char *said;

	*c = (struct audit_case){0};
	audit_case_lines(c, base);
	audit_case_lines(c, more);
	postconf_parse_twice(&c->conf);
	c->world = (struct audit_world){.arg = c,
	    .here = true,
	    .now = AUDIT_CASE_NOW,
	    .table = audit_case_table,
	    .query = audit_case_query,
	    .read = audit_case_read,
	    .file = audit_case_file,
	    .certificate = audit_case_certificate,
	    .ciphers = audit_case_ciphers,
	    .ask = audit_case_ask};
	said = audit_case_last(c, "openssl", "");
	c->world.openssl = said != NULL ? said : "";
	for (size_t at = 0; at < c->lines.len;
	     at += strlen(c->lines.data + at) + 1)
		if (strcmp(c->lines.data + at, "elsewhere") == 0)
			c->world.here = false;
	c->audit = (struct audit){.conf = &c->conf, .world = &c->world};
	c->audit.site_problem = audit_case_last(c, "site", "");
	said = audit_case_last(c, "complaint", "");
	c->audit.complaints = said != NULL ? said : "";
	said = audit_case_last(c, "transport", "");
	said = said != NULL ? said : "forceenc";
	audit_add_transport(&c->audit, said, strlen(said));
}

void
audit_case_close(struct audit_case *c)
{
	audit_fini(&c->audit);
	postconf_fini(&c->conf);
	buf_fini(&c->lines);
}
