/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/place.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forceenc-watch/lock.h"
#include "forceenc/log.h"
#include "forceenc/text.h"

struct store *
place_open(const struct conf *conf, struct loop *loop,
    enum store_trouble *trouble, struct err *err)
{
	static const char sqlite[] = "sqlite:";
	char name[HOST_NAME_MAX + 1] = "";
	struct store_place place = {.spec = conf->store,
	    .pgsql = &conf->store_pgsql,
	    .stop = loop != NULL ? loop->stop : -1,
	    .poll = loop != NULL ? loop_poll : NULL,
	    .arg = loop,
	    .trouble = trouble};
	char *before = NULL;
	struct store *store;

	*trouble = STORE_WRONG;
	if (strncmp(conf->store, sqlite, strlen(sqlite)) == 0 &&
	    lock_take(conf->store + strlen(sqlite), err) == -1)
		return NULL;
	if (gethostname(name, sizeof(name) - 1) == -1 || name[0] == '\0')
		strcpy(name, "localhost");
	place.host = *conf->store_host != '\0' ? conf->store_host : name;
	if (*conf->store_host == '\0')
		place.before = &before;
	store = store_open_place(&place, STORE_WRITE, err);
	if (before != NULL)
		log_info("%s: this machine was called %s; it goes on as %s",
		    text_show_str(conf->store), text_show_str(before), name);
	free(before);
	return store;
}
