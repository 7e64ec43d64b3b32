/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/intake.h"

#include "forceenc-watch/queue_id.h"

static const struct {
	const char *word;
	enum store_what what;
} intake_words[] = {
    {"reject: ", STORE_REJECTED},
    {"reject_warning: ", STORE_WARNED},
    {"warning: ", STORE_WARNED},
    {"hold: ", STORE_HELD},
    {"discard: ", STORE_DISCARDED},
};

#define INTAKE_WORDS (sizeof(intake_words) / sizeof(*intake_words))

/* What was looked at is a message, and not a command before there was one. */
static bool
intake_is_of_content(const struct scan *scan)
{
	struct scan at = *scan;

	return scan_skip(&at, "header ") || scan_skip(&at, "body ") ||
	    scan_skip(&at, "END-OF-MESSAGE ");
}

/* What became of it, by the word of smtpd(8), postscreen(8) or cleanup(8). */
static bool
intake_verdict(struct event *event, struct scan *scan)
{
	struct scan at = *scan;
	bool milter;
	size_t i;

	switch (at.at < at.end ? *at.at : '\0') {
	case 'd':
	case 'h':
	case 'm':
	case 'r':
	case 'w':
		break;
	default:
		return false;
	}
	milter = scan_skip(&at, "milter-");
	for (i = 0; i < INTAKE_WORDS; i++)
		if (scan_skip_bytes(&at, intake_words[i].word,
			strlen(intake_words[i].word)))
			break;
	if (i == INTAKE_WORDS)
		return false;
	event->what = intake_words[i].what;
	if ((milter || intake_words[i].word[0] == 'w') &&
	    !intake_is_of_content(&at)) {
		if (event->what != STORE_REJECTED)
			return false;
		event->what = STORE_MILTER_REJECTED;
	}
	event->type = EVENT_TOTAL;
	*scan = at;
	return true;
}

bool
intake_message(struct event *event, struct scan *scan)
{
	if (scan_skip(scan, "client=") || scan_skip(scan, "uid=") ||
	    scan_skip(scan, "sender=")) {
		event->type = EVENT_RECEIVED;
		return true;
	}
	return intake_verdict(event, scan);
}

bool
intake_noqueue(struct event *event, struct scan *scan)
{
	struct scan at = *scan;

	if (!scan_skip(&at, "NOQUEUE: "))
		return false;
	/* On its way through a filter that stands in front of the queue. */
	if (scan_skip(&at, "client=")) {
		event->type = EVENT_RECEIVED;
		return true;
	}
	return intake_verdict(event, &at);
}

bool
intake_smtpd(struct event *event, struct scan *scan)
{
	struct scan at = *scan;

	if (*at.at == 'N' && intake_noqueue(event, scan))
		return true;
	if (!queue_id_parse(&at, &event->queue_id))
		return false;
	return intake_message(event, &at);
}
