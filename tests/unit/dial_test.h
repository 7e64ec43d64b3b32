/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef TESTS_DIAL_TEST_H
#define TESTS_DIAL_TEST_H

/* A peer, a step that talks with it, and what threads there are. */

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forceenc/dial.h"
#include "forceenc/mem.h"
#include "unit.h"

/* A listener, with as many connections waiting as it takes. */
struct listener {
	int fd;
	char port[8];
};

static inline void
listener_init(struct listener *listener, int backlog)
{
	struct sockaddr_in addr = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);

	listener->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(listener->fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(listener->fd, backlog), 0);
	assert_int_equal(
	    getsockname(listener->fd, (struct sockaddr *)&addr, &len), 0);
	snprintf(listener->port, sizeof(listener->port), "%u",
	    (unsigned)ntohs(addr.sin_port));
}

/* What a job's step does: says a word, waits for the peer's, and counts. */
struct talk {
	sem_t begun;
	sem_t dropped_arg;
	sem_t dropped_result;
	bool fails;
};

static inline void *
talk_run(int fd, void *arg, struct err *err)
{
	struct talk *talk = arg;
	char word[6] = "";
	ssize_t n;

	/* It is told to block. */
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	sem_post(&talk->begun);
	n = read(fd, word, 5);
	close(fd);
	if (talk->fails) {
		err_set(err, "said %s", word);
		return NULL;
	}
	if (n <= 0)
		memcpy(word, "ended", 6);
	return mem_strdup(word);
}

static struct talk *talk_dropping;

static inline void
talk_drop_result(void *result)
{
	free(result);
	sem_post(&talk_dropping->dropped_result);
}

static inline void
talk_drop_arg(void *arg)
{
	struct talk *talk = arg;

	sem_post(&talk->dropped_arg);
}

static const struct dial_step talk_step = {
    .run = talk_run,
    .drop_result = talk_drop_result,
    .drop_arg = talk_drop_arg,
};

static inline bool
was_posted(sem_t *sem)
{
	return sem_trywait(sem) == 0;
}

static inline unsigned
count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	unsigned threads = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		threads += entry->d_name[0] != '.';
	closedir(dir);
	return threads;
}

/* Threads when none of ours runs: a sanitizer may begin one of its own with
 * the first of ours. */
static unsigned threads_alone;

static inline void *
thread_of_nothing(void *arg)
{
	return arg;
}

static inline void
find_alone(void)
{
	pthread_t thread;

	assert_int_equal(
	    pthread_create(&thread, NULL, thread_of_nothing, NULL), 0);
	pthread_join(thread, NULL);
	threads_alone = count_threads();
}

/* Until the last of ours is gone: dial_free() waits for its threads' last word
 * and not for their end, and what they stand on would count as lost. */
static inline void
wait_alone(void)
{
	while (count_threads() > threads_alone)
		sched_yield();
}

#endif
