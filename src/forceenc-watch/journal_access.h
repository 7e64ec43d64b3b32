/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_JOURNAL_ACCESS_H
#define FORCEENC_WATCH_JOURNAL_ACCESS_H

#include <stdbool.h>

/*
 * A journal whose files may not be read looks like one that is empty: the
 * library passes over them. So they are looked at by their names. A folder is
 * as journal_spec.h has it.
 */

/* What is to be done about it. */
#define JOURNAL_ACCESS_WAY_OUT \
	"the user must be in the group systemd-journal or adm"

/* Says so if there are files that can't be read; name is for the log. */
void journal_access_warn(const char *name, const char *folder);
/* Whether there are some, and none that can. */
bool journal_access_is_denied(const char *folder);

#endif
