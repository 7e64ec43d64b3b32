/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/hold.h"

#include <stdbool.h>
#include <stddef.h>

static const int hold_signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};

#define HOLD_SIGNALS (sizeof(hold_signals) / sizeof(*hold_signals))

/* As nohup(1) has it: blocked, it would wait all the same. */
static bool
hold_is_ignored(int sig)
{
	struct sigaction now;

	return sigaction(sig, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

void
hold_begin(struct hold *hold)
{
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < HOLD_SIGNALS; i++)
		if (!hold_is_ignored(hold_signals[i]))
			sigaddset(&set, hold_signals[i]);
	sigprocmask(SIG_BLOCK, &set, &hold->before);
}

int
hold_asked(void)
{
	sigset_t waiting;
	size_t i;

	sigpending(&waiting);
	for (i = 0; i < HOLD_SIGNALS; i++)
		if (sigismember(&waiting, hold_signals[i]) == 1)
			return hold_signals[i];
	return 0;
}

void
hold_end(const struct hold *hold)
{
	sigprocmask(SIG_SETMASK, &hold->before, NULL);
}
