/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_WAKE_H
#define FORCEENC_FORCEENCD_WAKE_H

#include <stdbool.h>

struct event;
struct event_base;

/*
 * Waits in the loop for one descriptor and remembers that it came up. What is
 * to be done then is done in the turn that follows, where the time is known
 * and nobody is in the middle of something.
 */
struct wake {
	struct event *event;
	int fd;
	short what; /* 0: not waiting */
	bool woken;
};

void wake_init(struct wake *, struct event_base *);
void wake_fini(struct wake *);

/* Waits for fd to be readable, or writable, or either. */
void wake_on(struct wake *, int fd, bool read, bool write);
/* Before a descriptor is closed. */
void wake_off(struct wake *);

/* Whether it came up since the last call. */
bool wake_take(struct wake *);

#endif
