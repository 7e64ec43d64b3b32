/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/meter.h"

#include <string.h>

#include "forceenc/must.h"
#include "forceenc/text.h"

static struct meter_service *
meter_service(struct meter *meter, const char *name)
{
	char text[METER_SERVICE_MAX];
	unsigned i;

	/* Names that look the same when printed are one. */
	text_printable(text, sizeof(text), name, strlen(name));
	for (i = 0; i < meter->nservices; i++)
		if (strcmp(meter->service[i].name, text) == 0)
			return &meter->service[i];
	if (i == METER_SERVICES)
		return &meter->service[i - 1];
	strcpy(meter->service[i].name, i < METER_SERVICES - 1 ? text : "other");
	meter->nservices++;
	return &meter->service[i];
}

void
meter_expect(struct meter *meter, const char *names)
{
	char name[METER_SERVICE_MAX];
	size_t len;

	while (*(names += strspn(names, ", \t")) != '\0') {
		len = strcspn(names, ", \t");
		if (len < sizeof(name)) {
			memcpy(name, names, len);
			name[len] = '\0';
			meter_service(meter, name);
		}
		names += len;
	}
}

static void
meter_add_count(struct meter *meter, const struct store_count *count)
{
	struct meter_service *service = meter_service(meter, count->service);

	MUST(count->outcome < STORE_OUTCOMES && count->level < STORE_LEVELS &&
	    count->reason < STORE_REASONS);
	switch (count->outcome) {
	case STORE_DELIVERED:
		service->delivered[count->level] += count->n;
		break;
	case STORE_SOFT:
	case STORE_HARD:
		service
		    ->enforced[count->outcome == STORE_HARD][count->reason] +=
		    count->n;
		break;
	default:
		service->undelivered[count->outcome] += count->n;
		break;
	}
}

void
meter_add(struct meter *meter, const struct store_batch *batch)
{
	size_t i;

	for (i = 0; i < batch->ncounts; i++)
		meter_add_count(meter, &batch->count[i]);
	for (i = 0; i < batch->nsessions; i++)
		meter->sessions[batch->session[i].level] += batch->session[i].n;
	for (i = 0; i < batch->ninbounds; i++)
		meter->inbound[batch->inbound[i].level] += batch->inbound[i].n;
	meter->commits++;
}

void
meter_set_failing(struct meter *meter, const struct err *why, uint64_t now)
{
	meter->commits_failed++;
	meter->failing_why = *why;
	if (!meter->failing)
		meter->failing_since = now;
	meter->failing = true;
}

void
meter_set_written(struct meter *meter)
{
	meter->failing = false;
}
