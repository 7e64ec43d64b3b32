/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_CONF_MAP_H
#define FORCEENC_CONF_CONF_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/file.h"
#include "conf/option.h"
#include "forceenc/conf.h"
#include "forceenc/problems.h"

/*
 * The maps that file names, with their tables. An option of a map is called
 * by the map's name and one of option_map[]'s: since no name of option_main[]
 * ends like one of those, and none of those ends like another, every such
 * name has one meaning whatever maps are called.
 */
void conf_map_read_all(struct conf *, const struct file *, struct problems *);
void conf_map_free_all(struct conf *);

/* The option that an entry "forceenc_tables" sets, and how long the map's
 * name is that it begins with. NULL if the name isn't made like that. */
const struct option *conf_map_option(const char *name, size_t *map_len);

/* Whether a map's kind has the option. */
bool conf_map_has_option(const struct conf_map *, const struct option *);

/* "forceenc_tables"; the caller frees it. */
char *conf_map_option_name(const struct conf_map *, const struct option *);

#endif
