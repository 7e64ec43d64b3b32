/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/front.h"

#include <getopt.h>
#include <string.h>

#include "forceenc/must.h"
#include "forceenc/text.h"

#define FRONT_COUNT(table) (sizeof(table) / sizeof(*(table)))

static const struct cmd *const front_cmds[] = {
    &cmd_lookup,
    &cmd_set,
    &cmd_unset,
    &cmd_list,
    &cmd_status,
    &cmd_stats,
    &cmd_top,
    &cmd_failures,
    &cmd_whatif,
    &cmd_report,
    &cmd_watch_status,
    &cmd_cache_stats,
    &cmd_cache_dump,
    &cmd_cache_drop,
    &cmd_cache_flush,
    &cmd_config_check,
    &cmd_config_show,
    &cmd_audit,
    &cmd_setup,
};

/* An option's value in getopt_long(3); those of single commands are also a bit
 * of enum cmd_option. */
enum front_key {
	FRONT_JSON = 256,
	FRONT_TSV,
	FRONT_OWN = 0x1000000, /* plus the bit */
};

struct front_option {
	int key;
	const char *name; /* NULL: a letter only */
	const char *arg;  /* NULL: none */
	const char *help;
};

static const struct front_option front_options[] = {
    {FRONT_OWN + CMD_MAP, "map", "MAP",
	"which map; the first of 'maps' otherwise"},
    {FRONT_OWN + CMD_SOCKET, "socket", "SOCKET",
	"where to ask: inet:HOST:PORT, unix:/PATH, /PATH"},
    {FRONT_OWN + CMD_EXPLAIN, "explain", NULL,
	"show how the daemon comes to its answer"},
    {FRONT_OWN + CMD_DEFAULTS, "defaults", NULL, "also what no file sets"},
    {FRONT_OWN + CMD_SINCE, "since", "WHEN",
	"7d: so long ago; 2026-06-21, 2026-06-21T14:00; all"},
    {FRONT_OWN + CMD_UNTIL, "until", "WHEN", "up to then; now otherwise"},
    {FRONT_OWN + CMD_BY, "by", "WHAT", "what to count or to sort by"},
    {FRONT_OWN + CMD_LEVEL, "level", "LEVEL", "encrypt or verify"},
    {FRONT_OWN + CMD_LIMIT, "limit", "N", "at most so many rows; also -n N"},
    {FRONT_OWN + CMD_FROM, "from", "DIR",
	"what postconf said, saved in files; of another host"},
    {FRONT_OWN + CMD_CONFIG_DIR, "config-dir", "DIR",
	"Postfix's configuration, if it isn't the usual one"},
    {FRONT_OWN + CMD_TRANSPORT, "transport", "NAME",
	"the transport of forced mail"},
    {FRONT_OWN + CMD_APPLY, "apply", NULL, "do it"},
    {FRONT_OWN + CMD_TABLE, "table", "TABLE",
	"which table, as the configuration spells it"},
    {FRONT_OWN + CMD_AS, "as", "WHO",
	"log in as this DN or user, or with SASL 'external'"},
    {FRONT_OWN + CMD_PASSWORD_FILE, "password-file", "FILE",
	"the password is its first line; '-' to type it"},
    {FRONT_OWN + CMD_ON, "on", NULL, "only what forces somebody"},
    {FRONT_OWN + CMD_DIAL, "dial", NULL,
	"ask every server of every table a question"},
    {FRONT_OWN + CMD_DAY, "day", "DAY", "yesterday, today or a date"},
    {FRONT_OWN + CMD_WEEK, "week", NULL, "the last seven whole days"},
    {FRONT_OWN + CMD_MONTH, "month", NULL, "the last whole month"},
    {FRONT_OWN + CMD_MAIL, "mail", "ADDRESS", "send it there"},
    {FRONT_OWN + CMD_HTML, "html", NULL, "in HTML; of a mail: as well"},
    {'c', NULL, "FILE",
	"in place of " FORCEENC_SYSCONFDIR "/forceenc/forceenc.cf"},
    {FRONT_JSON, "json", NULL, "answer in JSON"},
    {FRONT_TSV, "tsv", NULL, "answer in lines, values between tabs"},
    {'t', NULL, NULL, "the same as 'config check'"},
    {'h', "help", NULL, "show help, also of a command"},
    {'V', "version", NULL, "show the version"},
};

static void
front_make_longopts(struct option *longopts)
{
	const struct front_option *option;
	size_t i, n = 0;

	for (i = 0; i < FRONT_COUNT(front_options); i++) {
		option = &front_options[i];
		if (option->name != NULL)
			longopts[n++] = (struct option){.name = option->name,
			    .has_arg = option->arg != NULL ? required_argument
							   : no_argument,
			    .val = option->key};
	}
	longopts[n] = (struct option){0};
}

/* The option that getopt(3) complains of, as it was written. */
static const char *
front_word(char **argv)
{
	static char letter[] = "-x";

	if (optopt > 0 && optopt < 256) {
		letter[1] = (char)optopt;
		return letter;
	}
	return text_show_str(argv[optind - 1]);
}

/* Where an option's value goes; NULL if it has none. */
static const char **
front_text(struct cmd_call *call, enum cmd_option option)
{
	switch (option) {
	case CMD_MAP:
		return &call->map;
	case CMD_SOCKET:
		return &call->socket;
	case CMD_SINCE:
		return &call->since;
	case CMD_UNTIL:
		return &call->until;
	case CMD_BY:
		return &call->by;
	case CMD_LEVEL:
		return &call->level;
	case CMD_LIMIT:
		return &call->limit;
	case CMD_FROM:
		return &call->from;
	case CMD_CONFIG_DIR:
		return &call->config_dir;
	case CMD_TRANSPORT:
		return &call->transport;
	case CMD_TABLE:
		return &call->table;
	case CMD_AS:
		return &call->as;
	case CMD_PASSWORD_FILE:
		return &call->password_file;
	case CMD_DAY:
		return &call->day;
	case CMD_MAIL:
		return &call->mail;
	default:
		return NULL;
	}
}

static bool *
front_flag(struct cmd_call *call, enum cmd_option option)
{
	switch (option) {
	case CMD_EXPLAIN:
		return &call->explain;
	case CMD_DEFAULTS:
		return &call->defaults;
	case CMD_APPLY:
		return &call->apply;
	case CMD_ON:
		return &call->on;
	case CMD_DIAL:
		return &call->dial;
	case CMD_WEEK:
		return &call->week;
	case CMD_MONTH:
		return &call->month;
	case CMD_HTML:
		return &call->html;
	default:
		return NULL;
	}
}

static void
front_take_own(struct cmd_call *call, enum cmd_option option, unsigned *given)
{
	const char **text = front_text(call, option);
	bool *flag = front_flag(call, option);

	*given |= option;
	if (text != NULL)
		*text = optarg;
	if (flag != NULL)
		*flag = true;
	MUST(text != NULL || flag != NULL);
}

/* Which command an option is for is known only in the end. */
static int
front_take(
    struct front *front, int key, char **argv, unsigned *given, struct err *err)
{
	switch (key) {
	case 'c':
		front->call.conf_path = optarg;
		return 0;
	case 't':
		front->cmd = &cmd_config_check;
		return 0;
	case 'h':
		front->action = FRONT_HELP;
		return 0;
	case 'V':
		front->action = FRONT_VERSION;
		return 0;
	case FRONT_JSON:
		front->call.form = PRINT_JSON;
		return 0;
	case FRONT_TSV:
		front->call.form = PRINT_TSV;
		return 0;
	case ':':
		return err_set(err,
		    "%s: what? it takes a value; see 'forceencctl help'",
		    front_word(argv));
	case '?':
		return err_set(err,
		    "%s: no such option; 'forceencctl help' lists them (an "
		    "address that begins with \"-\" goes behind \"--\")",
		    front_word(argv));
	}
	front_take_own(&front->call,
	    key == 'n' ? CMD_LIMIT : (unsigned)key - FRONT_OWN, given);
	return 0;
}

/* How many words the name of the command has if they are it, else 0. */
static unsigned
front_match(const struct cmd *cmd, char **word, unsigned n)
{
	const char *space = strchr(cmd->name, ' ');
	size_t len;

	if (space == NULL)
		return n >= 1 && strcmp(word[0], cmd->name) == 0 ? 1 : 0;
	len = (size_t)(space - cmd->name);
	return n >= 2 && strlen(word[0]) == len &&
		strncmp(word[0], cmd->name, len) == 0 &&
		strcmp(word[1], space + 1) == 0
	    ? 2
	    : 0;
}

/* What there is instead: of "cache" all that begin with it. */
static int
front_no_cmd(char **word, unsigned n, struct err *err)
{
	struct buf list = {0};
	size_t i, len = strlen(word[0]);

	for (i = 0; i < FRONT_COUNT(front_cmds); i++)
		if (strncmp(front_cmds[i]->name, word[0], len) == 0 &&
		    front_cmds[i]->name[len] == ' ')
			buf_printf(&list, "%s'%s'", list.len > 0 ? ", " : "",
			    front_cmds[i]->name);
	if (list.len > 0)
		err_set(err, "%s%s%s: no such command; there are %s",
		    text_show_str(word[0]), n > 1 ? " " : "",
		    n > 1 ? text_show_str(word[1]) : "", buf_text(&list));
	else
		err_set(err,
		    "%s: no such command; 'forceencctl help' lists them",
		    text_show_str(word[0]));
	buf_fini(&list);
	return -1;
}

/* Takes the command's name off the words. */
static int
front_find(struct front *front, struct err *err)
{
	struct cmd_call *call = &front->call;
	unsigned words = 0;
	size_t i;

	if (call->nwords > 0 && strcmp(call->word[0], "help") == 0) {
		front->action = FRONT_HELP;
		call->word++;
		call->nwords--;
	}
	if (call->nwords == 0)
		return front->action != FRONT_RUN
		    ? 0
		    : err_set(err, "no command; 'forceencctl help' lists them");
	for (i = 0; i < FRONT_COUNT(front_cmds) && words == 0; i++) {
		words = front_match(front_cmds[i], call->word, call->nwords);
		if (words > 0)
			front->cmd = front_cmds[i];
	}
	if (words == 0)
		return front_no_cmd(call->word, call->nwords, err);
	call->word += words;
	call->nwords -= words;
	return 0;
}

static void
front_add_usage(struct buf *out, const struct cmd *cmd)
{
	const struct front_option *option;
	size_t i;

	buf_printf(out, "forceencctl %s", cmd->name);
	for (i = 0; i < FRONT_COUNT(front_options); i++) {
		option = &front_options[i];
		if (option->key > FRONT_OWN &&
		    (cmd->options & ((unsigned)option->key - FRONT_OWN)) != 0)
			buf_printf(out, " [--%s%s%s]", option->name,
			    option->arg != NULL ? " " : "",
			    option->arg != NULL ? option->arg : "");
	}
	if (*cmd->args != '\0')
		buf_printf(out, " %s", cmd->args);
}

static int
front_check(const struct front *front, unsigned given, struct err *err)
{
	const struct cmd *cmd = front->cmd;
	struct buf usage = {0};
	int rc = 0;

	front_add_usage(&usage, cmd);
	if ((given & ~cmd->options) != 0)
		rc = err_set(err, "%s: an option that isn't for it; usage: %s",
		    cmd->name, buf_text(&usage));
	else if (front->call.nwords < cmd->min || front->call.nwords > cmd->max)
		rc = err_set(err, "%s: %s; usage: %s", cmd->name,
		    front->call.nwords < cmd->min ? "an argument is missing"
						  : "too many arguments",
		    buf_text(&usage));
	buf_fini(&usage);
	return rc;
}

int
front_parse(struct front *front, int argc, char **argv, struct err *err)
{
	struct option longopts[FRONT_COUNT(front_options) + 1];
	unsigned given = 0, n = 0;
	int key;

	*front = (struct front){.action = FRONT_RUN};
	front->call.conf_path = FORCEENC_SYSCONFDIR "/forceenc/forceenc.cf";
	front->call.word = argv + 1;
	front_make_longopts(longopts);
	opterr = 0;
	optind = 0;
	/* "-": each word comes as the option 1, in its turn. A word's place is
	 * behind it by then, and free. */
	while ((key = getopt_long(argc, argv, "-:c:n:thV", longopts, NULL)) !=
	    -1) {
		if (key == 1)
			front->call.word[n++] = optarg;
		else if (front_take(front, key, argv, &given, err) == -1)
			return -1;
	}
	while (optind < argc)
		front->call.word[n++] = argv[optind++];
	front->call.nwords = n;
	if (front->action == FRONT_VERSION)
		return 0;
	if (front->cmd == NULL && front_find(front, err) == -1)
		return -1;
	return front->action == FRONT_RUN ? front_check(front, given, err) : 0;
}

static void
front_add_option(struct buf *out, const struct front_option *option)
{
	struct buf left = {0};

	if (option->key < 256)
		buf_printf(&left, "-%c%s", option->key,
		    option->name != NULL ? ", " : "");
	if (option->name != NULL)
		buf_printf(&left, "--%s", option->name);
	if (option->arg != NULL)
		buf_printf(&left, " %s", option->arg);
	buf_printf(out, "  %-17s  %s\n", buf_text(&left), option->help);
	buf_fini(&left);
}

static void
front_add_options(struct buf *out, unsigned own)
{
	const struct front_option *option;
	size_t i;

	for (i = 0; i < FRONT_COUNT(front_options); i++) {
		option = &front_options[i];
		if (option->key < FRONT_OWN ||
		    (own & ((unsigned)option->key - FRONT_OWN)) != 0)
			front_add_option(out, option);
	}
}

static void
front_help_all(struct buf *out)
{
	struct buf left = {0};
	size_t i;

	buf_add_text(out,
	    "usage: forceencctl [-c FILE] [--json | --tsv] COMMAND "
	    "[ARGUMENT...]\n\n");
	for (i = 0; i < FRONT_COUNT(front_cmds); i++) {
		buf_clear(&left);
		buf_printf(
		    &left, "%s %s", front_cmds[i]->name, front_cmds[i]->args);
		buf_printf(out, "  %-25s  %s\n", buf_text(&left),
		    front_cmds[i]->summary);
	}
	buf_add_text(out,
	    "  help [COMMAND]             show what a command does and takes\n"
	    "\n");
	front_add_options(out, 0);
	buf_add_text(out, "\nforceencctl(1) is the manual.\n");
	buf_fini(&left);
}

void
front_help(const struct cmd *cmd, struct buf *out)
{
	if (cmd == NULL) {
		front_help_all(out);
		return;
	}
	buf_add_text(out, "usage: ");
	front_add_usage(out, cmd);
	buf_printf(out, "\n\n%s\n", cmd->help);
	front_add_options(out, cmd->options);
}
