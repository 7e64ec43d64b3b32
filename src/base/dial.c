/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * A job belongs to the loop from dial_start() until it's done or cancelled. A
 * thread that runs it meanwhile may write its outcome and nothing else; what
 * both look at (state, phase, guard, forgotten) is under the lock. A job that
 * is cancelled or late while a thread runs it is forgotten by the loop, and
 * the thread frees it.
 */

#include "forceenc/dial.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "dial_task.h"
#include "forceenc/clock.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"

/* How long dial_free() waits for threads, in seconds. */
#define DIAL_FREE_WAIT 1

enum dial_state { DIAL_QUEUED, DIAL_RUNNING, DIAL_FINISHED };

struct dial_job {
	struct dial *dial;
	struct dial_task task; /* its texts are owned */
	dial_done_fn *done;
	void *done_arg;
	TAILQ_ENTRY(dial_job) live; /* the loop's own list */

	struct dial_outcome outcome; /* the thread's while it runs */

	/* Under the lock. */
	TAILQ_ENTRY(dial_job) link; /* in queue or finished */
	enum dial_state state;
	enum dial_task_phase phase;
	bool forgotten;
	int guard; /* a second descriptor of the thread's socket; -1: none */
};

TAILQ_HEAD(dial_jobs, dial_job);

struct dial {
	unsigned threads_max;
	int fd;
	struct dial_jobs live; /* of the loop */

	pthread_mutex_t lock;
	pthread_cond_t ended;
	/* Under the lock. */
	struct dial_jobs queue;
	struct dial_jobs finished;
	unsigned threads;
	bool left; /* the last thread frees it */
};

static void
dial_lock(struct dial *dial)
{
	MUST(pthread_mutex_lock(&dial->lock) == 0);
}

static void
dial_unlock(struct dial *dial)
{
	MUST(pthread_mutex_unlock(&dial->lock) == 0);
}

struct dial *
dial_new(unsigned threads_max)
{
	struct dial *dial = mem_zalloc(sizeof(*dial));
	pthread_condattr_t attr;

	dial->threads_max = threads_max;
	dial->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (dial->fd == -1)
		must_fatal("eventfd: %s", strerror(errno));
	MUST(pthread_mutex_init(&dial->lock, NULL) == 0);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	MUST(pthread_cond_init(&dial->ended, &attr) == 0);
	pthread_condattr_destroy(&attr);
	TAILQ_INIT(&dial->live);
	TAILQ_INIT(&dial->queue);
	TAILQ_INIT(&dial->finished);
	return dial;
}

static void
dial_destroy(struct dial *dial)
{
	close(dial->fd);
	pthread_cond_destroy(&dial->ended);
	pthread_mutex_destroy(&dial->lock);
	free(dial);
}

void
dial_free(struct dial *dial)
{
	struct timespec until;
	unsigned threads;

	if (dial == NULL)
		return;
	MUST(TAILQ_EMPTY(&dial->live));
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += DIAL_FREE_WAIT;
	dial_lock(dial);
	while (dial->threads > 0)
		if (pthread_cond_timedwait(&dial->ended, &dial->lock, &until) !=
		    0)
			break;
	threads = dial->threads;
	dial->left = true;
	dial_unlock(dial);
	if (threads == 0)
		dial_destroy(dial);
}

static void
dial_free_job(struct dial_job *job)
{
	struct dial_task *task = &job->task;

	if (job->outcome.result != NULL)
		task->step->drop_result(job->outcome.result);
	if (task->step != NULL)
		task->step->drop_arg(task->arg);
	free(task->name);
	free(task->host);
	free(task->port);
	free(task->path);
	free(job);
}

/* False: nobody wants the result any more. */
static bool
dial_enter(struct dial_task *task, enum dial_task_phase phase)
{
	struct dial_job *job = task->guard.arg;
	bool wanted;

	dial_lock(job->dial);
	job->phase = phase;
	wanted = !job->forgotten;
	dial_unlock(job->dial);
	return wanted;
}

/* From here on the loop can end every wait on fd. */
static int
dial_guard(int fd, void *arg, struct err *err)
{
	struct dial_job *job = arg;
	int guard = fcntl(fd, F_DUPFD_CLOEXEC, 3), rc = 0;

	if (guard == -1)
		return err_set(err, "%m");
	dial_lock(job->dial);
	if (job->forgotten)
		rc = -1;
	else
		job->guard = guard;
	dial_unlock(job->dial);
	if (rc == -1)
		close(guard);
	return rc;
}

static void
dial_unguard(void *arg)
{
	struct dial_job *job = arg;
	int guard;

	dial_lock(job->dial);
	guard = job->guard;
	job->guard = -1;
	dial_unlock(job->dial);
	if (guard != -1)
		close(guard);
}

static void
dial_wake(struct dial *dial)
{
	uint64_t one = 1;
	ssize_t n;

	/* Full means that a wake is pending already. */
	do
		n = write(dial->fd, &one, sizeof(one));
	while (n == -1 && errno == EINTR);
}

/* Called, and returns, with the lock held. */
static void
dial_finish(struct dial *dial, struct dial_job *job)
{
	if (job->forgotten) {
		dial_unlock(dial);
		dial_free_job(job);
		dial_lock(dial);
		return;
	}
	job->state = DIAL_FINISHED;
	TAILQ_INSERT_TAIL(&dial->finished, job, link);
	dial_wake(dial);
}

/* Lives as long as there are jobs to take. */
static void *
dial_thread(void *arg)
{
	struct dial *dial = arg;
	struct dial_job *job;
	bool last;

	dial_lock(dial);
	while ((job = TAILQ_FIRST(&dial->queue)) != NULL) {
		TAILQ_REMOVE(&dial->queue, job, link);
		job->state = DIAL_RUNNING;
		dial_unlock(dial);
		dial_task_run(&job->task);
		dial_lock(dial);
		dial_finish(dial, job);
	}
	dial->threads--;
	last = dial->left && dial->threads == 0;
	pthread_cond_signal(&dial->ended);
	dial_unlock(dial);
	if (last)
		dial_destroy(dial);
	return NULL;
}

/* A thread that no signal disturbs. Returns an errno. */
static int
dial_spawn(struct dial *dial)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&thread, &attr, dial_thread, dial);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

static char *
dial_copy(const char *text)
{
	return text != NULL ? mem_strdup(text) : NULL;
}

struct dial_job *
dial_start(struct dial *dial, const struct dial_request *request,
    dial_done_fn *done, void *arg)
{
	struct dial_job *job = mem_zalloc(sizeof(*job));
	int error = 0;

	job->dial = dial;
	job->task = (struct dial_task){
	    .name = mem_strdup(request->name),
	    .host = dial_copy(request->host),
	    .port = dial_copy(request->port),
	    .path = dial_copy(request->path),
	    .deadline = request->deadline,
	    .step = request->step,
	    .arg = request->arg,
	    .outcome = &job->outcome,
	    .enter = dial_enter,
	    .guard = {dial_guard, dial_unguard, job},
	};
	job->done = done;
	job->done_arg = arg;
	job->guard = -1;
	TAILQ_INSERT_TAIL(&dial->live, job, live);
	dial_lock(dial);
	TAILQ_INSERT_TAIL(&dial->queue, job, link);
	if (dial->threads < dial->threads_max) {
		dial->threads++;
		error = dial_spawn(dial);
		if (error != 0 && --dial->threads == 0) {
			TAILQ_REMOVE(&dial->queue, job, link);
			errno = error;
			err_set(&job->outcome.why,
			    "%s: no thread to connect with: %m",
			    job->task.name);
			dial_finish(dial, job);
		}
	}
	dial_unlock(dial);
	return job;
}

/* The loop is through with a job: frees it, or leaves that to its thread,
 * whose wait ends. */
static void
dial_forget(struct dial_job *job)
{
	struct dial *dial = job->dial;
	bool ours = true;

	TAILQ_REMOVE(&dial->live, job, live);
	dial_lock(dial);
	switch (job->state) {
	case DIAL_QUEUED:
		TAILQ_REMOVE(&dial->queue, job, link);
		break;
	case DIAL_RUNNING:
		job->forgotten = true;
		if (job->guard != -1)
			shutdown(job->guard, SHUT_RDWR);
		ours = false;
		break;
	case DIAL_FINISHED:
		TAILQ_REMOVE(&dial->finished, job, link);
		break;
	}
	dial_unlock(dial);
	if (ours)
		dial_free_job(job);
}

void
dial_cancel(struct dial_job *job)
{
	dial_forget(job);
}

int
dial_fd(const struct dial *dial)
{
	return dial->fd;
}

void
dial_collect(struct dial *dial)
{
	struct dial_job *job;
	uint64_t count;
	ssize_t n;

	n = read(dial->fd, &count, sizeof(count));
	(void)n;
	for (;;) {
		dial_lock(dial);
		job = TAILQ_FIRST(&dial->finished);
		if (job != NULL)
			TAILQ_REMOVE(&dial->finished, job, link);
		dial_unlock(dial);
		if (job == NULL)
			return;
		TAILQ_REMOVE(&dial->live, job, live);
		job->done(&job->outcome, job->done_arg);
		job->outcome.result = NULL;
		dial_free_job(job);
	}
}

/* Why a job is late. */
static void
dial_explain(struct dial_job *job, struct err *why)
{
	struct dial *dial = job->dial;
	enum dial_state state;
	enum dial_task_phase phase;

	dial_lock(dial);
	state = job->state;
	phase = job->phase;
	dial_unlock(dial);
	if (state == DIAL_QUEUED)
		err_set(why,
		    "%s: no thread to connect with came free in time "
		    "(threads=%u)",
		    job->task.name, dial->threads_max);
	else if (phase == DIAL_TASK_RESOLVING)
		err_set(why, "%s: the name service didn't answer in time",
		    job->task.name);
	else if (phase == DIAL_TASK_CONNECTING)
		err_set(why, "%s: no connection in time", job->task.name);
	else
		err_set(why, "%s: connected, but silent since", job->task.name);
}

static void
dial_expire(struct dial_job *job)
{
	struct dial_outcome outcome = {.result = NULL};
	dial_done_fn *done = job->done;
	void *arg = job->done_arg;

	dial_explain(job, &outcome.why);
	dial_forget(job);
	done(&outcome, arg);
}

uint64_t
dial_tick(struct dial *dial, uint64_t now)
{
	struct dial_job *job, *first;

	/* Most of the time nobody connects, and the loop asks at each turn. */
	if (TAILQ_EMPTY(&dial->live))
		return CLOCK_NEVER;
	/* What is there isn't late. */
	dial_collect(dial);
	for (;;) {
		first = TAILQ_FIRST(&dial->live);
		TAILQ_FOREACH (job, &dial->live, live)
			if (job->task.deadline < first->task.deadline)
				first = job;
		if (first == NULL)
			return CLOCK_NEVER;
		if (first->task.deadline > now)
			return first->task.deadline;
		dial_expire(first);
	}
}

unsigned
dial_threads(struct dial *dial)
{
	unsigned threads;

	dial_lock(dial);
	threads = dial->threads;
	dial_unlock(dial);
	return threads;
}
