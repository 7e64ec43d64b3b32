/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/text.h"
#include "forceencctl/cmd.h"
#include "forceencctl/ours.h"
#include "forceencctl/say.h"

struct cmd_unset_done {
	struct keep_values before;
	struct buf where;
	struct ours_effect effect;
	bool removed;
};

static bool
cmd_unset_is_same(const struct address_key *a, const struct address_key *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/* Removes the address in all its spellings, and as it was typed: a row that
 * somebody put in by hand may have any. Returns 0, or an exit status. */
static int
cmd_unset_remove(const struct ours *ours, const char *address,
    const struct address_keys *keys, struct cmd_unset_done *done)
{
	const struct address_key typed = {
	    .text = address, .len = (uint16_t)strlen(address)};
	const struct address_key *key;
	struct err err;
	unsigned i;
	int status;

	for (i = 0; i <= keys->n; i++) {
		key = i < keys->n ? &keys->key[i] : &typed;
		if (i < keys->n ? key->level != keys->key[0].level
				: cmd_unset_is_same(key, &keys->key[0]))
			continue;
		status = ours->kind->remove(
		    ours->keep, key, &done->before, &done->where, &err);
		if (status == 0)
			done->removed = true;
		else if (status != CMD_NOTFOUND)
			return ours_failed(ours, status, &err);
	}
	return 0;
}

static void
cmd_unset_print(const struct cmd_call *call, const struct ours *ours,
    const struct address_key *key, struct cmd_unset_done *done)
{
	struct buf before = {0};
	json_t *record;

	keep_values_show(&done->before, &before);
	if (call->form == PRINT_TABLE) {
		print_add_text(call->out, key->text, key->len);
		if (done->removed) {
			buf_printf(call->out, ": removed (was %s)\n",
			    buf_text(&before));
			ours_print_where(ours, &done->where, call->out);
		} else
			buf_add_text(call->out, ": wasn't set\n");
		ours_print_effect(ours, &done->effect, call->out);
		buf_fini(&before);
		return;
	}
	record = json_object();
	json_object_set_new(
	    record, "address", print_string(key->text, key->len));
	json_object_set_new(record, "before",
	    done->removed ? print_string(before.data, before.len)
			  : json_null());
	ours_add_where(ours, &done->where, record);
	json_object_set_new(
	    record, "effect", ours_effect_record(ours, &done->effect));
	print_record(call->form, record, call->out);
	json_decref(record);
	buf_fini(&before);
}

static int
cmd_unset_change(const struct cmd_call *call, const struct ours *ours,
    const struct address_keys *keys)
{
	struct cmd_unset_done done = {0};
	int status = cmd_unset_remove(ours, call->word[0], keys, &done);

	if (status == 0)
		status = ours_effect(ours, keys, &done.effect);
	/* In another spelling, perhaps. */
	if (status != 0 && done.removed)
		say("%s: was removed all the same",
		    text_show(keys->key[0].text, keys->key[0].len));
	if (status == 0) {
		cmd_unset_print(call, ours, &keys->key[0], &done);
		status = done.removed ? CMD_FOUND : CMD_NOTFOUND;
	}
	keep_values_fini(&done.before);
	buf_fini(&done.where);
	return status;
}

static int
cmd_unset_run(const struct cmd_call *call)
{
	struct address_keys *keys = mem_alloc(sizeof(*keys));
	struct ours ours;
	int status = ours_open(&ours, call, KEEP_CHANGE);

	if (status == 0)
		status = ours_keys(&ours, call->word[0], keys);
	if (status == 0)
		status = ours_open_table(&ours, KEEP_CHANGE);
	if (status == 0)
		status = cmd_unset_change(call, &ours, keys);
	ours_close(&ours);
	free(keys);
	return status;
}

const struct cmd cmd_unset = {
    .name = "unset",
    .args = "ADDRESS",
    .summary = "remove what is set for a sender or a domain",
    .help =
	"Removes the row, so that what is set for the address without its\n"
	"extension, or for its domain, holds again. To make an exception\n"
	"from the domain's rule, use 'set ADDRESS off' instead. Ends with\n"
	"1 if there was no such row. In a directory the entry stays, without\n"
	"the attribute.\n",
    .options = CMD_MAP | CMD_TABLE | CMD_AS | CMD_PASSWORD_FILE,
    .min = 1,
    .max = 1,
    .run = cmd_unset_run,
};
