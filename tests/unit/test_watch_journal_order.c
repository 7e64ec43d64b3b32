/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* A machine's journal is written to while the library goes from one of its
 * files to the next: at each of its calls in turn, so that no order of things
 * is left to chance. Nothing is passed over. */

#include "config.h"

#ifdef HAVE_SYSTEMD

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "forceenc-watch/journal_set.h"
#include "forceenc/buf.h"
#include "unit.h"

#define MACHINE  "3d1219c7c4c5404aaa1f6d2a48adfda4"
#define CALLS    24
#define PIECE    4096
#define SEEN_MAX 8

static const char *const remotes[] = {"/lib/systemd/systemd-journal-remote",
    "/usr/lib/systemd/systemd-journal-remote"};

/* The bytes of a file, now and later. */
struct content {
	const char *name;
	char *now, *later;
	size_t now_len, later_len;
};

struct written {
	struct folder folder;
	struct journal_spec spec;
	struct journal_set set;
	struct content user, system;
	void (*write)(struct written *, bool last);
	int calls; /* until it's written; less than 0: it was */
	char seen[SEEN_MAX + 1];
	size_t n;
};

static struct written *writing;

static const char *
remote(void)
{
	return access(remotes[0], X_OK) == 0 ? remotes[0]
	    : access(remotes[1], X_OK) == 0  ? remotes[1]
					     : NULL;
}

/* Entries are one letter each, and as many seconds late in the alphabet. */
static void
append(struct written *t, const char *name, const char *letters)
{
	char command[1024];
	FILE *f;

	snprintf(command, sizeof(command), "%s -o %s - 2>/dev/null", remote(),
	    folder_path(&t->folder, name));
	f = popen(command, "w");
	assert_non_null(f);
	for (; *letters != '\0'; letters++)
		fprintf(f,
		    "__REALTIME_TIMESTAMP=17953084%02u000000\n"
		    "__MONOTONIC_TIMESTAMP=%u\n"
		    "_BOOT_ID=dc90129369e44794b40d04addd5b4419\n"
		    "_MACHINE_ID=" MACHINE "\nSYSLOG_FACILITY=2\n"
		    "MESSAGE=%c\n\n",
		    (unsigned)(*letters - 'a'), (unsigned)*letters, *letters);
	assert_int_equal(pclose(f), 0);
}

/* What the file is with some letters, and what with more. */
static void
content_make(struct written *t, struct content *content, const char *name,
    const char *now, const char *later)
{
	content->name = name;
	append(t, name, now);
	content->now = folder_read(&t->folder, name, &content->now_len);
	append(t, name, later);
	content->later = folder_read(&t->folder, name, &content->later_len);
}

static void
content_free(struct content *content)
{
	free(content->now);
	free(content->later);
}

/* What is different, in place, as its writer does. */
static void
content_put(struct written *t, const struct content *content, bool later)
{
	const char *bytes = later ? content->later : content->now;
	size_t len = later ? content->later_len : content->now_len, at, n;
	int fd = open(folder_path(&t->folder, content->name), O_RDWR);
	char before[PIECE];

	assert_int_not_equal(fd, -1);
	for (at = 0; at < len; at += n) {
		n = len - at < PIECE ? len - at : PIECE;
		if (pread(fd, before, n, (off_t)at) != (ssize_t)n ||
		    memcmp(before, bytes + at, n) != 0)
			assert_int_equal(
			    pwrite(fd, bytes + at, n, (off_t)at), n);
	}
	assert_int_equal(ftruncate(fd, (off_t)len), 0);
	assert_int_equal(close(fd), 0);
}

/* The library's own, with the writer in the middle. */
int __real_sd_journal_next(struct sd_journal *);
int __real_sd_journal_previous(struct sd_journal *);
int __wrap_sd_journal_next(struct sd_journal *);
int __wrap_sd_journal_previous(struct sd_journal *);

static int
interrupted(int (*call)(struct sd_journal *), struct sd_journal *handle)
{
	bool now = writing != NULL && writing->calls-- == 0;
	int rc;

	if (now)
		writing->write(writing, false);
	rc = call(handle);
	if (now)
		writing->write(writing, true);
	return rc;
}

int
__wrap_sd_journal_next(struct sd_journal *handle)
{
	return interrupted(__real_sd_journal_next, handle);
}

int
__wrap_sd_journal_previous(struct sd_journal *handle)
{
	return interrupted(__real_sd_journal_previous, handle);
}

/* As journal.c does it, until there is nothing more. */
static void
written_read(struct written *t)
{
	struct journal_machine *machine;
	int rc;

	assert_true(journal_set_hear(&t->set, true) >= 0);
	assert_int_equal(t->set.n, 1);
	machine = &t->set.machine[0];
	if (machine->cursor == NULL)
		assert_true(journal_machine_begin(machine, 0) >= 0);
	while ((rc = journal_machine_look(machine, &t->spec)) > 0) {
		assert_true(t->n < SEEN_MAX);
		t->seen[t->n++] = (char)('a' + machine->time / 1000000 % 100);
		t->seen[t->n] = '\0';
		assert_true(journal_machine_pass(machine) >= 0);
	}
	assert_int_equal(rc, 0);
	assert_false(machine->lost);
}

static void
written_begin(struct written *t)
{
	struct err err;

	assert_int_equal(journal_spec_parse(&t->spec, t->folder.name, &err), 0);
	journal_set_init(&t->set, t->folder.name, &t->spec);
	assert_int_equal(journal_set_open(&t->set, &err), 0);
	t->n = 0;
}

static void
written_end(struct written *t)
{
	writing = NULL;
	journal_set_fini(&t->set);
	journal_spec_fini(&t->spec);
}

/* One call has looked at the user's file when it's written to, and not yet at
 * the system's. */
static void
write_both(struct written *t, bool last)
{
	content_put(t, last ? &t->user : &t->system, true);
}

static void
journal_passes_nothing_over_between_two_files(void **state)
{
	struct written t = {.write = write_both};
	unsigned in_time = 0;
	int calls;

	(void)state;
	folder_open(&t.folder);
	content_make(&t, &t.user, "user-1000.journal", "a", "ce");
	content_make(&t, &t.system, "system.journal", "b", "df");
	for (calls = 0; calls < CALLS; calls++) {
		content_put(&t, &t.user, false);
		content_put(&t, &t.system, false);
		written_begin(&t);
		writing = &t;
		t.calls = calls;
		written_read(&t);
		in_time += t.calls < 0;
		if (t.calls >= 0) {
			write_both(&t, false);
			write_both(&t, true);
		}
		writing = NULL;
		written_read(&t);
		assert_string_equal(t.seen, "abcdef");
		written_end(&t);
	}
	/* Some were in the middle of it, and some after it. */
	assert_in_range(in_time, 1, CALLS - 1);
	content_free(&t.user);
	content_free(&t.system);
	folder_close(&t.folder);
}

/* The old file gets its last entry and another name, a new one the next
 * entry. */
static void
write_rotated(struct written *t, bool last)
{
	if (!last) {
		content_put(t, &t->system, true);
		return;
	}
	assert_int_equal(rename(folder_path(&t->folder, "system.journal"),
			     folder_path(&t->folder, "system@1.journal")),
	    0);
	assert_int_equal(rename(folder_path(&t->folder, "new"),
			     folder_path(&t->folder, "system.journal")),
	    0);
}

static void
journal_passes_nothing_over_in_a_rotation(void **state)
{
	struct written t = {.write = write_rotated};
	char *next;
	size_t len;
	int calls;

	(void)state;
	folder_open(&t.folder);
	append(&t, "other.journal", "ef");
	next = folder_read(&t.folder, "other.journal", &len);
	assert_int_equal(unlink(folder_path(&t.folder, "other.journal")), 0);
	content_make(&t, &t.system, "system.journal", "ab", "cd");
	for (calls = 0; calls < CALLS / 3; calls++) {
		unlink(folder_path(&t.folder, "system@1.journal"));
		folder_write(&t.folder, "new", next, len);
		folder_write(&t.folder, "system.journal", t.system.now,
		    t.system.now_len);
		written_begin(&t);
		writing = &t;
		t.calls = calls;
		written_read(&t);
		if (t.calls >= 0) {
			write_rotated(&t, false);
			write_rotated(&t, true);
		}
		writing = NULL;
		written_read(&t);
		assert_string_equal(t.seen, "abcdef");
		written_end(&t);
	}
	free(next);
	content_free(&t.system);
	folder_close(&t.folder);
}

/* The folder was read, but the file isn't open yet when it gets another
 * name. */
static struct folder *renaming;

int __real_openat(int, const char *, int, ...);
int __wrap_openat(int, const char *, int, ...);

int
__wrap_openat(int at, const char *name, int flags, ...)
{
	struct folder *folder = renaming;

	if (folder != NULL && strcmp(name, "system.journal") == 0) {
		renaming = NULL;
		assert_int_equal(rename(folder_path(folder, "system.journal"),
				     folder_path(folder, "system@1.journal")),
		    0);
	}
	return __real_openat(at, name, flags);
}

static void
journal_misses_no_file_that_is_renamed(void **state)
{
	struct written t = {0};

	(void)state;
	folder_open(&t.folder);
	append(&t, "system@0.journal", "ab");
	append(&t, "system.journal", "cd");
	written_begin(&t);
	renaming = &t.folder;
	written_read(&t);
	assert_null(renaming);
	assert_string_equal(t.seen, "abcd");
	written_end(&t);
	folder_close(&t.folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(journal_passes_nothing_over_between_two_files),
	    cmocka_unit_test(journal_passes_nothing_over_in_a_rotation),
	    cmocka_unit_test(journal_misses_no_file_that_is_renamed),
	};

	if (remote() == NULL) {
		puts("systemd-journal-remote isn't installed");
		return 77;
	}
	return cmocka_run_group_tests_name("journal_order", tests, NULL, NULL);
}

#else

int
main(void)
{
	return 77;
}

#endif
