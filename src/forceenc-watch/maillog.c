/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/maillog.h"

#include <string.h>

/* What is left of a line. */
struct maillog_rest {
	const char *at;
	const char *end;
};

static inline size_t
maillog_left(const struct maillog_rest *rest)
{
	return (size_t)(rest->end - rest->at);
}

static inline bool
maillog_begins(const char *s, size_t len, const char *with, size_t with_len)
{
	return len >= with_len && memcmp(s, with, with_len) == 0;
}

size_t
maillog_number(const char *s, size_t len, uint32_t max, uint32_t *out)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < len && (unsigned)(s[i] - '0') < 10; i++) {
		n = n * 10 + (unsigned)(s[i] - '0');
		if (n > max)
			return 0;
	}
	*out = (uint32_t)n;
	return i;
}

/* The bytes up to the next space, and over it. False if there is none, or
 * nothing in front of it. */
static bool
maillog_word(struct maillog_rest *rest, const char **word, size_t *len)
{
	const char *space = memchr(rest->at, ' ', maillog_left(rest));

	if (space == NULL || space == rest->at)
		return false;
	*word = rest->at;
	*len = (size_t)(space - rest->at);
	rest->at = space + 1;
	return true;
}

/* "program[pid]: text" or "program: text". */
static enum maillog_line
maillog_tag(struct maillog *out, struct maillog_rest *rest)
{
	const char *at = rest->at;
	uint32_t pid = 0;
	size_t n;

	while (at < rest->end && *at != '[' && *at != ':' && *at != ' ')
		at++;
	out->program = rest->at;
	out->program_len = (size_t)(at - rest->at);
	if (at < rest->end && *at == '[') {
		n = maillog_number(
		    at + 1, (size_t)(rest->end - at - 1), UINT32_MAX, &pid);
		at += n + 1;
		if (n == 0 || at >= rest->end || *at != ']')
			return MAILLOG_OTHER;
		at++;
	}
	if (out->program_len == 0 || at >= rest->end || *at != ':')
		return MAILLOG_OTHER;
	at++;
	if (at < rest->end && *at == ' ')
		at++;
	out->pid = pid;
	out->text = at;
	out->text_len = (size_t)(rest->end - at);
	return MAILLOG_LINE;
}

/* Host, tag and text, as all but RFC 5424 have them. */
static enum maillog_line
maillog_host_and_tag(struct maillog *out, struct maillog_rest *rest)
{
	static const char repeated[] = "last message repeated ";

	if (!maillog_word(rest, &out->host, &out->host_len))
		return MAILLOG_OTHER;
	if (rest->at < rest->end && *rest->at == 'l' &&
	    maillog_begins(
		rest->at, maillog_left(rest), repeated, sizeof(repeated) - 1)) {
		out->text = rest->at + sizeof(repeated) - 1;
		out->text_len = (size_t)(rest->end - out->text);
		return MAILLOG_REPEAT;
	}
	return maillog_tag(out, rest);
}

/* "Nov 22 00:11:52", perhaps with a fraction. */
static enum maillog_line
maillog_traditional(struct maillog *out, struct maillog_rest *rest)
{
	if (!when_is_traditional(rest->at, maillog_left(rest)))
		return MAILLOG_OTHER;
	out->stamp = rest->at;
	out->stamp_len = WHEN_TRADITIONAL_LEN;
	rest->at += WHEN_TRADITIONAL_LEN;
	if (rest->at < rest->end && *rest->at == '.') {
		rest->at++;
		while (rest->at < rest->end && (unsigned)(*rest->at - '0') < 10)
			rest->at++;
	}
	if (rest->at >= rest->end || *rest->at != ' ')
		return MAILLOG_OTHER;
	rest->at++;
	if (rest->at >= rest->end)
		return MAILLOG_OTHER;
	return maillog_host_and_tag(out, rest);
}

static enum maillog_line
maillog_iso(struct maillog *out, struct maillog_rest *rest)
{
	if (!maillog_word(rest, &out->stamp, &out->stamp_len) ||
	    rest->at >= rest->end)
		return MAILLOG_OTHER;
	return maillog_host_and_tag(out, rest);
}

/* Structured data: "-", or elements in brackets whose values are quoted. */
static bool
maillog_skip_data(struct maillog_rest *rest)
{
	bool quoted = false;

	if (rest->at < rest->end && *rest->at == '-') {
		rest->at++;
		return true;
	}
	while (rest->at < rest->end && *rest->at == '[') {
		for (; rest->at < rest->end; rest->at++) {
			if (*rest->at == '\\' && quoted &&
			    rest->at + 1 < rest->end)
				rest->at++;
			else if (*rest->at == '"')
				quoted = !quoted;
			else if (*rest->at == ']' && !quoted)
				break;
		}
		if (rest->at >= rest->end)
			return false;
		rest->at++;
	}
	return true;
}

/* What follows "<22>1 ". */
static enum maillog_line
maillog_rfc5424(struct maillog *out, struct maillog_rest *rest)
{
	const char *word;
	size_t len;

	out->rfc5424 = true;
	if (!maillog_word(rest, &out->stamp, &out->stamp_len) ||
	    !maillog_word(rest, &out->host, &out->host_len) ||
	    !maillog_word(rest, &out->program, &out->program_len) ||
	    !maillog_word(rest, &word, &len))
		return MAILLOG_OTHER;
	if (maillog_number(word, len, UINT32_MAX, &out->pid) != len)
		out->pid = 0;
	if (!maillog_word(rest, &word, &len) || !maillog_skip_data(rest))
		return MAILLOG_OTHER;
	/* One space belongs to the format; rsyslog writes another one. */
	while (rest->at < rest->end && *rest->at == ' ')
		rest->at++;
	if (maillog_begins(rest->at, maillog_left(rest), "\xef\xbb\xbf", 3))
		rest->at += 3;
	out->text = rest->at;
	out->text_len = maillog_left(rest);
	return MAILLOG_LINE;
}

/* "<22>", then RFC 5424's version or a traditional stamp. */
static enum maillog_line
maillog_priority(struct maillog *out, struct maillog_rest *rest)
{
	uint32_t priority;
	size_t n = maillog_number(
	    rest->at + 1, maillog_left(rest) - 1, 191, &priority);

	rest->at += n + 1;
	if (n == 0 || rest->at >= rest->end || *rest->at != '>')
		return MAILLOG_OTHER;
	rest->at++;
	if (maillog_begins(rest->at, maillog_left(rest), "1 ", 2)) {
		rest->at += 2;
		return maillog_rfc5424(out, rest);
	}
	return maillog_traditional(out, rest);
}

enum maillog_line
maillog_parse(struct maillog *out, const char *line, size_t len)
{
	struct maillog_rest rest = {line, line + len};

	/* A log that was truncated under its writer begins with NULs. */
	while (rest.at < rest.end && *rest.at == '\0')
		rest.at++;
	if (rest.end > rest.at && rest.end[-1] == '\r')
		rest.end--;
	if (rest.at >= rest.end)
		return MAILLOG_OTHER;
	out->time = 0;
	out->rfc5424 = false;
	if (*rest.at >= 'A' && *rest.at <= 'Z')
		return maillog_traditional(out, &rest);
	if ((unsigned)(*rest.at - '0') < 10)
		return maillog_iso(out, &rest);
	if (*rest.at == '<')
		return maillog_priority(out, &rest);
	return MAILLOG_OTHER;
}

int
maillog_time(const struct maillog *log, struct when *when, int64_t *time)
{
	if (log->stamp == NULL) {
		*time = log->time;
		return 0;
	}
	if (log->stamp_len == WHEN_TRADITIONAL_LEN && log->stamp[3] == ' ')
		return when_traditional(when, log->stamp, time);
	return when_iso(log->stamp, log->stamp_len, time) == log->stamp_len
	    ? 0
	    : -1;
}

unsigned
maillog_repeats(const char **text, size_t *len)
{
	static const char head[] = "message repeated ";
	static const char middle[] = " times: [ ";
	const char *s = *text;
	size_t left = *len, n;
	uint32_t times;

	if (!maillog_begins(s, left, head, sizeof(head) - 1))
		return 1;
	s += sizeof(head) - 1;
	left -= sizeof(head) - 1;
	n = maillog_number(s, left, MAILLOG_REPEATS_MAX, &times);
	s += n;
	left -= n;
	if (n == 0 || times == 0 ||
	    !maillog_begins(s, left, middle, sizeof(middle) - 1))
		return 1;
	s += sizeof(middle) - 1;
	left -= sizeof(middle) - 1;
	if (left == 0 || s[left - 1] != ']')
		return 1;
	*text = s;
	*len = left - 1;
	return times;
}
