/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_OURS_H
#define FORCEENC_FORCEENCCTL_OURS_H

#include <stdbool.h>

#include "forceenc/address.h"
#include "forceenc/conf.h"
#include "forceencctl/cmd.h"
#include "forceencctl/keep.h"
#include "forceencctl/login.h"

/*
 * The table that is ours to change: of a map's tables the one that --table
 * names, or the first that can be changed. Functions that return an int return
 * 0, or the exit status after they have said why.
 */
struct ours {
	struct conf *conf;
	const struct conf_map *map;
	const struct conf_table *table;
	const char *result_format;
	char **domains;
	size_t ndomains;
	bool admin; /* whether login is an administrator's */
	struct login login;
	const struct keep_kind *kind;
	void *keep; /* the table, open */
};

/* Configuration, map, table, and as whom. ours_close() either way. */
int ours_open(struct ours *, const struct cmd_call *, enum keep_use);
void ours_close(struct ours *);

/* Opens the table; only "set" makes a database that isn't there. */
int ours_open_table(struct ours *, enum keep_use);

/* The keys of an address that a person gave, the row's own first. */
int ours_keys(const struct ours *, const char *address, struct address_keys *);

/* Whether forceencd asks the table for this key: its domain list may leave it
 * out. */
bool ours_is_asked(const struct ours *, const struct address_key *);

/* What a value means in the map (answer.h). False: nothing, and forceencd
 * passes over it. */
bool ours_meaning(const struct ours *, const char *key, size_t key_len,
    const char *value, size_t len, uint8_t *meaning);
/* The same of several, of which the strictest counts. */
bool ours_meaning_of(const struct ours *, const char *key, size_t key_len,
    const struct keep_values *, uint8_t *meaning);

/* Says what the table's functions had to say, and returns their status. */
int ours_failed(const struct ours *, int status, const struct err *);

/* What holds for an address as far as this table goes. */
struct ours_effect {
	const struct address_key *key; /* the row that decides; NULL: none */
	uint8_t meaning;
};

int ours_effect(
    const struct ours *, const struct address_keys *, struct ours_effect *);
/* "in effect: forceenc:, by @example.com (domain)" */
void ours_print_effect(
    const struct ours *, const struct ours_effect *, struct buf *out);
/* "written:   uid=alice,...: forceEncryption = TRUE (ldap:people.cf)", where it
 * could be somewhere else. */
void ours_print_where(const struct ours *, struct buf *where, struct buf *out);
/* Adds "table", and "written" if there is more to say. */
void ours_add_where(const struct ours *, struct buf *where, json_t *record);
/* The effect as a JSON object. */
json_t *ours_effect_record(const struct ours *, const struct ours_effect *);

#endif
