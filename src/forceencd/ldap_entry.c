/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/ldap_entry.h"

struct ldap_entry {
	const struct values_rules *rules;
	struct ldap_flight *flight;
	bool too_many;
};

static void
ldap_entry_on_value(const char *value, size_t len, void *arg)
{
	struct ldap_entry *entry = arg;
	struct ldap_flight *flight = entry->flight;

	if (!entry->too_many)
		entry->too_many = !values_add(entry->rules, flight->ask, value,
		    len, &flight->nvalues, &flight->reply);
}

bool
ldap_entry_take(const struct values_rules *rules, struct directory *dir,
    struct ldap_flight *flight)
{
	struct ldap_entry entry = {.rules = rules, .flight = flight};
	struct source_trace *trace = flight->ask->trace;

	if (trace != NULL && trace->entries++ == 0)
		directory_entry_name(dir, trace->entry, sizeof(trace->entry));
	if (directory_each_value(
		dir, ldap_entry_on_value, &entry, &flight->reply.why) == -1)
		flight->reply.kind = SOURCE_UNSURE;
	return flight->reply.kind != SOURCE_UNSURE;
}
