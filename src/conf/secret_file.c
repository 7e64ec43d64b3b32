/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
secret_file_read_fd(struct secret *secret, int fd, struct err *err)
{
	char bytes[SECRET_FILE_MAX + 2];
	struct stat st;
	ssize_t n;
	size_t len;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		return err_set(err, "no regular file");
	n = read(fd, bytes, sizeof(bytes) - 1);
	if (n == -1)
		return err_set(err, "%s", strerror(errno));
	bytes[n] = '\0';
	len = strcspn(bytes, "\r\n");
	if (len > 0 && len <= SECRET_FILE_MAX)
		secret_set(secret, bytes, len);
	explicit_bzero(bytes, sizeof(bytes));
	if (len == 0)
		return err_set(err, "its first line is empty");
	if (len > SECRET_FILE_MAX)
		return err_set(err, "its first line is longer than %d bytes",
		    SECRET_FILE_MAX);
	return 0;
}

int
secret_file_read(struct secret *secret, const char *path, struct err *err)
{
	/* A fifo would keep us waiting. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), rc;

	if (fd == -1)
		return err_set(err, "%s", strerror(errno));
	rc = secret_file_read_fd(secret, fd, err);
	close(fd);
	return rc;
}
