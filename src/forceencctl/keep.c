/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/keep.h"

#include "forceencctl/print.h"

void
keep_values_add(struct keep_values *values, const char *value, size_t len)
{
	if (values->n == KEEP_VALUES_MAX) {
		values->over = true;
		return;
	}
	values->start[values->n] = values->bytes.len;
	values->len[values->n++] = len;
	buf_add(&values->bytes, value, len);
	buf_add_byte(&values->bytes, '\0');
}

void
keep_values_clear(struct keep_values *values)
{
	buf_clear(&values->bytes);
	values->n = 0;
	values->over = false;
}

void
keep_values_fini(struct keep_values *values)
{
	buf_fini(&values->bytes);
}

void
keep_values_show(const struct keep_values *values, struct buf *out)
{
	unsigned i;

	for (i = 0; i < values->n; i++) {
		buf_add_text(out, i > 0 ? ", " : "");
		print_add_text(
		    out, values->bytes.data + values->start[i], values->len[i]);
	}
	if (values->over)
		buf_add_text(out, ", ...");
}

const struct keep_kind *
keep_kind(enum conf_table_type type)
{
	switch (type) {
	case CONF_TABLE_LDAP:
		return &keep_ldap;
	case CONF_TABLE_PGSQL:
		return &keep_pgsql;
	case CONF_TABLE_SQLITE:
		break;
	}
	return &keep_sqlite;
}
