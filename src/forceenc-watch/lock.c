/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "forceenc/text.h"

/* The one that is held. */
static int lock_fd = -1;
static char lock_name[PATH_MAX];

/* The same for all paths that lead to a database, whether it's there or will
 * be made. */
static int
lock_path(char name[PATH_MAX], const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX], real[PATH_MAX];
	int n;

	if (strlen(path) >= sizeof(folder))
		return err_set(err, "%s: too long", text_show_str(path));
	if (slash == NULL || slash == path)
		strcpy(folder, slash == NULL ? "." : "/");
	else
		snprintf(
		    folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	if (realpath(path, real) != NULL)
		n = snprintf(name, PATH_MAX, "%s.lock", real);
	else if (realpath(folder, real) != NULL)
		n = snprintf(name, PATH_MAX, "%s/%s.lock", real,
		    slash != NULL ? slash + 1 : path);
	else
		n = snprintf(name, PATH_MAX, "%s.lock", path);
	return n < PATH_MAX ? 0
			    : err_set(err, "%s: too long", text_show_str(path));
}

int
lock_take(const char *path, struct err *err)
{
	char name[PATH_MAX];
	int fd;

	if (lock_path(name, path, err) == -1)
		return -1;
	if (lock_fd != -1 && strcmp(name, lock_name) == 0)
		return 0;
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (fd == -1)
		return err_set(
		    err, "%s: %s", text_show_str(name), strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		if (lock_fd != -1)
			close(lock_fd);
		lock_fd = fd;
		strcpy(lock_name, name);
		return 0;
	}
	if (errno == EWOULDBLOCK)
		err_set(err, "%s: another forceenc-watch writes this database",
		    text_show_str(path));
	else
		err_set(err, "%s: %s", text_show_str(name), strerror(errno));
	close(fd);
	return -1;
}
