/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * What make check runs a fuzz target with: each file of tests/corpus/NAME,
 * where the program is called fuzz_NAME, or the files given as arguments. A
 * target that never reached its subject has tested nothing: that fails.
 */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/buf.h"
#include "forceenc/must.h"
#include "fuzz.h"

static void
corpus_run_file(const char *path)
{
	struct buf buf = {0};
	uint8_t *exact;
	FILE *f = fopen(path, "rb");
	size_t n;

	if (f == NULL)
		must_fatal("%s: can't be read", path);
	do {
		n = fread(buf_reserve(&buf, 65536), 1, 65536, f);
		buf.len += n;
	} while (n > 0);
	fclose(f);
	/* An exact copy, so that a read behind its end is seen. */
	exact = malloc(buf.len > 0 ? buf.len : 1);
	MUST(exact != NULL);
	if (buf.len > 0)
		memcpy(exact, buf.data, buf.len);
	LLVMFuzzerTestOneInput(exact, buf.len);
	free(exact);
	buf_fini(&buf);
}

static unsigned
corpus_run_folder(const char *folder)
{
	char path[4096 + 256];
	struct dirent *entry;
	unsigned n = 0;
	DIR *dir = opendir(folder);

	if (dir == NULL)
		must_fatal("%s: no corpus here", folder);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		corpus_run_file(path);
		n++;
	}
	closedir(dir);
	return n;
}

int
main(int argc, char **argv)
{
	char folder[4096];
	const char *name = strstr(argv[0], "fuzz_");
	unsigned n = 0;
	int i;

	for (i = 1; i < argc; i++, n++)
		corpus_run_file(argv[i]);
	if (argc > 1)
		return 0;
	MUST(name != NULL);
	snprintf(folder, sizeof(folder), "%s/tests/corpus/%s", FORCEENC_SRCDIR,
	    name + strlen("fuzz_"));
	n = corpus_run_folder(folder);
	printf("%s: %u inputs, subject reached %lu times\n", name, n,
	    fuzz_reached);
	return n > 0 && fuzz_reached > 0 ? 0 : 1;
}
