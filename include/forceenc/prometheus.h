/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_PROMETHEUS_H
#define FORCEENC_PROMETHEUS_H

#include <stddef.h>
#include <stdint.h>

#include "forceenc/buf.h"

/*
 * Figures in Prometheus' text format, version 0.0.4. Pure: bytes are added to
 * a buffer.
 *
 * A family is one name with its help, its type and one sample for each
 * combination of labels; all samples of a family follow each other:
 *
 *     prometheus_family(&page, PROMETHEUS_COUNTER,
 *         "forceenc_lookups_total", "Questions that were answered.");
 *     prometheus_label(&page, "map", "forceenc");
 *     prometheus_label(&page, "outcome", "absent");
 *     prometheus_count(&page, 17);
 *
 * Names are ours and must follow the conventions: a counter's ends with
 * _total. Values of labels may be foreign: what the format gives a meaning is
 * escaped, and what is no UTF-8 or a control character becomes U+FFFD.
 */
struct prometheus {
	struct buf out;
	enum prometheus_type {
		PROMETHEUS_COUNTER,
		PROMETHEUS_GAUGE,
		PROMETHEUS_HISTOGRAM
	} type;
	const char *name;  /* of the family; borrowed */
	struct buf labels; /* of the next sample */
};

#define PROMETHEUS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* An all-zero struct is an empty page. */
void prometheus_fini(struct prometheus *);

/* help is one sentence of ours. */
void prometheus_family(struct prometheus *, enum prometheus_type,
    const char *name, const char *help);

/* A label of the next sample only. */
void prometheus_label(struct prometheus *, const char *name, const char *value);

/* One sample. */
void prometheus_count(struct prometheus *, uint64_t);
void prometheus_real(struct prometheus *, double);

/* A family of one sample without labels. */
void prometheus_counter(
    struct prometheus *, const char *name, const char *help, uint64_t);
void prometheus_gauge(
    struct prometheus *, const char *name, const char *help, uint64_t);

/* One histogram: n buckets by rising bounds, and what was above them all. A
 * bucket counts what is above the bound before it and not above its own. */
struct prometheus_bucket {
	double bound;
	uint64_t count;
};
void prometheus_histogram(struct prometheus *, const struct prometheus_bucket *,
    size_t n, uint64_t more, double sum);

#endif
