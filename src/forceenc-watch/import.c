/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/import.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc-watch/first.h"
#include "forceenc-watch/imported.h"
#include "forceenc-watch/journal.h"
#include "forceenc-watch/piped.h"
#include "forceenc-watch/reader.h"
#include "forceenc/clock.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/notify.h"
#include "forceenc/text.h"

/* A crash costs the reading of this much at most. */
#define IMPORT_COMMIT_BYTES (128u << 20)
/* And what comes slowly through a pipe is seen after so many ms. */
#define IMPORT_COMMIT_TIME 5000
/* The database is kept tidy, so many ms after the last time. */
#define IMPORT_TIDY_MS 600000
/* Lines of two logs may overlap by so many seconds. */
#define IMPORT_OVERLAP 60

#define IMPORT_JOURNAL "journal:"

static bool
import_goes_on(const struct imported *import, const struct reader *reader,
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
    struct imported *import, const struct reader *reader, struct err *err)
{
	struct fingerprint print;

	head_print(&reader->head, reader->offset, &print);
	if (imported_commit(import, print.len > 0 ? &print : NULL,
		reader->offset, err) == -1)
		return -1;
	import->committed = reader->offset;
	import->committed_at = clock_now();
	return 0;
}

/* In how many ms it's to be done again. */
static int
import_tidy(struct imported *import)
{
	uint64_t now = clock_now();

	if (now - import->tidied >= IMPORT_TIDY_MS) {
		imported_tidy(import);
		import->tidied = now = clock_now();
	}
	return (int)(IMPORT_TIDY_MS - (now - import->tidied));
}

/* Nothing has come for a while. */
static int
import_on_idle(void *arg)
{
	struct imported *import = arg;

	if (import->reader != NULL &&
	    import->reader->offset != import->committed &&
	    import_commit_read(import, import->reader, &import->idle_err) ==
		-1) {
		import->has_failed = true;
		return -1;
	}
	return import_tidy(import);
}

static bool
import_is_due(const struct imported *import, const struct reader *reader)
{
	return reader->offset - import->committed >= IMPORT_COMMIT_BYTES ||
	    clock_now() - import->committed_at >= IMPORT_COMMIT_TIME;
}

static int
import_feed_all(
    struct imported *import, struct reader *reader, bool pipe, struct err *err)
{
	enum reader_step step;

	do {
		if (pipe)
			when_set_reference(&import->walk->when, imported_now());
		step = reader_feed(reader, import->walk,
		    (pipe && !imported_is_stopped(import)) ||
			!archive_is_plain(reader->file),
		    err);
		if (import->has_failed)
			*err = import->idle_err;
		if (import->has_failed ||
		    (step == READER_FAILED && !imported_is_stopped(import)))
			return -1;
		if ((step != READER_MORE || import_is_due(import, reader)) &&
		    import_commit_read(import, reader, err) == -1)
			return -1;
		/* A pipe that is busy is never idle. */
		if (import->loop != NULL)
			import_tidy(import);
	} while (step == READER_MORE || step == READER_FULL);
	return 0;
}

static int
import_feed(struct imported *import, struct reader *reader, const char *path,
    struct err *err)
{
	int rc;

	import->committed = reader->offset;
	import->committed_at = clock_now();
	import->reader = reader;
	rc = import_feed_all(import, reader, strcmp(path, "-") == 0, err);
	import->reader = NULL;
	if (rc == 0 && reader->buf.len > 0)
		log_warn("%s: its last line isn't complete, and wasn't counted",
		    text_show_str(path));
	return rc;
}

static int
import_log(struct imported *import, const struct first *first,
    struct reader *reader, struct err *err)
{
	struct keep_input input;
	uint64_t before = 0;
	int rc;

	while (keep_find_input(&import->keep, &reader->head, &input, err) == -1)
		if (!imported_reopen(import, err))
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
	    imported_begin_anew(import, err) == -1)
		return -1;
	when_set_reference(&import->walk->when,
	    first->mtime == INT64_MAX ? imported_now() : first->mtime);
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
    struct imported *import, struct journal *journal, struct err *err)
{
	const struct keep_report report = {
	    .bytes_behind = -1, .now = imported_now()};
	struct keep_place place = {0};

	place.cursors = journal_places(journal, &place.cursor);
	if (imported_keep(import, &place, &report, err) == -1)
		return -1;
	journal_committed(journal);
	return 0;
}

static int
import_feed_journal(struct imported *import, struct journal *journal,
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
import_journal(struct imported *import, const char *path, struct err *err)
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
		rc = imported_begin_anew(import, err);
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
    struct imported *import, struct first *first, size_t n, struct err *err)
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
import_all(struct imported *import, char **paths, size_t n, struct err *err)
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

static int
import_begin(struct imported *import, char **paths, size_t n, struct err *err)
{
	if (imported_begin(import, import_reads_a_pipe(paths, n), err) == -1)
		return -1;
	if (import->loop != NULL) {
		log_info("ready (log=- store=%s)",
		    text_show_str(import->conf->store));
		notify_send("READY=1");
	}
	return 0;
}

static int
import_run_any(struct imported *import, char **paths, size_t n, struct err *err)
{
	int rc = import_begin(import, paths, n, err);

	/* Nothing was read while the store was waited for. */
	if (rc == -1 && imported_is_stopped(import)) {
		imported_end(import);
		return 0;
	}
	if (rc == 0)
		rc = import_all(import, paths, n, err);
	/* What is under way may go on after a restart. */
	if (rc == 0 && !imported_is_stopped(import))
		correlate_end(import->walk->inflight);
	if (rc == 0)
		rc = imported_commit(import, NULL, 0, err);
	if (rc == 0)
		imported_tidy(import);
	imported_end(import);
	return rc;
}

int
import_run(const struct conf *conf, const struct walk_rules *rules,
    char **paths, size_t n, struct err *err)
{
	struct imported import = {.conf = conf, .rules = rules};

	return import_run_any(&import, paths, n, err);
}

int
import_input(
    const struct conf *conf, const struct walk_rules *rules, struct err *err)
{
	static char name[] = "-";
	char *paths[] = {name};
	struct loop loop;
	struct imported import = {.conf = conf, .rules = rules, .loop = &loop};
	struct piped piped = {
	    .loop = &loop, .idle = import_on_idle, .arg = &import};
	int rc;

	log_set_level(conf->log_level);
	loop_init(&loop);
	piped_begin(&piped);
	import.tidied = clock_now();
	rc = import_run_any(&import, paths, 1, err);
	piped_end();
	notify_send("STOPPING=1");
	loop_fini(&loop);
	return rc;
}
