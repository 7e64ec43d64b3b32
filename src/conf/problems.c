/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/problems.h"

#include <stdarg.h>
#include <stdlib.h>

#include "forceenc/buf.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

void
problems_add(struct problems *problems, const char *file, unsigned line,
    const char *fmt, ...)
{
	struct buf text = {0};
	va_list ap;

	buf_printf(&text, "%s:", text_show_str(file));
	if (line > 0)
		buf_printf(&text, "%u:", line);
	buf_add_byte(&text, ' ');
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	/* Room doubles whenever n is a power of two. */
	if ((problems->n & (problems->n - 1)) == 0)
		problems->line = mem_resize(problems->line,
		    problems->n > 0 ? 2 * problems->n : 1, sizeof(char *));
	problems->line[problems->n++] = buf_steal(&text);
}

void
problems_fini(struct problems *problems)
{
	size_t i;

	for (i = 0; i < problems->n; i++)
		free(problems->line[i]);
	free(problems->line);
	*problems = (struct problems){0};
}
