/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/input.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc-watch/follow.h"
#include "forceenc-watch/notice.h"
#include "forceenc/mem.h"

#define INPUT_POLL_MS  250   /* where nobody tells of changes */
#define INPUT_TRUST_MS 10000 /* where they are told */

struct input {
	struct keep *keep;
	struct walk *walk;
	struct follow *follow;
	struct notice *notice;
};

static int
input_open_file(struct input *input, const char *path, struct err *err)
{
	struct keep_position position;
	struct fingerprint print;
	struct keep_input before;

	if (keep_load_position(input->keep, &position, err) == -1)
		return -1;
	input->follow = follow_new(path, &position);
	input->notice = notice_new(path);
	if (!follow_start_print(input->follow, &print))
		return 0;
	if (keep_load_input(input->keep, &print, &before, err) == -1)
		return -1;
	if (before.offset > 0)
		follow_start_at(input->follow, before.offset);
	return 0;
}

struct input *
input_open(
    const char *log, struct keep *keep, struct walk *walk, struct err *err)
{
	struct input *input = mem_zalloc(sizeof(*input));

	input->keep = keep;
	input->walk = walk;
	if (input_open_file(input, log + strlen("file:"), err) == -1) {
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
	follow_free(input->follow);
	notice_free(input->notice);
	free(input);
}

enum input_step
input_step(struct input *input)
{
	return follow_step(input->follow, input->walk);
}

int
input_commit(struct input *input, struct keep_report *report, struct err *err)
{
	struct keep_position position;
	struct fingerprint print;
	bool known = follow_print(input->follow, &print);

	follow_position(input->follow, &position);
	report->bytes_behind = follow_behind(input->follow);
	return keep_commit(input->keep, input->walk, &position,
	    known ? &print : NULL, report, err);
}

uint64_t
input_behind(const struct input *input)
{
	return follow_behind(input->follow);
}

bool
input_is_there(const struct input *input)
{
	return follow_fd(input->follow) != -1;
}

unsigned
input_patience(struct input *input)
{
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
	return notice_fd(input->notice);
}

void
input_wake(struct input *input)
{
	notice_clear(input->notice);
}
