/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/report_send.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/text.h"
#include "forceencctl/run.h"

#define REPORT_SEND_MAX     10  /* addresses */
#define REPORT_SEND_ADDRESS 320 /* bytes of one */
#define REPORT_SEND_LATE    60000
#define REPORT_SEND_OUT     65536
#define REPORT_SEND_LINE    76

/* A part never holds it: "=_" is no quoted-printable. */
#define REPORT_SEND_BOUNDARY "=_forceenc-report"

/* Takes the next address out of the list; returns its length. */
static size_t
report_send_next(const char **list, const char **address)
{
	size_t len;

	*list += strspn(*list, " ");
	len = strcspn(*list, ",");
	*address = *list;
	*list += len;
	if (**list == ',')
		(*list)++;
	while (len > 0 && (*address)[len - 1] == ' ')
		len--;
	return len;
}

/* No white space, no comma, nothing that ends or begins a part of a header. */
static bool
report_send_is_address(const char *address, size_t len)
{
	size_t i;

	if (len == 0 || len > REPORT_SEND_ADDRESS || *address == '-')
		return false;
	for (i = 0; i < len; i++)
		if (address[i] <= ' ' || address[i] > '~' ||
		    strchr("<>()\"\\;", address[i]) != NULL)
			return false;
	return true;
}

int
report_send_check(const char *addresses, struct err *err)
{
	const char *list = addresses, *address;
	size_t n = 0, len;

	do {
		len = report_send_next(&list, &address);
		/* Behind a last comma there should be one more. */
		if (*list == '\0' && list > addresses && list[-1] == ',')
			len = 0;
		if (!report_send_is_address(address, len))
			return err_set(err,
			    "%s: no address; write postmaster@example.com, or "
			    "several with commas between",
			    text_show(address, len));
		if (++n > REPORT_SEND_MAX)
			return err_set(
			    err, "more than %d addresses", REPORT_SEND_MAX);
	} while (*list != '\0');
	return 0;
}

/* RFC 2045: everything that isn't plain is =XX, and lines are short. */
static void
report_send_quoted(struct buf *out, const char *text)
{
	size_t column = 0, width;
	bool plain;

	for (; *text != '\0'; text++) {
		if (*text == '\n') {
			buf_add_byte(out, '\n');
			column = 0;
			continue;
		}
		plain = *text >= ' ' && *text <= '~' && *text != '=';
		/* White space at a line's end may get lost on the way, and a
		 * "." alone, or "From ", mean something to some. */
		if ((*text == ' ' && (text[1] == '\n' || text[1] == '\0')) ||
		    (column == 0 && (*text == '.' || *text == 'F')))
			plain = false;
		width = plain ? 1 : 3;
		if (column + width >= REPORT_SEND_LINE) {
			buf_add_text(out, "=\n");
			column = 0;
		}
		if (plain)
			buf_add_byte(out, *text);
		else
			buf_printf(out, "=%02X", (unsigned char)*text);
		column += width;
	}
	if (column > 0)
		buf_add_byte(out, '\n');
}

static void
report_send_part(struct buf *out, const char *type, const char *text)
{
	buf_printf(out,
	    "Content-Type: %s; charset=utf-8\n"
	    "Content-Transfer-Encoding: quoted-printable\n\n",
	    type);
	report_send_quoted(out, text);
}

/* RFC 2047, in words of at most 75 bytes: whole characters in each. */
static void
report_send_subject(struct buf *out, const char *text)
{
	size_t left = strlen(text), len, i, column = 0;

	for (i = 0; i < left; i++)
		if (text[i] < ' ' || text[i] > '~')
			break;
	if (i == left && left < 900) {
		buf_printf(out, "Subject: %s\n", text);
		return;
	}
	buf_add_text(out, "Subject: =?utf-8?Q?");
	for (; left > 0; text += len, left -= len) {
		len = text_utf8_len(text, left);
		len = len > 0 ? len : 1;
		if (column + 3 * len > 50) {
			buf_add_text(out, "?=\n =?utf-8?Q?");
			column = 0;
		}
		for (i = 0; i < len; i++)
			buf_printf(out, "=%02X", (unsigned char)text[i]);
		column += 3 * len;
	}
	buf_add_text(out, "?=\n");
}

void
report_send_message(struct buf *out, const char *addresses, const char *subject,
    const char *text, const char *html)
{
	const char *list = addresses, *address;
	const char *before = "To: ";
	size_t len;

	do {
		len = report_send_next(&list, &address);
		buf_printf(out, "%s%.*s", before, (int)len, address);
		before = ",\n ";
	} while (*list != '\0');
	buf_add_byte(out, '\n');
	report_send_subject(out, subject);
	buf_add_text(
	    out, "Auto-Submitted: auto-generated\nMIME-Version: 1.0\n");
	if (html == NULL) {
		report_send_part(out, "text/plain", text);
		return;
	}
	buf_add_text(out,
	    "Content-Type: multipart/alternative;\n"
	    " boundary=\"" REPORT_SEND_BOUNDARY "\"\n\n"
	    "--" REPORT_SEND_BOUNDARY "\n");
	report_send_part(out, "text/plain", text);
	/* The newline in front of a boundary is its own. */
	buf_add_text(out, "\n--" REPORT_SEND_BOUNDARY "\n");
	report_send_part(out, "text/html", html);
	buf_add_text(out, "\n--" REPORT_SEND_BOUNDARY "--\n");
}

/* Without the end of the last line. */
static size_t
report_send_said(const struct buf *complaints)
{
	size_t len = complaints->len;

	while (len > 0 && complaints->data[len - 1] == '\n')
		len--;
	return len;
}

int
report_send(const char *addresses, const char *message, struct err *err)
{
	/* -oi: a "." alone doesn't end it. Recipients are told apart from the
	 * headers, so nothing in those can add one. */
	const char *argv[3 + REPORT_SEND_MAX + 1] = {"sendmail", "-oi", "--"};
	struct run run = {.argv = argv,
	    .input = message,
	    .time_limit = REPORT_SEND_LATE,
	    .out_max = REPORT_SEND_OUT};
	char copy[REPORT_SEND_MAX][REPORT_SEND_ADDRESS + 1];
	const char *list = addresses, *address;
	enum run_status status;
	size_t n = 0, len;

	do {
		len = report_send_next(&list, &address);
		memcpy(copy[n], address, len);
		copy[n][len] = '\0';
		argv[3 + n] = copy[n];
		n++;
	} while (*list != '\0' && n < REPORT_SEND_MAX);
	status = run_program(&run, err);
	if (status == RUN_DONE && run.exit != 0)
		err_set(err, "sendmail: exit status %d: %s", run.exit,
		    text_show(buf_text(&run.complaints),
			report_send_said(&run.complaints)));
	n = status == RUN_DONE && run.exit == 0;
	run_fini(&run);
	return n == 1 ? 0 : -1;
}
