/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_EVENT_KIND_H
#define FORCEENC_WATCH_EVENT_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc/store.h"

/* Who wrote the line: the last part of "postfix/smtp". */
enum event_process {
	EVENT_PROCESS_FOREIGN,
	EVENT_PROCESS_QMGR,   /* postsuper as well, which ends messages */
	EVENT_PROCESS_CLIENT, /* smtp, lmtp: delivers, logs TLS */
	EVENT_PROCESS_AGENT,  /* local, error, discard, ...: delivers */
	EVENT_PROCESS_SMTPD,
	EVENT_PROCESS_MASTER,
	EVENT_PROCESS_LOGGER, /* rsyslogd, journald: says what it lost */
	EVENT_PROCESS_ANY,    /* a Postfix program whose name was cut off */
	/* Those above are kept by number. */
	EVENT_PROCESS_CLEANUP,
	EVENT_PROCESS_PICKUP,
	EVENT_PROCESS_SCREEN, /* postscreen */
};

enum event_type {
	EVENT_NONE,        /* of no interest */
	EVENT_UNPARSED,    /* looks like one of those below, but isn't */
	EVENT_SENDER,      /* queue_id, address, n: a message becomes active */
	EVENT_REMOVED,     /* queue_id: the message is gone */
	EVENT_EXPIRED,     /* queue_id, address */
	EVENT_TLS,         /* a session is encrypted: relay, level, ... */
	EVENT_TLS_ERROR,   /* a handshake failed: relay */
	EVENT_DELIVERY,    /* queue_id, address, relay, outcome, ... */
	EVENT_ATTEMPT,     /* queue_id: something about it, without a status */
	EVENT_PROBE,       /* queue_id: as above; no mail was moved */
	EVENT_TLS_FROM,    /* a client's session is encrypted: level */
	EVENT_CLIENT_GONE, /* inbound_* say what the client had done */
	EVENT_START,       /* Postfix starts: all its processes are new */
	EVENT_RELOAD,      /* its configuration may have changed */
	EVENT_LOST,        /* n lines were lost before they were written */
	EVENT_RECEIVED,    /* queue_id, if it has one: a message comes in */
	EVENT_TOTAL,       /* what: something to be counted, no more */
};

/* Postfix's own word on the TLS of a delivery, since 3.11. */
enum event_tls {
	EVENT_TLS_ABSENT,
	EVENT_TLS_PLAIN,     /* "may:none": in plaintext */
	EVENT_TLS_ENCRYPTED, /* "may", "encrypt", "dane:encrypt", ... */
	EVENT_TLS_UNSAID,    /* "may?", "!encrypt", anything else */
};

struct event_span {
	const char *s;
	size_t len;
};

struct event {
	enum event_type type;
	enum store_outcome outcome; /* of a delivery */
	enum store_level level;     /* of TLS */
	enum store_reason reason;   /* of an enforcement failure */
	enum event_tls tls;
	enum store_what what;
	uint64_t n;        /* EVENT_SENDER: the message's size; EVENT_LOST */
	uint32_t duration; /* of the attempt so far, in ms */
	bool inbound_mail; /* the client spoke of mail */
	bool inbound_tls;  /* and of STARTTLS */
	bool inbound_told; /* Postfix says both, since 3.0 */
	struct event_span queue_id;
	struct event_span peer; /* a delivery's relay's address; NULL: none */
	/* Set where the type has them. */
	struct event_span address; /* without the angle brackets */
	struct event_span relay;
	struct event_span domain;  /* of a delivery's address */
	struct event_span host;    /* of a delivery's relay, if it has a peer */
	struct event_span text;    /* of a delivery: the words in ( ) */
	struct event_span version; /* of TLS */
	struct event_span cipher;
};

#endif
