/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_INQUIRY_H
#define FORCEENC_FORCEENCD_INQUIRY_H

#include "forceencd/service.h"

/* A question to a map that has an answerer: what resolve.h is for those with
 * tables. It's counted, and keeps the service that it was asked under. */
struct inquiry;

/* What explains it, or nothing. */
struct inquiry_steps {
	answerer_step_fn *step;
	void *arg;
};

/* key is copied if it takes time. */
enum resolve_status inquiry_ask(struct service *, struct map *, const char *key,
    size_t len, uint64_t now, const struct inquiry_steps *,
    struct resolve_reply *, struct inquiry **);

/* done is called once, from the loop, and ends the inquiry. */
void inquiry_wait(struct inquiry *, resolve_done_fn *done, void *arg);

/* Nobody wants the answer any more; done is not called. */
void inquiry_cancel(struct inquiry *);

#endif
