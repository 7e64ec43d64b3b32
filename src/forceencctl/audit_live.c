/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <string.h>

#include "forceencctl/audit_hop.h"
#include "forceencctl/audit_rules.h"
#include "forceencctl/mapspec.h"

/* What the maps answer over their sockets, now. */

/* Each of a table's entries is a question, and one without an answer takes
 * seconds. */
#define AUDIT_LIVE_PATIENCE 3

/* A sender for whom forceencd must have an answer, of whatever kind. */
static const char *
audit_live_postmaster(struct audit *audit)
{
	const char *host = postconf_value(audit->conf, NULL, "myhostname");

	return postconf_keep(
	    audit->conf, "postmaster@%s", *host != '\0' ? host : "localhost");
}

static void
audit_live_try(
    struct audit *audit, const char *spec, const char *key, const char *remedy)
{
	struct buf text = {0};
	struct mapspec map;

	if (mapspec_parse(&map, spec) == -1)
		return;
	if (audit->world->ask(audit->world->arg, spec, key, &text) ==
	    AUDIT_SAID_TROUBLE)
		audit_find(audit,
		    postconf_keep(audit->conf, "%s, asked for %s: %s", spec,
			key, buf_text(&text)),
		    remedy);
	buf_fini(&text);
}

static void
audit_live_on_ask(struct audit *audit, const char *spec)
{
	const char *sender = audit_live_postmaster(audit);

	audit_live_try(audit, spec, sender,
	    postconf_keep(audit->conf, "forceencctl lookup %s", sender));
}

/* Each table of another parameter that is asked over a socket. */
static void
audit_live_others(
    struct audit *audit, const char *service, const char *name, const char *key)
{
	const char *at = postconf_value(audit->conf, service, name);
	const char *word, *spec;
	size_t len;

	while ((len = postconf_word(&at, &word)) > 0) {
		spec = postconf_keep(audit->conf, "%.*s", (int)len, word);
		audit_live_try(audit, spec, key,
		    postconf_keep(audit->conf, "postmap -q %s '%s'", key,
			postconf_quoted(audit->conf, spec)));
	}
}

void
audit_live_asked(struct audit *audit)
{
	const struct postconf_service *service;
	unsigned i;

	if (!audit->world->here)
		return;
	audit_map_each(audit, audit_live_on_ask);
	audit_live_others(audit, audit_rewrite(audit), "transport_maps",
	    "postmaster@example.com");
	/* The floor, or somebody else's policies. */
	for (i = 0; (service = audit_forced(audit, i)) != NULL; i++)
		audit_live_others(audit, postconf_path(audit->conf, service),
		    audit_client(audit, service, "tls_policy_maps"),
		    "example.com");
}

/* What the map answers for a sender must be a way that is safe. */
void
audit_live_answer(struct audit *audit)
{
	const char *ours = audit_map_ours(audit), *answer;
	struct buf text = {0};
	enum audit_hop hop;

	if (ours == NULL || !audit->world->here)
		return;
	if (audit->world->ask(audit->world->arg, ours,
		audit_live_postmaster(audit), &text) == AUDIT_SAID_ANSWER) {
		answer = buf_text(&text);
		hop = audit_hop(audit, answer);
		if (hop == AUDIT_HOP_OPEN || hop == AUDIT_HOP_UNSURE)
			audit_find(audit,
			    postconf_keep(
				audit->conf, "%s answers %s", ours, answer),
			    "set forceenc_answers to transports that encrypt");
	}
	buf_fini(&text);
}

/* Nothing, and "go on", mean the same to Postfix. */
static bool
audit_live_is_silent(enum audit_said said, struct buf *text)
{
	return said == AUDIT_SAID_NOTHING ||
	    (said == AUDIT_SAID_ANSWER && strcmp(buf_text(text), "DUNNO") == 0);
}

void
audit_live_said(struct audit *audit, audit_live_said_fn *fn)
{
	const char *ours = audit_map_ours(audit), *answer;
	const char *const senders[] = {audit_live_postmaster(audit), "<>"};
	struct buf text = {0};
	enum audit_said said;
	size_t i;

	for (i = 0; i < 2 && ours != NULL && audit->world->here; i++) {
		buf_clear(&text);
		said = audit->world->ask(
		    audit->world->arg, ours, senders[i], &text);
		answer = buf_text(&text);
		if (said == AUDIT_SAID_ANSWER && strcspn(answer, ":") > 0 &&
		    !audit_live_is_silent(said, &text))
			fn(audit,
			    postconf_keep(audit->conf, "%.*s",
				(int)strcspn(answer, ":"), answer),
			    postconf_keep(audit->conf,
				", which %s answers for %s", ours, senders[i]));
	}
	buf_fini(&text);
}

enum audit_seen
audit_live_forces(struct audit *audit, const char *sender)
{
	const char *ours = audit_map_ours(audit);
	enum audit_seen seen = AUDIT_UNKNOWN;
	struct buf text = {0};
	enum audit_said said;
	enum audit_hop hop;

	if (ours == NULL || !audit->world->here ||
	    audit->unanswered >= AUDIT_LIVE_PATIENCE)
		return AUDIT_UNKNOWN;
	said = audit->world->ask(audit->world->arg, ours, sender, &text);
	audit->unanswered += said == AUDIT_SAID_TROUBLE;
	if (audit_live_is_silent(said, &text)) {
		seen = AUDIT_ABSENT;
	} else if (said == AUDIT_SAID_ANSWER) {
		hop = audit_hop(audit, buf_text(&text));
		if (hop == AUDIT_HOP_SAFE || hop == AUDIT_HOP_STAYS)
			seen = AUDIT_SEEN;
	}
	buf_fini(&text);
	return seen;
}

void
audit_live_null(struct audit *audit)
{
	const char *ours = audit_map_ours(audit);
	struct buf text = {0};
	enum audit_said said;

	if (ours == NULL || !audit->world->here)
		return;
	said = audit->world->ask(audit->world->arg, ours, "<>", &text);
	if (audit_live_is_silent(said, &text))
		audit_find(audit,
		    postconf_keep(
			audit->conf, "%s has no transport for <>", ours),
		    "forceencctl set '<>' on");
	buf_fini(&text);
}
