-- forceenc's statistics in SQLite, second version: what a postmaster counts.

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
	hour INTEGER NOT NULL,
	host TEXT NOT NULL,
	service TEXT NOT NULL,
	what TEXT NOT NULL,
	n INTEGER NOT NULL,
	PRIMARY KEY (hour, host, service, what)
) STRICT, WITHOUT ROWID;

-- Older than keep_hours.
CREATE TABLE total_day (
	day INTEGER NOT NULL,
	host TEXT NOT NULL,
	service TEXT NOT NULL,
	what TEXT NOT NULL,
	n INTEGER NOT NULL,
	PRIMARY KEY (day, host, service, what)
) STRICT, WITHOUT ROWID;
