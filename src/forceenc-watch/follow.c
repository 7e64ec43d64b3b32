/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * One log is read at a time: the live one, or one that was rotated and is
 * still to be read (an open file if it is plain, since its writer may not
 * have moved on yet; by reader.c if it is compressed). Which, is decided by
 * follow_plan(): at the start, and whenever the one at hand has ended. The
 * log that a position belongs to is known by what it begins with, not by its
 * name or inode.
 *
 * A log has ended when path is another file that something was written to,
 * since the writer has moved on by then; or when it has become shorter, or
 * begins differently, since it was truncated. What was read is fed only after
 * that has been looked at.
 */

#include "forceenc-watch/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "forceenc-watch/head.h"
#include "forceenc-watch/lag.h"
#include "forceenc-watch/reader.h"
#include "forceenc-watch/rotated.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

#define FOLLOW_CHUNK 1048576
#define FOLLOW_TRIES 8 /* at an archive that is damaged */

enum follow_plan_reason {
	FOLLOW_PLAN_START,     /* we come, or come back */
	FOLLOW_PLAN_ENDED,     /* everything was read */
	FOLLOW_PLAN_TRUNCATED, /* perhaps not everything */
};

struct follow {
	char *path;
	struct keep_position position;
	int fd; /* the open file; -1: none */
	struct head head;
	struct buf buf;    /* read, but not fed */
	bool complete;     /* nobody writes to it any more */
	bool moved;        /* path was another file when we had read all */
	int64_t began;     /* the time of its first line */
	bool compressed;   /* reader is open instead of fd */
	unsigned failures; /* of it, in a row */
	struct reader reader;
	bool planned;
	struct timespec changed; /* the folder, when the live log was empty */
	struct timespec told;    /* and when it was told what can't be read */
	enum follow_plan_reason reason;
	bool calm; /* nothing to read before the folder or path change */
	bool complained;
};

struct follow *
follow_new(const char *path, const struct keep_position *position)
{
	struct follow *follow = mem_zalloc(sizeof(*follow));

	follow->path = mem_strdup(path);
	follow->position = *position;
	follow->fd = -1;
	return follow;
}

static void
follow_close(struct follow *follow)
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
follow_free(struct follow *follow)
{
	if (follow == NULL)
		return;
	follow_close(follow);
	buf_fini(&follow->buf);
	free(follow->path);
	free(follow);
}

/* A file can't be read: said once, until one can be. */
static void
follow_complain(struct follow *follow, const char *why)
{
	if (!follow->complained)
		log_warn(
		    "%s: %s; trying again", text_show_str(follow->path), why);
	follow->complained = true;
}

/* A plain file, at the position that is set already. */
static bool
follow_open_file(struct follow *follow, const char *path, struct stat *st)
{
	follow_close(follow);
	follow->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (follow->fd == -1) {
		follow->calm = errno == ENOENT;
		if (!follow->calm)
			follow_complain(follow, strerror(errno));
		return false;
	}
	if (fstat(follow->fd, st) == -1 || !S_ISREG(st->st_mode)) {
		follow_complain(follow, "is no ordinary file");
		follow_close(follow);
		return false;
	}
	head_read(&follow->head, follow->fd);
	return true;
}

static void
follow_begin_at(struct follow *follow, const struct stat *st)
{
	memset(&follow->position, 0, sizeof(follow->position));
	follow->position.device = st->st_dev;
	follow->position.inode = st->st_ino;
	follow->complained = false;
}

/* Whether the live log is the one that the position is in; it is open then. */
static bool
follow_open_known(struct follow *follow)
{
	const struct keep_position *position = &follow->position;
	struct stat st;
	bool fits;

	if (!follow_open_file(follow, follow->path, &st))
		return false;
	fits = position->print.len == 0
	    ? position->inode == 0 ||
		(st.st_ino == position->inode && st.st_dev == position->device)
	    : (uint64_t)st.st_size >= position->offset &&
		fingerprint_fits(
		    &position->print, follow->head.bytes, follow->head.len);
	if (fits)
		follow->complained = false;
	if (!fits)
		follow_close(follow);
	else if (position->offset == 0)
		follow_begin_at(follow, &st);
	return fits;
}

/* The live log, from its beginning. */
static bool
follow_open_live(struct follow *follow)
{
	struct stat st;

	if (!follow_open_file(follow, follow->path, &st))
		return false;
	follow_begin_at(follow, &st);
	return true;
}

/* A rotated log, from its beginning or from the position. */
static bool
follow_open_rotated(
    struct follow *follow, const struct rotated *rotated, size_t i, bool resume)
{
	uint64_t offset = resume ? follow->position.offset : 0;
	struct stat st = {0};
	struct err err;

	follow_close(follow);
	if (reader_open(&follow->reader, rotated->log[i].path, &err) == -1) {
		follow_complain(follow, err.text);
		return false;
	}
	follow->compressed = true;
	if (archive_is_plain(follow->reader.file)) {
		if (!follow_open_file(follow, rotated->log[i].path, &st))
			return false;
	} else if (reader_seek(&follow->reader, offset, &err) != 1) {
		follow_close(follow);
		return false;
	}
	/* By that name there may be another one by now. */
	if (!rotated_still(rotated, follow->path)) {
		follow_close(follow);
		return false;
	}
	if (!resume)
		follow_begin_at(follow, &st);
	follow->complete = i + 1 < rotated->n;
	follow->began = rotated->log[i].time;
	log_debug("%s: read (offset=%" PRIu64 ")",
	    text_show_str(rotated->log[i].path), follow->position.offset);
	return true;
}

static void
follow_lost(struct follow *follow, struct walk *walk, uint64_t offset)
{
	log_warn("%s: what was written since the last look isn't there any "
		 "more (offset=%" PRIu64 ")",
	    text_show_str(follow->path), offset);
	walk_gap(walk);
}

/* Behind the log that has ended, which may be among them or not. */
static size_t
follow_later(const struct follow *follow, const struct rotated *rotated)
{
	const struct keep_position *position = &follow->position;
	size_t i = rotated_match(rotated, &position->print, position->offset,
	    position->device, position->inode);

	if (i < rotated->n)
		return i + 1;
	for (i = 0; i < rotated->n; i++)
		if (rotated->log[i].time > follow->began)
			break;
	return i;
}

/* The live log, since nothing else is to be read. */
static bool
follow_open_after(struct follow *follow, struct walk *walk,
    const struct rotated *rotated, bool resume)
{
	const struct keep_position before = follow->position;

	if (!follow_open_live(follow))
		return false;
	/* While it's empty it may be filled, copied and truncated between two
	 * looks; those who know where they were will find the copy. */
	if (follow->head.len == 0) {
		follow_close(follow);
		follow->position = before;
		follow->changed = rotated->changed;
		return false;
	}
	/* The one that should have been may have been rotated just now. */
	if (!rotated_still(rotated, follow->path)) {
		follow_close(follow);
		follow->position = before;
		return false;
	}
	log_debug("%s: read from its beginning", text_show_str(follow->path));
	if (resume && before.offset > 0)
		follow_lost(follow, walk, before.offset);
	return true;
}

/* Opens what is to be read next, given where we are. False if it can't be,
 * yet. */
static bool
follow_plan(struct follow *follow, struct walk *walk)
{
	const struct keep_position *position = &follow->position;
	bool resume = follow->reason != FOLLOW_PLAN_ENDED;
	struct rotated rotated;
	size_t next;
	bool open;

	if (!resume && follow->fd != -1)
		follow->began = first_time(
		    follow->head.bytes, follow->head.len, time(NULL));
	/* After the end it is where that was a copy of the live log. */
	if (follow->reason != FOLLOW_PLAN_TRUNCATED &&
	    follow_open_known(follow))
		return true;
	if (position->offset == 0 && position->inode == 0)
		return follow_open_live(follow);
	follow->calm = rotated_still_empty(&follow->changed, follow->path);
	if (follow->calm ||
	    !rotated_find(&rotated, follow->path, &follow->told))
		return false;
	next = resume ? rotated_match(&rotated, &position->print,
			    position->offset, position->device, position->inode)
		      : follow_later(follow, &rotated);
	open = next < rotated.n
	    ? follow_open_rotated(follow, &rotated, next, resume)
	    : follow_open_after(follow, walk, &rotated, resume);
	rotated_fini(&rotated);
	return open;
}

static void
follow_plan_again(struct follow *follow, enum follow_plan_reason reason)
{
	follow->planned = false;
	follow->reason = reason;
}

static enum input_step
follow_step_compressed(struct follow *follow, struct walk *walk)
{
	struct reader *reader = &follow->reader;
	enum reader_step step;
	struct err err;

	when_set_reference(&walk->when, reader->mtime);
	step = reader_feed(reader, walk, true, &err);
	follow->position.offset = reader->offset;
	follow->position.print = reader->print;
	follow->failures = step == READER_FAILED ? follow->failures + 1 : 0;
	if (follow->failures >= FOLLOW_TRIES) {
		log_error("%s; going on behind it", err.text);
		follow_lost(follow, walk, follow->position.offset);
		follow->failures = 0;
		step = READER_DONE;
	} else if (step == READER_FAILED) {
		follow_complain(follow, err.text);
		follow_plan_again(follow, FOLLOW_PLAN_START);
		return INPUT_AGAIN;
	}
	if (step == READER_DONE)
		follow_plan_again(follow, FOLLOW_PLAN_ENDED);
	return step == READER_MORE ? INPUT_MORE : INPUT_COMMIT;
}

static bool
follow_is_truncated(const struct follow *follow)
{
	struct stat st;

	return fstat(follow->fd, &st) == -1 ||
	    (uint64_t)st.st_size < follow->position.offset + follow->buf.len ||
	    !head_is_same(&follow->head, follow->fd);
}

static void
follow_update_print(struct follow *follow)
{
	uint64_t offset = follow->position.offset;

	if (follow->position.print.len < FINGERPRINT_SPAN &&
	    offset > follow->position.print.len)
		head_print(&follow->head, offset, &follow->position.print);
}

static bool
follow_is_copy(const struct follow *follow)
{
	const struct keep_position *position = &follow->position;

	return follow->buf.len > 0 && position->print.len > 0 &&
	    rotated_fits(follow->path, &position->print, position->offset,
		position->device, position->inode);
}

static enum input_step
follow_step_end(struct follow *follow, struct walk *walk)
{
	if (!follow->complete && !rotated_away(follow->fd, follow->path))
		return INPUT_IDLE;
	if (!follow->moved) {
		/* What its writer wrote before it moved on. */
		follow->moved = true;
		return INPUT_MORE;
	}
	/* Of a copy of the live log, the rest of the line is there. */
	if (follow_is_copy(follow))
		buf_clear(&follow->buf);
	if (follow->buf.len > 0)
		walk_feed_rest(walk, follow->buf.data, follow->buf.len);
	follow->position.offset += follow->buf.len;
	buf_clear(&follow->buf);
	follow_update_print(follow);
	follow_plan_again(follow, FOLLOW_PLAN_ENDED);
	return INPUT_COMMIT;
}

/* What couldn't be fed in one go needs no more behind it. */
static size_t
follow_room(const struct buf *buf)
{
	return buf->len < FOLLOW_CHUNK ? FOLLOW_CHUNK - buf->len : 0;
}

static enum input_step
follow_step_open(struct follow *follow, struct walk *walk)
{
	uint64_t at = follow->position.offset + follow->buf.len;
	size_t room = follow_room(&follow->buf), used;
	ssize_t n =
	    pread(follow->fd, buf_reserve(&follow->buf, room), room, (off_t)at);

	if (n < 0) {
		follow_complain(follow, strerror(errno));
		return INPUT_AGAIN;
	}
	if (follow_is_truncated(follow)) {
		buf_clear(&follow->buf);
		if (follow->position.offset == 0)
			head_print(&follow->head, FINGERPRINT_SPAN,
			    &follow->position.print);
		follow_plan_again(follow, FOLLOW_PLAN_TRUNCATED);
		return INPUT_COMMIT;
	}
	follow->buf.len += (size_t)n;
	head_extend(&follow->head, follow->fd);
	used = follow->buf.len == 0
	    ? 0
	    : walk_feed(walk, follow->buf.data, follow->buf.len);
	buf_consume(&follow->buf, used);
	follow->position.offset += used;
	follow_update_print(follow);
	if (tally_full(walk->tally))
		return INPUT_COMMIT;
	return n > 0 || room == 0 ? INPUT_MORE : follow_step_end(follow, walk);
}

enum input_step
follow_step(struct follow *follow, struct walk *walk)
{
	if (!follow->planned) {
		follow->calm = false;
		follow->planned = follow_plan(follow, walk);
		if (!follow->planned)
			return follow->calm ? INPUT_IDLE : INPUT_AGAIN;
	}
	if (follow->compressed)
		return follow_step_compressed(follow, walk);
	when_set_reference(&walk->when, time(NULL));
	return follow_step_open(follow, walk);
}

void
follow_position(const struct follow *follow, struct keep_position *out)
{
	*out = follow->position;
}

bool
follow_print(const struct follow *follow, struct fingerprint *out)
{
	*out =
	    follow->compressed ? follow->reader.print : follow->position.print;
	return out->len > 0 && follow->position.offset > 0;
}

bool
follow_behind(const struct follow *follow, uint64_t *bytes)
{
	*bytes = lag_bytes(follow->fd, follow->position.offset, follow->path);
	return *bytes > 0 || follow->compressed;
}

bool
follow_is_there(const struct follow *follow)
{
	return follow->fd != -1 || follow->compressed;
}

int
follow_fd(const struct follow *follow)
{
	return follow->fd;
}

bool
follow_start_head(struct follow *follow, struct head *out)
{
	struct stat st;

	if (follow->position.inode != 0 || follow->position.offset != 0 ||
	    !follow_open_file(follow, follow->path, &st))
		return false;
	*out = follow->head;
	follow_close(follow);
	return out->len > 0;
}

void
follow_start_at(struct follow *follow, uint64_t offset)
{
	struct head head;

	if (!follow_start_head(follow, &head))
		return;
	follow->position.offset = offset;
	head_print(&head, offset, &follow->position.print);
}
