/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/ready.h"

#include "forceenc/text.h"

uint64_t
ready_lag(const struct view *view, uint64_t now, uint64_t wall)
{
	const struct meter *meter = view->meter;
	uint64_t lag = 0, last, failing;

	if (!meter->caught_up && view->walk != NULL &&
	    view->walk->inflight->last > 0) {
		last = (uint64_t)view->walk->inflight->last * 1000;
		lag = wall > last ? wall - last : 0;
	}
	if (meter->failing) {
		failing = now - meter->failing_since;
		lag = failing > lag ? failing : lag;
	}
	return lag;
}

bool
ready_ask(const struct view *view, uint64_t now, uint64_t wall, struct buf *why)
{
	const struct meter *meter = view->meter;
	uint64_t lag = ready_lag(view, now, wall);
	bool ready = true;

	if (meter->failing) {
		buf_printf(why, "the store can't be written: %s\n",
		    meter->failing_why.text);
		ready = false;
	}
	if (view->input != NULL && !input_is_there(view->input)) {
		buf_add_text(why, "there is no log to follow\n");
		ready = false;
	}
	if (lag > READY_LAG_MAX) {
		buf_printf(why, "behind the log (lag=%s most=%s)\n",
		    text_time((int64_t)(lag / 1000 * 1000)),
		    text_time(READY_LAG_MAX));
		ready = false;
	}
	return ready;
}
