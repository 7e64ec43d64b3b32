/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/cmd.h"
#include "forceencctl/talk.h"

static void
cmd_cache_flush_print(json_t *record, struct buf *out)
{
	buf_printf(out, "dropped: %lld\n",
	    (long long)json_integer_value(json_object_get(record, "dropped")));
}

static int
cmd_cache_flush_run(const struct cmd_call *call)
{
	static const char *const words[] = {"cache", "flush"};
	int status = talk_and_print(call, words, 2, cmd_cache_flush_print);

	/* An empty cache is what was asked for. */
	return status == CMD_NOTFOUND ? CMD_FOUND : status;
}

const struct cmd cmd_cache_flush = {
    .name = "cache flush",
    .args = "",
    .summary = "make the daemon forget everything",
    .help = "Everything is asked for again when it's needed. While a table\n"
	    "can't be asked, mail of senders who aren't in the cache waits:\n"
	    "don't flush then.\n",
    .options = CMD_SOCKET,
    .run = cmd_cache_flush_run,
};
