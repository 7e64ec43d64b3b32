/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "wire/address_plain.h"

#include <string.h>

/* What a byte becomes; 0 for those that make an address not plain. */
/* clang-format off */
static const char address_plain_byte[256] = {
	['-'] = '-', ['.'] = '.', ['='] = '=', ['@'] = '@', ['_'] = '_',
	['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4',
	['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9',
	['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd', ['e'] = 'e',
	['f'] = 'f', ['g'] = 'g', ['h'] = 'h', ['i'] = 'i', ['j'] = 'j',
	['k'] = 'k', ['l'] = 'l', ['m'] = 'm', ['n'] = 'n', ['o'] = 'o',
	['p'] = 'p', ['q'] = 'q', ['r'] = 'r', ['s'] = 's', ['t'] = 't',
	['u'] = 'u', ['v'] = 'v', ['w'] = 'w', ['x'] = 'x', ['y'] = 'y',
	['z'] = 'z',
	['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e',
	['F'] = 'f', ['G'] = 'g', ['H'] = 'h', ['I'] = 'i', ['J'] = 'j',
	['K'] = 'k', ['L'] = 'l', ['M'] = 'm', ['N'] = 'n', ['O'] = 'o',
	['P'] = 'p', ['Q'] = 'q', ['R'] = 'r', ['S'] = 's', ['T'] = 't',
	['U'] = 'u', ['V'] = 'v', ['W'] = 'w', ['X'] = 'x', ['Y'] = 'y',
	['Z'] = 'z',
};
/* clang-format on */

/* Letters, "_" and digits: neighbours of any kind are welcome. */
static bool
address_plain_is_easy(unsigned char c)
{
	return c >= '_' || (unsigned char)(c - '0') < 10;
}

/* Beside one of these, a dot may be the first, the last or one of two in a
 * row; two "-" may begin an A-label. */
static bool
address_plain_pair(char before, char c)
{
	if (c == '.' || c == '@')
		return before != '.' && before != '@';
	return c != '-' || before != '-';
}

bool
address_plain(struct address_keys *keys, const struct address_rules *rules,
    const char *address, size_t len)
{
	char *to = keys->buf;
	const char *delimiter;
	size_t i, at = 0;
	char c = '\0';

	if (!rules->fold_local || len > ADDRESS_MAX)
		return false;
	for (i = 0; i < len; i++) {
		c = address_plain_byte[(unsigned char)address[i]];
		to[i] = c;
		if (address_plain_is_easy((unsigned char)c))
			continue;
		if (c == '\0' || (c == '@' && at > 0) ||
		    !address_plain_pair(i > 0 ? to[i - 1] : '.', c))
			return false;
		if (c == '@')
			at = i;
	}
	if (at == 0 || c == '.' || c == '@')
		return false;
	for (delimiter = rules->delimiters; *delimiter != '\0'; delimiter++)
		if (memchr(keys->buf, *delimiter, at) != NULL)
			return false;
	keys->key[0] = (struct address_key){
	    .text = keys->buf, .len = (uint16_t)len, .level = ADDRESS_FULL};
	keys->key[1] = (struct address_key){.text = keys->buf + at,
	    .len = (uint16_t)(len - at),
	    .level = ADDRESS_DOMAIN};
	keys->n = 2;
	keys->used = len;
	return true;
}
