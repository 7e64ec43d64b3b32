/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_DB_DIRECTORY_MESSAGE_H
#define FORCEENC_DB_DIRECTORY_MESSAGE_H

#include <ldap.h>

#include "forceenc/buf.h"
#include "forceenc/directory.h"

/* A message of the library as it came; everything is borrowed. */
struct directory_message {
	LDAP *ld;
	LDAPMessage *message;
	const char *url;  /* the server's, for messages to people */
	struct buf *sync; /* empty; what event->sync points to */
};

/* What it means, type being what ldap_result() said. False: nothing here. */
bool directory_message_take(
    struct directory_message *, int type, struct directory_event *);

#endif
