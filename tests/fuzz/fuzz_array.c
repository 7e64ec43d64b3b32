/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * Texts, one behind each NUL, become an array, which is read again by
 * PostgreSQL's rules ("8.15.6. Array Input and Output Syntax"). Nobody else
 * reads it but a server.
 */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/buf.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"
#include "fuzz.h"
#include "store/store_array.h"

unsigned long fuzz_reached;

/* The next element of an array, without its quotes; where it ends. */
static const char *
fuzz_element(struct buf *out, const char *at)
{
	MUST(*at++ == '"');
	for (; *at != '"'; at++) {
		MUST(*at != '\0');
		if (*at == '\\') {
			at++;
			MUST(*at == '"' || *at == '\\');
		}
		buf_add_byte(out, *at);
	}
	return at + 1;
}

static void
fuzz_is_utf8(const struct buf *text)
{
	size_t at;
	unsigned n;

	for (at = 0; at < text->len; at += n) {
		n = text_utf8_len(text->data + at, text->len - at);
		MUST(n > 0 && text->data[at] != '\0');
	}
}

/* What the server has of a text comes back as it was. */
static void
fuzz_text(const char *stored, size_t len, const char *text, size_t text_len)
{
	struct buf back = {0};

	store_array_decode(&back, stored, len);
	MUST(back.len == text_len);
	MUST(memcmp(buf_text(&back), text, text_len) == 0);
	buf_fini(&back);
}

static void
fuzz_name(const struct buf *name, const char *text)
{
	struct buf whole = {0};

	store_array_encode(&whole, text, strlen(text));
	MUST(name->len <= STORE_ARRAY_NAME_MAX && name->len <= whole.len);
	MUST(memcmp(buf_text(&whole), name->data, name->len) == 0);
	/* No more is cut than a character has bytes. */
	MUST(name->len == whole.len || name->len > STORE_ARRAY_NAME_MAX - 4);
	buf_fini(&whole);
}

/* Both columns at once: texts as they are, and names, which may be cut. */
static void
fuzz_arrays(const char *texts, size_t size)
{
	struct buf array[2] = {{0}, {0}}, element[2] = {{0}, {0}};
	const char *at[2], *text;
	unsigned i;

	for (text = texts; text <= texts + size; text += strlen(text) + 1) {
		store_array_text(&array[0], text);
		store_array_name(&array[1], text, strlen(text));
	}
	for (i = 0; i < 2; i++)
		at[i] = store_array_end(&array[i]);
	for (text = texts; text <= texts + size; text += strlen(text) + 1) {
		for (i = 0; i < 2; i++) {
			MUST(*at[i] == (text == texts ? '{' : ','));
			buf_clear(&element[i]);
			at[i] = fuzz_element(&element[i], at[i] + 1);
			buf_text(&element[i]);
			fuzz_is_utf8(&element[i]);
		}
		fuzz_text(element[0].data, element[0].len, text, strlen(text));
		fuzz_name(&element[1], text);
		fuzz_reached++;
	}
	for (i = 0; i < 2; i++) {
		MUST(strcmp(at[i], "}") == 0);
		buf_fini(&array[i]);
		buf_fini(&element[i]);
	}
}

static void
fuzz_bytes(const char *bytes, size_t len)
{
	struct buf hex = {0}, back = {0};

	store_array_hex(&hex, bytes, len);
	MUST(hex.len == 2 + 2 * len);
	store_array_unhex(&back, hex.data, hex.len);
	MUST(back.len == len && memcmp(buf_text(&back), bytes, len) == 0);
	buf_fini(&hex);
	buf_fini(&back);
}

/* What others have written there comes back as something, and no longer. */
static void
fuzz_foreign(const char *bytes, size_t len)
{
	struct buf text = {0}, blob = {0};

	store_array_decode(&text, bytes, len);
	store_array_unhex(&blob, bytes, len);
	MUST(text.len <= len && blob.len <= len / 2);
	buf_fini(&text);
	buf_fini(&blob);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *texts = mem_dup((const char *)data, size);

	fuzz_arrays(texts, size);
	fuzz_bytes(texts, size);
	fuzz_foreign((const char *)data, size);
	free(texts);
	return 0;
}
