/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_HOLD_H
#define FORCEENC_FORCEENCCTL_HOLD_H

#include <signal.h>

/* A change that is whole or not at all: the signals by which a terminal, its
 * end or an administrator stops a program wait meanwhile, those that aren't
 * ignored. Programs that are run in it hold them as well, since a terminal
 * tells them, too. */

struct hold {
	sigset_t before;
};

void hold_begin(struct hold *);

/* The signal that wants us to stop, or 0. */
int hold_asked(void);

/* Those that waited do their work now, which is mostly the end. */
void hold_end(const struct hold *);

#endif
