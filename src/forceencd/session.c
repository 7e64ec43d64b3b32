/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"
#include "forceencd/inquiry.h"

/* With this much to send, a client must read before it is served on. */
#define SESSION_OUT_MAX (32 * 1024)

/* A reply that can't be sent yet: it isn't there, or one before it isn't. */
struct session_slot {
	struct session *session;
	struct map *map;
	struct resolve_ticket *ticket; /* at most one of these: neither, if */
	struct inquiry *inquiry;       /* it's answered */
	enum lookup_reply reply;
	char *text;
	size_t len;
	TAILQ_ENTRY(session_slot) link;
};

struct session {
	struct session_shared *shared;
	const struct lookup_protocol *protocol;
	char *map;
	session_wake_fn *wake;
	void *wake_arg;
	struct buf in; /* bytes not yet looked at, or of an unfinished frame */
	TAILQ_HEAD(, session_slot) slots; /* in the order of asking */
	unsigned nslots;
	uint64_t taken; /* frames */
	bool broken;    /* the rest of its bytes means nothing */
	bool finished;  /* no more bytes will come */
	bool full;
	bool paused; /* frames are left for the loop's next turn */
};

struct session *
session_new(struct session_shared *shared,
    const struct lookup_protocol *protocol, const char *map,
    session_wake_fn *wake, void *wake_arg)
{
	struct session *session = mem_zalloc(sizeof(*session));

	session->shared = shared;
	session->protocol = protocol;
	session->map = map == NULL ? NULL : mem_strdup(map);
	session->wake = wake;
	session->wake_arg = wake_arg;
	TAILQ_INIT(&session->slots);
	return session;
}

static void
session_slot_free(struct session_slot *slot)
{
	TAILQ_REMOVE(&slot->session->slots, slot, link);
	slot->session->nslots--;
	free(slot->text);
	free(slot);
}

void
session_free(struct session *session)
{
	struct session_slot *slot;

	if (session == NULL)
		return;
	while ((slot = TAILQ_FIRST(&session->slots)) != NULL) {
		if (slot->ticket != NULL)
			resolve_cancel(session->shared->resolve, slot->ticket);
		if (slot->inquiry != NULL)
			inquiry_cancel(slot->inquiry);
		session_slot_free(slot);
	}
	buf_fini(&session->in);
	free(session->map);
	free(session);
}

static struct session_slot *
session_slot_new(struct session *session)
{
	struct session_slot *slot = mem_zalloc(sizeof(*slot));

	slot->session = session;
	TAILQ_INSERT_TAIL(&session->slots, slot, link);
	session->nslots++;
	return slot;
}

/* Sends a reply, or lines it up behind those that aren't there yet. */
static void
session_reply(struct session *session, enum lookup_reply reply,
    const char *text, size_t len, struct buf *out)
{
	struct session_slot *slot;

	if (TAILQ_EMPTY(&session->slots)) {
		session->protocol->add_reply(out, reply, text, len);
		return;
	}
	slot = session_slot_new(session);
	slot->reply = reply;
	slot->text = mem_dup(text, len);
	slot->len = len;
}

static int
session_check(
    const struct map *map, const char *text, size_t len, struct err *err)
{
	return map->answerer != NULL
	    ? answerer_check(map->answerer, text, len, err)
	    : answer_check(text, len, err);
}

/* What a client hears. A value is checked once more where it leaves: a form
 * that stops qmgr(8) must not get out, whatever went wrong before. */
static enum lookup_reply
session_word(const struct map *map, const struct resolve_reply *resolved,
    const char **text, size_t *len)
{
	enum lookup_reply word = LOOKUP_TEMP;
	struct err why;

	switch (resolved->outcome) {
	case RESOLVE_ANSWER:
		*text = resolved->text;
		*len = strlen(*text);
		if (session_check(map, *text, *len, &why) == 0)
			return LOOKUP_FOUND;
		log_error("answer not sent: %s", why.text);
		*text = "answer is malformed";
		break;
	case RESOLVE_DUNNO:
		*text = "DUNNO";
		word = LOOKUP_FOUND;
		break;
	case RESOLVE_ABSENT:
		*text = "";
		word = LOOKUP_NOTFOUND;
		break;
	case RESOLVE_UNSURE:
		*text = resolved->why.text;
		break;
	}
	*len = strlen(*text);
	return word;
}

static void
session_on_answer(const struct resolve_reply *resolved, void *arg)
{
	struct session_slot *slot = arg;
	struct session *session = slot->session;
	const char *text;

	slot->ticket = NULL;
	slot->inquiry = NULL;
	slot->reply = session_word(slot->map, resolved, &text, &slot->len);
	slot->text = mem_dup(text, slot->len);
	/* Those behind the first one wait for it anyway. */
	if (slot == TAILQ_FIRST(&session->slots))
		session->wake(session->wake_arg);
}

/* The answers at the head of the line go out. */
static void
session_flush(struct session *session, struct buf *out)
{
	struct session_slot *slot;

	while ((slot = TAILQ_FIRST(&session->slots)) != NULL &&
	    slot->ticket == NULL && slot->inquiry == NULL &&
	    out->len < SESSION_OUT_MAX) {
		session->protocol->add_reply(
		    out, slot->reply, slot->text, slot->len);
		session_slot_free(slot);
	}
}

static void
session_refuse(struct session *session, const char *why, struct buf *out)
{
	session_reply(session, LOOKUP_PERM, why, strlen(why), out);
}

static void
session_log_question(const struct lookup_question *question,
    const struct map *map, const char *word, const char *text)
{
	log_debug("%s: %s: %s %s", map->conf->name,
	    text_show(question->key, question->key_len), word, text);
}

/* The answer was there at once. */
static void
session_answer(struct session *session, const struct lookup_question *question,
    const struct map *map, const struct resolve_reply *resolved,
    struct buf *out)
{
	enum lookup_reply word;
	const char *text;
	size_t len;

	word = session_word(map, resolved, &text, &len);
	session_reply(session, word, text, len, out);
	if (log_wants(LOG_LEVEL_DEBUG))
		session_log_question(question, map,
		    word == LOOKUP_TEMP        ? "unsure:"
			: word == LOOKUP_FOUND ? "found"
					       : "absent",
		    text);
}

static void
session_ask(struct session *session, const struct lookup_question *question,
    struct map *map, uint64_t now, struct buf *out)
{
	struct session_shared *shared = session->shared;
	struct resolve_ticket *ticket;
	struct session_slot *slot;
	struct resolve_reply resolved;

	if (resolve_ask(shared->resolve, shared->service, map, &shared->keys,
		now, NULL, &resolved, &ticket) == RESOLVE_WAIT) {
		slot = session_slot_new(session);
		slot->map = map;
		slot->ticket = ticket;
		resolve_wait(ticket, session_on_answer, slot);
		return;
	}
	session_answer(session, question, map, &resolved, out);
}

/* The same, of a map that takes the key as it is. */
static void
session_inquire(struct session *session, const struct lookup_question *question,
    struct map *map, uint64_t now, struct buf *out)
{
	struct inquiry *inquiry;
	struct session_slot *slot;
	struct resolve_reply resolved;

	if (inquiry_ask(session->shared->service, map, question->key,
		question->key_len, now, NULL, &resolved,
		&inquiry) == RESOLVE_WAIT) {
		slot = session_slot_new(session);
		slot->map = map;
		slot->inquiry = inquiry;
		inquiry_wait(inquiry, session_on_answer, slot);
		return;
	}
	session_answer(session, question, map, &resolved, out);
}

static void
session_question(struct session *session,
    const struct lookup_question *question, uint64_t now, struct buf *out)
{
	struct session_shared *shared = session->shared;
	const char *name = question->map, *why;
	size_t len = question->map_len;
	char text[128];
	struct map *map;

	shared->counts.questions++;
	if (shared->turn != NULL)
		turn_add_question(shared->turn);
	if (session->map != NULL) {
		name = session->map;
		len = strlen(name);
	}
	map = service_find(shared->service, name, len);
	if (map == NULL) {
		shared->counts.refused++;
		snprintf(text, sizeof(text), "no map \"%.64s\" is served here",
		    text_show(name, len));
		session_refuse(session, text, out);
		return;
	}
	if (map->answerer != NULL) {
		session_inquire(session, question, map, now, out);
		return;
	}
	if (address_keys(&shared->keys, &shared->service->rules, question->key,
		question->key_len, &why) == -1) {
		shared->counts.refused++;
		session_refuse(session, why, out);
		return;
	}
	session_ask(session, question, map, now, out);
}

static bool
session_may_go_on(const struct session *session, const struct buf *out)
{
	return !session->broken && out->len < SESSION_OUT_MAX &&
	    session->nslots < session->shared->service->conf->question_limit;
}

/* The others' turn comes first. */
static bool
session_has_to_pause(const struct session *session)
{
	const struct turn *turn = session->shared->turn;

	return turn != NULL && turn_is_full(turn);
}

/* Takes frames off the front as long as it may; returns the bytes used. */
static size_t
session_frames(struct session *session, char *bytes, size_t len, uint64_t now,
    struct buf *out)
{
	struct lookup_question question;
	const char *why;
	size_t used, done = 0;

	session->paused = false;
	while (done < len && session_may_go_on(session, out)) {
		if (session_has_to_pause(session)) {
			session->paused = true;
			return done;
		}
		switch (session->protocol->parse_question(
		    bytes + done, len - done, &question, &used, &why)) {
		case LOOKUP_FRAME_QUESTION:
			session_question(session, &question, now, out);
			break;
		case LOOKUP_FRAME_REFUSED:
			session->shared->counts.refused++;
			session_refuse(session, why, out);
			break;
		case LOOKUP_FRAME_BROKEN:
			session->shared->counts.broken++;
			session->broken = true;
			session_refuse(session, why, out);
			return len;
		case LOOKUP_FRAME_MORE:
			return done;
		}
		done += used;
		session->taken++;
	}
	return done;
}

static enum session_state
session_state(struct session *session, const struct buf *out)
{
	bool more = session_may_go_on(session, out);

	/* With nothing in the way, all whole frames have been taken. */
	if (session->nslots == 0 && !session->paused &&
	    (session->broken || (session->finished && more)))
		return SESSION_ENDED;
	session->full = !more || session->finished || session->paused;
	if (session->paused && more)
		return SESSION_PAUSED;
	return session->full ? SESSION_FULL : SESSION_OPEN;
}

enum session_state
session_input(struct session *session, char *bytes, size_t len, uint64_t now,
    struct buf *out)
{
	size_t used;

	MUST(!session->full && !session->broken);
	if (session->in.len == 0) {
		/* The usual case: whole frames, where they were read. */
		used = session_frames(session, bytes, len, now, out);
		if (!session->broken)
			buf_add(&session->in, bytes + used, len - used);
	} else {
		buf_add(&session->in, bytes, len);
		used = session_frames(
		    session, session->in.data, session->in.len, now, out);
		buf_consume(&session->in, used);
	}
	if (session->in.len == 0 && session->in.cap > 0)
		buf_fini(&session->in);
	return session_state(session, out);
}

enum session_state
session_resume(struct session *session, uint64_t now, struct buf *out)
{
	size_t used;

	session_flush(session, out);
	session->paused = false;
	if (session->in.len > 0 && !session->broken) {
		used = session_frames(
		    session, session->in.data, session->in.len, now, out);
		buf_consume(&session->in, used);
	}
	return session_state(session, out);
}

enum session_state
session_finish(struct session *session, uint64_t now, struct buf *out)
{
	session->finished = true;
	return session_resume(session, now, out);
}

bool
session_is_partial(const struct session *session)
{
	return session->in.len > 0 && !session->full;
}

uint64_t
session_frames_taken(const struct session *session)
{
	return session->taken;
}

unsigned
session_unanswered(const struct session *session)
{
	return session->nslots;
}
