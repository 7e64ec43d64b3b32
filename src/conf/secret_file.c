/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As much as a line may have, or to its end. */
static ssize_t
secret_file_fill(char *bytes, size_t size, int fd)
{
	size_t len = 0;
	ssize_t n;

	do {
		n = read(fd, bytes + len, size - len);
		if (n == -1 && errno != EINTR)
			return -1;
		len += n > 0 ? (size_t)n : 0;
	} while (n != 0 && len < size && memchr(bytes, '\n', len) == NULL);
	return (ssize_t)len;
}

int
secret_file_read_fd(struct secret *secret, int fd, struct err *err)
{
	char bytes[SECRET_FILE_MAX + 2];
	ssize_t n = secret_file_fill(bytes, sizeof(bytes) - 1, fd);
	size_t len;

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
	struct stat st;

	if (fd == -1)
		return err_set(err, "%s", strerror(errno));
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		rc = err_set(err, "no regular file");
	else
		rc = secret_file_read_fd(secret, fd, err);
	close(fd);
	return rc;
}
