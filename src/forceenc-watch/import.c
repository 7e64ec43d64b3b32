/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/import.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc-watch/first.h"
#include "forceenc-watch/journal.h"
#include "forceenc-watch/keep.h"
#include "forceenc-watch/outage.h"
#include "forceenc-watch/place.h"
#include "forceenc-watch/reader.h"
#include "forceenc/clock.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

/* A crash costs the reading of this much at most. */
#define IMPORT_COMMIT_BYTES (128u << 20)
/* And what comes slowly through a pipe is seen after so many ms. */
#define IMPORT_COMMIT_TIME 5000
/* Lines of two logs may overlap by so many seconds. */
#define IMPORT_OVERLAP 60

/* What comes through a pipe can't be had again, and who imports much doesn't
 * want to begin again: so long (ms) a store that is away is waited for. */
#define IMPORT_PATIENCE 3600000

#define IMPORT_JOURNAL "journal:"

struct import {
	const struct conf *conf;
	struct store *store;
	struct outage outage;
	uint64_t away_since; /* 0: it isn't */
	struct keep keep;
	const struct walk_rules *rules;
	struct walk *walk;
	struct keep_position position; /* as of the last commit */
};

static int64_t
import_now(void)
{
	return (int64_t)(clock_wall() / 1000);
}

/* Whether it's to be tried once more; it has waited then. */
static bool
import_wait(
    struct import *import, enum store_trouble trouble, const struct err *err)
{
	uint64_t now = clock_now();

	if (import->away_since == 0)
		import->away_since = now;
	if (now - import->away_since >= IMPORT_PATIENCE)
		return false;
	outage_note(&import->outage, import->conf->store, trouble, err, now);
	poll(NULL, 0, (int)outage_wait(&import->outage));
	return true;
}

static void
import_go_on(struct import *import)
{
	import->away_since = 0;
	if (outage_end(&import->outage))
		log_info(
		    "%s: is written again", text_show_str(import->conf->store));
}

/* Waits for one that is away, if that is wanted. */
static int
import_open(struct import *import, bool wait, struct err *err)
{
	enum store_trouble trouble;

	do {
		import->store = place_open(import->conf, NULL, &trouble, err);
		import->keep.store = import->store;
		if (import->store != NULL)
			return 0;
	} while (wait && trouble != STORE_WRONG &&
	    import_wait(import, trouble, err));
	return -1;
}

/* After something that has failed: whether that was since the store was lost,
 * and another try is of use. */
static bool
import_reopen(struct import *import, struct err *err)
{
	if (!store_lost(import->store) || !import_wait(import, STORE_AWAY, err))
		return false;
	store_close(import->store);
	return import_open(import, true, err) == 0;
}

static int
import_keep(struct import *import, const struct keep_place *place,
    const struct keep_report *report, struct err *err)
{
	int rc = 0;

	while (rc == 0 &&
	    keep_commit(&import->keep, import->walk, place, report, err) ==
		-1) {
		if (!store_lost(import->store)) {
			if (!import_wait(import, STORE_WRONG, err))
				return -1;
			continue;
		}
		do {
			if (!import_reopen(import, err))
				return -1;
			rc =
			    keep_is_committed(&import->keep, import->walk, err);
		} while (rc == -1);
	}
	import_go_on(import);
	return 0;
}

static int
import_commit(struct import *import, const struct fingerprint *print,
    uint64_t offset, struct err *err)
{
	const struct keep_report report = {.now = import_now()};
	const struct keep_place place = {
	    .position = &import->position,
	    .print = print,
	};

	if (print != NULL) {
		import->position.offset = offset;
		import->position.print = *print;
	}
	return import_keep(import, &place, &report, err);
}

/* A log that isn't the continuation of what was read last: queue ids and
 * pids mean others. */
static int
import_begin_anew(struct import *import, struct err *err)
{
	struct walk *walk;

	correlate_end(import->walk->inflight);
	walk = walk_new(import->rules, import_now(), err);
	if (walk == NULL)
		return -1;
	if (import_commit(import, NULL, 0, err) == -1) {
		walk_free(walk);
		return -1;
	}
	walk->counters = import->walk->counters;
	walk->counters.evicted = walk_evicted(import->walk);
	walk->inflight->disagreements = import->walk->inflight->disagreements;
	walk->inflight->senders_unknown =
	    import->walk->inflight->senders_unknown;
	walk_told(walk);
	walk_free(import->walk);
	import->walk = walk;
	return 0;
}

static bool
import_goes_on(const struct import *import, const struct reader *reader,
    const struct first *first, uint64_t offset)
{
	if (offset > 0 && import->position.offset == offset &&
	    import->position.print.len > 0 &&
	    fingerprint_fits(
		&import->position.print, reader->head.bytes, reader->head.len))
		return true;
	return first->time >= import->walk->inflight->last - IMPORT_OVERLAP;
}

static int
import_commit_read(
    struct import *import, const struct reader *reader, struct err *err)
{
	struct fingerprint print;

	head_print(&reader->head, reader->offset, &print);
	return import_commit(
	    import, print.len > 0 ? &print : NULL, reader->offset, err);
}

static int
import_feed(struct import *import, struct reader *reader, const char *path,
    struct err *err)
{
	uint64_t committed = reader->offset, last = clock_now();
	enum reader_step step;

	do {
		step = reader_feed(reader, import->walk,
		    !archive_is_plain(reader->file) || strcmp(path, "-") == 0,
		    err);
		if (step == READER_FAILED)
			return -1;
		if (step == READER_MORE &&
		    reader->offset - committed < IMPORT_COMMIT_BYTES &&
		    clock_now() - last < IMPORT_COMMIT_TIME)
			continue;
		if (import_commit_read(import, reader, err) == -1)
			return -1;
		committed = reader->offset;
		last = clock_now();
	} while (step != READER_DONE);
	if (reader->buf.len > 0)
		log_warn("%s: its last line isn't complete, and wasn't counted",
		    text_show_str(path));
	return 0;
}

static int
import_log(struct import *import, const struct first *first,
    struct reader *reader, struct err *err)
{
	struct keep_input input;
	uint64_t before = 0;
	int rc;

	while (keep_find_input(&import->keep, &reader->head, &input, err) == -1)
		if (!import_reopen(import, err))
			return -1;
	rc = reader_seek(reader, input.offset, err);
	if (rc == 1)
		rc = reader_has_more(reader, err);
	if (rc == -1)
		return -1;
	if (rc == 0) {
		log_info("%s: was counted before", text_show_str(first->path));
		return 0;
	}
	if (!import_goes_on(import, reader, first, input.offset) &&
	    import_begin_anew(import, err) == -1)
		return -1;
	when_set_reference(&import->walk->when,
	    first->mtime == INT64_MAX ? import_now() : first->mtime);
	before = import->walk->counters.lines;
	if (import_feed(import, reader, first->path, err) == -1)
		return -1;
	log_info("%s: counted (lines=%" PRIu64 ")", text_show_str(first->path),
	    import->walk->counters.lines - before);
	return 0;
}

static bool
import_is_journal(const char *path)
{
	return strncmp(path, IMPORT_JOURNAL, strlen(IMPORT_JOURNAL)) == 0;
}

static int
import_commit_journal(
    struct import *import, struct journal *journal, struct err *err)
{
	const struct keep_report report = {
	    .bytes_behind = -1, .now = import_now()};
	struct keep_place place = {0};

	place.cursors = journal_places(journal, &place.cursor);
	if (import_keep(import, &place, &report, err) == -1)
		return -1;
	journal_committed(journal);
	return 0;
}

static int
import_feed_journal(struct import *import, struct journal *journal,
    const char *path, struct err *err)
{
	uint64_t committed = import->walk->counters.bytes, last = clock_now();
	enum input_step step;

	do {
		step = journal_step(journal, import->walk);
		if (step == INPUT_AGAIN)
			return err_set(
			    err, "%s: can't be read", text_show_str(path));
		if (step == INPUT_MORE &&
		    import->walk->counters.bytes - committed <
			IMPORT_COMMIT_BYTES &&
		    clock_now() - last < IMPORT_COMMIT_TIME)
			continue;
		if (import_commit_journal(import, journal, err) == -1)
			return -1;
		committed = import->walk->counters.bytes;
		last = clock_now();
	} while (step != INPUT_IDLE);
	return 0;
}

static int
import_journal(struct import *import, const char *path, struct err *err)
{
	struct journal *journal = journal_open(
	    path + strlen(IMPORT_JOURNAL), &import->keep, 0, false, err);
	uint64_t before;
	int64_t time;
	int rc;

	if (journal == NULL)
		return -1;
	rc = journal_peek(journal, import->walk, &time, err);
	if (rc != 1) {
		if (rc == 0)
			log_info("%s: was counted before, or is empty",
			    text_show_str(path));
		journal_close(journal);
		return rc;
	}
	rc = 0;
	if (time < import->walk->inflight->last - IMPORT_OVERLAP)
		rc = import_begin_anew(import, err);
	before = import->walk->counters.lines;
	if (rc == 0)
		rc = import_feed_journal(import, journal, path, err);
	if (rc == 0)
		log_info("%s: counted (lines=%" PRIu64 ")", text_show_str(path),
		    import->walk->counters.lines - before);
	journal_close(journal);
	return rc;
}

static int
import_logs(
    struct import *import, struct first *first, size_t n, struct err *err)
{
	struct reader reader;
	size_t i;
	int rc;

	for (i = 0; i < n; i++) {
		if (reader_open(&reader, first[i].path, err) == -1)
			return -1;
		rc = import_log(import, &first[i], &reader, err);
		reader_close(&reader);
		if (rc == -1)
			return -1;
	}
	return 0;
}

/* The oldest first; journals can't be put between them. */
static int
import_all(struct import *import, char **paths, size_t n, struct err *err)
{
	struct first *first = mem_zalloc((n > 0 ? n : 1) * sizeof(*first));
	size_t files = 0, i;
	int rc = 0;

	for (i = 0; i < n && rc == 0; i++)
		if (!import_is_journal(paths[i])) {
			rc = first_look(&first[files], paths[i], err);
			files += rc == 0;
		}
	if (rc == 0) {
		first_sort(first, files);
		rc = import_logs(import, first, files, err);
	}
	while (files > 0)
		first_fini(&first[--files]);
	free(first);
	for (i = 0; i < n && rc == 0; i++)
		if (import_is_journal(paths[i]))
			rc = import_journal(import, paths[i], err);
	return rc;
}

static bool
import_reads_a_pipe(char **paths, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(paths[i], "-") == 0)
			return true;
	return false;
}

/* With what was left by the last one. */
static int
import_load(struct import *import, struct err *err)
{
	walk_free(import->walk);
	import->walk = walk_new(import->rules, import_now(), err);
	return import->walk != NULL &&
		keep_load_state(&import->keep, "import", import->walk, err) !=
		    -1 &&
		keep_load_position(&import->keep, &import->position, err) != -1
	    ? 0
	    : -1;
}

static int
import_begin(struct import *import, bool wait, struct err *err)
{
	if (import_open(import, wait, err) == -1)
		return -1;
	while (import_load(import, err) == -1)
		if (!wait || !import_reopen(import, err))
			return -1;
	import_go_on(import);
	return 0;
}

static void
import_tidy(struct import *import)
{
	const struct conf *conf = import->conf;
	struct err err;

	while (store_tidy(import->store, import_now(), conf->keep_hours,
		   conf->keep_days, conf->failures_kept, &err) == 1)
		continue;
}

int
import_run(const struct conf *conf, const struct walk_rules *rules,
    char **paths, size_t n, struct err *err)
{
	struct import import = {.conf = conf, .rules = rules};
	int rc;

	keep_init(&import.keep, NULL, "import");
	rc = import_begin(&import, import_reads_a_pipe(paths, n), err);
	if (rc == 0)
		rc = import_all(&import, paths, n, err);
	if (rc == 0) {
		correlate_end(import.walk->inflight);
		rc = import_commit(&import, NULL, 0, err);
	}
	if (rc == 0)
		import_tidy(&import);
	keep_fini(&import.keep);
	walk_free(import.walk);
	store_close(import.store);
	return rc;
}
