/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_ADDRESS_H
#define FORCEENC_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * From an envelope sender, as Postfix asks it, to the keys under which a
 * policy may hold it, most specific first:
 *
 *   Alice+tag@Example.COM   alice+tag@example.com  alice@example.com
 *                           @example.com
 *   "<>"  <>  (empty)       <>
 *   "a b"@example.com       "a b"@example.com  a b@example.com
 *                           @example.com
 *   joe@EXÄMPLE.com         joe@xn--exmple-cua.com  joe@exämple.com
 *                           @xn--exmple-cua.com  @exämple.com
 *   @example.com            @example.com
 *   joe                     joe
 *
 * Within one level (full, stripped, domain) the canonical form comes first:
 * the domain in A-labels and lower case without a trailing dot, the local
 * part quoted (RFC 5321, 4.1.2) only where it must be. The other spellings
 * follow, since a directory may hold those: a level whose spellings coincide
 * has one key, and one that would be read as somebody else's address is left
 * out. Any key, asked in its turn, has its level's canonical form in front.
 */

#define ADDRESS_MAX      2048 /* bytes of an address that is looked at */
#define ADDRESS_KEYS_MAX 10
#define ADDRESS_BUF      (16 * ADDRESS_MAX)

struct address_rules {
	const char *delimiters; /* recipient_delimiter: each byte is one; the
				 * first that occurs behind the first byte of
				 * the local part splits it; "" for none.
				 * owner-list and list-request are not split
				 * by "-" and double-bounce, mailer-daemon
				 * never are (Postfix's split_addr(3)) */
	bool fold_local;        /* ignore the case of the local part */
};

enum address_level {
	ADDRESS_FULL,
	ADDRESS_STRIPPED, /* without its extension */
	ADDRESS_DOMAIN,
	ADDRESS_NULL, /* the null sender */
};

struct address_key {
	const char *text; /* into buf; not NUL-terminated */
	uint16_t len;
	uint8_t level; /* enum address_level */
};

struct address_keys {
	struct address_key key[ADDRESS_KEYS_MAX];
	unsigned n;
	size_t used; /* of buf */
	char buf[ADDRESS_BUF];
};

/*
 * 0, or -1 with *why (a static text) for what can be no address in a policy:
 * longer than ADDRESS_MAX (its local part folded, which may lengthen it,
 * counts as well), NUL or another control byte, malformed UTF-8.
 * There is at least one key otherwise. A domain that IDNA refuses is folded
 * (ASCII) and used as it stands. The plain ASCII case copies the address once
 * and allocates nothing.
 */
int address_keys(struct address_keys *, const struct address_rules *,
    const char *address, size_t len, const char **why);

/* "full address", "without extension", "domain", "null sender". */
const char *address_level_name(enum address_level);

#endif
