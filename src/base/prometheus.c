/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/prometheus.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "forceenc/must.h"
#include "forceenc/text.h"

/* In the order of enum prometheus_type. */
static const char *const prometheus_types[] = {"counter", "gauge", "histogram"};

void
prometheus_fini(struct prometheus *page)
{
	buf_fini(&page->out);
	buf_fini(&page->labels);
}

static bool
prometheus_is_name(const char *name)
{
	return *name >= 'a' && *name <= 'z' &&
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789")] == '\0';
}

static bool
prometheus_ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);

	return len > end_len && strcmp(name + len - end_len, end) == 0;
}

void
prometheus_family(struct prometheus *page, enum prometheus_type type,
    const char *name, const char *help)
{
	MUST(prometheus_is_name(name));
	MUST((type == PROMETHEUS_COUNTER) ==
	    prometheus_ends_with(name, "_total"));
	MUST(strpbrk(help, "\\\n") == NULL);
	MUST(page->labels.len == 0);
	page->type = type;
	page->name = name;
	buf_printf(&page->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
	    prometheus_types[type]);
}

/* One character of a label's value; returns how many bytes it took. */
static size_t
prometheus_add_character(struct buf *out, const char *s, size_t len)
{
	unsigned n = text_utf8_len(s, len);

	if (*s == '\\' || *s == '"') {
		buf_add_byte(out, '\\');
		buf_add_byte(out, *s);
	} else if (*s == '\n') {
		buf_add_text(out, "\\n");
	} else if (n == 0 || (unsigned char)*s < 0x20 || *s == 0x7f) {
		buf_add_text(out, "\xef\xbf\xbd");
	} else {
		buf_add(out, s, n);
	}
	return n > 0 ? n : 1;
}

void
prometheus_label(struct prometheus *page, const char *name, const char *value)
{
	size_t len = strlen(value), at = 0;

	MUST(prometheus_is_name(name));
	buf_printf(
	    &page->labels, "%s%s=\"", page->labels.len > 0 ? "," : "", name);
	while (at < len)
		at += prometheus_add_character(
		    &page->labels, value + at, len - at);
	buf_add_byte(&page->labels, '"');
}

/* The name, with the labels and one more if there is one; end follows the
 * family's name. */
static void
prometheus_begin_sample(struct prometheus *page, const char *end)
{
	MUST(page->name != NULL);
	buf_printf(&page->out, "%s%s", page->name, end);
	if (page->labels.len > 0)
		buf_printf(&page->out, "{%s}", buf_text(&page->labels));
	buf_add_byte(&page->out, ' ');
}

/* As few digits as say the same number. */
static void
prometheus_add_real(struct buf *out, double value)
{
	if (isnan(value))
		buf_add_text(out, "NaN");
	else if (isinf(value))
		buf_add_text(out, value > 0 ? "+Inf" : "-Inf");
	else
		buf_printf(out, "%.15g", value);
}

void
prometheus_count(struct prometheus *page, uint64_t value)
{
	MUST(page->type != PROMETHEUS_HISTOGRAM);
	prometheus_begin_sample(page, "");
	buf_printf(&page->out, "%" PRIu64 "\n", value);
	buf_clear(&page->labels);
}

void
prometheus_real(struct prometheus *page, double value)
{
	MUST(page->type != PROMETHEUS_HISTOGRAM);
	prometheus_begin_sample(page, "");
	prometheus_add_real(&page->out, value);
	buf_add_byte(&page->out, '\n');
	buf_clear(&page->labels);
}

void
prometheus_counter(
    struct prometheus *page, const char *name, const char *help, uint64_t value)
{
	prometheus_family(page, PROMETHEUS_COUNTER, name, help);
	prometheus_count(page, value);
}

void
prometheus_gauge(
    struct prometheus *page, const char *name, const char *help, uint64_t value)
{
	prometheus_family(page, PROMETHEUS_GAUGE, name, help);
	prometheus_count(page, value);
}

static void
prometheus_add_bucket(struct prometheus *page, double bound, uint64_t count)
{
	buf_printf(&page->out, "%s_bucket{%s%sle=\"", page->name,
	    buf_text(&page->labels), page->labels.len > 0 ? "," : "");
	prometheus_add_real(&page->out, bound);
	buf_printf(&page->out, "\"} %" PRIu64 "\n", count);
}

void
prometheus_histogram(struct prometheus *page,
    const struct prometheus_bucket *bucket, size_t n, uint64_t more, double sum)
{
	uint64_t count = 0;
	size_t i;

	MUST(page->type == PROMETHEUS_HISTOGRAM && page->name != NULL);
	for (i = 0; i < n; i++) {
		count += bucket[i].count;
		prometheus_add_bucket(page, bucket[i].bound, count);
	}
	count += more;
	prometheus_add_bucket(page, INFINITY, count);
	prometheus_begin_sample(page, "_sum");
	prometheus_add_real(&page->out, sum);
	buf_add_byte(&page->out, '\n');
	prometheus_begin_sample(page, "_count");
	buf_printf(&page->out, "%" PRIu64 "\n", count);
	buf_clear(&page->labels);
}
