/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/postconf_read.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "forceenc/text.h"
#include "forceencctl/postconf_parse.h"
#include "forceencctl/run.h"

#define POSTCONF_READ_TIME_LIMIT 10000 /* ms a call */

static const struct postconf_read_output {
	const char *flag;
	const char *file;
	enum postconf_output output;
	bool never_empty;
} postconf_read_outputs[] = {
    {"-n", "postconf-n", POSTCONF_SET, false},
    {"-d", "postconf-d", POSTCONF_DEFAULTS, true},
    {"-M", "postconf-M", POSTCONF_SERVICES, true},
    {"-P", "postconf-P", POSTCONF_OVERRIDES, false},
};

#define POSTCONF_READ_OUTPUTS \
	(sizeof(postconf_read_outputs) / sizeof(*postconf_read_outputs))

static int
postconf_read_take(struct postconf *conf,
    const struct postconf_read_output *from, const char *name,
    const struct buf *text, struct err *err)
{
	const char *bytes = text->len > 0 ? text->data : "";

	if (postconf_parse(conf, from->output, bytes, text->len, err) == -1) {
		err_prefix(err, "%s", name);
		return EX_CONFIG;
	}
	if (from->never_empty && text->len == 0) {
		err_set(err,
		    "%s: is empty; it should be what \"postconf %s\" "
		    "says",
		    name, from->flag);
		return EX_CONFIG;
	}
	return 0;
}

/* The first line of what it said. */
static int
postconf_read_refused(struct run *run, struct err *err)
{
	const char *said = buf_text(&run->complaints);
	size_t len = strcspn(said, "\n");

	err_set(err, "%s", len > 0 ? text_show(said, len) : "postconf failed");
	return EX_CONFIG;
}

static int
postconf_read_call(struct postconf *conf,
    const struct postconf_read_output *from, const char *folder,
    struct buf *complaints, struct err *err)
{
	const char *argv[5] = {"postconf", from->flag, NULL};
	struct run run = {.argv = argv,
	    .time_limit = POSTCONF_READ_TIME_LIMIT,
	    .out_max = POSTCONF_BYTES_MAX};
	int status = EX_TEMPFAIL;

	if (folder != NULL) {
		argv[1] = "-c";
		argv[2] = folder;
		argv[3] = from->flag;
	}
	switch (run_program(&run, err)) {
	case RUN_DONE:
		status = run.exit != 0
		    ? postconf_read_refused(&run, err)
		    : postconf_read_take(conf, from, from->flag, &run.out, err);
		/* Each call says the same again. */
		if (from->output == POSTCONF_OVERRIDES)
			buf_add(complaints, run.complaints.data,
			    run.complaints.len);
		break;
	case RUN_MISSING:
		status = EX_UNAVAILABLE;
		break;
	case RUN_LATE:
	case RUN_BROKE:
		break;
	}
	run_fini(&run);
	return status;
}

int
postconf_read_run(struct postconf *conf, const char *folder,
    struct buf *complaints, struct err *err)
{
	int status = 0;
	size_t i;

	for (i = 0; i < POSTCONF_READ_OUTPUTS && status == 0; i++)
		status = postconf_read_call(
		    conf, &postconf_read_outputs[i], folder, complaints, err);
	postconf_parse_twice(conf);
	return status;
}

static int
postconf_read_file(const char *path, const struct postconf_read_output *from,
    struct buf *out, struct err *err)
{
	FILE *file = fopen(path, "rb");
	int error;
	size_t n;

	if (file == NULL) {
		err_set(err, "%s: %s; \"postconf %s\" makes it",
		    text_show_str(path), strerror(errno), from->flag);
		return EX_CONFIG;
	}
	do {
		n = fread(buf_reserve(out, 65536), 1, 65536, file);
		out->len += n;
	} while (n > 0 && out->len <= POSTCONF_BYTES_MAX);
	error = ferror(file) != 0 ? errno : 0;
	fclose(file);
	if (error == 0)
		return 0;
	err_set(err, "%s: %s", text_show_str(path), strerror(error));
	return EX_CONFIG;
}

int
postconf_read_saved(struct postconf *conf, const char *folder, struct err *err)
{
	const struct postconf_read_output *from;
	struct buf path = {0}, text = {0};
	int status = 0;
	size_t i;

	for (i = 0; i < POSTCONF_READ_OUTPUTS && status == 0; i++) {
		from = &postconf_read_outputs[i];
		buf_clear(&path);
		buf_clear(&text);
		buf_printf(&path, "%s/%s", folder, from->file);
		status = postconf_read_file(buf_text(&path), from, &text, err);
		if (status == 0)
			status = postconf_read_take(conf, from,
			    text_show_str(buf_text(&path)), &text, err);
	}
	postconf_parse_twice(conf);
	buf_fini(&path);
	buf_fini(&text);
	return status;
}
