/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_OURS_H
#define FORCEENC_FORCEENCCTL_OURS_H

#include <stdbool.h>

#include "forceenc/address.h"
#include "forceenc/conf.h"
#include "forceenc/policy.h"
#include "forceencctl/cmd.h"

/*
 * The policy that is ours to change: the database of a map's first sqlite
 * table that has no query of its own. Functions that return an int return 0,
 * or the exit status after they have said why.
 */
struct ours {
	struct conf *conf;
	const struct conf_map *map;
	const struct conf_table *table;
	struct policy *policy;
};

/* Configuration, map and table. ours_close() either way. */
int ours_open(struct ours *, const struct cmd_call *);
void ours_close(struct ours *);

/* Opens the database; only "set" makes one that isn't there. */
enum ours_use { OURS_LOOK, OURS_CHANGE, OURS_MAKE };
int ours_open_policy(struct ours *, enum ours_use);

/* The keys of an address that a person gave, the row's own first. */
int ours_keys(const struct ours *, const char *address, struct address_keys *);

/* Whether forceencd asks the table for this key: its domain list may leave it
 * out. */
bool ours_is_asked(const struct ours *, const struct address_key *);

/* What a row's value means in the map (answer.h). False: nothing, and
 * forceencd passes over it. */
bool ours_meaning(const struct ours *, const char *key, size_t key_len,
    const char *value, size_t len, uint8_t *meaning);

/* Says what is wrong with the database; returns the exit status. */
int ours_failed(const struct err *);

/* What holds for an address as far as this table goes. */
struct ours_effect {
	const struct address_key *key; /* the row that decides; NULL: none */
	uint8_t meaning;
	struct buf value; /* as the row has it; the caller's */
};

int ours_effect(
    const struct ours *, const struct address_keys *, struct ours_effect *);
/* "in effect: forceenc:, by @example.com (domain)" */
void ours_print_effect(
    const struct ours *, const struct ours_effect *, struct buf *out);
/* The same as a JSON object. */
json_t *ours_effect_record(const struct ours *, const struct ours_effect *);

#endif
