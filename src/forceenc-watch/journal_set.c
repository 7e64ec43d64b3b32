/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/journal_set.h"

#include "config.h"

#ifdef HAVE_SYSTEMD

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <systemd/sd-journal.h>

#include "forceenc-watch/journal_access.h"
#include "forceenc-watch/journal_entry.h"
#include "forceenc-watch/notice.h"
#include "forceenc/clock.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

#define JOURNAL_SET_MACHINES 256

void
journal_set_init(
    struct journal_set *set, const char *name, const struct journal_spec *spec)
{
	memset(set, 0, sizeof(*set));
	set->name = name;
	set->spec = spec;
	set->fd = -1;
}

void
journal_set_fini(struct journal_set *set)
{
	size_t i;

	journal_set_close(set);
	for (i = 0; i < set->n; i++)
		journal_machine_fini(&set->machine[i]);
	free(set->machine);
	set->machine = NULL;
	set->n = 0;
}

void
journal_set_close(struct journal_set *set)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		journal_machine_close(&set->machine[i]);
	sd_journal_close(set->ear);
	set->ear = NULL;
	set->fd = -1;
	journal_files_fini(&set->files);
}

/* All-zero. */
static struct journal_machine *
journal_set_add(struct journal_set *set)
{
	struct journal_machine *machine;

	set->machine =
	    mem_resize(set->machine, set->n + 1, sizeof(*set->machine));
	machine = &set->machine[set->n++];
	memset(machine, 0, sizeof(*machine));
	return machine;
}

static struct journal_machine *
journal_set_find(struct journal_set *set, const char *id)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (strcmp(set->machine[i].id, id) == 0)
			return &set->machine[i];
	return NULL;
}

/* Each file is open twice. */
static void
journal_set_allow_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int
journal_set_open(struct journal_set *set, struct err *err)
{
	const char *folder = set->spec->folder;
	int rc;

	if (folder == NULL) {
		rc = sd_journal_open(&set->ear, SD_JOURNAL_LOCAL_ONLY);
	} else {
		journal_set_allow_files();
		rc = sd_journal_open_directory(&set->ear, folder, 0);
	}
	if (rc >= 0)
		rc = sd_journal_set_data_threshold(set->ear, JOURNAL_ENTRY_MAX);
	if (rc >= 0)
		rc = journal_entry_select(set->ear, set->spec);
	if (rc < 0) {
		journal_set_close(set);
		return err_set(err, "can't be opened: %s%s", strerror(-rc),
		    rc == -EACCES ? ": " JOURNAL_ACCESS_WAY_OUT : "");
	}
	/* From now on changes are told, before anything is read. */
	set->fd = sd_journal_get_fd(set->ear);
	if (set->fd < 0 || !notice_is_heard(set->fd))
		set->fd = -1;
	set->opened = clock_now();
	set->look = folder != NULL;
	if (folder == NULL)
		journal_machine_borrow(
		    set->n > 0 ? &set->machine[0] : journal_set_add(set),
		    set->ear);
	return 0;
}

bool
journal_set_hears(const struct journal_set *set)
{
	return set->fd != -1 && sd_journal_reliable_fd(set->ear) > 0;
}

/* The files of one machine, from the one at i on. */
static int
journal_set_open_machine(
    struct journal_set *set, struct journal_files *files, size_t i)
{
	const char *id = files->file[i].machine;
	struct journal_machine *machine = journal_set_find(set, id);

	if (machine == NULL && set->n == JOURNAL_SET_MACHINES) {
		set->waiting++;
		return 0;
	}
	if (machine == NULL) {
		machine = journal_set_add(set);
		strcpy(machine->id, id);
	}
	if (machine->handle != NULL &&
	    journal_files_same(files, &set->files, id))
		return 0;
	return journal_machine_open(
	    machine, &files->file[i], journal_files_run(files, i), set->spec);
}

/* What isn't there any more is closed; it was read, or is lost. */
static void
journal_set_drop_machines(
    struct journal_set *set, const struct journal_files *files)
{
	const struct journal_files none = {0};
	struct journal_machine *machine;
	size_t i;

	for (i = 0; i < set->n; i++) {
		machine = &set->machine[i];
		if (machine->handle == NULL ||
		    !journal_files_same(files, &none, machine->id))
			continue;
		journal_machine_close(machine);
		if (machine->cursor != NULL && !machine->ended)
			machine->lost = machine->ended = true;
	}
}

/* Which machines' files there are by now. */
static int
journal_set_look_around(struct journal_set *set)
{
	size_t waiting = set->waiting, i;
	struct journal_files files;
	int rc = journal_files_find(&files, &set->files, set->spec->folder);

	if (rc < 0)
		return rc;
	set->waiting = 0;
	for (i = 0; i < files.n && rc >= 0; i += journal_files_run(&files, i))
		rc = journal_set_open_machine(set, &files, i);
	if (rc >= 0)
		journal_set_drop_machines(set, &files);
	journal_files_close(&files);
	journal_files_fini(&set->files);
	set->files = files;
	set->look = rc < 0;
	if (set->waiting > waiting)
		log_error("%s: it's that of more than %d machines: those of "
			  "%zu aren't read; have others read them, from a "
			  "folder of their own",
		    text_show_str(set->name), JOURNAL_SET_MACHINES,
		    set->waiting);
	return rc;
}

/* Something may have come. */
static void
journal_set_stir(struct journal_set *set)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		set->machine[i].quiet = false;
}

int
journal_set_hear(struct journal_set *set, bool all)
{
	int what = sd_journal_process(set->ear);

	if (what < 0)
		return what;
	if (what != SD_JOURNAL_NOP || all || set->fd == -1)
		journal_set_stir(set);
	if (set->spec->folder == NULL) {
		if (what == SD_JOURNAL_INVALIDATE)
			journal_machine_change(&set->machine[0]);
		return 0;
	}
	if (what == SD_JOURNAL_INVALIDATE ||
	    (what == SD_JOURNAL_APPEND && set->files.unsure))
		set->look = true;
	return set->look ? journal_set_look_around(set) : 0;
}

int
journal_set_first(struct journal_set *set, char id[JOURNAL_FILES_MACHINE])
{
	struct journal_entry entry = {0};
	int rc = sd_journal_seek_head(set->ear);

	if (rc >= 0)
		rc = sd_journal_next(set->ear);
	if (rc > 0)
		journal_entry_machine(
		    &entry, set->ear, id, JOURNAL_FILES_MACHINE);
	journal_entry_fini(&entry);
	return rc;
}

#endif
