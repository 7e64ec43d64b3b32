/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/cmd.h"
#include "forceencctl/state.h"
#include "forceencctl/talk.h"

static int
cmd_status_run(const struct cmd_call *call)
{
	static const char *const words[] = {"status"};

	return talk_and_print(call, words, 1, state_print_status);
}

const struct cmd cmd_status = {
    .name = "status",
    .args = "",
    .summary = "show how the daemon is doing",
    .help = "Of forceencd: since when it runs, its clients, its cache, what\n"
	    "each map was asked and answered, and which tables can be asked.\n",
    .options = CMD_SOCKET,
    .run = cmd_status_run,
};
