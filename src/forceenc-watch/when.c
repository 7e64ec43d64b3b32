/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/when.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#define WHEN_DAY (24 * 3600)
/* Lines may be written a little out of order; the hour that is repeated goes
 * back by a whole one. */
#define WHEN_JUMP 1800

void
when_init(struct when *when, int64_t now)
{
	memset(when, 0, sizeof(*when));
	when->reference = now;
}

void
when_set_reference(struct when *when, int64_t now)
{
	when->reference = now;
	when->hour_stamp[0] = '\0';
	when->stamp[0] = '\0';
}

static inline bool
when_digit(char c)
{
	return (unsigned)(c - '0') < 10;
}

static inline int
when_two(const char *s)
{
	return (s[0] - '0') * 10 + (s[1] - '0');
}

static inline bool
when_is_two(const char *s)
{
	return when_digit(s[0]) && when_digit(s[1]);
}

/* 0 to 11, -1. */
static int
when_month(const char *s)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int i;

	for (i = 0; i < 12; i++)
		if (memcmp(s, names + i * 3, 3) == 0)
			return i;
	return -1;
}

int
when_is_traditional(const char *s, size_t len)
{
	return len >= WHEN_TRADITIONAL_LEN && s[3] == ' ' && s[6] == ' ' &&
	    s[9] == ':' && s[12] == ':' && when_is_two(s + 7) &&
	    when_is_two(s + 10) && when_is_two(s + 13) &&
	    (s[4] == ' ' || when_digit(s[4])) && when_digit(s[5]);
}

/* Whether mktime() took tm for what it says: not for February 30. */
static bool
when_make(struct tm *tm, int isdst, time_t *out)
{
	struct tm made = *tm;

	made.tm_isdst = isdst;
	*out = mktime(&made);
	return made.tm_mday == tm->tm_mday && made.tm_mon == tm->tm_mon &&
	    (isdst < 0 || made.tm_isdst == isdst);
}

static bool
when_latest_year(const struct when *when, struct tm *tm, time_t *out)
{
	time_t reference = (time_t)when->reference;
	struct tm now;
	int year;

	if (localtime_r(&reference, &now) == NULL)
		return false;
	/* A February 29 may be up to eight years back. */
	for (year = now.tm_year + 1; year >= now.tm_year - 8; year--) {
		tm->tm_year = year;
		if (when_make(tm, -1, out) && *out <= reference + WHEN_DAY)
			return true;
	}
	return false;
}

/* The start of the hour that s is in; of two such, the one that doesn't go
 * back behind last. */
static int
when_find_hour(struct when *when, const char *s)
{
	struct tm tm = {0};
	time_t start, other;
	int in_hour;

	tm.tm_mon = when_month(s);
	tm.tm_mday = (s[4] == ' ' ? 0 : s[4] - '0') * 10 + (s[5] - '0');
	tm.tm_hour = when_two(s + 7);
	if (tm.tm_mon < 0 || tm.tm_mday < 1 || tm.tm_mday > 31 ||
	    tm.tm_hour > 23 || !when_latest_year(when, &tm, &start))
		return -1;
	in_hour = when_two(s + 10) * 60 + when_two(s + 13);
	/* The first of two hours of this name is the one in summer time. */
	if (when_make(&tm, 1, &other) && other < start)
		start = other;
	if (when->last > start + in_hour + WHEN_JUMP &&
	    when_make(&tm, 0, &other) && other > start)
		start = other;
	memcpy(when->hour_stamp, s, sizeof(when->hour_stamp));
	when->hour_start = start;
	return 0;
}

int
when_traditional(struct when *when, const char *s, int64_t *time)
{
	int minute = when_two(s + 10), second = when_two(s + 13);

	/* Most lines have the stamp of the one before. */
	if (memcmp(when->stamp, s, WHEN_TRADITIONAL_LEN) == 0) {
		*time = when->last;
		return 0;
	}
	if (minute > 59 || second > 60)
		return -1;
	if (memcmp(when->hour_stamp, s, sizeof(when->hour_stamp)) != 0 &&
	    when_find_hour(when, s) == -1)
		return -1;
	*time = when->hour_start + minute * 60 + second;
	if (*time < when->last - WHEN_JUMP) {
		if (when_find_hour(when, s) == -1)
			return -1;
		*time = when->hour_start + minute * 60 + second;
	}
	when->last = *time;
	memcpy(when->stamp, s, WHEN_TRADITIONAL_LEN);
	return 0;
}

/* Days from the epoch to a day of the Gregorian calendar. */
static int64_t
when_days(int64_t year, int month, int day)
{
	int64_t era, of_era, of_year;

	year -= month <= 2;
	era = year / 400;
	of_era = year - era * 400;
	of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	    of_year - 719468;
}

/* The zone's length, 0 if it is none; *seconds is what to take off. */
static size_t
when_zone(const char *s, size_t len, int64_t *seconds)
{
	bool colon;
	int minutes;

	*seconds = 0;
	if (len >= 1 && s[0] == 'Z')
		return 1;
	if (len < 5 || (s[0] != '+' && s[0] != '-') || !when_is_two(s + 1))
		return 0;
	colon = s[3] == ':';
	if (len < (colon ? 6u : 5u) || !when_is_two(s + 3 + colon))
		return 0;
	minutes = when_two(s + 3 + colon);
	if (minutes > 59)
		return 0;
	*seconds = (when_two(s + 1) * 60 + minutes) * 60;
	if (s[0] == '-')
		*seconds = -*seconds;
	return colon ? 6 : 5;
}

static bool
when_is_iso(const char *s, size_t len)
{
	return len >= 20 && when_is_two(s) && when_is_two(s + 2) &&
	    s[4] == '-' && when_is_two(s + 5) && s[7] == '-' &&
	    when_is_two(s + 8) && s[10] == 'T' && when_is_two(s + 11) &&
	    s[13] == ':' && when_is_two(s + 14) && s[16] == ':' &&
	    when_is_two(s + 17);
}

size_t
when_iso(const char *s, size_t len, int64_t *time)
{
	int month, day, hour, minute, second;
	int64_t zone;
	size_t at = 19, zone_len;

	if (!when_is_iso(s, len))
		return 0;
	month = when_two(s + 5);
	day = when_two(s + 8);
	hour = when_two(s + 11);
	minute = when_two(s + 14);
	second = when_two(s + 17);
	if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 ||
	    minute > 59 || second > 60)
		return 0;
	if (s[at] == '.' || s[at] == ',')
		for (at++; at < len && when_digit(s[at]);)
			at++;
	zone_len = when_zone(s + at, len - at, &zone);
	if (zone_len == 0)
		return 0;
	*time = when_days(when_two(s) * 100 + when_two(s + 2), month, day) *
		WHEN_DAY +
	    hour * 3600 + minute * 60 + second - zone;
	return at + zone_len;
}
