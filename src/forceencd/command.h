/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_COMMAND_H
#define FORCEENC_FORCEENCD_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "forceenc/buf.h"
#include "forceenc/control.h"
#include "forceencd/inquiry.h"
#include "forceencd/view.h"

/*
 * What forceencctl can ask of a running daemon. A command adds its records
 * and its end to out; what takes time, or is long, goes on later.
 *
 *   lookup MAP ADDRESS   one record that explains the answer; ends with 0
 *                        found, 1 not found, 75 unsure, 65 no such map or no
 *                        address (or whatever the map is asked about)
 *   status               one record
 *   cache stats          one record
 *   cache dump           a record a fact
 *   cache drop ADDRESS   drops the facts of its keys; a record with the count
 *   cache flush          drops all; a record with the count
 */
struct command {
	struct view *view;
	struct buf out;
	/* Set while there is more to say once out was sent. */
	void (*more)(struct command *);
	/* One of them is set while an answer is waited for; ready() is called
	 * when out has it. */
	struct resolve_ticket *ticket;
	struct inquiry *inquiry;
	void (*ready)(void *arg);
	void *ready_arg;

	struct explain *explain; /* of a lookup on its way */
	uint32_t cursor;         /* of a dump */
};

/* view, ready and ready_arg are set, the rest is zero. */
void command_run(struct command *, const struct control_request *);

/* Gives up what is on its way, and frees what it holds. */
void command_fini(struct command *);

#endif
