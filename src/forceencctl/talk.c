/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/talk.h"

#include <string.h>
#include <sysexits.h>

#include "forceenc/control.h"
#include "forceenc/must.h"
#include "forceenc/text.h"
#include "forceencctl/peer.h"
#include "forceencctl/say.h"
#include "forceencctl/site.h"

struct talk {
	struct peer peer;
	talk_record_fn *record;
	void *arg;
	struct talk_end *end;
	int status;
};

static int
talk_no_daemon(const struct talk *talk, const char *why)
{
	say("%s: no control socket of forceencd is here: %s; name it with "
	    "--socket",
	    talk->peer.endpoint.text, why);
	return EX_UNAVAILABLE;
}

static int
talk_take(struct talk *talk, const struct control_reply *reply)
{
	json_error_t error;
	json_t *record;

	if (reply->end) {
		text_printable(talk->end->text.text,
		    sizeof(talk->end->text.text), reply->text, reply->len);
		talk->end->whole = true;
		talk->status = reply->status;
		return 0;
	}
	record = json_loadb(reply->text, reply->len, 0, &error);
	if (!json_is_object(record)) {
		json_decref(record);
		return talk_no_daemon(
		    talk, "it sends records that aren't JSON");
	}
	talk->record(record, talk->arg);
	json_decref(record);
	return 0;
}

/* Takes the whole replies that are there. */
static int
talk_take_all(struct talk *talk)
{
	struct buf *in = &talk->peer.in;
	enum control_status status = CONTROL_OK;
	struct control_reply reply;
	const char *why;
	size_t used, done = 0;
	int rc = 0;

	while (rc == 0 && !talk->end->whole && status == CONTROL_OK) {
		status = control_parse_reply(
		    in->data + done, in->len - done, &reply, &used, &why);
		if (status == CONTROL_BAD)
			return talk_no_daemon(talk, why);
		if (status == CONTROL_MORE)
			break;
		rc = talk_take(talk, &reply);
		done += used;
	}
	buf_consume(in, done);
	if (done > 0)
		peer_extend(&talk->peer);
	if (talk->end->whole && in->len > 0) {
		talk->end->whole = false;
		return talk_no_daemon(talk, "something follows the answer");
	}
	return rc;
}

static int
talk_receive(struct talk *talk)
{
	enum peer_status status;
	struct err err;
	int rc = 0;

	while (rc == 0 && !talk->end->whole) {
		status = peer_receive(&talk->peer, &err);
		if (status == PEER_OK)
			rc = talk_take_all(talk);
		else {
			say("%s; try again, or look at forceencd's log",
			    err.text);
			rc = EX_TEMPFAIL;
		}
	}
	return rc;
}

static int
talk_request(
    struct talk *talk, const char *const *words, unsigned n, struct err *err)
{
	struct buf request = {0};
	enum peer_status status;

	control_add_request(&request, words, n);
	if (request.len > CONTROL_REQUEST_MAX) {
		buf_fini(&request);
		say("the arguments are too long for forceencd");
		return EX_USAGE;
	}
	status = peer_send(&talk->peer, &request, err);
	buf_fini(&request);
	if (status == PEER_OK)
		return 0;
	say("%s; try again, or look at forceencd's log", err->text);
	return EX_TEMPFAIL;
}

int
talk(const struct cmd_call *call, const char *const *words, unsigned n,
    talk_record_fn *record, void *arg, struct talk_end *end)
{
	struct talk talk = {.record = record, .arg = arg, .end = end};
	struct endpoint endpoint;
	uint64_t time_limit;
	struct err err;
	int rc;

	*end = (struct talk_end){0};
	rc = site_control(call, &endpoint, &time_limit);
	if (rc != 0)
		return rc;
	if (peer_open(&talk.peer, &endpoint, time_limit, &err) != PEER_OK) {
		say("%s; is forceencd running with this control_socket, "
		    "and may you connect to it?",
		    err.text);
		return EX_UNAVAILABLE;
	}
	rc = talk_request(&talk, words, n, &err);
	if (rc == 0)
		rc = talk_receive(&talk);
	peer_close(&talk.peer);
	if (rc == 0 && talk.status == EX_USAGE) {
		/* Not what the person at the keyboard did wrong. */
		say("%s: %s", endpoint.text, end->text.text);
		end->whole = false;
		return EX_UNAVAILABLE;
	}
	return rc == 0 ? talk.status : rc;
}

static void
talk_on_record(json_t *record, void *arg)
{
	json_t **kept = arg;

	json_decref(*kept);
	*kept = json_incref(record);
}

int
talk_and_print(const struct cmd_call *call, const char *const *words,
    unsigned n, talk_print_fn *print)
{
	struct talk_end end;
	json_t *record = NULL;
	int status = talk(call, words, n, talk_on_record, &record, &end);

	if (end.whole && record != NULL && call->form != PRINT_TABLE)
		print_record(call->form, record, call->out);
	else if (end.whole && record != NULL)
		print(record, call->out);
	if (end.whole && record == NULL && end.text.text[0] != '\0')
		say("%s: %s", text_show_str(words[n - 1]), end.text.text);
	json_decref(record);
	return status;
}
