/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "store/stats_choose.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"

/* So many senders are looked up in each hour; of more, rows are read through. */
#define STATS_CHOOSE_FEW 50

struct stats_choose {
	struct sqlite *db;
	const struct stats_filter *filter;
	struct address_keys keys;   /* of the filter: the first one counts */
	struct address_keys sender; /* of one in the database */
	struct sqlite_stmt *find;
	struct sqlite_stmt *add;
	unsigned n;
};

/* Whether a policy for the filter's address would hold for this one. */
static bool
stats_choose_matches(
    struct stats_choose *choose, const char *sender, size_t len)
{
	const struct address_key *want = &choose->keys.key[0], *key;
	const char *why;
	unsigned i;

	if (want->level == ADDRESS_DOMAIN)
		return true;
	if (address_keys(&choose->sender, &choose->filter->rules, sender, len,
		&why) == -1)
		return false;
	for (i = 0; i < choose->sender.n; i++) {
		key = &choose->sender.key[i];
		if (key->len == want->len &&
		    memcmp(key->text, want->text, key->len) == 0)
			return true;
	}
	return false;
}

static int
stats_choose_add(struct stats_choose *choose, struct err *err)
{
	size_t local_len, domain_len;
	const char *domain, *local;
	enum sqlite_status status = SQLITE_STATUS_DONE;
	struct buf sender = {0};

	domain = sqlite_column_text(choose->find, 1, &domain_len);
	local = sqlite_column_text(choose->find, 2, &local_len);
	if (domain == NULL || local == NULL)
		return err_set(err, "a sender without a name");
	buf_add(&sender, local, local_len);
	if (domain_len > 0)
		buf_add_byte(&sender, '@');
	buf_add(&sender, domain, domain_len);
	if (stats_choose_matches(choose, buf_text(&sender), sender.len)) {
		sqlite_bind_int(
		    choose->add, 1, sqlite_column_int(choose->find, 0));
		status = sqlite_step(choose->add, err);
		choose->n++;
	}
	buf_fini(&sender);
	return status == SQLITE_STATUS_DONE ? 0 : -1;
}

/* All senders of the filter's domain are looked at. */
static int
stats_choose_all(struct stats_choose *choose, struct err *err)
{
	const struct address_key *key = &choose->keys.key[0];
	const char *at = memrchr(key->text, '@', key->len);
	const char *end = key->text + key->len;
	enum sqlite_status status;

	if (sqlite_prepare(choose->db,
		"SELECT id, domain, local FROM sender WHERE domain = ?1",
		&choose->find, err) != SQLITE_STATUS_DONE ||
	    sqlite_prepare(choose->db, "INSERT INTO chosen VALUES (?1)",
		&choose->add, err) != SQLITE_STATUS_DONE)
		return -1;
	at = at != NULL ? at + 1 : end;
	sqlite_bind_text(choose->find, 1, at, (size_t)(end - at));
	while ((status = sqlite_step(choose->find, err)) == SQLITE_STATUS_ROW)
		if (stats_choose_add(choose, err) == -1)
			return -1;
	return status == SQLITE_STATUS_DONE ? 0 : -1;
}

static int
stats_choose_run(struct stats_choose *choose, struct err *err)
{
	const char *sender = choose->filter->sender, *why;

	if (address_keys(&choose->keys, &choose->filter->rules, sender,
		strlen(sender), &why) == -1)
		return err_set(err, "%s: %s", text_show_str(sender), why);
	if (sqlite_exec(choose->db,
		"CREATE TEMP TABLE IF NOT EXISTS chosen "
		"(sender INTEGER PRIMARY KEY); DELETE FROM chosen",
		err) == -1)
		return -1;
	return stats_choose_all(choose, err);
}

int
stats_choose(struct sqlite *db, const struct stats_filter *filter,
    enum stats_senders *senders, struct err *err)
{
	struct stats_choose *choose;
	int rc;

	*senders = STATS_EVERYBODY;
	if (filter->sender == NULL)
		return 0;
	choose = mem_zalloc(sizeof(*choose));
	choose->db = db;
	choose->filter = filter;
	rc = stats_choose_run(choose, err);
	*senders = choose->n <= STATS_CHOOSE_FEW ? STATS_FEW : STATS_MANY;
	sqlite_finalize(choose->find);
	sqlite_finalize(choose->add);
	free(choose);
	return rc;
}
