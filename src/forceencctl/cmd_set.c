/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "forceenc/clock.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"
#include "forceencctl/cmd.h"
#include "forceencctl/ours.h"
#include "forceencctl/say.h"

/* Who forgets the "@" of a domain would believe it's forced. */
static int
cmd_set_check_address(const char *address, const struct address_key *key)
{
	if (key->level == ADDRESS_NULL ||
	    memchr(key->text, '@', key->len) != NULL)
		return 0;
	say("%s: no address and no domain: Postfix never asks for a name "
	    "without \"@\"; write NAME@DOMAIN, @DOMAIN or '<>'",
	    text_show_str(address));
	return EX_USAGE;
}

static int
cmd_set_check_domain(const struct ours *ours, const struct address_key *key)
{
	if (ours_is_asked(ours, key))
		return 0;
	say("%s: forceencd never asks %s for it, because of the domain list in "
	    "%s; correct the list first",
	    text_show(key->text, key->len), text_show_str(ours->table->spec),
	    text_show_str(ours->table->path));
	return EX_CONFIG;
}

static void
cmd_set_say_permitted(const struct ours *ours, const char *answer)
{
	const struct answers *answers = &ours->map->answers;
	struct buf permitted = {0};
	size_t i;

	for (i = 0; i < answers->n; i++)
		buf_printf(&permitted, ", %s", answers->list[i]);
	say("\"%s\": no answer that map %s permits; write on, off, DUNNO%s, "
	    "or add it to %s_answers",
	    text_show_str(answer), ours->map->name, buf_text(&permitted),
	    ours->map->name);
	buf_fini(&permitted);
}

/* How the answer is kept: as the list of permitted answers spells it, or as
 * one of the words on, off and DUNNO. NULL after it was said that it's not
 * permitted. */
static const char *
cmd_set_answer(
    const struct ours *ours, const struct address_key *key, const char *answer)
{
	const struct answers *answers = &ours->map->answers;
	size_t len = strlen(answer), i;
	const char *text = text_trim(answer, &len);
	uint8_t meaning;

	if (!ours_meaning(ours, key->text, key->len, text, len, &meaning) ||
	    meaning == ANSWER_BAD) {
		cmd_set_say_permitted(ours, answer);
		return NULL;
	}
	/* Where something is made of the value, it's only half of an answer. */
	if (strcmp(ours->table->sqlite.result_format, "%s") != 0)
		return answer;
	if (meaning == ANSWER_DUNNO)
		return "DUNNO";
	if (meaning == ANSWER_OFF)
		return "off";
	for (i = 0; i < answers->n; i++)
		if (strlen(answers->list[i]) == len &&
		    memcmp(answers->list[i], text, len) == 0)
			return answers->list[i];
	return "on";
}

static void
cmd_set_print(const struct cmd_call *call, const struct ours *ours,
    const struct address_key *key, const char *answer, const struct buf *before,
    const struct ours_effect *effect)
{
	json_t *record;

	if (call->form == PRINT_TABLE) {
		print_add_text(call->out, key->text, key->len);
		buf_printf(call->out, ": set to %s (", answer);
		if (before->len > 0) {
			buf_add_text(call->out, "was ");
			print_add_text(call->out, before->data, before->len);
		} else
			buf_add_text(call->out, "is new");
		buf_add_text(call->out, ")\n");
		ours_print_effect(ours, effect, call->out);
		return;
	}
	record = json_object();
	json_object_set_new(
	    record, "address", print_string(key->text, key->len));
	json_object_set_new(record, "answer", json_string(answer));
	json_object_set_new(record, "before",
	    before->len > 0 ? print_string(before->data, before->len)
			    : json_null());
	json_object_set_new(record, "effect", ours_effect_record(ours, effect));
	print_record(call->form, record, call->out);
	json_decref(record);
}

static int
cmd_set_change(const struct cmd_call *call, const struct ours *ours,
    const struct address_keys *keys, const char *answer)
{
	const struct address_key *key = &keys->key[0];
	int64_t now = (int64_t)(clock_wall() / 1000);
	struct ours_effect effect = {0};
	struct buf before = {0};
	struct err err;
	int status = 0;

	if (policy_get(ours->policy, key->text, key->len, &before, &err) ==
		-1 ||
	    policy_set(ours->policy, key->text, key->len, answer, now, &err) ==
		-1)
		status = ours_failed(&err);
	if (status == 0)
		status = ours_effect(ours, keys, &effect);
	if (status == 0)
		cmd_set_print(call, ours, key, answer, &before, &effect);
	buf_fini(&before);
	buf_fini(&effect.value);
	return status;
}

/* All that can be wrong with the words is found before anything is made. */
static int
cmd_set_do(
    const struct cmd_call *call, struct ours *ours, struct address_keys *keys)
{
	const char *answer;
	int status = ours_keys(ours, call->word[0], keys);

	if (status == 0)
		status = cmd_set_check_address(call->word[0], &keys->key[0]);
	if (status == 0)
		status = cmd_set_check_domain(ours, &keys->key[0]);
	if (status != 0)
		return status;
	answer = cmd_set_answer(ours, &keys->key[0], call->word[1]);
	if (answer == NULL)
		return EX_USAGE;
	status = ours_open_policy(ours, OURS_MAKE);
	return status == 0 ? cmd_set_change(call, ours, keys, answer) : status;
}

static int
cmd_set_run(const struct cmd_call *call)
{
	struct address_keys *keys = mem_alloc(sizeof(*keys));
	struct ours ours;
	int status = ours_open(&ours, call);

	if (status == 0)
		status = cmd_set_do(call, &ours, keys);
	ours_close(&ours);
	free(keys);
	return status;
}

const struct cmd cmd_set = {
    .name = "set",
    .args = "ADDRESS on|off|ANSWER",
    .summary = "switch a sender or a domain on or off",
    .help =
	"ADDRESS is an address, a domain as '@example.com', or '<>', the\n"
	"null sender. An extension (alice+tag@example.com) is kept: such a\n"
	"row goes before that of alice@example.com.\n"
	"\n"
	"'on' is the first of the map's permitted answers. 'off' is an\n"
	"exception from what is set for the domain; to take an address out\n"
	"altogether, use 'unset'. ANSWER is one of the permitted answers,\n"
	"or DUNNO.\n"
	"\n"
	"The row is kept in the map's first sqlite table without a query\n"
	"of its own. forceencd notices by itself.\n",
    .options = CMD_MAP,
    .min = 2,
    .max = 2,
    .run = cmd_set_run,
};
