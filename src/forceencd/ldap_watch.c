/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * How changes are noticed.
 *
 * A filter such as (&(mail=%s)(mailEnabled=TRUE)) becomes
 * (&(mail=*)(mailEnabled=TRUE)), and the server is asked for all of that and
 * every change from then on. First comes the refresh: each entry with its
 * uuid and addresses. From its end on the watch is live: whatever an entry
 * becomes, the facts of its addresses are dropped, of the old ones and the new
 * ones. What was learned before is in doubt once, when the watch goes live.
 *
 * Where the filter doesn't compare the key itself (mail=smtp:%s), or keys were
 * asked that the directory may compare in another spelling, a change puts all
 * facts in doubt.
 *
 * A connection that is lost ends all that; the next one goes on where the
 * server's cookie says. A server that can't tell of changes is asked again
 * after a while, and facts live by their time meanwhile. Since silence is
 * what a healthy watch sounds like, it's asked for signs of life.
 */

#include "forceencd/ldap_watch.h"

#include <stdlib.h>

#include "forceenc/clock.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"
#include "forceencd/leavings.h"

/* A server that can't or won't is asked again after this (ms). */
#define LDAP_WATCH_RETRY      (10 * 60 * 1000)
#define LDAP_WATCH_COOKIE_MAX 4096

static void
ldap_watch_end(struct ldap_watch *watch)
{
	watch->id = 0;
	watch->live = false;
	watch->begun = false;
	watch->link.busy = 0;
}

static void
ldap_watch_lose(struct ldap_watch *watch, const char *why)
{
	if (watch->live)
		log_warn("%s: changes aren't told any more: %s; answers live "
			 "by their time until they are",
		    watch->source->name, why);
	err_set(&watch->why, "%s", why);
	ldap_watch_end(watch);
}

/* The server can't or won't, and that won't change soon. */
static void
ldap_watch_refused(struct ldap_watch *watch, const char *why, uint64_t now)
{
	log_warn("%s: no changes are told: %s; answers live by their time "
		 "(retry=%s)",
	    watch->source->name, why, text_time(LDAP_WATCH_RETRY));
	err_set(&watch->why, "%s", why);
	ldap_watch_end(watch);
	watch->retry_at = now + LDAP_WATCH_RETRY;
	ldap_link_give_up(&watch->link, &(struct err){"refused"});
}

static void
ldap_watch_search(struct ldap_watch *watch, uint64_t now)
{
	struct directory_search search = {
	    .base = buf_text(&watch->base),
	    .scope = (enum directory_scope)watch->conf->scope,
	    .filter = buf_text(&watch->filter),
	    .attributes = watch->attributes,
	};
	struct buf request = {0};
	struct err err;
	int id = 0;

	watch->id = 0;
	if (!ldap_link_can_send(&watch->link))
		return;
	if (watch->cookie_server != watch->link.server)
		buf_clear(&watch->cookie);
	watch->resumed = watch->cookie.len > 0;
	sync_add_request(&request, watch->cookie.data, watch->cookie.len);
	search.sync = request.data;
	search.sync_len = request.len;
	switch (ldap_link_send(&watch->link, &search, &id, &err)) {
	case DIRECTORY_SENT:
	case DIRECTORY_SENT_BUT:
		watch->id = id;
		watch->link.busy = 1;
		watch->begun_at = now;
		watch->cookie_server = watch->link.server;
		ldap_known_begin(watch->known);
		break;
	case DIRECTORY_REFUSED:
		ldap_watch_refused(watch, err.text, now);
		break;
	case DIRECTORY_FULL:
	case DIRECTORY_LOST:
		/* The next tick tries again. */
		break;
	}
	buf_fini(&request);
}

static void
ldap_watch_on_up(struct ldap_link *link, uint64_t now)
{
	struct ldap_watch *watch = (struct ldap_watch *)link;

	watch->beating = false;
	watch->beat_at = now + watch->conf->timeout;
	ldap_watch_search(watch, now);
}

/* Where we gave it up, the reason is known already. */

static void
ldap_watch_on_down(struct ldap_link *link, const struct err *why, uint64_t now)
{
	struct ldap_watch *watch = (struct ldap_watch *)link;

	(void)now;
	if (watch->retry_at == CLOCK_NEVER)
		ldap_watch_lose(watch, why->text);
}

static void
ldap_watch_on_key(const char *key, size_t len, void *arg)
{
	struct ldap_watch *watch = arg;

	if (ldap_known_is_plain(key, len))
		source_changed(watch->source, key, len);
	else
		watch->changed = true;
}

/* What an entry's change means for facts. keys: those that it has now, NULL
 * for none. A search may find it by keys that it doesn't show us; where we know
 * of none, it may have been found by any. */
static void
ldap_watch_tell(struct ldap_watch *watch, enum sync_kind kind, const char *uuid,
    const struct buf *keys)
{
	bool known;

	if (!watch->live)
		return;
	if (!watch->shape.exact || watch->odd) {
		watch->changed = true;
		return;
	}
	known = ldap_known_each(watch->known, uuid, ldap_watch_on_key, watch);
	if (keys != NULL)
		ldap_known_each_of(keys, ldap_watch_on_key, watch);
	watch->changed |= keys != NULL && keys->len == 0;
	watch->changed |= !known && kind != SYNC_ADD;
}

static void
ldap_watch_take_cookie(struct ldap_watch *watch, const struct sync_info *info)
{
	if (info->cookie == NULL)
		return;
	buf_clear(&watch->cookie);
	if (info->cookie_len <= LDAP_WATCH_COOKIE_MAX)
		buf_add(&watch->cookie, info->cookie, info->cookie_len);
}

static void
ldap_watch_on_entry(
    struct ldap_watch *watch, const struct directory_event *event, uint64_t now)
{
	struct buf keys = {0};
	struct sync_info info;
	bool whole = true;

	if (event->sync == NULL ||
	    sync_parse_state(event->sync, event->sync_len, &info) == -1) {
		ldap_watch_refused(watch,
		    "an entry came without a state that RFC 4533 has", now);
		return;
	}
	switch (info.kind) {
	case SYNC_ADD:
	case SYNC_MODIFY:
		if (watch->shape.exact)
			whole = directory_each_value(watch->link.dir,
				    ldap_known_on_value, &keys, NULL) == 0;
		ldap_watch_tell(watch, info.kind, info.uuid, &keys);
		watch->changed |= !whole;
		if (watch->shape.exact)
			ldap_known_set(watch->known, info.uuid, &keys);
		break;
	case SYNC_DELETE:
		ldap_watch_tell(watch, info.kind, info.uuid, NULL);
		ldap_known_drop(watch->known, info.uuid);
		break;
	default:
		ldap_known_mark(watch->known, info.uuid);
		break;
	}
	ldap_watch_take_cookie(watch, &info);
	buf_fini(&keys);
}

/* The refresh is complete. */
static void
ldap_watch_go_live(struct ldap_watch *watch, uint64_t now)
{
	if (watch->live)
		return;
	log_info("%s: changes are told from now on (server=%s entries=%zu "
		 "took=%s)",
	    watch->source->name,
	    watch->link.servers->list[watch->link.server].conf->url,
	    ldap_known_count(watch->known),
	    text_time((int64_t)(now - watch->begun_at)));
	watch->live = true;
	watch->begun = true;
}

static void
ldap_watch_on_set(struct ldap_watch *watch, struct sync_info *info)
{
	const char *uuid;

	while ((uuid = sync_next_uuid(info)) != NULL)
		if (info->kind == SYNC_SET_PRESENT) {
			ldap_known_mark(watch->known, uuid);
		} else {
			ldap_watch_tell(watch, info->kind, uuid, NULL);
			ldap_known_drop(watch->known, uuid);
		}
}

static void
ldap_watch_on_info(
    struct ldap_watch *watch, const struct directory_event *event, uint64_t now)
{
	struct sync_info info;

	if (sync_parse_info(event->sync, event->sync_len, &info) == -1) {
		ldap_watch_refused(
		    watch, "a message came that RFC 4533 doesn't have", now);
		return;
	}
	ldap_watch_take_cookie(watch, &info);
	switch (info.kind) {
	case SYNC_SET_PRESENT:
	case SYNC_SET_DELETED:
		ldap_watch_on_set(watch, &info);
		break;
	case SYNC_PRESENTS_DONE:
	case SYNC_DELETES_DONE:
		/* Without a cookie all that is there was named. */
		if (info.kind == SYNC_PRESENTS_DONE || !watch->resumed) {
			ldap_known_begin_sweep(watch->known);
			watch->sweeping = true;
		}
		if (info.refresh_done)
			ldap_watch_go_live(watch, now);
		break;
	default:
		break;
	}
}

/* The search has ended, which it should never do. */
static void
ldap_watch_on_result(
    struct ldap_watch *watch, const struct directory_event *event, uint64_t now)
{
	bool resumed = watch->resumed, begun = resumed || watch->live;
	struct err why = event->why;

	if (event->result == DIRECTORY_OK)
		err_set(&why, "the server ended the search");
	if (event->result == DIRECTORY_TOO_MANY)
		err_prefix(&why, "it may not see all entries (olcLimits)");
	if ((event->result == DIRECTORY_SYNC_ANEW && begun) ||
	    (resumed && event->result != DIRECTORY_OK)) {
		/* From the beginning, then. */
		ldap_watch_lose(watch, why.text);
		buf_clear(&watch->cookie);
		ldap_watch_search(watch, now);
		return;
	}
	ldap_watch_lose(watch, why.text);
	ldap_watch_refused(watch, why.text, now);
}

static void
ldap_watch_on_message(
    struct ldap_link *link, const struct directory_event *event, uint64_t now)
{
	struct ldap_watch *watch = (struct ldap_watch *)link;

	watch->beating = false;
	watch->beat_at = now + watch->conf->timeout;
	/* What isn't the search's is a sign of life. */
	if (watch->id == 0 || event->id != watch->id)
		return;
	switch (event->kind) {
	case DIRECTORY_ENTRY:
		ldap_watch_on_entry(watch, event, now);
		break;
	case DIRECTORY_SYNC:
		ldap_watch_on_info(watch, event, now);
		break;
	case DIRECTORY_RESULT:
		ldap_watch_on_result(watch, event, now);
		break;
	case DIRECTORY_REFERENCE:
	case DIRECTORY_NOTHING:
	case DIRECTORY_GONE:
		break;
	}
}

static const struct ldap_link_calls ldap_watch_calls = {
    .up = ldap_watch_on_up,
    .message = ldap_watch_on_message,
    .down = ldap_watch_on_down,
};

void
ldap_watch_init(struct ldap_watch *watch, struct source *source,
    const struct source_env *env, const struct conf_ldap *conf,
    struct ldap_servers *servers)
{
	static char none[] = "1.1";
	struct template_key key;
	size_t i;

	*watch = (struct ldap_watch){
	    .source = source, .conf = conf, .retry_at = CLOCK_NEVER};
	ldap_link_init(
	    &watch->link, env, conf, servers, &ldap_watch_calls, watch);
	/* The configuration was checked when it was read. */
	MUST(template_shape_init(&watch->shape, conf->query_filter, NULL) == 0);
	template_key_split(&key, "x", 1);
	MUST(template_filter_dn(&watch->base, conf->search_base, &key) ==
	    TEMPLATE_OK);
	MUST(template_filter(&watch->filter, watch->shape.filter, &key) ==
	    TEMPLATE_OK);
	watch->known = ldap_known_new();
	watch->attributes = mem_zalloc(
	    (watch->shape.nattributes + 2) * sizeof(*watch->attributes));
	watch->attributes[0] = none;
	for (i = 0; watch->shape.exact && i < watch->shape.nattributes; i++)
		watch->attributes[i] = watch->shape.attribute[i];
}

void
ldap_watch_fini(struct ldap_watch *watch)
{
	ldap_link_fini(&watch->link);
	template_shape_fini(&watch->shape);
	/* Those of a million entries would keep the loop for too long. */
	leavings_add(
	    watch->link.env->leavings, ldap_known_free_piece, watch->known);
	free(watch->attributes);
	buf_fini(&watch->base);
	buf_fini(&watch->filter);
	buf_fini(&watch->cookie);
}

void
ldap_watch_note(struct ldap_watch *watch, const struct source_ask *ask)
{
	watch->odd |= !ldap_known_is_plain(ask->key, ask->len);
}

enum source_sight
ldap_watch_look(struct ldap_watch *watch)
{
	if (!watch->live)
		return SOURCE_BLIND;
	if (watch->changed) {
		watch->changed = watch->begun = watch->odd = false;
		return SOURCE_CHANGED;
	}
	if (watch->begun) {
		watch->begun = false;
		return SOURCE_BEGUN;
	}
	return SOURCE_SAME;
}

void
ldap_watch_view(const struct ldap_watch *watch, struct source_watch *out)
{
	if (watch->live)
		out->state = SOURCE_WATCH_LIVE;
	else if (watch->id != 0)
		out->state = SOURCE_WATCH_REFRESHING;
	else if (!ldap_link_is_up(&watch->link) &&
	    ldap_servers_are_down(watch->link.servers))
		out->why = ldap_servers_why(watch->link.servers)->text;
	else
		out->why = watch->why.text[0] != '\0' ? watch->why.text
						      : "not connected yet";
}

void
ldap_watch_view_server(
    const struct ldap_watch *watch, unsigned i, struct source_server *out)
{
	unsigned flights = out->flights;

	ldap_link_view(&watch->link, i, out);
	/* What it asked for never ends. */
	out->flights = flights;
}

/* Asks for a sign of life, or misses the one that was asked for. */
static void
ldap_watch_beat(struct ldap_watch *watch, uint64_t now)
{
	static char none[] = "1.1";
	char *attributes[] = {none, NULL};
	struct directory_search search = {
	    .base = "",
	    .scope = DIRECTORY_BASE,
	    .filter = "(objectClass=*)",
	    .attributes = attributes,
	};
	struct err why;
	int id;

	if (now < watch->beat_at)
		return;
	if (watch->beating) {
		err_set(&why, "no sign of life within %s",
		    text_time((int64_t)watch->conf->timeout));
		ldap_link_give_up(&watch->link, &why);
		return;
	}
	watch->beating = true;
	watch->beat_at = now + watch->conf->timeout;
	if (ldap_link_can_send(&watch->link))
		ldap_link_send(&watch->link, &search, &id, &why);
}

uint64_t
ldap_watch_tick(struct ldap_watch *watch, uint64_t now)
{
	uint64_t next = ldap_link_tick(&watch->link, now);

	if (watch->sweeping) {
		watch->sweeping = ldap_known_sweep(watch->known);
		next = now;
	}
	if (watch->retry_at != CLOCK_NEVER) {
		if (now < watch->retry_at)
			return next < watch->retry_at ? next : watch->retry_at;
		watch->retry_at = CLOCK_NEVER;
	}
	ldap_link_want(&watch->link, now);
	if (!ldap_link_is_up(&watch->link)) {
		if (ldap_link_want_at(&watch->link) < next)
			next = ldap_link_want_at(&watch->link);
		return next;
	}
	if (watch->id == 0 && ldap_link_can_send(&watch->link))
		ldap_watch_search(watch, now);
	ldap_watch_beat(watch, now);
	return next < watch->beat_at ? next : watch->beat_at;
}
