/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <ldap.h>
#include <openldap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "directory_handle.h"
#include "directory_message.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"

/* Of a server's own words and of a name, in messages. */
#define DIRECTORY_WORDS 400

/* A copy of the options that a thread has for itself. */
struct directory_arg {
	struct directory_options options;
	char *text[9]; /* that the options point to */
	unsigned ntexts;
};

void
directory_init(void)
{
	int version = LDAP_VERSION3;

	setenv("LDAPNOINIT", "1", 1);
	/* The library sets itself up, before there is any thread. */
	MUST(ldap_set_option(NULL, LDAP_OPT_PROTOCOL_VERSION, &version) ==
	    LDAP_OPT_SUCCESS);
}

static const char *
directory_copy(struct directory_arg *arg, const char *text)
{
	MUST(arg->ntexts < sizeof(arg->text) / sizeof(*arg->text));
	arg->text[arg->ntexts] = mem_strdup(text != NULL ? text : "");
	return arg->text[arg->ntexts++];
}

void *
directory_step_arg(const struct directory_options *options)
{
	struct directory_arg *arg = mem_zalloc(sizeof(*arg));
	int level = (int)options->debuglevel;

	arg->options = *options;
	arg->options.url = directory_copy(arg, options->url);
	arg->options.tls_ca_file = directory_copy(arg, options->tls_ca_file);
	arg->options.tls_ca_dir = directory_copy(arg, options->tls_ca_dir);
	arg->options.tls_cert = directory_copy(arg, options->tls_cert);
	arg->options.tls_key = directory_copy(arg, options->tls_key);
	arg->options.tls_ciphers = directory_copy(arg, options->tls_ciphers);
	arg->options.bind_dn = directory_copy(arg, options->bind_dn);
	arg->options.bind_pw = directory_copy(arg, options->bind_pw);
	arg->options.authz_id = directory_copy(arg, options->authz_id);
	if (level != 0)
		ldap_set_option(NULL, LDAP_OPT_DEBUG_LEVEL, &level);
	return arg;
}

static void
directory_drop_arg(void *p)
{
	struct directory_arg *arg = p;
	unsigned i;

	for (i = 0; i < arg->ntexts; i++) {
		/* One of them is a password. */
		explicit_bzero(arg->text[i], strlen(arg->text[i]));
		free(arg->text[i]);
	}
	free(arg);
}

int
directory_failed(
    struct directory *dir, const char *what, int code, struct err *err)
{
	char words[DIRECTORY_WORDS];
	char *diagnostic = NULL;

	ldap_get_option(dir->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &diagnostic);
	if (diagnostic != NULL)
		text_printable(
		    words, sizeof(words), diagnostic, strlen(diagnostic));
	err_set(err, "%s: %s%s%s%s%s", dir->url, what,
	    *what != '\0' ? ": " : "", ldap_err2string(code),
	    diagnostic != NULL && *diagnostic != '\0' ? ": " : "",
	    diagnostic != NULL ? words : "");
	ldap_memfree(diagnostic);
	return -1;
}

static int
directory_set(struct directory *dir, int option, const void *value,
    const char *name, struct err *err)
{
	if (ldap_set_option(dir->ld, option, value) == LDAP_OPT_SUCCESS)
		return 0;
	return err_set(
	    err, "%s: %s: the LDAP library refuses it", dir->url, name);
}

static int
directory_set_options(struct directory *dir,
    const struct directory_options *options, struct err *err)
{
	static const int derefs[] = {LDAP_DEREF_NEVER, LDAP_DEREF_SEARCHING,
	    LDAP_DEREF_FINDING, LDAP_DEREF_ALWAYS};
	int version = LDAP_VERSION3;

	MUST(options->dereference < 4);
	if (directory_set(dir, LDAP_OPT_PROTOCOL_VERSION, &version, "version",
		err) == -1 ||
	    directory_set(dir, LDAP_OPT_DEREF, &derefs[options->dereference],
		"dereference", err) == -1 ||
	    directory_set(dir, LDAP_OPT_REFERRALS, LDAP_OPT_OFF,
		"chase_referrals", err) == -1)
		return -1;
	return 0;
}

/* A file that isn't there shows only when the context is made. */
static int
directory_set_tls(struct directory *dir,
    const struct directory_options *options, struct err *err)
{
	const struct {
		int option;
		const char *value;
		const char *name;
	} files[] = {
	    {LDAP_OPT_X_TLS_CACERTFILE, options->tls_ca_file,
		"tls_ca_cert_file"},
	    {LDAP_OPT_X_TLS_CACERTDIR, options->tls_ca_dir, "tls_ca_cert_dir"},
	    {LDAP_OPT_X_TLS_CERTFILE, options->tls_cert, "tls_cert"},
	    {LDAP_OPT_X_TLS_KEYFILE, options->tls_key, "tls_key"},
	};
	int verify =
	    options->tls_verify ? LDAP_OPT_X_TLS_DEMAND : LDAP_OPT_X_TLS_NEVER;
	int client = 0;
	size_t i;

	if (directory_set(dir, LDAP_OPT_X_TLS_REQUIRE_CERT, &verify,
		"tls_require_cert", err) == -1)
		return -1;
	for (i = 0; i < sizeof(files) / sizeof(*files); i++) {
		/* Authorities that nobody is held against needn't be there. */
		if (*files[i].value == '\0' || (i < 2 && !options->tls_verify))
			continue;
		if (access(files[i].value, R_OK) == -1)
			return err_set(err, "%s: %s = %s: %m", dir->url,
			    files[i].name, files[i].value);
		if (directory_set(dir, files[i].option, files[i].value,
			files[i].name, err) == -1)
			return -1;
	}
	if (*options->tls_ciphers != '\0' &&
	    directory_set(dir, LDAP_OPT_X_TLS_CIPHER_SUITE,
		options->tls_ciphers, "tls_cipher_suite", err) == -1)
		return -1;
	if (ldap_set_option(dir->ld, LDAP_OPT_X_TLS_NEWCTX, &client) !=
	    LDAP_OPT_SUCCESS)
		return err_set(err,
		    "%s: TLS can't be set up; look at tls_ca_cert_file, "
		    "tls_ca_cert_dir, tls_cert, tls_key and tls_cipher_suite",
		    dir->url);
	return 0;
}

static int
directory_start_tls(struct directory *dir,
    const struct directory_options *options, struct err *err)
{
	int rc;

	if (options->tls == DIRECTORY_TLS_NONE)
		return 0;
	if (directory_set_tls(dir, options, err) == -1)
		return -1;
	if (options->tls == DIRECTORY_TLS_START)
		rc = ldap_start_tls_s(dir->ld, NULL, NULL);
	else
		rc = ldap_install_tls(dir->ld);
	if (rc == LDAP_SUCCESS)
		return 0;
	directory_failed(dir, "no TLS", rc, err);
	if (options->tls_verify) {
		struct err said = *err;

		err_set(err,
		    "%s (its certificate must not have expired, be for the "
		    "name in the URL, and come from tls_ca_cert_file or "
		    "tls_ca_cert_dir)",
		    said.text);
	}
	return -1;
}

/* Whoever takes a connection need not be a directory that works: it may hang,
 * or be a proxy with nothing behind it. Logging in shows it; where nobody does,
 * any answer to a question that every directory answers will do. */
static int
directory_knock(struct directory *dir, struct err *err)
{
	static char none[] = "1.1";
	char *attributes[] = {none, NULL};
	LDAPMessage *answer = NULL;
	int rc;

	rc = ldap_search_ext_s(dir->ld, "", LDAP_SCOPE_BASE, "(objectClass=*)",
	    attributes, 0, NULL, NULL, NULL, 1, &answer);
	ldap_msgfree(answer);
	/* What the library says itself is less than nothing. */
	return rc < 0 ? directory_failed(dir, "", rc, err) : 0;
}

static int
directory_bind(struct directory *dir, const struct directory_options *options,
    struct err *err)
{
	char name[DIRECTORY_WORDS], what[DIRECTORY_WORDS + 64];
	const char *word = options->bind == DIRECTORY_BIND_SIMPLE
	    ? options->bind_pw
	    : options->authz_id;
	struct berval credentials = {
	    .bv_len = strlen(word), .bv_val = mem_strdup(word)};
	int rc;

	if (options->bind == DIRECTORY_BIND_SIMPLE)
		rc = ldap_sasl_bind_s(dir->ld, options->bind_dn,
		    LDAP_SASL_SIMPLE, &credentials, NULL, NULL, NULL);
	else
		/* Empty is something else than none at all. */
		rc = ldap_sasl_bind_s(
		    dir->ld, NULL, "EXTERNAL", &credentials, NULL, NULL, NULL);
	explicit_bzero(credentials.bv_val, credentials.bv_len);
	free(credentials.bv_val);
	if (rc == LDAP_SUCCESS)
		return 0;
	text_printable(
	    name, sizeof(name), options->bind_dn, strlen(options->bind_dn));
	snprintf(what, sizeof(what), "not logged in%s%s%s",
	    options->bind == DIRECTORY_BIND_EXTERNAL ? " with SASL EXTERNAL"
						     : "",
	    *name != '\0' ? " as " : "", name);
	return directory_failed(dir, what, rc, err);
}

/* The library reads a message in two pieces, its first eight bytes and the
 * rest; with a buffer in between it's one read for all that has come. On top of
 * TLS, which has to be there already. */
static void
directory_read_ahead(struct directory *dir)
{
	MUST(ldap_get_option(dir->ld, LDAP_OPT_SOCKBUF, &dir->sockbuf) ==
	    LDAP_OPT_SUCCESS);
	MUST(ber_sockbuf_add_io(dir->sockbuf, &ber_sockbuf_io_readahead,
		 LBER_SBIOD_LEVEL_APPLICATION, NULL) == 0);
}

static int
directory_prepare(struct directory *dir,
    const struct directory_options *options, struct err *err)
{
	if (directory_set_options(dir, options, err) == -1 ||
	    directory_start_tls(dir, options, err) == -1 ||
	    (options->bind == DIRECTORY_BIND_NONE
		    ? directory_knock(dir, err)
		    : directory_bind(dir, options, err)) == -1)
		return -1;
	directory_read_ahead(dir);
	if (fcntl(dir->fd, F_SETFL, O_NONBLOCK) == -1)
		return err_set(err, "%s: %m", dir->url);
	return 0;
}

static void *
directory_run(int fd, void *p, struct err *err)
{
	const struct directory_arg *arg = p;
	const struct directory_options *options = &arg->options;
	struct directory *dir;
	LDAP *ld = NULL;
	int rc;

	rc = ldap_init_fd(fd, options->local ? LDAP_PROTO_IPC : LDAP_PROTO_TCP,
	    options->url, &ld);
	if (rc != LDAP_SUCCESS) {
		close(fd);
		err_set(err, "%s: %s", options->url, ldap_err2string(rc));
		return NULL;
	}
	dir = mem_zalloc(sizeof(*dir));
	dir->magic = DIRECTORY_MAGIC;
	dir->ld = ld;
	dir->url = mem_strdup(options->url);
	dir->fd = fd;
	if (directory_prepare(dir, options, err) == 0)
		return dir;
	directory_close(dir);
	return NULL;
}

static void
directory_drop_result(void *dir)
{
	directory_close(dir);
}

const struct dial_step directory_step = {
    .run = directory_run,
    .drop_result = directory_drop_result,
    .drop_arg = directory_drop_arg,
};

void
directory_close(struct directory *dir)
{
	if (dir == NULL)
		return;
	MUST_BE(dir, DIRECTORY_MAGIC);
	ldap_msgfree(dir->message);
	ldap_unbind_ext(dir->ld, NULL, NULL);
	buf_fini(&dir->sync);
	free(dir->url);
	dir->magic = 0;
	free(dir);
}

int
directory_fd(const struct directory *dir)
{
	return dir->fd;
}

enum directory_sent
directory_sent_status(struct directory *dir, int rc, struct err *err)
{
	int code = LDAP_SUCCESS;

	switch (rc) {
	case LDAP_SUCCESS:
		/* Success also where the socket took only half of it. */
		ldap_get_option(dir->ld, LDAP_OPT_RESULT_CODE, &code);
		return code == LDAP_BUSY ? DIRECTORY_SENT_BUT : DIRECTORY_SENT;
	case LDAP_BUSY:
		return DIRECTORY_FULL;
	case LDAP_FILTER_ERROR:
	case LDAP_PARAM_ERROR:
	case LDAP_ENCODING_ERROR:
		directory_failed(dir, "request", rc, err);
		return DIRECTORY_REFUSED;
	default:
		directory_failed(dir, "", rc, err);
		return DIRECTORY_LOST;
	}
}

/* Not critical: who doesn't know pages sends all at once. */
static LDAPControl *
directory_page(struct directory *dir, const struct directory_search *search)
{
	struct berval cookie = {.bv_len = search->page_len};
	LDAPControl *page = NULL;

	cookie.bv_val =
	    mem_dup(search->page_len > 0 ? search->page : "", search->page_len);
	if (ldap_create_page_control(
		dir->ld, search->page_size, &cookie, 0, &page) != LDAP_SUCCESS)
		must_fatal("libldap: out of memory");
	free(cookie.bv_val);
	return page;
}

enum directory_sent
directory_send(struct directory *dir, const struct directory_search *search,
    int *id, struct err *err)
{
	static const int scopes[] = {
	    LDAP_SCOPE_BASE, LDAP_SCOPE_ONELEVEL, LDAP_SCOPE_SUBTREE};
	struct timeval limit = {.tv_sec = search->time_limit};
	struct berval value = {.bv_len = search->sync_len};
	LDAPControl sync = {.ldctl_iscritical = 1};
	LDAPControl *controls[] = {NULL, NULL, NULL}, **next = controls;
	LDAPControl *page = NULL;
	char oid[] = LDAP_CONTROL_SYNC;
	int rc, code = LDAP_SUCCESS;

	MUST_BE(dir, DIRECTORY_MAGIC);
	if (search->sync != NULL) {
		value.bv_val = mem_dup(search->sync, search->sync_len);
		sync.ldctl_oid = oid;
		sync.ldctl_value = value;
		*next++ = &sync;
	}
	if (search->page_size > 0)
		*next = page = directory_page(dir, search);
	ldap_set_option(dir->ld, LDAP_OPT_RESULT_CODE, &code);
	rc = ldap_search_ext(dir->ld, search->base, scopes[search->scope],
	    search->filter, search->attributes, 0, controls, NULL,
	    search->time_limit > 0 ? &limit : NULL, (int)search->size_limit,
	    id);
	free(value.bv_val);
	ldap_control_free(page);
	return directory_sent_status(dir, rc, err);
}

void
directory_next(struct directory *dir, struct directory_event *event)
{
	struct directory_message message = {
	    .ld = dir->ld, .url = dir->url, .sync = &dir->sync};
	struct timeval zero = {0};
	int rc, code = LDAP_SERVER_DOWN;

	MUST_BE(dir, DIRECTORY_MAGIC);
	event->kind = DIRECTORY_NOTHING;
	event->sync = NULL;
	event->sync_len = 0;
	event->page = NULL;
	event->page_len = 0;
	event->why.text[0] = '\0';
	do {
		ldap_msgfree(dir->message);
		dir->message = NULL;
		buf_clear(&dir->sync);
		rc = ldap_result(
		    dir->ld, LDAP_RES_ANY, LDAP_MSG_ONE, &zero, &dir->message);
		if (rc == 0)
			return;
		if (rc == -1) {
			ldap_get_option(dir->ld, LDAP_OPT_RESULT_CODE, &code);
			event->kind = DIRECTORY_GONE;
			directory_failed(dir, "", code, &event->why);
			return;
		}
		message.message = dir->message;
	} while (!directory_message_take(&message, rc, event));
}

bool
directory_holds_bytes(const struct directory *dir)
{
	MUST_BE(dir, DIRECTORY_MAGIC);
	return ber_sockbuf_ctrl(dir->sockbuf, LBER_SB_OPT_DATA_READY, NULL) > 0;
}

int
directory_each_value(
    struct directory *dir, directory_value_fn *fn, void *arg, struct err *err)
{
	int code = LDAP_SUCCESS;
	struct berval **values;
	BerElement *position = NULL;
	char *name;
	size_t i;

	/* NULL is the end, no value, or bytes that mean nothing. */
	ldap_set_option(dir->ld, LDAP_OPT_RESULT_CODE, &code);
	for (name = ldap_first_attribute(dir->ld, dir->message, &position);
	     name != NULL;
	     name = ldap_next_attribute(dir->ld, dir->message, position)) {
		values = ldap_get_values_len(dir->ld, dir->message, name);
		for (i = 0; values != NULL && values[i] != NULL; i++)
			fn(values[i]->bv_val, values[i]->bv_len, arg);
		ldap_value_free_len(values);
		ldap_memfree(name);
	}
	ber_free(position, 0);
	ldap_get_option(dir->ld, LDAP_OPT_RESULT_CODE, &code);
	return code == LDAP_SUCCESS ? 0
				    : directory_failed(dir, "entry", code, err);
}

void
directory_entry_name(const struct directory *dir, char *out, size_t size)
{
	char *name = ldap_get_dn(dir->ld, dir->message);
	const char *text = name != NULL ? name : "?";

	if (strlen(text) < size)
		strcpy(out, text);
	else
		text_printable(out, size, text, strlen(text));
	ldap_memfree(name);
}
