/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/piped.h"

#include <stddef.h>
#include <unistd.h>

#include "forceenc-watch/archive.h"
#include "forceenc/log.h"

/* Who writes line by line is given time for the next one. */
#define PIPED_PAUSE_MS 1000

static void
piped_on_hup(struct piped *piped)
{
	piped->loop->reload = false;
	loop_clear_stop(piped->loop);
	log_warn("the configuration isn't read again while the log is standard "
		 "input: start anew");
}

static bool
piped_wait(void *arg)
{
	struct piped *piped = arg;
	struct loop *loop = piped->loop;
	struct pollfd in[] = {
	    {STDIN_FILENO, POLLIN, 0}, {loop->stop, POLLIN, 0}};
	int ms = PIPED_PAUSE_MS;

	while (ms >= 0) {
		loop_poll(in, 2, ms, loop);
		if (loop->stopping)
			return false;
		if (loop->reload)
			piped_on_hup(piped);
		else if (in[0].revents != 0)
			return true;
		else
			ms = piped->idle(piped->arg);
	}
	return false;
}

void
piped_begin(struct piped *piped)
{
	archive_wait_for_input(piped_wait, piped);
}

void
piped_end(void)
{
	archive_wait_for_input(NULL, NULL);
}
