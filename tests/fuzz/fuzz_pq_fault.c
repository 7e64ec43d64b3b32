/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* What libpq says, with words of a server that nobody has proven to be ours
 * in it. */

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/pq_fault.h"
#include "fuzz.h"

unsigned long fuzz_reached;

/* Nothing is added: what is left stands in the message, in this order. */
static void
fuzz_is_part(const char *part, const char *message)
{
	for (; *part != '\0'; part++) {
		message = strchr(message, *part);
		MUST(message != NULL);
		message++;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *message = mem_dup((const char *)data, size);
	struct buf plain = {0};
	enum pq_fault fault = pq_fault_message(&plain, message);

	MUST(fault == PQ_FAULT_AWAY || fault == PQ_FAULT_WRONG);
	MUST(plain.len <= strlen(message));
	MUST(strlen(buf_text(&plain)) == plain.len);
	fuzz_is_part(buf_text(&plain), message);
	if (plain.len < strlen(message))
		fuzz_reached++;
	buf_fini(&plain);
	free(message);
	return 0;
}
