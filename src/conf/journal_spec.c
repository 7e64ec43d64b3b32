/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/journal_spec.h"

#include <stdlib.h>
#include <string.h>

#include "conf/words.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

static bool
journal_spec_ends_with(const char *word, const char *end)
{
	size_t len = strlen(word), end_len = strlen(end);

	return len > end_len && strcmp(word + len - end_len, end) == 0;
}

/* The journal's own rule for the names of fields. */
static bool
journal_spec_is_field(const char *word)
{
	size_t len = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return len > 0 && len <= 64 && (unsigned)(word[0] - '0') >= 10 &&
	    word[len] == '=';
}

static int
journal_spec_classify(
    const char *word, enum journal_spec_kind *kind, struct err *err)
{
	if (strchr(word, '=') != NULL) {
		*kind = JOURNAL_SPEC_FIELD;
		if (!journal_spec_is_field(word))
			return err_set(err,
			    "\"%s\": a field is written as NAME=value, its "
			    "name in upper case",
			    text_show_str(word));
	} else if (journal_spec_ends_with(word, ".service") ||
	    journal_spec_ends_with(word, ".scope")) {
		*kind = JOURNAL_SPEC_UNIT;
	} else {
		*kind = JOURNAL_SPEC_IDENTIFIER;
		if (strchr(word, '@') != NULL)
			return err_set(err,
			    "\"%s\": a unit's name ends in .service",
			    text_show_str(word));
	}
	return 0;
}

static int
journal_spec_add(struct journal_spec *spec, const char *word, struct err *err)
{
	enum journal_spec_kind kind;

	if (word[0] == '/') {
		if (spec->folder != NULL)
			return err_set(err,
			    "\"%s\": one folder only; start another "
			    "forceenc-watch for it",
			    text_show_str(word));
		spec->folder = mem_strdup(word);
		return 0;
	}
	if (journal_spec_classify(word, &kind, err) == -1)
		return -1;
	spec->word = mem_resize(spec->word, spec->n + 1, sizeof(*spec->word));
	spec->word[spec->n].kind = kind;
	spec->word[spec->n].text = mem_strdup(word);
	spec->n++;
	return 0;
}

int
journal_spec_parse(struct journal_spec *spec, const char *text, struct err *err)
{
	char *word;
	int rc = 0;

	memset(spec, 0, sizeof(*spec));
	while (rc == 0 && (word = words_next(&text)) != NULL) {
		rc = journal_spec_add(spec, word, err);
		free(word);
	}
	if (rc == -1)
		journal_spec_fini(spec);
	return rc;
}

void
journal_spec_fini(struct journal_spec *spec)
{
	size_t i;

	for (i = 0; i < spec->n; i++)
		free(spec->word[i].text);
	free(spec->word);
	free(spec->folder);
	memset(spec, 0, sizeof(*spec));
}
