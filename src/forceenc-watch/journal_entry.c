/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/journal_entry.h"

#include "config.h"

#ifdef HAVE_SYSTEMD

#include <string.h>
#include <systemd/sd-journal.h>

#include "forceenc-watch/journal_query.h"
#include "forceenc/text.h"

void
journal_entry_fini(struct journal_entry *entry)
{
	int i;

	for (i = 0; i < JOURNAL_ENTRY_PARTS; i++)
		buf_fini(&entry->part[i]);
}

static int
journal_entry_match(enum journal_query_op op, const char *term, void *arg)
{
	sd_journal *handle = arg;

	if (op == JOURNAL_QUERY_OR)
		return sd_journal_add_disjunction(handle);
	if (op == JOURNAL_QUERY_AND)
		return sd_journal_add_conjunction(handle);
	return sd_journal_add_match(handle, term, 0);
}

int
journal_entry_select(struct sd_journal *handle, const struct journal_spec *spec)
{
	sd_journal_flush_matches(handle);
	return journal_query_each(spec, journal_entry_match, handle);
}

/* Behind the name of the field and "=", if it's that one; NULL otherwise. */
static const char *
journal_entry_value(
    const char *data, size_t *len, const char *name, size_t name_len)
{
	if (*len <= name_len || data[name_len] != '=' ||
	    memcmp(data, name, name_len) != 0)
		return NULL;
	*len -= name_len + 1;
	return data + name_len + 1;
}

/* The first one of a name counts. */
static void
journal_entry_take(struct journal_entry *entry, const char *data, size_t len)
{
	static const struct {
		const char *name;
		size_t len;
	} parts[JOURNAL_ENTRY_PARTS] = {
	    [JOURNAL_ENTRY_TEXT] = {"MESSAGE", 7},
	    [JOURNAL_ENTRY_PROGRAM] = {"SYSLOG_IDENTIFIER", 17},
	    [JOURNAL_ENTRY_HOST] = {"_HOSTNAME", 9},
	    [JOURNAL_ENTRY_SYSLOG_PID] = {"SYSLOG_PID", 10},
	    [JOURNAL_ENTRY_PID] = {"_PID", 4},
	};
	const char *value;
	int i;

	for (i = 0; i < JOURNAL_ENTRY_PARTS; i++) {
		value = journal_entry_value(
		    data, &len, parts[i].name, parts[i].len);
		if (value == NULL)
			continue;
		if (!entry->has[i])
			buf_add(&entry->part[i], value, len);
		entry->has[i] = true;
		return;
	}
}

/* 0: it's none. */
static uint32_t
journal_entry_number(const struct buf *text)
{
	uint32_t number;

	if (text->len == 0 ||
	    maillog_number(text->data, text->len, UINT32_MAX, &number) !=
		text->len)
		return 0;
	return number;
}

static void
journal_entry_log(struct journal_entry *entry, int64_t time)
{
	struct maillog *log = &entry->log;

	memset(log, 0, sizeof(*log));
	log->time = time;
	log->host = buf_text(&entry->part[JOURNAL_ENTRY_HOST]);
	log->host_len = entry->part[JOURNAL_ENTRY_HOST].len;
	log->program = buf_text(&entry->part[JOURNAL_ENTRY_PROGRAM]);
	log->program_len = entry->part[JOURNAL_ENTRY_PROGRAM].len;
	log->text = buf_text(&entry->part[JOURNAL_ENTRY_TEXT]);
	log->text_len = entry->part[JOURNAL_ENTRY_TEXT].len;
	log->pid = journal_entry_number(&entry->part[JOURNAL_ENTRY_SYSLOG_PID]);
	if (log->pid == 0)
		log->pid =
		    journal_entry_number(&entry->part[JOURNAL_ENTRY_PID]);
}

bool
journal_entry_read(
    struct journal_entry *entry, struct sd_journal *handle, int64_t time)
{
	const void *data;
	size_t len;
	int i;

	for (i = 0; i < JOURNAL_ENTRY_PARTS; i++) {
		buf_clear(&entry->part[i]);
		entry->has[i] = false;
	}
	/* All in one go: to look for each goes through them each time. */
	sd_journal_restart_data(handle);
	while (sd_journal_enumerate_available_data(handle, &data, &len) > 0)
		journal_entry_take(entry, data, len);
	journal_entry_log(entry, time);
	return entry->has[JOURNAL_ENTRY_TEXT] && entry->log.program_len > 0;
}

void
journal_entry_machine(struct journal_entry *entry, struct sd_journal *handle,
    char *out, size_t size)
{
	static const char name[] = "_MACHINE_ID";
	struct buf *machine = &entry->part[JOURNAL_ENTRY_HOST];
	const char *id = NULL;
	const void *data;
	size_t len;

	buf_clear(machine);
	if (sd_journal_get_data(handle, name, &data, &len) >= 0)
		id = journal_entry_value(data, &len, name, sizeof(name) - 1);
	if (id != NULL)
		buf_add(machine, id, len);
	if (machine->len == 0 || machine->len >= size) {
		buf_clear(machine);
		buf_printf(machine, "unknown");
	}
	text_printable(out, size, machine->data, machine->len);
}

#endif
