/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/front.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/hash.h"
#include "forceenc/mem.h"

#define FRONT_SLOTS 512
#define FRONT_MIN   8
#define FRONT_MAX   64
#define FRONT_STAMP 48

/* What stands between the stamp and the "[" of the pid. */
struct front {
	struct scene_program program;
	uint8_t len; /* 0: empty */
	uint8_t host_len;
	char key[FRONT_MAX];
};

/* A key has its place in one of two neighbours. */
struct fronts {
	char stamp[WHEN_TRADITIONAL_LEN]; /* the last one that was right */
	struct front slot[FRONT_SLOTS];
};

struct fronts *
fronts_new(void)
{
	return mem_zalloc(sizeof(struct fronts));
}

void
fronts_free(struct fronts *fronts)
{
	free(fronts);
}

/* Behind the stamp and its space, NULL if it is to be looked at closely. */
static const char *
fronts_behind_stamp(
    const struct fronts *fronts, struct maillog *out, const char *line)
{
	const char *at = line + WHEN_TRADITIONAL_LEN;

	out->stamp = line;
	if ((unsigned)(*line - '0') < 10) {
		at = memchr(line, ' ', FRONT_STAMP);
		if (at == NULL)
			return NULL;
		out->stamp_len = (size_t)(at - line);
		return at + 1;
	}
	if (memcmp(line, fronts->stamp, WHEN_TRADITIONAL_LEN) != 0)
		return NULL;
	out->stamp_len = WHEN_TRADITIONAL_LEN;
	return *at == ' ' ? at + 1 : NULL;
}

static size_t
fronts_slot(const char *key, size_t len)
{
	uint64_t hash = len, word;
	size_t i;

	for (i = 0; i + 8 < len; i += 8) {
		memcpy(&word, key + i, 8);
		hash = hash_mix(hash, word);
	}
	memcpy(&word, key + len - 8, 8);
	return hash_mix(hash, word) % FRONT_SLOTS;
}

static bool
fronts_is(const struct front *front, const char *key, size_t len)
{
	return front->len == len && memcmp(front->key, key, len) == 0;
}

/* "14416]: TEXT" */
static bool
fronts_pid(struct maillog *out, const char *at, const char *end)
{
	size_t n =
	    maillog_number(at, (size_t)(end - at), UINT32_MAX, &out->pid);

	at += n;
	if (n == 0 || end - at < 2 || at[0] != ']' || at[1] != ':')
		return false;
	at += 2;
	if (at < end && *at == ' ')
		at++;
	if (end > at && end[-1] == '\r')
		end--;
	out->text = at;
	out->text_len = (size_t)(end - at);
	return true;
}

const struct scene_program *
fronts_find(
    struct fronts *fronts, struct maillog *out, const char *line, size_t len)
{
	const char *end = line + len, *key, *bracket;
	const struct front *front;
	size_t slot, key_len;

	if (len < FRONT_STAMP)
		return NULL;
	key = fronts_behind_stamp(fronts, out, line);
	if (key == NULL)
		return NULL;
	key_len = (size_t)(end - key);
	bracket = memchr(key, '[', key_len < FRONT_MAX ? key_len : FRONT_MAX);
	if (bracket == NULL || bracket - key < FRONT_MIN)
		return NULL;
	key_len = (size_t)(bracket - key);
	slot = fronts_slot(key, key_len);
	front = &fronts->slot[slot];
	if (!fronts_is(front, key, key_len)) {
		front = &fronts->slot[slot ^ 1];
		if (!fronts_is(front, key, key_len))
			return NULL;
	}
	if (!fronts_pid(out, bracket + 1, end))
		return NULL;
	out->host = key;
	out->host_len = front->host_len;
	out->program = key + front->host_len + 1;
	out->program_len = key_len - front->host_len - 1;
	out->rfc5424 = false;
	out->time = 0;
	return &front->program;
}

void
fronts_keep(struct fronts *fronts, const char *line, const struct maillog *log,
    const struct scene_program *program)
{
	size_t len = log->host_len + 1 + log->program_len, slot;
	struct front *front;

	/* Lines of which all is told by what fronts_find() compares. */
	if (log->rfc5424 || log->stamp != line || log->pid == 0 ||
	    log->program != log->host + log->host_len + 1 ||
	    log->program[log->program_len] != '[' || len < FRONT_MIN ||
	    len >= FRONT_MAX || memchr(log->host, '[', len) != NULL)
		return;
	if ((unsigned)(*line - '0') >= 10)
		memcpy(fronts->stamp, line, WHEN_TRADITIONAL_LEN);
	slot = fronts_slot(log->host, len);
	front = &fronts->slot[slot];
	if (fronts_is(front, log->host, len) ||
	    fronts_is(&fronts->slot[slot ^ 1], log->host, len))
		return;
	fronts->slot[slot ^ 1] = *front;
	front->program = *program;
	front->len = (uint8_t)len;
	front->host_len = (uint8_t)log->host_len;
	memcpy(front->key, log->host, len);
}
