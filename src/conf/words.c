/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/words.h"

#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/text.h"

#define WORDS_SEPARATORS ", \t\r\n"
#define WORDS_LEN_MAX    63 /* longer words are never compared */

char *
words_next(const char **at)
{
	const char *word = *at + strspn(*at, WORDS_SEPARATORS);
	size_t len = strcspn(word, WORDS_SEPARATORS);

	*at = word + len;
	return len > 0 ? mem_dup(word, len) : NULL;
}

static unsigned
words_min(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* How many letters must be put in, taken out, replaced or swapped with their
 * neighbour, whatever their case. */
static unsigned
words_distance(const char *a, size_t alen, const char *b, size_t blen)
{
	unsigned rows[3][WORDS_LEN_MAX + 1];
	unsigned *older = rows[0], *old = rows[1], *now = rows[2], *spare;
	size_t i, j;
	unsigned same;

	for (j = 0; j <= blen; j++)
		old[j] = (unsigned)j;
	for (i = 1; i <= alen; i++) {
		now[0] = (unsigned)i;
		for (j = 1; j <= blen; j++) {
			same = text_lower(a[i - 1]) == text_lower(b[j - 1]);
			now[j] = words_min(old[j], now[j - 1]) + 1;
			now[j] = words_min(now[j], old[j - 1] + !same);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				now[j] = words_min(now[j], older[j - 2] + 1);
		}
		spare = older;
		older = old;
		old = now;
		now = spare;
	}
	return old[blen];
}

void
words_closer(
    struct words_closest *closest, const char *word, const char *candidate)
{
	size_t len = strlen(word), candidate_len = strlen(candidate);
	unsigned distance;

	if (len > WORDS_LEN_MAX || candidate_len > WORDS_LEN_MAX)
		return;
	distance = words_distance(word, len, candidate, candidate_len);
	if (distance > 1 + candidate_len / 4 || distance >= candidate_len)
		return;
	if (closest->word == NULL || distance < closest->distance) {
		closest->word = candidate;
		closest->distance = distance;
	}
}
