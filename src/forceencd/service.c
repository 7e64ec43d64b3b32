/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/service.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"

static void
service_free(struct service *service)
{
	struct map *map;
	size_t i, j;

	for (i = 0; i < service->conf->nmaps; i++) {
		map = &service->map[i];
		for (j = 0; j < map->conf->ntables; j++)
			if (map->table[j] != NULL)
				tables_release(service->tables, map->table[j]);
		free(map->table);
		if (map->answerer != NULL)
			answerers_release(service->answerers, map->answerer);
	}
	free(service->map);
	conf_hold_release(service->hold);
	free(service);
}

static int
service_add_map(struct service *service, size_t i, const struct service *old,
    struct err *err)
{
	const struct conf_map *conf = &service->conf->map[i];
	struct map *map = &service->map[i], *before;
	size_t j;

	for (j = 0; j < conf->ntables; j++) {
		map->table[j] = tables_take(service->tables, &conf->table[j],
		    &conf->answers, service->hold);
		if (map->table[j] == NULL)
			return err_set(
			    err, "more than %d tables in use", CACHE_TABLES);
	}
	if (conf->kind != CONF_MAP_SENDERS)
		map->answerer =
		    answerers_take(service->answerers, conf, service->hold);
	before = old == NULL
	    ? NULL
	    : service_find(old, conf->name, strlen(conf->name));
	if (before != NULL)
		map->counts = before->counts;
	return 0;
}

struct service *
service_new(struct conf *conf, struct tables *tables,
    struct answerers *answerers, const struct service *old, struct err *err)
{
	struct service *service = mem_zalloc(sizeof(*service));
	size_t i;

	service->refs = 1;
	service->hold = conf_hold_new(conf);
	service->conf = conf;
	service->tables = tables;
	service->answerers = answerers;
	service->rules.delimiters = conf->recipient_delimiter;
	service->rules.fold_local = conf->fold_local_part;
	service->times.present_ttl = conf->present_ttl;
	service->times.absent_ttl = conf->absent_ttl;
	service->times.watched_ttl = conf->watched_ttl;
	service->times.watch_interval = conf->watch_interval;
	service->map = mem_zalloc(conf->nmaps * sizeof(*service->map));
	for (i = 0; i < conf->nmaps; i++) {
		service->map[i].conf = &conf->map[i];
		service->map[i].table = mem_zalloc(
		    conf->map[i].ntables * sizeof(*service->map[i].table));
	}
	for (i = 0; i < conf->nmaps; i++) {
		if (service_add_map(service, i, old, err) == 0)
			continue;
		service_free(service);
		return NULL;
	}
	return service;
}

void
service_keep(struct service *service)
{
	service->refs++;
}

void
service_release(struct service *service)
{
	if (service == NULL)
		return;
	MUST(service->refs > 0);
	if (--service->refs == 0)
		service_free(service);
}

struct map *
service_find(const struct service *service, const char *name, size_t len)
{
	const struct conf_map *conf = conf_map_find(service->conf, name, len);

	return conf == NULL ? NULL : &service->map[conf - service->conf->map];
}

void
service_count(struct map *map, const struct resolve_reply *reply)
{
	struct map_counts *counts = &map->counts;

	counts->questions++;
	counts->stale += reply->stale;
	counts->failsafe += reply->failsafe;
	counts->late += reply->late;
	switch (reply->outcome) {
	case RESOLVE_ANSWER:
		counts->answered++;
		break;
	case RESOLVE_DUNNO:
		counts->dunno++;
		break;
	case RESOLVE_ABSENT:
		counts->absent++;
		break;
	case RESOLVE_UNSURE:
		counts->unsure++;
		break;
	}
}

void
service_count_waited(
    struct map *map, const struct resolve_reply *reply, uint64_t waited_us)
{
	service_count(map, reply);
	histogram_add(&map->counts.waited, waited_us);
}
