/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/audit.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"

/* A table may have any number of entries that are findings. */
#define AUDIT_LOOK_BACK 1000

bool
audit_is_transport(const struct audit *audit, const char *name, size_t len)
{
	unsigned i;

	for (i = 0; i < audit->ntransports; i++)
		if (strlen(audit->transport[i]) == len &&
		    memcmp(audit->transport[i], name, len) == 0)
			return true;
	return false;
}

void
audit_add_transport(struct audit *audit, const char *name, size_t len)
{
	if (len == 0 || audit->ntransports == AUDIT_TRANSPORTS_MAX ||
	    audit_is_transport(audit, name, len))
		return;
	audit->transport[audit->ntransports++] =
	    postconf_keep(audit->conf, "%.*s", (int)len, name);
}

void
audit_run(struct audit *audit, const struct audit_rule *rule, size_t n)
{
	enum audit_severity severity;
	size_t i;

	for (severity = AUDIT_LEAK; severity <= AUDIT_NOTE; severity++) {
		for (i = 0; i < n; i++) {
			audit->rule = &rule[i];
			if (rule[i].severity == severity)
				rule[i].find(audit);
		}
	}
}

void
audit_fini(struct audit *audit)
{
	free(audit->finding);
	audit->finding = NULL;
	audit->nfindings = 0;
}

/* The remedy with the folder in each command that has to know it. */
static const char *
audit_elsewhere(struct audit *audit, const char *fix)
{
	static const struct {
		const char *command;
		const char *flag;
	} commands[] = {{"postconf -", "-c"}, {"postmap -", "-c"},
	    {"forceencctl setup -", "--config-dir"}};
	struct buf out = {0};
	const char *kept;
	size_t i, len;

	for (; *fix != '\0'; fix++) {
		for (i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
			len = strlen(commands[i].command) - 1;
			if (strncmp(fix, commands[i].command, len + 1) != 0)
				continue;
			buf_printf(&out, "%.*s%s '%s' ", (int)len, fix,
			    commands[i].flag,
			    postconf_quoted(audit->conf, audit->folder));
			fix += len;
			break;
		}
		buf_add_byte(&out, *fix);
	}
	kept = postconf_keep(audit->conf, "%s", buf_text(&out));
	buf_fini(&out);
	return kept;
}

void
audit_find(struct audit *audit, const char *line, const char *fix)
{
	const struct audit_finding *before;
	size_t i, n = 0;

	if (audit->folder != NULL)
		fix = audit_elsewhere(audit, fix);
	/* Two roads to the same line. */
	for (i = audit->nfindings; i-- > 0 && n < AUDIT_LOOK_BACK; n++) {
		before = &audit->finding[i];
		if (before->rule != audit->rule)
			break;
		if (strcmp(before->line, line) == 0 &&
		    strcmp(before->fix, fix) == 0)
			return;
	}
	audit->finding = mem_resize(
	    audit->finding, audit->nfindings + 1, sizeof(*audit->finding));
	audit->finding[audit->nfindings++] =
	    (struct audit_finding){audit->rule, line, fix};
}

const char *
audit_rewrite(struct audit *audit)
{
	const char *name = "";
	size_t i;

	for (i = 0; i < audit->conf->nservices && *name == '\0'; i++)
		if (strcmp(audit->conf->service[i].command, "qmgr") == 0)
			name = postconf_value(audit->conf,
			    postconf_path(
				audit->conf, &audit->conf->service[i]),
			    "rewrite_service_name");
	return postconf_keep(
	    audit->conf, "%s/unix", *name != '\0' ? name : "rewrite");
}

const char *
audit_set(struct audit *audit, const char *service, const char *name,
    const char *value)
{
	const char *space = *value != '\0' ? " " : "";

	/* What all others ask for the same is in main.cf, unless it has its
	 * own. */
	if (service != NULL && strcmp(service, audit_rewrite(audit)) == 0 &&
	    !postconf_own(audit->conf, service, name))
		service = NULL;
	if (service != NULL)
		value = postconf_tight(audit->conf, value);
	value = postconf_quoted(audit->conf, value);
	if (service != NULL)
		return postconf_keep(audit->conf, "postconf -P '%s/%s=%s'",
		    service, name, value);
	return postconf_keep(
	    audit->conf, "postconf -e '%s =%s%s'", name, space, value);
}

void
audit_find_value(struct audit *audit, const char *service, const char *name,
    const char *value)
{
	audit_find(audit, postconf_line(audit->conf, service, name),
	    audit_set(audit, service, name, value));
}

bool
audit_is_client(const struct postconf_service *service)
{
	return strcmp(service->command, "smtp") == 0 ||
	    strcmp(service->command, "lmtp") == 0;
}

const struct postconf_service *
audit_forced(const struct audit *audit, unsigned number)
{
	const struct postconf_service *service;
	unsigned i;

	for (i = 0; i < audit->ntransports; i++) {
		service = postconf_find(audit->conf, audit->transport[i],
		    strlen(audit->transport[i]), "unix");
		if (service != NULL && audit_is_client(service) &&
		    number-- == 0)
			return service;
	}
	return NULL;
}

const char *
audit_client(struct audit *audit, const struct postconf_service *service,
    const char *suffix)
{
	bool lmtp = strcmp(service->command, "lmtp") == 0;

	return postconf_keep(
	    audit->conf, "%s_%s", lmtp ? "lmtp" : "smtp", suffix);
}

bool
audit_next_entry(char **at, const char **key, const char **value)
{
	char *line = *at, *tab;
	size_t len = strcspn(line, "\n");

	if (*line == '\0')
		return false;
	*at = line + len + (line[len] == '\n');
	line[len] = '\0';
	*key = line;
	tab = strchr(line, '\t');
	*value = "";
	if (tab != NULL) {
		*tab = '\0';
		*value = tab + 1;
	}
	return true;
}

const char *
audit_table_type(struct audit *audit, const char *spec)
{
	spec = postconf_table(spec);
	return postconf_keep(
	    audit->conf, "%.*s", (int)strcspn(spec, ":"), spec);
}

void
audit_each(struct audit *audit, const char *name, audit_each_fn *fn)
{
	const struct postconf_params *overrides = &audit->conf->overrides;
	size_t i;

	fn(audit, NULL, name);
	for (i = 0; i < overrides->n; i++)
		if (strcmp(overrides->param[i].name, name) == 0)
			fn(audit, overrides->param[i].service, name);
}
