/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/setup_apply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "forceenc/text.h"
#include "forceencctl/run.h"

#define SETUP_APPLY_TIME_LIMIT 60000 /* ms a command */
#define SETUP_APPLY_OUT_MAX    (1024 * 1024)

/* Runs a command to its end; *exit, or that it failed if exit is NULL. */
static int
setup_apply_run(
    const char *const *argv, struct buf *out, int *exit, struct err *err)
{
	struct run run = {.argv = argv,
	    .time_limit = SETUP_APPLY_TIME_LIMIT,
	    .out_max = SETUP_APPLY_OUT_MAX};
	int rc = 0;
	const char *said;

	if (run_program(&run, err) != RUN_DONE) {
		run_fini(&run);
		return -1;
	}
	if (exit != NULL) {
		*exit = run.exit;
	} else if (run.exit != 0) {
		said = buf_text(&run.complaints);
		rc = err_set(err, "%s: %s", argv[0],
		    *said != '\0' ? text_show(said, strcspn(said, "\n"))
				  : "failed without a word");
	}
	if (out != NULL)
		buf_add(out, run.out.data, run.out.len);
	run_fini(&run);
	return rc;
}

int
setup_apply_check(const char *folder, struct err *err)
{
	const char *argv[] = {"postfix", "-c", folder, "check", NULL};

	return setup_apply_run(argv, NULL, NULL, err);
}

int
setup_apply_pcre(const char *folder, struct err *err)
{
	const char *argv[] = {"postconf", "-c", folder, "-m", NULL};
	struct buf out = {0};
	bool found;

	if (setup_apply_run(argv, &out, NULL, err) == -1) {
		buf_fini(&out);
		return -1;
	}
	buf_add_byte(&out, '\n');
	found = strncmp(buf_text(&out), "pcre\n", 5) == 0 ||
	    strstr(buf_text(&out), "\npcre\n") != NULL;
	buf_fini(&out);
	if (found)
		return 0;
	return err_set(err,
	    "this Postfix has no pcre: tables, and would ignore the delivery "
	    "status filter: install Debian's postfix-pcre");
}

/* With owner, mode and times. */
static int
setup_apply_copy(const char *from, const char *to, struct err *err)
{
	const char *argv[] = {"cp", "-p", "--", from, to, NULL};

	return setup_apply_run(argv, NULL, NULL, err);
}

/* The copy itself, which takes no room on a disk that is full, takes the place
 * of a file that is read all the time. */
static int
setup_apply_put_back(const char *from, const char *to, struct err *err)
{
	if (rename(from, to) == 0)
		return 0;
	return err_set(err, "%s: %s", text_show_str(to), strerror(errno));
}

static const char *const setup_apply_files[] = {"main.cf", "master.cf"};

#define SETUP_APPLY_FILES \
	(sizeof(setup_apply_files) / sizeof(*setup_apply_files))

/* Nobody needs the copies any more. */
static void
setup_apply_forget(const struct setup_backup *backup)
{
	char path[sizeof(backup->folder) + sizeof("/master.cf")];
	size_t i;

	for (i = 0; i < SETUP_APPLY_FILES; i++) {
		snprintf(path, sizeof(path), "%s/%s", backup->folder,
		    setup_apply_files[i]);
		unlink(path);
	}
	rmdir(backup->folder);
}

int
setup_apply_begin(struct setup_backup *backup, const char *folder, int64_t now,
    struct err *err)
{
	time_t seconds = (time_t)now;
	char stamp[32], path[512];
	struct tm tm;
	size_t i;

	localtime_r(&seconds, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	backup->filter[0] = '\0';
	if ((size_t)snprintf(backup->folder, sizeof(backup->folder),
		"%s/forceenc-backup-%s", folder,
		stamp) >= sizeof(backup->folder) - sizeof("/master.cf"))
		return err_set(err, "%s: too long", text_show_str(folder));
	if (mkdir(backup->folder, 0700) == -1)
		return err_set(err, "%s: %s", text_show_str(backup->folder),
		    strerror(errno));
	for (i = 0; i < SETUP_APPLY_FILES; i++) {
		snprintf(
		    path, sizeof(path), "%s/%s", folder, setup_apply_files[i]);
		if (setup_apply_copy(path, backup->folder, err) == -1) {
			setup_apply_forget(backup);
			return -1;
		}
	}
	return 0;
}

/* Whole, or not at all. */
static int
setup_apply_filter(
    struct setup_backup *backup, const char *path, struct err *err)
{
	char fresh[512];
	FILE *file;
	int rc;

	if ((size_t)snprintf(backup->filter, sizeof(backup->filter), "%s",
		path) >= sizeof(fresh) - sizeof(".new"))
		return err_set(err, "%s: too long", text_show_str(path));
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	file = fopen(fresh, "we");
	if (file == NULL)
		return err_set(
		    err, "%s: %s", text_show_str(fresh), strerror(errno));
	/* smtp(8) reads it without privileges. */
	rc = fchmod(fileno(file), 0644);
	rc = fputs(setup_filter, file) == EOF ? -1 : rc;
	rc = fflush(file) == EOF || fsync(fileno(file)) == -1 ? -1 : rc;
	if (fclose(file) == EOF || rc == -1 || rename(fresh, path) == -1) {
		err_set(err, "%s: %s", text_show_str(path), strerror(errno));
		unlink(fresh);
		return -1;
	}
	return 0;
}

int
setup_apply_step(struct setup_backup *backup, const char *folder,
    const struct setup_step *step, struct err *err)
{
	static const char *const flags[] = {
	    [SETUP_SERVICE] = "-M", [SETUP_OPTION] = "-P", [SETUP_MAIN] = "-e"};
	const char *argv[] = {"postconf", "-c", folder, NULL, step->arg, NULL};

	if (step->kind == SETUP_FILTER)
		return setup_apply_filter(backup, step->arg, err);
	argv[3] = flags[step->kind];
	return setup_apply_run(argv, NULL, NULL, err);
}

int
setup_apply_undo(
    const struct setup_backup *backup, const char *folder, struct err *err)
{
	char from[sizeof(backup->folder) + sizeof("/master.cf")];
	char to[sizeof(from)];
	int rc = 0;
	size_t i;

	/* The map before the transport that it leads to. */
	for (i = 0; i < SETUP_APPLY_FILES && rc == 0; i++) {
		snprintf(from, sizeof(from), "%s/%s", backup->folder,
		    setup_apply_files[i]);
		snprintf(to, sizeof(to), "%s/%s", folder, setup_apply_files[i]);
		rc = setup_apply_put_back(from, to, err);
	}
	if (rc == 0 && backup->filter[0] != '\0' &&
	    unlink(backup->filter) == -1 && errno != ENOENT)
		rc = err_set(err, "%s: %s", text_show_str(backup->filter),
		    strerror(errno));
	if (rc == 0)
		setup_apply_forget(backup);
	return rc;
}

int
setup_apply_reload(const char *folder, bool *running, struct err *err)
{
	const char *status[] = {"postfix", "-c", folder, "status", NULL};
	const char *reload[] = {"postfix", "-c", folder, "reload", NULL};
	int exit = 1;

	*running = false;
	if (setup_apply_run(status, NULL, &exit, err) == -1)
		return -1;
	*running = exit == 0;
	return *running ? setup_apply_run(reload, NULL, NULL, err) : 0;
}
