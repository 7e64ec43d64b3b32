/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_TESTS_LOOKUP_RULES_H
#define FORCEENC_TESTS_LOOKUP_RULES_H

#include <stdint.h>

#include "forceenc/lookup.h"

/* What holds for each lookup protocol, whatever the bytes are. Returns how
 * many questions and replies the bytes were read as. */
unsigned lookup_rules_check(
    const struct lookup_protocol *, const uint8_t *data, size_t size);

#endif
