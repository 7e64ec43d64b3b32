/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "store/store_statement.h"

#include "forceenc/must.h"
#include "store/store_backend.h"

static const char *const store_statement_sql[STORE_STATEMENTS] = {
    [STORE_BEGIN] = "BEGIN IMMEDIATE",
    [STORE_COMMIT] = "COMMIT",
    /* Each returns id and last. */
    [STORE_FIND_SENDER] = "SELECT id, last FROM sender "
			  "WHERE domain = ?1 AND local = ?2",
    [STORE_FIND_NAME] = "SELECT id, last FROM name WHERE text = ?1",
    [STORE_FIND_KIND] = "SELECT id, last FROM kind "
			"WHERE host = ?1 AND service = ?2 AND outcome = ?3 "
			"AND ifnull(level, '') = ?4 AND reason = ?5",
    [STORE_FIND_TLS] = "SELECT id, last FROM tls WHERE host = ?1 "
		       "AND version = ?2 AND cipher = ?3 AND level = ?4",
    /* The last parameter is the day. */
    [STORE_ADD_SENDER] = "INSERT INTO sender (domain, local, last) "
			 "VALUES (?1, ?2, ?3)",
    [STORE_ADD_NAME] = "INSERT INTO name (text, last) VALUES (?1, ?2)",
    [STORE_ADD_KIND] = "INSERT INTO kind "
		       "(host, service, outcome, level, reason, last) "
		       "VALUES (?1, ?2, ?3, nullif(?4, ''), ?5, ?6)",
    [STORE_ADD_TLS] = "INSERT INTO tls "
		      "(host, version, cipher, level, last) "
		      "VALUES (?1, ?2, ?3, ?4, ?5)",
    [STORE_TOUCH_SENDER] = "UPDATE sender SET last = ?2 WHERE id = ?1",
    [STORE_TOUCH_NAME] = "UPDATE name SET last = ?2 WHERE id = ?1",
    [STORE_TOUCH_KIND] = "UPDATE kind SET last = ?2 WHERE id = ?1",
    [STORE_TOUCH_TLS] = "UPDATE tls SET last = ?2 WHERE id = ?1",
    /* Those of a batch: store_fresh.c. */
    [STORE_LAST_SENDER] = "SELECT ifnull(max(id), 0) FROM sender",
    [STORE_LAST_NAME] = "SELECT ifnull(max(id), 0) FROM name",
    [STORE_KNOWN_SENDERS] = "SELECT c0, id, last FROM batch CROSS JOIN sender "
			    "ON domain = c2 AND local = c3",
    [STORE_KNOWN_NAMES] = "SELECT c0, id, last FROM batch CROSS JOIN name "
			  "ON text = c2",
    [STORE_ADD_SENDERS] = "INSERT INTO sender (id, last, domain, local) "
			  "SELECT c0, c1, c2, c3 FROM batch",
    [STORE_ADD_NAMES] = "INSERT INTO name (id, last, text) "
			"SELECT c0, c1, c2 FROM batch",
    [STORE_COUNT] = "INSERT INTO delivery_hour "
		    "(hour, sender, destination, kind, n) "
		    "SELECT c0, c1, c2, c3, c4 FROM batch WHERE true "
		    "ON CONFLICT DO UPDATE SET n = n + excluded.n",
    [STORE_SESSION] = "INSERT INTO session_hour "
		      "(hour, destination, mx, tls, n, last_seen) "
		      "SELECT c0, c1, c2, c3, c4, c5 FROM batch WHERE true "
		      "ON CONFLICT DO UPDATE SET n = n + excluded.n, "
		      "last_seen = max(last_seen, excluded.last_seen)",
    [STORE_INBOUND] = "INSERT INTO inbound_hour (hour, host, level, n) "
		      "VALUES (?1, ?2, ?3, ?4) "
		      "ON CONFLICT DO UPDATE SET n = n + excluded.n",
    [STORE_TOTAL] = "INSERT INTO total_hour (hour, host, service, what, n) "
		    "VALUES (?1, ?2, ?3, ?4, ?5) "
		    "ON CONFLICT DO UPDATE "
		    "SET n = min(n + excluded.n, " STORE_TOTAL_MAX_SQL ")",
    [STORE_FAILURE] = "INSERT INTO failure (time, sender, destination, kind, "
		      "queue_id, recipient, relay, text) "
		      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [STORE_FAILED] = "INSERT INTO failed (sender) VALUES (?1) "
		     "ON CONFLICT DO NOTHING",
    [STORE_PUT_PIECE] = "INSERT INTO state (host, name, piece, value) "
			"VALUES (?1, ?2, ?3, ?4) "
			"ON CONFLICT DO UPDATE SET value = excluded.value",
    [STORE_DROP_PIECES] = "DELETE FROM state "
			  "WHERE host = ?1 AND name = ?2 AND piece >= ?3",
    [STORE_GET_PIECES] = "SELECT value FROM state "
			 "WHERE host = ?1 AND name = ?2 ORDER BY piece",
};

struct sqlite_stmt *
store_statement(struct store_statements *statements, struct sqlite *db,
    enum store_statement which, struct err *err)
{
	struct sqlite_stmt **stmt = &statements->stmt[which];

	if (*stmt == NULL)
		sqlite_prepare(db, store_statement_sql[which], stmt, err);
	return *stmt;
}

int
store_statement_run(struct sqlite_stmt *stmt, struct err *err)
{
	enum sqlite_status status = sqlite_step(stmt, err);

	MUST(status != SQLITE_STATUS_ROW);
	return status == SQLITE_STATUS_DONE ? 0 : -1;
}
