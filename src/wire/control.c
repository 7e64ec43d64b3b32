/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/control.h"

#include <string.h>

#include "forceenc/must.h"
#include "forceenc/netstring.h"

#define CONTROL_STATUS_MAX 255 /* of a process */

static enum control_status
control_frame(const char *in, size_t len, size_t max, const char **payload,
    size_t *payload_len, size_t *used, const char **why)
{
	switch (
	    netstring_parse(in, len, max, payload, payload_len, used, why)) {
	case NETSTRING_OK:
		return CONTROL_OK;
	case NETSTRING_MORE:
		return CONTROL_MORE;
	case NETSTRING_BAD:
		break;
	}
	return CONTROL_BAD;
}

static int
control_parse_words(const char *row, size_t len,
    struct control_request *request, const char **why)
{
	size_t used;

	request->n = 0;
	while (len > 0) {
		if (request->n == CONTROL_WORDS_MAX) {
			*why = "too many words in a request";
			return -1;
		}
		if (netstring_parse(row, len, len, &request->word[request->n],
			&request->len[request->n], &used,
			why) != NETSTRING_OK) {
			*why = "a request is a row of whole netstrings";
			return -1;
		}
		request->n++;
		row += used;
		len -= used;
	}
	if (request->n == 0) {
		*why = "a request without a word";
		return -1;
	}
	return 0;
}

enum control_status
control_parse_request(const char *in, size_t len,
    struct control_request *request, size_t *used, const char **why)
{
	const char *row;
	size_t row_len;
	enum control_status status = control_frame(
	    in, len, CONTROL_REQUEST_MAX, &row, &row_len, used, why);

	if (status != CONTROL_OK)
		return status;
	if (control_parse_words(row, row_len, request, why) == -1)
		return CONTROL_BAD;
	return CONTROL_OK;
}

void
control_add_request(struct buf *out, const char *const *words, unsigned n)
{
	struct buf row = {0};
	unsigned i;

	MUST(n >= 1 && n <= CONTROL_WORDS_MAX);
	for (i = 0; i < n; i++)
		netstring_add(&row, words[i], strlen(words[i]));
	netstring_add(out, row.data, row.len);
	buf_fini(&row);
}

bool
control_word_is(
    const struct control_request *request, unsigned i, const char *word)
{
	return i < request->n && strlen(word) == request->len[i] &&
	    memcmp(request->word[i], word, request->len[i]) == 0;
}

/* "0 all is well": a status without needless zeros, a space, a text. */
static int
control_parse_end(const char *in, size_t len, struct control_reply *reply)
{
	size_t i;
	int status = 0;

	for (i = 0; i < len && in[i] >= '0' && in[i] <= '9'; i++) {
		if (i > 0 && status == 0)
			return -1;
		status = status * 10 + (in[i] - '0');
		if (status > CONTROL_STATUS_MAX)
			return -1;
	}
	if (i == 0 || i == len || in[i] != ' ')
		return -1;
	reply->end = true;
	reply->status = status;
	reply->text = in + i + 1;
	reply->len = len - i - 1;
	return 0;
}

enum control_status
control_parse_reply(const char *in, size_t len, struct control_reply *reply,
    size_t *used, const char **why)
{
	const char *payload;
	size_t n;
	enum control_status status =
	    control_frame(in, len, CONTROL_REPLY_MAX, &payload, &n, used, why);

	if (status != CONTROL_OK)
		return status;
	if (n > 1 && payload[0] == 'R') {
		*reply =
		    (struct control_reply){.text = payload + 1, .len = n - 1};
		return CONTROL_OK;
	}
	if (n > 1 && payload[0] == 'E' &&
	    control_parse_end(payload + 1, n - 1, reply) == 0)
		return CONTROL_OK;
	*why = "a reply is R and a record, or E, a status and a text";
	return CONTROL_BAD;
}

static void
control_add_reply(
    struct buf *out, const char *head, const char *text, size_t len)
{
	struct buf payload = {0};

	buf_add_text(&payload, head);
	buf_add(&payload, text, len);
	MUST(payload.len <= CONTROL_REPLY_MAX);
	netstring_add(out, payload.data, payload.len);
	buf_fini(&payload);
}

void
control_add_record(struct buf *out, const char *json, size_t len)
{
	MUST(len > 0);
	control_add_reply(out, "R", json, len);
}

void
control_add_end(struct buf *out, int status, const char *text)
{
	struct buf head = {0};

	MUST(status >= 0 && status <= CONTROL_STATUS_MAX);
	buf_printf(&head, "E%d ", status);
	control_add_reply(out, buf_text(&head), text, strlen(text));
	buf_fini(&head);
}
