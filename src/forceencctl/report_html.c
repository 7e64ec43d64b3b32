/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/report_html.h"

#include <inttypes.h>
#include <string.h>

#include "forceencctl/report_layout.h"
#include "forceencctl/report_rank.h"

/* Mail readers throw style sheets away, so each element has its own. */
#define REPORT_HTML_CELL  "padding:2px 12px 2px 0;vertical-align:top"
#define REPORT_HTML_BAR   "#3b6ea5"
#define REPORT_HTML_ALARM "#b00020"

/* Printable text; what looks like markup isn't. */
static void
report_html_escape(struct buf *out, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		switch (text[i]) {
		case '&':
			buf_add_text(out, "&amp;");
			break;
		case '<':
			buf_add_text(out, "&lt;");
			break;
		case '>':
			buf_add_text(out, "&gt;");
			break;
		case '"':
			buf_add_text(out, "&quot;");
			break;
		case '\'':
			buf_add_text(out, "&#39;");
			break;
		default:
			buf_add_byte(out, text[i]);
			break;
		}
	}
}

/* Takes what is in text. */
static void
report_html_take(struct buf *out, struct buf *text)
{
	report_html_escape(out, text->len > 0 ? text->data : "", text->len);
	buf_fini(text);
}

static void
report_html_cell(
    struct buf *out, const char *tag, bool right, const char *text, size_t len)
{
	buf_printf(out, "<%s style=\"" REPORT_HTML_CELL ";text-align:%s\">",
	    tag, right ? "right" : "left");
	report_html_escape(out, text, len);
	buf_printf(out, "</%s>", tag);
}

static void
report_html_heading(struct buf *out, const struct report_section *section)
{
	buf_printf(out,
	    "<h2 style=\"font-size:16px;margin:24px 0 6px\">%s</h2>\n",
	    section->title);
	if (section->lead == NULL)
		return;
	buf_add_text(out, "<p style=\"margin:0 0 6px\">");
	report_html_escape(out, section->lead, strlen(section->lead));
	buf_add_text(out, "</p>\n");
}

#define REPORT_HTML_TABLE \
	"<table style=\"border-collapse:collapse;font-size:13px\">\n"

static void
report_html_problems(const json_t *report, struct buf *out)
{
	static const struct report_section section = {.title = "Problems"};
	const json_t *problems = json_object_get(report, "problems"), *row;
	struct buf shown = {0};
	const char *text;
	size_t i;

	report_html_heading(out, &section);
	if (json_array_size(problems) == 0) {
		buf_add_text(out, "<p>" REPORT_NO_PROBLEM "</p>\n");
		return;
	}
	buf_add_text(out, "<ul>\n");
	json_array_foreach (problems, i, row) {
		text = print_text_of(row, "severity");
		if (strcmp(text, "alarm") == 0)
			buf_add_text(out,
			    "<li style=\"color:" REPORT_HTML_ALARM
			    ";font-weight:bold\">ALARM: ");
		else
			buf_printf(out, "<li>%s",
			    strcmp(text, "note") == 0 ? "note: " : "");
		text = print_text_of(row, "text");
		print_add_text(&shown, text, strlen(text));
		report_html_take(out, &shown);
		buf_add_text(out, "</li>\n");
	}
	buf_add_text(out, "</ul>\n");
}

static void
report_html_row(
    const json_t *row, const struct report_section *section, struct buf *out)
{
	const struct print_column *column;
	struct buf cell = {0};
	unsigned i;

	buf_add_text(out, "<tr>");
	for (i = 0; i < section->n; i++) {
		column = &section->column[i];
		buf_clear(&cell);
		print_add_cell(&cell, json_object_get(row, column->name),
		    column->kind, PRINT_TABLE);
		if (cell.len == 0)
			buf_add_byte(&cell, '-');
		report_html_cell(out, "td", column->kind == PRINT_COUNT,
		    cell.data, cell.len);
	}
	buf_add_text(out, "</tr>\n");
	buf_fini(&cell);
}

static void
report_html_list(
    const json_t *report, const struct report_section *section, struct buf *out)
{
	const json_t *list = json_object_get(report, section->name), *row;
	struct buf more = {0};
	const char *title;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	report_html_heading(out, section);
	buf_add_text(out, REPORT_HTML_TABLE "<tr>");
	for (i = 0; i < section->n; i++) {
		title = section->column[i].title;
		report_html_cell(out, "th",
		    section->column[i].kind == PRINT_COUNT, title,
		    strlen(title));
	}
	buf_add_text(out, "</tr>\n");
	json_array_foreach (list, i, row)
		report_html_row(row, section, out);
	buf_add_text(out, "</table>\n");
	report_layout_more(report, section->name, &more);
	if (more.len > 0)
		buf_printf(out, "<p>&#8230; %s</p>\n", buf_text(&more));
	buf_fini(&more);
}

static void
report_html_level(const json_t *level, struct buf *out)
{
	double share = json_number_value(json_object_get(level, "share"));
	const char *name = print_text_of(level, "level");
	struct buf text = {0};

	buf_add_text(out, "<tr>");
	report_html_cell(out, "td", false, name, strlen(name));
	buf_printf(out,
	    "<td style=\"" REPORT_HTML_CELL
	    ";width:200px\"><div style=\"background:#e4e8ec\">"
	    "<div style=\"background:" REPORT_HTML_BAR
	    ";height:12px;width:%.1f%%\"></div></div></td>",
	    share);
	report_layout_share(level, &text);
	report_html_cell(out, "td", true, text.data, text.len);
	buf_clear(&text);
	report_layout_change(level, &text);
	report_html_cell(out, "td", true, text.data, text.len);
	buf_clear(&text);
	buf_printf(&text, "%" PRId64, report_rank_get(level, "count"));
	report_html_cell(out, "td", true, text.data, text.len);
	buf_add_text(out, "</tr>\n");
	buf_fini(&text);
}

static void
report_html_levels(
    const json_t *report, const struct report_section *section, struct buf *out)
{
	static const char *const title[] = {
	    "LEVEL", "", "SHARE", "CHANGE", "RECIPIENTS"};
	const json_t *list = json_object_get(report, section->name), *row;
	size_t i;

	report_html_heading(out, section);
	buf_add_text(out, REPORT_HTML_TABLE "<tr>");
	for (i = 0; i < sizeof(title) / sizeof(*title); i++)
		report_html_cell(out, "th", i > 1, title[i], strlen(title[i]));
	buf_add_text(out, "</tr>\n");
	json_array_foreach (list, i, row)
		report_html_level(row, out);
	buf_add_text(out, "</table>\n");
}

static void
report_html_totals(
    const json_t *report, const struct report_section *section, struct buf *out)
{
	const json_t *totals = json_object_get(report, section->name);
	const struct report_total *line;
	struct buf text = {0};
	unsigned i;
	int64_t n;

	report_html_heading(out, section);
	buf_add_text(out, REPORT_HTML_TABLE);
	for (i = 0; i < report_totals_lines_n; i++) {
		line = &report_totals_lines[i];
		n = report_rank_get(totals, line->name);
		if (n == 0 && !line->always)
			continue;
		buf_clear(&text);
		buf_printf(&text, "%" PRId64, n);
		buf_add_text(out, "<tr>");
		report_html_cell(out, "td", true, text.data, text.len);
		buf_clear(&text);
		report_layout_label(totals, line, &text);
		report_html_cell(out, "td", false, text.data, text.len);
		buf_add_text(out, "</tr>\n");
	}
	buf_add_text(out, "</table>\n");
	buf_fini(&text);
}

static void
report_html_begin(const json_t *report, struct buf *out)
{
	struct buf text = {0};

	buf_add_text(out,
	    "<!DOCTYPE html>\n<html lang=\"en\"><head>"
	    "<meta charset=\"utf-8\"><title>");
	report_layout_subject(report, &text);
	report_html_take(out, &text);
	buf_add_text(out,
	    "</title></head>\n<body style=\"font-family:sans-serif;"
	    "font-size:14px;color:#222;background:#fff\">\n"
	    "<h1 style=\"font-size:20px;margin:0 0 6px\">");
	report_layout_subject(report, &text);
	report_html_take(out, &text);
	buf_add_text(out, "</h1>\n<p style=\"margin:0\">");
	report_layout_period(report, &text);
	report_html_take(out, &text);
	buf_add_text(out, "</p>\n");
}

void
report_html(const json_t *report, struct buf *out)
{
	const struct report_section *section;
	unsigned i;

	report_html_begin(report, out);
	report_html_problems(report, out);
	for (i = 0; i < report_sections_n; i++) {
		section = &report_sections[i];
		switch (section->kind) {
		case REPORT_LIST:
			report_html_list(report, section, out);
			break;
		case REPORT_LEVELS:
			report_html_levels(report, section, out);
			break;
		case REPORT_TOTALS:
			report_html_totals(report, section, out);
			break;
		}
	}
	buf_add_text(out, "</body></html>\n");
}
