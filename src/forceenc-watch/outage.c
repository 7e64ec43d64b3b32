/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/outage.h"

#include "forceenc/log.h"
#include "forceenc/text.h"

#define OUTAGE_WAIT   1000 /* ms, as the line says */
#define OUTAGE_LOCKED 100  /* where somebody else has locked it, */
#define OUTAGE_BRIEF  5000 /* which nobody hears of for so long */

static const char *
outage_until(enum store_trouble trouble)
{
	switch (trouble) {
	case STORE_AWAY:
		return " until a server can be had: start one, or mend hosts";
	case STORE_LOCKED:
		return " until another program unlocks the database; lslocks "
		       "tells which";
	case STORE_WRONG:
		break;
	}
	return "";
}

bool
outage_note(struct outage *outage, const char *store,
    enum store_trouble trouble, const struct err *err, uint64_t now)
{
	bool worse = outage->trouble == STORE_AWAY && trouble == STORE_WRONG;

	outage->trouble = trouble;
	if (trouble != STORE_LOCKED)
		outage->locked_since = 0;
	else if (outage->locked_since == 0)
		outage->locked_since = now;
	if (trouble == STORE_LOCKED && !outage->told &&
	    now - outage->locked_since < OUTAGE_BRIEF)
		return false;
	if (!outage->told || worse)
		log_error("%s: can't be written: %s; the log waits%s "
			  "(retry=1s)",
		    text_show_str(store), err->text, outage_until(trouble));
	outage->told = true;
	return true;
}

unsigned
outage_wait(const struct outage *outage)
{
	return outage->locked_since != 0 && !outage->told ? OUTAGE_LOCKED
							  : OUTAGE_WAIT;
}

bool
outage_end(struct outage *outage)
{
	bool told = outage->told;

	*outage = (struct outage){0};
	return told;
}
