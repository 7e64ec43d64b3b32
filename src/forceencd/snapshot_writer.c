/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/snapshot_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"

enum snapshot_work {
	SNAPSHOT_WORK_NONE,
	SNAPSHOT_WORK_OPEN,
	SNAPSHOT_WORK_WRITE,
	SNAPSHOT_WORK_COMMIT,
};

struct snapshot_writer {
	char *path;
	char *temporary;
	pthread_t thread;

	/* The thread's while there is work. */
	int fd;
	struct buf bytes;
	bool failed;
	struct err why;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Under the lock. */
	enum snapshot_work work;
	bool ending;
	bool ended;
};

static void
snapshot_writer_lock(struct snapshot_writer *writer)
{
	MUST(pthread_mutex_lock(&writer->lock) == 0);
}

static void
snapshot_writer_unlock(struct snapshot_writer *writer)
{
	MUST(pthread_mutex_unlock(&writer->lock) == 0);
}

static int
snapshot_writer_trouble(
    struct snapshot_writer *writer, const char *path, int error)
{
	return err_set(
	    &writer->why, "%s: %s", text_show_str(path), strerror(error));
}

static int
snapshot_writer_open(struct snapshot_writer *writer)
{
	writer->fd = open(writer->temporary,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (writer->fd != -1)
		return 0;
	return snapshot_writer_trouble(writer, writer->temporary, errno);
}

static int
snapshot_writer_write(struct snapshot_writer *writer)
{
	struct buf *out = &writer->bytes;
	size_t done = 0;
	ssize_t n;

	while (done < out->len) {
		n = write(writer->fd, out->data + done, out->len - done);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return snapshot_writer_trouble(
			    writer, writer->temporary, errno);
		done += (size_t)n;
	}
	buf_fini(out);
	return 0;
}

/* No fsync: what a crash leaves half written fails the checksum, and then
 * there are no facts, which costs questions and nothing else. */
static int
snapshot_writer_close(struct snapshot_writer *writer)
{
	int rc = close(writer->fd);

	writer->fd = -1;
	if (rc == 0 && rename(writer->temporary, writer->path) == 0)
		return 0;
	snapshot_writer_trouble(writer, writer->path, errno);
	unlink(writer->temporary);
	return -1;
}

static int
snapshot_writer_do(struct snapshot_writer *writer, enum snapshot_work work)
{
	switch (work) {
	case SNAPSHOT_WORK_OPEN:
		return snapshot_writer_open(writer);
	case SNAPSHOT_WORK_WRITE:
		return snapshot_writer_write(writer);
	case SNAPSHOT_WORK_COMMIT:
		return snapshot_writer_close(writer);
	case SNAPSHOT_WORK_NONE:
		break;
	}
	return 0;
}

/* What was begun and isn't wanted any more. */
static void
snapshot_writer_drop(struct snapshot_writer *writer)
{
	if (writer->fd == -1)
		return;
	close(writer->fd);
	writer->fd = -1;
	unlink(writer->temporary);
}

static void *
snapshot_writer_run(void *arg)
{
	struct snapshot_writer *writer = arg;
	enum snapshot_work work;

	snapshot_writer_lock(writer);
	while (!writer->ending) {
		work = writer->work;
		if (work == SNAPSHOT_WORK_NONE) {
			pthread_cond_wait(&writer->changed, &writer->lock);
			continue;
		}
		snapshot_writer_unlock(writer);
		if (!writer->failed && snapshot_writer_do(writer, work) == -1)
			writer->failed = true;
		snapshot_writer_lock(writer);
		writer->work = SNAPSHOT_WORK_NONE;
		pthread_cond_broadcast(&writer->changed);
	}
	snapshot_writer_unlock(writer);
	snapshot_writer_drop(writer);
	snapshot_writer_lock(writer);
	writer->ended = true;
	pthread_cond_broadcast(&writer->changed);
	snapshot_writer_unlock(writer);
	return NULL;
}

/* Signals are the loop's. */
static void
snapshot_writer_start(struct snapshot_writer *writer)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error =
	    pthread_create(&writer->thread, NULL, snapshot_writer_run, writer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error != 0)
		must_fatal("no thread for the snapshot: %s", strerror(error));
}

struct snapshot_writer *
snapshot_writer_new(const char *path)
{
	struct snapshot_writer *writer = mem_zalloc(sizeof(*writer));
	struct buf name = {0};

	buf_printf(&name, "%s.new", path);
	writer->path = mem_strdup(path);
	writer->temporary = buf_steal(&name);
	writer->fd = -1;
	writer->work = SNAPSHOT_WORK_OPEN;
	MUST(pthread_mutex_init(&writer->lock, NULL) == 0);
	MUST(pthread_cond_init(&writer->changed, NULL) == 0);
	snapshot_writer_start(writer);
	return writer;
}

/* With the lock. */
static bool
snapshot_writer_works(const struct snapshot_writer *writer)
{
	return writer->ending ? !writer->ended
			      : writer->work != SNAPSHOT_WORK_NONE;
}

bool
snapshot_writer_is_busy(struct snapshot_writer *writer)
{
	bool busy;

	snapshot_writer_lock(writer);
	busy = snapshot_writer_works(writer);
	snapshot_writer_unlock(writer);
	return busy;
}

void
snapshot_writer_wait(struct snapshot_writer *writer)
{
	snapshot_writer_lock(writer);
	while (snapshot_writer_works(writer))
		pthread_cond_wait(&writer->changed, &writer->lock);
	snapshot_writer_unlock(writer);
}

int
snapshot_writer_failed(struct snapshot_writer *writer, struct err *err)
{
	MUST(!snapshot_writer_is_busy(writer));
	if (!writer->failed)
		return 0;
	*err = writer->why;
	return -1;
}

static void
snapshot_writer_ask(struct snapshot_writer *writer, enum snapshot_work work)
{
	snapshot_writer_lock(writer);
	MUST(!writer->ending && writer->work == SNAPSHOT_WORK_NONE);
	writer->work = work;
	pthread_cond_broadcast(&writer->changed);
	snapshot_writer_unlock(writer);
}

void
snapshot_writer_put(struct snapshot_writer *writer, struct buf *bytes)
{
	MUST(!snapshot_writer_is_busy(writer));
	buf_fini(&writer->bytes);
	writer->bytes = *bytes;
	*bytes = (struct buf){0};
	snapshot_writer_ask(writer, SNAPSHOT_WORK_WRITE);
}

void
snapshot_writer_commit(struct snapshot_writer *writer)
{
	snapshot_writer_ask(writer, SNAPSHOT_WORK_COMMIT);
}

void
snapshot_writer_end(struct snapshot_writer *writer)
{
	snapshot_writer_lock(writer);
	writer->ending = true;
	pthread_cond_broadcast(&writer->changed);
	snapshot_writer_unlock(writer);
}

void
snapshot_writer_free(struct snapshot_writer *writer)
{
	if (writer == NULL)
		return;
	snapshot_writer_end(writer);
	MUST(pthread_join(writer->thread, NULL) == 0);
	pthread_mutex_destroy(&writer->lock);
	pthread_cond_destroy(&writer->changed);
	buf_fini(&writer->bytes);
	free(writer->path);
	free(writer->temporary);
	free(writer);
}
