/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/policy.h"

#include <stdlib.h>
#include <string.h>

#include "db/policy_schema.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/sqlite.h"
#include "forceenc/text.h"

/* As in etc/sql/sqlite.sql. */
#define POLICY_APPLICATION_ID 0x66656e63
#define POLICY_VERSION        1

struct policy {
	struct sqlite *db;
	char *path;
};

/* Whether nobody has put anything into the database yet. */
static int
policy_is_new(struct policy *policy, bool *is_new, struct err *err)
{
	int64_t id, objects;

	if (sqlite_ask_number(policy->db, "PRAGMA application_id", &id, err) ==
		-1 ||
	    sqlite_ask_number(policy->db, "SELECT count(*) FROM sqlite_schema",
		&objects, err) == -1)
		return -1;
	*is_new = id == 0 && objects == 0;
	return 0;
}

/* Of two that come at the same time, one makes it and the other finds it. */
static int
policy_create(struct policy *policy, struct err *err)
{
	bool is_new;

	if (policy_is_new(policy, &is_new, err) == -1)
		return -1;
	if (!is_new)
		return 0;
	if (sqlite_exec(policy->db, "BEGIN IMMEDIATE", err) == -1)
		return -1;
	if (policy_is_new(policy, &is_new, err) == 0 &&
	    (!is_new || sqlite_exec(policy->db, policy_schema_sql, err) == 0) &&
	    sqlite_exec(policy->db, "COMMIT", err) == 0)
		return 0;
	sqlite_exec(policy->db, "ROLLBACK", NULL);
	return -1;
}

static int
policy_check(struct policy *policy, struct err *err)
{
	int64_t id, version;

	if (sqlite_ask_number(policy->db, "PRAGMA application_id", &id, err) ==
		-1 ||
	    sqlite_ask_number(
		policy->db, "PRAGMA user_version", &version, err) == -1)
		return -1;
	if (id != POLICY_APPLICATION_ID)
		return err_set(err,
		    "%s: not a database that forceencctl made; change it with "
		    "the tools it belongs to, or set dbpath to a file that "
		    "isn't there yet",
		    text_show_str(policy->path));
	if (version != POLICY_VERSION)
		return err_set(err,
		    "%s: made by another version of forceencctl (its schema is "
		    "version %lld, this one knows %d); use that one",
		    text_show_str(policy->path), (long long)version,
		    POLICY_VERSION);
	return 0;
}

struct policy *
policy_open(const char *path, enum policy_mode mode, struct err *err)
{
	struct policy *policy = mem_zalloc(sizeof(*policy));

	policy->path = mem_strdup(path);
	policy->db = sqlite_open(path,
	    mode == POLICY_WRITE ? SQLITE_MODE_WRITE : SQLITE_MODE_READ,
	    mode == POLICY_WRITE ? POLICY_BUSY_MS : 0, err);
	if (policy->db != NULL &&
	    (mode == POLICY_READ || policy_create(policy, err) == 0) &&
	    policy_check(policy, err) == 0)
		return policy;
	policy_close(policy);
	return NULL;
}

void
policy_close(struct policy *policy)
{
	if (policy == NULL)
		return;
	sqlite_close(policy->db);
	free(policy->path);
	free(policy);
}

/* Runs a statement that changes something. */
static int
policy_run(struct sqlite_stmt *stmt, struct err *err)
{
	enum sqlite_status status = sqlite_step(stmt, err);

	MUST(status != SQLITE_STATUS_ROW);
	sqlite_finalize(stmt);
	return status == SQLITE_STATUS_DONE ? 0 : -1;
}

int
policy_set(struct policy *policy, const char *key, size_t key_len,
    const char *answer, int64_t now, struct err *err)
{
	struct sqlite_stmt *stmt;

	if (sqlite_prepare(policy->db,
		"INSERT INTO policy (address, answer, changed) "
		"VALUES (?1, ?2, ?3) ON CONFLICT (address) DO UPDATE "
		"SET answer = excluded.answer, changed = excluded.changed",
		&stmt, err) != SQLITE_STATUS_DONE)
		return -1;
	sqlite_bind_text(stmt, 1, key, key_len);
	sqlite_bind_text(stmt, 2, answer, strlen(answer));
	sqlite_bind_int(stmt, 3, now);
	return policy_run(stmt, err);
}

int
policy_get(struct policy *policy, const char *key, size_t key_len,
    struct buf *answer, struct err *err)
{
	enum sqlite_status status;
	struct sqlite_stmt *stmt;
	const char *text;
	size_t len;

	if (sqlite_prepare(policy->db,
		"SELECT answer FROM policy WHERE address = ?1", &stmt,
		err) != SQLITE_STATUS_DONE)
		return -1;
	sqlite_bind_text(stmt, 1, key, key_len);
	status = sqlite_step(stmt, err);
	buf_clear(answer);
	if (status == SQLITE_STATUS_ROW &&
	    (text = sqlite_column_text(stmt, 0, &len)) != NULL)
		buf_add(answer, text, len);
	sqlite_finalize(stmt);
	if (status == SQLITE_STATUS_ROW)
		return 1;
	return status == SQLITE_STATUS_DONE ? 0 : -1;
}

int
policy_unset(
    struct policy *policy, const char *key, size_t key_len, struct err *err)
{
	struct sqlite_stmt *stmt;

	if (sqlite_prepare(policy->db, "DELETE FROM policy WHERE address = ?1",
		&stmt, err) != SQLITE_STATUS_DONE)
		return -1;
	sqlite_bind_text(stmt, 1, key, key_len);
	if (policy_run(stmt, err) == -1)
		return -1;
	return sqlite_changes(policy->db) > 0;
}

int
policy_list(
    struct policy *policy, policy_list_fn *fn, void *arg, struct err *err)
{
	const char *key, *answer;
	enum sqlite_status status;
	struct sqlite_stmt *stmt;
	size_t len;

	if (sqlite_prepare(policy->db,
		"SELECT address, answer, changed FROM policy ORDER BY address",
		&stmt, err) != SQLITE_STATUS_DONE)
		return -1;
	while ((status = sqlite_step(stmt, err)) == SQLITE_STATUS_ROW) {
		key = sqlite_column_text(stmt, 0, &len);
		answer = sqlite_column_text(stmt, 1, &len);
		/* The schema has no such rows. */
		if (key == NULL || answer == NULL) {
			err_set(err, "%s: a row without address or answer",
			    text_show_str(policy->path));
			status = SQLITE_STATUS_ERROR;
			break;
		}
		fn(key, answer, sqlite_column_int(stmt, 2), arg);
	}
	sqlite_finalize(stmt);
	return status == SQLITE_STATUS_DONE ? 0 : -1;
}
