/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <string.h>
#include <sysexits.h>

#include "forceenc/text.h"
#include "forceencctl/cmd.h"
#include "forceencctl/figures.h"
#include "forceencctl/say.h"
#include "forceencctl/verdict.h"

static const struct print_column cmd_whatif_columns[] = {
    {"destination", "DESTINATION", PRINT_TEXT, 28},
    {"verdict", "VERDICT", PRINT_TEXT, 0},
    {"pass", "PASS", PRINT_COUNT, 0},
    {"fail", "FAIL", PRINT_COUNT, 0},
    {"unsure", "UNSURE", PRINT_COUNT, 0},
    {"sessions", "SESSIONS", PRINT_COUNT, 0},
    {"sessions_pass", "GOOD", PRINT_COUNT, 0},
    {"handful", "FEW", PRINT_YESNO, 0},
    {"last_seen", "LAST SEEN", PRINT_TIME, 0},
};

/* People don't see when. */
#define CMD_WHATIF_COLUMNS \
	(sizeof(cmd_whatif_columns) / sizeof(*cmd_whatif_columns))
#define CMD_WHATIF_TABLE (CMD_WHATIF_COLUMNS - 1)

struct cmd_whatif {
	enum print_form form;
	enum verdict_level level;
	struct print_rows *rows;
	size_t destinations;
	size_t failing;
	size_t handfuls; /* of those, or of the mixed ones */
	int64_t pass;
	int64_t fail;
	int64_t unsure;
};

static json_t *
cmd_whatif_record(
    const struct stats_evidence *evidence, const struct verdict *verdict)
{
	json_t *record = json_object();

	json_object_set_new(
	    record, "destination", figures_text(evidence->destination));
	json_object_set_new(
	    record, "verdict", json_string(verdict_name(verdict->word)));
	json_object_set_new(record, "pass", json_integer(verdict->pass));
	json_object_set_new(record, "fail", json_integer(verdict->fail));
	json_object_set_new(record, "unsure", json_integer(verdict->unsure));
	json_object_set_new(
	    record, "sessions", json_integer(verdict->sessions));
	json_object_set_new(
	    record, "sessions_pass", json_integer(verdict->sessions_pass));
	json_object_set_new(record, "handful", json_boolean(verdict->handful));
	json_object_set_new(record, "last_seen",
	    evidence->last_seen > 0 ? json_integer(evidence->last_seen)
				    : json_null());
	return record;
}

/* People see only what gives reason to think. */
static void
cmd_whatif_add(const struct stats_evidence *evidence, void *arg)
{
	struct cmd_whatif *whatif = arg;
	struct verdict verdict;
	json_t *record;

	verdict_judge(&verdict, evidence, whatif->level);
	if (verdict.pass + verdict.fail + verdict.unsure == 0)
		return;
	whatif->destinations++;
	whatif->pass += verdict.pass;
	whatif->fail += verdict.fail;
	whatif->unsure += verdict.unsure;
	if (verdict.fail > 0) {
		whatif->failing++;
		whatif->handfuls += verdict.handful;
	}
	if (whatif->form == PRINT_TABLE && verdict.word == VERDICT_PASSES)
		return;
	record = cmd_whatif_record(evidence, &verdict);
	print_rows_add(whatif->rows, record);
	json_decref(record);
}

static void
cmd_whatif_sum_up(const struct cmd_whatif *whatif, struct buf *out)
{
	int64_t all = whatif->pass + whatif->fail + whatif->unsure;

	if (all == 0) {
		buf_add_text(out, "nothing was delivered to the outside\n");
		return;
	}
	if (print_rows_count(whatif->rows) > 0)
		buf_add_byte(out, '\n');
	buf_printf(out,
	    "of %lld recipients %lld would have passed, %lld failed, %lld "
	    "can't be told;\nfailures at %zu of %zu destinations",
	    (long long)all, (long long)whatif->pass, (long long)whatif->fail,
	    (long long)whatif->unsure, whatif->failing, whatif->destinations);
	if (whatif->handfuls > 0)
		buf_printf(out,
		    ", %zu of them known from fewer than %d sessions",
		    whatif->handfuls, VERDICT_HANDFUL);
	buf_add_byte(out, '\n');
}

static int
cmd_whatif_print(const struct cmd_call *call, const struct figures *figures,
    struct cmd_whatif *whatif)
{
	bool table = call->form == PRINT_TABLE;
	struct buf end = {0};
	struct err err;

	whatif->rows = print_rows_new(call->form, cmd_whatif_columns,
	    table ? CMD_WHATIF_TABLE : CMD_WHATIF_COLUMNS);
	if (stats_evidence(figures->store, &figures->filter, cmd_whatif_add,
		whatif, &err) == -1) {
		print_rows_free(whatif->rows);
		return figures_failed(&err);
	}
	if (table)
		cmd_whatif_sum_up(whatif, &end);
	print_rows_end(whatif->rows, call->out);
	buf_add(call->out, end.data, end.len);
	buf_fini(&end);
	return CMD_FOUND;
}

static int
cmd_whatif_run(const struct cmd_call *call)
{
	const char *level = call->level != NULL ? call->level : "encrypt";
	const char *sender = call->word[0];
	struct cmd_whatif whatif = {.form = call->form};
	struct figures figures;
	int status;

	if (strcmp(level, "verify") == 0) {
		whatif.level = VERDICT_VERIFY;
	} else if (strcmp(level, "encrypt") != 0) {
		say("--level %s: write encrypt or verify",
		    text_show_str(level));
		return EX_USAGE;
	}
	status = figures_open(
	    &figures, call, strcmp(sender, "all") != 0 ? sender : NULL, "30d");
	if (status == 0)
		status = cmd_whatif_print(call, &figures, &whatif);
	figures_close(&figures);
	return status;
}

const struct cmd cmd_whatif = {
    .name = "whatif",
    .args = "SENDER|@DOMAIN|all",
    .summary = "show what TLS, if demanded, would have stopped",
    .help =
	"What was delivered in the last 30 days is held against a level:\n"
	"encrypt (any TLS) or verify (a certificate that matches). A row for\n"
	"each destination where something would have failed, or might have;\n"
	"SESSIONS are everybody's with it, and FEW says that they are only a\n"
	"handful. All destinations are in --json and --tsv.\n",
    .options = CMD_SINCE | CMD_UNTIL | CMD_LEVEL,
    .min = 1,
    .max = 1,
    .run = cmd_whatif_run,
};
