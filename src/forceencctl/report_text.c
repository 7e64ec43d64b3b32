/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/report_text.h"

#include <inttypes.h>
#include <string.h>

#include "forceencctl/report_layout.h"
#include "forceencctl/report_rank.h"

#define REPORT_TEXT_WIDTH 78
#define REPORT_TEXT_BAR   24

static void
report_text_heading(struct buf *out, const char *title)
{
	size_t i;

	buf_printf(out, "\n%s\n", title);
	for (i = 0; i < strlen(title); i++)
		buf_add_byte(out, '-');
	buf_add_byte(out, '\n');
}

/* Words, with so many blanks in front of all lines but the first. */
static void
report_text_wrap(struct buf *out, const char *text, size_t indent, size_t used)
{
	size_t at = used, len;

	while (*text != '\0') {
		len = strcspn(text, " ");
		if (at > indent && at + 1 + len > REPORT_TEXT_WIDTH) {
			buf_printf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (at > indent) {
			buf_add_byte(out, ' ');
			at++;
		}
		buf_add(out, text, len);
		at += len;
		text += len;
		text += strspn(text, " ");
	}
	buf_add_byte(out, '\n');
}

static void
report_text_problems(const json_t *report, struct buf *out)
{
	const json_t *problems = json_object_get(report, "problems"), *row;
	const char *severity, *text;
	struct buf shown = {0};
	size_t i;

	report_text_heading(out, "Problems");
	if (json_array_size(problems) == 0)
		report_text_wrap(out, REPORT_NO_PROBLEM, 0, 0);
	json_array_foreach (problems, i, row) {
		severity = print_text_of(row, "severity");
		text = print_text_of(row, "text");
		buf_clear(&shown);
		print_add_text(&shown, text, strlen(text));
		buf_printf(out, "%-8s ",
		    strcmp(severity, "alarm") == 0 ? "ALARM" : severity);
		report_text_wrap(out, buf_text(&shown), 9, 9);
	}
	buf_fini(&shown);
}

static void
report_text_list(
    const json_t *report, const struct report_section *section, struct buf *out)
{
	const json_t *list = json_object_get(report, section->name), *row;
	struct print_rows *rows;
	struct buf more = {0};
	size_t i;

	if (json_array_size(list) == 0)
		return;
	report_text_heading(out, section->title);
	if (section->lead != NULL) {
		report_text_wrap(out, section->lead, 0, 0);
		buf_add_byte(out, '\n');
	}
	rows = print_rows_new(PRINT_TABLE, section->column, section->n);
	json_array_foreach (list, i, row)
		print_rows_add(rows, row);
	print_rows_end(rows, out);
	report_layout_more(report, section->name, &more);
	if (more.len > 0)
		buf_printf(out, "... %s\n", buf_text(&more));
	buf_fini(&more);
}

static void
report_text_level(const json_t *level, struct buf *out)
{
	double share = json_number_value(json_object_get(level, "share"));
	struct buf text[2] = {{0}, {0}};
	int i;

	buf_printf(out, "%-10s ", print_text_of(level, "level"));
	for (i = 0; i < REPORT_TEXT_BAR; i++)
		buf_add_byte(
		    out, share * REPORT_TEXT_BAR / 100 >= i + 0.5 ? '#' : '.');
	report_layout_share(level, &text[0]);
	report_layout_change(level, &text[1]);
	buf_printf(out, "  %9s %8s  %10" PRId64 "\n", buf_text(&text[0]),
	    buf_text(&text[1]), report_rank_get(level, "count"));
	buf_fini(&text[0]);
	buf_fini(&text[1]);
}

static void
report_text_levels(
    const json_t *report, const struct report_section *section, struct buf *out)
{
	const json_t *list = json_object_get(report, section->name), *row;
	size_t i;

	report_text_heading(out, section->title);
	buf_printf(out, "%-10s %-*s  %9s %8s  %10s\n", "LEVEL", REPORT_TEXT_BAR,
	    "", "SHARE", "CHANGE", "RECIPIENTS");
	json_array_foreach (list, i, row)
		report_text_level(row, out);
}

static void
report_text_totals(
    const json_t *report, const struct report_section *section, struct buf *out)
{
	const json_t *totals = json_object_get(report, section->name);
	const struct report_total *line;
	unsigned i;
	int64_t n;

	report_text_heading(out, section->title);
	for (i = 0; i < report_totals_lines_n; i++) {
		line = &report_totals_lines[i];
		n = report_rank_get(totals, line->name);
		if (n == 0 && !line->always)
			continue;
		buf_printf(out, "%12" PRId64 "  ", n);
		report_layout_label(totals, line, out);
		buf_add_byte(out, '\n');
	}
}

void
report_text(const json_t *report, struct buf *out)
{
	const struct report_section *section;
	struct buf period = {0};
	unsigned i;

	report_layout_subject(report, out);
	buf_add_byte(out, '\n');
	report_layout_period(report, &period);
	report_text_wrap(out, buf_text(&period), 0, 0);
	buf_fini(&period);
	report_text_problems(report, out);
	for (i = 0; i < report_sections_n; i++) {
		section = &report_sections[i];
		switch (section->kind) {
		case REPORT_LIST:
			report_text_list(report, section, out);
			break;
		case REPORT_LEVELS:
			report_text_levels(report, section, out);
			break;
		case REPORT_TOTALS:
			report_text_totals(report, section, out);
			break;
		}
	}
}
