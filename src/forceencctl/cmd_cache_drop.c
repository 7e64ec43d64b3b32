/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/cmd.h"
#include "forceencctl/site.h"
#include "forceencctl/talk.h"

static void
cmd_cache_drop_print(json_t *record, struct buf *out)
{
	buf_printf(out, "dropped: %lld\n",
	    (long long)json_integer_value(json_object_get(record, "dropped")));
}

static int
cmd_cache_drop_run(const struct cmd_call *call)
{
	const char *words[] = {"cache", "drop", call->word[0]};
	int status = site_address(call->word[0]);

	if (status != 0)
		return status;
	return talk_and_print(call, words, 3, cmd_cache_drop_print);
}

const struct cmd cmd_cache_drop = {
    .name = "cache drop",
    .args = "KEY",
    .summary = "make the daemon forget what it knows of a key",
    .help =
	"KEY is an address, a domain as '@example.com', or '<>'. It is\n"
	"dropped in all its spellings and of all tables, but what is known\n"
	"of the domain of an address stays. Ends with 1 if nothing was\n"
	"known.\n",
    .options = CMD_SOCKET,
    .min = 1,
    .max = 1,
    .run = cmd_cache_drop_run,
};
