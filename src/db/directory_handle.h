/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_DB_DIRECTORY_HANDLE_H
#define FORCEENC_DB_DIRECTORY_HANDLE_H

#include <ldap.h>

#include "forceenc/buf.h"
#include "forceenc/directory.h"

/* The inside of a connection, for the files that share it. */

#define DIRECTORY_MAGIC 0x4c444150u

struct directory {
	unsigned magic;
	LDAP *ld;
	char *url;
	int fd;               /* the library's */
	Sockbuf *sockbuf;     /* likewise */
	LDAPMessage *message; /* the last one; NULL: none */
	struct buf sync;      /* what came with it */
};

/* "TLS: Connect error: (unknown error code)": what we were at, the library's
 * words and the server's or the TLS library's. Always -1. */
int directory_failed(
    struct directory *, const char *what, int code, struct err *);

/* What became of a request that the library answered with rc. */
enum directory_sent directory_sent_status(
    struct directory *, int rc, struct err *);

#endif
