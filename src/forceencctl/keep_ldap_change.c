/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * A change of what holds for a key is one modification of one entry: the one
 * that the filter finds. Of the attributes that count it keeps one, so that
 * none of the others says something stricter.
 */

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "forceenc/answer.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"
#include "forceencctl/cmd.h"
#include "forceencctl/keep_ldap.h"
#include "forceencctl/keep_ldap_schema.h"

/* Entries of one key that are looked at. */
#define KEEP_LDAP_CHANGE_ENTRIES 8
/* Attributes that one change may concern; the class is one more. */
#define KEEP_LDAP_CHANGE_ATTRIBUTES (DIRECTORY_CHANGES_MAX - 1)

struct keep_ldap_change_entry {
	struct buf dn;
	struct keep_values values; /* of the attributes that may be changed */
	bool has[KEEP_LDAP_CHANGE_ATTRIBUTES];
	bool has_class;
};

struct keep_ldap_change {
	struct keep_ldap *keep;
	const struct address_key *key;
	/* That may be changed; borrowed from the configuration. */
	char *attribute[KEEP_LDAP_CHANGE_ATTRIBUTES + 2];
	unsigned nattributes;
	const char *filter;
	bool removes;
	struct keep_ldap_change_entry entry[KEEP_LDAP_CHANGE_ENTRIES];
	unsigned n; /* that were found */
};

static unsigned
keep_ldap_change_seen(const struct keep_ldap_change *change)
{
	return change->n < KEEP_LDAP_CHANGE_ENTRIES ? change->n
						    : KEEP_LDAP_CHANGE_ENTRIES;
}

static int
keep_ldap_change_init(struct keep_ldap_change *change, struct keep_ldap *keep,
    const struct address_key *key, struct err *err)
{
	const struct conf_ldap *conf = keep->conf;

	change->keep = keep;
	change->key = key;
	change->filter = *conf->update_filter != '\0' ? conf->update_filter
						      : conf->query_filter;
	if (*conf->update_attribute != '\0') {
		change->attribute[change->nattributes++] =
		    conf->update_attribute;
		return 0;
	}
	if (conf->nattributes > KEEP_LDAP_CHANGE_ATTRIBUTES) {
		err_set(err,
		    "more than %d attributes in result_attribute; set "
		    "update_attribute to the one to change",
		    KEEP_LDAP_CHANGE_ATTRIBUTES);
		return EX_CONFIG;
	}
	for (; change->nattributes < conf->nattributes; change->nattributes++)
		change->attribute[change->nattributes] =
		    conf->attribute[change->nattributes];
	return 0;
}

static void
keep_ldap_change_fini(struct keep_ldap_change *change)
{
	unsigned i;

	for (i = 0; i < keep_ldap_change_seen(change); i++) {
		buf_fini(&change->entry[i].dn);
		keep_values_fini(&change->entry[i].values);
	}
}

static void
keep_ldap_change_on_value(const char *value, size_t len, void *arg)
{
	keep_values_add(arg, value, len);
}

struct keep_ldap_change_class {
	const char *wanted;
	bool found;
};

static void
keep_ldap_change_on_class(const char *value, size_t len, void *arg)
{
	struct keep_ldap_change_class *class = arg;

	if (text_equal_fold(value, len, class->wanted))
		class->found = true;
}

static void
keep_ldap_change_on_entry(struct directory *dir, void *arg)
{
	struct keep_ldap_change *change = arg;
	struct keep_ldap_change_class class = {
	    .wanted = change->keep->conf->update_class};
	struct keep_ldap_change_entry *entry;
	unsigned before, i;

	if (change->n++ >= KEEP_LDAP_CHANGE_ENTRIES)
		return;
	entry = &change->entry[change->n - 1];
	directory_change_dn(dir, &entry->dn);
	for (i = 0; i < change->nattributes; i++) {
		before = entry->values.n;
		directory_change_each(dir, change->attribute[i],
		    keep_ldap_change_on_value, &entry->values);
		entry->has[i] = entry->values.over || entry->values.n > before;
	}
	directory_change_each(
	    dir, "objectClass", keep_ldap_change_on_class, &class);
	entry->has_class = class.found;
}

/* Whether a filter names an attribute: "(mail=", "mail>=". */
static bool
keep_ldap_change_names(const char *filter, const char *attribute)
{
	size_t len = strlen(attribute);
	const char *at = filter;

	while ((at = strcasestr(at, attribute)) != NULL) {
		if ((at == filter || at[-1] == '(') && at[len] != '\0' &&
		    strchr("=<>~:;", at[len]) != NULL)
			return true;
		at += len;
	}
	return false;
}

/* Nothing was found, and why that may be. */
static int
keep_ldap_change_none(const struct keep_ldap_change *change, struct err *err)
{
	const char *base = change->keep->conf->search_base;
	const char *key = text_show(change->key->text, change->key->len);
	unsigned i;

	for (i = 0; i < change->nattributes; i++)
		if (keep_ldap_change_names(
			change->filter, change->attribute[i]))
			break;
	if (i < change->nattributes)
		err_set(err,
		    "%s: no entry below %s matches %s, which wants %s to be "
		    "there already; set update_filter to a filter without it "
		    "that finds the entry to change, such as (mail=%%s)",
		    key, text_show_str(base), text_show_str(change->filter),
		    change->attribute[i]);
	else
		err_set(err,
		    "%s: no entry below %s matches %s; give one this address "
		    "first",
		    key, text_show_str(base), text_show_str(change->filter));
	return CMD_NOTFOUND;
}

/* Which one of several: that with a value, if it's the only one. */
static int
keep_ldap_change_choose(struct keep_ldap_change *change,
    struct keep_ldap_change_entry **chosen, struct err *err)
{
	unsigned seen = keep_ldap_change_seen(change), i, with = 0;

	*chosen = &change->entry[0];
	if (change->n == 1)
		return 0;
	for (i = 0; i < seen; i++) {
		if (change->entry[i].values.n == 0)
			continue;
		*chosen = &change->entry[i];
		with++;
	}
	if (with == 1 && change->n == seen)
		return 0;
	if (with == 0 && change->n == seen && change->removes)
		return CMD_NOTFOUND;
	err_set(err,
	    "%s: %u entries have this address (%s, %s%s), so nothing was "
	    "changed; change the one that's meant with ldapmodify(1), or make "
	    "update_filter find only that",
	    text_show(change->key->text, change->key->len), change->n,
	    text_show_str(buf_text(&change->entry[0].dn)),
	    text_show_str(buf_text(&change->entry[1].dn)),
	    change->n > 2 ? ", ..." : "");
	return EX_DATAERR;
}

static int
keep_ldap_change_find(struct keep_ldap_change *change,
    struct keep_ldap_change_entry **chosen, struct err *err)
{
	char *attributes[KEEP_LDAP_CHANGE_ATTRIBUTES + 2] = {NULL};
	char class[] = "objectClass";
	int status;

	memcpy(attributes, change->attribute,
	    change->nattributes * sizeof(*attributes));
	attributes[change->nattributes] = class;
	status = keep_ldap_search(change->keep, change->filter, change->key,
	    attributes, keep_ldap_change_on_entry, change, err);
	if (status != 0)
		return status;
	return change->n > 0 ? keep_ldap_change_choose(change, chosen, err)
			     : keep_ldap_change_none(change, err);
}

static bool
keep_ldap_change_is_truth(const struct keep_values *values)
{
	const char *value;

	if (values->n != 1)
		return false;
	value = values->bytes.data + values->start[0];
	return strcmp(value, "TRUE") == 0 || strcmp(value, "FALSE") == 0;
}

/* Whether the attribute is a boolean, as the server's schema has it. One that
 * may not be read is guessed: by what is there. */
static bool
keep_ldap_change_is_boolean(const struct keep_ldap_change *change,
    const struct keep_ldap_change_entry *entry, unsigned i)
{
	const char *attribute = change->attribute[i];
	enum directory_change_syntax syntax =
	    keep_ldap_schema_syntax(change->keep, attribute);

	if (syntax != DIRECTORY_CHANGE_OTHER)
		return syntax == DIRECTORY_CHANGE_BOOLEAN;
	return text_equal_fold(
		   attribute, strlen(attribute), "forceEncryption") ||
	    (entry->has[i] && change->nattributes == 1 &&
		keep_ldap_change_is_truth(&entry->values));
}

/* What the answer is in an attribute of this kind; NULL if it can't be. */
static const char *
keep_ldap_change_value(const struct keep_ldap_change *change,
    const struct keep_wish *wish, bool boolean)
{
	bool plain = strcmp(change->keep->conf->result_format, "%s") == 0;

	if (boolean) {
		if (wish->meaning == ANSWER_OFF)
			return "FALSE";
		/* The first answer is what TRUE stands for. */
		return plain && wish->meaning == 0 ? "TRUE" : NULL;
	}
	if (plain && strcmp(wish->answer, "on") == 0)
		return change->keep->map->answers.list[0];
	return wish->answer;
}

/* The first attribute that can say it. */
static int
keep_ldap_change_attribute(const struct keep_ldap_change *change,
    const struct keep_ldap_change_entry *entry, const struct keep_wish *wish,
    unsigned *i, const char **value, struct err *err)
{
	for (*i = 0; *i < change->nattributes; ++*i) {
		*value = keep_ldap_change_value(change, wish,
		    keep_ldap_change_is_boolean(change, entry, *i));
		if (*value != NULL)
			return 0;
	}
	err_set(err,
	    "%s is TRUE or FALSE in this directory, and can't say \"%s\"; add "
	    "an attribute that holds text to result_attribute",
	    change->attribute[0], text_show_str(wish->answer));
	return EX_CONFIG;
}

static int
keep_ldap_change_refused(const struct keep_ldap_change *change, const char *dn,
    const struct directory_event *end, struct err *err)
{
	const char *who = change->keep->login->name;
	const char *way = "";
	int status = EX_TEMPFAIL;

	switch (end->result) {
	case DIRECTORY_DENIED:
		way = "; give it the right, or name somebody else in "
		      "admin_bind_dn or with --as";
		status = EX_NOPERM;
		break;
	case DIRECTORY_REFERRED:
		way = "; this server takes no changes: set admin_server_host "
		      "to the one that does";
		status = EX_CONFIG;
		break;
	case DIRECTORY_UNAVAILABLE:
		/* Also what one says that is read-only for good. */
		way = "; if this server takes no changes, set "
		      "admin_server_host to one that does";
		break;
	case DIRECTORY_NO_CLASS:
		way = "; set update_class to the class that has the attribute, "
		      "such as forceEncryptionPolicy";
		status = EX_CONFIG;
		break;
	default:
		break;
	}
	err_set(err, "%s: not changed by %s: %s%s", text_show_str(dn),
	    *who != '\0' ? text_show_str(who) : "SASL EXTERNAL", end->why.text,
	    way);
	return status;
}

static int
keep_ldap_change_make(struct keep_ldap_change *change, const char *dn,
    const struct directory_change *list, size_t n, struct err *err)
{
	struct keep_ldap *keep = change->keep;
	struct directory_event end;
	struct err said;

	if (ldap_ask_change(keep->dir, dn, list, n, keep_ldap_deadline(keep),
		&end, err) == -1) {
		said = *err;
		err_set(err,
		    "%s: %s: %s; whether it was changed isn't known: look with "
		    "'forceencctl list'",
		    keep->url, text_show_str(dn), said.text);
		return EX_TEMPFAIL;
	}
	return end.result == DIRECTORY_OK
	    ? 0
	    : keep_ldap_change_refused(change, dn, &end, err);
}

/* "uid=alice,...: forceEncryption = TRUE" */
static void
keep_ldap_change_tell(struct buf *where, const char *dn,
    const struct directory_change *list, size_t n)
{
	size_t i;

	buf_printf(where, "%s:", text_show_str(dn));
	for (i = 0; i < n; i++) {
		buf_printf(where, "%s %s", i > 0 ? "," : "", list[i].attribute);
		if (list[i].kind == DIRECTORY_CHANGE_REMOVE)
			buf_add_text(where, " removed");
		else
			buf_printf(where, " %s %s",
			    list[i].kind == DIRECTORY_CHANGE_ADD ? "+=" : "=",
			    text_show_str(list[i].value));
	}
}

static void
keep_ldap_change_before(
    const struct keep_ldap_change_entry *entry, struct keep_values *before)
{
	unsigned i;

	for (i = 0; i < entry->values.n; i++)
		keep_values_add(before,
		    entry->values.bytes.data + entry->values.start[i],
		    entry->values.len[i]);
}

/* All that have a value, but for one. */
static size_t
keep_ldap_change_clear(const struct keep_ldap_change *change,
    const struct keep_ldap_change_entry *entry, unsigned but,
    struct directory_change *list)
{
	size_t n = 0;
	unsigned i;

	for (i = 0; i < change->nattributes; i++)
		if (i != but && entry->has[i])
			list[n++] = (struct directory_change){
			    .kind = DIRECTORY_CHANGE_REMOVE,
			    .attribute = change->attribute[i],
			};
	return n;
}

static int
keep_ldap_change_do_set(struct keep_ldap_change *change,
    const struct keep_wish *wish, struct keep_values *before, struct buf *where,
    struct err *err)
{
	struct directory_change list[DIRECTORY_CHANGES_MAX];
	struct keep_ldap_change_entry *entry;
	const char *class = change->keep->conf->update_class, *value, *dn;
	int status = keep_ldap_change_find(change, &entry, err);
	size_t n = 0;
	unsigned i;

	if (status == 0)
		status = keep_ldap_change_attribute(
		    change, entry, wish, &i, &value, err);
	if (status != 0)
		return status;
	if (*class != '\0' && !entry->has_class)
		list[n++] = (struct directory_change){
		    DIRECTORY_CHANGE_ADD, "objectClass", class};
	list[n++] = (struct directory_change){
	    DIRECTORY_CHANGE_SET, change->attribute[i], value};
	n += keep_ldap_change_clear(change, entry, i, list + n);
	dn = buf_text(&entry->dn);
	keep_ldap_change_before(entry, before);
	status = keep_ldap_change_make(change, dn, list, n, err);
	if (status == 0)
		keep_ldap_change_tell(where, dn, list, n);
	return status;
}

int
keep_ldap_change_set(struct keep_ldap *keep, const struct address_key *key,
    const struct keep_wish *wish, struct keep_values *before, struct buf *where,
    struct err *err)
{
	struct keep_ldap_change *change = mem_zalloc(sizeof(*change));
	int status = keep_ldap_change_init(change, keep, key, err);

	if (status == 0)
		status =
		    keep_ldap_change_do_set(change, wish, before, where, err);
	keep_ldap_change_fini(change);
	free(change);
	return status;
}

static int
keep_ldap_change_do_remove(struct keep_ldap_change *change,
    struct keep_values *before, struct buf *where, struct err *err)
{
	struct directory_change list[DIRECTORY_CHANGES_MAX];
	struct keep_ldap_change_entry *entry;
	int status = keep_ldap_change_find(change, &entry, err);
	const char *dn;
	size_t n;

	if (status != 0)
		return status;
	n = keep_ldap_change_clear(change, entry, change->nattributes, list);
	if (n == 0)
		return CMD_NOTFOUND;
	dn = buf_text(&entry->dn);
	keep_ldap_change_before(entry, before);
	status = keep_ldap_change_make(change, dn, list, n, err);
	if (status == 0)
		keep_ldap_change_tell(where, dn, list, n);
	return status;
}

int
keep_ldap_change_remove(struct keep_ldap *keep, const struct address_key *key,
    struct keep_values *before, struct buf *where, struct err *err)
{
	struct keep_ldap_change *change = mem_zalloc(sizeof(*change));
	int status = keep_ldap_change_init(change, keep, key, err);

	change->removes = true;
	if (status == 0)
		status = keep_ldap_change_do_remove(change, before, where, err);
	keep_ldap_change_fini(change);
	free(change);
	return status;
}
