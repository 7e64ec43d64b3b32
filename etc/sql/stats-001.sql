-- forceenc's statistics in SQLite, first version. forceenc-watch makes this
-- database and brings an older one up to date: it runs the stats-NNN.sql that
-- are missing, each in a transaction of its own, and sets user_version to NNN.
--
-- Reports may read all of it; "delivery" below is the view to begin with.
-- Times are in UTC: an hour is seconds since 1970 / 3600, a day / 86400.
-- "last" is the last day on which something is used; it goes after that day.

-- "fens": by this forceenc-watch knows a database as its own.
PRAGMA application_id = 0x66656e73;

-- Envelope senders, split at their last "@"; without a domain, it's ''.
CREATE TABLE sender (
	id INTEGER PRIMARY KEY,
	domain TEXT NOT NULL,
	local TEXT NOT NULL,
	last INTEGER NOT NULL,
	UNIQUE (domain, local)
) STRICT;

-- Recipients' domains and the names of mail servers.
CREATE TABLE name (
	id INTEGER PRIMARY KEY,
	text TEXT NOT NULL UNIQUE,
	last INTEGER NOT NULL
) STRICT;

-- What deliveries have in common. host is the machine that counted.
CREATE TABLE kind (
	id INTEGER PRIMARY KEY,
	host TEXT NOT NULL,
	service TEXT NOT NULL, -- syslog_name
	outcome TEXT NOT NULL, -- delivered, soft, hard, deferred, bounced, expired
	level TEXT,            -- NULL: nothing was delivered
	reason TEXT NOT NULL,  -- of soft, hard, and expired after soft; ''
	last INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX kind_key ON kind
	(host, service, outcome, ifnull(level, ''), reason);

-- What TLS sessions have in common; version is '' for plaintext.
CREATE TABLE tls (
	id INTEGER PRIMARY KEY,
	host TEXT NOT NULL,
	version TEXT NOT NULL,
	cipher TEXT NOT NULL,
	level TEXT NOT NULL,
	last INTEGER NOT NULL,
	UNIQUE (host, version, cipher, level)
) STRICT;

-- Recipients. The hour comes first, so that what is written now lies together.
CREATE TABLE delivery_hour (
	hour INTEGER NOT NULL,
	sender INTEGER NOT NULL,
	destination INTEGER NOT NULL,
	kind INTEGER NOT NULL,
	n INTEGER NOT NULL,
	PRIMARY KEY (hour, sender, destination, kind)
) STRICT, WITHOUT ROWID;

-- Older than keep_hours.
CREATE TABLE delivery_day (
	day INTEGER NOT NULL,
	sender INTEGER NOT NULL,
	destination INTEGER NOT NULL,
	kind INTEGER NOT NULL,
	n INTEGER NOT NULL,
	PRIMARY KEY (day, sender, destination, kind)
) STRICT, WITHOUT ROWID;

-- Sessions to a destination, whoever's mail was sent in them.
CREATE TABLE session_hour (
	hour INTEGER NOT NULL,
	destination INTEGER NOT NULL,
	mx INTEGER NOT NULL,
	tls INTEGER NOT NULL,
	n INTEGER NOT NULL,
	last_seen INTEGER NOT NULL, -- seconds since 1970
	PRIMARY KEY (hour, destination, mx, tls)
) STRICT, WITHOUT ROWID;

CREATE TABLE session_day (
	day INTEGER NOT NULL,
	destination INTEGER NOT NULL,
	mx INTEGER NOT NULL,
	tls INTEGER NOT NULL,
	n INTEGER NOT NULL,
	last_seen INTEGER NOT NULL,
	PRIMARY KEY (day, destination, mx, tls)
) STRICT, WITHOUT ROWID;

-- Sessions of clients of ours.
CREATE TABLE inbound_hour (
	hour INTEGER NOT NULL,
	host TEXT NOT NULL,
	level TEXT NOT NULL,
	n INTEGER NOT NULL,
	PRIMARY KEY (hour, host, level)
) STRICT, WITHOUT ROWID;

CREATE TABLE inbound_day (
	day INTEGER NOT NULL,
	host TEXT NOT NULL,
	level TEXT NOT NULL,
	n INTEGER NOT NULL,
	PRIMARY KEY (day, host, level)
) STRICT, WITHOUT ROWID;

-- The last enforcement failures of each sender.
CREATE TABLE failure (
	id INTEGER PRIMARY KEY,
	time INTEGER NOT NULL, -- seconds since 1970
	sender INTEGER NOT NULL,
	destination INTEGER NOT NULL,
	kind INTEGER NOT NULL,
	queue_id TEXT NOT NULL,
	recipient TEXT NOT NULL, -- '' unless store_recipients is on
	relay TEXT NOT NULL,
	text TEXT NOT NULL -- the words of the log
) STRICT;
CREATE INDEX failure_by_sender ON failure (sender, time);
CREATE INDEX failure_by_time ON failure (time);

-- Senders that have failed since it was last seen to it that no more of their
-- failures are kept than should be.
CREATE TABLE failed (
	sender INTEGER PRIMARY KEY
) STRICT;

-- Where forceenc-watch is in its logs, and what it must know to go on. A long
-- value lies in several pieces.
CREATE TABLE state (
	id INTEGER PRIMARY KEY,
	host TEXT NOT NULL,
	name TEXT NOT NULL,
	piece INTEGER NOT NULL,
	value BLOB NOT NULL,
	UNIQUE (host, name, piece)
) STRICT;

CREATE TABLE setting (
	name TEXT PRIMARY KEY NOT NULL,
	value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- For people and their reports; what is older than keep_hours counts at its
-- day's first hour.
CREATE VIEW delivery AS
SELECT
	datetime(d.hour * 3600, 'unixepoch') AS hour,
	CASE WHEN s.domain = '' THEN s.local
	ELSE s.local || '@' || s.domain END AS sender,
	n.text AS destination,
	k.host, k.service, k.outcome, k.level, k.reason,
	d.n AS count
FROM (
	SELECT hour, sender, destination, kind, n FROM delivery_hour
	UNION ALL
	SELECT day * 24, sender, destination, kind, n FROM delivery_day
) AS d
JOIN sender AS s ON s.id = d.sender
JOIN name AS n ON n.id = d.destination
JOIN kind AS k ON k.id = d.kind;
