/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "store/stats_match.h"

#include <string.h>

#include "forceenc/buf.h"
#include "forceenc/text.h"

int
stats_match_init(struct stats_match *match, const struct stats_filter *filter,
    const char **domain, size_t *len, struct err *err)
{
	const struct address_key *key = &match->keys.key[0];
	const char *sender = filter->sender, *why, *at;

	match->filter = filter;
	if (address_keys(&match->keys, &filter->rules, sender, strlen(sender),
		&why) == -1)
		return err_set(err, "%s: %s", text_show_str(sender), why);
	at = memrchr(key->text, '@', key->len);
	*domain = at != NULL ? at + 1 : key->text + key->len;
	*len = (size_t)(key->text + key->len - *domain);
	return 0;
}

static bool
stats_match_address(struct stats_match *match, const char *sender, size_t len)
{
	const struct address_key *want = &match->keys.key[0], *key;
	const char *why;
	unsigned i;

	if (address_keys(
		&match->sender, &match->filter->rules, sender, len, &why) == -1)
		return false;
	for (i = 0; i < match->sender.n; i++) {
		key = &match->sender.key[i];
		if (key->len == want->len &&
		    memcmp(key->text, want->text, key->len) == 0)
			return true;
	}
	return false;
}

bool
stats_match_is(struct stats_match *match, const char *domain, size_t domain_len,
    const char *local, size_t local_len)
{
	struct buf sender = {0};
	bool is;

	if (match->keys.key[0].level == ADDRESS_DOMAIN)
		return true;
	buf_add(&sender, local, local_len);
	if (domain_len > 0)
		buf_add_byte(&sender, '@');
	buf_add(&sender, domain, domain_len);
	is = stats_match_address(match, buf_text(&sender), sender.len);
	buf_fini(&sender);
	return is;
}
