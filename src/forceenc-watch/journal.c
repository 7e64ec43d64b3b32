/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * The journal is many files that the library makes one of. First the library
 * is asked whether any of them has grown, appeared or gone; then it's read to
 * its end. What is written after that question gives another sign.
 *
 * The cursor of the last entry that was fed is where it goes on. The library
 * remembers where a file ended, by a number that its writer raises before the
 * entry can be found by what is in it: so after each end the cursor is sought,
 * and nothing of that is remembered. And what is written to one file while the
 * library looks at the next one is passed over if there is something later in
 * that: so an entry is taken only when those in front of it are there as well,
 * a moment after it was written.
 *
 * When files have gone, the cursor is looked for among all entries: others may
 * have gone with it, unless everything had been read just before.
 */

#include "forceenc-watch/journal.h"

#include "config.h"

#ifdef HAVE_SYSTEMD

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-journal.h>

#include "forceenc-watch/journal_access.h"
#include "forceenc-watch/journal_entry.h"
#include "forceenc-watch/journal_query.h"
#include "forceenc-watch/mapped.h"
#include "forceenc-watch/notice.h"
#include "forceenc/clock.h"
#include "forceenc/journal_spec.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

#define JOURNAL_STEP        256 /* entries */
#define JOURNAL_SETTLE_US   100000
#define JOURNAL_DEAF_MS     10000 /* and then it's opened anew */
#define JOURNAL_MACHINE_MAX 33

struct journal {
	char *name; /* for the log */
	struct journal_spec spec;
	struct keep *keep;
	sd_journal *handle;
	int fd;
	char *cursor;                      /* of what was fed last */
	char machine[JOURNAL_MACHINE_MAX]; /* "": nothing was seen yet */
	int64_t after;
	bool anew;    /* behind after, whatever the cursor is */
	bool changed; /* files have come or gone: is the cursor still there? */
	bool paused;  /* the library has been at some end: seek the cursor */
	bool young;   /* what comes next was written just now */
	bool ended;   /* everything was read */
	bool complained;
	uint64_t opened; /* when its files were, by clock_now() */
	struct journal_entry entry;
};

static void
journal_close_files(struct journal *journal)
{
	sd_journal_close(journal->handle);
	journal->handle = NULL;
	journal->fd = -1;
}

static int
journal_open_files(struct journal *journal, struct err *err)
{
	const char *folder = journal->spec.folder;
	int rc = folder == NULL
	    ? sd_journal_open(&journal->handle, SD_JOURNAL_LOCAL_ONLY)
	    : sd_journal_open_directory(&journal->handle, folder, 0);

	if (rc >= 0)
		rc = sd_journal_set_data_threshold(
		    journal->handle, WALK_LINE_MAX + 256);
	if (rc >= 0)
		rc = journal_entry_select(journal->handle, &journal->spec);
	if (rc < 0) {
		journal_close_files(journal);
		return err_set(err, "can't be opened: %s%s", strerror(-rc),
		    rc == -EACCES ? ": " JOURNAL_ACCESS_WAY_OUT : "");
	}
	/* From now on changes are told, before anything is read. */
	journal->fd = sd_journal_get_fd(journal->handle);
	if (journal->fd < 0 || !notice_is_heard(journal->fd))
		journal->fd = -1;
	journal->opened = clock_now();
	journal->changed = true;
	return 0;
}

/* What isn't counted is told, at the start. */
static void
journal_warn(const struct journal *journal)
{
	unsigned machines = journal_entry_machines(journal->handle);

	if (journal->fd == -1)
		log_warn("%s: changes aren't told; it's looked at all the time "
			 "instead",
		    text_show_str(journal->name));
	journal_access_warn(journal->name, journal->spec.folder);
	if (machines > 1 &&
	    !journal_query_has(&journal->spec, JOURNAL_SPEC_FIELD))
		log_warn("%s: it's that of %u machines: entries that come "
			 "later than another machine's aren't counted; name "
			 "one (_HOSTNAME=), and a store for each",
		    text_show_str(journal->name), machines);
}

struct journal *
journal_open(const char *spec, struct keep *keep, int64_t after, bool anew,
    struct err *err)
{
	struct journal *journal = mem_zalloc(sizeof(*journal));
	struct buf name = {0};
	int rc;

	buf_printf(&name, "journal:%s", spec);
	journal->name = mem_strdup(buf_text(&name));
	buf_fini(&name);
	journal->keep = keep;
	journal->after = after;
	journal->anew = anew;
	journal->fd = -1;
	rc = journal_spec_parse(&journal->spec, spec, err);
	if (rc == 0) {
		mapped_begin();
		rc = journal_open_files(journal, err);
		if (rc == -1)
			err_prefix(err, "%s", text_show_str(journal->name));
		else
			journal_warn(journal);
		mapped_end();
	}
	if (rc == -1) {
		journal_close(journal);
		return NULL;
	}
	return journal;
}

void
journal_close(struct journal *journal)
{
	if (journal == NULL)
		return;
	journal_close_files(journal);
	journal_spec_fini(&journal->spec);
	free(journal->name);
	free(journal->cursor);
	journal_entry_fini(&journal->entry);
	free(journal);
}

/* Said once, until it goes better. */
static void
journal_complain(struct journal *journal, const char *why)
{
	if (!journal->complained)
		log_warn(
		    "%s: %s; trying again", text_show_str(journal->name), why);
	journal->complained = true;
}

/* The entry that the library is at becomes the last one that was fed. */
static int
journal_mark(struct journal *journal)
{
	char *cursor;
	int rc = sd_journal_get_cursor(journal->handle, &cursor);

	if (rc >= 0 && mapped_missed()) {
		free(cursor);
		rc = -EIO;
	}
	if (rc < 0)
		return rc;
	free(journal->cursor);
	journal->cursor = mem_strdup(cursor);
	free(cursor);
	return 0;
}

/* A clock that was set back makes nobody wait. */
static bool
journal_is_young(uint64_t us)
{
	uint64_t now = clock_wall() * 1000;

	return us <= now && now - us < JOURNAL_SETTLE_US;
}

/* Feeds the one that it's at. 1, 0 if it's too early for that, or an error. */
static int
journal_take(struct journal *journal, struct walk *walk)
{
	const struct maillog *log = &journal->entry.log;
	uint64_t us;
	bool makes_sense;
	int rc = sd_journal_get_realtime_usec(journal->handle, &us);

	if (rc < 0)
		return rc;
	journal->young = journal_is_young(us);
	if (journal->young)
		return 0;
	makes_sense = journal_entry_read(
	    &journal->entry, journal->handle, (int64_t)(us / 1000000));
	rc = journal_mark(journal);
	if (rc < 0)
		return rc;
	if (!makes_sense)
		walk_entry(walk, NULL);
	else if (!journal_query_is_others_loss(&journal->spec, log))
		walk_entry(walk, log);
	return 1;
}

/* The entry in front of the place that was sought is taken for the last one
 * that was fed. */
static int
journal_settle(struct journal *journal)
{
	int rc = sd_journal_previous(journal->handle);

	if (rc > 0)
		return journal_mark(journal);
	free(journal->cursor);
	journal->cursor = mem_strdup("");
	return rc < 0 ? rc : sd_journal_seek_head(journal->handle);
}

/* 1 if the next entry is the one with the cursor, which is passed by then; 0
 * if it's another one, which is still to come. */
static int
journal_seek(struct journal *journal)
{
	sd_journal *handle = journal->handle;
	int rc;

	if (journal->cursor[0] == '\0')
		return sd_journal_seek_head(handle);
	rc = sd_journal_seek_cursor(handle, journal->cursor);
	if (rc >= 0)
		rc = sd_journal_next(handle);
	if (rc > 0)
		rc = sd_journal_test_cursor(handle, journal->cursor);
	if (rc != 0)
		return rc;
	rc = sd_journal_seek_cursor(handle, journal->cursor);
	return rc < 0 ? rc : 0;
}

/* Goes to the cursor. It may be that of an entry that isn't wanted any more:
 * so it's looked for among all of them. */
static int
journal_go_on(struct journal *journal, struct walk *walk)
{
	int there, rc;

	if (journal->cursor[0] == '\0')
		return sd_journal_seek_head(journal->handle);
	sd_journal_flush_matches(journal->handle);
	there = journal_seek(journal);
	rc = journal_entry_select(journal->handle, &journal->spec);
	if (there < 0 || rc < 0)
		return there < 0 ? there : rc;
	rc = journal_seek(journal);
	if (there > 0 || rc < 0)
		return rc;
	if (!journal->ended) {
		log_warn("%s: what was written since the last look isn't there "
			 "any more (cursor=%s)",
		    text_show_str(journal->name),
		    text_show_str(journal->cursor));
		walk_gap(walk);
	}
	return journal_settle(journal);
}

/* At its beginning, or behind what was counted of other logs. */
static int
journal_begin_after(struct journal *journal, struct walk *walk)
{
	int rc;

	journal->cursor = mem_strdup("");
	if (journal->after == 0)
		return sd_journal_seek_head(journal->handle);
	log_info("%s: begins behind what was counted of other logs "
		 "(time=%" PRId64 ")",
	    text_show_str(journal->name), journal->after);
	walk_gap(walk);
	rc = sd_journal_seek_realtime_usec(
	    journal->handle, (uint64_t)(journal->after + 1) * 1000000);
	return rc < 0 ? rc : journal_settle(journal);
}

/* What was kept of this machine's journal. The store has maps of its own,
 * which are none of ours. */
static int
journal_load(struct journal *journal)
{
	struct err err;
	int rc;

	if (mapped_missed())
		return -EIO;
	mapped_end();
	rc = journal->anew ? 0
			   : keep_load_cursor(journal->keep, journal->machine,
				 &journal->cursor, &err);
	mapped_begin();
	if (rc != -1)
		return rc;
	journal_complain(journal, err.text);
	return -EBADMSG;
}

/* Its first entry says whose it is, and so where it goes on. 1, 0 if it's
 * empty, or an error. */
static int
journal_begin(struct journal *journal, struct walk *walk)
{
	int rc = sd_journal_seek_head(journal->handle);

	if (rc >= 0)
		rc = sd_journal_next(journal->handle);
	/* It may only look empty. */
	if (rc == 0 && journal_access_is_denied(journal->spec.folder))
		rc = -EACCES;
	if (rc <= 0)
		return rc;
	journal_entry_machine(&journal->entry, journal->handle,
	    journal->machine, sizeof(journal->machine));
	rc = journal_load(journal);
	/* That there was nothing until now says nothing of what was before. */
	journal->ended = false;
	if (rc == 1)
		rc = journal_go_on(journal, walk);
	else if (rc == 0)
		rc = journal_begin_after(journal, walk);
	return rc < 0 ? rc : 1;
}

/* To the place where reading goes on, if the library isn't there. 1, 0 if
 * there is nothing yet, or an error. */
static int
journal_place(struct journal *journal, struct walk *walk)
{
	int rc = 1;

	if (journal->cursor == NULL) {
		rc = journal_begin(journal, walk);
		/* Half a beginning is none: it would go on from anywhere. */
		if (rc < 0) {
			free(journal->cursor);
			journal->cursor = NULL;
		}
	} else if (journal->changed)
		rc = journal_go_on(journal, walk) < 0 ? -EIO : 1;
	else if (journal->paused)
		rc = journal_seek(journal) < 0 ? -EIO : 1;
	if (rc > 0)
		journal->changed = journal->paused = false;
	return rc;
}

/* Feeds up to a step's worth, and adds to *n; 0 at the end, or an error. */
static int
journal_read(struct journal *journal, struct walk *walk, unsigned *n)
{
	int rc = journal_place(journal, walk);

	journal->young = false;
	while (rc > 0 && *n < JOURNAL_STEP && !tally_full(walk->tally)) {
		rc = sd_journal_next(journal->handle);
		if (rc > 0)
			rc = journal_take(journal, walk);
		if (rc > 0)
			(*n)++;
	}
	journal->paused = rc <= 0;
	journal->ended = rc == 0 && !journal->young;
	return rc;
}

/* What has happened to the files since the last time; opens them if they were
 * closed. */
static int
journal_hear(struct journal *journal)
{
	struct err err;
	int what;

	/* Nobody tells it of new files. */
	if (journal->fd == -1 && journal->handle != NULL &&
	    clock_now() - journal->opened >= JOURNAL_DEAF_MS)
		journal_close_files(journal);
	if (journal->handle == NULL &&
	    journal_open_files(journal, &err) == -1) {
		journal_complain(journal, err.text);
		return -EIO;
	}
	what = sd_journal_process(journal->handle);
	if (what == SD_JOURNAL_INVALIDATE)
		journal->changed = true;
	return what < 0 ? what : 0;
}

/* Nothing the library knows is to be trusted any more. */
static void
journal_fail(struct journal *journal, int rc, bool missed)
{
	if (missed)
		journal_complain(journal,
		    "a file was made shorter while it was read, and is "
		    "read no more");
	else if (rc == -EACCES)
		journal_complain(
		    journal, "can't be read: " JOURNAL_ACCESS_WAY_OUT);
	else
		journal_complain(journal, strerror(-rc));
	journal_close_files(journal);
	journal->ended = false;
}

enum input_step
journal_step(struct journal *journal, struct walk *walk)
{
	unsigned n = 0;
	int rc;

	mapped_begin();
	rc = journal_hear(journal);
	if (rc >= 0)
		rc = journal_read(journal, walk, &n);
	mapped_end();
	if (rc < 0 || mapped_missed()) {
		journal_fail(journal, rc, mapped_missed());
		return INPUT_AGAIN;
	}
	journal->complained = false;
	if (tally_full(walk->tally))
		return INPUT_COMMIT;
	return rc > 0 || n > 0 ? INPUT_MORE : INPUT_IDLE;
}

int
journal_peek(
    struct journal *journal, struct walk *walk, int64_t *time, struct err *err)
{
	uint64_t us = 0;
	int rc;

	mapped_begin();
	rc = journal_place(journal, walk);
	if (rc > 0)
		rc = sd_journal_next(journal->handle);
	if (rc > 0 &&
	    (sd_journal_get_realtime_usec(journal->handle, &us) < 0 ||
		mapped_missed()))
		rc = -EIO;
	mapped_end();
	journal->paused = true;
	*time = (int64_t)(us / 1000000);
	if (rc >= 0)
		return rc;
	return err_set(err, "%s: can't be read: %s",
	    text_show_str(journal->name),
	    rc == -EACCES ? JOURNAL_ACCESS_WAY_OUT : strerror(-rc));
}

void
journal_look(const struct journal *journal, struct journal_state *out)
{
	out->place.machine = journal->machine;
	out->place.cursor = journal->cursor;
	out->open = journal->handle != NULL;
	out->behind = !journal->ended && !journal->young;
	out->young = journal->young;
	out->fd = journal->fd;
	out->hears =
	    journal->fd != -1 && sd_journal_reliable_fd(journal->handle) > 0;
}

#endif
