/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_CONF_LISTEN_H
#define FORCEENC_CONF_CONF_LISTEN_H

#include <stdbool.h>

#include "conf/file.h"
#include "forceenc/conf.h"
#include "forceenc/problems.h"

/* Where questions are answered, and the control socket; conf has its maps. */
void conf_listen_read(struct conf *, const struct file *, struct problems *);
void conf_listen_free(struct conf *);

/* Whether both listen at the same places, in whatever order: for tcp_table if
 * tcp, for socketmap otherwise. */
bool conf_listen_same(const struct conf *, const struct conf *, bool tcp);
bool conf_listen_control_same(const struct conf *, const struct conf *);

#endif
