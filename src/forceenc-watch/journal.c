/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * The journal is many files that the library makes one of. It's read to its
 * end, then the library is asked whether any file has grown, appeared or gone
 * since (sd_journal_process()); only if none has there is nothing to read.
 *
 * The cursor of the last entry that was fed is where it goes on. When files
 * have gone, it's looked for again: if it went with them, so may have others
 * behind it, unless everything had been read just before.
 */

#include "forceenc-watch/journal.h"

#include "config.h"
#include "forceenc/must.h"

#ifdef HAVE_SYSTEMD

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-journal.h>

#include "forceenc-watch/journal_query.h"
#include "forceenc/journal_spec.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

#define JOURNAL_STEP        256 /* entries */
#define JOURNAL_LOOKS       4   /* at others' entries, a step */
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
	bool changed; /* files have come or gone: look for the cursor */
	bool ended;   /* everything was read */
	bool complained;
	struct buf host, program;
};

static int
journal_match(enum journal_query_op op, const char *term, void *arg)
{
	sd_journal *handle = arg;

	if (op == JOURNAL_QUERY_OR)
		return sd_journal_add_disjunction(handle);
	if (op == JOURNAL_QUERY_AND)
		return sd_journal_add_conjunction(handle);
	return sd_journal_add_match(handle, term, 0);
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
		rc = journal_query_each(
		    &journal->spec, journal_match, journal->handle);
	if (rc < 0)
		return err_set(err, "%s: can't be opened: %s",
		    text_show_str(journal->name), strerror(-rc));
	/* From now on changes are told, before anything is read. */
	journal->fd = sd_journal_get_fd(journal->handle);
	return 0;
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
	if (rc == 0)
		rc = journal_open_files(journal, err);
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
	sd_journal_close(journal->handle);
	journal_spec_fini(&journal->spec);
	free(journal->name);
	free(journal->cursor);
	buf_fini(&journal->host);
	buf_fini(&journal->program);
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

/* Its bytes, good until the next one; NULL if the entry has no such field. */
static const char *
journal_field(struct journal *journal, const char *name, size_t *len)
{
	size_t head = strlen(name) + 1;
	const void *data;

	if (sd_journal_get_data(journal->handle, name, &data, len) < 0 ||
	    *len < head)
		return NULL;
	*len -= head;
	return (const char *)data + head;
}

static void
journal_copy(struct journal *journal, const char *name, struct buf *out)
{
	const char *bytes;
	size_t len;

	buf_clear(out);
	bytes = journal_field(journal, name, &len);
	if (bytes != NULL)
		buf_add(out, bytes, len);
}

static uint32_t
journal_pid(struct journal *journal)
{
	static const char *const names[] = {"SYSLOG_PID", "_PID"};
	const char *text;
	uint32_t pid;
	size_t i, len;

	for (i = 0; i < 2; i++) {
		text = journal_field(journal, names[i], &len);
		if (text != NULL && len > 0 &&
		    maillog_number(text, len, UINT32_MAX, &pid) == len)
			return pid;
	}
	return 0;
}

static void
journal_feed(struct journal *journal, struct walk *walk)
{
	struct maillog log = {0};
	uint64_t us;

	journal_copy(journal, "_HOSTNAME", &journal->host);
	journal_copy(journal, "SYSLOG_IDENTIFIER", &journal->program);
	log.host = buf_text(&journal->host);
	log.host_len = journal->host.len;
	log.program = buf_text(&journal->program);
	log.program_len = journal->program.len;
	log.pid = journal_pid(journal);
	log.text = journal_field(journal, "MESSAGE", &log.text_len);
	if (log.text == NULL || log.program_len == 0 ||
	    sd_journal_get_realtime_usec(journal->handle, &us) < 0) {
		walk_entry(walk, NULL);
		return;
	}
	log.time = (int64_t)(us / 1000000);
	if (!journal_query_is_others_loss(&journal->spec, &log))
		walk_entry(walk, &log);
}

/* The entry that the library is at becomes the last one that was fed. */
static int
journal_mark(struct journal *journal)
{
	char *cursor;
	int rc = sd_journal_get_cursor(journal->handle, &cursor);

	if (rc < 0)
		return rc;
	free(journal->cursor);
	journal->cursor = mem_strdup(cursor);
	free(cursor);
	return 0;
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
	int rc = sd_journal_seek_cursor(handle, journal->cursor);

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
	rc = journal_query_each(&journal->spec, journal_match, journal->handle);
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

/* At its beginning, or where other logs were counted up to some time, behind
 * that. */
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

/* Its first entry says whose journal it is, and so where it goes on. 1, 0 if
 * it's empty, or an error of the library. */
static int
journal_begin(struct journal *journal, struct walk *walk)
{
	struct buf machine = {0};
	struct err err;
	int rc = sd_journal_seek_head(journal->handle);

	if (rc >= 0)
		rc = sd_journal_next(journal->handle);
	if (rc <= 0)
		return rc;
	journal_copy(journal, "_MACHINE_ID", &machine);
	if (machine.len == 0 || machine.len >= sizeof(journal->machine))
		buf_printf(&machine, "unknown");
	text_printable(journal->machine, sizeof(journal->machine), machine.data,
	    machine.len);
	buf_fini(&machine);
	rc = journal->anew ? 0
			   : keep_load_cursor(journal->keep, journal->machine,
				 &journal->cursor, &err);
	if (rc == -1) {
		journal_complain(journal, err.text);
		return -EBADMSG;
	}
	/* That there was nothing until now says nothing of what was before. */
	journal->ended = false;
	if (rc == 1)
		rc = journal_go_on(journal, walk);
	else
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
	if (rc > 0)
		journal->changed = false;
	return rc;
}

/* Feeds what is there, up to a step's worth, and adds to *n; 0 at the end, or
 * an error. */
static int
journal_read(struct journal *journal, struct walk *walk, unsigned *n)
{
	int rc = journal_place(journal, walk), marked = 0;
	unsigned before = *n;

	while (rc > 0 && *n < JOURNAL_STEP && !tally_full(walk->tally)) {
		rc = sd_journal_next(journal->handle);
		if (rc > 0) {
			journal_feed(journal, walk);
			(*n)++;
		}
	}
	if (*n > before)
		marked = journal_mark(journal);
	journal->ended = rc == 0;
	return marked < 0 ? marked : rc;
}

enum input_step
journal_step(struct journal *journal, struct walk *walk)
{
	unsigned n = 0, looks;
	int rc = 1, what;

	for (looks = 0; looks < JOURNAL_LOOKS; looks++) {
		rc = journal_read(journal, walk, &n);
		if (rc != 0)
			break;
		what = sd_journal_process(journal->handle);
		if (what < 0)
			rc = what;
		if (what <= SD_JOURNAL_NOP)
			break;
		journal->changed =
		    journal->changed || what == SD_JOURNAL_INVALIDATE;
	}
	if (rc < 0) {
		journal_complain(journal, strerror(-rc));
		return INPUT_AGAIN;
	}
	journal->complained = false;
	if (tally_full(walk->tally))
		return INPUT_COMMIT;
	return rc > 0 || n > 0 ? INPUT_MORE : INPUT_IDLE;
}

bool
journal_peek(struct journal *journal, struct walk *walk, int64_t *time)
{
	uint64_t us;
	bool more = journal_place(journal, walk) > 0 &&
	    sd_journal_next(journal->handle) > 0 &&
	    sd_journal_get_realtime_usec(journal->handle, &us) >= 0;

	if (more)
		*time = (int64_t)(us / 1000000);
	journal->changed = true;
	return more;
}

void
journal_look(const struct journal *journal, struct journal_state *out)
{
	out->place.machine = journal->machine;
	out->place.cursor = journal->cursor;
	out->behind = !journal->ended;
	out->fd = journal->fd < 0 ? -1 : journal->fd;
	out->hears =
	    journal->fd >= 0 && sd_journal_reliable_fd(journal->handle) > 0;
}

#else

struct journal *
journal_open(const char *spec, struct keep *keep, int64_t after, bool anew,
    struct err *err)
{
	(void)spec;
	(void)keep;
	(void)after;
	(void)anew;
	err_set(err, "the journal can't be read: built without libsystemd");
	return NULL;
}

void
journal_close(struct journal *journal)
{
	MUST(journal == NULL);
}

/* What isn't open is never read. */
#define JOURNAL_NONE must_fatal("no journal can be open")

enum input_step
journal_step(struct journal *journal, struct walk *walk)
{
	(void)journal;
	(void)walk;
	JOURNAL_NONE;
}

bool
journal_peek(struct journal *journal, struct walk *walk, int64_t *time)
{
	(void)journal;
	(void)walk;
	(void)time;
	JOURNAL_NONE;
}

void
journal_look(const struct journal *journal, struct journal_state *out)
{
	(void)journal;
	(void)out;
	JOURNAL_NONE;
}

#endif
