-- forceenc's statistics in PostgreSQL, first version. forceenc-watch makes
-- these tables and brings older ones up to date: it runs the
-- stats-pgsql-NNN.sql that are missing, each in a transaction of its own.
-- Whoever doesn't want it to may run them with psql -1 as another role, and
-- grant its role SELECT, INSERT, UPDATE, DELETE on the tables.
--
-- They are made in the first schema of the role's search_path. Reports may
-- read all of them; "delivery" below is the view to begin with. Times are in
-- UTC: an hour is seconds since 1970 / 3600, a day / 86400. "last" is the last
-- day on which something is used; it goes after that day. Bytes that aren't
-- UTF-8 stand as characters from U+EF80 to U+EFFF.

CREATE TABLE setting (
	name text COLLATE "C" PRIMARY KEY,
	value bigint NOT NULL
);
INSERT INTO setting (name, value) VALUES ('forceenc_stats', 1);

-- Hosts that count. A batch of counters raises "batch" by one.
CREATE TABLE writer (
	id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	host text COLLATE "C" NOT NULL UNIQUE,
	batch bigint NOT NULL DEFAULT 0,
	seen timestamptz NOT NULL DEFAULT now(),
	first_day bigint,      -- what is older was removed
	failures_kept bigint   -- of each sender
);

-- Envelope senders, split at their last "@"; without a domain, it's ''.
CREATE TABLE sender (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	domain text COLLATE "C" NOT NULL,
	local text COLLATE "C" NOT NULL,
	last bigint NOT NULL,
	UNIQUE (domain, local)
);

-- Recipients' domains and the names of mail servers.
CREATE TABLE name (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	text text COLLATE "C" NOT NULL UNIQUE,
	last bigint NOT NULL
);

-- What deliveries have in common. host is the machine that counted.
CREATE TABLE kind (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	host text COLLATE "C" NOT NULL,
	service text COLLATE "C" NOT NULL, -- syslog_name
	outcome text COLLATE "C" NOT NULL, -- delivered, soft, hard, deferred, bounced, expired
	level text COLLATE "C",            -- NULL: nothing was delivered
	reason text COLLATE "C" NOT NULL,  -- of soft, hard, and expired after soft; ''
	last bigint NOT NULL
);
CREATE UNIQUE INDEX kind_key ON kind
	(host, service, outcome, coalesce(level, ''), reason);

-- What TLS sessions have in common; version is '' for plaintext.
CREATE TABLE tls (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	host text COLLATE "C" NOT NULL,
	version text COLLATE "C" NOT NULL,
	cipher text COLLATE "C" NOT NULL,
	level text COLLATE "C" NOT NULL,
	last bigint NOT NULL,
	UNIQUE (host, version, cipher, level)
);

-- Recipients. The hour comes first, so that what is written now lies together.
-- Rows of the last hours change often, in place if there is room.
CREATE TABLE delivery_hour (
	hour bigint NOT NULL,
	sender bigint NOT NULL,
	destination bigint NOT NULL,
	kind bigint NOT NULL,
	n bigint NOT NULL,
	PRIMARY KEY (hour, sender, destination, kind)
) WITH (fillfactor = 80);

-- Older than keep_hours.
CREATE TABLE delivery_day (
	day bigint NOT NULL,
	sender bigint NOT NULL,
	destination bigint NOT NULL,
	kind bigint NOT NULL,
	n bigint NOT NULL,
	PRIMARY KEY (day, sender, destination, kind)
);

-- Sessions to a destination, whoever's mail was sent in them.
CREATE TABLE session_hour (
	hour bigint NOT NULL,
	destination bigint NOT NULL,
	mx bigint NOT NULL,
	tls bigint NOT NULL,
	n bigint NOT NULL,
	last_seen bigint NOT NULL, -- seconds since 1970
	PRIMARY KEY (hour, destination, mx, tls)
) WITH (fillfactor = 80);

CREATE TABLE session_day (
	day bigint NOT NULL,
	destination bigint NOT NULL,
	mx bigint NOT NULL,
	tls bigint NOT NULL,
	n bigint NOT NULL,
	last_seen bigint NOT NULL,
	PRIMARY KEY (day, destination, mx, tls)
);

-- Sessions of clients of ours.
CREATE TABLE inbound_hour (
	hour bigint NOT NULL,
	host text COLLATE "C" NOT NULL,
	level text COLLATE "C" NOT NULL,
	n bigint NOT NULL,
	PRIMARY KEY (hour, host, level)
) WITH (fillfactor = 80);

CREATE TABLE inbound_day (
	day bigint NOT NULL,
	host text COLLATE "C" NOT NULL,
	level text COLLATE "C" NOT NULL,
	n bigint NOT NULL,
	PRIMARY KEY (day, host, level)
);

-- The last enforcement failures of each sender.
CREATE TABLE failure (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	time bigint NOT NULL, -- seconds since 1970
	sender bigint NOT NULL,
	destination bigint NOT NULL,
	kind bigint NOT NULL,
	queue_id text COLLATE "C" NOT NULL,
	recipient text COLLATE "C" NOT NULL, -- '' unless store_recipients is on
	relay text COLLATE "C" NOT NULL,
	text text COLLATE "C" NOT NULL -- the words of the log
);
CREATE INDEX failure_by_sender ON failure (sender, time);
CREATE INDEX failure_by_time ON failure (time);

-- Senders of a host that have failed since it was last seen to it that no more
-- of their failures are kept than should be.
CREATE TABLE failed (
	host text COLLATE "C" NOT NULL,
	sender bigint NOT NULL,
	PRIMARY KEY (host, sender)
);

-- Where forceenc-watch is in its logs, and what it must know to go on. Each
-- value is written again with each batch: to compress it would be no use.
CREATE TABLE state (
	host text COLLATE "C" NOT NULL,
	name text COLLATE "C" NOT NULL,
	piece bigint NOT NULL,
	value bytea NOT NULL,
	PRIMARY KEY (host, name, piece)
);
ALTER TABLE state ALTER COLUMN value SET STORAGE EXTERNAL;

-- For people and their reports; what is older than keep_hours counts at its
-- day's first hour.
CREATE VIEW delivery AS
SELECT
	to_timestamp(d.hour * 3600) AT TIME ZONE 'UTC' AS hour,
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
