/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/cmd.h"
#include "forceencctl/state.h"
#include "forceencctl/talk.h"

static int
cmd_cache_stats_run(const struct cmd_call *call)
{
	static const char *const words[] = {"cache", "stats"};

	return talk_and_print(call, words, 2, state_print_cache);
}

const struct cmd cmd_cache_stats = {
    .name = "cache stats",
    .args = "",
    .summary = "show how full the cache is and how useful",
    .help = "'fresh' are the looks at the cache that found something to\n"
	    "believe, 'too old' those after which the table had to be asked\n"
	    "again.\n",
    .options = CMD_SOCKET,
    .run = cmd_cache_stats_run,
};
