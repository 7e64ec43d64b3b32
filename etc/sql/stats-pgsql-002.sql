-- forceenc's statistics in PostgreSQL, second version: what a postmaster
-- counts.

-- Totals that have nothing to do with TLS, of each syslog_name; those that
-- belong to none (what the watcher has missed) have ''. what is one of
--   received, delivered, forwarded, deferrals, bounced, rejected, warned, held,
--   discarded, bytes-received, bytes-delivered: as pflogsumm counts them
--   deferred: messages, when they are deferred for the first time
--   deferred-before: messages that were deferred on an earlier day as well,
--     once for each later one (days of the machine that counted)
--   milter-rejected: before there was a message; not among the rejected
--   gaps: 1 or more where lines of that hour may be missing
--   lost: lines that the logger says it lost
--   evicted, unparsed, cut, repeats-lost: as in forceenc-watch's counters
CREATE TABLE total_hour (
	hour bigint NOT NULL,
	host text COLLATE "C" NOT NULL,
	service text COLLATE "C" NOT NULL,
	what text COLLATE "C" NOT NULL,
	n bigint NOT NULL,
	PRIMARY KEY (hour, host, service, what)
) WITH (fillfactor = 80);

-- Older than keep_hours.
CREATE TABLE total_day (
	day bigint NOT NULL,
	host text COLLATE "C" NOT NULL,
	service text COLLATE "C" NOT NULL,
	what text COLLATE "C" NOT NULL,
	n bigint NOT NULL,
	PRIMARY KEY (day, host, service, what)
);

UPDATE setting SET value = 2 WHERE name = 'forceenc_stats';
