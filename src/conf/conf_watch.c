/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/conf_watch.h"

#include <string.h>

#include "conf/option.h"
#include "conf/value.h"
#include "config.h"
#include "forceenc/journal_spec.h"
#include "forceenc/relays.h"
#include "forceenc/text.h"

static void
conf_watch_wrong(const struct file *file, const char *name, const char *text,
    const char *right, struct problems *problems)
{
	struct value value;

	if (value_get(
		&value, file, name, option_find(option_main, name), problems))
		value_wrong(
		    &value, problems, "\"%s\": %s", text_show_str(text), right);
}

static void
conf_watch_check_journal(
    const struct conf *conf, const struct file *file, struct problems *problems)
{
#ifdef HAVE_SYSTEMD
	struct journal_spec spec;
	struct err err;

	if (journal_spec_parse(&spec, conf->log + strlen("journal:"), &err) ==
	    -1)
		conf_watch_wrong(file, "log", conf->log, err.text, problems);
	else
		journal_spec_fini(&spec);
#else
	conf_watch_wrong(file, "log", conf->log,
	    "this program was built without libsystemd and can't read the "
	    "journal; let rsyslog write a file, or give \"-\" the output of "
	    "journalctl -f -o json",
	    problems);
#endif
}

static void
conf_watch_check_relays(
    const struct conf *conf, const struct file *file, struct problems *problems)
{
	struct relays *relays;
	struct value value;
	struct err err;

	relays = relays_new(conf->local_relays, &err);
	if (relays == NULL &&
	    value_get(&value, file, "local_relays",
		option_find(option_main, "local_relays"), problems))
		value_wrong(&value, problems, "%s", err.text);
	relays_free(relays);
}

void
conf_watch_check(
    const struct conf *conf, const struct file *file, struct problems *problems)
{
	if (strncmp(conf->log, "journal:", 8) == 0)
		conf_watch_check_journal(conf, file, problems);
	else if (strcmp(conf->log, "-") != 0 &&
	    strncmp(conf->log, "file:/", 6) != 0)
		conf_watch_wrong(file, "log", conf->log,
		    "write file: and an absolute path, journal: for the "
		    "systemd journal, or - for standard input",
		    problems);
	conf_watch_check_relays(conf, file, problems);
}
