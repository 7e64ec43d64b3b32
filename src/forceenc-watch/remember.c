/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * What a line is kept for decides how much of it: the words of servers, and of
 * programs that aren't counted, may name a recipient as well.
 */

#include "forceenc-watch/remember.h"

#include <string.h>

#include "forceenc-watch/event.h"
#include "forceenc-watch/maillog.h"

/* What stands between the address of a delivery and its relay. */
#define REMEMBER_RELAY   ", relay="
#define REMEMBER_ORIG_TO ">, orig_to=<"

/* So many words tell what was refused, and when: "NOQUEUE: reject: RCPT ". */
#define REMEMBER_WORDS 3

/* Somebody, as long as the one who stood there. */
static void
remember_somebody(struct buf *out, size_t len)
{
	memset(buf_reserve(out, len + 1), 'x', len);
	out->len += len;
}

static void
remember_up_to(struct buf *out, const char *from, const char *to)
{
	buf_add(out, from, (size_t)(to - from));
}

/* An address with its domain, as far as it has one. */
static void
remember_domain(struct buf *out, struct event_span address)
{
	const char *at = memrchr(address.s, '@', address.len);
	const char *end = address.s + address.len;

	if (at == NULL)
		at = end;
	remember_somebody(out, (size_t)(at - address.s));
	remember_up_to(out, at, end);
}

/* From the ">" behind the address on. */
static void
remember_orig_to(struct buf *out, const char *at, const char *relay)
{
	size_t len = (size_t)(relay - at) - strlen(REMEMBER_RELAY);
	size_t head = strlen(REMEMBER_ORIG_TO);

	if (len <= head) {
		remember_up_to(out, at, relay);
		return;
	}
	buf_add(out, at, head);
	remember_somebody(out, len - head - 1);
	remember_up_to(out, at + len - 1, relay);
}

/* Why TLS wasn't to be had is kept in the store as well. */
static void
remember_words(struct buf *out, const struct event *event)
{
	static const char forwarded[] = "forwarded as ";

	if (event->reason != STORE_NO_REASON)
		buf_add(out, event->text.s, event->text.len);
	else if (memmem(event->text.s, event->text.len, forwarded,
		     sizeof(forwarded) - 1) != NULL)
		buf_add_text(out, forwarded);
}

/* text ends at end. */
static void
remember_delivery(struct buf *out, const struct event *event, const char *text,
    const char *end)
{
	remember_up_to(out, text, event->address.s);
	remember_domain(out, event->address);
	remember_orig_to(
	    out, event->address.s + event->address.len, event->relay.s);
	remember_up_to(out, event->relay.s, event->text.s);
	remember_words(out, event);
	remember_up_to(out, event->text.s + event->text.len, end);
}

static void
remember_first_words(struct buf *out, const char *text, const char *end)
{
	const char *at = text, *space = text;
	unsigned i;

	for (i = 0; i < REMEMBER_WORDS && space != NULL; i++) {
		space = memchr(at, ' ', (size_t)(end - at));
		if (space != NULL)
			at = space + 1;
	}
	remember_up_to(out, text, at);
}

/* Up to what would be a recipient, if it were understood. */
static void
remember_unparsed(struct buf *out, const char *text, const char *end)
{
	static const char to[] = "to=<";
	const char *at = memmem(text, (size_t)(end - text), to, sizeof(to) - 1);

	remember_up_to(out, text, at != NULL ? at + sizeof(to) - 1 : end);
}

static void
remember_text(struct buf *out, enum event_process process, const char *text,
    const char *end)
{
	struct event event;

	event_parse(&event, process, text, (size_t)(end - text));
	switch (event.type) {
	case EVENT_NONE:
		break;
	case EVENT_UNPARSED:
		remember_unparsed(out, text, end);
		break;
	case EVENT_DELIVERY:
	case EVENT_PROBE:
		remember_delivery(out, &event, text, end);
		break;
	case EVENT_TOTAL:
		if (event.what == STORE_RETURNED)
			remember_delivery(out, &event, text, end);
		else
			remember_first_words(out, text, end);
		break;
	case EVENT_ATTEMPT:
		remember_up_to(
		    out, text, event.queue_id.s + event.queue_id.len + 2);
		break;
	case EVENT_SENDER:
	case EVENT_REMOVED:
	case EVENT_EXPIRED:
	case EVENT_TLS:
	case EVENT_TLS_ERROR:
	case EVENT_TLS_FROM:
	case EVENT_CLIENT_GONE:
	case EVENT_START:
	case EVENT_RELOAD:
	case EVENT_LOST:
	case EVENT_RECEIVED:
		remember_up_to(out, text, end);
		break;
	}
}

void
remember_line(
    struct buf *out, struct scene *scene, const char *line, size_t len)
{
	const struct scene_program *program;
	const char *text, *end;
	struct maillog log;
	size_t text_len;

	buf_clear(out);
	switch (maillog_parse(&log, line, len)) {
	case MAILLOG_LINE:
		break;
	case MAILLOG_REPEAT:
		remember_up_to(out, line, log.text);
		return;
	case MAILLOG_OTHER:
		buf_add_byte(out, '?');
		return;
	}
	program = scene_find(
	    scene, log.host, log.host_len, log.program, log.program_len);
	text = log.text;
	text_len = log.text_len;
	maillog_repeats(&text, &text_len);
	end = text + text_len;
	remember_up_to(out, line, text);
	remember_text(out, program->process, text, end);
	remember_up_to(out, end, line + len);
}
