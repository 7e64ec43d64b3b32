/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/value.h"

#include <string.h>

#include "forceenc/buf.h"
#include "forceenc/text.h"

bool
value_get(struct value *value, const struct file *file, const char *name,
    const struct option *option, struct problems *problems)
{
	const struct file_entry *entry = file_find(file, name);
	struct err err;

	*value = (struct value){
	    .file = file,
	    .name = name,
	    .text = entry != NULL ? entry->value : option->def,
	    .line = entry != NULL ? entry->line : 0,
	};
	if (value->text == NULL) {
		value_wrong(value, problems, "missing; it must be set: %s",
		    option->help);
		return false;
	}
	if (*value->text == '\0' && !option->optional) {
		option_store(option, NULL, value->text, &err);
		value_wrong(value, problems, "%s", err.text);
		return false;
	}
	return true;
}

void
value_wrong(
    const struct value *value, struct problems *problems, const char *fmt, ...)
{
	struct buf text = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	/* Postfix's syntax has none behind a value, most others do. */
	if (value->line > 0 && strstr(value->text, " #") != NULL)
		buf_add_text(&text, " (a comment needs a line of its own)");
	problems_add(problems, value->file->path, value->line, "%s: %s",
	    value->name, buf_text(&text));
	buf_fini(&text);
}

void
value_store_all(const struct file *file, const struct option *table, void *base,
    value_unknown_fn *unknown, void *arg, struct problems *problems)
{
	const struct option *option;
	struct value value;
	struct err err;
	size_t i;

	for (i = 0; i < file->n; i++) {
		option = option_find(table, file->entry[i].name);
		if (option == NULL) {
			unknown(file, &file->entry[i], arg);
			continue;
		}
		/* What has no field is looked at by who works it out. */
		if (option->size == 0)
			continue;
		value = (struct value){
		    .file = file,
		    .name = option->name,
		    .text = file->entry[i].value,
		    .line = file->entry[i].line,
		};
		if (option_store(option, base, value.text, &err) == 0)
			continue;
		if (*value.text == '\0')
			value_wrong(&value, problems, "%s", err.text);
		else
			value_wrong(&value, problems, "\"%s\": %s",
			    text_show_str(option_show(option, value.text)),
			    err.text);
	}
}
