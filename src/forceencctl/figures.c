/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/figures.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "forceenc/clock.h"
#include "forceenc/text.h"
#include "forceencctl/moment.h"
#include "forceencctl/say.h"
#include "forceencctl/site.h"

static int
figures_moment(const char *option, const char *text, int64_t *moment)
{
	struct err err;

	if (moment_parse(text, (int64_t)(clock_wall() / 1000), moment, &err) ==
	    0)
		return 0;
	say("--%s %s", option, err.text);
	return EX_USAGE;
}

/* A period that has no hour can't be what is meant, and "nothing was counted"
 * would be no answer to what is. */
static int
figures_period(
    const struct stats_filter *filter, const char *since, const char *until)
{
	if (filter->since == STATS_ALWAYS || filter->until == STATS_ALWAYS ||
	    filter->since < filter->until)
		return 0;
	say("--until %s: isn't later than --since %s; a date stands for the "
	    "beginning of its day",
	    text_show_str(until), text_show_str(since));
	return EX_USAGE;
}

/* Whom and when, as far as the command line tells. */
static int
figures_filter(struct figures *figures, const struct cmd_call *call,
    const char *sender, const char *since)
{
	struct stats_filter *filter = &figures->filter;
	const char *until = call->until != NULL ? call->until : "all";
	int status = 0;

	if (call->since != NULL)
		since = call->since;
	filter->sender = sender;
	if (sender != NULL)
		status = site_address(sender);
	if (status == 0)
		status = figures_moment("since", since, &filter->since);
	if (status == 0)
		status = figures_moment("until", until, &filter->until);
	if (status == 0)
		status = figures_period(filter, since, until);
	return status;
}

/* Why it can't be opened, and what helps where there is none, or none for this
 * user. */
static int
figures_unopened(const struct conf *conf, const struct err *err)
{
	static const char sqlite[] = "sqlite:";
	const char *path = conf->store + sizeof(sqlite) - 1;

	if (strncmp(conf->store, sqlite, sizeof(sqlite) - 1) != 0 ||
	    access(path, R_OK) == 0)
		return figures_failed(err);
	if (errno == ENOENT)
		say("%s: no statistics yet: forceenc-watch makes them when it "
		    "is started, where \"store\" in %s says",
		    err->text, text_show_str(conf->path));
	else if (errno == EACCES)
		say("%s: ask as its owner, or as root", err->text);
	else
		return figures_failed(err);
	return EX_TEMPFAIL;
}

int
figures_open(struct figures *figures, const struct cmd_call *call,
    const char *sender, const char *since)
{
	struct store_place place;
	struct err err;
	int status;

	*figures = (struct figures){0};
	status = figures_filter(figures, call, sender, since);
	if (status != 0)
		return status;
	figures->conf = site_conf(call);
	if (figures->conf == NULL)
		return EX_CONFIG;
	figures->filter.rules = (struct address_rules){
	    .delimiters = figures->conf->recipient_delimiter,
	    .fold_local = figures->conf->fold_local_part};
	store_init();
	/* Whose name we would write under doesn't matter. */
	place = (struct store_place){.spec = figures->conf->store,
	    .pgsql = &figures->conf->store_pgsql,
	    .host = "",
	    .stop = -1};
	figures->store = store_open_place(&place, STORE_READ, &err);
	return figures->store != NULL ? 0
				      : figures_unopened(figures->conf, &err);
}

void
figures_close(struct figures *figures)
{
	store_close(figures->store);
	conf_free(figures->conf);
}

int
figures_limit(const struct cmd_call *call, unsigned def, unsigned *limit)
{
	int64_t n;

	*limit = def;
	if (call->limit == NULL)
		return 0;
	if (text_parse_int(call->limit, 1, INT_MAX, &n) == 0) {
		*limit = (unsigned)n;
		return 0;
	}
	say("--limit %s: write how many rows, at least 1",
	    text_show_str(call->limit));
	return EX_USAGE;
}

void
figures_nothing(const struct cmd_call *call, const char *words)
{
	if (call->form == PRINT_TABLE)
		buf_printf(call->out, "%s\n", words);
}

/* Nothing is known then, which isn't the same as that there's nothing. */
int
figures_failed(const struct err *err)
{
	say("%s", err->text);
	return EX_TEMPFAIL;
}

json_t *
figures_text(const char *text)
{
	return text != NULL ? print_string(text, strlen(text)) : json_null();
}
