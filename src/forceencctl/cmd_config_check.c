/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "forceenc/conf.h"
#include "forceenc/text.h"
#include "forceencctl/cmd.h"
#include "forceencctl/dialed.h"
#include "forceencctl/unwise.h"

static json_t *
cmd_config_check_strings(const struct problems *problems)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < problems->n; i++)
		json_array_append_new(list,
		    print_string(problems->line[i], strlen(problems->line[i])));
	return list;
}

static void
cmd_config_check_on_warning(const char *warning, void *arg)
{
	json_array_append_new(arg, print_string(warning, strlen(warning)));
}

/* As forceencd -t says it: without a program's name, editors find the line. */
static void
cmd_config_check_print(const struct cmd_call *call, json_t *problems,
    json_t *warnings, json_t *servers)
{
	const json_t *line;
	json_t *record;
	size_t i;

	if (call->form != PRINT_TABLE) {
		record = json_pack("{s:o,s:O,s:O}", "configuration",
		    print_string(call->conf_path, strlen(call->conf_path)),
		    "problems", problems, "warnings", warnings);
		if (servers != NULL)
			json_object_set(record, "servers", servers);
		print_record(call->form, record, call->out);
		json_decref(record);
		return;
	}
	json_array_foreach (problems, i, line) {
		fprintf(stderr, "%s\n", json_string_value(line));
	}
	json_array_foreach (warnings, i, line) {
		fprintf(stderr, "%s: warning: %s\n",
		    text_show_str(call->conf_path), json_string_value(line));
	}
	if (json_array_size(problems) == 0) {
		print_add_text(
		    call->out, call->conf_path, strlen(call->conf_path));
		buf_add_text(call->out, ": no problems\n");
	}
	if (servers != NULL)
		dialed_print(servers, call->out);
}

static int
cmd_config_check_run(const struct cmd_call *call)
{
	struct problems found = {0};
	struct conf *conf = conf_load(call->conf_path, &found);
	json_t *problems = cmd_config_check_strings(&found);
	json_t *warnings = json_array(), *servers = NULL;
	bool well = true;

	if (conf != NULL)
		unwise_find(conf, cmd_config_check_on_warning, warnings);
	if (conf != NULL && call->dial)
		servers = dialed_all(conf, &well);
	cmd_config_check_print(call, problems, warnings, servers);
	json_decref(servers);
	json_decref(problems);
	json_decref(warnings);
	problems_fini(&found);
	conf_free(conf);
	if (conf == NULL)
		return EX_CONFIG;
	return well ? EX_OK : EX_UNAVAILABLE;
}

const struct cmd cmd_config_check = {
    .name = "config check",
    .args = "",
    .summary = "check the configuration and the tables it names",
    .help =
	"Reports all problems, as forceencd -t does, each as FILE:LINE:\n"
	"what, and what would be right; ends with 78 if there is one. What\n"
	"is legal but unwise is a warning.\n"
	"\n"
	"--dial asks every server of every table one question, as the daemon\n"
	"does, and tells of each how it went; ends with 69 if one fails. It\n"
	"tries the administrator's log-in as well, and the statistics.\n",
    .options = CMD_DIAL,
    .run = cmd_config_check_run,
};
