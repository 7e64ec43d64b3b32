/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_SELF_H
#define FORCEENC_SELF_H

#include <stdint.h>

#include "forceenc/prometheus.h"

/*
 * What every program shows of itself: forceenc_build_info, and the figures
 * that Prometheus' own libraries call process_cpu_seconds_total,
 * process_resident_memory_bytes, process_max_fds, process_start_time_seconds.
 * started is clock_wall() of its start.
 */
void self_write(struct prometheus *, const char *program, uint64_t started);

#endif
