/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc/endpoint.h"

/*
 * One connection that asks one question at a time, as Postfix does. It shares
 * no code with the daemon, so that both can't be wrong in the same way.
 */
#define CLIENT_ANSWER_MAX 1024

enum client_event {
	CLIENT_WAIT,   /* not a whole answer yet */
	CLIENT_ANSWER, /* ->in holds one frame of ->in_len bytes */
	CLIENT_CLOSED, /* the connection is gone, or can't be made */
};

struct client {
	int fd; /* -1: not connected */
	bool connecting;
	bool asks;        /* a question waits for its answer */
	bool resent;      /* it was sent a second time */
	uint32_t number;  /* the sender it asks for */
	uint64_t sent_at; /* ns */
	size_t in_len;
	char in[CLIENT_ANSWER_MAX];
};

/* ->fd is -1. CLIENT_CLOSED if the server refuses; CLIENT_WAIT if the
 * connection is there, or if ->connecting will be once ->fd is writable. */
enum client_event client_connect(struct client *, const struct endpoint *);
/* ->fd became writable while connecting. */
enum client_event client_connected(struct client *);
void client_close(struct client *);

/* A question has room in an idle connection; if not, CLIENT_CLOSED. */
enum client_event client_send(struct client *, const char *frame, size_t len);

/* Reads once. An answer longer than CLIENT_ANSWER_MAX or something that is no
 * netstring is an answer too: as it stands, for the caller to find wrong. */
enum client_event client_receive(struct client *);

#endif
