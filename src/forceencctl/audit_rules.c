/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/audit_rules.h"

#define AUDIT_RULES_SEEN "docs/postfix.md; seen with Postfix 3.7 to 3.12"

/* In the order in which findings of the same severity are shown. */
const struct audit_rule audit_rules[] = {
    {"map-missing", AUDIT_LEAK, "nobody asks forceencd",
	"Postfix chooses the transport without knowing who is forced. "
	"Every forced sender's mail leaves as all other mail does.",
	AUDIT_RULES_SEEN, audit_map_missing},
    {"map-direct", AUDIT_LEAK, "the map is a table, and not forceencd",
	"Postfix asks a table for the address as it is written, and "
	"only for that. Another case, an extension or the domain's "
	"other spelling isn't found, and that mail leaves in plaintext.",
	AUDIT_RULES_SEEN, audit_map_direct},
    {"map-shadowed", AUDIT_LEAK, "another table answers before forceencd",
	"The first table that has an answer decides. A sender who is in"
	" the one in front is never asked for.",
	"postconf(5), sender_dependent_default_transport_maps",
	audit_map_shadowed},
    {"map-answer", AUDIT_LEAK, "forceencd answers with an unsafe transport",
	"The answer names a way of delivery on which TLS isn't enforced, "
	"or a policy or a header may overrule it. Who is forced to it "
	"isn't forced to anything.",
	AUDIT_RULES_SEEN, audit_live_answer},
    {"map-null", AUDIT_WARN, "the null sender isn't forced",
	"Bounces come from <>, and one may carry a forced message back "
	"in whole. If the sender's own server offers no TLS, it travels"
	" there in plaintext.",
	AUDIT_RULES_SEEN, audit_live_null},
    {"map-null-key", AUDIT_WARN, "the null sender is asked for by another key",
	"forceencd knows the null sender as <>. By another name it is a"
	" sender of whom nobody has heard.",
	"postconf(5), empty_address_default_transport_maps_lookup_key",
	audit_map_null_key},
    {"map-asked", AUDIT_WARN, "the map can't say",
	"What Postfix asks now gets no answer. Mail of everybody waits,"
	" since nobody can say who isn't forced; without a policy's, forced "
	"mail does.",
	AUDIT_RULES_SEEN, audit_live_asked},
    {"map-served", AUDIT_WARN, "forceencd doesn't serve what Postfix asks",
	"forceenc.cf has no such listener, or no map of this name. "
	"Postfix then gets no answer, and everybody's mail waits.",
	"forceenc.cf(5), socketmap_listen, maps", audit_map_served},
    {"map-chroot", AUDIT_WARN, "the socket is out of the chroot's reach",
	"trivial-rewrite asks, and its root is the queue directory. A "
	"path from the real root isn't there, and everybody's mail "
	"waits.",
	AUDIT_RULES_SEEN, audit_map_chroot},
    {"map-tcp", AUDIT_WARN, "tcp: where socketmap: is meant",
	"With a tcp server that is down Postfix spends 9 seconds on "
	"each question before it defers, and the queue manager waits. "
	"With socketmap it spends none.",
	AUDIT_RULES_SEEN, audit_map_tcp},
    {"map-proxy", AUDIT_WARN, "proxymap stands in front of forceencd",
	"proxymap asks one question after the other, for all. It spares"
	" connections, of which forceencd has plenty, and adds one more"
	" program that can fail.",
	"proxymap(8)", audit_map_proxy},
    {"map-site", AUDIT_WARN, "forceenc.cf can't be read",
	"What forceencd answers, and where, isn't known then. It is "
	"taken to be the transport forceenc.",
	"forceenc.cf(5)", audit_map_site},
    {"map-probe", AUDIT_NOTE, "probes have a map of their own",
	"Address verification doesn't ask the map of senders. Only an "
	"envelope leaves in plaintext, from double-bounce.",
	"ADDRESS_VERIFICATION_README", audit_map_probe},
    {"transport-level", AUDIT_LEAK, "the transport doesn't enforce TLS",
	"Below the level encrypt a server without STARTTLS gets the "
	"message in plaintext. That includes dane, which falls back to "
	"may where there is no TLSA record.",
	"TLS_README, SMTP client TLS levels", audit_transport_level},
    {"transport-foreign", AUDIT_LEAK, "the transport isn't smtp or lmtp",
	"Another program delivers, and Postfix's TLS settings don't "
	"reach it. Nobody knows how the mail leaves.",
	"master(5)", audit_transport_foreign},
    {"transport-policy", AUDIT_LEAK, "a policy table weakens the transport",
	"The policy of a destination goes before the transport's level."
	" none, may and dane (without a TLSA record) mean plaintext.",
	AUDIT_RULES_SEEN, audit_transport_policy},
    {"transport-per-site", AUDIT_LEAK,
	"smtp_tls_per_site can weaken the transport",
	"Where there is no policy table, the one of old is asked. NONE "
	"in it means plaintext.",
	AUDIT_RULES_SEEN, audit_transport_per_site},
    {"transport-tls-required", AUDIT_LEAK, "a header can switch TLS off",
	"From Postfix 3.10 on, \"TLS-Required: no\" in a message "
	"overrides the transport's level. Any sender or mail program "
	"can write one, and bounces pass it on.",
	"RFC 8689; seen with Postfix 3.10 to 3.12",
	audit_transport_tls_required},
    {"transport-policy-unread", AUDIT_WARN,
	"a policy table that can't be read here",
	"The policy of a destination goes before the transport's level."
	" If this table ever says none, may or dane, forced mail leaves"
	" in plaintext.",
	AUDIT_RULES_SEEN, audit_transport_policy_unread},
    {"transport-missing", AUDIT_WARN, "the transport is missing from master.cf",
	"forceencd sends forced mail to a transport that isn't there. "
	"It waits in the queue until it is returned.",
	AUDIT_RULES_SEEN, audit_transport_missing},
    {"transport-dnssec", AUDIT_WARN, "dane-only without DNSSEC lookups",
	"dane-only wants secure answers, which smtp_dns_support_level "
	"must ask for. Without them no forced message can be delivered.",
	"TLS_README, DANE", audit_transport_dnssec},
    {"transport-loglevel", AUDIT_WARN, "forced deliveries leave no proof",
	"At log level 0 no line says that TLS was used. What happened "
	"to a forced message can't be shown.",
	AUDIT_RULES_SEEN, audit_transport_loglevel},
    {"transport-reuse", AUDIT_WARN, "the transport reuses TLS connections",
	"If tlsproxy is down, that reads like a failed handshake of the"
	" other side. The filter then returns mail for trouble of our "
	"own.",
	AUDIT_RULES_SEEN, audit_transport_reuse},
    {"transport-loglevel-maps", AUDIT_NOTE,
	"log levels can differ by destination",
	"smtp_tls_loglevel_maps goes before the log level. For a "
	"destination with 0 there is no proof.",
	"postconf(5) of Postfix 3.12", audit_transport_loglevel_maps},
    {"transport-syslog", AUDIT_NOTE, "the log doesn't tell forced mail apart",
	"Without a syslog_name of its own the transport logs as "
	"ordinary mail does. Reports can't count it by itself.",
	AUDIT_RULES_SEEN, audit_transport_syslog},
    {"transport-fallback", AUDIT_NOTE, "a fallback relay takes forced mail",
	"TLS is enforced on the way to it, too. What happens behind it "
	"is the relay's own policy.",
	AUDIT_RULES_SEEN, audit_transport_fallback},
    {"transport-requiretls", AUDIT_NOTE, "REQUIRETLS mail is returned",
	"At level encrypt nobody verifies the other side, which "
	"REQUIRETLS wants, so that such mail bounces (5.7.10). Switch "
	"it off for the transport only together with "
	"tls_required_enable.",
	"RFC 8689; seen with Postfix 3.11 and 3.12",
	audit_transport_requiretls},
    {"transport-upgrade", AUDIT_NOTE, "Postfix 3.10 will open a leak",
	"This version ignores the header \"TLS-Required: no\", newer "
	"ones heed it. The setting is accepted already, and closes the "
	"leak before the upgrade opens it.",
	"RFC 8689; seen with Postfix 3.10 to 3.12", audit_transport_upgrade},
    {"transport-anybody", AUDIT_NOTE, "encrypted, but with whomever",
	"The level encrypt takes any certificate. Against somebody who "
	"stands in between only verify, secure or dane-only help.",
	"TLS_README; RFC 7435", audit_transport_anybody},
    {"route-transport-maps", AUDIT_LEAK,
	"transport_maps sends mail past the guarantee",
	"An entry that names a transport goes before the sender's map. "
	"This one leads out, and TLS isn't enforced there, or a policy or "
	"a header may overrule it.",
	AUDIT_RULES_SEEN, audit_route_transport_maps},
    {"route-filter", AUDIT_LEAK,
	"a FILTER action sends mail past the guarantee",
	"FILTER goes before the sender's map. The message leaves for "
	"the filter's host in plaintext.",
	AUDIT_RULES_SEEN, audit_route_filter_action},
    {"route-content-filter", AUDIT_LEAK,
	"a content filter gets mail in plaintext",
	"Mail goes to the filter before the sender is asked for. The filter "
	"is on another host, and TLS isn't enforced on the way, or a policy "
	"or a header may overrule it.",
	AUDIT_RULES_SEEN, audit_route_content_filter},
    {"route-class", AUDIT_LEAK, "recipients of a class bypass the map",
	"Postfix asks the map only for recipients that are in no other "
	"class. These go out by a transport that doesn't enforce TLS, or "
	"that a policy or a header may overrule.",
	AUDIT_RULES_SEEN, audit_route_class_open},
    {"route-relayhost", AUDIT_WARN, "all mail goes by a relay",
	"TLS is enforced up to the relay only; what it does behind that"
	" is its own policy. A bounce of a message that the relay "
	"refused may go to it in plaintext.",
	AUDIT_RULES_SEEN, audit_route_relayhost},
    {"route-unread", AUDIT_WARN, "a transport table that can't be read here",
	"An entry that names a transport goes before the sender's map. "
	"If this table has one that leads out, forced mail leaves in "
	"plaintext.",
	AUDIT_RULES_SEEN, audit_route_transport_unread},
    {"route-program", AUDIT_NOTE, "mail goes to a program",
	"It leaves Postfix before the sender is asked for, or without. "
	"What this program does with it, only its own configuration tells.",
	"pipe(8)", audit_route_program},
    {"route-filter-unread", AUDIT_NOTE, "checks that can't be read here",
	"This table, or policy server, might answer with FILTER, which goes "
	"before the sender's map. If that leads out, forced mail leaves in "
	"plaintext.",
	AUDIT_RULES_SEEN, audit_route_filter_unread},
    {"sender-rewritten", AUDIT_LEAK,
	"a forced sender is rewritten to one who isn't",
	"The map is asked for the address that comes out, and has nothing "
	"for it. This sender's mail leaves in plaintext.",
	AUDIT_RULES_SEEN, audit_sender_rewritten},
    {"sender-canonical", AUDIT_WARN,
	"senders are rewritten before they're asked for",
	"The map is asked for the address that comes out. If that isn't"
	" forced, mail of a forced sender leaves in plaintext.",
	AUDIT_RULES_SEEN, audit_sender_canonical},
    {"sender-owner", AUDIT_WARN, "a list sends on in its owner's name",
	"Mail to an alias with an owner- goes on with the owner as its "
	"sender. If the owner isn't forced, a forced sender's mail "
	"leaves in plaintext.",
	AUDIT_RULES_SEEN, audit_sender_owners},
    {"sender-owner-unread", AUDIT_NOTE,
	"an alias table that can't be read here",
	"A list with an owner- sends on in its owner's name. If this table "
	"has one who isn't forced, a forced sender's mail leaves in "
	"plaintext.",
	AUDIT_RULES_SEEN, audit_sender_owners_unread},
    {"sender-milter", AUDIT_NOTE, "a milter may change the sender",
	"The map is asked for the sender that a milter leaves behind "
	"(SRS, for example). If that isn't forced, mail of a forced "
	"sender leaves in plaintext.",
	"MILTER_README", audit_sender_milters},
    {"sender-login", AUDIT_NOTE, "anybody may send as anybody",
	"The map is asked for the envelope's sender and not for the one"
	" in From:. A mail program that uses another envelope evades "
	"the guarantee.",
	"postconf(5), reject_sender_login_mismatch", audit_sender_login},
    {"sender-submit", AUDIT_NOTE, "a local user can evade the map",
	"For a sender that isn't UTF-8, which only \"sendmail -f\" "
	"takes, Postfix doesn't ask the map at all. Such mail leaves in"
	" plaintext, even from a forced domain.",
	AUDIT_RULES_SEEN, audit_sender_submit},
    {"sender-notices", AUDIT_NOTE, "notices quote headers of forced mail",
	"Delay warnings and postmaster's copies come from the null "
	"sender or double-bounce. The headers of a forced message may "
	"leave in plaintext that way.",
	AUDIT_RULES_SEEN, audit_sender_notices},
    {"dsn-missing", AUDIT_WARN, "no filter for delivery status",
	"Mail that can't be encrypted waits for days before its sender "
	"learns of it. Until then it holds up other mail to the same "
	"destination.",
	AUDIT_RULES_SEEN, audit_dsn_missing},
    {"dsn-type", AUDIT_WARN, "the filter is a regexp: table",
	"A regexp: table doesn't know \\d and \\S, and never matches. "
	"It has to be pcre:.",
	AUDIT_RULES_SEEN, audit_dsn_type},
    {"dsn-unavailable", AUDIT_WARN, "the filter can't be used",
	"smtp goes on without the filter, and says so in one warning. "
	"Mail that can't be encrypted then waits instead of coming "
	"back.",
	AUDIT_RULES_SEEN, audit_dsn_unavailable},
    {"dsn-temporary", AUDIT_WARN, "the filter returns mail for passing trouble",
	"It makes a bounce of what is temporary, or not the other "
	"side's fault, as the well-known rule ^4.7.5 does. A failing "
	"resolver or a remote server's 4.7.5 then returns forced mail.",
	AUDIT_RULES_SEEN, audit_dsn_temporary},
    {"dsn-incomplete", AUDIT_WARN, "the filter misses failures",
	"The status below stays temporary. Such mail waits for days "
	"before its sender learns of it.",
	AUDIT_RULES_SEEN, audit_dsn_incomplete},
    {"dsn-soft-bounce", AUDIT_WARN, "bounces are switched off",
	"soft_bounce makes a temporary status of each final one, the "
	"filter's too. Mail that can't be encrypted waits for days before "
	"its sender learns of it.",
	"postconf(5), soft_bounce", audit_dsn_soft_bounce},
    {"dsn-everybody", AUDIT_WARN, "the filter is for everybody's mail",
	"Set in main.cf, it is used where nobody has asked for a "
	"guarantee, too. Mail that would be delivered by and by is "
	"returned.",
	"postconf(5), smtp_delivery_status_filter", audit_dsn_everybody},
    {"dsn-strict", AUDIT_NOTE, "a temporary refusal of TLS is final",
	"421 and 454 are temporary by definition: a server that is "
	"being restarted, or short of entropy. A strict site may want "
	"them to be final.",
	"RFC 3207, RFC 5321", audit_dsn_strict},
    {"crypto-null", AUDIT_LEAK, "ciphers that don't encrypt",
	"The transport offers NULL ciphers, with which TLS only signs. "
	"Everybody on the way can read the mail.",
	"RFC 9325, 4.1", audit_crypto_null},
    {"crypto-protocols-bad", AUDIT_WARN, "a protocol list that can't work",
	"Postfix doesn't understand it, or it leaves neither TLS 1.2 "
	"nor 1.3. Then each handshake fails, reads like the other "
	"side's fault, and forced mail is returned.",
	"postconf(5); RFC 9325, 3.1", audit_crypto_bad_protocols},
    {"crypto-ssl", AUDIT_WARN, "SSL 2 or 3 is permitted",
	"Both are broken, and no mail server needs them. They must not "
	"be used.",
	"RFC 6176, RFC 7568", audit_crypto_ssl},
    {"crypto-old", AUDIT_WARN, "TLS 1.0 or 1.1 is permitted",
	"Both are withdrawn. Where TLS is enforced, a server that has "
	"nothing newer must be refused.",
	"RFC 8996; RFC 9325, 3.1", audit_crypto_old},
    {"crypto-grade", AUDIT_WARN, "weak cipher grade",
	"low and export are ciphers that can be broken by trying. Newer"
	" versions of Postfix take them for medium.",
	"postconf(5); RFC 9325, 4.1", audit_crypto_grade},
    {"crypto-weak", AUDIT_WARN, "broken ciphers are offered",
	"RC4 is broken (RFC 7465), DES and 3DES have too short a key or"
	" block (Sweet32), MD5 collides. OpenSSL from 1.1.0 on has none"
	" of them unless it was built so.",
	"RFC 7465, CVE-2016-2183, RFC 6151", audit_crypto_weak},
    {"crypto-legacy", AUDIT_WARN, "tls_ssl_options permit unsafe renegotiation",
	"LEGACY_SERVER_CONNECT talks to servers that let somebody in "
	"between put words in front of ours. Bits given as a number "
	"can't be audited.",
	"RFC 5746; postconf(5), tls_ssl_options", audit_crypto_legacy},
    {"crypto-eecdh", AUDIT_WARN, "no forward secrecy by elliptic curves",
	"Who gets hold of the key one day can read all mail that was "
	"recorded before. Every client and server can do better.",
	"RFC 9325, 4.1", audit_crypto_eecdh},
    {"crypto-default", AUDIT_NOTE, "TLS 1.0 or 1.1 is permitted",
	"Both are withdrawn, but Postfix's default takes them. Where TLS is "
	"enforced they are best refused; at level may old TLS is still "
	"better than plaintext, so that is for the site to weigh.",
	"RFC 8996; RFC 7435", audit_crypto_default},
    {"crypto-new", AUDIT_NOTE, "TLS 1.3 is shut out",
	"It is the safest there is, and no server has to be spared it. "
	"Nothing falls back to less because of it.",
	"RFC 8446; RFC 9325, 3.1", audit_crypto_new},
    {"crypto-anonymous", AUDIT_NOTE, "ciphers without a certificate",
	"At level encrypt Postfix offers aNULL as well, and such a "
	"delivery is logged as Anonymous. Without it the other side has"
	" to show some certificate, which a report can name.",
	"TLS_README", audit_crypto_anonymous},
    {"crypto-lists", AUDIT_NOTE, "cipher lists of the site's own",
	"The lists behind the grades change with the versions of "
	"Postfix and OpenSSL. A list of one's own stays as it is and "
	"grows weak.",
	"postconf(5), tls_medium_cipherlist", audit_crypto_lists},
    {"crypto-renegotiation", AUDIT_NOTE, "clients may renegotiate",
	"With TLS 1.2 a client can ask for one handshake after the "
	"other, which costs the server far more. NO_RENEGOTIATION "
	"refuses that; no mail server wants it.",
	"CVE-2011-1473; postconf(5), tls_ssl_options",
	audit_crypto_renegotiation},
    {"crypto-curves", AUDIT_NOTE, "a list of curves without the best",
	"X25519 is what most servers prefer, and X25519MLKEM768 "
	"(OpenSSL 3.5 and later) also resists recording now and "
	"decrypting later. A list of one's own lacks it.",
	"RFC 8446; RFC 8422; OpenSSL 3.5", audit_crypto_curves},
    {"site-client-off", AUDIT_WARN, "ordinary mail never uses TLS",
	"smtp offers no TLS to anybody. All mail that isn't forced "
	"leaves in plaintext, bounces of forced mail too.",
	"RFC 7435; TLS_README", audit_site_client_off},
    {"site-server-off", AUDIT_WARN, "incoming mail can't use TLS",
	"smtpd offers no STARTTLS. What forced senders submit, and what"
	" others send to them, arrives in plaintext.",
	"RFC 3207, RFC 8314", audit_site_server_off},
    {"site-no-cert", AUDIT_WARN, "smtpd has no certificate",
	"TLS is switched on, but there is none to show. Most clients "
	"then go on in plaintext, or not at all.",
	"TLS_README", audit_site_no_cert},
    {"site-cert-missing", AUDIT_WARN, "a certificate isn't there",
	"Postfix then does without TLS in this direction, and says so "
	"in a warning. A forced transport with such a setting delivers "
	"nothing.",
	AUDIT_RULES_SEEN, audit_site_cert_missing},
    {"site-cert-expired", AUDIT_WARN, "a certificate has ended",
	"Who verifies it refuses to talk to this server. Mail to it is "
	"delayed or lost.",
	"RFC 5280; RFC 8314", audit_site_cert_expired},
    {"site-cert-expiring", AUDIT_WARN, "a certificate ends soon",
	"Less than 21 days are left. Renewal that works would have "
	"replaced it by now.",
	"RFC 5280", audit_site_cert_expiring},
    {"site-no-ca", AUDIT_WARN, "no certificate authorities",
	"Nothing can be verified: every delivery is logged as "
	"Untrusted. Nobody can tell a good certificate from a forged "
	"one, today or in the reports.",
	"TLS_README; seen with Postfix 3.7 to 3.12", audit_site_no_ca},
    {"site-ca-missing", AUDIT_WARN, "the certificate authorities aren't there",
	"Where TLS is enforced Postfix says \"our TLS engine is "
	"unavailable\" and delivers nothing. Elsewhere it goes on "
	"without TLS.",
	AUDIT_RULES_SEEN, audit_site_ca_missing},
    {"site-auth", AUDIT_WARN, "passwords may come in plaintext",
	"smtpd takes a login before TLS is on. Who listens can then "
	"send as a forced sender, or with an envelope that isn't.",
	"RFC 4954, RFC 8314", audit_site_auth},
    {"site-submission", AUDIT_WARN, "submission without enforced TLS",
	"What forced senders submit may come in plaintext. Submission "
	"has to use TLS: on port 465 from the start, on 587 by "
	"STARTTLS.",
	"RFC 8314", audit_site_submission},
    {"site-deprecated", AUDIT_WARN, "a setting that is going away",
	"It is deprecated, and newer versions of Postfix ignore it or "
	"no longer know it. What it protects is then unprotected, "
	"without a word.",
	"postconf(5); DEPRECATION_README", audit_old_deprecated},
    {"site-loglevel", AUDIT_NOTE, "ordinary deliveries leave no TLS line",
	"At log level 0 no line doesn't mean plaintext: nobody can "
	"tell. Reports can't say what forcing a sender would change.",
	AUDIT_RULES_SEEN, audit_site_loglevel},
    {"site-cert-unread", AUDIT_NOTE, "a certificate that can't be read here",
	"Whether it has ended isn't known. It belongs to others, or "
	"openssl(1) is missing.",
	"openssl-x509(1)", audit_site_cert_unread},
    {"site-complaints", AUDIT_NOTE, "postconf warns",
	"Postfix itself has something to say of its configuration. A "
	"misspelt name, for example, has no effect at all.",
	"postconf(1)", audit_old_complaints},
    {"unseen", AUDIT_NOTE, "not everything could be looked at",
	"Saved outputs show neither tables nor files, certificates or "
	"what forceencd answers; a value that can't be expanded shows "
	"nothing, and other instances are other configurations. What isn't "
	"seen isn't known to be safe.",
	"forceencctl(1)", audit_map_unseen},
};

const size_t audit_rules_n = sizeof(audit_rules) / sizeof(*audit_rules);
