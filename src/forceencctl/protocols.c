/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/protocols.h"

#include <string.h>

#include "forceenc/text.h"

/* In the order of their bits; TLSv1.0 is another spelling. */
static const char *const protocols_names[] = {
    "SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"};

#define PROTOCOLS_COUNT (sizeof(protocols_names) / sizeof(*protocols_names))

static int
protocols_number(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < PROTOCOLS_COUNT; i++)
		if (text_equal_fold(name, len, protocols_names[i]))
			return (int)i;
	return text_equal_fold(name, len, "TLSv1.0") ? 2 : -1;
}

struct protocols_list {
	unsigned named;
	unsigned excluded; /* by "!" or a bound */
	bool ranges;
};

static int
protocols_word(struct protocols_list *list, const char *word, size_t len)
{
	bool least, most, negated;
	int number;

	least = len > 2 && strncmp(word, ">=", 2) == 0;
	most = len > 2 && strncmp(word, "<=", 2) == 0;
	negated = *word == '!';
	if ((least || most) && !list->ranges)
		return -1;
	word += least || most ? 2 : negated;
	len -= least || most ? 2 : negated;
	number = protocols_number(word, len);
	/* "<=" and nothing, or a version by its number. */
	if (number == -1)
		return -1;
	if (least)
		list->excluded |= (1U << number) - 1;
	else if (most)
		list->excluded |= PROTOCOLS_ALL & ~((2U << number) - 1);
	else if (negated)
		list->excluded |= 1U << number;
	else
		list->named |= 1U << number;
	return 0;
}

int
protocols_parse(const char *text, bool ranges, unsigned *permitted)
{
	struct protocols_list list = {.ranges = ranges};
	size_t len;

	for (;;) {
		text += strspn(text, ", \t\r\n:");
		len = strcspn(text, ", \t\r\n:");
		if (len == 0)
			break;
		if (protocols_word(&list, text, len) == -1)
			return -1;
		text += len;
	}
	*permitted = list.named != 0 ? list.named : PROTOCOLS_ALL;
	*permitted &= ~list.excluded;
	return 0;
}
