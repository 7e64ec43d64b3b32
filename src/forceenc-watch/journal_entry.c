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
	buf_fini(&entry->host);
	buf_fini(&entry->program);
	buf_fini(&entry->text);
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

/* Its bytes, good until the next one; NULL if the entry has no such field. */
static const char *
journal_entry_field(sd_journal *handle, const char *name, size_t *len)
{
	size_t head = strlen(name) + 1;
	const void *data;

	if (sd_journal_get_data(handle, name, &data, len) < 0 || *len < head)
		return NULL;
	*len -= head;
	return (const char *)data + head;
}

/* Whether the entry has the field; out is empty otherwise. */
static bool
journal_entry_copy(sd_journal *handle, const char *name, struct buf *out)
{
	const char *bytes;
	size_t len;

	buf_clear(out);
	bytes = journal_entry_field(handle, name, &len);
	if (bytes != NULL)
		buf_add(out, bytes, len);
	return bytes != NULL;
}

static uint32_t
journal_entry_pid(sd_journal *handle)
{
	static const char *const names[] = {"SYSLOG_PID", "_PID"};
	const char *text;
	uint32_t pid;
	size_t i, len;

	for (i = 0; i < 2; i++) {
		text = journal_entry_field(handle, names[i], &len);
		if (text != NULL && len > 0 &&
		    maillog_number(text, len, UINT32_MAX, &pid) == len)
			return pid;
	}
	return 0;
}

bool
journal_entry_read(
    struct journal_entry *entry, struct sd_journal *handle, int64_t time)
{
	struct maillog *log = &entry->log;
	bool text;

	memset(log, 0, sizeof(*log));
	journal_entry_copy(handle, "_HOSTNAME", &entry->host);
	journal_entry_copy(handle, "SYSLOG_IDENTIFIER", &entry->program);
	text = journal_entry_copy(handle, "MESSAGE", &entry->text);
	log->host = buf_text(&entry->host);
	log->host_len = entry->host.len;
	log->program = buf_text(&entry->program);
	log->program_len = entry->program.len;
	log->pid = journal_entry_pid(handle);
	log->text = buf_text(&entry->text);
	log->text_len = entry->text.len;
	log->time = time;
	return text && log->program_len > 0;
}

void
journal_entry_machine(struct journal_entry *entry, struct sd_journal *handle,
    char *out, size_t size)
{
	struct buf *machine = &entry->host;

	journal_entry_copy(handle, "_MACHINE_ID", machine);
	if (machine->len == 0 || machine->len >= size) {
		buf_clear(machine);
		buf_printf(machine, "unknown");
	}
	text_printable(out, size, machine->data, machine->len);
}

unsigned
journal_entry_machines(struct sd_journal *handle)
{
	const void *data;
	unsigned n = 0;
	size_t len;

	if (sd_journal_query_unique(handle, "_MACHINE_ID") < 0)
		return 0;
	while (sd_journal_enumerate_unique(handle, &data, &len) > 0)
		n++;
	sd_journal_restart_unique(handle);
	return n;
}

#endif
