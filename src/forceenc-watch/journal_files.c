/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/journal_files.h"

#include "config.h"

#ifdef HAVE_SYSTEMD

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "forceenc-watch/journal_entry.h"
#include "forceenc-watch/journal_tree.h"
#include "forceenc/mem.h"

/* Of a file's head: the signature, and the id that it was made with. */
#define JOURNAL_FILES_SIGNATURE "LPKSHHRH"
#define JOURNAL_FILES_ID_AT     24
#define JOURNAL_FILES_TRIES     16

struct journal_files_find {
	struct journal_files *out;
	const struct journal_files *before;
};

static int
journal_files_compare(const void *a, const void *b)
{
	const struct journal_file *one = a, *other = b;
	int order = strcmp(one->machine, other->machine);

	if (order != 0)
		return order;
	if (one->device != other->device)
		return one->device < other->device ? -1 : 1;
	if (one->inode != other->inode)
		return one->inode < other->inode ? -1 : 1;
	return memcmp(one->id, other->id, sizeof(one->id));
}

static bool
journal_files_is(const struct journal_file *one, const struct journal_file *two)
{
	return one->device == two->device && one->inode == two->inode &&
	    memcmp(one->id, two->id, sizeof(one->id)) == 0;
}

/* Which file it is; false if it's none, or too new. */
static bool
journal_files_look(struct journal_file *file)
{
	char head[JOURNAL_FILES_ID_AT + JOURNAL_FILES_ID];
	struct stat st;

	if (fstat(file->fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    pread(file->fd, head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
	    memcmp(head, JOURNAL_FILES_SIGNATURE,
		strlen(JOURNAL_FILES_SIGNATURE)) != 0)
		return false;
	file->device = st.st_dev;
	file->inode = st.st_ino;
	memcpy(file->id, head + JOURNAL_FILES_ID_AT, sizeof(file->id));
	return true;
}

/* Whose its first entry is; false if it has none that can be read. */
static bool
journal_files_ask(struct journal_file *file)
{
	int fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
	struct journal_entry entry = {0};
	sd_journal *handle;
	bool found;

	if (fd == -1)
		return false;
	if (sd_journal_open_files_fd(&handle, &fd, 1, 0) < 0) {
		close(fd);
		return false;
	}
	found =
	    sd_journal_seek_head(handle) >= 0 && sd_journal_next(handle) > 0;
	if (found)
		journal_entry_machine(
		    &entry, handle, file->machine, sizeof(file->machine));
	journal_entry_fini(&entry);
	sd_journal_close(handle); /* and fd */
	return found;
}

/* They are many, in some places; but this is for what comes and goes. */
static bool
journal_files_know(
    const struct journal_files *before, struct journal_file *file)
{
	size_t i;

	for (i = 0; i < before->n; i++)
		if (journal_files_is(&before->file[i], file)) {
			memcpy(file->machine, before->file[i].machine,
			    sizeof(file->machine));
			return true;
		}
	return false;
}

static void
journal_files_add(int at, const char *name, void *arg)
{
	const struct journal_files_find *find = arg;
	struct journal_files *out = find->out;
	struct journal_file file = {.fd = -1};

	if (name != NULL)
		file.fd = openat(at, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (file.fd == -1)
		return;
	if (!journal_files_look(&file) ||
	    (!journal_files_know(find->before, &file) &&
		!journal_files_ask(&file))) {
		out->unsure = true;
		close(file.fd);
		return;
	}
	out->file = mem_resize(out->file, out->n + 1, sizeof(*out->file));
	out->file[out->n++] = file;
}

static void
journal_files_list(struct journal_files *files,
    const struct journal_files *before, const char *folder)
{
	struct journal_files_find find = {files, before};

	memset(files, 0, sizeof(*files));
	journal_tree_each(folder, journal_files_add, &find);
	if (files->n > 0)
		qsort(files->file, files->n, sizeof(*files->file),
		    journal_files_compare);
}

static bool
journal_files_agree(
    const struct journal_files *one, const struct journal_files *two)
{
	size_t i;

	for (i = 0; i < one->n && i < two->n; i++)
		if (!journal_files_is(&one->file[i], &two->file[i]))
			return false;
	return one->n == two->n;
}

int
journal_files_find(struct journal_files *files,
    const struct journal_files *before, const char *folder)
{
	struct journal_files last;
	int tries;
	bool agree;

	journal_files_list(files, before, folder);
	for (tries = 0; tries < JOURNAL_FILES_TRIES; tries++) {
		last = *files;
		journal_files_list(files, &last, folder);
		agree = journal_files_agree(files, &last);
		journal_files_fini(&last);
		if (agree)
			return 0;
	}
	journal_files_fini(files);
	return -EAGAIN;
}

void
journal_files_close(struct journal_files *files)
{
	size_t i;

	for (i = 0; i < files->n; i++) {
		if (files->file[i].fd != -1)
			close(files->file[i].fd);
		files->file[i].fd = -1;
	}
}

void
journal_files_fini(struct journal_files *files)
{
	journal_files_close(files);
	free(files->file);
	memset(files, 0, sizeof(*files));
}

size_t
journal_files_run(const struct journal_files *files, size_t i)
{
	size_t n = 1;

	while (i + n < files->n &&
	    strcmp(files->file[i + n].machine, files->file[i].machine) == 0)
		n++;
	return n;
}

size_t
journal_files_machines(const struct journal_files *files)
{
	size_t i, n = 0;

	for (i = 0; i < files->n; i += journal_files_run(files, i))
		n++;
	return n;
}

static size_t
journal_files_first(const struct journal_files *files, const char *machine)
{
	size_t i;

	for (i = 0; i < files->n; i++)
		if (strcmp(files->file[i].machine, machine) == 0)
			break;
	return i;
}

bool
journal_files_same(const struct journal_files *one,
    const struct journal_files *two, const char *machine)
{
	size_t a = journal_files_first(one, machine);
	size_t b = journal_files_first(two, machine);
	size_t i, n;

	if (a == one->n || b == two->n)
		return a == one->n && b == two->n;
	n = journal_files_run(one, a);
	if (n != journal_files_run(two, b))
		return false;
	for (i = 0; i < n; i++)
		if (!journal_files_is(&one->file[a + i], &two->file[b + i]))
			return false;
	return true;
}

#endif
