/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/journal_query.h"

#include <string.h>

#include "forceenc-watch/event.h"
#include "forceenc/buf.h"

/* The whole facility, where nothing is named. */
#define JOURNAL_QUERY_MAIL "SYSLOG_FACILITY=2"
/* journald(8) was written to too fast, and says so. */
#define JOURNAL_QUERY_LOST   "MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e"
#define JOURNAL_QUERY_DAEMON "systemd-journal"
#define JOURNAL_QUERY_UNITS  "postfix"

struct journal_query {
	const struct journal_spec *spec;
	journal_query_fn *fn;
	void *arg;
};

static int
journal_query_term(const struct journal_query *query, const char *field,
    const char *value, const char *process)
{
	struct buf term = {0};
	int rc;

	buf_printf(&term, "%s%s%s%s", field, value, process == NULL ? "" : "/",
	    process == NULL ? "" : process);
	rc = query->fn(JOURNAL_QUERY_TERM, buf_text(&term), query->arg);
	buf_fini(&term);
	return rc;
}

static int
journal_query_identifier(const struct journal_query *query, const char *name)
{
	int rc = journal_query_term(query, "SYSLOG_IDENTIFIER=", name, NULL);
	const char *process;
	size_t i;

	for (i = 0; rc >= 0 && (process = event_process_name(i)) != NULL; i++)
		rc = journal_query_term(
		    query, "SYSLOG_IDENTIFIER=", name, process);
	return rc;
}

static int
journal_query_words(
    const struct journal_query *query, enum journal_spec_kind kind)
{
	const struct journal_spec_word *word = query->spec->word;
	int rc = 0;
	size_t i;

	for (i = 0; rc >= 0 && i < query->spec->n; i++) {
		if (word[i].kind != kind)
			continue;
		if (kind == JOURNAL_SPEC_IDENTIFIER)
			rc = journal_query_identifier(query, word[i].text);
		else
			rc = journal_query_term(query,
			    kind == JOURNAL_SPEC_UNIT ? "_SYSTEMD_UNIT=" : "",
			    word[i].text, NULL);
	}
	return rc;
}

bool
journal_query_has(const struct journal_spec *spec, enum journal_spec_kind kind)
{
	size_t i;

	for (i = 0; i < spec->n; i++)
		if (spec->word[i].kind == kind)
			return true;
	return false;
}

int
journal_query_each(
    const struct journal_spec *spec, journal_query_fn *fn, void *arg)
{
	const struct journal_query query = {spec, fn, arg};
	int rc;

	if (journal_query_has(spec, JOURNAL_SPEC_UNIT) ||
	    journal_query_has(spec, JOURNAL_SPEC_IDENTIFIER))
		rc = journal_query_words(&query, JOURNAL_SPEC_UNIT);
	else
		rc = journal_query_term(&query, JOURNAL_QUERY_MAIL, "", NULL);
	if (rc >= 0)
		rc = fn(JOURNAL_QUERY_OR, NULL, arg);
	if (rc >= 0)
		rc = journal_query_words(&query, JOURNAL_SPEC_IDENTIFIER);
	if (rc >= 0)
		rc = fn(JOURNAL_QUERY_OR, NULL, arg);
	if (rc >= 0)
		rc = journal_query_term(&query, JOURNAL_QUERY_LOST, "", NULL);
	if (rc < 0 || !journal_query_has(spec, JOURNAL_SPEC_FIELD))
		return rc;
	rc = fn(JOURNAL_QUERY_AND, NULL, arg);
	return rc < 0 ? rc : journal_query_words(&query, JOURNAL_SPEC_FIELD);
}

static bool
journal_query_begins(const char *s, size_t len, const char *with)
{
	return len >= strlen(with) && memcmp(s, with, strlen(with)) == 0;
}

/* "Suppressed 12 messages from postfix@-.service" */
bool
journal_query_is_others_loss(
    const struct journal_spec *spec, const struct maillog *log)
{
	static const char from[] = " from ";
	const char *unit =
	    memmem(log->text, log->text_len, from, sizeof(from) - 1);
	const struct journal_spec_word *word = spec->word;
	size_t len, i;

	if (unit == NULL ||
	    !journal_query_begins(
		log->program, log->program_len, JOURNAL_QUERY_DAEMON))
		return false;
	unit += sizeof(from) - 1;
	len = (size_t)(log->text + log->text_len - unit);
	if (!journal_query_has(spec, JOURNAL_SPEC_UNIT))
		return !journal_query_begins(unit, len, JOURNAL_QUERY_UNITS);
	for (i = 0; i < spec->n; i++)
		if (word[i].kind == JOURNAL_SPEC_UNIT &&
		    strlen(word[i].text) == len &&
		    memcmp(word[i].text, unit, len) == 0)
			return false;
	return true;
}
