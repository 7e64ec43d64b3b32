/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "forceenc/mem.h"
#include "forceenc/text.h"

#define ARCHIVE_BLOCK 262144

struct archive_file {
	struct archive *archive;
	int fd;
	bool mine;   /* fd is to be closed */
	bool direct; /* the file's own bytes, read without libarchive */
	int64_t written;
	char *path;
};

static int
archive_failed(const struct archive_file *file, struct err *err)
{
	const char *why = archive_error_string(file->archive);

	return err_set(err, "%s: %s", text_show_str(file->path),
	    why == NULL ? "can't be read" : why);
}

static int
archive_begin(struct archive_file *file, struct err *err)
{
	struct archive_entry *entry;
	int rc;

	file->archive = archive_read_new();
	if (file->archive == NULL)
		return err_set(err, "out of memory");
	archive_read_support_filter_all(file->archive);
	archive_read_support_format_raw(file->archive);
	archive_read_support_format_empty(file->archive);
	if (archive_read_open_fd(file->archive, file->fd, ARCHIVE_BLOCK) !=
	    ARCHIVE_OK)
		return archive_failed(file, err);
	rc = archive_read_next_header(file->archive, &entry);
	if (rc != ARCHIVE_OK && rc != ARCHIVE_EOF)
		return archive_failed(file, err);
	return 0;
}

struct archive_file *
archive_open(const char *path, struct err *err)
{
	struct archive_file *file = mem_zalloc(sizeof(*file));
	struct stat st;

	file->path = mem_strdup(path);
	file->mine = strcmp(path, "-") != 0;
	file->fd = file->mine ? open(path, O_RDONLY | O_CLOEXEC) : 0;
	if (file->fd == -1 || fstat(file->fd, &st) == -1) {
		err_set(err, "%s: %s", text_show_str(path), strerror(errno));
		archive_close(file);
		return NULL;
	}
	file->written = S_ISREG(st.st_mode)
	    ? (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec
	    : (int64_t)time(NULL) * 1000000000;
	if (archive_begin(file, err) == -1) {
		archive_close(file);
		return NULL;
	}
	/* Which copies what it has read once more. */
	file->direct = file->mine && S_ISREG(st.st_mode) &&
	    archive_is_plain(file) && lseek(file->fd, 0, SEEK_SET) == 0;
	return file;
}

void
archive_close(struct archive_file *file)
{
	if (file == NULL)
		return;
	if (file->archive != NULL)
		archive_read_free(file->archive);
	if (file->mine && file->fd != -1)
		close(file->fd);
	free(file->path);
	free(file);
}

ssize_t
archive_get(struct archive_file *file, char *out, size_t size, struct err *err)
{
	ssize_t n;

	if (file->direct) {
		n = read(file->fd, out, size);
		if (n < 0)
			return err_set(err, "%s: %s", text_show_str(file->path),
			    strerror(errno));
		return n;
	}
	n = archive_read_data(file->archive, out, size);
	if (n < 0)
		return archive_failed(file, err);
	return n;
}

int
archive_seek(struct archive_file *file, uint64_t offset)
{
	struct stat st;

	if (!file->direct || offset > INT64_MAX || fstat(file->fd, &st) == -1)
		return -1;
	if ((uint64_t)st.st_size < offset)
		return 0;
	return lseek(file->fd, (off_t)offset, SEEK_SET) == -1 ? -1 : 1;
}

int64_t
archive_written(const struct archive_file *file)
{
	return file->written;
}

bool
archive_is_plain(const struct archive_file *file)
{
	return archive_filter_count(file->archive) <= 1;
}
