/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_METRICS_SOURCES_H
#define FORCEENC_FORCEENCD_METRICS_SOURCES_H

#include "forceenc/prometheus.h"
#include "forceencd/service.h"

/* The figures of those who are asked: tables, a floor's upstream map, and
 * their servers. One that several maps share is shown with the first. */
void metrics_sources_write(struct prometheus *, const struct service *);

#endif
