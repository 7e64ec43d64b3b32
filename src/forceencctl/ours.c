/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/ours.h"

#include <string.h>
#include <sysexits.h>

#include "forceenc/template.h"
#include "forceenc/text.h"
#include "forceencctl/say.h"
#include "forceencctl/site.h"

/* What forceencd knows of a table to judge keys and values by. */
static void
ours_take_table(struct ours *ours, const struct conf_table *table)
{
	ours->table = table;
	ours->kind = keep_kind(table->type);
	switch (table->type) {
	case CONF_TABLE_SQLITE:
		ours->result_format = table->sqlite.result_format;
		ours->domains = table->sqlite.domains;
		ours->ndomains = table->sqlite.ndomains;
		break;
	case CONF_TABLE_LDAP:
		ours->result_format = table->ldap.result_format;
		ours->domains = table->ldap.domains;
		ours->ndomains = table->ldap.ndomains;
		break;
	case CONF_TABLE_PGSQL:
		ours->result_format = table->pgsql.result_format;
		ours->domains = table->pgsql.domains;
		ours->ndomains = table->pgsql.ndomains;
		break;
	}
}

/* The first table that may be used so; what is in the way of each of them is
 * added to why. */
static bool
ours_find(struct ours *ours, const struct cmd_call *call, enum keep_use use,
    struct buf *why)
{
	const struct conf_map *map = ours->map;
	struct keep_site site = {.map = map, .use = use};
	const struct conf_table *table;
	struct err err;

	for (table = map->table; table < map->table + map->ntables; table++) {
		if (call->table != NULL &&
		    strcmp(call->table, table->spec) != 0)
			continue;
		site.table = table;
		site.admin = login_is_admin(call, table);
		if (call->as != NULL && !site.admin)
			err_set(&err,
			    "nobody logs in to a file; leave --as "
			    "out");
		else if (keep_kind(table->type)->may(&site, &err) == 0) {
			ours_take_table(ours, table);
			ours->admin = site.admin;
			return true;
		}
		buf_printf(why, "%s%s: %s", why->len > 0 ? "; " : "",
		    text_show_str(table->spec), err.text);
	}
	return false;
}

static int
ours_choose(struct ours *ours, const struct cmd_call *call, enum keep_use use)
{
	struct buf why = {0};
	size_t i;

	if (ours->map->kind != CONF_MAP_SENDERS) {
		say("map %s isn't asked about senders; name another with "
		    "--map",
		    ours->map->name);
		return EX_CONFIG;
	}
	/* What is listed is what would be changed, if that can be. */
	if (ours_find(ours, call, KEEP_CHANGE, &why)) {
		buf_fini(&why);
		return 0;
	}
	if (use == KEEP_LOOK) {
		buf_clear(&why);
		ours_find(ours, call, KEEP_LOOK, &why);
	}
	if (ours->table == NULL && why.len > 0)
		say("map %s has no table to %s: %s", ours->map->name,
		    use == KEEP_LOOK ? "list" : "change", buf_text(&why));
	for (i = 0;
	     ours->table == NULL && why.len == 0 && i < ours->map->ntables; i++)
		say("--table %s: no table of map %s; there is %s",
		    text_show_str(call->table), ours->map->name,
		    text_show_str(ours->map->table[i].spec));
	buf_fini(&why);
	return ours->table != NULL ? 0 : EX_CONFIG;
}

int
ours_open(struct ours *ours, const struct cmd_call *call, enum keep_use use)
{
	int status;

	*ours = (struct ours){.conf = site_conf(call)};
	if (ours->conf == NULL)
		return EX_CONFIG;
	ours->map = site_map(ours->conf, call);
	if (ours->map == NULL)
		return EX_USAGE;
	status = ours_choose(ours, call, use);
	if (status != 0)
		return status;
	if (ours->admin || call->password_file != NULL)
		return login_admin(&ours->login, call, ours->table);
	login_daemon(&ours->login, ours->table);
	return 0;
}

int
ours_open_table(struct ours *ours, enum keep_use use)
{
	const struct keep_site site = {
	    .map = ours->map,
	    .table = ours->table,
	    .admin = ours->admin,
	    .login = &ours->login,
	    .use = use,
	};
	struct err err;
	int status = ours->kind->open(&ours->keep, &site, &err);

	return status == 0 ? 0 : ours_failed(ours, status, &err);
}

void
ours_close(struct ours *ours)
{
	if (ours->kind != NULL)
		ours->kind->close(ours->keep);
	login_fini(&ours->login);
	conf_free(ours->conf);
}

/* Of one's own database the path is enough. */
int
ours_failed(const struct ours *ours, int status, const struct err *err)
{
	if (ours->table->type == CONF_TABLE_SQLITE)
		say("%s", err->text);
	else
		say("%s: %s", text_show_str(ours->table->spec), err->text);
	return status;
}

int
ours_keys(
    const struct ours *ours, const char *address, struct address_keys *keys)
{
	struct address_rules rules = {
	    .delimiters = ours->conf->recipient_delimiter,
	    .fold_local = ours->conf->fold_local_part};
	const char *why;
	int status = site_address(address);

	if (status != 0)
		return status;
	if (address_keys(keys, &rules, address, strlen(address), &why) == 0)
		return 0;
	say("%s: %s", text_show_str(address), why);
	return EX_USAGE;
}

bool
ours_is_asked(const struct ours *ours, const struct address_key *key)
{
	struct template_key parts;
	size_t i;

	if (ours->ndomains == 0)
		return true;
	template_key_split(&parts, key->text, key->len);
	if (parts.domain == NULL || parts.local_len == 0)
		return false;
	for (i = 0; i < ours->ndomains; i++)
		if (text_equal_fold(
			parts.domain, parts.domain_len, ours->domains[i]))
			return true;
	return false;
}

bool
ours_meaning(const struct ours *ours, const char *key, size_t key_len,
    const char *value, size_t len, uint8_t *meaning)
{
	struct template_key parts;
	struct buf whole = {0};
	const char *text;

	template_key_split(&parts, key, key_len);
	if (template_format(&whole, ours->result_format, &parts, value, len) ==
	    TEMPLATE_SKIP)
		whole.len = 0;
	len = whole.len;
	text = text_trim(buf_text(&whole), &len);
	if (len > 0)
		*meaning = answer_of_value(&ours->map->answers, text, len);
	buf_fini(&whole);
	return len > 0;
}

bool
ours_meaning_of(const struct ours *ours, const char *key, size_t key_len,
    const struct keep_values *values, uint8_t *meaning)
{
	bool any = false;
	uint8_t one;
	unsigned i;

	for (i = 0; i < values->n; i++) {
		if (!ours_meaning(ours, key, key_len,
			values->bytes.data + values->start[i], values->len[i],
			&one))
			continue;
		*meaning = any ? answer_stricter(*meaning, one) : one;
		any = true;
	}
	if (any && values->over)
		*meaning = ANSWER_BAD;
	return any;
}

int
ours_effect(const struct ours *ours, const struct address_keys *keys,
    struct ours_effect *effect)
{
	struct keep_values values = {0};
	const struct address_key *key;
	struct err err;
	int status = 0;

	*effect = (struct ours_effect){0};
	for (key = keys->key;
	     key < keys->key + keys->n && effect->key == NULL && status == 0;
	     key++) {
		if (!ours_is_asked(ours, key))
			continue;
		keep_values_clear(&values);
		status = ours->kind->get(ours->keep, key, &values, &err);
		if (status == 0 &&
		    ours_meaning_of(
			ours, key->text, key->len, &values, &effect->meaning))
			effect->key = key;
	}
	keep_values_fini(&values);
	return status == 0 ? 0 : ours_failed(ours, status, &err);
}

void
ours_print_where(const struct ours *ours, struct buf *where, struct buf *out)
{
	if (ours->table->type == CONF_TABLE_SQLITE && ours->map->ntables == 1)
		return;
	buf_printf(out, "written:   %s%s%s%s\n", buf_text(where),
	    where->len > 0 ? " (" : "", text_show_str(ours->table->spec),
	    where->len > 0 ? ")" : "");
}

void
ours_add_where(const struct ours *ours, struct buf *where, json_t *record)
{
	const char *spec = ours->table->spec;

	json_object_set_new(record, "table", print_string(spec, strlen(spec)));
	if (where->len > 0)
		json_object_set_new(
		    record, "written", print_string(where->data, where->len));
}

void
ours_print_effect(
    const struct ours *ours, const struct ours_effect *effect, struct buf *out)
{
	const struct address_key *key = effect->key;

	buf_add_text(out, "in effect: ");
	if (key == NULL)
		buf_add_text(out, "nothing; no key of this address is set");
	else {
		buf_printf(out, "%s, by ",
		    answer_name(&ours->map->answers, effect->meaning));
		print_add_text(out, key->text, key->len);
		buf_printf(out, " (%s)", address_level_name(key->level));
	}
	if (ours->map->ntables > 1)
		buf_printf(out, "\nas far as %s goes; map %s has other tables",
		    text_show_str(ours->table->spec), ours->map->name);
	buf_add_byte(out, '\n');
}

json_t *
ours_effect_record(const struct ours *ours, const struct ours_effect *effect)
{
	const struct address_key *key = effect->key;
	json_t *record = json_object();

	if (key == NULL) {
		json_object_set_new(record, "answer", json_null());
		json_object_set_new(record, "key", json_null());
		return record;
	}
	json_object_set_new(record, "answer",
	    json_string(answer_name(&ours->map->answers, effect->meaning)));
	json_object_set_new(record, "key", print_string(key->text, key->len));
	json_object_set_new(
	    record, "level", json_string(address_level_name(key->level)));
	return record;
}
