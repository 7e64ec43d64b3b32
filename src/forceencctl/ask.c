/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/ask.h"

#include <stdbool.h>

#include "forceencctl/peer.h"

static void
ask_end(struct ask *ask, enum ask_outcome outcome, const char *text)
{
	ask->outcome = outcome;
	buf_clear(&ask->text);
	buf_add_text(&ask->text, text);
}

static void
ask_broke(struct ask *ask, enum peer_status status, const struct err *err)
{
	ask_end(ask, status == PEER_UNREACHABLE ? ASK_UNREACHABLE : ASK_TEMP,
	    err->text);
}

/* A whole reply, or the reason why there is none. */
static void
ask_take(
    struct ask *ask, const struct lookup_protocol *protocol, struct peer *peer)
{
	static const enum ask_outcome outcomes[] = {
	    [LOOKUP_FOUND] = ASK_FOUND,
	    [LOOKUP_NOTFOUND] = ASK_NOTFOUND,
	    [LOOKUP_TEMP] = ASK_TEMP,
	    [LOOKUP_PERM] = ASK_PERM,
	};
	enum lookup_frame frame = LOOKUP_FRAME_MORE;
	enum peer_status status;
	enum lookup_reply reply;
	const char *text, *why = "";
	size_t len, used;
	struct err err;

	while (frame == LOOKUP_FRAME_MORE) {
		status = peer_receive(peer, &err);
		if (status != PEER_OK) {
			ask_broke(ask, status, &err);
			return;
		}
		frame = protocol->parse_reply(peer->in.data, peer->in.len,
		    &reply, &text, &len, &used, &why);
	}
	if (frame == LOOKUP_FRAME_QUESTION && used == peer->in.len) {
		ask->outcome = outcomes[reply];
		buf_clear(&ask->text);
		buf_add(&ask->text, text, len);
		buf_consume(&peer->in, used);
		return;
	}
	if (frame == LOOKUP_FRAME_QUESTION)
		why = "more than one reply";
	err_set(&err, "%s: no %s server is here: %s", peer->endpoint.text,
	    protocol->name, why);
	ask_end(ask, ASK_NO_SERVER, err.text);
}

void
ask_map(struct ask *ask, const struct lookup_protocol *protocol,
    const struct endpoint *endpoint, const char *map, const struct asked *asked,
    uint64_t time_limit)
{
	enum peer_status status;
	struct buf question = {0};
	struct peer peer;
	struct err err;

	*ask = (struct ask){0};
	status = peer_open(&peer, endpoint, time_limit, &err);
	if (status != PEER_OK) {
		ask_broke(ask, status, &err);
		return;
	}
	do {
		peer_extend(&peer);
		buf_clear(&question);
		protocol->add_question(&question, map,
		    asked->key[ask->asked].data, asked->key[ask->asked].len);
		ask->asked++;
		status = peer_send(&peer, &question, &err);
		if (status == PEER_OK)
			ask_take(ask, protocol, &peer);
		else
			ask_broke(ask, status, &err);
	} while (ask->outcome == ASK_NOTFOUND && ask->asked < asked->n);
	buf_fini(&question);
	peer_close(&peer);
}

void
ask_fini(struct ask *ask)
{
	buf_fini(&ask->text);
}
