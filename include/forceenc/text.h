/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_TEXT_H
#define FORCEENC_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Foreign bytes made fit for a log line or a terminal: printable ASCII stays,
 * well-formed UTF-8 from U+00A0 on stays unless it turns the direction of text
 * or ends a line, a backslash becomes "\\", everything else "\xHH". At most
 * size - 1 bytes and a NUL are written; what doesn't fit ends in "...". Returns
 * out. size must be at least 8.
 */
char *text_printable(char *out, size_t size, const char *bytes, size_t len);

/* The same for the common case: one of a few rotating static buffers of 256
 * bytes, valid for the next three calls. */
const char *text_show(const char *bytes, size_t len);
const char *text_show_str(const char *s);

/* White space is space, tab, CR, LF; returns the first byte that is none and
 * shortens *len by what is trimmed at both ends. */
const char *text_trim(const char *s, size_t *len);

/* The length of the UTF-8 sequence at s (1 to 4), 0 if malformed. */
unsigned text_utf8_len(const char *s, size_t len);

/* Whether no byte is above 0x7f. */
bool text_is_ascii(const char *s, size_t len);

/* "5m", "2s", "50ms", "1d"; a bare number counts in the given unit. Units: ms,
 * s, m, h, d, w (postconf(5), "time units", plus ms). Returns milliseconds, or
 * -1 if s is no time or overflows. */
int64_t text_parse_time(const char *s, const char *unit);

/* "64M", "4096"; K, M, G are powers of 1024. -1 if s is no size. */
int64_t text_parse_size(const char *s);

/* A decimal number from min to max, nothing around it. */
int text_parse_int(const char *s, int64_t min, int64_t max, int64_t *out);

/* Milliseconds and bytes the way a person writes them: "2s", "50ms", "64M";
 * out is static, one of a few rotating buffers. */
const char *text_time(int64_t ms);
const char *text_size(int64_t bytes);

/* ASCII only, whatever the locale. */
char text_lower(char c);
bool text_equal_fold(const char *a, size_t alen, const char *b);

#endif
