/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/wake.h"

#include <event2/event.h>

#include "forceenc/must.h"

static void
wake_on_event(evutil_socket_t fd, short what, void *arg)
{
	struct wake *wake = arg;

	(void)fd;
	(void)what;
	wake->woken = true;
}

void
wake_init(struct wake *wake, struct event_base *base)
{
	*wake = (struct wake){.fd = -1};
	wake->event = event_new(base, -1, 0, wake_on_event, wake);
	MUST(wake->event != NULL);
}

void
wake_fini(struct wake *wake)
{
	wake_off(wake);
	event_free(wake->event);
}

void
wake_on(struct wake *wake, int fd, bool read, bool write)
{
	short what = (short)((read ? EV_READ : 0) | (write ? EV_WRITE : 0));
	struct event_base *base = event_get_base(wake->event);

	if (wake->fd == fd && wake->what == what)
		return;
	wake_off(wake);
	event_assign(wake->event, base, fd, (short)(what | EV_PERSIST),
	    wake_on_event, wake);
	MUST(event_add(wake->event, NULL) == 0);
	wake->fd = fd;
	wake->what = what;
}

void
wake_off(struct wake *wake)
{
	if (wake->what != 0)
		event_del(wake->event);
	wake->fd = -1;
	wake->what = 0;
	wake->woken = false;
}

bool
wake_take(struct wake *wake)
{
	bool woken = wake->woken;

	wake->woken = false;
	return woken;
}
