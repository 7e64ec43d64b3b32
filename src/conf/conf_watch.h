/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_CONF_WATCH_H
#define FORCEENC_CONF_CONF_WATCH_H

#include "conf/file.h"
#include "forceenc/conf.h"
#include "forceenc/problems.h"

/* Whether log names something that forceenc-watch knows. The options are stored
 * already. */
void conf_watch_check(
    const struct conf *, const struct file *, struct problems *);

#endif
