/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/lookup.h"

#include <string.h>

#include "forceenc/netstring.h"
#include "forceenc/text.h"
#include "wire/reply.h"

/* socketmap_table(5): a reply's payload. */
#define SOCKETMAP_REPLY_MAX 100000

struct socketmap_word {
	const char *word;
	size_t len;
	enum lookup_reply reply;
};

/* Each word as it begins a payload; behind those that are written the one that
 * is only read. */
static const struct socketmap_word socketmap_words[] = {
    [LOOKUP_FOUND] = {"OK ", 3, LOOKUP_FOUND},
    [LOOKUP_NOTFOUND] = {"NOTFOUND ", 9, LOOKUP_NOTFOUND},
    [LOOKUP_TEMP] = {"TEMP ", 5, LOOKUP_TEMP},
    [LOOKUP_PERM] = {"PERM ", 5, LOOKUP_PERM},
    {"TIMEOUT ", 8, LOOKUP_TEMP},
};

#define SOCKETMAP_WORDS (sizeof(socketmap_words) / sizeof(socketmap_words[0]))

static enum lookup_frame
socketmap_frame(const char *in, size_t len, size_t max, const char **payload,
    size_t *payload_len, size_t *used, const char **why)
{
	switch (
	    netstring_parse(in, len, max, payload, payload_len, used, why)) {
	case NETSTRING_OK:
		return LOOKUP_FRAME_QUESTION;
	case NETSTRING_MORE:
		return LOOKUP_FRAME_MORE;
	case NETSTRING_BAD:
		break;
	}
	return LOOKUP_FRAME_BROKEN;
}

static enum lookup_frame
socketmap_parse_question(char *in, size_t len, struct lookup_question *question,
    size_t *used, const char **why)
{
	const char *payload, *space;
	size_t n;
	enum lookup_frame frame = socketmap_frame(
	    in, len, LOOKUP_SOCKETMAP_MAX, &payload, &n, used, why);

	if (frame != LOOKUP_FRAME_QUESTION)
		return frame;
	space = memchr(payload, ' ', n);
	if (space == NULL) {
		*why = "a request is a map's name, a space and a key";
		return LOOKUP_FRAME_REFUSED;
	}
	if (space == payload) {
		*why = "a request without a map's name";
		return LOOKUP_FRAME_REFUSED;
	}
	question->map = payload;
	question->map_len = (size_t)(space - payload);
	question->key = space + 1;
	question->key_len = n - question->map_len - 1;
	return LOOKUP_FRAME_QUESTION;
}

/* Postfix takes a reply that isn't UTF-8 for no reply at all, and a control
 * byte in a reason ends up in its log. Writes at most len bytes. */
static size_t
socketmap_clean(char *to, const char *text, size_t len)
{
	size_t used = 0, i = 0;
	unsigned n;

	while (i < len) {
		n = text_utf8_len(text + i, len - i);
		if (n == 0 || (unsigned char)text[i] < 0x20 ||
		    text[i] == 0x7f) {
			to[used++] = '?';
			i++;
			continue;
		}
		memcpy(to + used, text + i, n);
		used += n;
		i += n;
	}
	return used;
}

static void
socketmap_add_reply(
    struct buf *out, enum lookup_reply reply, const char *text, size_t len)
{
	char payload[sizeof("NOTFOUND ") + LOOKUP_VALUE_MAX];
	size_t n;

	reply_settle(&reply, &text, &len, LOOKUP_VALUE_MAX);
	n = socketmap_words[reply].len;
	memcpy(payload, socketmap_words[reply].word, n);
	if (reply == LOOKUP_FOUND) {
		memcpy(payload + n, text, len);
		n += len;
	} else {
		n += socketmap_clean(payload + n, text, len);
	}
	netstring_add(out, payload, n);
}

static void
socketmap_add_question(
    struct buf *out, const char *map, const char *key, size_t key_len)
{
	struct buf payload = {0};

	buf_add_text(&payload, map);
	buf_add_byte(&payload, ' ');
	buf_add(&payload, key, key_len);
	netstring_add(out, payload.data, payload.len);
	buf_fini(&payload);
}

/* The word must be followed by a space or be all there is. */
static const struct socketmap_word *
socketmap_find_word(const char *payload, size_t len)
{
	const struct socketmap_word *w;
	size_t i;

	for (i = 0; i < SOCKETMAP_WORDS; i++) {
		w = &socketmap_words[i];
		if (len >= w->len - 1 &&
		    memcmp(payload, w->word, len < w->len ? len : w->len) == 0)
			return w;
	}
	return NULL;
}

static enum lookup_frame
socketmap_parse_reply(char *in, size_t len, enum lookup_reply *reply,
    const char **text, size_t *text_len, size_t *used, const char **why)
{
	const struct socketmap_word *word;
	const char *payload;
	size_t n, skip;
	enum lookup_frame frame = socketmap_frame(
	    in, len, SOCKETMAP_REPLY_MAX, &payload, &n, used, why);

	if (frame != LOOKUP_FRAME_QUESTION)
		return frame;
	word = socketmap_find_word(payload, n);
	if (word == NULL) {
		*why = "a reply with an unknown word in front";
		return LOOKUP_FRAME_REFUSED;
	}
	/* Old Postfix takes a bare OK for "not found"; nobody should. */
	if (word->reply == LOOKUP_FOUND && n <= word->len) {
		*why = "OK without a value";
		return LOOKUP_FRAME_REFUSED;
	}
	skip = n < word->len ? n : word->len;
	*reply = word->reply;
	*text = payload + skip;
	*text_len = n - skip;
	return LOOKUP_FRAME_QUESTION;
}

const struct lookup_protocol lookup_socketmap = {
    .name = "socketmap",
    .parse_question = socketmap_parse_question,
    .add_reply = socketmap_add_reply,
    .add_question = socketmap_add_question,
    .parse_reply = socketmap_parse_reply,
};
