/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* Two lines: a filter, a key of any bytes. */

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/template.h"
#include "fuzz.h"

unsigned long fuzz_reached;

/* What makes a filter what it is. */
static void
fuzz_bones(struct buf *out, const char *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (strchr("()*&|!=<>~", bytes[i]) != NULL && bytes[i] != '\0')
			buf_add_byte(out, bytes[i]);
}

/* A key leaves the filter's structure alone. */
static void
fuzz_expand(const char *filter, const struct template_key *key)
{
	struct buf out = {0}, before = {0}, after = {0};
	size_t i;

	if (template_filter(&out, filter, key) == TEMPLATE_OK) {
		fuzz_bones(&before, filter, strlen(filter));
		fuzz_bones(&after, out.data, out.len);
		MUST(strcmp(buf_text(&before), buf_text(&after)) == 0);
		for (i = 0; i < out.len; i++)
			MUST(out.data[i] != '\0');
		fuzz_reached++;
	} else {
		MUST(out.len == 0);
	}
	buf_fini(&out);
	buf_fini(&before);
	buf_fini(&after);
}

/* What finds everything is a filter as well, and doesn't depend on a key. */
static void
fuzz_shape(const struct template_shape *shape)
{
	struct template_shape again;

	MUST(template_shape_init(&again, shape->filter, NULL) == 0);
	MUST(again.nattributes == 0 && again.whole);
	MUST(strcmp(again.filter, shape->filter) == 0);
	template_shape_fini(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	const char *end = size > 0 ? memchr(bytes, '\n', size) : NULL;
	size_t len = end != NULL ? (size_t)(end - bytes) : size;
	char *filter = mem_dup(bytes, len);
	struct template_shape shape;
	struct template_key key;
	struct err err = {""};

	if (template_shape_init(&shape, filter, &err) == -1) {
		MUST(err.text[0] != '\0' && shape.filter == NULL);
		free(filter);
		return 0;
	}
	if (end != NULL)
		template_key_split(&key, end + 1, size - len - 1);
	else
		template_key_split(&key, bytes, 0);
	fuzz_shape(&shape);
	fuzz_expand(filter, &key);
	template_shape_fini(&shape);
	free(filter);
	return 0;
}
