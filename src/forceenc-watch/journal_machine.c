/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * A machine's journal is several files, to some of which is written side by
 * side: what users' programs say has files of its own. The library looks at
 * one after the other for the next entry. What is written to one while it
 * looks at another is passed over if there is something later in that.
 *
 * So they are read in passes. The last entry that can be seen is the pass's
 * horizon. A journal has one writer, so all that is in front of the horizon
 * was written before it: whoever begins to look at the files after that sees
 * it. From the cursor one goes on to the horizon and no further; what is
 * behind that is for the next pass.
 *
 * The library remembers where a file ended, by a number that its writer raises
 * before the entry can be found by what is in it. To seek makes it forget, and
 * each pass begins with that.
 *
 * When files have gone, the cursor is looked for among all entries: others may
 * have gone with it, unless everything had been read just before.
 */

#include "forceenc-watch/journal_machine.h"

#include "config.h"

#ifdef HAVE_SYSTEMD

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-journal.h>

#include "forceenc-watch/journal_entry.h"
#include "forceenc-watch/mapped.h"
#include "forceenc/mem.h"

static void
journal_machine_stop(struct journal_machine *machine)
{
	machine->passing = machine->ready = machine->quiet = false;
}

void
journal_machine_borrow(struct journal_machine *machine, sd_journal *handle)
{
	journal_machine_close(machine);
	machine->handle = handle;
	machine->borrowed = true;
	journal_machine_change(machine);
}

int
journal_machine_open(struct journal_machine *machine, struct journal_file *file,
    size_t n, const struct journal_spec *spec)
{
	int *fd = mem_alloc(n * sizeof(*fd)), rc;
	size_t i;

	journal_machine_close(machine);
	for (i = 0; i < n; i++)
		fd[i] = file[i].fd;
	rc = sd_journal_open_files_fd(&machine->handle, fd, (unsigned)n, 0);
	free(fd);
	if (rc < 0) {
		machine->handle = NULL;
		return rc;
	}
	for (i = 0; i < n; i++)
		file[i].fd = -1;
	journal_machine_change(machine);
	rc = sd_journal_set_data_threshold(machine->handle, JOURNAL_ENTRY_MAX);
	if (rc >= 0)
		rc = journal_entry_select(machine->handle, spec);
	if (rc < 0)
		journal_machine_close(machine);
	return rc < 0 ? rc : 0;
}

void
journal_machine_close(struct journal_machine *machine)
{
	if (!machine->borrowed)
		sd_journal_close(machine->handle);
	machine->handle = NULL;
	machine->borrowed = false;
	journal_machine_stop(machine);
}

void
journal_machine_fini(struct journal_machine *machine)
{
	journal_machine_close(machine);
	free(machine->cursor);
	free(machine->horizon);
	machine->cursor = machine->horizon = NULL;
}

void
journal_machine_change(struct journal_machine *machine)
{
	journal_machine_stop(machine);
	machine->changed = true;
}

static void
journal_machine_set(struct journal_machine *machine, char *cursor)
{
	free(machine->cursor);
	machine->cursor = cursor;
	machine->moved = true;
}

/* The cursor of the entry that the library is at, for the caller to free. */
static int
journal_machine_get(const struct journal_machine *machine, char **out)
{
	char *cursor;
	int rc = sd_journal_get_cursor(machine->handle, &cursor);

	if (rc >= 0 && mapped_missed()) {
		free(cursor);
		rc = -EIO;
	}
	if (rc < 0)
		return rc;
	*out = mem_strdup(cursor);
	free(cursor);
	return 0;
}

/* The entry in front of the place that was sought is taken for the last one
 * that was fed. */
static int
journal_machine_settle(struct journal_machine *machine)
{
	int rc = sd_journal_previous(machine->handle);
	char *cursor = NULL;

	if (rc > 0)
		rc = journal_machine_get(machine, &cursor);
	else if (rc == 0)
		cursor = mem_strdup("");
	if (cursor != NULL)
		journal_machine_set(machine, cursor);
	return rc;
}

int
journal_machine_begin(struct journal_machine *machine, int64_t after)
{
	int rc;

	machine->changed = machine->ended = false;
	if (after == 0) {
		journal_machine_set(machine, mem_strdup(""));
		return 0;
	}
	rc = sd_journal_seek_realtime_usec(
	    machine->handle, (uint64_t)(after + 1) * 1000000);
	return rc < 0 ? rc : journal_machine_settle(machine);
}

/* 1 if the next entry is the one with this cursor, which is passed by then; 0
 * if it's another one, which is still to come. */
static int
journal_machine_seek(struct journal_machine *machine, const char *cursor)
{
	sd_journal *handle = machine->handle;
	int rc;

	if (cursor[0] == '\0')
		return sd_journal_seek_head(handle);
	rc = sd_journal_seek_cursor(handle, cursor);
	if (rc >= 0)
		rc = sd_journal_next(handle);
	if (rc > 0)
		rc = sd_journal_test_cursor(handle, cursor);
	if (rc != 0)
		return rc;
	rc = sd_journal_seek_cursor(handle, cursor);
	return rc < 0 ? rc : 0;
}

int
journal_machine_begin_at(struct journal_machine *machine, const char *cursor)
{
	int there = journal_machine_seek(machine, cursor), rc = there;

	machine->changed = machine->ended = false;
	if (there > 0)
		journal_machine_set(machine, mem_strdup(cursor));
	else if (there == 0)
		rc = journal_machine_settle(machine);
	return rc < 0 ? rc : there;
}

void
journal_machine_go_on(struct journal_machine *machine, char *cursor)
{
	journal_machine_set(machine, cursor);
	machine->moved = machine->ended = false;
	machine->changed = true;
}

/* Whether the cursor's entry is still there: it may be one that isn't wanted
 * any more, so it's looked for among all of them. */
static int
journal_machine_check(
    struct journal_machine *machine, const struct journal_spec *spec)
{
	int there, rc;

	if (machine->cursor[0] == '\0')
		return 0;
	sd_journal_flush_matches(machine->handle);
	there = journal_machine_seek(machine, machine->cursor);
	rc = journal_entry_select(machine->handle, spec);
	if (there > 0 && rc >= 0)
		return 0;
	if (there == 0 && rc >= 0)
		rc = sd_journal_seek_cursor(machine->handle, machine->cursor);
	if (there < 0 || rc < 0)
		return there < 0 ? there : rc;
	machine->lost = !machine->ended;
	return journal_machine_settle(machine);
}

/* 1 if there is a horizon behind the cursor, 0 if there is nothing. */
static int
journal_machine_aim(struct journal_machine *machine)
{
	int rc = sd_journal_seek_tail(machine->handle);

	if (rc >= 0)
		rc = sd_journal_previous(machine->handle);
	if (rc <= 0)
		return rc;
	if (machine->cursor[0] != '\0') {
		rc = sd_journal_test_cursor(machine->handle, machine->cursor);
		if (rc != 0)
			return rc < 0 ? rc : 0;
	}
	free(machine->horizon);
	machine->horizon = NULL;
	rc = journal_machine_get(machine, &machine->horizon);
	return rc < 0 ? rc : 1;
}

/* To the cursor, with a horizon in front. 1, 0 if there is nothing. */
static int
journal_machine_turn(
    struct journal_machine *machine, const struct journal_spec *spec)
{
	int rc = 0;

	if (machine->changed)
		rc = journal_machine_check(machine, spec);
	if (rc < 0)
		return rc;
	machine->changed = false;
	rc = journal_machine_aim(machine);
	if (rc > 0)
		rc = journal_machine_seek(machine, machine->cursor) < 0 ? -EIO
									: 1;
	machine->passing = rc > 0;
	return rc;
}

int
journal_machine_look(
    struct journal_machine *machine, const struct journal_spec *spec)
{
	int rc = 1;

	if (machine->ready || machine->quiet || machine->handle == NULL)
		return machine->ready;
	if (!machine->passing)
		rc = journal_machine_turn(machine, spec);
	if (rc > 0)
		rc = sd_journal_next(machine->handle);
	machine->ready = rc > 0;
	machine->quiet = machine->ended = rc == 0;
	if (rc <= 0) {
		machine->passing = false;
		return rc;
	}
	rc = sd_journal_get_realtime_usec(machine->handle, &machine->time);
	return rc < 0 ? rc : 1;
}

int
journal_machine_pass(struct journal_machine *machine)
{
	char *cursor;
	int rc = journal_machine_get(machine, &cursor);

	if (rc < 0)
		return rc;
	machine->ready = false;
	machine->passing = strcmp(cursor, machine->horizon) != 0;
	journal_machine_set(machine, cursor);
	return 0;
}

#endif
