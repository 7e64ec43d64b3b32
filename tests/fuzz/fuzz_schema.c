/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* Two lines: an attribute's name, and what a server has in attributeTypes,
 * which is anything. libldap 2.5 leaks a few bytes of some that make no sense:
 * libFuzzer wants -detect_leaks=0 here. */

#include <stdlib.h>
#include <string.h>

#include "forceenc/directory_change.h"
#include "forceenc/mem.h"
#include "fuzz.h"

unsigned long fuzz_reached;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *end = size > 0 ? memchr(data, '\n', size) : NULL;
	char *name, *description;
	size_t len;

	if (end == NULL)
		return 0;
	len = size - (size_t)(end + 1 - (const char *)data);
	name = mem_dup((const char *)data, size - len - 1);
	/* Of exactly this size, so that a look behind its end is seen. */
	description = malloc(len > 0 ? len : 1);
	if (description != NULL) {
		memcpy(description, end + 1, len);
		if (directory_change_syntax(description, len, name) !=
		    DIRECTORY_CHANGE_OTHER)
			fuzz_reached++;
	}
	free(description);
	free(name);
	return 0;
}
