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
