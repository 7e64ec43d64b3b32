/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/journal_access.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "forceenc/log.h"
#include "forceenc/text.h"

#define JOURNAL_ACCESS_MACHINE_LEN 32

struct journal_access {
	size_t readable;
	size_t denied; /* folders are among them */
};

static bool
journal_access_is_journal(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL &&
	    (strcmp(dot, ".journal") == 0 || strcmp(dot, ".journal~") == 0);
}

static void
journal_access_file(struct journal_access *out, int folder, const char *name)
{
	if (faccessat(folder, name, R_OK, AT_EACCESS) == 0)
		out->readable++;
	else if (errno == EACCES)
		out->denied++;
}

/* NULL, too, where it may not be read, which is counted. */
static DIR *
journal_access_open(struct journal_access *out, int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir;

	if (fd == -1) {
		if (errno == EACCES)
			out->denied++;
		return NULL;
	}
	dir = fdopendir(fd);
	if (dir == NULL)
		close(fd);
	return dir;
}

static void
journal_access_files(struct journal_access *out, int at, const char *name)
{
	DIR *dir = journal_access_open(out, at, name);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (journal_access_is_journal(entry->d_name))
			journal_access_file(out, dirfd(dir), entry->d_name);
	if (dir != NULL)
		closedir(dir);
}

/* The library looks into no other folders. */
static bool
journal_access_is_machine(const char *name)
{
	return strspn(name, "0123456789abcdef") == JOURNAL_ACCESS_MACHINE_LEN;
}

/* The folder's own files, and those of the machines in it. */
static void
journal_access_tree(struct journal_access *out, const char *folder)
{
	DIR *dir = journal_access_open(out, AT_FDCWD, folder);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (journal_access_is_journal(entry->d_name))
			journal_access_file(out, dirfd(dir), entry->d_name);
		else if (journal_access_is_machine(entry->d_name))
			journal_access_files(out, dirfd(dir), entry->d_name);
	}
	if (dir != NULL)
		closedir(dir);
}

/* This machine's own. */
static void
journal_access_own(struct journal_access *out)
{
	static const char *const places[] = {
	    "/var/log/journal", "/run/log/journal"};
	char machine[JOURNAL_ACCESS_MACHINE_LEN + 1] = "", path[128];
	FILE *f = fopen("/etc/machine-id", "re");
	size_t i;

	if (f == NULL)
		return;
	if (fgets(machine, sizeof(machine), f) == NULL)
		machine[0] = '\0';
	fclose(f);
	machine[strcspn(machine, "\n")] = '\0';
	if (machine[0] == '\0')
		return;
	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", places[i], machine);
		journal_access_files(out, AT_FDCWD, path);
	}
}

static void
journal_access_look(struct journal_access *out, const char *folder)
{
	memset(out, 0, sizeof(*out));
	if (folder == NULL)
		journal_access_own(out);
	else
		journal_access_tree(out, folder);
}

void
journal_access_warn(const char *name, const char *folder)
{
	struct journal_access access;

	journal_access_look(&access, folder);
	if (access.denied > 0)
		log_warn("%s: %zu of its %zu files can't be read, and what is "
			 "in them isn't counted: %s",
		    text_show_str(name), access.denied,
		    access.denied + access.readable, JOURNAL_ACCESS_WAY_OUT);
}

bool
journal_access_is_denied(const char *folder)
{
	struct journal_access access;

	journal_access_look(&access, folder);
	return access.denied > 0 && access.readable == 0;
}
