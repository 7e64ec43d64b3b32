/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/walk.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc-watch/journal_json.h"
#include "forceenc-watch/maillog.h"
#include "forceenc-watch/remember.h"
#include "forceenc/mem.h"

#define WALK_IDLE_NAMES 98304
/* A last line that is longer is not remembered. */
#define WALK_LAST_MAX 4096

struct walk *
walk_new(const struct walk_rules *rules, int64_t now, struct err *err)
{
	const struct address_rules address = {
	    .delimiters = rules->recipient_delimiter,
	    .fold_local = rules->fold_local_part,
	};
	struct inflight_rules inflight = {
	    .max_inflight = rules->max_inflight,
	    .store_recipients = rules->store_recipients,
	};
	struct walk *walk = mem_zalloc(sizeof(*walk));

	walk->relays = relays_new(rules->local_relays, err);
	if (walk->relays == NULL) {
		free(walk);
		return NULL;
	}
	inflight.local_relays = walk->relays;
	walk->names = names_new(&address, WALK_IDLE_NAMES);
	walk->scene = scene_new(walk->names, rules->syslog_names);
	walk->fronts = fronts_new();
	walk->tally = tally_new(walk->names);
	walk->inflight =
	    inflight_new(walk->names, walk->scene, walk->tally, &inflight);
	when_init(&walk->when, now);
	return walk;
}

void
walk_free(struct walk *walk)
{
	if (walk == NULL)
		return;
	inflight_free(walk->inflight);
	tally_free(walk->tally);
	fronts_free(walk->fronts);
	scene_free(walk->scene);
	names_free(walk->names);
	relays_free(walk->relays);
	buf_fini(&walk->last);
	free(walk);
}

static void
walk_text(struct walk *walk, const struct maillog *log,
    const struct scene_program *program, uint32_t times)
{
	struct ahead_event *next = ahead_next(&walk->ahead);
	const char *text = log->text;
	size_t len = log->text_len;

	if (program->process == EVENT_PROCESS_FOREIGN)
		return;
	if (len > 0 && *text == 'm')
		times *= maillog_repeats(&text, &len);
	event_parse(&next->event, program->process, text, len);
	if (next->event.type == EVENT_NONE)
		return;
	if (next->event.type == EVENT_UNPARSED || program->service == NULL ||
	    maillog_time(log, &walk->when, &next->source.time) == -1) {
		walk->counters.unparsed++;
		return;
	}
	if (next->source.time <= walk->since)
		return;
	next->source.service = program->service;
	next->source.process = program->process;
	next->source.pid = log->pid;
	next->times = times;
	ahead_add(&walk->ahead, walk->inflight);
}

static void
walk_log(struct walk *walk, const struct maillog *log, uint32_t times)
{
	walk_text(walk, log,
	    scene_find(walk->scene, log->host, log->host_len, log->program,
		log->program_len),
	    times);
}

/* "last message repeated 3 times", and what the line before was. */
static void
walk_repeat(struct walk *walk, const struct maillog *repeat, const char *last,
    size_t last_len)
{
	struct maillog log;
	uint32_t times;

	if (last_len > 0 &&
	    maillog_parse(&log, last, last_len) == MAILLOG_LINE &&
	    log.host_len == repeat->host_len &&
	    memcmp(log.host, repeat->host, log.host_len) == 0 &&
	    maillog_number(repeat->text, repeat->text_len, MAILLOG_REPEATS_MAX,
		&times) > 0) {
		log.stamp = repeat->stamp;
		log.stamp_len = repeat->stamp_len;
		if (times > 0)
			walk_log(walk, &log, times);
		return;
	}
	walk->counters.repeats_lost++;
}

static void
walk_json(struct walk *walk, const char *line, size_t len)
{
	struct journal_json entry;
	struct maillog log;

	if (journal_json_parse(&entry, &log, line, len) == MAILLOG_LINE)
		walk_log(walk, &log, 1);
	else
		walk->counters.other++;
	/* It holds the text. */
	ahead_settle(&walk->ahead, walk->inflight);
	journal_json_fini(&entry);
}

static void
walk_line(struct walk *walk, const char *line, size_t len, const char *last,
    size_t last_len)
{
	const struct scene_program *program;
	struct maillog log;

	walk->counters.lines++;
	program = fronts_find(walk->fronts, &log, line, len);
	if (program != NULL) {
		walk_text(walk, &log, program, 1);
		return;
	}
	if (len > 0 && *line == '{') {
		walk_json(walk, line, len);
		return;
	}
	switch (maillog_parse(&log, line, len)) {
	case MAILLOG_LINE:
		program = scene_find(walk->scene, log.host, log.host_len,
		    log.program, log.program_len);
		fronts_keep(walk->fronts, line, &log, program);
		walk_text(walk, &log, program, 1);
		break;
	case MAILLOG_REPEAT:
		walk_repeat(walk, &log, last, last_len);
		break;
	case MAILLOG_OTHER:
		walk->counters.other++;
		break;
	}
}

/* Of a line that is too long, the rest or a part of it. */
static size_t
walk_skip(struct walk *walk, const char *bytes, size_t len)
{
	const char *end = memchr(bytes, '\n', len);

	if (end != NULL) {
		walk->cutting = false;
		len = (size_t)(end - bytes) + 1;
	}
	walk->counters.bytes += len;
	return len;
}

static size_t
walk_cut(struct walk *walk, const char *bytes)
{
	walk->counters.cut++;
	walk->counters.bytes += WALK_LINE_MAX;
	walk->cutting = true;
	walk_line(walk, bytes, WALK_LINE_MAX, "", 0);
	buf_clear(&walk->last);
	return WALK_LINE_MAX;
}

/* It gets into the state, and so into the store. */
static void
walk_remember(struct walk *walk, const char *line, size_t len)
{
	if (!walk->inflight->rules.store_recipients) {
		remember_line(&walk->last, walk->scene, line, len);
		return;
	}
	buf_clear(&walk->last);
	buf_add(&walk->last, line, len);
}

size_t
walk_feed(struct walk *walk, const char *bytes, size_t len)
{
	const char *at = bytes, *end = bytes + len, *newline;
	const char *last = walk->last.data;
	size_t last_len = walk->last.len, line_len;

	/* Nothing is added to it while events are on their way. */
	while (at < end && (walk->ahead.n > 0 || !tally_full(walk->tally))) {
		if (walk->cutting) {
			at += walk_skip(walk, at, (size_t)(end - at));
			last_len = 0;
			continue;
		}
		newline = memchr(at, '\n', (size_t)(end - at));
		if (newline == NULL && end - at <= WALK_LINE_MAX)
			break;
		if (newline == NULL || newline - at > WALK_LINE_MAX) {
			at += walk_cut(walk, at);
			continue;
		}
		line_len = (size_t)(newline - at);
		walk_line(walk, at, line_len, last, last_len);
		last = at;
		last_len = line_len <= WALK_LAST_MAX ? line_len : 0;
		at = newline + 1;
		walk->counters.bytes += line_len + 1;
	}
	ahead_settle(&walk->ahead, walk->inflight);
	if (last_len == 0)
		buf_clear(&walk->last);
	else if (last != walk->last.data)
		walk_remember(walk, last, last_len);
	return (size_t)(at - bytes);
}

void
walk_feed_rest(struct walk *walk, const char *bytes, size_t len)
{
	if (!walk->cutting)
		walk_line(walk, bytes, len, walk->last.data, walk->last.len);
	ahead_settle(&walk->ahead, walk->inflight);
	walk->cutting = false;
	walk->counters.bytes += len;
	buf_clear(&walk->last);
}

void
walk_entry(struct walk *walk, const struct maillog *log)
{
	struct maillog cut;

	walk->counters.lines++;
	if (log == NULL) {
		walk->counters.other++;
		return;
	}
	cut = *log;
	walk->counters.bytes += log->text_len;
	if (log->text_len > WALK_LINE_MAX) {
		cut.text_len = WALK_LINE_MAX;
		walk->counters.cut++;
	}
	walk_log(walk, &cut, 1);
	ahead_settle(&walk->ahead, walk->inflight);
}

void
walk_idle(struct walk *walk, uint64_t now)
{
	int64_t last = walk->inflight->last;

	if (last != walk->quiet_last) {
		walk->quiet_last = last;
		walk->quiet_since = now;
	}
	correlate_idle(
	    walk->inflight, last + (int64_t)((now - walk->quiet_since) / 1000));
}

void
walk_gap(struct walk *walk)
{
	walk->counters.gaps++;
	walk->cutting = false;
	buf_clear(&walk->last);
	correlate_gap(walk->inflight);
}

static void
walk_tell(struct walk *walk, enum store_what what, uint64_t now, uint64_t told)
{
	int64_t last = walk->inflight->last;

	if (now > told)
		tally_add_total(walk->tally,
		    inflight_hour(last != 0 ? last : walk->when.reference),
		    NULL, what, now - told);
}

void
walk_batch(struct walk *walk, struct store_batch *batch)
{
	const struct walk_counters *now = &walk->counters;
	const struct walk_counters *told = &walk->told;

	walk_tell(walk, STORE_UNPARSED, now->unparsed, told->unparsed);
	walk_tell(walk, STORE_CUT, now->cut, told->cut);
	walk_tell(
	    walk, STORE_REPEATS_LOST, now->repeats_lost, told->repeats_lost);
	walk_tell(walk, STORE_EVICTED, walk_evicted(walk), told->evicted);
	walk_told(walk);
	tally_batch(walk->tally, batch);
}

void
walk_told(struct walk *walk)
{
	walk->told = walk->counters;
	walk->told.evicted = walk_evicted(walk);
}

uint64_t
walk_evicted(const struct walk *walk)
{
	return walk->counters.evicted +
	    messages_evicted(walk->inflight->messages) +
	    processes_evicted(walk->inflight->processes);
}
