/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * The log that a position belongs to is known by what it begins with, not by
 * its name or inode. Behind it come those that were rotated later, oldest
 * first, and the live one. Whatever is found is only taken if the folder was
 * left alone while it was looked for.
 *
 * While the live log is empty or missing it isn't opened, and the position
 * stays behind the log that was read last: it may be filled, copied and
 * truncated between two looks, and those who know where they were will find
 * the copy. At the very first start that is behind all that is there.
 */

#include "forceenc-watch/follow_plan.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "forceenc-watch/first.h"
#include "forceenc-watch/rotated.h"
#include "forceenc/log.h"
#include "forceenc/text.h"

void
follow_plan_close(struct follow *follow)
{
	if (follow->fd != -1)
		close(follow->fd);
	follow->fd = -1;
	if (follow->compressed)
		reader_close(&follow->reader);
	follow->compressed = false;
	follow->head.len = 0;
	follow->complete = follow->moved = false;
	buf_clear(&follow->buf);
}

void
follow_plan_complain(struct follow *follow, const char *why)
{
	if (!follow->complained)
		log_warn(
		    "%s: %s; trying again", text_show_str(follow->path), why);
	follow->complained = true;
}

void
follow_plan_lost(struct follow *follow, struct walk *walk, uint64_t offset)
{
	log_warn("%s: what was written since the last look isn't there any "
		 "more (offset=%" PRIu64 ")",
	    text_show_str(follow->path), offset);
	walk_gap(walk);
}

bool
follow_plan_open(struct follow *follow, const char *path, struct stat *st)
{
	follow_plan_close(follow);
	follow->fd = open(path, O_RDONLY | O_CLOEXEC);
	follow->missing = follow->fd == -1 && errno == ENOENT;
	if (follow->fd == -1) {
		if (!follow->missing)
			follow_plan_complain(follow, strerror(errno));
		return false;
	}
	if (fstat(follow->fd, st) == -1 || !S_ISREG(st->st_mode)) {
		follow_plan_complain(follow, "is no ordinary file");
		follow_plan_close(follow);
		return false;
	}
	head_read(&follow->head, follow->fd);
	return true;
}

static void
follow_plan_begin(struct follow *follow, const struct stat *st)
{
	memset(&follow->position, 0, sizeof(follow->position));
	follow->position.device = st->st_dev;
	follow->position.inode = st->st_ino;
	follow->complained = false;
	follow->failures = 0;
}

/* The live log, unless it is empty. */
static bool
follow_plan_open_live(struct follow *follow, struct stat *st)
{
	follow->empty = false;
	if (!follow_plan_open(follow, follow->path, st))
		return false;
	follow->empty = follow->head.len == 0;
	if (follow->empty)
		follow_plan_close(follow);
	return !follow->empty;
}

static bool
follow_plan_is_first(const struct keep_position *position)
{
	return position->print.len == 0 && position->inode == 0 &&
	    position->offset == 0;
}

/* Whether the live log, which is open, is the one that the position is in. */
static bool
follow_plan_is_known(const struct follow *follow, const struct stat *st)
{
	const struct keep_position *position = &follow->position;

	if (position->print.len > 0)
		return (uint64_t)st->st_size >= position->offset &&
		    fingerprint_fits(
			&position->print, follow->head.bytes, follow->head.len);
	return follow_plan_is_first(position) ||
	    (position->offset == 0 && st->st_ino == position->inode &&
		st->st_dev == position->device);
}

/* The live log, if it's the one that the position is in. */
static bool
follow_plan_open_known(struct follow *follow)
{
	struct stat st;

	if (!follow_plan_open_live(follow, &st))
		return false;
	if (!follow_plan_is_known(follow, &st)) {
		follow_plan_close(follow);
		return false;
	}
	follow->complained = false;
	if (follow->position.offset == 0)
		follow_plan_begin(follow, &st);
	return true;
}

/* A rotated log, from its beginning or from the position. */
static bool
follow_plan_open_rotated(
    struct follow *follow, const struct rotated *rotated, size_t i, bool resume)
{
	struct stat st = {0};
	struct err err;

	follow_plan_close(follow);
	if (reader_open(&follow->reader, rotated->log[i].path, &err) == -1) {
		follow_plan_complain(follow, err.text);
		return false;
	}
	follow->compressed = true;
	if (archive_is_plain(follow->reader.file) &&
	    !follow_plan_open(follow, rotated->log[i].path, &st))
		return false;
	/* By that name there may be another one by now. */
	if (!rotated_still(&rotated->changed, follow->path)) {
		follow_plan_close(follow);
		return false;
	}
	if (!resume)
		follow_plan_begin(follow, &st);
	follow->complete = i + 1 < rotated->n;
	if (!follow->complete)
		follow->changed = rotated->changed;
	follow->began = rotated->log[i].time;
	log_debug("%s: read (offset=%" PRIu64 ")",
	    text_show_str(rotated->log[i].path), follow->position.offset);
	return true;
}

static size_t
follow_plan_match(const struct follow *follow, const struct rotated *rotated)
{
	const struct keep_position *position = &follow->position;

	return rotated_match(rotated, &position->print, position->offset,
	    position->device, position->inode);
}

/* The first that begins after that time. */
static size_t
follow_plan_after(const struct rotated *rotated, int64_t time)
{
	size_t i;

	for (i = 0; i < rotated->n; i++)
		if (rotated->log[i].time > time)
			break;
	return i;
}

/* Behind the log that has ended, which may be among them or not. */
static size_t
follow_plan_later(struct follow *follow, const struct rotated *rotated)
{
	size_t i = follow_plan_match(follow, rotated);

	return i < rotated->n ? i + 1
			      : follow_plan_after(rotated, follow->began);
}

/* The live log, since nothing else is to be read. */
static bool
follow_plan_open_after(struct follow *follow, const struct rotated *rotated)
{
	struct stat st;

	follow->changed = rotated->changed;
	if (!follow_plan_open_live(follow, &st))
		return false;
	/* The one that should have been may have been rotated just now. */
	if (!rotated_still(&rotated->changed, follow->path)) {
		follow_plan_close(follow);
		return false;
	}
	follow_plan_begin(follow, &st);
	log_debug("%s: read from its beginning", text_show_str(follow->path));
	return true;
}

/* The log of the position, or what comes first behind the gap if that is
 * there no more: what was read is older than it. */
static bool
follow_plan_resume(
    struct follow *follow, struct walk *walk, const struct rotated *rotated)
{
	uint64_t offset = follow->position.offset;
	size_t i = follow_plan_match(follow, rotated);
	bool open;

	if (i < rotated->n)
		return follow_plan_open_rotated(follow, rotated, i, true);
	i = offset == 0 ? rotated->n
			: follow_plan_after(rotated, walk->inflight->last);
	open = i < rotated->n
	    ? follow_plan_open_rotated(follow, rotated, i, false)
	    : follow_plan_open_after(follow, rotated);
	if (open && offset > 0)
		follow_plan_lost(follow, walk, offset);
	return open;
}

static bool
follow_plan_go_on(struct follow *follow, const struct rotated *rotated)
{
	size_t i = follow_plan_later(follow, rotated);

	return i < rotated->n
	    ? follow_plan_open_rotated(follow, rotated, i, false)
	    : follow_plan_open_after(follow, rotated);
}

/* At the very first start, while nothing is in the live log. */
static void
follow_plan_begin_behind(struct follow *follow, const struct rotated *rotated)
{
	if (rotated->n > 0)
		follow->position.print = rotated->print[rotated->n - 1];
	follow->position.offset = KEEP_POSITION_END;
	follow->began_behind = true;
}

static void
follow_plan_look_at_head(struct follow *follow)
{
	if (follow->fd != -1)
		follow->began = first_time(
		    follow->head.bytes, follow->head.len, time(NULL));
}

/* With what was found beside the live log, which isn't the position's. */
static bool
follow_plan_among(
    struct follow *follow, struct walk *walk, const struct rotated *rotated)
{
	if (follow_plan_is_first(&follow->position)) {
		/* There may be more that we can't see. */
		if (!(follow->empty || follow->missing) || rotated->partial)
			return false;
		follow_plan_begin_behind(follow, rotated);
	}
	if (follow->position.offset == KEEP_POSITION_END)
		follow->reason = FOLLOW_PLAN_ENDED;
	return follow->reason == FOLLOW_PLAN_ENDED
	    ? follow_plan_go_on(follow, rotated)
	    : follow_plan_resume(follow, walk, rotated);
}

bool
follow_plan(struct follow *follow, struct walk *walk)
{
	struct rotated rotated;
	bool open;

	if (follow->reason == FOLLOW_PLAN_ENDED)
		follow_plan_look_at_head(follow);
	/* After the end it is where that was a copy of the live log. */
	open = follow->reason != FOLLOW_PLAN_TRUNCATED &&
	    follow_plan_open_known(follow);
	if (!open && !rotated_still_empty(&follow->changed, follow->path) &&
	    rotated_find(&rotated, follow->path, &follow->told)) {
		memset(&follow->changed, 0, sizeof(follow->changed));
		open = follow_plan_among(follow, walk, &rotated);
		rotated_fini(&rotated);
	}
	follow->calm =
	    !open && rotated_still_empty(&follow->changed, follow->path);
	return open;
}

int
follow_plan_is_left(struct follow *follow)
{
	struct rotated rotated;
	bool left;

	if (rotated_is_open(follow->fd, follow->path) ||
	    rotated_still(&follow->changed, follow->path))
		return 0;
	if (!rotated_find(&rotated, follow->path, &follow->told))
		return -1;
	follow_plan_look_at_head(follow);
	left = follow_plan_later(follow, &rotated) < rotated.n;
	if (!left)
		follow->changed = rotated.changed;
	rotated_fini(&rotated);
	return left;
}
