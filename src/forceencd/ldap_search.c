/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/ldap_search.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"

void
ldap_search_init(struct ldap_search *search, const struct conf_ldap *conf)
{
	size_t i;

	*search = (struct ldap_search){.conf = conf};
	search->attributes =
	    mem_zalloc((conf->nattributes + 1) * sizeof(*search->attributes));
	for (i = 0; i < conf->nattributes; i++)
		search->attributes[i] = conf->attribute[i];
}

void
ldap_search_fini(struct ldap_search *search)
{
	free(search->attributes);
	buf_fini(&search->base);
	buf_fini(&search->filter);
}

enum template_status
ldap_search_make(struct ldap_search *search, const struct source_ask *ask)
{
	struct template_key key;

	template_key_split(&key, ask->key, ask->len);
	buf_clear(&search->base);
	buf_clear(&search->filter);
	if (template_filter_dn(&search->base, search->conf->search_base,
		&key) == TEMPLATE_SKIP)
		return TEMPLATE_SKIP;
	return template_filter(
	    &search->filter, search->conf->query_filter, &key);
}

void
ldap_search_tell(struct ldap_search *search, const struct source_ask *ask,
    source_told_fn *fn, void *arg)
{
	static const char *const scopes[] = {
	    [DIRECTORY_BASE] = "base",
	    [DIRECTORY_ONE] = "one",
	    [DIRECTORY_SUB] = "sub",
	};
	const char *scope = scopes[search->conf->scope];

	if (ldap_search_make(search, ask) == TEMPLATE_SKIP) {
		source_told_skip(fn, arg);
		return;
	}
	fn("base", buf_text(&search->base), search->base.len, arg);
	fn("scope", scope, strlen(scope), arg);
	fn("filter", buf_text(&search->filter), search->filter.len, arg);
}

bool
ldap_search_send(struct ldap_search *search, struct ldap_lane *lane,
    struct ldap_flight *flight, struct err *failed)
{
	struct directory_search request = {
	    .scope = (enum directory_scope)search->conf->scope,
	    .attributes = search->attributes,
	    .size_limit = search->conf->size_limit,
	    /* Whole seconds. */
	    .time_limit = (unsigned)((search->conf->timeout + 999) / 1000),
	};
	int id = 0;

	MUST(ldap_search_make(search, flight->ask) == TEMPLATE_OK);
	request.base = buf_text(&search->base);
	request.filter = buf_text(&search->filter);
	failed->text[0] = '\0';
	switch (ldap_link_send(&lane->link, &request, &id, failed)) {
	case DIRECTORY_SENT:
	case DIRECTORY_SENT_BUT:
		ldap_lane_add(lane, id, flight);
		return true;
	case DIRECTORY_LOST:
		/* Not this search's fault. */
		failed->text[0] = '\0';
		return false;
	case DIRECTORY_FULL:
	case DIRECTORY_REFUSED:
		break;
	}
	return false;
}
