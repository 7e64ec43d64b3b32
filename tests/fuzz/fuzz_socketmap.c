/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "fuzz.h"
#include "lookup_rules.h"

unsigned long fuzz_reached;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_reached += lookup_rules_check(&lookup_socketmap, data, size);
	return 0;
}
