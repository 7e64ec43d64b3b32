/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/login.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <termios.h>
#include <unistd.h>

#include "forceenc/secret_file.h"
#include "forceenc/text.h"
#include "forceencctl/say.h"

bool
login_is_admin(const struct cmd_call *call, const struct conf_table *table)
{
	if (call->as != NULL)
		return table->type != CONF_TABLE_SQLITE;
	switch (table->type) {
	case CONF_TABLE_LDAP:
		return table->ldap.admin_bind != CONF_LDAP_BIND_NONE;
	case CONF_TABLE_PGSQL:
		return *table->pgsql.admin_user != '\0';
	case CONF_TABLE_SQLITE:
		break;
	}
	return false;
}

static struct termios login_shown; /* the terminal as it was */

/* Who thinks better of it gets the terminal back as it was. */
static void
login_on_signal(int signo)
{
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &login_shown);
	raise(signo);
}

/* Until something is typed; on false as it was before. */
static void
login_hide(bool on)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
	struct sigaction action = {.sa_handler = login_on_signal,
	    .sa_flags = SA_RESETHAND | SA_NODEFER};
	struct termios quiet = login_shown;
	size_t i;

	if (!on)
		action = (struct sigaction){.sa_handler = SIG_DFL};
	else
		quiet.c_lflag &= ~(tcflag_t)ECHO;
	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &action, NULL);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
}

/* Without showing it, where somebody types it. */
static int
login_read_stdin(struct secret *secret, struct err *err)
{
	bool typed = tcgetattr(STDIN_FILENO, &login_shown) == 0;
	int rc;

	if (typed) {
		login_hide(true);
		fputs("Password: ", stderr);
	}
	rc = secret_file_read_fd(secret, STDIN_FILENO, err);
	if (typed) {
		login_hide(false);
		fputc('\n', stderr);
	}
	return rc;
}

static int
login_read(struct login *login, const char *path, struct err *err)
{
	struct err said;
	int rc;

	if (strcmp(path, "-") == 0)
		rc = login_read_stdin(&login->password, &said);
	else
		rc = secret_file_read(&login->password, path, &said);
	if (rc == 0)
		return 0;
	return err_set(err, "%s: the password for %s: %s",
	    strcmp(path, "-") == 0 ? "standard input" : text_show_str(path),
	    text_show_str(login->name), said.text);
}

static int
login_read_password(struct login *login, const char *path)
{
	struct err err;

	if (login_read(login, path, &err) == 0)
		return 0;
	say("%s", err.text);
	return EX_NOINPUT;
}

/* --as and --password-file. */
static int
login_given(struct login *login, const struct cmd_call *call,
    const struct conf_table *table)
{
	login->name = call->as;
	login->bind = CONF_LDAP_BIND_SIMPLE;
	if (*call->as == '\0') {
		say("--as: who? a DN, a database's user, or 'external'");
		return EX_USAGE;
	}
	if (table->type == CONF_TABLE_LDAP &&
	    text_equal_fold(call->as, strlen(call->as), "external")) {
		login->bind = CONF_LDAP_BIND_EXTERNAL;
		login->name = "";
		return 0;
	}
	if (call->password_file != NULL)
		return login_read_password(login, call->password_file);
	if (table->type == CONF_TABLE_PGSQL)
		return 0;
	say("--as %s: an LDAP server wants a password; add --password-file "
	    "FILE, or '--password-file -' to type it",
	    text_show_str(call->as));
	return EX_USAGE;
}

static int
login_of_ldap(struct login *login, const struct cmd_call *call,
    const struct conf_ldap *ldap)
{
	const char *path = call->password_file != NULL
	    ? call->password_file
	    : ldap->admin_bind_pw_file;

	login->bind = ldap->admin_bind;
	login->name = "";
	if (ldap->admin_bind != CONF_LDAP_BIND_SIMPLE)
		return 0;
	login->name = ldap->admin_bind_dn;
	if (*path != '\0')
		return login_read_password(login, path);
	say("%s: an LDAP server wants a password; set admin_bind_pw_file, or "
	    "add '--password-file -' to type it",
	    text_show_str(login->name));
	return EX_USAGE;
}

static int
login_of_pgsql(struct login *login, const struct cmd_call *call,
    const struct conf_pgsql *pgsql)
{
	const char *path = call->password_file != NULL
	    ? call->password_file
	    : pgsql->admin_password_file;

	login->name = pgsql->admin_user;
	return *path != '\0' ? login_read_password(login, path) : 0;
}

int
login_admin(struct login *login, const struct cmd_call *call,
    const struct conf_table *table)
{
	*login = (struct login){.name = ""};
	if (call->as == NULL && !login_is_admin(call, table)) {
		say("--password-file: whose? name somebody with --as");
		return EX_USAGE;
	}
	if (call->as != NULL)
		return login_given(login, call, table);
	return table->type == CONF_TABLE_LDAP
	    ? login_of_ldap(login, call, &table->ldap)
	    : login_of_pgsql(login, call, &table->pgsql);
}

bool
login_configured(
    struct login *login, const struct conf_table *table, struct err *err)
{
	const char *file = "";

	*login = (struct login){.name = ""};
	err->text[0] = '\0';
	switch (table->type) {
	case CONF_TABLE_LDAP:
		login->bind = table->ldap.admin_bind;
		if (login->bind == CONF_LDAP_BIND_EXTERNAL)
			return true;
		login->name = table->ldap.admin_bind_dn;
		file = table->ldap.admin_bind_pw_file;
		/* Else it's typed each time. */
		return login->bind == CONF_LDAP_BIND_SIMPLE && *file != '\0' &&
		    login_read(login, file, err) == 0;
	case CONF_TABLE_PGSQL:
		login->name = table->pgsql.admin_user;
		file = table->pgsql.admin_password_file;
		return *login->name != '\0' &&
		    (*file == '\0' || login_read(login, file, err) == 0);
	case CONF_TABLE_SQLITE:
		break;
	}
	return false;
}

void
login_daemon(struct login *login, const struct conf_table *table)
{
	const struct conf_ldap *ldap = &table->ldap;

	*login = (struct login){.name = ""};
	if (table->type != CONF_TABLE_LDAP)
		return;
	login->bind = ldap->bind;
	login->name = ldap->bind_dn;
	login->authz_id = ldap->sasl_authz_id;
	if (ldap->bind_pw.len > 0)
		secret_set(
		    &login->password, ldap->bind_pw.bytes, ldap->bind_pw.len);
}

void
login_fini(struct login *login)
{
	secret_fini(&login->password);
}
