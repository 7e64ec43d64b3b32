/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * Each machine's entries are read by a handle of their own
 * (journal_machine.c), and the earliest of those that are next is fed. Whether
 * there may be more is asked first (journal_set.c): what is written after that
 * question gives another sign.
 */

#include "forceenc-watch/journal.h"

#include "config.h"

#ifdef HAVE_SYSTEMD

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc-watch/journal_access.h"
#include "forceenc-watch/journal_entry.h"
#include "forceenc-watch/journal_machine.h"
#include "forceenc-watch/journal_query.h"
#include "forceenc-watch/journal_set.h"
#include "forceenc-watch/mapped.h"
#include "forceenc/clock.h"
#include "forceenc/journal_spec.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

#define JOURNAL_STEP    256   /* entries */
#define JOURNAL_DEAF_MS 10000 /* and then it's opened anew */

struct journal {
	char *name; /* for the log */
	struct journal_spec spec;
	struct keep *keep;
	struct journal_set set;
	struct keep_cursor *place; /* as journal_places() has told */
	int64_t after;             /* where those begin that were never read */
	bool anew;                 /* which are all of them */
	bool begun;                /* what comes now is new */
	bool ended;                /* everything was read */
	bool complained;
	struct journal_entry entry;
};

/* What isn't counted is told, at the start. */
static void
journal_warn(const struct journal *journal)
{
	if (journal->set.fd == -1)
		log_warn("%s: changes aren't told; it's looked at all the time "
			 "instead",
		    text_show_str(journal->name));
	journal_access_warn(journal->name, journal->spec.folder);
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
	journal_set_init(&journal->set, journal->name, &journal->spec);
	rc = journal_spec_parse(&journal->spec, spec, err);
	if (rc == 0) {
		mapped_begin();
		rc = journal_set_open(&journal->set, err);
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
	journal_set_fini(&journal->set);
	free(journal->place);
	journal_spec_fini(&journal->spec);
	free(journal->name);
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

/* What was kept. The store has maps of its own, which are none of ours. */
static int
journal_load(struct journal *journal, const char *id, char **cursor)
{
	struct err err;
	int rc;

	if (mapped_missed())
		return -EIO;
	mapped_end();
	rc = keep_load_cursor(journal->keep, id, cursor, &err);
	mapped_begin();
	if (rc != -1)
		return rc;
	journal_complain(journal, err.text);
	return -EBADMSG;
}

/* A version that read a folder's machines as one kept their place as that of
 * the first one. 1 if there is such a cursor. */
static int
journal_load_common(struct journal *journal, char **cursor)
{
	char id[JOURNAL_FILES_MACHINE];
	int rc = journal_set_first(&journal->set, id);

	if (rc > 0)
		rc = journal_load(journal, id, cursor);
	if (rc == 1) {
		free(*cursor);
		*cursor = NULL;
		return 0;
	}
	return rc == 2 ? 1 : rc;
}

/* At its beginning, or behind what was counted of other logs. */
static int
journal_begin_after(
    struct journal *journal, struct walk *walk, struct journal_machine *machine)
{
	if (journal->after != 0) {
		log_info("%s: begins behind what was counted of other logs "
			 "(machine=%s time=%" PRId64 ")",
		    text_show_str(journal->name), machine->id, journal->after);
		walk_gap(walk);
	}
	return journal_machine_begin(machine, journal->after);
}

/* A machine that was found goes on where it was left, or begins. */
static int
journal_begin(struct journal *journal, struct walk *walk,
    struct journal_machine *machine, const char *common)
{
	char *cursor = NULL;
	int rc = 0;

	if (!journal->anew)
		rc = journal_load(journal, machine->id, &cursor);
	if (rc < 0)
		return rc;
	/* Of a folder, that version's place may be one from long ago. */
	if (rc == 1 ||
	    (rc == 2 && common == NULL &&
		(journal->spec.folder == NULL || journal->after == 0))) {
		journal_machine_go_on(machine, cursor);
		machine->moved = rc == 2;
		return 0;
	}
	free(cursor);
	return common == NULL ? journal_begin_after(journal, walk, machine)
			      : journal_machine_begin_at(machine, common);
}

static void
journal_tell_lost(
    const struct journal *journal, struct walk *walk, const char *cursor)
{
	log_warn("%s: what was written since the last look isn't there any "
		 "more (cursor=%s)",
	    text_show_str(journal->name), text_show_str(cursor));
	walk_gap(walk);
}

/* All machines of which nothing is known yet. Half a beginning is none: it
 * would go on from anywhere. */
static int
journal_begin_all(struct journal *journal, struct walk *walk)
{
	struct journal_machine *machine;
	bool found = false;
	char *common = NULL;
	int rc = 0;
	size_t i;

	if (!journal->begun && !journal->anew && journal->spec.folder != NULL)
		rc = journal_load_common(journal, &common);
	for (i = 0; i < journal->set.n && rc >= 0; i++) {
		machine = &journal->set.machine[i];
		if (machine->cursor != NULL || machine->handle == NULL)
			continue;
		rc = journal_begin(journal, walk, machine, common);
		found = found || rc > 0;
	}
	if (rc >= 0 && common != NULL && !found)
		journal_tell_lost(journal, walk, common);
	free(common);
	return rc;
}

/* This machine's own journal is that of the first entry. 1, 0 if it has
 * none. */
static int
journal_name_own(struct journal *journal)
{
	struct journal_machine *machine = &journal->set.machine[0];
	int rc = 1;

	if (machine->id[0] == '\0')
		rc = journal_set_first(&journal->set, machine->id);
	return rc;
}

/* Every machine has a place by then. 1, 0 if there is none yet. */
static int
journal_place(struct journal *journal, struct walk *walk)
{
	int rc = journal->set.n > 0;
	size_t i;

	if (journal->spec.folder == NULL)
		rc = journal_name_own(journal);
	/* It may only look empty. */
	if (rc == 0 && journal_access_is_denied(journal->spec.folder))
		rc = -EACCES;
	if (rc <= 0)
		return rc;
	for (i = 0; i < journal->set.n; i++)
		if (journal->set.machine[i].cursor == NULL)
			break;
	if (i < journal->set.n)
		rc = journal_begin_all(journal, walk);
	if (rc < 0)
		return rc;
	journal->begun = true;
	journal->anew = false;
	journal->after = 0;
	return 1;
}

/* The machine whose next entry is the earliest. 1, 0 if there is none. */
static int
journal_next(
    struct journal *journal, struct walk *walk, struct journal_machine **out)
{
	struct journal_machine *machine;
	size_t i;
	int rc;

	*out = NULL;
	for (i = 0; i < journal->set.n; i++) {
		machine = &journal->set.machine[i];
		rc = journal_machine_look(machine, &journal->spec);
		if (rc < 0)
			return rc;
		if (machine->lost)
			journal_tell_lost(journal, walk, machine->cursor);
		machine->lost = false;
		if (rc > 0 && (*out == NULL || machine->time < (*out)->time))
			*out = machine;
	}
	return *out != NULL;
}

/* Feeds the one that it's at. */
static int
journal_take(
    struct journal *journal, struct walk *walk, struct journal_machine *machine)
{
	const struct maillog *log = &journal->entry.log;
	bool makes_sense = journal_entry_read(&journal->entry, machine->handle,
	    (int64_t)(machine->time / 1000000));
	int rc = journal_machine_pass(machine);

	if (rc < 0)
		return rc;
	if (!makes_sense)
		walk_entry(walk, NULL);
	else if (!journal_query_is_others_loss(&journal->spec, log))
		walk_entry(walk, log);
	return 1;
}

/* Feeds up to a step's worth, and adds to *n; 0 at the end, or an error. */
static int
journal_read(struct journal *journal, struct walk *walk, unsigned *n)
{
	int rc = journal_place(journal, walk);
	struct journal_machine *machine;

	while (rc > 0 && *n < JOURNAL_STEP && !tally_full(walk->tally)) {
		rc = journal_next(journal, walk, &machine);
		if (rc > 0)
			rc = journal_take(journal, walk, machine);
		if (rc > 0)
			(*n)++;
	}
	journal->ended = rc == 0;
	return rc;
}

/* What has happened to the files; opens them if they were closed. */
static int
journal_hear(struct journal *journal)
{
	struct journal_set *set = &journal->set;
	struct err err;

	/* Nobody tells it of new files. */
	if (set->fd == -1 && set->ear != NULL &&
	    clock_now() - set->opened >= JOURNAL_DEAF_MS)
		journal_set_close(set);
	if (set->ear == NULL && journal_set_open(set, &err) == -1) {
		journal_complain(journal, err.text);
		return -EIO;
	}
	return journal_set_hear(set, journal->ended);
}

/* Nothing the library knows is to be trusted any more. */
static void
journal_fail(struct journal *journal, int rc, bool missed)
{
	size_t i;

	if (missed)
		journal_complain(journal,
		    "a file was made shorter while it was read, and is "
		    "read no more");
	else if (rc == -EACCES)
		journal_complain(
		    journal, "can't be read: " JOURNAL_ACCESS_WAY_OUT);
	else
		journal_complain(journal, strerror(-rc));
	journal_set_close(&journal->set);
	for (i = 0; i < journal->set.n; i++)
		journal->set.machine[i].ended = false;
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
	struct journal_machine *machine = NULL;
	int rc;

	mapped_begin();
	rc = journal_hear(journal);
	if (rc >= 0)
		rc = journal_place(journal, walk);
	if (rc > 0)
		rc = journal_next(journal, walk, &machine);
	if (rc > 0 && mapped_missed())
		rc = -EIO;
	mapped_end();
	*time = machine == NULL ? 0 : (int64_t)(machine->time / 1000000);
	if (rc >= 0)
		return rc;
	return err_set(err, "%s: can't be read: %s",
	    text_show_str(journal->name),
	    rc == -EACCES ? JOURNAL_ACCESS_WAY_OUT : strerror(-rc));
}

void
journal_look(const struct journal *journal, struct journal_state *out)
{
	out->open = journal->set.ear != NULL;
	out->behind = !journal->ended;
	out->fd = journal->set.fd;
	out->hears = journal_set_hears(&journal->set);
}

size_t
journal_places(struct journal *journal, const struct keep_cursor **out)
{
	const struct journal_set *set = &journal->set;
	size_t n = 0, i;

	journal->place =
	    mem_resize(journal->place, set->n + 1, sizeof(*journal->place));
	for (i = 0; i < set->n; i++)
		if (set->machine[i].moved) {
			journal->place[n].machine = set->machine[i].id;
			journal->place[n++].cursor = set->machine[i].cursor;
		}
	*out = journal->place;
	return n;
}

void
journal_committed(struct journal *journal)
{
	size_t i;

	for (i = 0; i < journal->set.n; i++)
		journal->set.machine[i].moved = false;
}

#endif
