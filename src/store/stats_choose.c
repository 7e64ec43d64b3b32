/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "store/stats_choose.h"

#include <stdlib.h>

#include "forceenc/mem.h"
#include "store/stats_match.h"

struct stats_choose {
	struct sqlite *db;
	struct stats_match match;
	struct sqlite_stmt *find;
	struct sqlite_stmt *add;
	unsigned n;
};

static int
stats_choose_add(struct stats_choose *choose, struct err *err)
{
	size_t local_len, domain_len;
	const char *domain, *local;

	domain = sqlite_column_text(choose->find, 1, &domain_len);
	local = sqlite_column_text(choose->find, 2, &local_len);
	if (domain == NULL || local == NULL)
		return err_set(err, "a sender without a name");
	if (!stats_match_is(
		&choose->match, domain, domain_len, local, local_len))
		return 0;
	choose->n++;
	sqlite_bind_int(choose->add, 1, sqlite_column_int(choose->find, 0));
	return sqlite_step(choose->add, err) == SQLITE_STATUS_DONE ? 0 : -1;
}

static int
stats_choose_run(struct stats_choose *choose, const struct stats_filter *filter,
    struct err *err)
{
	enum sqlite_status status;
	const char *domain;
	size_t len;

	if (stats_match_init(&choose->match, filter, &domain, &len, err) ==
		-1 ||
	    sqlite_exec(choose->db,
		"CREATE TEMP TABLE IF NOT EXISTS chosen "
		"(sender INTEGER PRIMARY KEY); DELETE FROM chosen",
		err) == -1 ||
	    sqlite_prepare(choose->db,
		"SELECT id, domain, local FROM sender WHERE domain = ?1",
		&choose->find, err) != SQLITE_STATUS_DONE ||
	    sqlite_prepare(choose->db, "INSERT INTO chosen VALUES (?1)",
		&choose->add, err) != SQLITE_STATUS_DONE)
		return -1;
	sqlite_bind_text(choose->find, 1, domain, len);
	while ((status = sqlite_step(choose->find, err)) == SQLITE_STATUS_ROW)
		if (stats_choose_add(choose, err) == -1)
			return -1;
	return status == SQLITE_STATUS_DONE ? 0 : -1;
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
	rc = stats_choose_run(choose, filter, err);
	*senders = choose->n <= STATS_FEW_MAX ? STATS_FEW : STATS_MANY;
	sqlite_finalize(choose->find);
	sqlite_finalize(choose->add);
	free(choose);
	return rc;
}
