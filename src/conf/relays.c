/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/relays.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/text.h"

#define RELAYS_TEXT_MAX 64

struct relays_net {
	int family;
	unsigned bits;
	unsigned char address[16];
};

struct relays {
	struct relays_net *net;
	size_t n;
	bool v4, v6; /* there are such */
};

/* The family, AF_UNSPEC if it is none. */
static int
relays_address(const char *s, size_t len, unsigned char out[16])
{
	char text[RELAYS_TEXT_MAX];

	if (len >= sizeof(text))
		return AF_UNSPEC;
	memcpy(text, s, len);
	text[len] = '\0';
	if (memchr(text, ':', len) != NULL)
		return inet_pton(AF_INET6, text, out) == 1 ? AF_INET6
							   : AF_UNSPEC;
	return inet_pton(AF_INET, text, out) == 1 ? AF_INET : AF_UNSPEC;
}

/* How many of at most *bits. */
static bool
relays_bits(const char *s, size_t len, unsigned *bits)
{
	char text[RELAYS_TEXT_MAX];
	int64_t n;

	if (len >= sizeof(text))
		return false;
	memcpy(text, s, len);
	text[len] = '\0';
	if (text_parse_int(text, 0, *bits, &n) == -1)
		return false;
	*bits = (unsigned)n;
	return true;
}

static int
relays_add(struct relays *relays, const char *s, size_t len, struct err *err)
{
	const char *slash = memchr(s, '/', len);
	size_t n = slash == NULL ? len : (size_t)(slash - s);
	struct relays_net net = {0};

	net.family = relays_address(s, n, net.address);
	net.bits = net.family == AF_INET6 ? 128 : 32;
	if (slash != NULL && !relays_bits(slash + 1, len - n - 1, &net.bits))
		net.family = AF_UNSPEC;
	if (net.family == AF_UNSPEC)
		return err_set(err,
		    "\"%s\": write an address such as 127.0.0.1 or ::1, or a "
		    "network such as 10.0.0.0/8",
		    text_show(s, len));
	relays->v4 = relays->v4 || net.family == AF_INET;
	relays->v6 = relays->v6 || net.family == AF_INET6;
	relays->net =
	    mem_resize(relays->net, relays->n + 1, sizeof(*relays->net));
	relays->net[relays->n++] = net;
	return 0;
}

struct relays *
relays_new(const char *list, struct err *err)
{
	static const char separators[] = ", \t\r\n";
	struct relays *relays = mem_zalloc(sizeof(*relays));
	size_t len;

	for (;;) {
		list += strspn(list, separators);
		len = strcspn(list, separators);
		if (len == 0)
			return relays;
		if (relays_add(relays, list, len, err) == -1) {
			relays_free(relays);
			return NULL;
		}
		list += len;
	}
}

void
relays_free(struct relays *relays)
{
	if (relays == NULL)
		return;
	free(relays->net);
	free(relays);
}

static bool
relays_match(const struct relays_net *net, const unsigned char *address)
{
	unsigned whole = net->bits / 8, rest = net->bits % 8;
	unsigned mask = (0xff00u >> rest) & 0xff;

	return memcmp(net->address, address, whole) == 0 &&
	    (rest == 0 ||
		(net->address[whole] & mask) == (address[whole] & mask));
}

bool
relays_have(const struct relays *relays, const char *address, size_t len)
{
	unsigned char bytes[16];
	bool v6 = memchr(address, ':', len) != NULL;
	int family;
	size_t i;

	if (v6 ? !relays->v6 : !relays->v4)
		return false;
	family = relays_address(address, len, bytes);
	for (i = 0; i < relays->n; i++)
		if (relays->net[i].family == family &&
		    relays_match(&relays->net[i], bytes))
			return true;
	return false;
}
