/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_PRINT_H
#define FORCEENC_FORCEENCCTL_PRINT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc/buf.h"

/*
 * How everything is shown. Commands make records, JSON objects, and say what
 * columns of them a person wants to see. All goes into a buffer: what reaches
 * standard output is whole.
 */

enum print_form {
	PRINT_TABLE, /* for people, in 80 columns */
	PRINT_TSV,   /* values between tabs, a row a line, no heading */
	PRINT_JSON,
};

enum print_kind {
	PRINT_TEXT,
	PRINT_COUNT,
	PRINT_AGE,   /* seconds, whole or not */
	PRINT_TIME,  /* seconds since the epoch */
	PRINT_YESNO, /* true or false */
};

struct print_column {
	const char *name; /* in the record */
	const char *title;
	enum print_kind kind;
	unsigned width_max; /* longer values stick out; 0: no bound */
};

/* Rows of the same columns. */
struct print_rows;

#define PRINT_COLUMNS_MAX 12

/* columns is borrowed until the end. */
struct print_rows *print_rows_new(
    enum print_form, const struct print_column *columns, unsigned n);
void print_rows_free(struct print_rows *); /* NULL is fine */
void print_rows_add(struct print_rows *, const json_t *record);
size_t print_rows_count(const struct print_rows *);
/* A table has a heading, unless it has no rows. */
void print_rows_end(struct print_rows *, struct buf *out);

/* A record by itself, as JSON or TSV ("name.of.it<TAB>value", a line each). */
void print_record(enum print_form, json_t *record, struct buf *out);

/* Any bytes as a JSON string: those that aren't UTF-8 are made printable. */
json_t *print_string(const char *bytes, size_t len);
/* The text of a record's member, "" if it has none. */
const char *print_text_of(const json_t *record, const char *name);

/* A value as print_rows() shows it; NULL and null are nothing. */
void print_add_cell(
    struct buf *out, const json_t *value, enum print_kind, enum print_form);
/* Text as print_rows() would show it, whatever its length. */
void print_add_text(struct buf *out, const char *text, size_t len);
/* "<1s", "42s", "5m 3s", "2d 4h" */
void print_add_age(struct buf *out, double seconds);
/* Milliseconds: "0.02", "1.5", "48" */
void print_add_ms(struct buf *out, double ms);
/* "512 bytes", "1.5K", "64.0M" */
void print_add_size(struct buf *out, int64_t bytes);

#endif
