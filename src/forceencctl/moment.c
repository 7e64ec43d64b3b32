/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/moment.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "forceenc/stats.h"
#include "forceenc/text.h"

/* All of text, in one of the forms of a date. */
static bool
moment_scan(const char *text, struct tm *tm)
{
	static const char *const form[] = {
	    "%Y-%m-%d",
	    "%Y-%m-%dT%H:%M",
	    "%Y-%m-%dT%H:%M:%S",
	    "%Y-%m-%d %H:%M",
	    "%Y-%m-%d %H:%M:%S",
	};
	const char *end;
	size_t i;

	for (i = 0; i < sizeof(form) / sizeof(form[0]); i++) {
		*tm = (struct tm){.tm_isdst = -1};
		end = strptime(text, form[i], tm);
		if (end != NULL && *end == '\0')
			return true;
	}
	return false;
}

/* February 30th is another day to mktime(3), and nobody's meaning. */
static bool
moment_date(const char *text, int64_t *moment)
{
	char copy[32];
	size_t len = strlen(text);
	struct tm tm, same;
	bool utc = len > 0 && text[len - 1] == 'Z';
	time_t t;

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len + 1);
	if (utc)
		copy[len - 1] = '\0';
	if (!moment_scan(copy, &tm))
		return false;
	same = tm;
	t = utc ? timegm(&same) : mktime(&same);
	if (same.tm_mday != tm.tm_mday || same.tm_mon != tm.tm_mon)
		return false;
	*moment = t;
	return true;
}

int
moment_parse(const char *text, int64_t now, int64_t *moment, struct err *err)
{
	int64_t ago;

	if (strcmp(text, "all") == 0) {
		*moment = STATS_ALWAYS;
		return 0;
	}
	ago = text_parse_time(text, "d");
	if (ago >= 0) {
		*moment = now - ago / 1000;
		return 0;
	}
	if (moment_date(text, moment))
		return 0;
	return err_set(err,
	    "%s: no such time; write how long ago, such as 7d or 12h, a date "
	    "such as 2026-06-21 or 2026-06-21T14:00, or all",
	    text_show_str(text));
}
