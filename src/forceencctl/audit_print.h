/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_AUDIT_PRINT_H
#define FORCEENC_FORCEENCCTL_AUDIT_PRINT_H

#include "forceencctl/audit.h"
#include "forceencctl/print.h"

/* What was found: for people a table of the rules and then each of them with
 * its lines, reason and remedy; otherwise a record a finding. */
void audit_print(const struct audit *, enum print_form, struct buf *out);

#endif
