/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/scene.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/hash.h"
#include "forceenc/mem.h"

#define SCENE_SLOTS    512
#define SCENE_SLOT_MAX 112

/* What a host and a program's name were found to be, the last time. */
struct scene_slot {
	struct scene_program program;
	uint8_t host_len;
	uint8_t program_len;
	char key[SCENE_SLOT_MAX];
};

struct scene {
	struct names *names;
	char *bare_names;
	struct scene_host **host;
	size_t nhosts;
	struct scene_service **service;
	size_t nservices;
	uint32_t instances;
	uint64_t refused;
	struct scene_program other; /* what no slot holds */
	struct scene_slot slot[SCENE_SLOTS];
};

struct scene *
scene_new(struct names *names, const char *bare_names)
{
	struct scene *scene = mem_zalloc(sizeof(*scene));

	scene->names = names;
	scene->bare_names = mem_strdup(bare_names);
	return scene;
}

void
scene_free(struct scene *scene)
{
	size_t i;

	if (scene == NULL)
		return;
	for (i = 0; i < scene->nservices; i++) {
		names_put(scene->names, scene->service[i]->name);
		free(scene->service[i]);
	}
	for (i = 0; i < scene->nhosts; i++) {
		names_put(scene->names, scene->host[i]->name);
		free(scene->host[i]);
	}
	free(scene->service);
	free(scene->host);
	free(scene->bare_names);
	free(scene);
}

static bool
scene_is(const struct name *name, const char *s, size_t len)
{
	return name->raw_len == len && memcmp(name->raw, s, len) == 0;
}

static struct scene_host *
scene_host(struct scene *scene, const char *s, size_t len)
{
	struct scene_host *host;
	size_t i;

	for (i = 0; i < scene->nhosts; i++)
		if (scene_is(scene->host[i]->name, s, len))
			return scene->host[i];
	/* A host is there because of its first service. */
	if (scene->nhosts == SCENE_HOSTS_MAX ||
	    scene->nservices == SCENE_SERVICES_MAX)
		return NULL;
	host = mem_zalloc(sizeof(*host));
	host->name = names_get(scene->names, NAME_TEXT, s, len);
	host->number = (uint32_t)scene->nhosts;
	host->fresh = true;
	scene->host =
	    mem_resize(scene->host, scene->nhosts + 1, sizeof(*scene->host));
	scene->host[scene->nhosts++] = host;
	return host;
}

struct scene_service *
scene_service(struct scene *scene, const char *host_name, size_t host_len,
    const char *name, size_t name_len)
{
	struct scene_service *service;
	struct scene_host *host;
	size_t i;

	host = scene_host(scene, host_name, host_len);
	if (host == NULL)
		return NULL;
	for (i = 0; i < scene->nservices; i++) {
		service = scene->service[i];
		if (service->host == host &&
		    scene_is(service->name, name, name_len))
			return service;
	}
	if (scene->nservices == SCENE_SERVICES_MAX)
		return NULL;
	service = mem_zalloc(sizeof(*service));
	service->host = host;
	service->name = names_get(scene->names, NAME_TEXT, name, name_len);
	service->number = (uint32_t)scene->nservices;
	service->is_smtps = memmem(name, name_len, "smtps", 5) != NULL ||
	    memmem(name, name_len, "submissions", 11) != NULL;
	scene->service = mem_resize(
	    scene->service, scene->nservices + 1, sizeof(*scene->service));
	scene->service[scene->nservices++] = service;
	return service;
}

static bool
scene_is_bare(const struct scene *scene, const char *name, size_t len)
{
	const char *at = scene->bare_names;
	size_t n;

	for (;;) {
		at += strspn(at, ", \t");
		n = strcspn(at, ", \t");
		if (n == 0)
			return false;
		if (n == len && memcmp(at, name, len) == 0)
			return true;
		at += n;
	}
}

static void
scene_classify(struct scene *scene, struct scene_program *out, const char *host,
    size_t host_len, const char *program, size_t len)
{
	const char *slash = memrchr(program, '/', len);
	size_t name_len = slash == NULL ? len : (size_t)(slash - program);
	const char *process = slash == NULL ? program : slash + 1;

	out->service = NULL;
	out->process =
	    event_process(process, (size_t)(program + len - process));
	if (slash == NULL && out->process != EVENT_PROCESS_LOGGER)
		out->process = scene_is_bare(scene, program, len)
		    ? EVENT_PROCESS_ANY
		    : EVENT_PROCESS_FOREIGN;
	else if (slash != NULL && out->process == EVENT_PROCESS_LOGGER)
		out->process = EVENT_PROCESS_FOREIGN;
	if (out->process == EVENT_PROCESS_FOREIGN)
		return;
	out->service = scene_service(scene, host, host_len, program, name_len);
	if (out->service == NULL)
		scene->refused++;
}

const struct scene_program *
scene_find(struct scene *scene, const char *host, size_t host_len,
    const char *program, size_t program_len)
{
	struct scene_slot *slot;
	uint64_t hash;

	if (host_len + program_len > SCENE_SLOT_MAX) {
		scene_classify(
		    scene, &scene->other, host, host_len, program, program_len);
		return &scene->other;
	}
	hash = hash_bytes(hash_bytes(0, host, host_len), program, program_len);
	slot = &scene->slot[hash % SCENE_SLOTS];
	if (slot->host_len == host_len && slot->program_len == program_len &&
	    memcmp(slot->key, host, host_len) == 0 &&
	    memcmp(slot->key + host_len, program, program_len) == 0)
		return &slot->program;
	scene_classify(
	    scene, &slot->program, host, host_len, program, program_len);
	slot->host_len = (uint8_t)host_len;
	slot->program_len = (uint8_t)program_len;
	memcpy(slot->key, host, host_len);
	memcpy(slot->key + host_len, program, program_len);
	return &slot->program;
}

void
scene_set_instance(struct scene *scene, struct scene_service *service)
{
	if (service->instance)
		return;
	service->instance = true;
	scene->instances++;
}

/* "postfix-out" is an instance's name in front of "postfix-out/relay". */
static bool
scene_is_within(const struct name *inner, const struct name *outer)
{
	return inner->raw_len >= outer->raw_len &&
	    memcmp(inner->raw, outer->raw, outer->raw_len) == 0 &&
	    (inner->raw_len == outer->raw_len ||
		inner->raw[outer->raw_len] == '/');
}

const struct scene_service *
scene_owner(struct scene *scene, struct scene_service *service)
{
	const struct scene_service *other;
	size_t i;

	if (service->known == scene->instances)
		return service->owner;
	service->known = scene->instances;
	service->owner = NULL;
	for (i = 0; i < scene->nservices; i++) {
		other = scene->service[i];
		if (other->instance && other->host == service->host &&
		    scene_is_within(service->name, other->name) &&
		    (service->owner == NULL ||
			other->name->raw_len > service->owner->name->raw_len))
			service->owner = other;
	}
	return service->owner;
}

bool
scene_is_of(
    const struct scene_service *service, const struct scene_service *instance)
{
	return service->host == instance->host &&
	    scene_is_within(service->name, instance->name);
}

size_t
scene_hosts(const struct scene *scene)
{
	return scene->nhosts;
}

struct scene_host *
scene_host_at(struct scene *scene, size_t i)
{
	return scene->host[i];
}

size_t
scene_services(const struct scene *scene)
{
	return scene->nservices;
}

struct scene_service *
scene_service_at(struct scene *scene, size_t i)
{
	return scene->service[i];
}

uint64_t
scene_refused(const struct scene *scene)
{
	return scene->refused;
}
