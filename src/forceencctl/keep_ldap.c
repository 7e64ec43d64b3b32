/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/keep_ldap.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "forceenc/clock.h"
#include "forceenc/mem.h"
#include "forceenc/template.h"
#include "forceenc/text.h"
#include "forceencctl/cmd.h"

/* Entries of a list that are fetched at a time. */
#define KEEP_LDAP_PAGE 500

static int
keep_ldap_may(const struct keep_site *site, struct err *err)
{
	if (site->use == KEEP_LOOK || site->admin)
		return 0;
	return err_set(err,
	    "nobody is named who may change its entries (the daemon only "
	    "reads); set admin_bind, admin_bind_dn and admin_bind_pw_file, or "
	    "use --as");
}

uint64_t
keep_ldap_deadline(const struct keep_ldap *keep)
{
	return clock_now() + keep->conf->timeout;
}

static void
keep_ldap_close(void *arg)
{
	struct keep_ldap *keep = arg;

	if (keep == NULL)
		return;
	directory_close(keep->dir);
	reach_fini(&keep->reach);
	free(keep);
}

static void
keep_ldap_connect(struct keep_ldap *keep, const struct conf_ldap_server *server,
    size_t n, struct buf *why)
{
	struct err err;
	size_t i;

	for (i = 0; i < n && keep->dir == NULL; i++) {
		keep->url = server[i].url;
		keep->dir = reach_directory(&keep->reach, keep->conf,
		    &server[i], keep->login, keep_ldap_deadline(keep), &err);
		if (keep->dir == NULL)
			buf_printf(why, "%s%s", i > 0 ? "; " : "", err.text);
	}
}

static int
keep_ldap_open(void **out, const struct keep_site *site, struct err *err)
{
	struct keep_ldap *keep = mem_zalloc(sizeof(*keep));
	const struct conf_ldap *conf = &site->table->ldap;
	struct buf why = {0};

	*out = keep;
	keep->conf = conf;
	keep->map = site->map;
	keep->login = site->login;
	reach_init(&keep->reach);
	if (site->admin && conf->nadmin_servers > 0)
		keep_ldap_connect(
		    keep, conf->admin_server, conf->nadmin_servers, &why);
	else
		keep_ldap_connect(keep, conf->server, conf->nservers, &why);
	if (keep->dir == NULL)
		err_set(err, "no connection: %s", buf_text(&why));
	buf_fini(&why);
	return keep->dir != NULL ? 0 : EX_TEMPFAIL;
}

static int
keep_ldap_failed(struct keep_ldap *keep, struct err *err)
{
	/* What the library and the server say begins with it already. */
	if (strncmp(err->text, keep->url, strlen(keep->url)) != 0)
		err_prefix(err, "%s", keep->url);
	return EX_TEMPFAIL;
}

int
keep_ldap_search(struct keep_ldap *keep, const char *filter,
    const struct address_key *key, char **attributes, ldap_ask_entry_fn *fn,
    void *arg, struct err *err)
{
	const struct conf_ldap *conf = keep->conf;
	struct buf base = {0}, made = {0};
	struct directory_event end = {.result = DIRECTORY_OK};
	struct directory_search search = {
	    .scope = (enum directory_scope)conf->scope,
	    .attributes = attributes,
	};
	struct template_key parts;
	int rc = 0;

	template_key_split(&parts, key->text, key->len);
	if (template_filter_dn(&base, conf->search_base, &parts) ==
		TEMPLATE_OK &&
	    template_filter(&made, filter, &parts) == TEMPLATE_OK) {
		search.base = buf_text(&base);
		search.filter = buf_text(&made);
		rc = ldap_ask_search(keep->dir, &search,
		    keep_ldap_deadline(keep), fn, arg, &end, err);
	}
	if (rc == 0 && end.result != DIRECTORY_OK &&
	    (end.result != DIRECTORY_NO_BASE ||
		strchr(conf->search_base, '%') == NULL)) {
		rc = err_set(err, "%s%s", end.why.text,
		    end.result == DIRECTORY_NO_BASE
			? ": search_base isn't there, or this account may not "
			  "see it"
			: "");
	}
	buf_fini(&base);
	buf_fini(&made);
	return rc == 0 ? 0 : keep_ldap_failed(keep, err);
}

static void
keep_ldap_on_value(const char *value, size_t len, void *arg)
{
	if (len > 0)
		keep_values_add(arg, value, len);
}

static void
keep_ldap_on_entry(struct directory *dir, void *arg)
{
	directory_each_value(dir, keep_ldap_on_value, arg, NULL);
}

/* The attributes whose values count and n more, NULL behind them; borrowed, but
 * for the list itself. */
static char **
keep_ldap_attributes(const struct conf_ldap *conf, char **more, size_t n)
{
	char **list = mem_zalloc((conf->nattributes + n + 1) * sizeof(*list));
	size_t i;

	for (i = 0; i < conf->nattributes; i++)
		list[i] = conf->attribute[i];
	for (i = 0; i < n; i++)
		list[conf->nattributes + i] = more[i];
	return list;
}

static int
keep_ldap_get(void *arg, const struct address_key *key,
    struct keep_values *values, struct err *err)
{
	struct keep_ldap *keep = arg;
	char **attributes = keep_ldap_attributes(keep->conf, NULL, 0);
	int status = keep_ldap_search(keep, keep->conf->query_filter, key,
	    attributes, keep_ldap_on_entry, values, err);

	free(attributes);
	return status;
}

static int
keep_ldap_set(void *keep, const struct address_key *key,
    const struct keep_wish *wish, struct keep_values *before, struct buf *where,
    struct err *err)
{
	return keep_ldap_change_set(keep, key, wish, before, where, err);
}

static int
keep_ldap_remove(void *keep, const struct address_key *key,
    struct keep_values *before, struct buf *where, struct err *err)
{
	return keep_ldap_change_remove(keep, key, before, where, err);
}

struct keep_ldap_list {
	const struct conf_ldap *conf;
	const struct template_shape *shape;
	keep_row_fn *fn;
	void *arg;
	bool enough;
	struct keep_values values;
	struct buf dn;
	unsigned rows; /* of this entry */
};

static void
keep_ldap_list_row(struct keep_ldap_list *list, const char *address, size_t len)
{
	const struct keep_row row = {
	    .address = address,
	    .address_len = len,
	    .values = &list->values,
	    .changed = -1,
	    .entry = buf_text(&list->dn),
	};

	if (!list->enough)
		list->enough = !list->fn(&row, list->arg);
	list->rows++;
}

static void
keep_ldap_list_on_address(const char *value, size_t len, void *arg)
{
	keep_ldap_list_row(arg, value, len);
}

/* A row for each address of the entry. */
static void
keep_ldap_list_on_entry(struct directory *dir, void *arg)
{
	struct keep_ldap_list *list = arg;
	size_t i;

	if (list->enough)
		return;
	directory_change_dn(dir, &list->dn);
	keep_values_clear(&list->values);
	list->rows = 0;
	for (i = 0; i < list->conf->nattributes; i++)
		directory_change_each(dir, list->conf->attribute[i],
		    keep_ldap_on_value, &list->values);
	for (i = 0; i < list->shape->nattributes && list->values.n > 0; i++)
		directory_change_each(dir, list->shape->attribute[i],
		    keep_ldap_list_on_address, list);
	if (list->values.n > 0 && list->rows == 0)
		keep_ldap_list_row(list, list->dn.data, list->dn.len);
}

static int
keep_ldap_list_pages(struct keep_ldap *keep, struct directory_search *search,
    struct keep_ldap_list *list, struct err *err)
{
	struct directory_event end;
	struct buf page = {0};
	int rc;

	do {
		search->page = buf_text(&page);
		search->page_len = page.len;
		rc =
		    ldap_ask_search(keep->dir, search, keep_ldap_deadline(keep),
			keep_ldap_list_on_entry, list, &end, err);
		if (rc == 0 && end.result != DIRECTORY_OK)
			rc = err_set(err, "%s%s", end.why.text,
			    end.result == DIRECTORY_TOO_MANY
				? "; this account may not see more of them in "
				  "pages either: raise its limits (olcLimits, "
				  "size.prtotal), or give a --limit"
				: "");
		buf_clear(&page);
		if (rc == 0 && end.page != NULL)
			buf_add(&page, end.page, end.page_len);
	} while (rc == 0 && page.len > 0 && !list->enough);
	buf_fini(&page);
	return rc == 0 ? 0 : keep_ldap_failed(keep, err);
}

/* Whatever some key would find, if it has one of the attributes. */
static void
keep_ldap_list_filter(const struct conf_ldap *conf,
    const struct template_shape *shape, struct buf *filter)
{
	bool bare = *shape->filter != '(';
	size_t i;

	buf_printf(filter, "(&%s%s%s(|", bare ? "(" : "", shape->filter,
	    bare ? ")" : "");
	for (i = 0; i < conf->nattributes; i++)
		buf_printf(filter, "(%s=*)", conf->attribute[i]);
	buf_add_text(filter, "))");
}

static int
keep_ldap_list(void *arg, keep_row_fn *fn, void *fn_arg, struct err *err)
{
	struct keep_ldap *keep = arg;
	struct template_shape shape;
	struct keep_ldap_list list = {
	    .conf = keep->conf, .shape = &shape, .fn = fn, .arg = fn_arg};
	struct directory_search search = {
	    .base = keep->conf->search_base,
	    .scope = (enum directory_scope)keep->conf->scope,
	    .page_size = KEEP_LDAP_PAGE,
	};
	struct buf filter = {0};
	int status = EX_CONFIG;

	if (template_shape_init(&shape, keep->conf->query_filter, err) == -1)
		return EX_CONFIG;
	if (strchr(keep->conf->search_base, '%') != NULL || !shape.whole) {
		err_set(err,
		    "its entries can't be listed: %s; use ldapsearch(1)",
		    shape.whole ? "search_base depends on the address"
				: "query_filter isn't a comparison with the "
				  "address");
	} else {
		keep_ldap_list_filter(keep->conf, &shape, &filter);
		search.filter = buf_text(&filter);
		search.attributes = keep_ldap_attributes(
		    keep->conf, shape.attribute, shape.nattributes);
		status = keep_ldap_list_pages(keep, &search, &list, err);
		free(search.attributes);
	}
	template_shape_fini(&shape);
	keep_values_fini(&list.values);
	buf_fini(&list.dn);
	buf_fini(&filter);
	return status;
}

const struct keep_kind keep_ldap = {
    .may = keep_ldap_may,
    .open = keep_ldap_open,
    .close = keep_ldap_close,
    .get = keep_ldap_get,
    .set = keep_ldap_set,
    .remove = keep_ldap_remove,
    .list = keep_ldap_list,
};
