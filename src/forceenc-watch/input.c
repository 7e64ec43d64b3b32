/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/input.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forceenc-watch/follow.h"
#include "forceenc-watch/journal.h"
#include "forceenc-watch/notice.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

#define INPUT_POLL_MS  250   /* where nobody tells of changes */
#define INPUT_TRUST_MS 10000 /* where they are told */

/* Where another kind of log was followed before, the lines of so many seconds
 * may be in both, and out of order. */
#define INPUT_OVERLAP 86400

struct input {
	struct keep *keep;
	struct walk *walk;
	struct journal *journal; /* or: */
	struct follow *follow;
	struct notice *notice;
};

/* What was counted from the journal before isn't counted again. */
static void
input_begin_after(struct input *input, const char *path)
{
	input->keep->since = input->walk->inflight->last;
	log_info("%s: lines up to the last one of the journal aren't counted "
		 "(time=%" PRId64 ")",
	    text_show_str(path), input->keep->since);
	walk_gap(input->walk);
}

static int
input_open_file(struct input *input, const char *path, struct err *err)
{
	struct keep_position position;
	struct head head;
	struct keep_input before;
	int rc = keep_load_position(input->keep, &position, err);

	if (rc == -1)
		return -1;
	if (rc >= 2)
		input_begin_after(input, path);
	input->walk->since = input->keep->since;
	input->follow = follow_new(path, &position);
	input->notice = notice_new(path);
	if (access(path, F_OK) == -1 && errno == ENOENT)
		log_warn(
		    "%s: isn't there yet; waiting for it", text_show_str(path));
	if (!follow_start_head(input->follow, &head))
		return 0;
	if (keep_find_input(input->keep, &head, &before, err) == -1)
		return -1;
	if (before.offset > 0)
		follow_start_at(input->follow, before.offset);
	return 0;
}

/* What was counted from a file before isn't counted again. */
static int
input_open_journal(struct input *input, const char *spec, struct err *err)
{
	struct keep_position position;
	int rc = keep_load_position(input->keep, &position, err);

	/* What isn't known of journals was never read. */
	if (rc != -1)
		input->journal = journal_open(spec, input->keep,
		    rc == 2 ? 0 : input->walk->inflight->last, rc == 1, err);
	return input->journal == NULL ? -1 : 0;
}

struct input *
input_open(
    const char *log, struct keep *keep, struct walk *walk, struct err *err)
{
	struct input *input = mem_zalloc(sizeof(*input));
	int rc;

	input->keep = keep;
	input->walk = walk;
	rc = strncmp(log, "journal:", 8) == 0
	    ? input_open_journal(input, log + 8, err)
	    : input_open_file(input, log + strlen("file:"), err);
	if (rc == -1) {
		input_close(input);
		return NULL;
	}
	return input;
}

void
input_close(struct input *input)
{
	if (input == NULL)
		return;
	journal_close(input->journal);
	follow_free(input->follow);
	notice_free(input->notice);
	free(input);
}

enum input_step
input_step(struct input *input)
{
	return input->journal != NULL
	    ? journal_step(input->journal, input->walk)
	    : follow_step(input->follow, input->walk);
}

static int
input_commit_journal(
    struct input *input, struct keep_report *report, struct err *err)
{
	struct journal_state state;
	struct keep_place place = {0};

	journal_look(input->journal, &state);
	place.cursors = journal_places(input->journal, &place.cursor);
	report->behind = state.behind;
	report->bytes_behind = -1;
	if (keep_commit(input->keep, input->walk, &place, report, err) == -1)
		return -1;
	journal_committed(input->journal);
	return 0;
}

static int
input_commit_file(
    struct input *input, struct keep_report *report, struct err *err)
{
	struct keep_position position;
	struct fingerprint print;
	struct keep_place place = {.position = &position};
	uint64_t bytes;

	if (input->walk->inflight->last - input->keep->since > INPUT_OVERLAP)
		input->keep->since = input->walk->since = 0;
	follow_position(input->follow, &position);
	if (follow_print(input->follow, &print))
		place.print = &print;
	report->behind = follow_behind(input->follow, &bytes);
	report->bytes_behind = (int64_t)bytes;
	return keep_commit(input->keep, input->walk, &place, report, err);
}

int
input_commit(struct input *input, struct keep_report *report, struct err *err)
{
	return input->journal != NULL ? input_commit_journal(input, report, err)
				      : input_commit_file(input, report, err);
}

static unsigned
input_patience_journal(const struct input *input)
{
	struct journal_state state;

	journal_look(input->journal, &state);
	return state.hears ? INPUT_TRUST_MS : INPUT_POLL_MS;
}

int64_t
input_behind(const struct input *input)
{
	uint64_t bytes;

	if (input->journal != NULL)
		return -1;
	follow_behind(input->follow, &bytes);
	return (int64_t)bytes;
}

bool
input_is_there(const struct input *input)
{
	struct journal_state state;

	if (input->journal == NULL)
		return follow_is_there(input->follow);
	journal_look(input->journal, &state);
	return state.open;
}

unsigned
input_patience(struct input *input)
{
	if (input->journal != NULL)
		return input_patience_journal(input);
	switch (notice_listen(input->notice, follow_fd(input->follow))) {
	case NOTICE_NEW:
		return 0;
	case NOTICE_READY:
		return INPUT_TRUST_MS;
	case NOTICE_DEAF:
		break;
	}
	return INPUT_POLL_MS;
}

int
input_fd(const struct input *input)
{
	struct journal_state state;

	if (input->journal == NULL)
		return notice_fd(input->notice);
	journal_look(input->journal, &state);
	return state.fd;
}

void
input_wake(struct input *input)
{
	/* A journal clears its own signs. */
	if (input->notice != NULL)
		notice_clear(input->notice);
}
