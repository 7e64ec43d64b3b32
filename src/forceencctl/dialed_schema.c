/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/dialed_schema.h"

#include <string.h>

#include "forceenc/buf.h"
#include "forceenc/must.h"
#include "forceenc/template.h"
#include "forceenc/text.h"
#include "forceencctl/keep_ldap_schema.h"

/* Some attributes of a parameter, of which one is enough. */
struct dialed_schema_names {
	const char *parameter;
	char *const *name;
	size_t n;
	bool known;
};

struct dialed_schema {
	struct dialed_schema_names names[2];
	bool readable; /* it has what every schema has */
};

static bool
dialed_schema_is(const char *value, size_t len, const char *name)
{
	return directory_change_syntax(value, len, name) !=
	    DIRECTORY_CHANGE_OTHER;
}

/* "mail:caseExactMatch:" is no name, and may match in any attribute. */
static bool
dialed_schema_has_rules(const struct dialed_schema_names *names)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		if (strchr(names->name[i], ':') != NULL)
			return true;
	return false;
}

static void
dialed_schema_on_type(const char *value, size_t len, void *arg)
{
	struct dialed_schema *schema = arg;
	struct dialed_schema_names *names;
	size_t i;

	if (!schema->readable)
		schema->readable = dialed_schema_is(value, len, "objectClass");
	for (names = schema->names; names < schema->names + 2; names++)
		for (i = 0; i < names->n && !names->known; i++)
			names->known =
			    dialed_schema_is(value, len, names->name[i]);
}

static int
dialed_schema_explain(const struct dialed_schema_names *names, struct err *err)
{
	struct buf list = {0};
	size_t i;

	for (i = 0; i < names->n; i++)
		buf_printf(&list, "%s%s", i > 0 ? ", " : "",
		    text_show_str(names->name[i]));
	err_set(err,
	    "%s: the server's schema has no %s, so that everybody counts as "
	    "absent",
	    names->parameter, buf_text(&list));
	buf_fini(&list);
	return -1;
}

int
dialed_schema_check(
    struct directory *dir, const struct conf_ldap *conf, struct err *err)
{
	struct dialed_schema schema = {
	    .names = {
		{"query_filter", NULL, 0, false},
		{"result_attribute", conf->attribute, conf->nattributes, false},
	    }};
	struct template_shape shape;
	size_t i;
	int rc = 0;

	/* The configuration was checked when it was read. */
	MUST(template_shape_init(&shape, conf->query_filter, NULL) == 0);
	schema.names[0].name = shape.attribute;
	schema.names[0].n = shape.nattributes;
	schema.names[0].known = dialed_schema_has_rules(&schema.names[0]);
	keep_ldap_schema_each(
	    dir, conf->timeout, dialed_schema_on_type, &schema);
	for (i = 0; i < 2 && rc == 0 && schema.readable; i++)
		if (schema.names[i].n > 0 && !schema.names[i].known)
			rc = dialed_schema_explain(&schema.names[i], err);
	template_shape_fini(&shape);
	return rc;
}
