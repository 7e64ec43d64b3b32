/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * BER as RFC 4511 narrows it down: definite lengths. The values are small and
 * their forms few, so this reads them directly; every length is checked
 * against what is there.
 */

#include "forceenc/sync.h"

#include <string.h>

#include "forceenc/must.h"

#define SYNC_BOOLEAN    0x01
#define SYNC_OCTETS     0x04
#define SYNC_ENUMERATED 0x0a
#define SYNC_SEQUENCE   0x30
#define SYNC_SET        0x31

/* The choices of syncInfoValue. */
#define SYNC_TAG_COOKIE   0x80
#define SYNC_TAG_DELETES  0xa1
#define SYNC_TAG_PRESENTS 0xa2
#define SYNC_TAG_SET      0xa3

#define SYNC_REFRESH_AND_PERSIST 3

struct sync_reader {
	const unsigned char *at;
	size_t left;
};

/* The length behind a tag, which is at reader->at[1]; the head's own length
 * goes to *head. -1 if it's malformed or more than there is. */
static int
sync_length(const struct sync_reader *reader, size_t *head, size_t *len)
{
	size_t bytes, i;

	if (reader->left < 2)
		return -1;
	*head = 2;
	*len = reader->at[1];
	if (*len >= 0x80) {
		bytes = *len & 0x7f;
		/* More than four bytes of length are more than ever come. */
		if (bytes == 0 || bytes > 4 || reader->left < 2 + bytes)
			return -1;
		for (*len = 0, i = 0; i < bytes; i++)
			*len = *len << 8 | reader->at[2 + i];
		*head += bytes;
	}
	return *len <= reader->left - *head ? 0 : -1;
}

/* Whether an element with this tag is next; *value is it then, and reader is
 * behind it. */
static bool
sync_take(struct sync_reader *reader, unsigned tag, struct sync_reader *value)
{
	size_t head, len;

	if (reader->left == 0 || reader->at[0] != tag ||
	    sync_length(reader, &head, &len) == -1)
		return false;
	value->at = reader->at + head;
	value->left = len;
	reader->at += head + len;
	reader->left -= head + len;
	return true;
}

static void
sync_take_cookie(struct sync_reader *reader, struct sync_info *out)
{
	struct sync_reader value;

	if (!sync_take(reader, SYNC_OCTETS, &value))
		return;
	out->cookie = (const char *)value.at;
	out->cookie_len = value.left;
}

/* A BOOLEAN that may be left out. -1 if it's malformed. */
static int
sync_take_bool(struct sync_reader *reader, bool *out)
{
	struct sync_reader value;

	if (!sync_take(reader, SYNC_BOOLEAN, &value))
		return 0;
	if (value.left != 1)
		return -1;
	*out = value.at[0] != 0;
	return 0;
}

int
sync_parse_state(const char *bytes, size_t len, struct sync_info *out)
{
	struct sync_reader reader = {(const unsigned char *)bytes, len};
	struct sync_reader all, value;

	*out = (struct sync_info){.kind = SYNC_PRESENT};
	if (!sync_take(&reader, SYNC_SEQUENCE, &all) || reader.left > 0)
		return -1;
	if (!sync_take(&all, SYNC_ENUMERATED, &value) || value.left != 1 ||
	    value.at[0] > SYNC_DELETE)
		return -1;
	out->kind = (enum sync_kind)value.at[0];
	if (!sync_take(&all, SYNC_OCTETS, &value) ||
	    value.left != SYNC_UUID_LEN)
		return -1;
	out->uuid = (const char *)value.at;
	sync_take_cookie(&all, out);
	return all.left == 0 ? 0 : -1;
}

/* refreshDelete and refreshPresent. */
static int
sync_parse_done(struct sync_reader *all, struct sync_info *out)
{
	out->refresh_done = true;
	sync_take_cookie(all, out);
	if (sync_take_bool(all, &out->refresh_done) == -1)
		return -1;
	return all->left == 0 ? 0 : -1;
}

static int
sync_parse_set(struct sync_reader *all, struct sync_info *out)
{
	struct sync_reader set;
	struct sync_info rest;
	bool deleted = false;

	sync_take_cookie(all, out);
	if (sync_take_bool(all, &deleted) == -1 ||
	    !sync_take(all, SYNC_SET, &set) || all->left > 0)
		return -1;
	out->kind = deleted ? SYNC_SET_DELETED : SYNC_SET_PRESENT;
	out->set = (const char *)set.at;
	out->set_len = set.left;
	/* A set that is malformed further on is malformed as a whole. */
	rest = *out;
	while (sync_next_uuid(&rest) != NULL)
		;
	return rest.set_len == 0 ? 0 : -1;
}

int
sync_parse_info(const char *bytes, size_t len, struct sync_info *out)
{
	struct sync_reader reader = {(const unsigned char *)bytes, len};
	struct sync_reader value;
	int rc = -1;

	*out = (struct sync_info){.kind = SYNC_COOKIE};
	if (sync_take(&reader, SYNC_TAG_COOKIE, &value)) {
		out->cookie = (const char *)value.at;
		out->cookie_len = value.left;
		rc = 0;
	} else if (sync_take(&reader, SYNC_TAG_DELETES, &value)) {
		out->kind = SYNC_DELETES_DONE;
		rc = sync_parse_done(&value, out);
	} else if (sync_take(&reader, SYNC_TAG_PRESENTS, &value)) {
		out->kind = SYNC_PRESENTS_DONE;
		rc = sync_parse_done(&value, out);
	} else if (sync_take(&reader, SYNC_TAG_SET, &value)) {
		rc = sync_parse_set(&value, out);
	}
	return reader.left == 0 ? rc : -1;
}

const char *
sync_next_uuid(struct sync_info *info)
{
	struct sync_reader reader = {
	    (const unsigned char *)info->set, info->set_len};
	struct sync_reader value;

	if (!sync_take(&reader, SYNC_OCTETS, &value) ||
	    value.left != SYNC_UUID_LEN)
		return NULL;
	info->set = (const char *)reader.at;
	info->set_len = reader.left;
	return (const char *)value.at;
}

static void
sync_add_length(struct buf *out, size_t len)
{
	MUST(len <= 0xffff);
	if (len >= 0x100) {
		buf_add_byte(out, (char)0x82);
		buf_add_byte(out, (char)(len >> 8));
	} else if (len >= 0x80) {
		buf_add_byte(out, (char)0x81);
	}
	buf_add_byte(out, (char)len);
}

void
sync_add_request(struct buf *out, const char *cookie, size_t cookie_len)
{
	struct buf content = {0};

	buf_add_byte(&content, SYNC_ENUMERATED);
	sync_add_length(&content, 1);
	buf_add_byte(&content, SYNC_REFRESH_AND_PERSIST);
	if (cookie_len > 0) {
		buf_add_byte(&content, SYNC_OCTETS);
		sync_add_length(&content, cookie_len);
		buf_add(&content, cookie, cookie_len);
	}
	buf_add_byte(out, SYNC_SEQUENCE);
	sync_add_length(out, content.len);
	buf_add(out, content.data, content.len);
	buf_fini(&content);
}
