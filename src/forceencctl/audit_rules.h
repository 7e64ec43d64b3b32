/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_AUDIT_RULES_H
#define FORCEENC_FORCEENCCTL_AUDIT_RULES_H

#include "forceencctl/audit.h"

/* The one table of all rules, and what they're made of: each function asks
 * one question and is kept by the file whose name it begins with. */

extern const struct audit_rule audit_rules[];
extern const size_t audit_rules_n;

/* The transports of all answers that the maps named in main.cf permit, and
 * "forceenc" if nobody knows. */
void audit_map_transports(struct audit *);

/* etc/postfix/dsn_filter.pcre where setup has it, as a table; NULL if it isn't
 * there. */
const char *audit_dsn_ours(struct audit *);

/* Calls fn for each table of the senders' map. */
typedef void audit_map_fn(struct audit *, const char *spec);
void audit_map_each(struct audit *, audit_map_fn *);

/* The first table that is one of forceencd's, or could be; NULL if none is.
 * Where forceenc.cf is known, the first that it serves. */
const char *audit_map_ours(struct audit *);

/* Calls for each transport that the map answers with, now. who: for whom, to
 * be put behind. */
typedef void audit_live_said_fn(
    struct audit *, const char *transport, const char *who);
void audit_live_said(struct audit *, audit_live_said_fn *);

/* The map of forceenc.cf that a table is, with transports for answers; NULL
 * if it's none, or nobody knows. */
const struct conf_map *audit_map_behind(struct audit *, const char *spec);

/* Whether the map answers for this sender, now, with a transport that is
 * safe. */
enum audit_seen audit_live_forces(struct audit *, const char *sender);

void audit_map_missing(struct audit *);
void audit_map_direct(struct audit *);
void audit_map_shadowed(struct audit *);
void audit_map_tcp(struct audit *);
void audit_map_proxy(struct audit *);
void audit_map_chroot(struct audit *);
void audit_map_served(struct audit *);
void audit_map_site(struct audit *);
void audit_live_asked(struct audit *);
void audit_live_answer(struct audit *);
void audit_live_null(struct audit *);
void audit_map_null_key(struct audit *);
void audit_map_probe(struct audit *);
void audit_map_unseen(struct audit *);

void audit_transport_missing(struct audit *);
void audit_transport_foreign(struct audit *);
void audit_transport_level(struct audit *);
void audit_transport_anybody(struct audit *);
void audit_transport_dnssec(struct audit *);
void audit_transport_policy(struct audit *);
void audit_transport_policy_unread(struct audit *);
void audit_transport_per_site(struct audit *);
void audit_transport_tls_required(struct audit *);
void audit_transport_requiretls(struct audit *);
void audit_transport_upgrade(struct audit *);
void audit_transport_loglevel(struct audit *);
void audit_transport_loglevel_maps(struct audit *);
void audit_transport_fallback(struct audit *);
void audit_transport_reuse(struct audit *);
void audit_transport_syslog(struct audit *);

void audit_route_transport_maps(struct audit *);
void audit_route_transport_unread(struct audit *);
void audit_route_filter_action(struct audit *);
void audit_route_filter_unread(struct audit *);
void audit_route_content_filter(struct audit *);
void audit_route_class_open(struct audit *);
void audit_route_program(struct audit *);
void audit_route_relayhost(struct audit *);

void audit_sender_rewritten(struct audit *);
void audit_sender_canonical(struct audit *);
void audit_sender_milters(struct audit *);
void audit_sender_owners(struct audit *);
void audit_sender_owners_unread(struct audit *);
void audit_sender_login(struct audit *);
void audit_sender_submit(struct audit *);
void audit_sender_notices(struct audit *);

void audit_dsn_missing(struct audit *);
void audit_dsn_type(struct audit *);
void audit_dsn_incomplete(struct audit *);
void audit_dsn_temporary(struct audit *);
void audit_dsn_strict(struct audit *);
void audit_dsn_unavailable(struct audit *);
void audit_dsn_everybody(struct audit *);
void audit_dsn_soft_bounce(struct audit *);

void audit_crypto_bad_protocols(struct audit *);
void audit_crypto_ssl(struct audit *);
void audit_crypto_old(struct audit *);
void audit_crypto_default(struct audit *);
void audit_crypto_new(struct audit *);
void audit_crypto_grade(struct audit *);
void audit_crypto_weak(struct audit *);
void audit_crypto_null(struct audit *);
void audit_crypto_anonymous(struct audit *);
void audit_crypto_lists(struct audit *);
void audit_crypto_legacy(struct audit *);
void audit_crypto_renegotiation(struct audit *);
void audit_crypto_curves(struct audit *);
void audit_crypto_eecdh(struct audit *);

void audit_site_client_off(struct audit *);
void audit_site_server_off(struct audit *);
void audit_site_loglevel(struct audit *);
void audit_site_cert_missing(struct audit *);
void audit_site_cert_expired(struct audit *);
void audit_site_cert_expiring(struct audit *);
void audit_site_cert_unread(struct audit *);
void audit_site_no_cert(struct audit *);
void audit_site_no_ca(struct audit *);
void audit_site_ca_missing(struct audit *);
void audit_site_auth(struct audit *);
void audit_site_submission(struct audit *);

void audit_old_deprecated(struct audit *);
void audit_old_complaints(struct audit *);

#endif
