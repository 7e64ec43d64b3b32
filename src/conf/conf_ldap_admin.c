/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/conf_ldap_admin.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_ldap_server.h"
#include "conf/option.h"
#include "conf/value.h"
#include "forceenc/mem.h"
#include "forceenc/template.h"
#include "forceenc/text.h"

static bool
conf_ldap_admin_get(struct value *value, const struct file *file,
    const char *name, struct problems *problems)
{
	return value_get(
	    value, file, name, option_find(option_ldap, name), problems);
}

static void
conf_ldap_admin_read_bind(
    struct conf_ldap *out, const struct file *file, struct problems *problems)
{
	struct value value;

	/* The older names stand three behind the newer ones. */
	out->admin_bind %= 3;
	out->admin_bind_pw_file = mem_strdup("");
	if (conf_ldap_admin_get(&value, file, "admin_bind_pw_file", problems) &&
	    *value.text != '\0') {
		free(out->admin_bind_pw_file);
		out->admin_bind_pw_file = file_beside(file, value.text);
		if (out->admin_bind != CONF_LDAP_BIND_SIMPLE)
			value_wrong(&value, problems,
			    "without effect; set admin_bind = simple");
	}
	if (*out->admin_bind_dn != '\0' &&
	    out->admin_bind != CONF_LDAP_BIND_SIMPLE &&
	    conf_ldap_admin_get(&value, file, "admin_bind_dn", problems))
		value_wrong(&value, problems,
		    "without effect; set admin_bind = simple");
	if (out->admin_bind == CONF_LDAP_BIND_SIMPLE &&
	    *out->admin_bind_dn == '\0' &&
	    conf_ldap_admin_get(&value, file, "admin_bind", problems))
		value_wrong(&value, problems,
		    "nobody is allowed to change a directory without a name; "
		    "set admin_bind_dn and admin_bind_pw_file");
}

/* With a certificate it would be the daemon's own, who is to read only. */
static void
conf_ldap_admin_check_external(const struct conf_ldap *ldap,
    const struct file *file, struct problems *problems)
{
	bool own = ldap->nadmin_servers > 0;
	const struct conf_ldap_server *server =
	    own ? ldap->admin_server : ldap->server;
	size_t n = own ? ldap->nadmin_servers : ldap->nservers, i;
	struct value value;

	for (i = 0; i < n; i++)
		if (server[i].scheme != CONF_LDAP_UNIX)
			break;
	if (ldap->admin_bind == CONF_LDAP_BIND_EXTERNAL && i < n &&
	    conf_ldap_admin_get(&value, file, "admin_bind", problems))
		value_wrong(&value, problems,
		    "sasl is for ldapi:// only, not %s; set "
		    "admin_server_host = ldapi:///, or admin_bind = simple",
		    text_show_str(server[i].url));
}

static void
conf_ldap_admin_read_filter(const struct conf_ldap *ldap,
    const struct file *file, struct problems *problems)
{
	struct template_shape shape;
	struct value value;
	struct err err;

	if (!conf_ldap_admin_get(&value, file, "update_filter", problems) ||
	    *value.text == '\0')
		return;
	if (template_shape_init(&shape, ldap->update_filter, &err) == -1) {
		value_wrong(&value, problems, "%s", err.text);
		return;
	}
	if (shape.nattributes == 0)
		value_wrong(&value, problems,
		    "finds the same for every sender; write %%s where the "
		    "address belongs");
	template_shape_fini(&shape);
}

static void
conf_ldap_admin_check_attribute(const struct conf_ldap *ldap,
    const struct file *file, struct problems *problems)
{
	const char *name = ldap->update_attribute;
	struct value value;
	size_t i;

	if (*name == '\0')
		return;
	for (i = 0; i < ldap->nattributes; i++)
		if (text_equal_fold(name, strlen(name), ldap->attribute[i]))
			return;
	if (conf_ldap_admin_get(&value, file, "update_attribute", problems))
		value_wrong(&value, problems,
		    "\"%s\": not among result_attribute, so that setting it "
		    "would change nothing",
		    text_show_str(name));
}

void
conf_ldap_admin_read(
    struct conf_ldap *out, const struct file *file, struct problems *problems)
{
	struct value value;

	if (conf_ldap_admin_get(&value, file, "admin_server_host", problems))
		conf_ldap_server_read_list(&out->admin_server,
		    &out->nadmin_servers, &value, out->server_port, problems);
	conf_ldap_admin_read_bind(out, file, problems);
	conf_ldap_admin_check_external(out, file, problems);
	conf_ldap_admin_read_filter(out, file, problems);
	conf_ldap_admin_check_attribute(out, file, problems);
}

void
conf_ldap_admin_fini(struct conf_ldap *ldap)
{
	conf_ldap_server_free_list(ldap->admin_server, ldap->nadmin_servers);
	free(ldap->admin_bind_pw_file);
}

bool
conf_ldap_admin_equal(const struct conf_ldap *a, const struct conf_ldap *b)
{
	return conf_ldap_server_lists_equal(a->admin_server, a->nadmin_servers,
		   b->admin_server, b->nadmin_servers) &&
	    strcmp(a->admin_bind_pw_file, b->admin_bind_pw_file) == 0;
}
