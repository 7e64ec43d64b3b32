/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* The syntax of configuration files: bytes to names and values. */

#include <string.h>

#include "conf/file.h"
#include "forceenc/buf.h"
#include "forceenc/must.h"
#include "fuzz.h"

unsigned long fuzz_reached;

static void
fuzz_check_entry(const struct file_entry *entry, unsigned line)
{
	size_t len = strlen(entry->value);
	size_t name = strspn(entry->name,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

	MUST(name > 0 && entry->name[name] == '\0');
	MUST(entry->line > line);
	MUST(strchr(entry->value, '\n') == NULL);
	MUST(len == 0 ||
	    (strchr(" \t\r", entry->value[0]) == NULL &&
		strchr(" \t\r", entry->value[len - 1]) == NULL));
}

/* What was understood, written out plainly, is understood in the same way. */
static void
fuzz_check_again(const struct file *file)
{
	struct problems problems = {0};
	struct buf plain = {0};
	struct file again;
	size_t i;

	for (i = 0; i < file->n; i++)
		buf_printf(&plain, "%s=%s\n", file->entry[i].name,
		    file->entry[i].value);
	MUST(
	    file_parse(&again, "again", plain.data, plain.len, &problems) == 0);
	MUST(problems.n == 0 && again.n == file->n);
	for (i = 0; i < file->n; i++) {
		MUST(strcmp(again.entry[i].name, file->entry[i].name) == 0);
		MUST(strcmp(again.entry[i].value, file->entry[i].value) == 0);
	}
	file_fini(&again);
	problems_fini(&problems);
	buf_fini(&plain);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problems problems = {0};
	struct file file;
	unsigned line = 0;
	size_t i;
	int rc;

	rc = file_parse(&file, "input", (const char *)data, size, &problems);
	MUST((rc == 0) == (problems.n == 0));
	for (i = 0; i < file.n; i++) {
		fuzz_check_entry(&file.entry[i], line);
		line = file.entry[i].line;
	}
	if (rc == 0 && file.n > 0) {
		fuzz_reached++;
		fuzz_check_again(&file);
	}
	file_fini(&file);
	problems_fini(&problems);
	return 0;
}
