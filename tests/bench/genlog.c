/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * genlog [-m MESSAGES] [-s SENDERS] [-r SEED] [-l] [-t TRUTH]
 * genlog -z [-u] [-d DESTINATIONS] [-h HOURLY] [-i] ... : a mail log whose
 * truth is known, on standard output. The lines of many processes are mixed
 * as they would be; queue ids and pids come back. TRUTH gets a line for each
 * sender and each destination: who, what became of it, how many recipients.
 *
 * Without -z all that is hard happens all the time: TLS sessions are used
 * again, or by nobody; servers and senders write what looks like a log. With
 * -z it's the log of an ordinary site (genlog_site.c) with HOURLY messages in
 * each hour, whose senders and destinations follow Zipf's law, or with -u are
 * all alike. -l writes long queue ids, -i stamps as rsyslogd does by default.
 * -b is the time of the first line, in seconds since 1970; -B BYTES ends the
 * log when it has that size.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "genlog.h"

static void
genlog_sender(
    const struct genlog *genlog, size_t sender, char *out, size_t size)
{
	if (genlog->site)
		genlog_site_sender(sender, out, size);
	else
		genlog_hard_sender(sender, out, size);
}

static void
genlog_truth(const struct genlog *genlog, FILE *out)
{
	static const char *const ends[] = {"delivered/none",
	    "delivered/anonymous", "delivered/untrusted", "delivered/trusted",
	    "delivered/verified", "delivered/local", "soft", "hard", "deferred",
	    "bounced"};
	char sender[128];
	uint32_t n;
	size_t i;

	for (i = 0; i < genlog->senders * GENLOG_ENDS; i++) {
		n = genlog->by_sender[i];
		if (n == 0)
			continue;
		genlog_sender(genlog, i / GENLOG_ENDS, sender, sizeof(sender));
		fprintf(out, "sender\t%s\t%s\t%" PRIu32 "\n",
		    sender[0] == '\0' ? "<>" : sender, ends[i % GENLOG_ENDS],
		    n);
	}
	for (i = 0; i < genlog->destinations * GENLOG_ENDS; i++) {
		n = genlog->by_destination[i];
		if (n > 0)
			fprintf(out,
			    "destination\t%s%zu.example\t%s\t%" PRIu32 "\n",
			    genlog->site ? "dest" : "d", i / GENLOG_ENDS,
			    ends[i % GENLOG_ENDS], n);
	}
}

static void
genlog_message(struct genlog *genlog)
{
	if (genlog->site)
		genlog_site_message(genlog);
	else
		genlog_hard_message(genlog);
}

static void
genlog_run(struct genlog *genlog, uint64_t messages, uint64_t bytes)
{
	uint64_t i;
	unsigned k;

	if (genlog->site)
		genlog_site_start(genlog);
	genlog_lines_tick(genlog);
	printf("%s mail postfix/master[399]: daemon started -- version 3.7.11, "
	       "configuration /etc/postfix\n",
	    genlog->stamp);
	for (i = 0; i < messages && (bytes == 0 || genlog->written < bytes);
	     i++)
		genlog_message(genlog);
	for (k = 0; k < GENLOG_SLOTS; k++) {
		while (genlog_lines_next(genlog, &genlog->slot[k]))
			continue;
		buf_fini(&genlog->slot[k].lines);
	}
	if (genlog->site)
		genlog_site_end(genlog);
}

static void
genlog_write_truth(const struct genlog *genlog, const char *path)
{
	FILE *out = fopen(path, "w");

	if (out == NULL)
		must_fatal("%s: can't be written", path);
	genlog_truth(genlog, out);
	if (fclose(out) != 0)
		must_fatal("%s: can't be written", path);
}

static bool
genlog_option(struct genlog *genlog, int c, const char *value)
{
	if (c == 's')
		genlog->senders = strtoul(value, NULL, 10);
	else if (c == 'r')
		genlog->random = strtoull(value, NULL, 10);
	else if (c == 'l')
		genlog->long_ids = true;
	else if (c == 'z')
		genlog->site = true;
	else if (c == 'u')
		genlog->uniform = true;
	else if (c == 'i')
		genlog->iso = true;
	else if (c == 'd')
		genlog->destinations = strtoul(value, NULL, 10);
	else if (c == 'h')
		genlog->hourly = (uint32_t)strtoul(value, NULL, 10);
	else if (c == 'b')
		genlog->now = strtoll(value, NULL, 10);
	else
		return false;
	return true;
}

int
main(int argc, char **argv)
{
	static struct genlog genlog = {
	    .random = 1,
	    .now = GENLOG_START,
	    .ids_period = GENLOG_HARD_IDS,
	    .senders = 1000,
	    .destinations = 20000,
	    .hourly = 40000,
	};
	uint64_t messages = 1000;
	const char *truth = NULL;
	uint64_t bytes = 0;
	int c;

	while ((c = getopt(argc, argv, "m:s:r:t:lzuid:h:b:B:")) != -1) {
		if (c == 'm')
			messages = strtoull(optarg, NULL, 10);
		else if (c == 't')
			truth = optarg;
		else if (c == 'B')
			bytes = strtoull(optarg, NULL, 10);
		else if (!genlog_option(&genlog, c, optarg))
			return EX_USAGE;
	}
	if (bytes > 0)
		messages = UINT64_MAX;
	if (!genlog.site)
		genlog.destinations = GENLOG_HARD_DESTINATIONS;
	if (optind != argc || genlog.senders < 2 ||
	    genlog.senders > KEYS_SENDERS_MAX || genlog.destinations < 1 ||
	    genlog.destinations > KEYS_SENDERS_MAX || genlog.hourly < 1)
		return EX_USAGE;
	genlog.by_sender = mem_zalloc(
	    genlog.senders * GENLOG_ENDS * sizeof(*genlog.by_sender));
	genlog.by_destination = mem_zalloc(
	    genlog.destinations * GENLOG_ENDS * sizeof(*genlog.by_destination));
	genlog_run(&genlog, messages, bytes);
	if (truth != NULL)
		genlog_write_truth(&genlog, truth);
	free(genlog.by_sender);
	free(genlog.by_destination);
	return fflush(stdout) == 0 ? 0 : EX_IOERR;
}
