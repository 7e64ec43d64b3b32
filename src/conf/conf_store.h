/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_CONF_STORE_H
#define FORCEENC_CONF_CONF_STORE_H

#include "conf/file.h"
#include "forceenc/conf.h"
#include "forceenc/problems.h"

/* Checks conf->store, which file sets, and reads the file that it names. */
void conf_store_read(struct conf *, const struct file *file, struct problems *);
void conf_store_fini(struct conf *);

/* Of the file that conf->store names, NULL if it names none. */
const char *conf_store_path(const struct conf *);

#endif
