/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/directory_change.h"

#include <ldap.h>
#include <ldap_schema.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "directory_handle.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"

/* What a server may do to the syntax of RFC 4512, but for macros: they are of
 * slapd's configuration only, and libldap 2.5 looks behind the end of a
 * description for some that make no sense. */
#define DIRECTORY_CHANGE_SCHEMA                       \
	(LDAP_SCHEMA_ALLOW_ALL &                      \
	    ~(unsigned)(LDAP_SCHEMA_ALLOW_OID_MACRO | \
		LDAP_SCHEMA_ALLOW_DESCR_PREFIX))

#define DIRECTORY_CHANGE_OID_BOOLEAN "1.3.6.1.4.1.1466.115.121.1.7"

/* One change in the library's own words. */
struct directory_change_mod {
	LDAPMod mod;
	struct berval value;
	struct berval *values[2];
};

static void
directory_change_fill(
    struct directory_change_mod *out, const struct directory_change *change)
{
	static const int ops[] = {
	    [DIRECTORY_CHANGE_ADD] = LDAP_MOD_ADD,
	    [DIRECTORY_CHANGE_SET] = LDAP_MOD_REPLACE,
	    /* Replacing by nothing, unlike deleting, may find nothing. */
	    [DIRECTORY_CHANGE_REMOVE] = LDAP_MOD_REPLACE,
	};

	*out = (struct directory_change_mod){0};
	if (change->kind != DIRECTORY_CHANGE_REMOVE) {
		out->value.bv_len = strlen(change->value);
		out->value.bv_val = mem_strdup(change->value);
		out->values[0] = &out->value;
	}
	out->mod.mod_op = ops[change->kind] | LDAP_MOD_BVALUES;
	out->mod.mod_type = mem_strdup(change->attribute);
	out->mod.mod_bvalues = out->values;
}

enum directory_sent
directory_change_send(struct directory *dir, const char *dn,
    const struct directory_change *change, size_t n, int *id, struct err *err)
{
	struct directory_change_mod mod[DIRECTORY_CHANGES_MAX];
	LDAPMod *mods[DIRECTORY_CHANGES_MAX + 1] = {NULL};
	int rc, code = LDAP_SUCCESS;
	size_t i;

	MUST_BE(dir, DIRECTORY_MAGIC);
	MUST(n <= DIRECTORY_CHANGES_MAX);
	for (i = 0; i < n; i++) {
		directory_change_fill(&mod[i], &change[i]);
		mods[i] = &mod[i].mod;
	}
	ldap_set_option(dir->ld, LDAP_OPT_RESULT_CODE, &code);
	rc = ldap_modify_ext(dir->ld, dn, mods, NULL, NULL, id);
	for (i = 0; i < n; i++) {
		free(mod[i].mod.mod_type);
		free(mod[i].value.bv_val);
	}
	return directory_sent_status(dir, rc, err);
}

void
directory_change_dn(const struct directory *dir, struct buf *dn)
{
	char *name = ldap_get_dn(dir->ld, dir->message);

	buf_clear(dn);
	buf_add_text(dn, name != NULL ? name : "");
	ldap_memfree(name);
}

void
directory_change_each(const struct directory *dir, const char *attribute,
    directory_value_fn *fn, void *arg)
{
	struct berval **values =
	    ldap_get_values_len(dir->ld, dir->message, attribute);
	size_t i;

	for (i = 0; values != NULL && values[i] != NULL; i++)
		fn(values[i]->bv_val, values[i]->bv_len, arg);
	ldap_value_free_len(values);
}

static bool
directory_change_is_named(const LDAPAttributeType *type, const char *attribute)
{
	/* Options such as ";lang-de" don't make it another one. */
	size_t len = strcspn(attribute, ";"), i;

	if (type->at_oid != NULL &&
	    text_equal_fold(attribute, len, type->at_oid))
		return true;
	for (i = 0; type->at_names != NULL && type->at_names[i] != NULL; i++)
		if (text_equal_fold(attribute, len, type->at_names[i]))
			return true;
	return false;
}

enum directory_change_syntax
directory_change_syntax(
    const char *description, size_t len, const char *attribute)
{
	enum directory_change_syntax syntax = DIRECTORY_CHANGE_OTHER;
	char *text = mem_dup(description, len);
	LDAPAttributeType *type;
	const char *where;
	int code;

	type = ldap_str2attributetype(
	    text, &code, &where, DIRECTORY_CHANGE_SCHEMA);
	if (type != NULL && directory_change_is_named(type, attribute))
		syntax = type->at_syntax_oid != NULL &&
			strcmp(type->at_syntax_oid,
			    DIRECTORY_CHANGE_OID_BOOLEAN) == 0
		    ? DIRECTORY_CHANGE_BOOLEAN
		    : DIRECTORY_CHANGE_TEXT;
	if (type != NULL)
		ldap_attributetype_free(type);
	free(text);
	return syntax;
}

void
directory_change_tls(const struct directory *dir, struct buf *name)
{
	char *version = NULL;

	buf_clear(name);
	if (ldap_tls_inplace(dir->ld) &&
	    ldap_get_option(dir->ld, LDAP_OPT_X_TLS_VERSION, &version) ==
		LDAP_OPT_SUCCESS &&
	    version != NULL)
		buf_add_text(name, version);
	else if (ldap_tls_inplace(dir->ld))
		buf_add_text(name, "TLS");
	ldap_memfree(version);
}
