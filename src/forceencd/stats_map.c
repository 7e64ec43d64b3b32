/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/stats_map.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/address.h"
#include "forceenc/clock.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"
#include "forceencd/stats_worker.h"
#include "forceencd/wake.h"

#define STATS_MAP_MAGIC 0x53544154u

struct stats_map_kept {
	char *key; /* NULL: none */
	char *line;
	uint64_t at;
};

struct stats_map_ticket {
	struct answerer_ticket base; /* first: the asker gives it back */
	struct stats_map *map;
	struct stats_map_job *job;
	uint64_t deadline;
	TAILQ_ENTRY(stats_map_ticket) link;    /* of the map's */
	TAILQ_ENTRY(stats_map_ticket) waiting; /* of the job's */
};

/* A sender that is asked for, by the worker's hand. */
struct stats_map_job {
	struct stats_job base; /* first: the worker gives it back */
	TAILQ_HEAD(, stats_map_ticket) waiters;
	TAILQ_ENTRY(stats_map_job) link;
};

struct stats_map {
	struct answerer base;
	unsigned magic;
	const struct conf *conf;
	struct stats_worker *worker;
	struct wake wake;
	TAILQ_HEAD(, stats_map_ticket) tickets;
	TAILQ_HEAD(, stats_map_job) jobs;
	unsigned njobs;
	bool down;                /* the last job failed */
	struct address_keys keys; /* scratch */
	struct stats_map_kept kept[STATS_MAP_KEPT];
};

static struct stats_map *
stats_map_of(void *arg)
{
	struct stats_map *map = arg;

	MUST_BE(map, STATS_MAP_MAGIC);
	return map;
}

/* FNV-1a: who makes two keys meet makes the worker be asked once more. */
static struct stats_map_kept *
stats_map_place(struct stats_map *map, const char *key)
{
	uint32_t hash = UINT32_C(0x811c9dc5);

	for (; *key != '\0'; key++)
		hash = (hash ^ (unsigned char)*key) * UINT32_C(0x01000193);
	return &map->kept[(hash ^ hash >> 16) % STATS_MAP_KEPT];
}

static void
stats_map_forget(struct stats_map_kept *kept)
{
	free(kept->key);
	free(kept->line);
	*kept = (struct stats_map_kept){0};
}

static void
stats_map_keep(
    struct stats_map *map, const char *key, const char *line, uint64_t now)
{
	struct stats_map_kept *kept = stats_map_place(map, key);

	stats_map_forget(kept);
	*kept = (struct stats_map_kept){
	    mem_strdup(key), line != NULL ? mem_strdup(line) : NULL, now};
}

static void
stats_map_reply(struct resolve_reply *reply, const char *line)
{
	*reply = (struct resolve_reply){
	    .outcome = line != NULL ? RESOLVE_ANSWER : RESOLVE_ABSENT,
	    .text = line};
}

static void
stats_map_ticket_free(struct stats_map_ticket *ticket)
{
	struct stats_map *map = ticket->map;

	TAILQ_REMOVE(&map->tickets, ticket, link);
	TAILQ_REMOVE(&ticket->job->waiters, ticket, waiting);
	map->base.waiting--;
	free(ticket);
}

static void
stats_map_finish(
    struct stats_map_ticket *ticket, const struct resolve_reply *reply)
{
	struct answerer_ticket base = ticket->base;

	stats_map_ticket_free(ticket);
	base.done(reply, base.arg);
}

static struct stats_map_job *
stats_map_job(struct stats_map *map, const char *key)
{
	struct stats_map_job *job;

	TAILQ_FOREACH (job, &map->jobs, link)
		if (strcmp(job->base.key, key) == 0)
			return job;
	if (map->njobs == STATS_MAP_JOBS)
		return NULL;
	job = mem_zalloc(sizeof(*job));
	job->base.key = mem_strdup(key);
	TAILQ_INIT(&job->waiters);
	TAILQ_INSERT_TAIL(&map->jobs, job, link);
	map->njobs++;
	stats_worker_put(map->worker, &job->base);
	return job;
}

/* Whether it can be asked for at all. */
static int
stats_map_check_key(
    struct stats_map *map, const char *key, size_t len, struct err *err)
{
	const struct address_rules rules = {
	    .delimiters = map->conf->recipient_delimiter,
	    .fold_local = map->conf->fold_local_part};
	const char *why;

	if (len == 0 || len > STATS_MAP_KEY_MAX)
		return err_set(err, "no address, or one of more than %d bytes",
		    STATS_MAP_KEY_MAX);
	if (memchr(key, '\0', len) != NULL)
		return err_set(err, "a NUL in an address");
	if (address_keys(&map->keys, &rules, key, len, &why) == -1)
		return err_set(err, "%s: %s", text_show(key, len), why);
	return 0;
}

static enum resolve_status
stats_map_ask(struct answerer *answerer,
    const struct answerer_question *question, uint64_t now,
    struct resolve_reply *reply, struct answerer_ticket **out)
{
	struct stats_map *map = stats_map_of(answerer);
	char key[STATS_MAP_KEY_MAX + 1];
	struct stats_map_ticket *ticket;
	struct stats_map_kept *kept;
	struct stats_map_job *job;

	if (stats_map_check_key(
		map, question->key, question->len, &reply->why) == -1)
		return RESOLVE_DONE;
	memcpy(key, question->key, question->len);
	key[question->len] = '\0';
	kept = stats_map_place(map, key);
	if (kept->key != NULL && strcmp(kept->key, key) == 0 &&
	    now - kept->at < STATS_MAP_TTL) {
		stats_map_reply(reply, kept->line);
		return RESOLVE_DONE;
	}
	job = map->base.waiting < STATS_MAP_TICKETS ? stats_map_job(map, key)
						    : NULL;
	if (job == NULL) {
		err_set(&reply->why, "too many questions wait for an answer");
		reply->late = true;
		return RESOLVE_DONE;
	}
	ticket = mem_zalloc(sizeof(*ticket));
	ticket->base.answerer = answerer;
	ticket->map = map;
	ticket->job = job;
	ticket->deadline = now + question->conf->answer_deadline;
	TAILQ_INSERT_TAIL(&map->tickets, ticket, link);
	TAILQ_INSERT_TAIL(&job->waiters, ticket, waiting);
	map->base.waiting++;
	*out = &ticket->base;
	return RESOLVE_WAIT;
}

static void
stats_map_cancel(struct answerer_ticket *ticket)
{
	stats_map_ticket_free((struct stats_map_ticket *)ticket);
}

/* One line when it fails, one when it works again. */
static void
stats_map_tell(struct stats_map *map, const struct stats_job *job)
{
	if (job->failed && !map->down)
		log_warn("%s: statistics can't be asked: %s",
		    text_show_str(map->conf->store), job->why.text);
	else if (!job->failed && map->down)
		log_info("%s: statistics can be asked again",
		    text_show_str(map->conf->store));
	map->down = job->failed;
}

/* Who asks while others are told finds the answer, or begins anew. */
static void
stats_map_done(struct stats_map *map, struct stats_map_job *job, uint64_t now)
{
	struct stats_map_ticket *ticket;
	struct resolve_reply reply;

	stats_map_tell(map, &job->base);
	if (!job->base.failed)
		stats_map_keep(map, job->base.key, job->base.line, now);
	TAILQ_REMOVE(&map->jobs, job, link);
	map->njobs--;
	while ((ticket = TAILQ_FIRST(&job->waiters)) != NULL) {
		stats_map_reply(&reply, job->base.line);
		if (job->base.failed) {
			reply.outcome = RESOLVE_UNSURE;
			reply.why = job->base.why;
		}
		stats_map_finish(ticket, &reply);
	}
	free(job->base.key);
	free(job->base.line);
	free(job);
}

static void
stats_map_collect(struct stats_map *map, uint64_t now)
{
	struct stats_job *job;

	while ((job = stats_worker_take(map->worker)) != NULL)
		stats_map_done(map, (struct stats_map_job *)job, now);
}

/* In the order in which they came: deadlines differ after a reload only, and
 * then one may be kept a little late. */
static uint64_t
stats_map_tick(struct answerer *answerer, uint64_t now)
{
	struct stats_map *map = stats_map_of(answerer);
	struct stats_map_ticket *ticket;
	struct resolve_reply reply;

	if (wake_take(&map->wake))
		stats_map_collect(map, now);
	while ((ticket = TAILQ_FIRST(&map->tickets)) != NULL &&
	    ticket->deadline <= now) {
		reply = (struct resolve_reply){
		    .outcome = RESOLVE_UNSURE, .late = true};
		err_set(&reply.why, "no answer in time");
		stats_map_finish(ticket, &reply);
	}
	return ticket != NULL ? ticket->deadline : CLOCK_NEVER;
}

/* Words and numbers on one line. */
static int
stats_map_check(const char *text, size_t len, struct err *err)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return err_set(err, "not a line of counters");
	return 0;
}

static bool
stats_map_end(struct answerer *answerer)
{
	return stats_worker_end(stats_map_of(answerer)->worker);
}

static void
stats_map_free(struct answerer *answerer)
{
	struct stats_map *map = stats_map_of(answerer);
	size_t i;

	MUST(TAILQ_EMPTY(&map->tickets));
	stats_worker_join(map->worker);
	stats_map_collect(map, 0);
	wake_fini(&map->wake);
	stats_worker_free(map->worker);
	for (i = 0; i < STATS_MAP_KEPT; i++)
		stats_map_forget(&map->kept[i]);
	map->magic = 0;
	free(map);
}

static const struct answerer_ops stats_map_ops = {
    .ask = stats_map_ask,
    .cancel = stats_map_cancel,
    .check = stats_map_check,
    .tick = stats_map_tick,
    .end = stats_map_end,
    .free = stats_map_free,
};

struct answerer *
stats_map_new(const struct conf *conf, const struct source_env *env)
{
	struct stats_map *map = mem_zalloc(sizeof(*map));

	map->base.ops = &stats_map_ops;
	map->magic = STATS_MAP_MAGIC;
	map->conf = conf;
	TAILQ_INIT(&map->tickets);
	TAILQ_INIT(&map->jobs);
	map->worker = stats_worker_new(conf);
	wake_init(&map->wake, env->base);
	wake_on(&map->wake, stats_worker_fd(map->worker), true, false);
	return &map->base;
}
