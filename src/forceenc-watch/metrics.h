/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_METRICS_H
#define FORCEENC_WATCH_METRICS_H

#include <stdint.h>

#include "forceenc-watch/view.h"
#include "forceenc/prometheus.h"

/* All figures of the watcher. Labels are services, of which there is a bound
 * (meter.h), and words of ours: never senders or destinations. now is
 * clock_now(), wall clock_wall(). */
void metrics_write(
    struct prometheus *, const struct view *, uint64_t now, uint64_t wall);

#endif
