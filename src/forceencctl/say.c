/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/say.h"

#include <stdarg.h>
#include <stdio.h>

#include "forceenc/buf.h"

void
say(const char *fmt, ...)
{
	struct buf line = {0};
	va_list ap;

	buf_add_text(&line, "forceencctl: ");
	va_start(ap, fmt);
	buf_vprintf(&line, fmt, ap);
	va_end(ap);
	buf_add_byte(&line, '\n');
	fwrite(line.data, 1, line.len, stderr);
	buf_fini(&line);
}
