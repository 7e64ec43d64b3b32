/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_BUF_H
#define FORCEENC_BUF_H

#include <stdarg.h>
#include <stddef.h>

/*
 * A byte buffer that grows at its end and is consumed at its front. An
 * all-zero struct is an empty buffer. data is never NUL-terminated by itself;
 * buf_text() does that for those who need a string.
 */
struct buf {
	char *data; /* owned; NULL while nothing was ever added */
	size_t len;
	size_t cap;
};

void buf_fini(struct buf *);
void buf_clear(struct buf *); /* keeps the memory */

void buf_add(struct buf *, const void *bytes, size_t len);
void buf_add_text(struct buf *, const char *text);
void buf_add_byte(struct buf *, char c);
void buf_printf(struct buf *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

/* Makes room for len more bytes and returns where they go; the caller writes
 * at most len bytes and adds what it wrote to ->len. */
char *buf_reserve(struct buf *, size_t len);

/* Removes len bytes (at most ->len) from the front. */
void buf_consume(struct buf *, size_t len);

/* Borrowed, valid until the next change; NUL behind the last byte. */
const char *buf_text(struct buf *);

/* Hands the bytes over as a NUL-terminated string that the caller frees, and
 * leaves the buffer empty. */
char *buf_steal(struct buf *);

#endif
