/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_SCENE_H
#define FORCEENC_WATCH_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc-watch/event.h"
#include "forceenc-watch/names.h"

/*
 * Who writes: hosts, and on each of them services by their syslog_name. A
 * syslog_name that qmgr(8) uses is an instance of Postfix with queue ids of
 * its own: "postfix", "postfix-out". "postfix-out/relay" belongs to that
 * instance; of "forceenc" nobody can tell.
 */
#define SCENE_SERVICES_MAX 4096
#define SCENE_HOSTS_MAX    1024
#define SCENE_NO_GAP       (-(INT64_MAX / 4000))

struct scene_host {
	struct name *name;
	uint32_t number;
	bool fresh;        /* nothing was read yet, or not since a gap */
	int64_t gap_until; /* lines are missing up to then */
};

struct scene_service {
	struct scene_host *host;
	struct name *name; /* the syslog_name */
	uint32_t number;
	bool instance;  /* qmgr(8) goes by this name */
	bool logs_tls;  /* a line about TLS was seen: where there is none,
			  * there was no TLS */
	bool is_smtps;  /* its clients may speak TLS from the start */
	uint32_t known; /* of scene->instances, when owner was found */
	const struct scene_service *owner; /* its instance, NULL: unknown */
};

struct scene_program {
	struct scene_service *service; /* NULL: foreign, or one too many */
	enum event_process process;
};

struct scene;

/* bare_names, separated by spaces or commas: syslog_names of programs whose
 * own names the logger cuts off. */
struct scene *scene_new(struct names *, const char *bare_names);
void scene_free(struct scene *);

/* Never NULL; the process is FOREIGN for what isn't Postfix. Borrowed until
 * the next call. */
const struct scene_program *scene_find(struct scene *, const char *host,
    size_t host_len, const char *program, size_t program_len);

/* NULL if there are too many. */
struct scene_service *scene_service(struct scene *, const char *host,
    size_t host_len, const char *name, size_t name_len);

void scene_set_instance(struct scene *, struct scene_service *);
/* The instance that a service belongs to for certain, or NULL. */
const struct scene_service *scene_owner(struct scene *, struct scene_service *);

/* Whether the instance's name stands in front of the service's. */
bool scene_is_of(
    const struct scene_service *, const struct scene_service *instance);

size_t scene_hosts(const struct scene *);
struct scene_host *scene_host_at(struct scene *, size_t i);
size_t scene_services(const struct scene *);
struct scene_service *scene_service_at(struct scene *, size_t i);
/* How often a program was met of which nothing can be counted, since there were
 * too many. */
uint64_t scene_refused(const struct scene *);

#endif
