/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* What the watcher hears of a log and its folder. A change is told before the
 * call that makes it returns, so nothing here waits. */

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include "folder.h"
#include "forceenc-watch/notice.h"
#include "unit.h"

struct heard {
	struct folder folder;
	struct notice *notice;
	char path[512];
};

static int
heard_open(void **state)
{
	static struct heard heard;

	folder_open(&heard.folder);
	snprintf(
	    heard.path, sizeof(heard.path), "%s/mail.log", heard.folder.name);
	heard.notice = notice_new(heard.path);
	*state = &heard;
	return 0;
}

static int
heard_close(void **state)
{
	struct heard *heard = *state;

	notice_free(heard->notice);
	folder_close(&heard->folder);
	return 0;
}

static void
heard_append(const char *path, const char *text)
{
	FILE *f = fopen(path, "a");

	MUST(f != NULL && fputs(text, f) >= 0);
	MUST(fclose(f) == 0);
}

/* Whether anything was told since the last look. */
static bool
heard_any(struct heard *heard)
{
	struct pollfd poll_fd = {notice_fd(heard->notice), POLLIN, 0};
	bool any = poll(&poll_fd, 1, 0) == 1;

	notice_clear(heard->notice);
	return any;
}

static void
heard_ready(struct heard *heard, int fd)
{
	assert_int_equal(notice_listen(heard->notice, fd), NOTICE_NEW);
	assert_int_equal(notice_listen(heard->notice, fd), NOTICE_READY);
	heard_any(heard);
}

static void
notice_hears_a_log_grow_and_shrink(void **state)
{
	struct heard *heard = *state;

	folder_write_text(&heard->folder, "mail.log", "one\n");
	heard_ready(heard, -1);
	assert_false(heard_any(heard));
	heard_append(heard->path, "two\n");
	assert_true(heard_any(heard));
	assert_false(heard_any(heard));
	assert_int_equal(truncate(heard->path, 0), 0);
	assert_true(heard_any(heard));
	/* What others write is nobody's business. */
	folder_write_text(&heard->folder, "syslog", "");
	assert_int_equal(notice_listen(heard->notice, -1), NOTICE_READY);
	heard_any(heard);
	heard_append(folder_path(&heard->folder, "syslog"), "other\n");
	assert_false(heard_any(heard));
}

static void
notice_hears_a_log_appear(void **state)
{
	struct heard *heard = *state;

	heard_ready(heard, -1);
	folder_write_text(&heard->folder, "mail.log", "");
	assert_true(heard_any(heard));
	/* It is new, so what came before is to be read. */
	heard_ready(heard, -1);
	heard_append(heard->path, "one\n");
	assert_true(heard_any(heard));
	assert_int_equal(unlink(heard->path), 0);
	assert_true(heard_any(heard));
	assert_int_equal(notice_listen(heard->notice, -1), NOTICE_READY);
}

/* The writer goes on in the old file for a while. */
static void
notice_hears_both_files_of_a_rotation(void **state)
{
	struct heard *heard = *state;
	char old[512];
	int fd;

	snprintf(old, sizeof(old), "%s/mail.log.1", heard->folder.name);
	folder_write_text(&heard->folder, "mail.log", "one\n");
	fd = open(heard->path, O_RDONLY | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	heard_ready(heard, fd);
	assert_int_equal(rename(heard->path, old), 0);
	assert_true(heard_any(heard));
	folder_write_text(&heard->folder, "mail.log", "");
	assert_true(heard_any(heard));
	heard_ready(heard, fd);
	heard_append(old, "late\n");
	assert_true(heard_any(heard));
	heard_append(heard->path, "new\n");
	assert_true(heard_any(heard));
	/* Once it is read no more it is nobody's business either. */
	close(fd);
	fd = open(heard->path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(notice_listen(heard->notice, fd), NOTICE_READY);
	heard_any(heard);
	heard_append(old, "later\n");
	assert_false(heard_any(heard));
	close(fd);
}

static void
notice_hears_permission_given(void **state)
{
	struct heard *heard = *state;

	folder_write_text(&heard->folder, "mail.log", "");
	assert_int_equal(chmod(heard->path, 0), 0);
	notice_listen(heard->notice, -1);
	assert_int_equal(notice_listen(heard->notice, -1), NOTICE_READY);
	heard_any(heard);
	assert_int_equal(chmod(heard->path, 0644), 0);
	assert_true(heard_any(heard));
}

static void
notice_says_that_it_hears_nothing(void **state)
{
	struct heard *heard = *state;
	struct notice *notice;
	char path[600];

	snprintf(path, sizeof(path), "%s/none/mail.log", heard->folder.name);
	notice = notice_new(path);
	assert_int_equal(notice_listen(notice, -1), NOTICE_DEAF);
	notice_free(notice);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, heard_open, heard_close)
	const struct CMUnitTest tests[] = {
	    TEST(notice_hears_a_log_grow_and_shrink),
	    TEST(notice_hears_a_log_appear),
	    TEST(notice_hears_both_files_of_a_rotation),
	    TEST(notice_hears_permission_given),
	    TEST(notice_says_that_it_hears_nothing),
	};

	return cmocka_run_group_tests_name("notice", tests, NULL, NULL);
}
