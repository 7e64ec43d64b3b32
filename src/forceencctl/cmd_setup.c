/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "forceenc/clock.h"
#include "forceenc/text.h"
#include "forceencctl/audit_world.h"
#include "forceencctl/cmd.h"
#include "forceencctl/hold.h"
#include "forceencctl/postconf_read.h"
#include "forceencctl/say.h"
#include "forceencctl/setup.h"
#include "forceencctl/setup_apply.h"
#include "forceencctl/site.h"

/* The rest is sysexits(3). */
#define CMD_SETUP_NOTHING 0 /* or all was done */
#define CMD_SETUP_LACKING 1

/* A longer one isn't ours. */
#define CMD_SETUP_FILTER_MAX (64 * 1024)

/* What the map may take to answer, above forceencd's own deadline. ms. */
#define CMD_SETUP_TIME_EXTRA 2000

/* Whether the file is there, and the one that we would write. */
static enum setup_file
cmd_setup_filter(const char *path)
{
	FILE *file = fopen(path, "re");
	struct buf text = {0};
	bool same;

	if (file == NULL)
		return errno == ENOENT ? SETUP_FILE_NONE : SETUP_FILE_OTHER;
	text.len = fread(buf_reserve(&text, CMD_SETUP_FILTER_MAX), 1,
	    CMD_SETUP_FILTER_MAX, file);
	fclose(file);
	same = strcmp(buf_text(&text), setup_filter) == 0;
	buf_fini(&text);
	return same ? SETUP_FILE_OURS : SETUP_FILE_OTHER;
}

/* Where main.cf is, in full: it will stand in master.cf. */
static int
cmd_setup_find(const struct cmd_call *call, struct setup *setup)
{
	const char *folder = call->config_dir != NULL
	    ? call->config_dir
	    : postconf_value(setup->conf, NULL, "config_directory");
	char *whole = realpath(folder, NULL);

	if (whole == NULL) {
		say("setup: %s: %s", text_show_str(folder), strerror(errno));
		return EX_CONFIG;
	}
	setup->folder = postconf_keep(setup->conf, "%s", whole);
	setup->elsewhere = call->config_dir != NULL;
	free(whole);
	setup->filter =
	    postconf_keep(setup->conf, "%s/dsn_filter.pcre", setup->folder);
	setup->file = cmd_setup_filter(setup->filter);
	return 0;
}

/* Reads the configuration and plans. 0, or the exit status after it was
 * said. */
static int
cmd_setup_plan(const struct cmd_call *call, struct setup *setup)
{
	struct buf complaints = {0};
	struct err err;
	int status =
	    postconf_read_run(setup->conf, call->config_dir, &complaints, &err);

	buf_fini(&complaints);
	if (status != 0) {
		say("%s", err.text);
		return status;
	}
	status = cmd_setup_find(call, setup);
	if (status != 0)
		return status;
	if (setup_plan(setup, &err) == 0)
		return 0;
	say("setup: %s", err.text);
	return EX_CONFIG;
}

/* Printable, and whole: somebody will copy it. A backslash stays one, since a
 * shell would see two. */
static void
cmd_setup_print_line(struct buf *out, const char *line)
{
	size_t len;

	for (; *line != '\0'; line += len) {
		len = strcspn(line, "\\");
		print_add_text(out, line, len);
		if (line[len] == '\\') {
			buf_add_byte(out, '\\');
			len++;
		}
	}
	buf_add_byte(out, '\n');
}

static void
cmd_setup_print_step(
    const struct setup *setup, const struct setup_step *step, struct buf *out)
{
	if (step->kind == SETUP_FILTER)
		buf_printf(out, "write %s\n", text_show_str(step->arg));
	else
		cmd_setup_print_line(out, setup_command(setup, step));
	if (*step->before != '\0') {
		buf_add_text(out, "    now: ");
		cmd_setup_print_line(out, step->before);
	}
	buf_printf(out, "    %s\n", step->why);
}

static void
cmd_setup_print_notes(const struct setup *setup, struct buf *out)
{
	const char *at = setup->notes.len > 0 ? setup->notes.data : "";
	size_t left = setup->notes.len, len;

	for (; left > 0; at += len + 1, left -= len + 1) {
		len = (size_t)((const char *)memchr(at, '\n', left) - at);
		buf_printf(out, "note: %s\n", text_show(at, len));
	}
}

static void
cmd_setup_print_rows(const struct setup *setup, const struct cmd_call *call)
{
	static const struct print_column columns[] = {
	    {"change", "CHANGE", PRINT_TEXT, 0},
	    {"before", "BEFORE", PRINT_TEXT, 0}, {"why", "WHY", PRINT_TEXT, 0}};
	struct print_rows *rows = print_rows_new(call->form, columns, 3);
	const char *change;
	json_t *record;
	size_t i;

	for (i = 0; i < setup->n; i++) {
		change = setup->step[i].kind == SETUP_FILTER
		    ? postconf_keep(setup->conf, "write %s", setup->step[i].arg)
		    : setup_command(setup, &setup->step[i]);
		record = json_object();
		json_object_set_new(
		    record, "change", print_string(change, strlen(change)));
		json_object_set_new(record, "before",
		    print_string(
			setup->step[i].before, strlen(setup->step[i].before)));
		json_object_set_new(
		    record, "why", json_string(setup->step[i].why));
		print_rows_add(rows, record);
		json_decref(record);
	}
	print_rows_end(rows, call->out);
}

/* What to change, or what was changed. */
static void
cmd_setup_print(
    const struct setup *setup, const struct cmd_call *call, const char *title)
{
	size_t i;

	if (call->form != PRINT_TABLE) {
		cmd_setup_print_rows(setup, call);
		return;
	}
	buf_printf(call->out, "%s/: %s\n", text_show_str(setup->folder), title);
	for (i = 0; i < setup->n; i++)
		cmd_setup_print_step(setup, &setup->step[i], call->out);
	cmd_setup_print_notes(setup, call->out);
}

/* Postfix would put all mail off if nobody answered. */
static int
cmd_setup_ask(const struct setup *setup)
{
	struct audit_here here = {.config_dir = setup->folder,
	    .queue_directory =
		postconf_value(setup->conf, NULL, "queue_directory"),
	    .time_limit = setup->site->answer_deadline + CMD_SETUP_TIME_EXTRA};
	struct audit_world world;
	struct buf text = {0};
	enum audit_said said;

	audit_world_here(&world, &here);
	said = world.ask(&here, setup->spec, "<>", &text);
	if (said == AUDIT_SAID_TROUBLE)
		say("setup: %s: %s: start forceencd first, or all mail would "
		    "wait; nothing was changed",
		    text_show_str(setup->spec), text_show_str(buf_text(&text)));
	audit_world_here_fini(&here);
	buf_fini(&text);
	return said == AUDIT_SAID_TROUBLE ? EX_UNAVAILABLE : 0;
}

static int
cmd_setup_failed(const struct setup *setup, const struct setup_backup *backup,
    const char *why)
{
	struct err err;

	if (setup_apply_undo(backup, setup->folder, &err) == -1)
		say("setup: %s; and it can't be undone: %s: what was before "
		    "is in %s",
		    why, err.text, text_show_str(backup->folder));
	else
		say("setup: %s; all is as it was before", why);
	return EX_OSERR;
}

/* Whether there is nothing left to do, as postconf(1) reads it now. */
static int
cmd_setup_verify(
    const struct cmd_call *call, const struct setup *before, struct err *err)
{
	struct postconf conf = {0};
	struct setup after = {
	    .conf = &conf, .site = before->site, .map = before->map};
	int rc = 0;

	if (cmd_setup_plan(call, &after) != 0)
		rc = err_set(err, "what was written can't be read");
	else if (after.n > 0)
		rc = err_set(
		    err, "%s has no effect", text_show_str(after.step[0].arg));
	else
		rc = setup_apply_check(before->folder, err);
	setup_fini(&after);
	postconf_fini(&conf);
	return rc;
}

static int
cmd_setup_untouched(const struct err *err)
{
	say("setup: %s; nothing was changed", err->text);
	return EX_UNAVAILABLE;
}

/* Before anything is touched. */
static int
cmd_setup_prepare(const struct setup *setup)
{
	struct err err;
	int status = cmd_setup_ask(setup);

	if (status != 0)
		return status;
	if (setup_apply_pcre(setup->folder, &err) == -1 ||
	    setup_apply_check(setup->folder, &err) == -1)
		return cmd_setup_untouched(&err);
	return 0;
}

/* -1: whoever runs us doesn't want it any more. */
static int
cmd_setup_asked(struct err *err)
{
	int sig = hold_asked();

	return sig == 0 ? 0 : err_set(err, "stopped (%s)", strsignal(sig));
}

/* All of it, or -1 somewhere on the way. */
static int
cmd_setup_change(const struct cmd_call *call, const struct setup *setup,
    struct setup_backup *backup, bool *running, struct err *err)
{
	size_t i;

	for (i = 0; i < setup->n; i++)
		if (cmd_setup_asked(err) == -1 ||
		    setup_apply_step(
			backup, setup->folder, &setup->step[i], err) == -1)
			return -1;
	if (cmd_setup_verify(call, setup, err) == -1 ||
	    cmd_setup_asked(err) == -1)
		return -1;
	return setup_apply_reload(setup->folder, running, err);
}

static int
cmd_setup_apply(const struct cmd_call *call, const struct setup *setup)
{
	struct setup_backup backup;
	struct hold hold;
	struct err err;
	bool running;
	int status = cmd_setup_prepare(setup);

	if (status != 0)
		return status;
	hold_begin(&hold);
	if (setup_apply_begin(&backup, setup->folder,
		(int64_t)(clock_wall() / 1000), &err) == -1)
		status = cmd_setup_untouched(&err);
	else if (cmd_setup_change(call, setup, &backup, &running, &err) == -1)
		status = cmd_setup_failed(setup, &backup, err.text);
	if (status != 0) {
		hold_end(&hold);
		return status;
	}
	/* A signal that waits still came too late: let the way back be told. */
	cmd_setup_print(setup, call, "was changed");
	if (call->form != PRINT_TABLE)
		return CMD_SETUP_NOTHING;
	if (!running)
		buf_add_text(call->out,
		    "Postfix doesn't run here; it will be so when it "
		    "starts.\n");
	buf_add_text(call->out, "To undo it: ");
	cmd_setup_print_line(call->out,
	    postconf_keep(setup->conf, "cp -p %s/*.cf %s/%s%s%s",
		setup_word(setup, backup.folder),
		setup_word(setup, setup->folder), running ? " && postfix" : "",
		running ? setup_where(setup) : "", running ? " reload" : ""));
	return CMD_SETUP_NOTHING;
}

static int
cmd_setup_act(const struct cmd_call *call, const struct setup *setup)
{
	if (setup->n == 0) {
		cmd_setup_print(setup, call, "nothing is missing");
		return CMD_SETUP_NOTHING;
	}
	if (call->apply)
		return cmd_setup_apply(call, setup);
	cmd_setup_print(setup, call, "what is missing (--apply makes it so)");
	return CMD_SETUP_LACKING;
}

/* --map, or the first one that is about senders. */
static const struct conf_map *
cmd_setup_map(const struct conf *site, const struct cmd_call *call)
{
	const struct conf_map *map = site_map(site, call);

	if (map == NULL || map->kind == CONF_MAP_SENDERS)
		return map;
	say("setup: %s: the map %s isn't about senders",
	    text_show_str(site->path), text_show_str(map->name));
	return NULL;
}

static int
cmd_setup_run(const struct cmd_call *call)
{
	struct conf *site = site_conf(call);
	struct postconf conf = {0};
	struct setup setup = {.conf = &conf, .site = site};
	int status = EX_USAGE;

	if (site == NULL)
		return EX_CONFIG;
	setup.map = cmd_setup_map(site, call);
	if (setup.map != NULL)
		status = cmd_setup_plan(call, &setup);
	if (setup.map != NULL && status == 0)
		status = cmd_setup_act(call, &setup);
	setup_fini(&setup);
	postconf_fini(&conf);
	conf_free(site);
	return status;
}

const struct cmd cmd_setup = {
    .name = "setup",
    .args = "",
    .summary = "make Postfix ask forceencd, and keep its promise",
    .help =
	"Shows what main.cf and master.cf lack for the guarantee, as "
	"commands:\n"
	"the transport of forced mail with its settings, the delivery status\n"
	"filter, and the map. A way made by hand is brought in line; what\n"
	"fits is left as it is.\n"
	"\n"
	"--apply makes it so, if forceencd answers and \"postfix check\" has\n"
	"nothing against it, before and after; else all stays as it was. It\n"
	"keeps the old files, reloads a Postfix that runs, and says how to\n"
	"undo it.\n"
	"\n"
	"Ends with 0 if nothing is missing or all was done, 1 if something is\n"
	"missing.\n",
    .options = CMD_MAP | CMD_CONFIG_DIR | CMD_APPLY,
    .run = cmd_setup_run,
};
