/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forceenc/clock.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"

#define RUN_CHUNK          (64 * 1024)
#define RUN_COMPLAINTS_MAX (64 * 1024)

/* Where programs of administrators are, whatever PATH says. */
#define RUN_MORE_PATH "/usr/sbin:/sbin:/usr/bin:/bin"

#define RUN_ARGS_MAX 15

enum { RUN_IN, RUN_OUT, RUN_ERR, RUN_PIPES };

struct run_child {
	pid_t pid;
	int fd[RUN_PIPES]; /* our ends; -1: closed */
	size_t written;
};

static void
run_close(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

/* In the child: only calls that are safe behind fork(2). */
static void
run_exec(const char *path, char *const *argv, int pipes[RUN_PIPES][2])
{
	if (dup2(pipes[RUN_IN][0], 0) == -1 ||
	    dup2(pipes[RUN_OUT][1], 1) == -1 ||
	    dup2(pipes[RUN_ERR][1], 2) == -1)
		_exit(127);
	execve(path, argv, environ);
	_exit(127);
}

/* The first file of the name that may be run; NULL if there is none. */
static const char *
run_find(const char *name, char *path, size_t size)
{
	const char *folders = getenv("PATH"), *s;
	struct buf all = {0};
	bool found = false;
	size_t n;

	if (strchr(name, '/') != NULL)
		return access(name, X_OK) == 0 ? name : NULL;
	buf_printf(
	    &all, "%s:%s", folders != NULL ? folders : "", RUN_MORE_PATH);
	for (s = buf_text(&all); *s != '\0' && !found; s += n + (s[n] == ':')) {
		n = strcspn(s, ":");
		/* A relative folder is whoever's. */
		if (*s != '/')
			continue;
		snprintf(path, size, "%.*s/%s", (int)n, s, name);
		found = access(path, X_OK) == 0;
	}
	buf_fini(&all);
	return found ? path : NULL;
}

static enum run_status
run_start(const struct run *run, struct run_child *child, struct err *err)
{
	char *argv[RUN_ARGS_MAX + 1] = {NULL};
	char found[4096];
	const char *path = run_find(run->argv[0], found, sizeof(found));
	int pipes[RUN_PIPES][2], i;

	if (path == NULL) {
		err_set(err, "%s: no such program", run->argv[0]);
		return RUN_MISSING;
	}
	for (i = 0; i < RUN_PIPES; i++)
		if (pipe2(pipes[i], O_CLOEXEC) == -1)
			must_fatal("pipe: %s", strerror(errno));
	for (i = 0; i < RUN_ARGS_MAX && run->argv[i] != NULL; i++)
		argv[i] = mem_strdup(run->argv[i]);
	child->pid = fork();
	if (child->pid == 0)
		run_exec(path, argv, pipes);
	if (child->pid == -1)
		must_fatal("fork: %s", strerror(errno));
	for (i = 0; i < RUN_ARGS_MAX; i++)
		free(argv[i]);
	close(pipes[RUN_IN][0]);
	close(pipes[RUN_OUT][1]);
	close(pipes[RUN_ERR][1]);
	child->fd[RUN_IN] = pipes[RUN_IN][1];
	child->fd[RUN_OUT] = pipes[RUN_OUT][0];
	child->fd[RUN_ERR] = pipes[RUN_ERR][0];
	for (i = 0; i < RUN_PIPES; i++)
		fcntl(child->fd[i], F_SETFL, O_NONBLOCK);
	return RUN_DONE;
}

static void
run_write(const struct run *run, struct run_child *child)
{
	const char *rest = run->input != NULL ? run->input : "";
	size_t left;
	ssize_t n;

	left = strlen(rest) - child->written;
	n = left > 0 ? write(child->fd[RUN_IN], rest + child->written, left)
		     : 0;
	if (n > 0)
		child->written += (size_t)n;
	/* Who doesn't read it doesn't want it. */
	if (child->written == strlen(rest) ||
	    (n == -1 && errno != EAGAIN && errno != EINTR))
		run_close(&child->fd[RUN_IN]);
}

/* False: more than it may say. */
static bool
run_read(int *fd, struct buf *out, size_t max)
{
	ssize_t n = read(*fd, buf_reserve(out, RUN_CHUNK), RUN_CHUNK);

	if (n > 0)
		out->len += (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		run_close(fd);
	return out->len <= max;
}

/* Until it has closed both outputs. */
static enum run_status
run_talk(struct run *run, struct run_child *child, uint64_t deadline,
    struct err *err)
{
	struct pollfd pfd[RUN_PIPES];
	uint64_t now;
	int i, n;

	while (child->fd[RUN_OUT] != -1 || child->fd[RUN_ERR] != -1) {
		for (i = 0; i < RUN_PIPES; i++)
			pfd[i] = (struct pollfd){.fd = child->fd[i],
			    .events = i == RUN_IN ? POLLOUT : POLLIN};
		now = clock_now();
		n = now < deadline ? poll(pfd, RUN_PIPES, (int)(deadline - now))
				   : 0;
		if (n == 0) {
			err_set(err, "%s: not done within %s", run->argv[0],
			    text_time((int64_t)run->time_limit));
			return RUN_LATE;
		}
		if (n == -1)
			continue;
		if (pfd[RUN_IN].revents != 0)
			run_write(run, child);
		if (pfd[RUN_ERR].revents != 0 &&
		    !run_read(&child->fd[RUN_ERR], &run->complaints,
			RUN_COMPLAINTS_MAX))
			run->complaints.len = RUN_COMPLAINTS_MAX;
		if (pfd[RUN_OUT].revents != 0 &&
		    !run_read(&child->fd[RUN_OUT], &run->out, run->out_max)) {
			err_set(err, "%s: says more than %s", run->argv[0],
			    text_size((int64_t)run->out_max));
			return RUN_BROKE;
		}
	}
	return RUN_DONE;
}

/* Its outputs are closed or nobody wants them any more. */
static enum run_status
run_reap(struct run *run, struct run_child *child, enum run_status status,
    struct err *err)
{
	int wstatus, i;

	for (i = 0; i < RUN_PIPES; i++)
		run_close(&child->fd[i]);
	if (status != RUN_DONE)
		kill(child->pid, SIGKILL);
	while (waitpid(child->pid, &wstatus, 0) == -1)
		if (errno != EINTR)
			must_fatal("waitpid: %s", strerror(errno));
	if (status != RUN_DONE)
		return status;
	if (!WIFEXITED(wstatus)) {
		err_set(err, "%s: ended by signal %d", run->argv[0],
		    WTERMSIG(wstatus));
		return RUN_BROKE;
	}
	run->exit = WEXITSTATUS(wstatus);
	return RUN_DONE;
}

enum run_status
run_program(struct run *run, struct err *err)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, old;
	struct run_child child = {0};
	enum run_status status;

	buf_clear(&run->out);
	buf_clear(&run->complaints);
	sigaction(SIGPIPE, &ignore, &old);
	status = run_start(run, &child, err);
	if (status == RUN_DONE) {
		status =
		    run_talk(run, &child, clock_now() + run->time_limit, err);
		status = run_reap(run, &child, status, err);
	}
	sigaction(SIGPIPE, &old, NULL);
	return status;
}

void
run_fini(struct run *run)
{
	buf_fini(&run->out);
	buf_fini(&run->complaints);
}
