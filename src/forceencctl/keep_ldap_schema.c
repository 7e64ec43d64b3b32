/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/keep_ldap_schema.h"

#include <stddef.h>

#include "forceenc/buf.h"
#include "forceenc/clock.h"

struct keep_ldap_schema {
	struct directory *dir;
	uint64_t timeout;
	struct buf dn;
	directory_value_fn *fn;
	void *arg;
};

struct keep_ldap_schema_wish {
	const char *attribute;
	enum directory_change_syntax syntax;
};

static void
keep_ldap_schema_on_dn(const char *value, size_t len, void *arg)
{
	struct keep_ldap_schema *schema = arg;

	buf_clear(&schema->dn);
	buf_add(&schema->dn, value, len);
}

static void
keep_ldap_schema_on_root(struct directory *dir, void *arg)
{
	directory_each_value(dir, keep_ldap_schema_on_dn, arg, NULL);
}

static void
keep_ldap_schema_on_types(struct directory *dir, void *arg)
{
	const struct keep_ldap_schema *schema = arg;

	directory_each_value(dir, schema->fn, schema->arg, NULL);
}

static void
keep_ldap_schema_ask(struct keep_ldap_schema *schema, const char *base,
    char *attribute, ldap_ask_entry_fn *fn)
{
	char *attributes[] = {attribute, NULL};
	const struct directory_search search = {
	    .base = base,
	    .scope = DIRECTORY_BASE,
	    .filter = "(objectClass=*)",
	    .attributes = attributes,
	};
	struct directory_event end;
	struct err ignored;

	ldap_ask_search(schema->dir, &search, clock_now() + schema->timeout, fn,
	    schema, &end, &ignored);
}

/* The entry that has the schema is named in the root of the directory (RFC
 * 4512, 4.2). */
void
keep_ldap_schema_each(
    struct directory *dir, uint64_t timeout, directory_value_fn *fn, void *arg)
{
	struct keep_ldap_schema schema = {
	    .dir = dir, .timeout = timeout, .fn = fn, .arg = arg};
	char root[] = "subschemaSubentry", types[] = "attributeTypes";

	keep_ldap_schema_ask(&schema, "", root, keep_ldap_schema_on_root);
	if (schema.dn.len > 0)
		keep_ldap_schema_ask(&schema, buf_text(&schema.dn), types,
		    keep_ldap_schema_on_types);
	buf_fini(&schema.dn);
}

static void
keep_ldap_schema_on_type(const char *value, size_t len, void *arg)
{
	struct keep_ldap_schema_wish *wish = arg;

	if (wish->syntax == DIRECTORY_CHANGE_OTHER)
		wish->syntax =
		    directory_change_syntax(value, len, wish->attribute);
}

enum directory_change_syntax
keep_ldap_schema_syntax(struct keep_ldap *keep, const char *attribute)
{
	struct keep_ldap_schema_wish wish = {
	    .attribute = attribute, .syntax = DIRECTORY_CHANGE_OTHER};

	keep_ldap_schema_each(
	    keep->dir, keep->conf->timeout, keep_ldap_schema_on_type, &wish);
	return wish.syntax;
}
