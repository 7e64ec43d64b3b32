/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_SOURCE_SOCKETMAP_H
#define FORCEENC_FORCEENCD_SOURCE_SOCKETMAP_H

#include "forceencd/source.h"

/*
 * Another socketmap server, asked as Postfix would ask it. Its replies carry
 * the value as it came, not an answer. Several connections, since each takes
 * one question at a time; one that was idle and turns out to be closed is
 * replaced, and the question asked once more. A question without a reply
 * within the time limit is unsure, and so are all while no connection can be
 * made; that is tried again after a while.
 */
struct source *source_socketmap_new(const struct conf_upstream *,
    uint64_t time_limit, const struct source_env *);

#endif
