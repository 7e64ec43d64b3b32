/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <errno.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "forceenc/clock.h"
#include "forceenc/policy.h"
#include "forceenc/text.h"
#include "forceencctl/cmd.h"
#include "forceencctl/keep.h"

static int
keep_sqlite_may(const struct keep_site *site, struct err *err)
{
	if (site->table->sqlite.own_query)
		return 0;
	return err_set(err,
	    "it has a query of its own, so its database is others' to change; "
	    "change it there, or add a sqlite table without a query to "
	    "%s_tables",
	    site->map->name);
}

static int
keep_sqlite_open(void **keep, const struct keep_site *site, struct err *err)
{
	const char *path = site->table->sqlite.dbpath;

	if (site->use != KEEP_MAKE && access(path, F_OK) == -1 &&
	    errno == ENOENT) {
		err_set(err,
		    "%s: there is no such database yet; 'forceencctl set' "
		    "makes it",
		    text_show_str(path));
		return EX_TEMPFAIL;
	}
	*keep = policy_open(
	    path, site->use == KEEP_LOOK ? POLICY_READ : POLICY_WRITE, err);
	return *keep != NULL ? 0 : EX_TEMPFAIL;
}

static void
keep_sqlite_close(void *keep)
{
	policy_close(keep);
}

static int
keep_sqlite_get(void *keep, const struct address_key *key,
    struct keep_values *values, struct err *err)
{
	struct buf answer = {0};
	int found = policy_get(keep, key->text, key->len, &answer, err);

	if (found == 1)
		keep_values_add(values, buf_text(&answer), answer.len);
	buf_fini(&answer);
	return found != -1 ? 0 : EX_TEMPFAIL;
}

static int
keep_sqlite_set(void *keep, const struct address_key *key,
    const struct keep_wish *wish, struct keep_values *before, struct buf *where,
    struct err *err)
{
	int64_t now = (int64_t)(clock_wall() / 1000);
	int status = keep_sqlite_get(keep, key, before, err);

	(void)where;
	if (status == 0 &&
	    policy_set(keep, key->text, key->len, wish->answer, now, err) == -1)
		status = EX_TEMPFAIL;
	return status;
}

static int
keep_sqlite_remove(void *keep, const struct address_key *key,
    struct keep_values *before, struct buf *where, struct err *err)
{
	int status = keep_sqlite_get(keep, key, before, err), n;

	(void)where;
	if (status != 0)
		return status;
	n = policy_unset(keep, key->text, key->len, err);
	if (n == -1)
		return EX_TEMPFAIL;
	return n > 0 ? 0 : CMD_NOTFOUND;
}

struct keep_sqlite_list {
	keep_row_fn *fn;
	void *arg;
	bool enough;
};

static void
keep_sqlite_on_row(
    const char *key, const char *answer, int64_t changed, void *arg)
{
	struct keep_sqlite_list *list = arg;
	struct keep_values values = {0};
	const struct keep_row row = {
	    .address = key,
	    .address_len = strlen(key),
	    .values = &values,
	    .changed = changed,
	};

	if (list->enough)
		return;
	keep_values_add(&values, answer, strlen(answer));
	list->enough = !list->fn(&row, list->arg);
	keep_values_fini(&values);
}

static int
keep_sqlite_list(void *keep, keep_row_fn *fn, void *arg, struct err *err)
{
	struct keep_sqlite_list list = {.fn = fn, .arg = arg};

	return policy_list(keep, keep_sqlite_on_row, &list, err) == 0
	    ? 0
	    : EX_TEMPFAIL;
}

const struct keep_kind keep_sqlite = {
    .may = keep_sqlite_may,
    .open = keep_sqlite_open,
    .close = keep_sqlite_close,
    .get = keep_sqlite_get,
    .set = keep_sqlite_set,
    .remove = keep_sqlite_remove,
    .list = keep_sqlite_list,
};
