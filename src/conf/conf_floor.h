/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_CONF_FLOOR_H
#define FORCEENC_CONF_CONF_FLOOR_H

#include <stdbool.h>

#include "conf/file.h"
#include "forceenc/conf_floor.h"
#include "forceenc/problems.h"

/* What file sets for a map of that name: the options of its kind alone, given
 * as an option's kinds. */
void conf_floor_read(struct conf_floor *, const struct file *, const char *map,
    unsigned kinds, struct problems *);
void conf_floor_fini(struct conf_floor *);
bool conf_floor_equal(const struct conf_floor *, const struct conf_floor *);

#endif
