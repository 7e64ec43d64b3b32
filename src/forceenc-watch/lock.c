/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "forceenc/text.h"

/* The one that is held. */
static int lock_fd = -1;
static char lock_name[4096];

int
lock_take(const char *path, struct err *err)
{
	char name[sizeof(lock_name)];
	int fd;

	if ((size_t)snprintf(name, sizeof(name), "%s.lock", path) >=
	    sizeof(name))
		return err_set(err, "%s: too long", text_show_str(path));
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
