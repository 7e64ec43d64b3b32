/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_DAEMON_H
#define FORCEENC_FORCEENCD_DAEMON_H

#include "forceenc/conf.h"
#include "forceenc/err.h"

/*
 * The running daemon: puts the parts together, turns the loop, obeys signals.
 *   SIGHUP            reads the configuration again
 *   SIGTERM, SIGINT   answers what has arrived, then ends; a second one ends
 *                     at once
 */

/* Runs until it is told to end. Takes conf. 0, or -1 with err if it couldn't
 * start. */
int daemon_run(struct conf *, struct err *);

#endif
