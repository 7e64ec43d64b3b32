/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_INPUT_H
#define FORCEENC_WATCH_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "forceenc-watch/input_step.h"
#include "forceenc-watch/keep.h"
#include "forceenc-watch/walk.h"
#include "forceenc/err.h"

/* The log that is followed, whatever kind of log it is: where it goes on, and
 * when there is more of it. */
struct input;

/* log is the option's value. Goes on from what is kept; the walk's state was
 * loaded before. keep and walk must outlive it. NULL with err. */
struct input *input_open(
    const char *log, struct keep *, struct walk *, struct err *);
void input_close(struct input *); /* NULL is fine */

enum input_step input_step(struct input *);

/* What was fed until the last step, as keep_commit() does it. The report is
 * filled with how far behind it is. */
int input_commit(struct input *, struct keep_report *, struct err *);

/* Bytes that weren't fed yet; -1: that can't be told, as of a journal. */
int64_t input_behind(const struct input *);
/* Whether there is a log at all, and it can be read. */
bool input_is_there(const struct input *);

/* After INPUT_IDLE: how many ms the descriptor may be waited for, with none of
 * it before the next step if that is 0. */
unsigned input_patience(struct input *);
/* Readable when there is more. -1: nothing tells. */
int input_fd(const struct input *);
/* To be called before the steps of a turn. */
void input_wake(struct input *);

#endif
