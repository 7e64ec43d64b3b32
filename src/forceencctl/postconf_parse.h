/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_POSTCONF_PARSE_H
#define FORCEENC_FORCEENCCTL_POSTCONF_PARSE_H

#include "forceencctl/postconf.h"

/*
 * The outputs of postconf(1), bytes to model, each added to what is there.
 * Folded lines (-f) are understood. -1 with err: a line that is no such
 * output, or bounds; what was read until then stays.
 */
enum postconf_output {
	POSTCONF_SET,       /* postconf -n */
	POSTCONF_DEFAULTS,  /* postconf -d */
	POSTCONF_SERVICES,  /* postconf -M */
	POSTCONF_OVERRIDES, /* postconf -P */
};

int postconf_parse(struct postconf *, enum postconf_output, const char *bytes,
    size_t len, struct err *);

/* Once all are read: of a service that stands twice in master.cf Postfix uses
 * the last, while postconf -P shows what the first one sets. */
void postconf_parse_twice(struct postconf *);

#endif
