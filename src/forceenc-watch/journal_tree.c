/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/journal_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define JOURNAL_TREE_MACHINE_LEN 32

struct journal_tree {
	journal_tree_fn *fn;
	void *arg;
};

static bool
journal_tree_is_journal(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL &&
	    (strcmp(dot, ".journal") == 0 || strcmp(dot, ".journal~") == 0);
}

/* The library looks into no other folders. */
static bool
journal_tree_is_machine(const char *name)
{
	return strlen(name) == JOURNAL_TREE_MACHINE_LEN &&
	    strspn(name, "0123456789abcdef") == JOURNAL_TREE_MACHINE_LEN;
}

static DIR *
journal_tree_open(const struct journal_tree *tree, int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir;

	if (fd == -1) {
		if (errno == EACCES)
			tree->fn(at, NULL, tree->arg);
		return NULL;
	}
	dir = fdopendir(fd);
	if (dir == NULL)
		close(fd);
	return dir;
}

static void
journal_tree_files(const struct journal_tree *tree, int at, const char *name)
{
	DIR *dir = journal_tree_open(tree, at, name);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (journal_tree_is_journal(entry->d_name))
			tree->fn(dirfd(dir), entry->d_name, tree->arg);
	if (dir != NULL)
		closedir(dir);
}

static void
journal_tree_own(const struct journal_tree *tree)
{
	static const char *const places[] = {
	    "/var/log/journal", "/run/log/journal"};
	char machine[JOURNAL_TREE_MACHINE_LEN + 1] = "", path[128];
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
		journal_tree_files(tree, AT_FDCWD, path);
	}
}

void
journal_tree_each(const char *folder, journal_tree_fn *fn, void *arg)
{
	const struct journal_tree tree = {fn, arg};
	struct dirent *entry;
	DIR *dir;

	if (folder == NULL) {
		journal_tree_own(&tree);
		return;
	}
	dir = journal_tree_open(&tree, AT_FDCWD, folder);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (journal_tree_is_journal(entry->d_name))
			fn(dirfd(dir), entry->d_name, arg);
		else if (journal_tree_is_machine(entry->d_name))
			journal_tree_files(&tree, dirfd(dir), entry->d_name);
	}
	if (dir != NULL)
		closedir(dir);
}
