/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_POSTCONF_READ_H
#define FORCEENC_FORCEENCCTL_POSTCONF_READ_H

#include "forceenc/buf.h"
#include "forceencctl/postconf.h"

/*
 * Both return 0, or an exit status of sysexits(3) with err: all four outputs
 * were read, or the model is not to be used. The caller calls
 * postconf_fini() in any case.
 */

/* Runs postconf(1) with -c folder, if that isn't NULL. What it complains of
 * is added to complaints, a line each. */
int postconf_read_run(struct postconf *, const char *folder,
    struct buf *complaints, struct err *);

/* Reads the files postconf-n, postconf-d, postconf-M and postconf-P of a
 * folder, which hold what these calls of postconf(1) say. */
int postconf_read_saved(struct postconf *, const char *folder, struct err *);

#endif
