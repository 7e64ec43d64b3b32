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
	const char *block; /* what libarchive has given us, and we nobody */
	size_t block_len;
	char *input; /* of ARCHIVE_BLOCK bytes, for standard input */
};

static struct {
	bool (*wait)(void *arg);
	void *arg;
} archive_input;

static int
archive_failed(const struct archive_file *file, struct err *err)
{
	const char *why = archive_error_string(file->archive);

	return err_set(err, "%s: %s", text_show_str(file->path),
	    why == NULL ? "can't be read" : why);
}

static la_ssize_t
archive_on_read(struct archive *archive, void *arg, const void **out)
{
	struct archive_file *file = arg;
	ssize_t n;

	*out = file->input;
	if (archive_input.wait != NULL &&
	    !archive_input.wait(archive_input.arg))
		return 0;
	do
		n = read(file->fd, file->input, ARCHIVE_BLOCK);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		archive_set_error(archive, errno, "%s", strerror(errno));
	return n;
}

static int
archive_attach(struct archive_file *file)
{
	if (file->mine)
		return archive_read_open_fd(
		    file->archive, file->fd, ARCHIVE_BLOCK);
	file->input = mem_alloc(ARCHIVE_BLOCK);
	return archive_read_open(
	    file->archive, file, NULL, archive_on_read, NULL);
}

static int
archive_begin(struct archive_file *file, struct err *err)
{
	struct archive_entry *entry;
	int rc;

	file->archive = archive_read_new();
	if (file->archive == NULL)
		return err_set(err, "out of memory");
	/* No others: some would run programs, or want to see far ahead. */
	archive_read_support_filter_gzip(file->archive);
	archive_read_support_filter_bzip2(file->archive);
	archive_read_support_filter_xz(file->archive);
	archive_read_support_filter_zstd(file->archive);
	archive_read_support_format_raw(file->archive);
	archive_read_support_format_empty(file->archive);
	if (archive_attach(file) != ARCHIVE_OK)
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
	free(file->input);
	free(file);
}

/* archive_read_data(3) would wait until out is full. */
static ssize_t
archive_get_decoded(
    struct archive_file *file, char *out, size_t size, struct err *err)
{
	const void *block;
	la_int64_t offset;
	int rc;

	while (file->block_len == 0) {
		rc = archive_read_data_block(
		    file->archive, &block, &file->block_len, &offset);
		if (rc != ARCHIVE_OK) {
			file->block_len = 0;
			return rc == ARCHIVE_EOF ? 0
						 : archive_failed(file, err);
		}
		file->block = block;
	}
	if (size > file->block_len)
		size = file->block_len;
	memcpy(out, file->block, size);
	file->block += size;
	file->block_len -= size;
	return (ssize_t)size;
}

ssize_t
archive_get(struct archive_file *file, char *out, size_t size, struct err *err)
{
	ssize_t n;

	if (!file->direct)
		return archive_get_decoded(file, out, size, err);
	n = read(file->fd, out, size);
	if (n < 0)
		return err_set(
		    err, "%s: %s", text_show_str(file->path), strerror(errno));
	return n;
}

void
archive_wait_for_input(bool (*wait)(void *arg), void *arg)
{
	archive_input.wait = wait;
	archive_input.arg = arg;
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
