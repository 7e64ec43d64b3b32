/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "directory_message.h"

#include <string.h>

#include "forceenc/text.h"

static enum directory_result
directory_message_result_of(int code)
{
	switch (code) {
	case LDAP_SUCCESS:
		return DIRECTORY_OK;
	case LDAP_NO_SUCH_OBJECT:
		return DIRECTORY_NO_BASE;
	case LDAP_SIZELIMIT_EXCEEDED:
		return DIRECTORY_TOO_MANY;
	case LDAP_BUSY:
	case LDAP_UNAVAILABLE:
	case LDAP_UNWILLING_TO_PERFORM:
		return DIRECTORY_UNAVAILABLE;
	case LDAP_UNAVAILABLE_CRITICAL_EXTENSION:
		return DIRECTORY_NO_SYNC;
	case LDAP_SYNC_REFRESH_REQUIRED:
		return DIRECTORY_SYNC_ANEW;
	case LDAP_REFERRAL:
		return DIRECTORY_REFERRED;
	case LDAP_INSUFFICIENT_ACCESS:
		return DIRECTORY_DENIED;
	case LDAP_OBJECT_CLASS_VIOLATION:
		return DIRECTORY_NO_CLASS;
	default:
		return DIRECTORY_FAILED;
	}
}

/* "No such object: matched ou=people", and where a referral leads. */
static void
directory_message_explain(struct directory_message *in, int code,
    const char *diagnostic, char *const *referrals, struct err *why)
{
	const char *extra = code == LDAP_REFERRAL && referrals != NULL
	    ? referrals[0]
	    : diagnostic;

	if (extra == NULL)
		extra = "";
	err_set(why, "%s: %s%s%s", in->url, ldap_err2string(code),
	    *extra != '\0' ? ": " : "", text_show_str(extra));
}

/* Where the next page begins, if there is one. */
static void
directory_message_take_page(struct directory_message *in,
    LDAPControl **controls, struct directory_event *event)
{
	LDAPControl *page =
	    ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL);
	struct berval cookie = {0};
	ber_int_t estimate;

	if (page == NULL ||
	    ldap_parse_pageresponse_control(in->ld, page, &estimate, &cookie) !=
		LDAP_SUCCESS)
		return;
	if (cookie.bv_len > 0) {
		buf_add(in->sync, cookie.bv_val, cookie.bv_len);
		event->page = buf_text(in->sync);
		event->page_len = in->sync->len;
	}
	ldap_memfree(cookie.bv_val);
}

static void
directory_message_take_result(
    struct directory_message *in, struct directory_event *event)
{
	char *diagnostic = NULL, **referrals = NULL;
	LDAPControl **controls = NULL;
	int rc, code = LDAP_OTHER;

	rc = ldap_parse_result(in->ld, in->message, &code, NULL, &diagnostic,
	    &referrals, &controls, 0);
	if (rc != LDAP_SUCCESS)
		code = rc;
	event->kind = DIRECTORY_RESULT;
	event->result = directory_message_result_of(code);
	if (code != LDAP_SUCCESS)
		directory_message_explain(
		    in, code, diagnostic, referrals, &event->why);
	directory_message_take_page(in, controls, event);
	ldap_controls_free(controls);
	ldap_memfree(diagnostic);
	ldap_memvfree((void **)referrals);
}

static void
directory_message_take_reference(
    struct directory_message *in, struct directory_event *event)
{
	char **urls = NULL;

	event->kind = DIRECTORY_REFERENCE;
	ldap_parse_reference(in->ld, in->message, &urls, NULL, 0);
	err_set(&event->why, "%s",
	    urls != NULL && urls[0] != NULL ? text_show_str(urls[0]) : "?");
	ldap_memvfree((void **)urls);
}

static void
directory_message_take_entry(
    struct directory_message *in, struct directory_event *event)
{
	LDAPControl **controls = NULL, *state;

	event->kind = DIRECTORY_ENTRY;
	if (ldap_get_entry_controls(in->ld, in->message, &controls) !=
	    LDAP_SUCCESS)
		return;
	state = ldap_control_find(LDAP_CONTROL_SYNC_STATE, controls, NULL);
	if (state != NULL) {
		buf_add(in->sync, state->ldctl_value.bv_val,
		    state->ldctl_value.bv_len);
		event->sync = buf_text(in->sync);
		event->sync_len = in->sync->len;
	}
	ldap_controls_free(controls);
}

/* False: not one that means anything here. */
static bool
directory_message_take_intermediate(
    struct directory_message *in, struct directory_event *event)
{
	struct berval *value = NULL;
	char *oid = NULL;
	bool ours;

	if (ldap_parse_intermediate(
		in->ld, in->message, &oid, &value, NULL, 0) != LDAP_SUCCESS)
		return false;
	ours = oid != NULL && value != NULL && strcmp(oid, LDAP_SYNC_INFO) == 0;
	if (ours) {
		buf_add(in->sync, value->bv_val, value->bv_len);
		event->kind = DIRECTORY_SYNC;
		event->sync = buf_text(in->sync);
		event->sync_len = in->sync->len;
	}
	ldap_memfree(oid);
	ber_bvfree(value);
	return ours;
}

/* What nobody asked for: the notice of disconnection, most likely. */
static void
directory_message_take_notice(
    struct directory_message *in, struct directory_event *event)
{
	char *diagnostic = NULL;
	int code = LDAP_UNAVAILABLE;

	ldap_parse_result(
	    in->ld, in->message, &code, NULL, &diagnostic, NULL, NULL, 0);
	event->kind = DIRECTORY_GONE;
	err_set(&event->why, "%s: the server ends the connection: %s%s%s",
	    in->url, ldap_err2string(code),
	    diagnostic != NULL && *diagnostic != '\0' ? ": " : "",
	    diagnostic != NULL ? text_show_str(diagnostic) : "");
	ldap_memfree(diagnostic);
}

bool
directory_message_take(
    struct directory_message *in, int type, struct directory_event *event)
{
	event->id = ldap_msgid(in->message);
	if (event->id == 0) {
		directory_message_take_notice(in, event);
		return true;
	}
	switch (type) {
	case LDAP_RES_SEARCH_ENTRY:
		directory_message_take_entry(in, event);
		return true;
	case LDAP_RES_SEARCH_REFERENCE:
		directory_message_take_reference(in, event);
		return true;
	case LDAP_RES_SEARCH_RESULT:
	case LDAP_RES_MODIFY:
		directory_message_take_result(in, event);
		return true;
	case LDAP_RES_INTERMEDIATE:
		return directory_message_take_intermediate(in, event);
	default:
		return false;
	}
}
