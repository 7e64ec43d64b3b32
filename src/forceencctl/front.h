/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_FRONT_H
#define FORCEENC_FORCEENCCTL_FRONT_H

#include "forceenc/err.h"
#include "forceencctl/cmd.h"

/* The command line, and the help that it gives. */

enum front_action {
	FRONT_RUN,     /* cmd with call */
	FRONT_HELP,    /* of cmd, or of all if it's NULL */
	FRONT_VERSION, /* and no more */
};

struct front {
	enum front_action action;
	const struct cmd *cmd;
	struct cmd_call call; /* but for out; words are in argv */
};

/* Options may stand anywhere; "--" ends them. argv is reordered. -1 with err:
 * wrong usage. */
int front_parse(struct front *, int argc, char **argv, struct err *);

void front_help(const struct cmd *, struct buf *out);

#endif
