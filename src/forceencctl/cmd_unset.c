/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceencctl/cmd.h"
#include "forceencctl/ours.h"

/* Removes the address in all its spellings, and as it was typed: a row that
 * somebody put in by hand may have any. Returns 0, or an exit status. */
static int
cmd_unset_remove(const struct ours *ours, const char *address,
    const struct address_keys *keys, struct buf *before, int *removed)
{
	const struct address_key typed = {
	    .text = address, .len = (uint16_t)strlen(address)};
	const struct address_key *key;
	struct buf value = {0};
	struct err err;
	unsigned i;
	int n;

	*removed = 0;
	for (i = 0; i <= keys->n; i++) {
		key = i < keys->n ? &keys->key[i] : &typed;
		if (i < keys->n && key->level != keys->key[0].level)
			continue;
		n = policy_get(ours->policy, key->text, key->len, &value, &err);
		if (n == 1 && before->len == 0)
			buf_add(before, value.data, value.len);
		if (n == 1)
			n = policy_unset(
			    ours->policy, key->text, key->len, &err);
		if (n == -1)
			break;
		*removed += n;
	}
	buf_fini(&value);
	return i <= keys->n ? ours_failed(&err) : 0;
}

static void
cmd_unset_print(const struct cmd_call *call, const struct ours *ours,
    const struct address_key *key, const struct buf *before,
    const struct ours_effect *effect)
{
	json_t *record;

	if (call->form == PRINT_TABLE) {
		print_add_text(call->out, key->text, key->len);
		if (before->len > 0) {
			buf_add_text(call->out, ": removed (was ");
			print_add_text(call->out, before->data, before->len);
			buf_add_text(call->out, ")\n");
		} else
			buf_add_text(call->out, ": wasn't set\n");
		ours_print_effect(ours, effect, call->out);
		return;
	}
	record = json_object();
	json_object_set_new(
	    record, "address", print_string(key->text, key->len));
	json_object_set_new(record, "before",
	    before->len > 0 ? print_string(before->data, before->len)
			    : json_null());
	json_object_set_new(record, "effect", ours_effect_record(ours, effect));
	print_record(call->form, record, call->out);
	json_decref(record);
}

static int
cmd_unset_change(const struct cmd_call *call, const struct ours *ours,
    const struct address_keys *keys)
{
	struct ours_effect effect = {0};
	struct buf before = {0};
	int removed = 0, status;

	status = cmd_unset_remove(ours, call->word[0], keys, &before, &removed);
	if (status == 0)
		status = ours_effect(ours, keys, &effect);
	if (status == 0) {
		cmd_unset_print(call, ours, &keys->key[0], &before, &effect);
		status = removed > 0 ? CMD_FOUND : CMD_NOTFOUND;
	}
	buf_fini(&before);
	buf_fini(&effect.value);
	return status;
}

static int
cmd_unset_run(const struct cmd_call *call)
{
	struct address_keys *keys = mem_alloc(sizeof(*keys));
	struct ours ours;
	int status = ours_open(&ours, call);

	if (status == 0)
		status = ours_keys(&ours, call->word[0], keys);
	if (status == 0)
		status = ours_open_policy(&ours, OURS_CHANGE);
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
    .help = "Removes the row, so that what is set for the address without its\n"
	    "extension, or for its domain, holds again. To make an exception\n"
	    "from the domain's rule, use 'set ADDRESS off' instead. Ends with\n"
	    "1 if there was no such row.\n",
    .options = CMD_MAP,
    .min = 1,
    .max = 1,
    .run = cmd_unset_run,
};
