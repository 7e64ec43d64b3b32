/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * The loop around the walk. A turn reads what is there, up to a budget, and
 * commits when a second has passed or there is much to commit. While the
 * store can't be written, or no server of it can be had, nothing is read: the
 * log is the queue. What isn't about the log is loop.c's.
 *
 * After a turn that has read everything it waits for a sign that there is
 * more. A log that is written to all the time would give one for each line:
 * after a turn that has read something it looks again a little later, and
 * waits for a sign only when nothing has come by then.
 */

#include "forceenc-watch/watch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "forceenc-watch/input.h"
#include "forceenc-watch/keep.h"
#include "forceenc-watch/loop.h"
#include "forceenc-watch/outage.h"
#include "forceenc-watch/pages.h"
#include "forceenc-watch/place.h"
#include "forceenc/clock.h"
#include "forceenc/log.h"
#include "forceenc/notify.h"
#include "forceenc/text.h"

#define WATCH_TURN_MS   50  /* others in the loop wait so long */
#define WATCH_PAUSE_MS  250 /* for more to come */
#define WATCH_COMMIT_MS 1000
/* A big state is committed less often: so many bytes a second. */
#define WATCH_STATE_RATE     262144
#define WATCH_COMMIT_MAX_MS  30000
#define WATCH_TIDY_MS        600000
#define WATCH_TIDY_LOCKED_MS 1000 /* where somebody else has locked it */

struct watch {
	struct conf *conf;
	struct loop loop;
	struct store *store;
	enum store_trouble trouble; /* why there is none */
	bool ready;                 /* it was opened once */
	struct outage outage;
	struct keep keep;
	struct walk *walk;
	struct input *input;
	struct meter meter;
	struct view view; /* for the pages */
	struct http *http;
	bool must_commit; /* before anything else is read */
	bool dirty;       /* something was read since the last commit */
	uint64_t commit_at;
	uint64_t tidy_at;
};

void
watch_rules(struct walk_rules *rules, const struct conf *conf)
{
	rules->recipient_delimiter = "";
	rules->fold_local_part = conf->fold_local_part;
	rules->syslog_names = conf->syslog_names;
	rules->local_relays = conf->local_relays;
	rules->max_inflight = conf->max_inflight;
	rules->store_recipients = conf->store_recipients;
}

static int64_t
watch_now(void)
{
	return (int64_t)(clock_wall() / 1000);
}

/* Goes on from the follower's own state, or from what imports left. */
static int
watch_begin_log(struct watch *watch, struct err *err)
{
	int rc = keep_load_state(&watch->keep, "follow", watch->walk, err);

	if (rc == 0)
		rc = keep_load_state(&watch->keep, "import", watch->walk, err);
	if (rc == -1)
		return -1;
	watch->input =
	    input_open(watch->conf->log, &watch->keep, watch->walk, err);
	return watch->input == NULL ? -1 : 0;
}

static void
watch_end_log(struct watch *watch)
{
	watch->view.input = NULL;
	watch->view.walk = NULL;
	input_close(watch->input);
	watch->input = NULL;
	walk_free(watch->walk);
	watch->walk = NULL;
	keep_fini(&watch->keep);
	store_close(watch->store);
	watch->store = NULL;
}

/* Opens the store and goes on from what is in it. */
static int
watch_begin(struct watch *watch, struct err *err)
{
	struct walk_rules rules;

	watch->trouble = STORE_WRONG;
	watch_rules(&rules, watch->conf);
	watch->walk = walk_new(&rules, watch_now(), err);
	if (watch->walk == NULL)
		return err_prefix(err, "local_relays");
	watch->store =
	    place_open(watch->conf, &watch->loop, &watch->trouble, err);
	keep_init(&watch->keep, watch->store, "follow");
	watch->keep.meter = &watch->meter;
	if (watch->store == NULL || watch_begin_log(watch, err) == -1) {
		/* It was opened, and then broke. */
		if (watch->store != NULL && store_lost(watch->store))
			watch->trouble = STORE_AWAY;
		else if (watch->store != NULL && store_locked(watch->store))
			watch->trouble = STORE_LOCKED;
		watch_end_log(watch);
		return -1;
	}
	meter_expect(&watch->meter, watch->conf->syslog_names);
	meter_set_written(&watch->meter);
	watch->view.input = watch->input;
	watch->view.walk = watch->walk;
	watch->must_commit = false;
	/* The first commit says which file it is, before it is rotated. */
	watch->dirty = true;
	watch->commit_at = clock_now();
	watch->tidy_at = clock_now();
	outage_end(&watch->outage);
	if (!watch->ready)
		log_info("ready (log=%s store=%s)",
		    text_show_str(watch->conf->log),
		    text_show_str(watch->conf->store));
	watch->ready = true;
	return 0;
}

static void
watch_tell(const struct watch *watch, const struct keep_report *report)
{
	char text[256], bytes[64] = "";

	if (report->bytes_behind > 0)
		snprintf(bytes, sizeof(bytes), " by %" PRId64 " bytes",
		    report->bytes_behind);
	snprintf(text, sizeof(text),
	    "STATUS=%" PRIu64 " lines, %" PRIu64 " commits, %s%s",
	    watch->walk->counters.lines, watch->keep.commits,
	    report->behind ? "behind" : "nothing left to read", bytes);
	notify_send(text);
}

static void
watch_failed(
    struct watch *watch, enum store_trouble trouble, const struct err *err)
{
	uint64_t now = clock_now();

	if (!outage_note(&watch->outage, watch->conf->store, trouble, err, now))
		return;
	if (!watch->meter.failing)
		notify_send("STATUS=the log waits for the store");
	meter_set_failing(&watch->meter, err, now);
}

static void
watch_commit_failed(struct watch *watch, const struct err *err)
{
	watch_failed(watch,
	    store_locked(watch->store) ? STORE_LOCKED : STORE_WRONG, err);
}

static void
watch_begin_failed(struct watch *watch, const struct err *err)
{
	/* Nobody has waited for a server. */
	if (watch->loop.stopping ||
	    (watch->trouble == STORE_AWAY && watch->loop.reload))
		return;
	watch_failed(watch, watch->trouble, err);
}

static bool
watch_commit(struct watch *watch)
{
	struct keep_report report = {.now = watch_now()};
	struct err err;
	uint64_t wait;

	if (input_commit(watch->input, &report, &err) == -1) {
		watch_commit_failed(watch, &err);
		return false;
	}
	if (outage_end(&watch->outage))
		log_info(
		    "%s: is written again", text_show_str(watch->conf->store));
	meter_set_written(&watch->meter);
	watch->must_commit = watch->dirty = false;
	wait =
	    WATCH_COMMIT_MS + watch->keep.state.len * 1000 / WATCH_STATE_RATE;
	watch->commit_at = clock_now() +
	    (wait < WATCH_COMMIT_MAX_MS ? wait : WATCH_COMMIT_MAX_MS);
	watch_tell(watch, &report);
	return true;
}

static void
watch_tidy(struct watch *watch)
{
	const struct conf *conf = watch->conf;
	struct err err;
	int rc = store_tidy(watch->store, watch_now(), conf->keep_hours,
	    conf->keep_days, conf->failures_kept, &err);

	watch->meter.conflicts += store_conflicts(watch->store);
	if (rc == -1 && store_locked(watch->store) && !watch->outage.told) {
		/* Which is told when there is something to commit. */
		watch->dirty = true;
		watch->tidy_at = clock_now() + WATCH_TIDY_LOCKED_MS;
		return;
	}
	if (rc == -1) {
		log_warn("%s: can't be tidied: %s", text_show_str(conf->store),
		    err.text);
		watch->meter.tidies_failed++;
	}
	/* Who reads the statistics sees by it that we are still there. */
	watch->dirty = watch->dirty || rc != 1;
	watch->tidy_at = clock_now() + (rc == 1 ? 0 : WATCH_TIDY_MS);
}

/* The database was removed or replaced, or the connection to it has ended:
 * what is found there now is true. */
static void
watch_reopen(struct watch *watch)
{
	bool was_ready = watch->ready;
	struct err err;

	watch_end_log(watch);
	if (watch_begin(watch, &err) == -1) {
		watch_begin_failed(watch, &err);
		return;
	}
	if (!was_ready)
		return;
	watch->meter.reopens++;
	log_info("%s: is opened anew", text_show_str(watch->conf->store));
}

static enum input_step
watch_read(struct watch *watch)
{
	uint64_t end = clock_now() + WATCH_TURN_MS;
	enum input_step step;

	input_wake(watch->input);
	do {
		step = input_step(watch->input);
		watch->dirty = watch->dirty || step <= INPUT_COMMIT ||
		    !tally_empty(watch->walk->tally);
	} while (step == INPUT_MORE && clock_now() < end);
	watch->must_commit = step == INPUT_COMMIT;
	watch->meter.caught_up = step == INPUT_IDLE;
	if (step > INPUT_COMMIT)
		walk_idle(watch->walk, clock_now());
	return step;
}

/* How many ms the loop may wait, and for *fd as well unless that is -1. */
static uint64_t
watch_turn(struct watch *watch, int *fd)
{
	uint64_t lines, wait, due;
	enum input_step step;

	*fd = -1;
	if (watch->store == NULL || store_lost(watch->store)) {
		watch_reopen(watch);
		if (watch->store == NULL)
			return outage_wait(&watch->outage);
	}
	if (watch->must_commit && !watch_commit(watch))
		return outage_wait(&watch->outage);
	lines = watch->walk->counters.lines;
	step = watch_read(watch);
	if ((watch->must_commit ||
		(watch->dirty && clock_now() >= watch->commit_at)) &&
	    !watch_commit(watch)) {
		watch->must_commit = true;
		return outage_wait(&watch->outage);
	}
	if (clock_now() >= watch->tidy_at)
		watch_tidy(watch);
	if (step <= INPUT_COMMIT)
		return 0;
	if (step == INPUT_AGAIN || watch->walk->counters.lines != lines)
		return WATCH_PAUSE_MS;
	wait = input_patience(watch->input);
	*fd = wait > 0 ? input_fd(watch->input) : -1;
	due = watch->dirty && watch->commit_at < watch->tidy_at
	    ? watch->commit_at
	    : watch->tidy_at;
	due = due > clock_now() ? due - clock_now() : 0;
	return wait < due ? wait : due;
}

/* Goes on with another configuration. On failure nothing has changed, as far
 * as that can be had. What works isn't given up for servers that can't be had;
 * what doesn't is. */
static int
watch_set_conf(struct watch *watch, struct conf *conf, struct err *err)
{
	struct conf *old = watch->conf;
	struct err again;
	bool worked;

	if (pages_set(watch->http, conf, NULL, err) == -1)
		return -1;
	worked = watch->store != NULL && watch_commit(watch);
	watch_end_log(watch);
	watch->conf = conf;
	if (watch_begin(watch, err) == 0)
		return 0;
	if (watch->trouble == STORE_LOCKED ||
	    (!worked && watch->trouble == STORE_AWAY)) {
		watch_begin_failed(watch, err);
		return 0;
	}
	watch->conf = old;
	pages_set(watch->http, old, NULL, NULL);
	loop_clear_stop(&watch->loop);
	if (watch_begin(watch, &again) == -1)
		watch_begin_failed(watch, &again);
	return -1;
}

/* What was read is committed under the old configuration; the new one goes
 * on from there. */
static void
watch_reload(struct watch *watch)
{
	struct problems problems = {0};
	struct conf *conf = conf_load(watch->conf->path, &problems);
	struct conf *old = watch->conf;
	struct err err;
	size_t i;

	for (i = 0; i < problems.n; i++)
		log_error("%s", problems.line[i]);
	problems_fini(&problems);
	if (conf == NULL || strcmp(conf->log, "-") == 0) {
		log_error("configuration not reloaded");
	} else if (watch_set_conf(watch, conf, &err) == -1) {
		log_error("configuration not reloaded: %s", err.text);
	} else {
		conf_free(old);
		log_set_level(conf->log_level);
		watch->meter.reloads++;
		log_info("reloaded");
		return;
	}
	watch->meter.reloads_failed++;
	conf_free(conf);
}

static void
watch_init(struct watch *watch)
{
	loop_init(&watch->loop);
	watch->http = pages_new(watch->loop.base, &watch->view);
	watch->view.meter = &watch->meter;
	watch->view.http = watch->http;
	watch->view.started_wall = clock_wall();
}

static void
watch_fini(struct watch *watch)
{
	watch_end_log(watch);
	http_free(watch->http);
	loop_fini(&watch->loop);
	conf_free(watch->conf);
}

static int
watch_start(struct watch *watch, struct err *err)
{
	struct handover *handover = handover_new(err);
	int rc;

	if (handover == NULL)
		return -1;
	rc = pages_set(watch->http, watch->conf, handover, err);
	if (rc == 0 && handover_left(handover) != NULL)
		rc = err_set(err,
		    "%s: handed over by the service manager, but "
		    "watch_http_listen doesn't name it",
		    handover_left(handover));
	handover_free(handover);
	if (rc == -1)
		return -1;
	rc = watch_begin(watch, err);
	if (rc == 0 || watch->trouble == STORE_WRONG)
		return rc;
	watch_begin_failed(watch, err);
	return 0;
}

static void
watch_turns(struct watch *watch)
{
	uint64_t ms;
	int fd;

	while (!watch->loop.stopping) {
		if (watch->loop.reload) {
			watch->loop.reload = false;
			loop_clear_stop(&watch->loop);
			notify_reloading();
			watch_reload(watch);
			notify_send("READY=1");
		}
		ms = watch_turn(watch, &fd);
		loop_wait(&watch->loop, fd, ms);
	}
}

int
watch_run(struct conf *conf, struct err *err)
{
	struct watch watch = {.conf = conf};
	int rc;

	log_set_level(conf->log_level);
	watch_init(&watch);
	rc = watch_start(&watch, err);
	if (rc == 0) {
		notify_send("READY=1");
		watch_turns(&watch);
		notify_send("STOPPING=1");
		if (watch.store != NULL)
			watch_commit(&watch);
	}
	watch_fini(&watch);
	return rc;
}
