/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "forceenc/conf.h"
#include "forceenc/text.h"
#include "forceencctl/audit_print.h"
#include "forceencctl/audit_rules.h"
#include "forceencctl/audit_world.h"
#include "forceencctl/cmd.h"
#include "forceencctl/postconf_read.h"
#include "forceencctl/say.h"

/* The rest is sysexits(3). */
#define CMD_AUDIT_NOTHING 0
#define CMD_AUDIT_FOUND   1
#define CMD_AUDIT_LEAK    2

/* What a map may take to answer, above forceencd's own deadline. ms. */
#define CMD_AUDIT_TIME_EXTRA 2000
#define CMD_AUDIT_TIME_LIMIT 10000

static int
cmd_audit_read(
    const struct cmd_call *call, struct postconf *conf, struct buf *complaints)
{
	struct err err;
	int status;

	if (call->from != NULL && call->config_dir != NULL) {
		say("audit: --from and --config-dir: one or the other");
		return EX_USAGE;
	}
	status = call->from != NULL
	    ? postconf_read_saved(conf, call->from, &err)
	    : postconf_read_run(conf, call->config_dir, complaints, &err);
	if (status != 0)
		say("%s", err.text);
	return status;
}

/* What forceencd was told; another host's isn't known. NULL with a problem
 * that the audit reports, or none. */
static struct conf *
cmd_audit_site(const struct cmd_call *call, struct audit *audit)
{
	struct problems problems = {0};
	struct conf *site;

	if (call->from != NULL)
		return NULL;
	site = conf_load(call->conf_path, &problems);
	if (site == NULL)
		audit->site_problem =
		    postconf_keep(audit->conf, "%s", problems.line[0]);
	problems_fini(&problems);
	audit->site = site;
	return site;
}

static void
cmd_audit_transports(const struct cmd_call *call, struct audit *audit)
{
	const char *at = call->transport, *word;
	size_t len;

	while (at != NULL && (len = postconf_word(&at, &word)) > 0) {
		/* As an answer has it is fine, too. */
		len -= word[len - 1] == ':';
		audit_add_transport(audit, word, len);
	}
	if (audit->ntransports == 0)
		audit_map_transports(audit);
}

static int
cmd_audit_status(const struct audit *audit)
{
	int status = CMD_AUDIT_NOTHING;
	size_t i;

	for (i = 0; i < audit->nfindings; i++) {
		if (audit->finding[i].rule->severity == AUDIT_LEAK)
			return CMD_AUDIT_LEAK;
		if (audit->finding[i].rule->severity == AUDIT_WARN)
			status = CMD_AUDIT_FOUND;
	}
	return status;
}

static int
cmd_audit_look(const struct cmd_call *call, struct postconf *postfix,
    struct buf *complaints)
{
	struct audit_here here = {
	    .config_dir = call->config_dir, .time_limit = CMD_AUDIT_TIME_LIMIT};
	struct audit_world world;
	struct audit audit = {.conf = postfix, .world = &world};
	struct conf *site = cmd_audit_site(call, &audit);
	char *folder =
	    call->config_dir != NULL ? realpath(call->config_dir, NULL) : NULL;
	int status;

	audit.folder = folder;
	here.queue_directory = postconf_value(postfix, NULL, "queue_directory");
	if (site != NULL)
		here.time_limit = site->answer_deadline + CMD_AUDIT_TIME_EXTRA;
	if (call->from != NULL)
		audit_world_elsewhere(&world);
	else
		audit_world_here(&world, &here);
	audit.complaints = buf_text(complaints);
	cmd_audit_transports(call, &audit);
	audit_run(&audit, audit_rules, audit_rules_n);
	audit_print(&audit, call->form, call->out);
	status = cmd_audit_status(&audit);
	audit_fini(&audit);
	audit_world_here_fini(&here);
	conf_free(site);
	free(folder);
	return status;
}

static int
cmd_audit_run(const struct cmd_call *call)
{
	struct postconf postfix = {0};
	struct buf complaints = {0};
	int status = cmd_audit_read(call, &postfix, &complaints);

	if (status == 0)
		status = cmd_audit_look(call, &postfix, &complaints);
	postconf_fini(&postfix);
	buf_fini(&complaints);
	return status;
}

const struct cmd cmd_audit = {
    .name = "audit",
    .args = "",
    .summary = "look for leaks in Postfix's configuration",
    .help =
	"Reads it with postconf, or what postconf -n, -d, -M and -P said\n"
	"from the files postconf-n, postconf-d, postconf-M and postconf-P\n"
	"of a folder, and reports, worst first, what lets forced mail leave\n"
	"without TLS, what stops mail or hides proof, and what the site has\n"
	"to decide: each with the line, the reason and the remedy. Asks the\n"
	"configured maps, too. Changes nothing.\n"
	"\n"
	"Ends with 0 if there are but notes, 1 with warnings, 2 with a leak.\n",
    .options = CMD_FROM | CMD_CONFIG_DIR | CMD_TRANSPORT,
    .run = cmd_audit_run,
};
