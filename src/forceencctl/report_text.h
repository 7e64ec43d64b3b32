/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_REPORT_TEXT_H
#define FORCEENC_FORCEENCCTL_REPORT_TEXT_H

#include <jansson.h>

#include "forceenc/buf.h"

/* For a terminal, or a mail: lines of 80 columns, if names let them. */
void report_text(const json_t *report, struct buf *out);

#endif
