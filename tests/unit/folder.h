/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forceenc/must.h"

/* A temporary folder with the files of one test. */
struct folder {
	char name[64];
};

static inline void
folder_open(struct folder *folder)
{
	strcpy(folder->name, "/tmp/forceenc-test-XXXXXX");
	MUST(mkdtemp(folder->name) != NULL);
}

/* The path of a file in it: one of a few rotating buffers. */
static inline const char *
folder_path(const struct folder *folder, const char *file)
{
	static char path[4][512];
	static unsigned turn;
	char *out = path[turn++ % 4];

	snprintf(out, sizeof(path[0]), "%s/%s", folder->name, file);
	return out;
}

/* Writes over what is there, without making a new file of it. */
static inline void
folder_write(const struct folder *folder, const char *file, const void *bytes,
    size_t len)
{
	FILE *f = fopen(folder_path(folder, file), "w");

	MUST(f != NULL && fwrite(bytes, 1, len, f) == len);
	MUST(fclose(f) == 0);
}

static inline void
folder_write_text(
    const struct folder *folder, const char *file, const char *text)
{
	folder_write(folder, file, text, strlen(text));
}

/* The caller frees it. */
static inline char *
folder_read(const struct folder *folder, const char *file, size_t *len)
{
	FILE *f = fopen(folder_path(folder, file), "r");
	char *bytes;
	long size;

	MUST(f != NULL && fseek(f, 0, SEEK_END) == 0);
	size = ftell(f);
	MUST(size >= 0);
	rewind(f);
	bytes = malloc((size_t)size + 1);
	MUST(bytes != NULL);
	*len = fread(bytes, 1, (size_t)size, f);
	MUST(*len == (size_t)size);
	fclose(f);
	return bytes;
}

static inline void
folder_copy(const struct folder *folder, const char *from, const char *to)
{
	size_t len;
	char *bytes = folder_read(folder, from, &len);

	folder_write(folder, to, bytes, len);
	free(bytes);
}

static inline void
folder_close(struct folder *folder)
{
	DIR *dir = opendir(folder->name);
	struct dirent *entry;

	MUST(dir != NULL);
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			unlink(folder_path(folder, entry->d_name));
	closedir(dir);
	rmdir(folder->name);
}

#endif
