/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/protocols.h"

#include <stdio.h>
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

/* A bound may be a version's number, "0303" or "0x0303"; what is newer than
 * all that have a name counts as one more. */
static int
protocols_bound(const char *name, size_t len)
{
	int number = protocols_number(name, len);
	unsigned low;

	if (number != -1)
		return number;
	if (len == 6 && strncmp(name, "0x", 2) == 0) {
		name += 2;
		len -= 2;
	}
	if (len != 4 || strncmp(name, "03", 2) != 0 ||
	    sscanf(name, "03%2x", &low) != 1)
		return -1;
	return low + 1 < PROTOCOLS_COUNT ? (int)low + 1 : (int)PROTOCOLS_COUNT;
}

/* OpenSSL stops at the first gap above what is permitted. SSL isn't built in
 * any more, and stops nobody. */
static unsigned
protocols_without_gaps(unsigned permitted)
{
	unsigned bit = PROTOCOLS_TLS10;

	while (bit <= PROTOCOLS_TLS13 && (permitted & bit) == 0)
		bit <<= 1;
	while (bit <= PROTOCOLS_TLS13 && (permitted & bit) != 0)
		bit <<= 1;
	return permitted & (bit - 1);
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
	number = least || most ? protocols_bound(word, len)
			       : protocols_number(word, len);
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
	*permitted = protocols_without_gaps(*permitted & ~list.excluded);
	return 0;
}
