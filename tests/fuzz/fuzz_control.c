/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <stdlib.h>
#include <string.h>

#include "forceenc/control.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "fuzz.h"

unsigned long fuzz_reached;

static void
fuzz_same(struct buf *out, const char *in, size_t used)
{
	MUST(out->len == used && memcmp(out->data, in, used) == 0);
	buf_fini(out);
	fuzz_reached++;
}

static void
fuzz_request(const char *in, size_t size)
{
	struct control_request request;
	char *words[CONTROL_WORDS_MAX];
	struct buf out = {0};
	const char *why = NULL;
	size_t used = 0;
	unsigned i, strings = 0;
	enum control_status status =
	    control_parse_request(in, size, &request, &used, &why);

	MUST(status != CONTROL_BAD || why != NULL);
	if (status != CONTROL_OK)
		return;
	MUST(used <= size);
	MUST(request.n >= 1 && request.n <= CONTROL_WORDS_MAX);
	for (i = 0; i < request.n; i++) {
		MUST(request.word[i] > in &&
		    request.word[i] + request.len[i] < in + used);
		words[i] = mem_dup(request.word[i], request.len[i]);
		strings += control_word_is(&request, i, words[i]);
	}
	/* A word with a NUL in it can't be written as a string. */
	if (strings == request.n) {
		control_add_request(
		    &out, (const char *const *)words, request.n);
		fuzz_same(&out, in, used);
	}
	for (i = 0; i < request.n; i++)
		free(words[i]);
}

static void
fuzz_reply(const char *in, size_t size)
{
	struct control_reply reply;
	struct buf out = {0};
	const char *why = NULL;
	size_t used = 0;
	char *text;
	enum control_status status =
	    control_parse_reply(in, size, &reply, &used, &why);

	MUST(status != CONTROL_BAD || why != NULL);
	if (status != CONTROL_OK)
		return;
	MUST(used <= size && reply.text > in);
	MUST(reply.text + reply.len < in + used);
	if (!reply.end) {
		control_add_record(&out, reply.text, reply.len);
		fuzz_same(&out, in, used);
		return;
	}
	text = mem_dup(reply.text, reply.len);
	if (strlen(text) == reply.len) {
		control_add_end(&out, reply.status, text);
		fuzz_same(&out, in, used);
	}
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_request((const char *)data, size);
	fuzz_reply((const char *)data, size);
	return 0;
}
