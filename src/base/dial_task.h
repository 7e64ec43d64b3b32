/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_BASE_DIAL_TASK_H
#define FORCEENC_BASE_DIAL_TASK_H

#include <stdbool.h>

#include "dial_socket.h"
#include "forceenc/dial.h"

enum dial_task_phase {
	DIAL_TASK_RESOLVING,
	DIAL_TASK_CONNECTING,
	DIAL_TASK_STEPPING,
};

/* What a helper thread does, from the name to the outcome, knowing nothing of
 * threads. Everything is the
 * caller's. */
struct dial_task {
	char *name;
	char *host;
	char *port;
	char *path;
	uint64_t deadline;
	const struct dial_step *step;
	void *arg;
	struct dial_outcome *outcome; /* all-zero at first */
	/* Told of each phase. False: nobody wants the outcome any more. */
	bool (*enter)(struct dial_task *, enum dial_task_phase);
	struct dial_socket_guard guard;
};

void dial_task_run(struct dial_task *);

#endif
