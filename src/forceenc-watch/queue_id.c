/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/queue_id.h"

#define QUEUE_ID_MIN 5

/*
 * A queue id and ": ". Short ones are hexadecimal in capitals; long ones are
 * made of digits and consonants, with a "z" between time and inode. So words
 * such as "warning" are none.
 */
#define QUEUE_ID_HEX  1
#define QUEUE_ID_LONG 2

/* clang-format off */
static const unsigned char queue_id_class[256] = {
	['0'] = 3, ['1'] = 3, ['2'] = 3, ['3'] = 3, ['4'] = 3, ['5'] = 3,
	['6'] = 3, ['7'] = 3, ['8'] = 3, ['9'] = 3, ['A'] = 1, ['B'] = 3,
	['C'] = 3, ['D'] = 3, ['E'] = 1, ['F'] = 3, ['G'] = 2, ['H'] = 2,
	['J'] = 2, ['K'] = 2, ['L'] = 2, ['M'] = 2, ['N'] = 2, ['P'] = 2,
	['Q'] = 2, ['R'] = 2, ['S'] = 2, ['T'] = 2, ['V'] = 2, ['W'] = 2,
	['X'] = 2, ['Y'] = 2, ['Z'] = 2, ['b'] = 2, ['c'] = 2, ['d'] = 2,
	['f'] = 2, ['g'] = 2, ['h'] = 2, ['j'] = 2, ['k'] = 2, ['l'] = 2,
	['m'] = 2, ['n'] = 2, ['p'] = 2, ['q'] = 2, ['r'] = 2, ['s'] = 2,
	['t'] = 2, ['v'] = 2, ['w'] = 2, ['x'] = 2, ['y'] = 2, ['z'] = 2,
};
/* clang-format on */

bool
queue_id_parse(struct scan *scan, struct event_span *out)
{
	unsigned class = QUEUE_ID_HEX | QUEUE_ID_LONG, here;
	const char *at = scan->at;
	size_t len;

	for (; at < scan->end; at++) {
		here = queue_id_class[(unsigned char)*at];
		if (here == 0)
			break;
		class &= here;
	}
	len = (size_t)(at - scan->at);
	if (class == 0 || len < QUEUE_ID_MIN || len > QUEUE_ID_MAX ||
	    scan->end - at < 2 || at[0] != ':' || at[1] != ' ')
		return false;
	if ((class & QUEUE_ID_HEX) == 0 && memchr(scan->at, 'z', len) == NULL)
		return false;
	out->s = scan->at;
	out->len = len;
	scan->at = at + 2;
	return true;
}
