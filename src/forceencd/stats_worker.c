/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/stats_worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "forceenc/buf.h"
#include "forceenc/clock.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/stats.h"

/* A database that couldn't be opened isn't tried again for so long (ms). */
#define STATS_WORKER_RETRY 1000

/* What is counted, in seconds. */
#define STATS_WORKER_PERIOD (30 * INT64_C(86400))

struct stats_worker {
	const struct conf *conf;
	pthread_t thread;
	bool joined;
	int done_fd; /* tells the loop */
	int stop_fd; /* tells whoever waits for the database */

	/* The thread's. */
	struct store *store;
	uint64_t failed_at; /* 0: it didn't */
	struct err why;

	pthread_mutex_t lock;
	pthread_cond_t wanted;
	/* Under the lock. */
	struct stats_jobs queue;
	struct stats_jobs done;
	bool ending;
	bool ended;
};

/* By outcome and level. */
struct stats_worker_sums {
	int64_t outcome[STORE_OUTCOMES];
	int64_t level[STORE_LEVELS];
	int64_t all;
};

static void
stats_worker_tell(int fd)
{
	uint64_t one = 1;
	ssize_t n = write(fd, &one, sizeof(one));

	(void)n;
}

static void
stats_worker_row(const char *const value[], int64_t count, void *arg)
{
	struct stats_worker_sums *sums = arg;
	unsigned i;

	sums->all += count;
	for (i = 0; i < STORE_OUTCOMES; i++)
		if (value[0] != NULL &&
		    strcmp(value[0], store_outcome_name(i)) == 0)
			sums->outcome[i] += count;
	for (i = 0; i < STORE_NO_LEVEL; i++)
		if (value[1] != NULL &&
		    strcmp(value[1], store_level_name(i)) == 0)
			sums->level[i] += count;
}

/* What was delivered, at which levels, and what wasn't. */
static char *
stats_worker_line(const struct stats_worker_sums *sums)
{
	struct buf line = {0};
	unsigned i;

	if (sums->all == 0)
		return NULL;
	buf_printf(&line, "%s=%lld", store_outcome_name(STORE_DELIVERED),
	    (long long)sums->outcome[STORE_DELIVERED]);
	for (i = 0; i < STORE_NO_LEVEL; i++)
		buf_printf(&line, " %s=%lld", store_level_name(i),
		    (long long)sums->level[i]);
	for (i = STORE_DELIVERED + 1; i < STORE_OUTCOMES; i++)
		buf_printf(&line, " %s=%lld", store_outcome_name(i),
		    (long long)sums->outcome[i]);
	return buf_steal(&line);
}

static int
stats_worker_ask(
    struct stats_worker *worker, struct stats_job *job, struct err *err)
{
	static const enum stats_dimension by[] = {STATS_OUTCOME, STATS_LEVEL};
	const struct stats_filter filter = {.sender = job->key,
	    .rules = {.delimiters = worker->conf->recipient_delimiter,
		.fold_local = worker->conf->fold_local_part},
	    .since = (int64_t)(clock_wall() / 1000) - STATS_WORKER_PERIOD,
	    .until = STATS_ALWAYS};
	struct stats_worker_sums sums = {0};

	if (stats_count(worker->store, &filter, by, 2, stats_worker_row, &sums,
		err) == -1)
		return -1;
	job->line = stats_worker_line(&sums);
	return 0;
}

static int
stats_worker_open(struct stats_worker *worker, struct err *err)
{
	const struct store_place place = {.spec = worker->conf->store,
	    .pgsql = &worker->conf->store_pgsql,
	    .host = "",
	    .stop = worker->stop_fd};

	if (worker->failed_at != 0 &&
	    clock_now() - worker->failed_at < STATS_WORKER_RETRY) {
		*err = worker->why;
		return -1;
	}
	worker->store = store_open_place(&place, STORE_READ, &worker->why);
	worker->failed_at = worker->store == NULL ? clock_now() : 0;
	if (worker->store == NULL)
		*err = worker->why;
	return worker->store == NULL ? -1 : 0;
}

/* A database that was open may have been replaced, or its server restarted:
 * it's opened once more. */
static void
stats_worker_do(struct stats_worker *worker, struct stats_job *job)
{
	bool fresh = worker->store == NULL;

	job->failed = true;
	if (fresh && stats_worker_open(worker, &job->why) == -1)
		return;
	if (stats_worker_ask(worker, job, &job->why) == -1) {
		store_close(worker->store);
		worker->store = NULL;
		if (fresh || stats_worker_open(worker, &job->why) == -1 ||
		    stats_worker_ask(worker, job, &job->why) == -1)
			return;
	}
	job->failed = false;
}

static void *
stats_worker_run(void *arg)
{
	struct stats_worker *worker = arg;
	struct stats_job *job;

	MUST(pthread_mutex_lock(&worker->lock) == 0);
	while (!worker->ending) {
		job = TAILQ_FIRST(&worker->queue);
		if (job == NULL) {
			pthread_cond_wait(&worker->wanted, &worker->lock);
			continue;
		}
		TAILQ_REMOVE(&worker->queue, job, link);
		MUST(pthread_mutex_unlock(&worker->lock) == 0);
		stats_worker_do(worker, job);
		MUST(pthread_mutex_lock(&worker->lock) == 0);
		TAILQ_INSERT_TAIL(&worker->done, job, link);
		stats_worker_tell(worker->done_fd);
	}
	MUST(pthread_mutex_unlock(&worker->lock) == 0);
	store_close(worker->store);
	worker->store = NULL;
	MUST(pthread_mutex_lock(&worker->lock) == 0);
	worker->ended = true;
	stats_worker_tell(worker->done_fd);
	MUST(pthread_mutex_unlock(&worker->lock) == 0);
	return NULL;
}

/* Signals are the loop's. */
static void
stats_worker_start(struct stats_worker *worker)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&worker->thread, NULL, stats_worker_run, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error != 0)
		must_fatal("no thread for statistics: %s", strerror(error));
}

struct stats_worker *
stats_worker_new(const struct conf *conf)
{
	struct stats_worker *worker = mem_zalloc(sizeof(*worker));

	worker->conf = conf;
	worker->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	worker->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (worker->done_fd == -1 || worker->stop_fd == -1)
		must_fatal("eventfd: %s", strerror(errno));
	TAILQ_INIT(&worker->queue);
	TAILQ_INIT(&worker->done);
	MUST(pthread_mutex_init(&worker->lock, NULL) == 0);
	MUST(pthread_cond_init(&worker->wanted, NULL) == 0);
	stats_worker_start(worker);
	return worker;
}

bool
stats_worker_end(struct stats_worker *worker)
{
	bool ended;

	MUST(pthread_mutex_lock(&worker->lock) == 0);
	if (!worker->ending) {
		worker->ending = true;
		stats_worker_tell(worker->stop_fd);
		pthread_cond_signal(&worker->wanted);
	}
	ended = worker->ended;
	MUST(pthread_mutex_unlock(&worker->lock) == 0);
	return ended;
}

void
stats_worker_join(struct stats_worker *worker)
{
	stats_worker_end(worker);
	if (!worker->joined)
		MUST(pthread_join(worker->thread, NULL) == 0);
	worker->joined = true;
}

void
stats_worker_free(struct stats_worker *worker)
{
	stats_worker_join(worker);
	MUST(TAILQ_EMPTY(&worker->queue) && TAILQ_EMPTY(&worker->done));
	pthread_mutex_destroy(&worker->lock);
	pthread_cond_destroy(&worker->wanted);
	close(worker->done_fd);
	close(worker->stop_fd);
	free(worker);
}

void
stats_worker_put(struct stats_worker *worker, struct stats_job *job)
{
	MUST(pthread_mutex_lock(&worker->lock) == 0);
	TAILQ_INSERT_TAIL(&worker->queue, job, link);
	pthread_cond_signal(&worker->wanted);
	MUST(pthread_mutex_unlock(&worker->lock) == 0);
}

struct stats_job *
stats_worker_take(struct stats_worker *worker)
{
	struct stats_jobs *list = &worker->done;
	struct stats_job *job;
	uint64_t count;
	ssize_t n;

	n = read(worker->done_fd, &count, sizeof(count));
	(void)n;
	MUST(pthread_mutex_lock(&worker->lock) == 0);
	if (worker->ended && TAILQ_EMPTY(list))
		list = &worker->queue;
	job = TAILQ_FIRST(list);
	if (job != NULL)
		TAILQ_REMOVE(list, job, link);
	MUST(pthread_mutex_unlock(&worker->lock) == 0);
	return job;
}

int
stats_worker_fd(const struct stats_worker *worker)
{
	return worker->done_fd;
}
