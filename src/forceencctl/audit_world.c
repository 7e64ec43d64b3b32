/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/audit_world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "forceenc/clock.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"
#include "forceencctl/ask.h"
#include "forceencctl/mapspec.h"
#include "forceencctl/run.h"
#include "forceencctl/table_text.h"

#define AUDIT_WORLD_TIME_LIMIT 10000              /* ms a program */
#define AUDIT_WORLD_MAX        (64 * 1024 * 1024) /* bytes of a table */

/* The first line that is more than a warning, which each of Postfix's
 * programs may have of main.cf; NULL if none is. */
static const char *
audit_world_complaint(const char *said)
{
	static const char warning[] = ": warning: ";
	const char *found;
	size_t len;

	for (; *said != '\0'; said += len + (said[len] == '\n')) {
		len = strcspn(said, "\n");
		found = strstr(said, warning);
		if (found == NULL || found >= said + len)
			return said;
	}
	return NULL;
}

/* Runs it; UNKNOWN unless it ended well and said nothing against it. */
static enum audit_seen
audit_world_run(struct run *run, struct buf *out, struct err *err)
{
	enum audit_seen seen = AUDIT_UNKNOWN;
	const char *said;

	run->time_limit = AUDIT_WORLD_TIME_LIMIT;
	run->out_max = AUDIT_WORLD_MAX;
	if (run_program(run, err) == RUN_DONE) {
		said = audit_world_complaint(buf_text(&run->complaints));
		/* postmap -q: 1 and not a word is "not found". */
		if (run->exit == 0 || (run->exit == 1 && said == NULL))
			seen = AUDIT_SEEN;
		else if (said == NULL)
			err_set(err, "it failed without a word");
		else
			err_set(
			    err, "%s", text_show(said, strcspn(said, "\n")));
		buf_add(out, run->out.data, run->out.len);
	}
	run_fini(run);
	return seen;
}

/* Several rules look at the same table, and a postmap(1) that has to say
 * "fatal" takes a second for it. */
struct audit_memo {
	char *question;
	enum audit_seen seen;
	struct buf out;
	struct err err;
};

static struct audit_memo *
audit_world_memo(struct audit_here *here, const char *question)
{
	size_t i;

	for (i = 0; i < here->nmemos; i++)
		if (strcmp(here->memo[i].question, question) == 0)
			return &here->memo[i];
	return NULL;
}

static struct audit_memo *
audit_world_call(struct audit_here *here, const char *flag, const char *key,
    const char *spec, const char *input, const char *question)
{
	const char *argv[8] = {"postmap"};
	struct run run = {.argv = argv, .input = input};
	struct audit_memo *memo;
	unsigned n = 1;

	if (here->config_dir != NULL) {
		argv[n++] = "-c";
		argv[n++] = here->config_dir;
	}
	argv[n++] = flag;
	if (key != NULL)
		argv[n++] = key;
	argv[n] = spec;
	here->memo =
	    mem_resize(here->memo, here->nmemos + 1, sizeof(*here->memo));
	memo = &here->memo[here->nmemos++];
	*memo = (struct audit_memo){.question = mem_strdup(question)};
	memo->seen = audit_world_run(&run, &memo->out, &memo->err);
	return memo;
}

static enum audit_seen
audit_world_postmap(struct audit_here *here, const char *flag, const char *key,
    const char *spec, const char *input, struct buf *out, struct err *err)
{
	struct buf question = {0};
	struct audit_memo *memo;

	buf_printf(
	    &question, "%s %s %s", flag, spec, input != NULL ? input : "");
	memo = audit_world_memo(here, buf_text(&question));
	if (memo == NULL)
		memo = audit_world_call(
		    here, flag, key, spec, input, buf_text(&question));
	buf_fini(&question);
	buf_add(out, memo->out.data, memo->out.len);
	*err = memo->err;
	return memo->seen;
}

static enum audit_seen
audit_world_read(const char *path, struct buf *out, struct err *err)
{
	FILE *file = fopen(path, "rb");
	enum audit_seen seen;
	size_t n;

	if (file == NULL) {
		seen = errno == ENOENT || errno == ENOTDIR ? AUDIT_ABSENT
							   : AUDIT_UNKNOWN;
		err_set(err, "%s: %s", text_show_str(path), strerror(errno));
		return seen;
	}
	do {
		n = fread(buf_reserve(out, 65536), 1, 65536, file);
		out->len += n;
	} while (n > 0 && out->len <= AUDIT_WORLD_MAX);
	seen = AUDIT_SEEN;
	if (ferror(file) != 0 || out->len > AUDIT_WORLD_MAX) {
		seen = AUDIT_UNKNOWN;
		err_set(
		    err, "%s: can't be read as a whole", text_show_str(path));
	}
	fclose(file);
	return seen;
}

/* Its file holds its entries. */
static enum audit_seen
audit_world_text(
    enum table_text kind, const char *spec, struct buf *out, struct err *err)
{
	const char *path = strchr(spec, ':') + 1;
	struct buf text = {0};
	enum audit_seen seen = AUDIT_UNKNOWN;

	if (*path == '{') {
		table_text_inline(path, &text);
		table_text_parse(kind, buf_text(&text), text.len, out);
		seen = AUDIT_SEEN;
	} else if (*path != '/')
		err_set(err, "%s: its entries stand in no file", spec);
	else if (audit_world_read(path, &text, err) == AUDIT_SEEN) {
		table_text_parse(kind, buf_text(&text), text.len, out);
		seen = AUDIT_SEEN;
	}
	buf_fini(&text);
	return seen;
}

/* The same for each key; braces are for white space within. */
static enum audit_seen
audit_world_static(const char *value, struct buf *out)
{
	size_t len = strlen(value);

	if (*value == '{' && value[len - 1] == '}') {
		value++;
		len -= 2;
	}
	value = text_trim(value, &len);
	buf_printf(out, "*\t%.*s\n", (int)len, value);
	return AUDIT_SEEN;
}

static enum audit_seen
audit_world_table(void *arg, const char *spec, struct buf *out, struct err *err)
{
	static const char *const dumped[] = {"hash:", "btree:", "lmdb:", "cdb:",
	    "sdbm:", "dbm:", "texthash:", "inline:"};
	size_t i;

	spec = postconf_table(spec);
	for (i = 0; i < sizeof(dumped) / sizeof(*dumped); i++)
		if (strncmp(spec, dumped[i], strlen(dumped[i])) == 0)
			return audit_world_postmap(
			    arg, "-s", NULL, spec, NULL, out, err);
	if (strncmp(spec, "pcre:", 5) == 0 || strncmp(spec, "regexp:", 7) == 0)
		return audit_world_text(TABLE_TEXT_PATTERNS, spec, out, err);
	if (strncmp(spec, "cidr:", 5) == 0)
		return audit_world_text(TABLE_TEXT_PLAIN, spec, out, err);
	if (strncmp(spec, "static:", 7) == 0)
		return audit_world_static(spec + 7, out);
	err_set(err, "it can be asked, not read");
	return AUDIT_UNKNOWN;
}

static enum audit_seen
audit_world_query(void *arg, const char *spec, const char *keys,
    struct buf *out, struct err *err)
{
	return audit_world_postmap(arg, "-q", "-", spec, keys, out, err);
}

static enum audit_seen
audit_world_on_read(
    void *arg, const char *path, struct buf *out, struct err *err)
{
	(void)arg;
	return audit_world_read(path, out, err);
}

static enum audit_seen
audit_world_file(void *arg, const char *path, struct err *err)
{
	(void)arg;
	if (access(path, F_OK) == 0)
		return AUDIT_SEEN;
	err_set(err, "%s: %s", text_show_str(path), strerror(errno));
	return errno == ENOENT || errno == ENOTDIR ? AUDIT_ABSENT
						   : AUDIT_UNKNOWN;
}

/* "notAfter=Nov 22 03:04:05 2026 GMT" */
static enum audit_seen
audit_world_date(const char *said, int64_t *end, struct err *err)
{
	struct tm tm = {0};
	const char *rest;

	rest = strptime(said, "notAfter=%b %d %H:%M:%S %Y GMT", &tm);
	if (rest == NULL) {
		err_set(err, "openssl: not a date: %s", text_show_str(said));
		return AUDIT_UNKNOWN;
	}
	*end = timegm(&tm);
	return AUDIT_SEEN;
}

static enum audit_seen
audit_world_certificate(
    void *arg, const char *path, int64_t *end, struct err *err)
{
	const char *argv[] = {
	    "openssl", "x509", "-noout", "-enddate", "-in", path, NULL};
	struct run run = {.argv = argv};
	struct buf text = {0}, out = {0};
	enum audit_seen seen;

	(void)arg;
	seen = audit_world_read(path, &text, err);
	/* A key by itself. */
	if (seen == AUDIT_SEEN &&
	    strstr(buf_text(&text), "BEGIN CERTIFICATE") == NULL)
		seen = AUDIT_ABSENT;
	if (seen == AUDIT_SEEN)
		seen = audit_world_run(&run, &out, err);
	if (seen == AUDIT_SEEN)
		seen = audit_world_date(buf_text(&out), end, err);
	buf_fini(&text);
	buf_fini(&out);
	return seen;
}

static enum audit_seen
audit_world_ciphers(
    void *arg, const char *list, struct buf *out, struct err *err)
{
	const char *argv[] = {"openssl", "ciphers", "-v", NULL, NULL};
	struct run run = {.argv = argv};
	struct buf whole = {0};
	enum audit_seen seen;

	(void)arg;
	/* Postfix asks for no level of its own, and the program would. */
	buf_printf(&whole, "%s:@SECLEVEL=0", list);
	argv[3] = buf_text(&whole);
	seen = audit_world_run(&run, out, err);
	buf_fini(&whole);
	return seen;
}

static enum audit_said
audit_world_ask(
    void *arg, const char *spec, const char *address, struct buf *text)
{
	enum audit_said said = AUDIT_SAID_TROUBLE;
	const struct lookup_protocol *protocol;
	struct audit_here *here = arg;
	struct endpoint endpoint;
	struct mapspec map;
	struct asked asked;
	struct ask ask;
	struct err err;

	if (mapspec_parse(&map, spec) == -1)
		return AUDIT_SAID_TROUBLE;
	if (mapspec_endpoint(&map, here->queue_directory, &endpoint, &err) ==
	    -1) {
		buf_add_text(text, err.text);
		return AUDIT_SAID_TROUBLE;
	}
	protocol = map.tcp ? &lookup_tcp_table : &lookup_socketmap;
	asked_init(&asked, address);
	ask_map(&ask, protocol, &endpoint, map.map, &asked, here->time_limit);
	if (ask.outcome == ASK_FOUND)
		said = AUDIT_SAID_ANSWER;
	else if (ask.outcome == ASK_NOTFOUND)
		said = AUDIT_SAID_NOTHING;
	buf_add(text, ask.text.data, ask.text.len);
	ask_fini(&ask);
	asked_fini(&asked);
	return said;
}

/* "OpenSSL 3.0.22 25 Aug 2026" */
static void
audit_world_openssl(struct audit_here *here)
{
	const char *argv[] = {"postconf", "-T", "run-version", NULL};
	struct run run = {.argv = argv};
	struct buf out = {0};
	struct err err;

	if (audit_world_run(&run, &out, &err) == AUDIT_SEEN)
		sscanf(buf_text(&out), "OpenSSL %31[0-9.]", here->openssl);
	buf_fini(&out);
}

void
audit_world_here(struct audit_world *world, struct audit_here *here)
{
	audit_world_openssl(here);
	*world = (struct audit_world){
	    .arg = here,
	    .here = true,
	    .now = (int64_t)(clock_wall() / 1000),
	    .openssl = here->openssl,
	    .table = audit_world_table,
	    .query = audit_world_query,
	    .read = audit_world_on_read,
	    .file = audit_world_file,
	    .certificate = audit_world_certificate,
	    .ciphers = audit_world_ciphers,
	    .ask = audit_world_ask,
	};
}

void
audit_world_here_fini(struct audit_here *here)
{
	size_t i;

	for (i = 0; i < here->nmemos; i++) {
		free(here->memo[i].question);
		buf_fini(&here->memo[i].out);
	}
	free(here->memo);
}

static enum audit_seen
audit_world_no_text(
    void *arg, const char *name, struct buf *out, struct err *err)
{
	(void)arg;
	(void)name;
	(void)out;
	err_set(err, "not to be seen from here");
	return AUDIT_UNKNOWN;
}

static enum audit_seen
audit_world_no_query(void *arg, const char *spec, const char *keys,
    struct buf *out, struct err *err)
{
	(void)keys;
	return audit_world_no_text(arg, spec, out, err);
}

static enum audit_seen
audit_world_no_file(void *arg, const char *path, struct err *err)
{
	return audit_world_no_text(arg, path, NULL, err);
}

static enum audit_seen
audit_world_no_certificate(
    void *arg, const char *path, int64_t *end, struct err *err)
{
	(void)end;
	return audit_world_no_text(arg, path, NULL, err);
}

static enum audit_said
audit_world_no_ask(
    void *arg, const char *spec, const char *address, struct buf *text)
{
	(void)arg;
	(void)spec;
	(void)address;
	(void)text;
	return AUDIT_SAID_TROUBLE;
}

void
audit_world_elsewhere(struct audit_world *world)
{
	*world = (struct audit_world){
	    .now = (int64_t)(clock_wall() / 1000),
	    .openssl = "",
	    .table = audit_world_no_text,
	    .query = audit_world_no_query,
	    .read = audit_world_no_text,
	    .file = audit_world_no_file,
	    .certificate = audit_world_no_certificate,
	    .ciphers = audit_world_no_text,
	    .ask = audit_world_no_ask,
	};
}
