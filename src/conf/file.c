/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forceenc/buf.h"
#include "forceenc/conf.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

/* The logical line that is being put together. */
struct file_logical {
	struct buf text;
	unsigned line; /* 0: there is none yet */
};

static bool
file_is_name(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!(s[i] >= 'a' && s[i] <= 'z') &&
		    !(s[i] >= 'A' && s[i] <= 'Z') &&
		    !(s[i] >= '0' && s[i] <= '9') && s[i] != '_' && s[i] != '-')
			return false;
	return len > 0;
}

static void
file_add(struct file *file, const char *name, size_t name_len,
    const char *value, size_t value_len, unsigned line)
{
	struct file_entry *entry;

	if ((file->n & (file->n - 1)) == 0)
		file->entry = mem_resize(file->entry,
		    file->n > 0 ? 2 * file->n : 1, sizeof(*file->entry));
	entry = &file->entry[file->n++];
	entry->name = mem_dup(name, name_len);
	entry->value = mem_dup(value, value_len);
	entry->line = line;
}

/* A whole logical line becomes an entry. */
static void
file_end_logical(
    struct file *file, struct file_logical *logical, struct problems *problems)
{
	const char *text = logical->text.data, *value;
	const char *equals;
	size_t len, value_len;

	if (logical->line == 0)
		return;
	equals = memchr(text, '=', logical->text.len);
	len = equals != NULL ? (size_t)(equals - text) : logical->text.len;
	value_len = logical->text.len - len;
	text = text_trim(text, &len);
	if (equals == NULL) {
		problems_add(problems, file->path, logical->line,
		    "\"%s\": no \"=\"; write NAME = VALUE, or begin the line "
		    "with # if it is a comment",
		    text_show(text, len));
	} else if (!file_is_name(text, len)) {
		problems_add(problems, file->path, logical->line,
		    "\"%s\" is no name; a name is made of letters, digits, "
		    "\"_\" and \"-\"",
		    text_show(text, len));
	} else {
		value_len--;
		value = text_trim(equals + 1, &value_len);
		file_add(file, text, len, value, value_len, logical->line);
	}
	buf_clear(&logical->text);
	logical->line = 0;
}

/* One physical line, without its LF. */
static void
file_take_line(struct file *file, struct file_logical *logical,
    const char *line, size_t len, unsigned number, struct problems *problems)
{
	size_t seen = len;
	const char *first = text_trim(line, &seen);

	if (seen == 0 || *first == '#')
		return;
	if (memchr(line, '\0', len) != NULL) {
		problems_add(problems, file->path, number,
		    "a NUL byte in this line; remove it");
		return;
	}
	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (first == line) {
		file_end_logical(file, logical, problems);
		logical->line = number;
	} else if (logical->line == 0) {
		problems_add(problems, file->path, number,
		    "begins with white space, but there is no line before that "
		    "it could continue; remove the white space");
		return;
	}
	buf_add(&logical->text, line, len);
}

static int
file_compare(const void *a, const void *b)
{
	const struct file_entry *x = *(const struct file_entry *const *)a;
	const struct file_entry *y = *(const struct file_entry *const *)b;
	int order = strcmp(x->name, y->name);

	if (order != 0)
		return order;
	return x->line < y->line ? -1 : x->line > y->line;
}

/* Sorted, since a file of nothing but short lines has many of them. */
static void
file_check_repeated(const struct file *file, struct problems *problems)
{
	const struct file_entry **sorted;
	size_t i;

	if (file->n < 2)
		return;
	sorted = mem_resize(NULL, file->n, sizeof(*sorted));
	for (i = 0; i < file->n; i++)
		sorted[i] = &file->entry[i];
	qsort(sorted, file->n, sizeof(*sorted), file_compare);
	for (i = 1; i < file->n; i++)
		if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
			problems_add(problems, file->path, sorted[i]->line,
			    "%s is set a second time, after line %u; remove "
			    "one of the two",
			    sorted[i]->name, sorted[i - 1]->line);
	free(sorted);
}

int
file_parse(struct file *file, const char *path, const char *bytes, size_t len,
    struct problems *problems)
{
	struct file_logical logical = {0};
	const char *end;
	size_t before = problems->n, line_len;
	unsigned number = 1;

	*file = (struct file){.path = mem_strdup(path)};
	for (; len > 0; number++) {
		end = memchr(bytes, '\n', len);
		line_len = end != NULL ? (size_t)(end - bytes) : len;
		file_take_line(
		    file, &logical, bytes, line_len, number, problems);
		if (end != NULL)
			line_len++;
		bytes += line_len;
		len -= line_len;
	}
	file_end_logical(file, &logical, problems);
	buf_fini(&logical.text);
	file_check_repeated(file, problems);
	return problems->n == before ? 0 : -1;
}

/* The bytes of a regular file: anything else could make a reload wait. */
static int
file_slurp(int fd, const char *path, struct buf *buf, struct problems *problems)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		problems_add(problems, path, 0,
		    "not a regular file; name a configuration file");
		return -1;
	}
	do {
		n = read(fd, buf_reserve(buf, 65536), 65536);
		if (n > 0)
			buf->len += (size_t)n;
	} while ((n > 0 && buf->len <= CONF_FILE_MAX) ||
	    (n == -1 && errno == EINTR));
	if (n == -1) {
		problems_add(problems, path, 0, "can't be read: %s; %s",
		    strerror(errno), "check the file and its file system");
		return -1;
	}
	if (buf->len > CONF_FILE_MAX) {
		problems_add(problems, path, 0,
		    "too large for a configuration file; at most %s",
		    text_size(CONF_FILE_MAX));
		return -1;
	}
	return 0;
}

int
file_read(struct file *file, const char *path, struct problems *problems)
{
	struct buf buf = {0};
	int fd, rc;

	*file = (struct file){0};
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1) {
		problems_add(problems, path, 0, "can't be opened: %s; %s",
		    strerror(errno),
		    errno == EACCES ? "let the daemon's user read it"
				    : "check the path");
		return -1;
	}
	rc = file_slurp(fd, path, &buf, problems);
	close(fd);
	if (rc == 0)
		rc = file_parse(file, path, buf.data, buf.len, problems);
	buf_fini(&buf);
	return rc;
}

void
file_fini(struct file *file)
{
	size_t i;

	for (i = 0; i < file->n; i++) {
		free(file->entry[i].name);
		free(file->entry[i].value);
	}
	free(file->entry);
	free(file->path);
	*file = (struct file){0};
}

const struct file_entry *
file_find(const struct file *file, const char *name)
{
	size_t i;

	for (i = 0; i < file->n; i++)
		if (strcmp(file->entry[i].name, name) == 0)
			return &file->entry[i];
	return NULL;
}

char *
file_beside(const struct file *file, const char *path)
{
	const char *slash = strrchr(file->path, '/');
	struct buf joined = {0};

	if (*path != '/' && slash != NULL)
		buf_add(&joined, file->path, (size_t)(slash - file->path) + 1);
	buf_add_text(&joined, path);
	return buf_steal(&joined);
}
