/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/store.h"

#include <string.h>

#include "forceenc/must.h"
#include "forceenc/pq.h"
#include "forceenc/text.h"
#include "store/store_backend.h"

static const struct store_backend *const store_backends[] = {
    &store_sqlite, &store_pgsql};

static const char *const store_outcomes[STORE_OUTCOMES] = {
    [STORE_DELIVERED] = "delivered",
    [STORE_SOFT] = "soft",
    [STORE_HARD] = "hard",
    [STORE_DEFERRED] = "deferred",
    [STORE_BOUNCED] = "bounced",
    [STORE_EXPIRED] = "expired",
};

static const char *const store_levels[STORE_LEVELS] = {
    [STORE_NONE] = "none",
    [STORE_ANONYMOUS] = "anonymous",
    [STORE_UNTRUSTED] = "untrusted",
    [STORE_TRUSTED] = "trusted",
    [STORE_VERIFIED] = "verified",
    [STORE_LOCAL] = "local",
    [STORE_UNKNOWN] = "unknown",
    [STORE_NO_LEVEL] = NULL,
};

static const char *const store_reasons[STORE_REASONS] = {
    [STORE_NO_REASON] = NULL,
    [STORE_NOT_OFFERED] = "not-offered",
    [STORE_REFUSED] = "refused",
    [STORE_HANDSHAKE] = "handshake",
    [STORE_CERTIFICATE] = "certificate",
    [STORE_DANE] = "dane",
    [STORE_POLICY] = "policy",
    [STORE_REQUIRETLS] = "requiretls",
    [STORE_OTHER] = "other",
};

static const char *const store_whats[STORE_WHATS] = {
    [STORE_RECEIVED] = "received",
    [STORE_HANDED_ON] = "delivered",
    [STORE_FORWARDED] = "forwarded",
    [STORE_PUT_OFF] = "deferred",
    [STORE_PUT_OFF_BEFORE] = "deferred-before",
    [STORE_DEFERRALS] = "deferrals",
    [STORE_RETURNED] = "bounced",
    [STORE_REJECTED] = "rejected",
    [STORE_WARNED] = "warned",
    [STORE_HELD] = "held",
    [STORE_DISCARDED] = "discarded",
    [STORE_MILTER_REJECTED] = "milter-rejected",
    [STORE_BYTES_RECEIVED] = "bytes-received",
    [STORE_BYTES_DELIVERED] = "bytes-delivered",
    [STORE_GAPS] = "gaps",
    [STORE_LOST] = "lost",
    [STORE_EVICTED] = "evicted",
    [STORE_UNPARSED] = "unparsed",
    [STORE_CUT] = "cut",
    [STORE_REPEATS_LOST] = "repeats-lost",
};

const char *
store_outcome_name(enum store_outcome outcome)
{
	MUST(outcome < STORE_OUTCOMES);
	return store_outcomes[outcome];
}

const char *
store_level_name(enum store_level level)
{
	MUST(level < STORE_LEVELS);
	return store_levels[level];
}

const char *
store_reason_name(enum store_reason reason)
{
	MUST(reason < STORE_REASONS);
	return store_reasons[reason];
}

const char *
store_what_name(enum store_what what)
{
	MUST(what < STORE_WHATS);
	return store_whats[what];
}

enum store_what
store_what_find(const char *name)
{
	unsigned i;

	for (i = 0; i < STORE_WHATS; i++)
		if (strcmp(store_whats[i], name) == 0)
			break;
	return i;
}

void
store_init(void)
{
	pq_init();
}

struct store *
store_open_place(
    const struct store_place *place, enum store_mode mode, struct err *err)
{
	const char *spec = place->spec;
	const char *colon = strchr(spec, ':');
	const struct store_backend *backend;
	size_t i;

	if (place->trouble != NULL)
		*place->trouble = STORE_WRONG;
	if (place->before != NULL)
		*place->before = NULL;
	for (i = 0; i < sizeof(store_backends) / sizeof(store_backends[0]);
	     i++) {
		backend = store_backends[i];
		if (colon == NULL || colon[1] == '\0' ||
		    strlen(backend->name) != (size_t)(colon - spec) ||
		    strncmp(spec, backend->name, (size_t)(colon - spec)) != 0)
			continue;
		return backend->open(place, colon + 1, mode, err);
	}
	err_set(err,
	    "%s: not a store; one is written sqlite:/path or pgsql:/path",
	    text_show_str(spec));
	return NULL;
}

struct store *
store_open(
    const char *spec, enum store_mode mode, const char *host, struct err *err)
{
	const struct store_place place = {
	    .spec = spec, .host = host, .stop = -1};

	return store_open_place(&place, mode, err);
}

void
store_close(struct store *store)
{
	if (store != NULL)
		store->backend->close(store);
}

bool
store_lost(const struct store *store)
{
	return store->backend->lost(store);
}

int
store_commit(
    struct store *store, const struct store_batch *batch, struct err *err)
{
	return store->backend->commit(store, batch, err);
}

unsigned
store_conflicts(struct store *store)
{
	unsigned conflicts = store->conflicts;

	store->conflicts = 0;
	return conflicts;
}

bool
store_locked(const struct store *store)
{
	return store->backend->locked != NULL && store->backend->locked(store);
}

int
store_get_blob(struct store *store, const char *name, void **bytes, size_t *len,
    struct err *err)
{
	return store->backend->get_blob(store, name, bytes, len, err);
}

int
store_tidy(struct store *store, int64_t now, unsigned keep_hours,
    unsigned keep_days, unsigned failures_kept, struct err *err)
{
	return store->backend->tidy(
	    store, now, keep_hours, keep_days, failures_kept, err);
}
