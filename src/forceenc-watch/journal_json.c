/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/journal_json.h"

#include <jansson.h>
#include <string.h>

/* A field's bytes; the empty text where there is none. */
static const char *
journal_json_text(
    const struct journal_json *entry, const char *name, size_t *len)
{
	const json_t *value = json_object_get(entry->root, name);

	*len = json_string_length(value);
	return json_is_string(value) ? json_string_value(value) : "";
}

/* Microseconds, written as text. */
static bool
journal_json_time(
    const struct journal_json *entry, const char *name, int64_t *time)
{
	size_t len, i;
	const char *text = journal_json_text(entry, name, &len);
	int64_t us = 0;

	if (len == 0 || len > 17)
		return false;
	for (i = 0; i < len; i++) {
		if ((unsigned)(text[i] - '0') >= 10)
			return false;
		us = us * 10 + (text[i] - '0');
	}
	*time = us / 1000000;
	return true;
}

static bool
journal_json_pid(
    const struct journal_json *entry, const char *name, uint32_t *pid)
{
	size_t len;
	const char *text = journal_json_text(entry, name, &len);

	return len > 0 && maillog_number(text, len, UINT32_MAX, pid) == len;
}

/* What isn't UTF-8 comes as an array of bytes. */
static bool
journal_json_message(struct journal_json *entry, struct maillog *log)
{
	const json_t *value = json_object_get(entry->root, "MESSAGE");
	json_int_t byte;
	size_t i;

	log->text = journal_json_text(entry, "MESSAGE", &log->text_len);
	if (json_is_string(value))
		return true;
	if (!json_is_array(value))
		return false;
	for (i = 0; i < json_array_size(value); i++) {
		byte = json_integer_value(json_array_get(value, i));
		if (byte < 0 || byte > 255)
			return false;
		buf_add_byte(&entry->message, (char)byte);
	}
	log->text = entry->message.len > 0 ? entry->message.data : "";
	log->text_len = entry->message.len;
	return true;
}

enum maillog_line
journal_json_parse(struct journal_json *entry, struct maillog *log,
    const char *line, size_t len)
{
	memset(entry, 0, sizeof(*entry));
	memset(log, 0, sizeof(*log));
	entry->root = json_loadb(line, len, JSON_ALLOW_NUL, NULL);
	if (!json_is_object(entry->root))
		return MAILLOG_OTHER;
	log->program =
	    journal_json_text(entry, "SYSLOG_IDENTIFIER", &log->program_len);
	log->host = journal_json_text(entry, "_HOSTNAME", &log->host_len);
	if (!journal_json_pid(entry, "SYSLOG_PID", &log->pid))
		journal_json_pid(entry, "_PID", &log->pid);
	if (log->program_len == 0 ||
	    !journal_json_time(entry, "__REALTIME_TIMESTAMP", &log->time) ||
	    !journal_json_message(entry, log))
		return MAILLOG_OTHER;
	return MAILLOG_LINE;
}

void
journal_json_fini(struct journal_json *entry)
{
	json_decref(entry->root);
	buf_fini(&entry->message);
	entry->root = NULL;
}
