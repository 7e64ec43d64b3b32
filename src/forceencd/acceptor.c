/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/acceptor.h"

#include <errno.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"

/* How long a socket rests that can't accept (ms). */
#define ACCEPTOR_PAUSE 100

struct acceptor {
	struct evconnlistener *ev; /* owns the descriptor */
	struct event *resume;
	const char *label;
	acceptor_accept_fn *accept;
	acceptor_full_fn *full;
	void *arg;
	bool failing; /* since the last connection; it was logged */
};

static void
acceptor_on_accept(struct evconnlistener *ev, evutil_socket_t fd,
    struct sockaddr *addr, int len, void *arg)
{
	struct acceptor *acceptor = arg;

	(void)ev;
	(void)addr;
	(void)len;
	acceptor->failing = false;
	acceptor->accept(fd, acceptor->arg);
}

static void
acceptor_on_error(struct evconnlistener *ev, void *arg)
{
	struct timeval tv = {.tv_usec = ACCEPTOR_PAUSE * 1000};
	struct acceptor *acceptor = arg;
	int error = errno;

	if ((error == EMFILE || error == ENFILE) && acceptor->full != NULL &&
	    acceptor->full(acceptor->arg))
		return;
	if (!acceptor->failing)
		log_warn("%s: accept: %s: connections wait; trying again "
			 "every %s",
		    acceptor->label, strerror(error),
		    text_time(ACCEPTOR_PAUSE));
	acceptor->failing = true;
	evconnlistener_disable(ev);
	event_add(acceptor->resume, &tv);
}

static void
acceptor_on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct acceptor *acceptor = arg;

	(void)fd;
	(void)what;
	evconnlistener_enable(acceptor->ev);
}

struct acceptor *
acceptor_new(struct event_base *base, int fd, const char *label,
    acceptor_accept_fn *accept, acceptor_full_fn *full, void *arg)
{
	struct acceptor *acceptor = mem_zalloc(sizeof(*acceptor));

	acceptor->label = label;
	acceptor->accept = accept;
	acceptor->full = full;
	acceptor->arg = arg;
	acceptor->resume = evtimer_new(base, acceptor_on_resume, acceptor);
	acceptor->ev = evconnlistener_new(base, acceptor_on_accept, acceptor,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	MUST(acceptor->resume != NULL && acceptor->ev != NULL);
	evconnlistener_set_error_cb(acceptor->ev, acceptor_on_error);
	return acceptor;
}

void
acceptor_free(struct acceptor *acceptor)
{
	if (acceptor == NULL)
		return;
	event_free(acceptor->resume);
	evconnlistener_free(acceptor->ev);
	free(acceptor);
}
