/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_REPORT_ASK_H
#define FORCEENC_FORCEENCCTL_REPORT_ASK_H

#include <jansson.h>

#include "forceenc/conf.h"
#include "forceenc/stats.h"
#include "forceencctl/report_period.h"

/* What a report is to be about, and whom to ask. */
struct report_ask {
	struct store *store;
	const struct conf *conf;
	struct report_period period;
	struct report_period before;
	int64_t now;
	const char *host; /* who reports */
	unsigned limit;   /* rows of a list */
};

#endif
