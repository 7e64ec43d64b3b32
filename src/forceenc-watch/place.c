/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/place.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "forceenc-watch/lock.h"

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

	*trouble = STORE_WRONG;
	if (strncmp(conf->store, sqlite, strlen(sqlite)) == 0 &&
	    lock_take(conf->store + strlen(sqlite), err) == -1)
		return NULL;
	if (gethostname(name, sizeof(name) - 1) == -1 || name[0] == '\0')
		strcpy(name, "localhost");
	place.host = *conf->store_host != '\0' ? conf->store_host : name;
	return store_open_place(&place, STORE_WRITE, err);
}
