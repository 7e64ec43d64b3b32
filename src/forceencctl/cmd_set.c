/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "forceenc/mem.h"
#include "forceenc/template.h"
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

/* "on:", where result_format is "%s:", isn't one. */
static void
cmd_set_say_made(const struct ours *ours, const struct address_key *key,
    const char *answer, const char *permitted)
{
	struct template_key parts;
	struct buf made = {0};

	template_key_split(&parts, key->text, key->len);
	if (template_format(&made, ours->result_format, &parts, answer,
		strlen(answer)) == TEMPLATE_SKIP)
		buf_add_text(&made, "nothing");
	say("\"%s\": result_format makes %s of it, which is no answer that "
	    "map %s permits; give a value that becomes on, off, DUNNO%s",
	    text_show_str(answer), text_show(buf_text(&made), made.len),
	    ours->map->name, permitted);
	buf_fini(&made);
}

static void
cmd_set_say_permitted(
    const struct ours *ours, const struct address_key *key, const char *answer)
{
	const struct answers *answers = &ours->map->answers;
	struct buf permitted = {0};
	size_t i;

	for (i = 0; i < answers->n; i++)
		buf_printf(&permitted, ", %s", answers->list[i]);
	if (strcmp(ours->result_format, "%s") != 0)
		cmd_set_say_made(ours, key, answer, buf_text(&permitted));
	else
		say("\"%s\": no answer that map %s permits; write on, off, "
		    "DUNNO%s, or add it to %s_answers",
		    text_show_str(answer), ours->map->name,
		    buf_text(&permitted), ours->map->name);
	buf_fini(&permitted);
}

/* How the answer is kept: as the list of permitted answers spells it, or as
 * one of the words on, off and DUNNO. NULL after it was said that it's not
 * permitted. */
static const char *
cmd_set_answer(const struct ours *ours, const struct address_key *key,
    const char *answer, uint8_t *meaning)
{
	const struct answers *answers = &ours->map->answers;
	size_t len = strlen(answer), i;
	const char *text = text_trim(answer, &len);

	if (!ours_meaning(ours, key->text, key->len, text, len, meaning) ||
	    *meaning == ANSWER_BAD) {
		cmd_set_say_permitted(ours, key, answer);
		return NULL;
	}
	/* Where something is made of the value, it's only half of an answer. */
	if (strcmp(ours->result_format, "%s") != 0)
		return answer;
	if (*meaning == ANSWER_DUNNO)
		return "DUNNO";
	if (*meaning == ANSWER_OFF)
		return "off";
	for (i = 0; i < answers->n; i++)
		if (strlen(answers->list[i]) == len &&
		    memcmp(answers->list[i], text, len) == 0)
			return answers->list[i];
	return "on";
}

/* What a change did. */
struct cmd_set_done {
	struct keep_values before;
	struct buf where;
	struct ours_effect effect;
};

static void
cmd_set_print(const struct cmd_call *call, const struct ours *ours,
    const struct address_key *key, const char *answer,
    struct cmd_set_done *done)
{
	struct buf before = {0};
	json_t *record;

	keep_values_show(&done->before, &before);
	if (call->form == PRINT_TABLE) {
		print_add_text(call->out, key->text, key->len);
		buf_printf(call->out, ": set to %s (%s%s)\n", answer,
		    before.len > 0 ? "was " : "is new", buf_text(&before));
		ours_print_where(ours, &done->where, call->out);
		ours_print_effect(ours, &done->effect, call->out);
		buf_fini(&before);
		return;
	}
	record = json_object();
	json_object_set_new(
	    record, "address", print_string(key->text, key->len));
	json_object_set_new(record, "answer", json_string(answer));
	json_object_set_new(record, "before",
	    before.len > 0 ? print_string(before.data, before.len)
			   : json_null());
	ours_add_where(ours, &done->where, record);
	json_object_set_new(
	    record, "effect", ours_effect_record(ours, &done->effect));
	print_record(call->form, record, call->out);
	json_decref(record);
	buf_fini(&before);
}

/* Under the key in its canonical form; a table of others may have it in
 * another one. */
static int
cmd_set_write(const struct ours *ours, const struct address_keys *keys,
    const struct keep_wish *wish, struct cmd_set_done *done)
{
	struct err err, first = {""};
	int status = CMD_NOTFOUND;
	unsigned i;

	for (i = 0; i < keys->n && status == CMD_NOTFOUND &&
	     keys->key[i].level == keys->key[0].level;
	     i++) {
		keep_values_clear(&done->before);
		status = ours->kind->set(ours->keep, &keys->key[i], wish,
		    &done->before, &done->where, &err);
		if (i == 0)
			first = err;
	}
	if (status == 0)
		return 0;
	return ours_failed(
	    ours, status, status == CMD_NOTFOUND ? &first : &err);
}

static int
cmd_set_change(const struct cmd_call *call, const struct ours *ours,
    const struct address_keys *keys, const struct keep_wish *wish)
{
	struct cmd_set_done done = {0};
	int status = cmd_set_write(ours, keys, wish, &done);
	bool written = status == 0;

	if (written)
		status = ours_effect(ours, keys, &done.effect);
	if (written && status != 0)
		say("%s: was set to %s all the same",
		    text_show(keys->key[0].text, keys->key[0].len),
		    text_show_str(wish->answer));
	if (status == 0)
		cmd_set_print(call, ours, &keys->key[0], wish->answer, &done);
	keep_values_fini(&done.before);
	buf_fini(&done.where);
	return status;
}

/* All that can be wrong with the words is found before anything is made. */
static int
cmd_set_do(
    const struct cmd_call *call, struct ours *ours, struct address_keys *keys)
{
	int status = ours_keys(ours, call->word[0], keys);
	struct keep_wish wish;

	if (status == 0)
		status = cmd_set_check_address(call->word[0], &keys->key[0]);
	if (status == 0)
		status = cmd_set_check_domain(ours, &keys->key[0]);
	if (status != 0)
		return status;
	wish.answer =
	    cmd_set_answer(ours, &keys->key[0], call->word[1], &wish.meaning);
	if (wish.answer == NULL)
		return EX_USAGE;
	status = ours_open_table(ours, KEEP_MAKE);
	return status == 0 ? cmd_set_change(call, ours, keys, &wish) : status;
}

static int
cmd_set_run(const struct cmd_call *call)
{
	struct address_keys *keys = mem_alloc(sizeof(*keys));
	struct ours ours;
	int status = ours_open(&ours, call, KEEP_MAKE);

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
	"It's kept in the table that --table names, or the map's first that\n"
	"can be changed: a sqlite or pgsql table without a query of its own,\n"
	"a pgsql table with an update_query, an ldap table with an\n"
	"admin_bind. --as logs in as somebody else, with the password in the\n"
	"first line of --password-file, or typed ('-').\n",
    .options = CMD_MAP | CMD_TABLE | CMD_AS | CMD_PASSWORD_FILE,
    .min = 2,
    .max = 2,
    .run = cmd_set_run,
};
