/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_INPUT_STEP_H
#define FORCEENC_WATCH_INPUT_STEP_H

/* What a step through a log that is followed has come to. Up to INPUT_COMMIT
 * there is more to do at once. */
enum input_step {
	INPUT_MORE,   /* fed some; take the next one */
	INPUT_COMMIT, /* commit before the next one */
	INPUT_IDLE,   /* all was fed that is there; more comes with a sign */
	INPUT_AGAIN,  /* nothing can be had now: look again soon, unasked */
};

#endif
