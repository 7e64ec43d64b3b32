/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_CONF_LISTEN_H
#define FORCEENC_CONF_CONF_LISTEN_H

#include "conf/file.h"
#include "forceenc/conf.h"
#include "forceenc/problems.h"

/* Where questions are answered, the control socket, figures; conf has its
 * maps. */
void conf_listen_read(struct conf *, const struct file *, struct problems *);
void conf_listen_free(struct conf *);

#endif
