/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "forceenc/must.h"
#include "genlog.h"

uint32_t
genlog_lines_random(struct genlog *genlog, uint32_t below)
{
	genlog->random = genlog->random * UINT64_C(6364136223846793005) +
	    1442695040888963407;
	return (uint32_t)((genlog->random >> 33) % below);
}

void
genlog_lines_stamp(struct genlog *genlog)
{
	time_t now = (time_t)genlog->now;
	char text[24];
	struct tm tm;

	gmtime_r(&now, &tm);
	if (!genlog->iso) {
		strftime(genlog->stamp, sizeof(genlog->stamp), "%b %e %H:%M:%S",
		    &tm);
		return;
	}
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(genlog->stamp, sizeof(genlog->stamp), "%s.%06u+00:00", text,
	    genlog->fraction % 1000000);
}

void
genlog_lines_tick(struct genlog *genlog)
{
	if (genlog->site)
		genlog_site_tick(genlog);
	else
		genlog_hard_tick(genlog);
}

bool
genlog_lines_next(struct genlog *genlog, struct genlog_slot *slot)
{
	const char *end;
	size_t len;
	int n;

	if (slot->at == slot->lines.len) {
		buf_clear(&slot->lines);
		slot->at = 0;
		return false;
	}
	end = memchr(
	    slot->lines.data + slot->at, '\n', slot->lines.len - slot->at);
	MUST(end != NULL);
	len = (size_t)(end - slot->lines.data) - slot->at;
	genlog_lines_tick(genlog);
	if (slot->lines.data[slot->at] == '!')
		n = printf("%s mail %.*s\n", genlog->stamp, (int)len - 1,
		    slot->lines.data + slot->at + 1);
	else
		n = printf("%s mail %s/smtp[%u]: %.*s\n", genlog->stamp,
		    slot->service, slot->pid, (int)len,
		    slot->lines.data + slot->at);
	genlog->written += (uint64_t)n;
	slot->at += len + 1;
	return true;
}

/* Short ids come back after a while. */
void
genlog_lines_queue_id(struct genlog *genlog, char *out, size_t size)
{
	static const char digits[] =
	    "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxy";
	uint64_t id = genlog->ids++;
	size_t i;

	if (!genlog->long_ids) {
		snprintf(out, size, "%010" PRIX64,
		    UINT64_C(0xA000000000) + id % genlog->ids_period * 7919);
		return;
	}
	for (i = 0; i < 10; i++, id /= 51)
		out[9 - i] = digits[id % 51];
	snprintf(out + 10, size - 10, "z1dB%u", (unsigned)(genlog->ids % 10));
	out[0] = '4';
}

void
genlog_lines_count(struct genlog *genlog, size_t sender, size_t destination,
    enum genlog_end end)
{
	genlog->by_sender[sender * GENLOG_ENDS + end]++;
	genlog->by_destination[destination * GENLOG_ENDS + end]++;
}

const char *
genlog_lines_trust(enum genlog_end level)
{
	static const char *const words[] = {
	    "", "Anonymous", "Untrusted", "Trusted", "Verified"};

	MUST(level <= GENLOG_VERIFIED);
	return words[level];
}
