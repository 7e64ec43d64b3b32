/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/audit_print.h"

#include <string.h>

#define AUDIT_PRINT_WIDTH 79

static const char *const audit_print_names[] = {
    [AUDIT_LEAK] = "leak",
    [AUDIT_WARN] = "warning",
    [AUDIT_NOTE] = "note",
};

static const struct print_column audit_print_columns[] = {
    {"severity", "SEVERITY", PRINT_TEXT, 0},
    {"rule", "RULE", PRINT_TEXT, 0},
    {"title", "WHAT", PRINT_TEXT, 0},
};

static const struct print_column audit_print_values[] = {
    {"severity", "SEVERITY", PRINT_TEXT, 0},
    {"rule", "RULE", PRINT_TEXT, 0},
    {"line", "LINE", PRINT_TEXT, 0},
    {"fix", "FIX", PRINT_TEXT, 0},
    {"title", "WHAT", PRINT_TEXT, 0},
};

static json_t *
audit_print_text(const char *text)
{
	return print_string(text, strlen(text));
}

static json_t *
audit_print_record(const struct audit_finding *finding)
{
	const struct audit_rule *rule = finding->rule;

	return json_pack("{s:s,s:s,s:s,s:o,s:s,s:o,s:s}", "severity",
	    audit_print_names[rule->severity], "rule", rule->id, "title",
	    rule->title, "line", audit_print_text(finding->line), "why",
	    rule->why, "fix",
	    *finding->fix != '\0' ? audit_print_text(finding->fix)
				  : json_null(),
	    "source", rule->source);
}

/* A row a finding; of the same rule one only, if they're for people. */
static void
audit_print_rows(
    const struct audit *audit, enum print_form form, struct buf *out)
{
	bool table = form == PRINT_TABLE;
	struct print_rows *rows = print_rows_new(form,
	    table ? audit_print_columns : audit_print_values, table ? 3 : 5);
	json_t *record;
	size_t i;

	for (i = 0; i < audit->nfindings; i++) {
		if (table && i > 0 &&
		    audit->finding[i].rule == audit->finding[i - 1].rule)
			continue;
		record = audit_print_record(&audit->finding[i]);
		print_rows_add(rows, record);
		json_decref(record);
	}
	print_rows_end(rows, out);
}

/* Words in lines that aren't too long, each behind the indent; a longer word
 * sticks out. */
static void
audit_print_words(struct buf *out, const char *indent, const char *text)
{
	size_t column = strlen(indent), len;
	bool first = true;

	buf_add_text(out, indent);
	for (; *text != '\0'; text += len) {
		len = strcspn(text, " ");
		if (!first && column + 1 + len > AUDIT_PRINT_WIDTH) {
			buf_printf(out, "\n%s", indent);
			column = strlen(indent);
		} else if (!first) {
			buf_add_byte(out, ' ');
			column++;
		}
		print_add_text(out, text, len);
		column += len;
		first = false;
		len += strspn(text + len, " ");
	}
	buf_add_byte(out, '\n');
}

/* A rule with all that it found; returns how many. */
static size_t
audit_print_rule(const struct audit_finding *finding, size_t n, struct buf *out)
{
	const struct audit_rule *rule = finding->rule;
	const char *last = "";
	size_t i;

	buf_printf(out, "\n%s: %s\n", rule->id, rule->title);
	for (i = 0; i < n && finding[i].rule == rule; i++) {
		audit_print_words(out, "    ", finding[i].line);
		/* The same remedy for several lines stands behind them. */
		if (i + 1 < n && finding[i + 1].rule == rule &&
		    strcmp(finding[i].fix, finding[i + 1].fix) == 0)
			continue;
		last = finding[i].fix;
		if (*last != '\0') {
			buf_add_text(out, "  do: ");
			print_add_text(out, last, strlen(last));
			buf_add_byte(out, '\n');
		}
	}
	audit_print_words(out, "  ", rule->why);
	buf_printf(out, "  (%s)\n", rule->source);
	return i;
}

static void
audit_print_count(
    const struct audit *audit, enum audit_severity severity, struct buf *out)
{
	size_t i, n = 0;

	for (i = 0; i < audit->nfindings; i++)
		n += audit->finding[i].rule->severity == severity;
	buf_printf(out, "%zu %s%s%s", n, audit_print_names[severity],
	    n == 1 ? "" : "s", severity == AUDIT_NOTE ? "\n" : ", ");
}

void
audit_print(const struct audit *audit, enum print_form form, struct buf *out)
{
	size_t i = 0;

	if (form != PRINT_TABLE) {
		audit_print_rows(audit, form, out);
		return;
	}
	buf_printf(out, "Postfix %s, forced transport%s ",
	    postconf_value(audit->conf, NULL, "mail_version"),
	    audit->ntransports == 1 ? "" : "s");
	for (i = 0; i < audit->ntransports; i++)
		buf_printf(out, "%s%s", i > 0 ? ", " : "", audit->transport[i]);
	buf_add_text(out, ": ");
	audit_print_count(audit, AUDIT_LEAK, out);
	audit_print_count(audit, AUDIT_WARN, out);
	audit_print_count(audit, AUDIT_NOTE, out);
	if (audit->nfindings > 0)
		buf_add_byte(out, '\n');
	audit_print_rows(audit, form, out);
	for (i = 0; i < audit->nfindings;)
		i += audit_print_rule(
		    &audit->finding[i], audit->nfindings - i, out);
}
