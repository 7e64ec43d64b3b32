/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/ldap_ask.h"

#include <stdbool.h>

#include "forceencctl/reach.h"

struct ldap_ask {
	struct directory *dir;
	int id;
	uint64_t deadline;
	bool full; /* a part of the request waits for room */
	ldap_ask_entry_fn *fn;
	void *arg;
};

static void
ldap_ask_on_value(const char *value, size_t len, void *arg)
{
	(void)value;
	(void)len;
	(void)arg;
}

/* What can't be read is no entry that has nothing to say. */
static int
ldap_ask_take_entry(const struct ldap_ask *ask, struct err *err)
{
	if (directory_each_value(ask->dir, ldap_ask_on_value, NULL, err) == -1)
		return -1;
	if (ask->fn != NULL)
		ask->fn(ask->dir, ask->arg);
	return 0;
}

/* 1: that was the end; 0: go on; -1 with err. */
static int
ldap_ask_take(
    const struct ldap_ask *ask, struct directory_event *event, struct err *err)
{
	switch (event->kind) {
	case DIRECTORY_GONE:
		*err = event->why;
		return -1;
	case DIRECTORY_REFERENCE:
		return err_set(err,
		    "a part of the directory lies elsewhere: %s; referrals "
		    "aren't followed",
		    event->why.text);
	case DIRECTORY_ENTRY:
		return event->id == ask->id ? ldap_ask_take_entry(ask, err) : 0;
	case DIRECTORY_RESULT:
		return event->id == ask->id ? 1 : 0;
	case DIRECTORY_SYNC:
	case DIRECTORY_NOTHING:
		break;
	}
	return 0;
}

static int
ldap_ask_wait(
    struct ldap_ask *ask, struct directory_event *end, struct err *err)
{
	int rc;

	for (;;) {
		directory_next(ask->dir, end);
		rc = ldap_ask_take(ask, end, err);
		if (rc != 0)
			return rc == 1 ? 0 : -1;
		if (end->kind != DIRECTORY_NOTHING)
			continue;
		if (!reach_wait(
			directory_fd(ask->dir), true, ask->full, ask->deadline))
			return err_set(err, "no answer in time");
		ask->full = false;
	}
}

static int
ldap_ask_finish(struct ldap_ask *ask, enum directory_sent sent,
    struct directory_event *end, struct err *err)
{
	switch (sent) {
	case DIRECTORY_SENT:
	case DIRECTORY_SENT_BUT:
		ask->full = sent == DIRECTORY_SENT_BUT;
		return ldap_ask_wait(ask, end, err);
	case DIRECTORY_FULL:
		return err_set(err, "the server takes no request");
	case DIRECTORY_REFUSED:
	case DIRECTORY_LOST:
		break;
	}
	return -1;
}

int
ldap_ask_search(struct directory *dir, const struct directory_search *search,
    uint64_t deadline, ldap_ask_entry_fn *fn, void *arg,
    struct directory_event *end, struct err *err)
{
	struct ldap_ask ask = {
	    .dir = dir, .deadline = deadline, .fn = fn, .arg = arg};
	enum directory_sent sent = directory_send(dir, search, &ask.id, err);

	return ldap_ask_finish(&ask, sent, end, err);
}

int
ldap_ask_change(struct directory *dir, const char *dn,
    const struct directory_change *change, size_t n, uint64_t deadline,
    struct directory_event *end, struct err *err)
{
	struct ldap_ask ask = {.dir = dir, .deadline = deadline};
	enum directory_sent sent =
	    directory_change_send(dir, dn, change, n, &ask.id, err);

	return ldap_ask_finish(&ask, sent, end, err);
}
