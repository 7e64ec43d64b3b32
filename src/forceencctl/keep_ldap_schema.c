/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/keep_ldap_schema.h"

#include <stddef.h>

#include "forceenc/buf.h"

struct keep_ldap_schema {
	const char *attribute;
	struct buf dn;
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
keep_ldap_schema_on_type(const char *value, size_t len, void *arg)
{
	struct keep_ldap_schema *schema = arg;

	if (schema->syntax == DIRECTORY_CHANGE_OTHER)
		schema->syntax =
		    directory_change_syntax(value, len, schema->attribute);
}

static void
keep_ldap_schema_on_types(struct directory *dir, void *arg)
{
	directory_each_value(dir, keep_ldap_schema_on_type, arg, NULL);
}

static void
keep_ldap_schema_ask(struct keep_ldap *keep, const char *base, char *attribute,
    ldap_ask_entry_fn *fn, struct keep_ldap_schema *schema)
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

	ldap_ask_search(keep->dir, &search, keep_ldap_deadline(keep), fn,
	    schema, &end, &ignored);
}

/* The entry that has the schema is named in the root of the directory (RFC
 * 4512, 4.2). */
enum directory_change_syntax
keep_ldap_schema_syntax(struct keep_ldap *keep, const char *attribute)
{
	struct keep_ldap_schema schema = {
	    .attribute = attribute, .syntax = DIRECTORY_CHANGE_OTHER};
	char root[] = "subschemaSubentry", types[] = "attributeTypes";

	keep_ldap_schema_ask(keep, "", root, keep_ldap_schema_on_root, &schema);
	if (schema.dn.len > 0)
		keep_ldap_schema_ask(keep, buf_text(&schema.dn), types,
		    keep_ldap_schema_on_types, &schema);
	buf_fini(&schema.dn);
	return schema.syntax;
}
