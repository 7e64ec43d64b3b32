/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "config.h"
#include "forceencctl/front.h"
#include "forceencctl/say.h"

/* An answer that can't be delivered is none. */
static int
main_print(struct buf *out, int status)
{
	size_t written = fwrite(buf_text(out), 1, out->len, stdout);

	if (written == out->len && fflush(stdout) == 0)
		return status;
	say("standard output: %s", strerror(errno));
	return EX_IOERR;
}

int
main(int argc, char **argv)
{
	struct buf out = {0};
	struct front front;
	struct err err;
	int status = EX_OK;

	if (front_parse(&front, argc, argv, &err) == -1) {
		say("%s", err.text);
		return EX_USAGE;
	}
	front.call.out = &out;
	switch (front.action) {
	case FRONT_RUN:
		status = front.cmd->run(&front.call);
		break;
	case FRONT_HELP:
		front_help(front.cmd, &out);
		break;
	case FRONT_VERSION:
		buf_printf(&out, "forceencctl %s\n", PACKAGE_VERSION);
		break;
	}
	status = main_print(&out, status);
	buf_fini(&out);
	return status;
}
