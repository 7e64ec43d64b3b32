/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_REPORT_HTML_H
#define FORCEENC_FORCEENCCTL_REPORT_HTML_H

#include <jansson.h>

#include "forceenc/buf.h"

/* A document that needs nothing else and asks nobody: it can be mailed. */
void report_html(const json_t *report, struct buf *out);

#endif
