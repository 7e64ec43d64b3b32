/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * libpq doesn't hand out the SQLSTATE of a connection that failed; its verbose
 * texts have it: "FATAL:  28P01: password authentication failed ...", and a
 * line that begins with "LOCATION:". What libpq found out itself has none.
 */

#include "forceenc/pq_fault.h"

#include <string.h>

#define PQ_FAULT_STATE_LEN 5
#define PQ_FAULT_MARK      ":  " /* behind the severity */

/* Classes of SQLSTATEs, see "Appendix A. PostgreSQL Error Codes". */
static const char *const pq_fault_wrong[] = {
    "0A", /* feature not supported */
    "22", /* data exception: a parameter's value */
    "28", /* invalid authorization */
    "3D", /* no such database */
    "3F", /* no such schema */
    "42", /* no such table, no permission, ... */
    NULL,
};

/* What libpq says itself of what isn't right. */
static const char *const pq_fault_words[] = {
    "certificate",
    "private key",
    "SSL error:",
    "does not support SSL",
    "does not support GSSAPI",
    "no password supplied",
    "authentication method",
    "authentication is required",
    "invalid ",
    "failed: Permission denied",
    NULL,
};

/* And where one of these is said as well, it's the network after all. */
static const char *const pq_fault_network[] = {
    "unexpected eof",
    "server closed the connection",
    NULL,
};

enum pq_fault
pq_fault_state(const char *sqlstate)
{
	unsigned i;

	for (i = 0; pq_fault_wrong[i] != NULL; i++)
		if (strncmp(sqlstate, pq_fault_wrong[i],
			strlen(pq_fault_wrong[i])) == 0)
			return PQ_FAULT_WRONG;
	return PQ_FAULT_AWAY;
}

bool
pq_fault_is_conflict(const char *sqlstate)
{
	return strcmp(sqlstate, "40001") == 0 || strcmp(sqlstate, "40P01") == 0;
}

bool
pq_fault_is_of_query(const char *sqlstate)
{
	static const char *const states[] = {
	    "21",    /* more rows than a subquery may have */
	    "22",    /* data that doesn't fit */
	    "23",    /* constraints */
	    "40",    /* rolled back: a standby's conflict, a deadlock */
	    "44",    /* WITH CHECK OPTION */
	    "55P03", /* a lock that wasn't to be had */
	    "57014", /* stopped at the time limit */
	    "P0",    /* raised by a function of the administrator's */
	};
	size_t i;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strncmp(sqlstate, states[i], strlen(states[i])) == 0)
			return true;
	return false;
}

static bool
pq_fault_says(const char *text, const char *const words[])
{
	unsigned i;

	for (i = 0; words[i] != NULL; i++)
		if (strstr(text, words[i]) != NULL)
			return true;
	return false;
}

/* Where "28P01: " stands in the line, or NULL. */
static const char *
pq_fault_find(const char *line, size_t len)
{
	const char *mark =
	    memmem(line, len, PQ_FAULT_MARK, strlen(PQ_FAULT_MARK));
	const char *state;
	size_t left;

	if (mark == NULL)
		return NULL;
	state = mark + strlen(PQ_FAULT_MARK);
	left = len - (size_t)(state - line);
	if (left < PQ_FAULT_STATE_LEN + 2 ||
	    strspn(state, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") !=
		PQ_FAULT_STATE_LEN ||
	    memcmp(state + PQ_FAULT_STATE_LEN, ": ", 2) != 0)
		return NULL;
	return state;
}

enum pq_fault
pq_fault_message(struct buf *out, const char *message)
{
	static const char location[] = "LOCATION:";
	const char *at = message, *state, *last = NULL;
	size_t len;

	for (; *at != '\0'; at += len) {
		len = strcspn(at, "\n");
		len += at[len] == '\n';
		if (strncmp(at, location, strlen(location)) == 0)
			continue;
		state = pq_fault_find(at, len);
		if (state == NULL) {
			buf_add(out, at, len);
			continue;
		}
		last = state;
		buf_add(out, at, (size_t)(state - at));
		state += PQ_FAULT_STATE_LEN + 2;
		buf_add(out, state, len - (size_t)(state - at));
	}
	if (last != NULL)
		return pq_fault_state(last);
	return pq_fault_says(message, pq_fault_words) &&
		!pq_fault_says(message, pq_fault_network)
	    ? PQ_FAULT_WRONG
	    : PQ_FAULT_AWAY;
}
