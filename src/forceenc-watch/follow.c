/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * One log is read at a time: the live one, or one that was rotated and is
 * still to be read (an open file if it is plain, since its writer may not
 * have moved on yet; by reader.c if it is compressed). Which, is decided by
 * follow_plan(): at the start, and whenever the one at hand has ended.
 *
 * A log has ended when path is another file that something was written to, or
 * a later one was rotated, since the writer has moved on by then; or when it
 * has become shorter, or begins differently, since it was truncated. What was
 * read is fed only after that has been looked at.
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

#include "forceenc-watch/follow_plan.h"
#include "forceenc-watch/lag.h"
#include "forceenc-watch/rotated.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

#define FOLLOW_CHUNK 1048576
#define FOLLOW_TRIES 8 /* at an archive that is damaged */

struct follow *
follow_new(const char *path, const struct keep_position *position)
{
	struct follow *follow = mem_zalloc(sizeof(*follow));

	follow->path = mem_strdup(path);
	follow->position = *position;
	follow->fd = -1;
	return follow;
}

void
follow_free(struct follow *follow)
{
	if (follow == NULL)
		return;
	follow_plan_close(follow);
	buf_fini(&follow->buf);
	free(follow->path);
	free(follow);
}

static void
follow_plan_again(struct follow *follow, enum follow_plan_reason reason)
{
	follow->planned = false;
	follow->reason = reason;
}

/* Towards the position. */
static enum reader_step
follow_skip(struct follow *follow, struct walk *walk, struct err *err)
{
	int rc = reader_skip(&follow->reader, follow->position.offset, err);

	if (rc == 0)
		follow_plan_lost(follow, walk, follow->position.offset);
	return rc == 1 ? READER_MORE : rc == 0 ? READER_DONE : READER_FAILED;
}

static enum reader_step
follow_feed(struct follow *follow, struct walk *walk, struct err *err)
{
	struct reader *reader = &follow->reader;
	enum reader_step step;

	when_set_reference(&walk->when, reader->mtime);
	step = reader_feed(reader, walk, true, err);
	follow->position.offset = reader->offset;
	follow->position.print = reader->print;
	return step;
}

static enum input_step
follow_step_compressed(struct follow *follow, struct walk *walk)
{
	uint64_t before = follow->position.offset;
	enum reader_step step;
	struct err err;

	step = follow->reader.offset < follow->position.offset
	    ? follow_skip(follow, walk, &err)
	    : follow_feed(follow, walk, &err);
	if (step == READER_FAILED)
		follow->failures++;
	else if (follow->position.offset > before)
		follow->failures = 0;
	if (follow->failures >= FOLLOW_TRIES) {
		log_error("%s; going on behind it", err.text);
		follow_plan_lost(follow, walk, follow->position.offset);
		follow->failures = 0;
		step = READER_DONE;
	} else if (step == READER_FAILED) {
		follow_plan_complain(follow, err.text);
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

	/* By the first half of a line it's known as well. */
	if (offset == 0)
		offset = follow->head.len;
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
	int left;

	if (!follow->complete && !rotated_away(follow->fd, follow->path)) {
		left = follow_plan_is_left(follow);
		if (left != 1)
			return left == 0 ? INPUT_IDLE : INPUT_AGAIN;
		follow->complete = true;
	}
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
		follow_plan_complain(follow, strerror(errno));
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
		/* Whoever comes back must know what was there before. */
		if (follow->began_behind) {
			follow->began_behind = false;
			return INPUT_COMMIT;
		}
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
	return out->len > 0 && follow->position.offset > 0 &&
	    follow->position.offset != KEEP_POSITION_END;
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
	return follow->fd != -1 || follow->compressed || follow->empty;
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
	    !follow_plan_open(follow, follow->path, &st))
		return false;
	*out = follow->head;
	follow_plan_close(follow);
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
