/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef TESTS_AUDIT_CASE_H
#define TESTS_AUDIT_CASE_H

#include "forceencctl/audit.h"

/*
 * A small configuration and the world around it, as lines of text:
 *
 *   name = value            main.cf
 *   D name = value          a default
 *   M forceenc unix ...     master.cf
 *   P forceenc/unix/x = y   what a service sets
 *   transport NAME          of forced mail; "forceenc" otherwise
 *   table SPEC KEY|VALUE    an entry of a table
 *   unread SPEC             a table that nobody can read
 *   query SPEC STATUS|MADE  what a filter makes of a status
 *   text PATH LINE          what is in a file
 *   absent PATH             a file that isn't there
 *   cert PATH SECONDS       until it ends; "?" if it can't be read
 *   ciphers LIST            what each cipher list stands for
 *   ask ADDRESS ANSWER      of each map: nothing, trouble, or an answer
 *   openssl VERSION
 *   elsewhere               nothing but the configuration is known
 *   site PROBLEM            of forceenc.cf
 *   complaint TEXT          of postconf
 *
 * Later lines go before earlier ones; base is in front of each.
 */
#define AUDIT_CASE_NOW 1800000000

struct audit_case {
	struct postconf conf;
	struct audit_world world;
	struct audit audit;
	struct buf lines; /* without "name = value" and the like */
};

void audit_case_open(struct audit_case *, const char *base, const char *more);
void audit_case_close(struct audit_case *);

#endif
