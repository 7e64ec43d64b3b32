/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/ours.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "forceenc/template.h"
#include "forceenc/text.h"
#include "forceencctl/say.h"
#include "forceencctl/site.h"

static const struct conf_table *
ours_find(const struct conf_map *map)
{
	size_t i;

	if (map->kind != CONF_MAP_SENDERS) {
		say("map %s isn't asked about senders; name another with "
		    "--map",
		    map->name);
		return NULL;
	}
	for (i = 0; i < map->ntables; i++)
		if (map->table[i].type == CONF_TABLE_SQLITE &&
		    map->table[i].sqlite.own_query)
			return &map->table[i];
	say("map %s: each of its tables has a query of its own, so their "
	    "databases are others' to change; change them there, or add a "
	    "sqlite table without a query to %s_tables",
	    map->name, map->name);
	return NULL;
}

int
ours_open(struct ours *ours, const struct cmd_call *call)
{
	*ours = (struct ours){.conf = site_conf(call)};
	if (ours->conf == NULL)
		return EX_CONFIG;
	ours->map = site_map(ours->conf, call);
	if (ours->map == NULL)
		return EX_USAGE;
	ours->table = ours_find(ours->map);
	return ours->table != NULL ? 0 : EX_CONFIG;
}

int
ours_open_policy(struct ours *ours, enum ours_use use)
{
	const char *path = ours->table->sqlite.dbpath;
	struct err err;

	if (use != OURS_MAKE && access(path, F_OK) == -1 && errno == ENOENT) {
		say("%s: there is no such database yet; 'forceencctl set' "
		    "makes it",
		    text_show_str(path));
		return EX_TEMPFAIL;
	}
	ours->policy = policy_open(
	    path, use == OURS_LOOK ? POLICY_READ : POLICY_WRITE, &err);
	return ours->policy != NULL ? 0 : ours_failed(&err);
}

void
ours_close(struct ours *ours)
{
	policy_close(ours->policy);
	conf_free(ours->conf);
}

/* Nothing is known then, which is the same to a script as a daemon that can't
 * say. */
int
ours_failed(const struct err *err)
{
	say("%s", err->text);
	return EX_TEMPFAIL;
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
	const struct conf_sqlite *sqlite = &ours->table->sqlite;
	struct template_key parts;
	size_t i;

	if (sqlite->ndomains == 0)
		return true;
	template_key_split(&parts, key->text, key->len);
	if (parts.domain == NULL || parts.local_len == 0)
		return false;
	for (i = 0; i < sqlite->ndomains; i++)
		if (text_equal_fold(
			parts.domain, parts.domain_len, sqlite->domains[i]))
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
	if (template_format(&whole, ours->table->sqlite.result_format, &parts,
		value, len) == TEMPLATE_SKIP)
		whole.len = 0;
	len = whole.len;
	text = text_trim(buf_text(&whole), &len);
	if (len > 0)
		*meaning = answer_of_value(&ours->map->answers, text, len);
	buf_fini(&whole);
	return len > 0;
}

int
ours_effect(const struct ours *ours, const struct address_keys *keys,
    struct ours_effect *effect)
{
	const struct address_key *key;
	struct err err;
	int found;

	*effect = (struct ours_effect){0};
	for (key = keys->key; key < keys->key + keys->n; key++) {
		if (!ours_is_asked(ours, key))
			continue;
		found = policy_get(
		    ours->policy, key->text, key->len, &effect->value, &err);
		if (found == -1)
			return ours_failed(&err);
		if (found == 0 ||
		    !ours_meaning(ours, key->text, key->len, effect->value.data,
			effect->value.len, &effect->meaning))
			continue;
		effect->key = key;
		break;
	}
	return 0;
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
