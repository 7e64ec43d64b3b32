/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/head.h"

#include <string.h>
#include <unistd.h>

void
head_read(struct head *head, int fd)
{
	ssize_t n = pread(fd, head->bytes, sizeof(head->bytes), 0);

	head->len = n < 0 ? 0 : (size_t)n;
}

void
head_set(struct head *head, const char *bytes, size_t len)
{
	head->len = len < sizeof(head->bytes) ? len : sizeof(head->bytes);
	if (len > 0)
		memcpy(head->bytes, bytes, head->len);
}

static bool
head_begins(const struct head *longer, const struct head *head)
{
	return longer->len >= head->len &&
	    memcmp(longer->bytes, head->bytes, head->len) == 0;
}

bool
head_is_same(const struct head *head, int fd)
{
	struct head now;

	head_read(&now, fd);
	return head_begins(&now, head);
}

void
head_extend(struct head *head, int fd)
{
	struct head now;

	if (head->len == sizeof(head->bytes))
		return;
	head_read(&now, fd);
	if (head_begins(&now, head))
		*head = now;
}

void
head_print(const struct head *head, uint64_t offset, struct fingerprint *out)
{
	fingerprint_make(
	    out, head->bytes, offset < head->len ? (size_t)offset : head->len);
}

size_t
head_line_end(const struct head *head, size_t offset)
{
	const char *end = memrchr(head->bytes, '\n', offset);

	return end == NULL ? 0 : (size_t)(end - head->bytes) + 1;
}
