/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/setup.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceencctl/audit_hop.h"
#include "forceencctl/mapspec.h"

#define SETUP_MAPS "sender_dependent_default_transport_maps"
/* trivial-rewrite(8) asks it, and could have one of its own. */
#define SETUP_MAPS_SCOPE "rewrite/unix"

static void
setup_add(struct setup *setup, enum setup_kind kind, const char *arg,
    const char *before, const char *why)
{
	setup->step =
	    mem_resize(setup->step, setup->n + 1, sizeof(*setup->step));
	setup->step[setup->n++] = (struct setup_step){kind, arg, before, why};
}

static void
setup_note(struct setup *setup, const char *text)
{
	buf_printf(&setup->notes, "%s\n", text);
}

/* What fits is left as it is, if the service itself has it: main.cf may
 * change for other reasons. */
typedef bool setup_fits_fn(const struct setup *, const char *value);

static bool
setup_fits_any(const struct setup *setup, const char *value)
{
	(void)setup;
	return *value != '\0';
}

static bool
setup_fits_level(const struct setup *setup, const char *value)
{
	(void)setup;
	return audit_hop_level_of(value) != AUDIT_HOP_PLAIN;
}

/* The floor, where the site has one; else no policies at all. */
static bool
setup_fits_policies(const struct setup *setup, const char *value)
{
	if (setup->floor == NULL)
		return *value == '\0';
	return mapspec_is_floor(value,
	    postconf_value(setup->conf, NULL, "queue_directory"), setup->site);
}

static bool
setup_fits_loglevel(const struct setup *setup, const char *value)
{
	(void)setup;
	return *value != '\0' && strcmp(value, "0") != 0;
}

static bool
setup_fits_filter(const struct setup *setup, const char *value)
{
	return strncmp(value, "pcre:", 5) == 0 &&
	    strcmp(value + 5, setup->filter) == 0;
}

/* NULL as a value: it depends on the site. */
static const struct setup_want {
	const char *name;
	const char *value;
	setup_fits_fn *fits; /* NULL: exactly the value */
	const char *why;
} setup_wants[] = {
    {"syslog_name", NULL, setup_fits_any,
	"the log tells forced mail from other mail"},
    {"smtp_tls_security_level", "encrypt", setup_fits_level,
	"the guarantee: no STARTTLS, no delivery"},
    {"smtp_tls_policy_maps", NULL, setup_fits_policies,
	"a destination's policy goes before the level, even \"none\""},
    {"smtp_tls_per_site", "", NULL, "the same, of old"},
    {"tls_required_enable", "no", NULL,
	"from Postfix 3.10 on a header of the message switches TLS off"},
    {"smtp_tls_loglevel", "1", setup_fits_loglevel,
	"the proof of each delivery"},
    {"smtp_tls_connection_reuse", "no", NULL,
	"a tlsproxy that is down reads like a server without TLS"},
    {"smtp_delivery_status_filter", NULL, setup_fits_filter,
	"what can't be encrypted comes back at once, and nothing else does"},
};

/* How main.cf should name a map of ours. */
static const char *
setup_spec(const struct setup *setup, const struct conf_map *map)
{
	struct buf spec = {0};
	const char *kept;

	mapspec_wanted(&spec, setup->site, map->name,
	    postconf_value(setup->conf, NULL, "queue_directory"));
	kept = postconf_keep(setup->conf, "%s", buf_text(&spec));
	buf_fini(&spec);
	return kept;
}

static const char *
setup_value(const struct setup *setup, const char *service,
    const struct setup_want *want)
{
	if (want->fits == setup_fits_filter)
		return postconf_keep(setup->conf, "pcre:%s", setup->filter);
	if (want->fits == setup_fits_policies)
		return setup->floor != NULL ? setup_spec(setup, setup->floor)
					    : "";
	return service;
}

static void
setup_want(
    struct setup *setup, const char *service, const struct setup_want *want)
{
	const char *path = postconf_keep(setup->conf, "%s/unix", service);
	const char *now = postconf_value(setup->conf, path, want->name);
	const char *value = want->value;

	if (value == NULL)
		value = setup_value(setup, service, want);
	if (postconf_own(setup->conf, path, want->name) &&
	    (want->fits != NULL ? want->fits(setup, now)
				: strcmp(now, want->value) == 0))
		return;
	setup_add(setup, SETUP_OPTION,
	    postconf_keep(setup->conf, "%s/%s=%s", path, want->name, value),
	    postconf_raw(setup->conf, path, want->name) != NULL
		? postconf_line(setup->conf, path, want->name)
		: "",
	    want->why);
}

static char
setup_chroot(const struct setup *setup)
{
	const struct postconf_service *smtp =
	    postconf_find(setup->conf, "smtp", 4, "unix");

	return smtp != NULL ? smtp->chroot : 'n';
}

/* -1: a service of that name is something else. */
static int
setup_check(const struct setup *setup, const struct postconf_service *service,
    struct err *err)
{
	const char *name = service->name;

	if (strcmp(service->command, "smtp") != 0)
		return err_set(err,
		    "%s/master.cf: \"%s unix\" runs %s and not smtp: name "
		    "another transport in %s_answers",
		    setup->folder, name, service->command, setup->map->name);
	if (strcmp(name, "smtp") == 0 || strcmp(name, "relay") == 0)
		return err_set(err,
		    "\"%s\" is the transport of all mail, which would all be "
		    "forced: name another one in %s_answers",
		    name, setup->map->name);
	return 0;
}

/* Nothing leaves through these; a site may answer with them. */
static bool
setup_stays(const struct postconf_service *service)
{
	return strcmp(service->command, "error") == 0 ||
	    strcmp(service->command, "discard") == 0;
}

static int
setup_transport(
    struct setup *setup, const char *name, size_t len, struct err *err)
{
	const struct postconf_service *service =
	    postconf_find(setup->conf, name, len, "unix");
	size_t i;

	if (service != NULL && setup_stays(service))
		return 0;
	if (service != NULL && setup_check(setup, service, err) == -1)
		return -1;
	name = postconf_keep(setup->conf, "%.*s", (int)len, name);
	if (service == NULL)
		setup_add(setup, SETUP_SERVICE,
		    postconf_keep(setup->conf,
			"%s/unix=%s unix - - %c - - smtp", name, name,
			setup_chroot(setup)),
		    "", "the transport of forced mail");
	for (i = 0; i < sizeof(setup_wants) / sizeof(*setup_wants); i++)
		setup_want(setup, name, &setup_wants[i]);
	return 0;
}

/* Each answer's transport, once. */
static int
setup_transports(struct setup *setup, struct err *err)
{
	const struct answers *answers = &setup->map->answers;
	const char *answer;
	size_t i, j, len;

	for (i = 0; i < answers->n; i++) {
		answer = answers->list[i];
		len = strcspn(answer, ":");
		for (j = 0; j < i; j++)
			if (strncmp(answers->list[j], answer, len + 1) == 0)
				break;
		if (j == i && setup_transport(setup, answer, len, err) == -1)
			return -1;
	}
	return 0;
}

static bool
setup_is_ours(const struct setup *setup, const char *spec)
{
	const struct conf_listen *listen;
	struct mapspec map;

	if (mapspec_parse(&map, spec) == -1)
		return false;
	listen = mapspec_listener(&map,
	    postconf_value(setup->conf, NULL, "queue_directory"), setup->site);
	return listen != NULL &&
	    strcmp(map.tcp && listen->map != NULL ? listen->map : map.map,
		setup->map->name) == 0;
}

/* Whether forceencd has the table now: asked by Postfix itself as well, a
 * slow directory would still hold up all mail. */
static bool
setup_is_served(const struct setup *setup, const char *spec)
{
	const char *inner = postconf_table(spec);
	size_t i;

	for (i = 0; i < setup->map->ntables; i++)
		if (strcmp(setup->map->table[i].spec, inner) == 0)
			return true;
	return false;
}

/* The list as it should be: ours first, as it's written if it's there. */
static void
setup_list_maps(struct setup *setup, const char *now, struct buf *list)
{
	const char *at = now, *word, *spec;
	size_t len;

	setup->spec = NULL;
	while (setup->spec == NULL && (len = postconf_word(&at, &word)) > 0) {
		spec = postconf_keep(setup->conf, "%.*s", (int)len, word);
		if (setup_is_ours(setup, spec))
			setup->spec = spec;
	}
	if (setup->spec == NULL)
		setup->spec = setup_spec(setup, setup->map);
	buf_add_text(list, setup->spec);
	at = now;
	while ((len = postconf_word(&at, &word)) > 0) {
		spec = postconf_keep(setup->conf, "%.*s", (int)len, word);
		if (setup_is_ours(setup, spec) || setup_is_served(setup, spec))
			continue;
		buf_printf(list, ", %s", spec);
		setup_note(setup,
		    postconf_keep(setup->conf,
			SETUP_MAPS ": %s stays behind forceencd's map: it is "
				   "asked for everybody who isn't on",
			spec));
	}
}

/* Whether two lists have the same words. */
static bool
setup_same_list(const char *a, const char *b)
{
	const char *word_a, *word_b;
	size_t len_a, len_b;

	do {
		len_a = postconf_word(&a, &word_a);
		len_b = postconf_word(&b, &word_b);
		if (len_a != len_b || strncmp(word_a, word_b, len_a) != 0)
			return false;
	} while (len_a > 0);
	return true;
}

static void
setup_maps(struct setup *setup)
{
	const char *now =
	    postconf_value(setup->conf, SETUP_MAPS_SCOPE, SETUP_MAPS);
	bool own = postconf_own(setup->conf, SETUP_MAPS_SCOPE, SETUP_MAPS);
	struct buf list = {0};

	setup_list_maps(setup, now, &list);
	if (!setup_same_list(now, buf_text(&list)))
		setup_add(setup, own ? SETUP_OPTION : SETUP_MAIN,
		    postconf_keep(setup->conf, "%s%s%s%s",
			own ? SETUP_MAPS_SCOPE "/" : "", SETUP_MAPS,
			own ? "=" : " = ",
			own ? postconf_tight(setup->conf, buf_text(&list))
			    : buf_text(&list)),
		    *now != '\0' ? postconf_line(setup->conf, SETUP_MAPS_SCOPE,
				       SETUP_MAPS)
				 : "",
		    "Postfix asks forceencd how a sender's mail leaves");
	buf_fini(&list);
}

static void
setup_loglevel(struct setup *setup)
{
	static const char name[] = "smtp_tls_loglevel";

	if (setup_fits_loglevel(setup, postconf_value(setup->conf, NULL, name)))
		return;
	setup_add(setup, SETUP_MAIN, postconf_keep(setup->conf, "%s = 1", name),
	    postconf_line(setup->conf, NULL, name),
	    "or nobody can tell how ordinary mail went out");
}

static const struct conf_map *
setup_find_floor(const struct conf *site)
{
	size_t i;

	for (i = 0; i < site->nmaps; i++)
		if (site->map[i].kind == CONF_MAP_FLOOR)
			return &site->map[i];
	return NULL;
}

int
setup_plan(struct setup *setup, struct err *err)
{
	setup->floor = setup_find_floor(setup->site);
	if (setup->file == SETUP_FILE_OTHER)
		setup_note(setup,
		    postconf_keep(setup->conf,
			"%s isn't the one of this version: it is left as it "
			"is; \"forceencctl audit\" says what it does",
			setup->filter));
	if (setup->file == SETUP_FILE_NONE)
		setup_add(setup, SETUP_FILTER, setup->filter, "",
		    "which failures are final: the file says it of each");
	if (setup_transports(setup, err) == -1)
		return -1;
	setup_maps(setup);
	setup_loglevel(setup);
	return 0;
}

void
setup_fini(struct setup *setup)
{
	free(setup->step);
	setup->step = NULL;
	setup->n = 0;
	buf_fini(&setup->notes);
}

const char *
setup_word(const struct setup *setup, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ/._-";

	if (*word != '\0' && word[strspn(word, plain)] == '\0')
		return word;
	return postconf_keep(
	    setup->conf, "'%s'", postconf_quoted(setup->conf, word));
}

const char *
setup_where(const struct setup *setup)
{
	if (!setup->elsewhere)
		return "";
	return postconf_keep(
	    setup->conf, " -c %s", setup_word(setup, setup->folder));
}

const char *
setup_command(const struct setup *setup, const struct setup_step *step)
{
	static const char *const flags[] = {
	    [SETUP_SERVICE] = "-M", [SETUP_OPTION] = "-P", [SETUP_MAIN] = "-e"};

	if (step->kind == SETUP_FILTER)
		return "";
	return postconf_keep(setup->conf, "postconf%s %s '%s'",
	    setup_where(setup), flags[step->kind],
	    postconf_quoted(setup->conf, step->arg));
}
