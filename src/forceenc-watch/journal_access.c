/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/journal_access.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "forceenc-watch/journal_tree.h"
#include "forceenc/log.h"
#include "forceenc/text.h"

struct journal_access {
	size_t readable;
	size_t denied; /* folders are among them */
};

static void
journal_access_file(int at, const char *name, void *arg)
{
	struct journal_access *out = arg;

	if (name == NULL)
		out->denied++;
	else if (faccessat(at, name, R_OK, AT_EACCESS) == 0)
		out->readable++;
	else if (errno == EACCES)
		out->denied++;
}

static void
journal_access_look(struct journal_access *out, const char *folder)
{
	memset(out, 0, sizeof(*out));
	journal_tree_each(folder, journal_access_file, out);
}

void
journal_access_warn(const char *name, const char *folder)
{
	struct journal_access access;

	journal_access_look(&access, folder);
	if (access.denied > 0)
		log_warn("%s: %zu of its %zu files can't be read, and what is "
			 "in them isn't counted: %s",
		    text_show_str(name), access.denied,
		    access.denied + access.readable, JOURNAL_ACCESS_WAY_OUT);
}

bool
journal_access_is_denied(const char *folder)
{
	struct journal_access access;

	journal_access_look(&access, folder);
	return access.denied > 0 && access.readable == 0;
}
