/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/conf_domains.h"

#include <stdlib.h>
#include <string.h>

#include "conf/value.h"
#include "conf/words.h"
#include "forceenc/address.h"
#include "forceenc/buf.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

static void
conf_domains_add(char ***list, size_t *n, const char *text, size_t len)
{
	*list = mem_resize(*list, *n + 1, sizeof(**list));
	(*list)[(*n)++] = mem_dup(text, len);
}

/* A domain in each spelling that a key may have. -1 with *why. */
static int
conf_domains_read_one(
    char ***list, size_t *n, const char *domain, const char **why)
{
	static const struct address_rules rules = {
	    .delimiters = "", .fold_local = true};
	struct address_keys *keys;
	struct buf address = {0};
	unsigned i;
	int rc;

	buf_printf(&address, "@%s", domain);
	keys = mem_alloc(sizeof(*keys));
	rc = address_keys(keys, &rules, address.data, address.len, why);
	for (i = 0; rc == 0 && i < keys->n; i++) {
		if (keys->key[i].level != ADDRESS_DOMAIN) {
			*why = "no domain";
			rc = -1;
		} else {
			conf_domains_add(list, n, keys->key[i].text + 1,
			    keys->key[i].len - (size_t)1);
		}
	}
	free(keys);
	buf_fini(&address);
	return rc;
}

/* Whether it has a character that no domain has: an address with it never
 * comes, and nobody would be looked up. */
static bool
conf_domains_has_odd(const char *domain)
{
	for (; *domain != '\0'; domain++)
		if ((unsigned char)*domain < 0x80 &&
		    strchr("-_.", *domain) == NULL &&
		    !(*domain >= '0' && *domain <= '9') &&
		    !(text_lower(*domain) >= 'a' && text_lower(*domain) <= 'z'))
			return true;
	return false;
}

/* Why this can't be in the list of domains, NULL if it may. */
static const char *
conf_domains_wrong(const char *domain)
{
	if (*domain == '[')
		return NULL;
	if (*domain == '/' || *domain == '.')
		return "neither files nor subdomains by a leading dot can be "
		       "given; list each domain itself";
	if (strchr(domain, ':') != NULL)
		return "no table can be given here; list each domain itself";
	if (*domain == '!')
		return "nothing can be excluded here; list the domains that "
		       "are meant";
	if (strchr(domain, '@') != NULL)
		return "no domain; write what stands behind the @";
	if (*domain == '$')
		return "no parameter of main.cf is known here; list each "
		       "domain itself";
	if (conf_domains_has_odd(domain))
		return "no domain: letters, digits, \"-\", \"_\", \".\"";
	return NULL;
}

void
conf_domains_read(char ***list, size_t *n, const struct file *file,
    const struct option *option, struct problems *problems)
{
	struct value value;
	const char *at, *why;
	char *domain;
	bool any = false;

	if (!value_get(&value, file, option->name, option, problems))
		return;
	at = value.text;
	for (; (domain = words_next(&at)) != NULL; any = true) {
		why = conf_domains_wrong(domain);
		if (why != NULL ||
		    conf_domains_read_one(list, n, domain, &why) == -1)
			value_wrong(&value, problems, "\"%s\": %s",
			    text_show_str(domain), why);
		free(domain);
	}
	/* "domain = ," means something, though not every domain there is. */
	if (!any && *value.text != '\0')
		value_wrong(&value, problems,
		    "a list without a domain; write domains, or remove the "
		    "line");
}

void
conf_domains_free(char **list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(list[i]);
	free(list);
}

bool
conf_domains_equal(char *const *a, size_t na, char *const *b, size_t nb)
{
	size_t i;

	if (na != nb)
		return false;
	for (i = 0; i < na; i++)
		if (strcmp(a[i], b[i]) != 0)
			return false;
	return true;
}
