-- forceenc's own policy in SQLite: who is forced, and to which answer.
--
-- forceencctl makes this database when the first sender is switched on, from
-- this very file; "sqlite3 policy.db < sqlite.sql" does the same by hand.
--
-- It keeps SQLite's rollback journal, on purpose: in WAL mode every reader
-- needs shared memory beside the database, which a daemon that may only read
-- can't create. Don't switch it to WAL.

-- "fenc": by this forceencctl knows a database as its own.
PRAGMA application_id = 0x66656e63;
-- The version of this schema.
PRAGMA user_version = 1;

CREATE TABLE policy (
	-- An address, a domain as "@example.com", or "<>", the null sender; in
	-- lower case, domains in A-labels.
	address TEXT PRIMARY KEY NOT NULL CHECK (address <> ''),
	-- A permitted answer such as "forceenc:", or a truth value.
	answer TEXT NOT NULL CHECK (answer <> ''),
	-- When it was last set, in seconds since 1970.
	changed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
