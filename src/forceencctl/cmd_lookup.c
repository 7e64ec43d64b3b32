/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <string.h>
#include <sysexits.h>

#include "forceenc/text.h"
#include "forceencctl/ask.h"
#include "forceencctl/cmd.h"
#include "forceencctl/say.h"
#include "forceencctl/site.h"
#include "forceencctl/talk.h"
#include "forceencctl/walk.h"

struct cmd_lookup_outcome {
	const char *name; /* as forceencd has it */
	int status;
	const char *said; /* in front of the reason; NULL: nothing is said */
};

static const struct cmd_lookup_outcome cmd_lookup_outcomes[] = {
    [ASK_FOUND] = {"answer", CMD_FOUND, NULL},
    [ASK_NOTFOUND] = {"absent", CMD_NOTFOUND, "not found"},
    [ASK_TEMP] = {"unsure", EX_TEMPFAIL, "temporary failure: "},
    [ASK_PERM] = {"refused", EX_DATAERR, "the question is refused: "},
    [ASK_UNREACHABLE] = {NULL, EX_UNAVAILABLE, ""},
    [ASK_NO_SERVER] = {NULL, EX_UNAVAILABLE, ""},
};

static void
cmd_lookup_say(const struct cmd_call *call, const struct ask *ask)
{
	const struct cmd_lookup_outcome *outcome =
	    &cmd_lookup_outcomes[ask->outcome];
	struct buf why = {0};

	print_add_text(&why, ask->text.data, ask->text.len);
	switch (ask->outcome) {
	case ASK_FOUND:
		break;
	case ASK_NOTFOUND:
		say("%s: %s; --explain shows where it was looked for",
		    text_show_str(call->word[0]), outcome->said);
		break;
	case ASK_TEMP:
	case ASK_PERM:
		say("%s: %s%s", text_show_str(call->word[0]), outcome->said,
		    buf_text(&why));
		break;
	case ASK_UNREACHABLE:
		say("%s; is forceencd running and listening there "
		    "(socketmap_listen)?",
		    buf_text(&why));
		break;
	case ASK_NO_SERVER:
		say("%s; name another with --socket", buf_text(&why));
		break;
	}
	buf_fini(&why);
}

static void
cmd_lookup_record(const struct cmd_call *call, const struct site_lookup *site,
    const struct asked *asked, const struct ask *ask)
{
	const char *name = cmd_lookup_outcomes[ask->outcome].name;
	json_t *record = json_object(), *keys = json_array();
	unsigned i;

	if (ask->outcome == ASK_FOUND && ask->text.len == 5 &&
	    text_equal_fold(ask->text.data, 5, "DUNNO"))
		name = "dunno";
	json_object_set_new(
	    record, "map", print_string(site->map, strlen(site->map)));
	json_object_set_new(record, "address",
	    print_string(call->word[0], strlen(call->word[0])));
	json_object_set_new(record, "outcome", json_string(name));
	json_object_set_new(record, "answer",
	    ask->outcome == ASK_FOUND
		? print_string(ask->text.data, ask->text.len)
		: json_null());
	if (ask->outcome == ASK_TEMP || ask->outcome == ASK_PERM)
		json_object_set_new(
		    record, "why", print_string(ask->text.data, ask->text.len));
	for (i = 0; i < ask->asked; i++)
		json_array_append_new(
		    keys, print_string(asked->key[i].data, asked->key[i].len));
	json_object_set_new(record, "asked", keys);
	json_object_set_new(
	    record, "endpoint", json_string(site->endpoint.text));
	print_record(call->form, record, call->out);
	json_decref(record);
}

/* As Postfix would. */
static int
cmd_lookup_ask(const struct cmd_call *call)
{
	struct site_lookup site;
	struct asked asked;
	struct ask ask;
	int status = site_lookup(call, &site);

	if (status != 0) {
		site_lookup_fini(&site);
		return status;
	}
	asked_init(&asked, call->word[0]);
	ask_map(&ask, &lookup_socketmap, &site.endpoint, site.map, &asked,
	    site.time_limit);
	if (call->form != PRINT_TABLE &&
	    cmd_lookup_outcomes[ask.outcome].name != NULL)
		cmd_lookup_record(call, &site, &asked, &ask);
	else
		cmd_lookup_say(call, &ask);
	if (call->form == PRINT_TABLE && ask.outcome == ASK_FOUND) {
		print_add_text(call->out, ask.text.data, ask.text.len);
		buf_add_byte(call->out, '\n');
	}
	status = cmd_lookup_outcomes[ask.outcome].status;
	ask_fini(&ask);
	asked_fini(&asked);
	site_lookup_fini(&site);
	return status;
}

/* The control socket wants a map's name; the first one's is in the
 * configuration. */
static int
cmd_lookup_explain(const struct cmd_call *call)
{
	const char *words[] = {"lookup", call->map, call->word[0]};
	const struct conf_map *map;
	struct conf *conf;
	int status;

	if (call->map != NULL)
		return talk_and_print(call, words, 3, walk_print);
	conf = site_conf(call);
	if (conf == NULL)
		return EX_CONFIG;
	map = site_map(conf, call);
	words[1] = map->name;
	status = talk_and_print(call, words, 3, walk_print);
	conf_free(conf);
	return status;
}

static int
cmd_lookup_run(const struct cmd_call *call)
{
	int status = site_address(call->word[0]);

	if (status != 0)
		return status;
	return call->explain ? cmd_lookup_explain(call) : cmd_lookup_ask(call);
}

const struct cmd cmd_lookup = {
    .name = "lookup",
    .args = "ADDRESS",
    .summary = "ask for a sender as Postfix would",
    .help =
	"Asks at the first socketmap_listen, or at --socket, and prints\n"
	"the answer. The null sender is '<>'. Ends with 0 if there is an\n"
	"answer, 1 if there is none, 75 if forceencd can't say now\n"
	"(Postfix would keep the mail and try again), 65 if it refuses the\n"
	"question.\n"
	"\n"
	"With --explain forceencd shows, over its control socket, each key\n"
	"it looked for, what each table was asked and who answered, what\n"
	"the cache said, and what decided.\n",
    .options = CMD_MAP | CMD_SOCKET | CMD_EXPLAIN,
    .min = 1,
    .max = 1,
    .run = cmd_lookup_run,
};
