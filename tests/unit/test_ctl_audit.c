/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <string.h>

#include "audit_case.h"
#include "forceencctl/audit_hop.h"
#include "forceencctl/audit_rules.h"
#include "unit.h"

/* Nobody finds anything in this one. */
static const char base[] =
    "D mail_version = 3.11.6\n"
    "D compatibility_level = 3.6\n"
    "D queue_directory = /var/spool/postfix\n"
    "D tls_required_enable = yes\n"
    "D requiretls_enable = yes\n"
    "D mydestination = $myhostname\n"
    "D relay_transport = relay\n"
    "D local_transport = local:$myhostname\n"
    "D virtual_transport = virtual\n"
    "D relay_domains =\n"
    "D sender_canonical_classes = envelope_sender, header_sender\n"
    "D canonical_classes = envelope_sender, header_sender\n"
    "D masquerade_classes = envelope_sender, header_sender\n"
    "D notify_classes = resource, software\n"
    "D delay_warning_time = 0h\n"
    "D syslog_name = postfix\n"
    "D smtp_tls_loglevel = 0\n"
    "D smtp_dns_support_level =\n"
    "D smtp_tls_mandatory_protocols = >=TLSv1.2\n"
    "D smtp_tls_protocols = >=TLSv1.2\n"
    "D smtpd_tls_mandatory_protocols = >=TLSv1.2\n"
    "D smtpd_tls_protocols = >=TLSv1.2\n"
    "D smtp_tls_mandatory_ciphers = medium\n"
    "D empty_address_default_transport_maps_lookup_key = <>\n"
    "D default_delivery_status_filter =\n"
    "D smtp_delivery_status_filter = $default_delivery_status_filter\n"
    "D smtpd_tls_eecdh_grade = auto\n"
    "D tls_eecdh_auto_curves = prime256v1\n"
    "D authorized_submit_users = static:anyone\n"
    "D address_verify_sender_dependent_default_transport_maps =\n"
    "myhostname = mx.example.com\n"
    "authorized_submit_users = root\n"
    "sender_dependent_default_transport_maps ="
    " socketmap:inet:127.0.0.1:9999:forceenc\n"
    "smtp_tls_security_level = may\n"
    "smtpd_tls_security_level = may\n"
    "smtpd_tls_chain_files = /etc/mx.pem\n"
    "smtp_tls_CAfile = /etc/ca.pem\n"
    "smtp_tls_loglevel = 1\n"
    "smtpd_sender_login_maps = static:all\n"
    "tls_ssl_options = NO_RENEGOTIATION\n"
    "M smtp inet n - y - - smtpd\n"
    "M cleanup unix n - y - 0 cleanup\n"
    "M rewrite unix - - y - - trivial-rewrite\n"
    "M smtp unix - - y - - smtp\n"
    "M relay unix - - y - - smtp\n"
    "M secret unix - - y - - smtp -o smtp_tls_security_level=secure\n"
    "M local unix - n n - - local\n"
    "M virtual unix - n n - - virtual\n"
    "M error unix - - y - - error\n"
    "M lmtp unix - - y - - lmtp\n"
    "M pipes unix - n n - - pipe argv=/bin/x\n"
    "M forceenc unix - - y - - smtp\n"
    "P secret/unix/smtp_tls_security_level = secure\n"
    "P secret/unix/tls_required_enable = no\n"
    "P forceenc/unix/syslog_name = forceenc\n"
    "P forceenc/unix/smtp_tls_security_level = secure\n"
    "P forceenc/unix/tls_required_enable = no\n"
    "P forceenc/unix/smtp_delivery_status_filter = pcre:/f\n"
    "query pcre:/f 4.7.4 TLS is required, but was not offered by host "
    "mx.example.com[192.0.2.1]|5.7.4 x\n"
    "query pcre:/f 4.7.5 Cannot start TLS: handshake failure|5.7.5 x\n"
    "query pcre:/f 4.7.5 Server certificate not verified|5.7.5 x\n"
    "cert /etc/mx.pem 8000000\n"
    "ask <> forceenc:\n";

struct example {
	const char *rule;
	const char *found; /* with these lines: the finding */
	const char *quiet; /* and with these it isn't; "": the base */
	const char *line;  /* in the finding's line */
	const char *fix;   /* in its remedy */
};

#define MAP    "sender_dependent_default_transport_maps"
#define OURS   "socketmap:inet:127.0.0.1:9999:forceenc"
#define SECURE "P forceenc/unix/smtp_tls_security_level = "

static const struct example examples[] = {
    {"map-missing", MAP " =\n", MAP " = hash:/x\n", MAP " =",
	"postconf -e '" MAP " = " OURS "'"},
    /* If nobody answers, all mail would wait. */
    {"map-missing", MAP " =\nask <> trouble\n", "", MAP " =",
	"forceencctl setup --apply"},
    /* qmgr(8) may ask another one. */
    {"map-missing",
	"rewrite_service_name = other\nM qmgr unix n - n 300 1 qmgr\n"
	"P other/unix/" MAP " =\n",
	"rewrite_service_name = other\nM qmgr unix n - n 300 1 qmgr\n"
	"P rewrite/unix/" MAP " =\n",
	"other/unix/" MAP " =", "postconf -P 'other/unix/" MAP "=" OURS "'"},
    /* It may have senders whom forceencd doesn't know. */
    {"map-direct", MAP " = hash:/x, ldap:/y\n", MAP " =\n", "hash:/x",
	"postconf -e '" MAP " = " OURS ", hash:/x, ldap:/y'"},
    {"map-shadowed", MAP " = hash:/x, " OURS "\n", MAP " = " OURS ", hash:/x\n",
	"hash:/x", "postconf -e '" MAP " = " OURS ", hash:/x'"},
    {"map-shadowed", "P rewrite/unix/" MAP " = hash:/x " OURS "\n", "",
	"rewrite/unix/" MAP, "postconf -P 'rewrite/unix/" MAP "="},
    {"map-shadowed", MAP " = inline:{a='b'} " OURS "\n", "",
	"inline:", OURS ", inline:{a='\\''b'\\''}'"},
    {"map-answer", "ask postmaster@mx.example.com relay:\n",
	"ask postmaster@mx.example.com secret:[h]:25\n",
	"answers relay:", "forceenc_answers"},
    {"map-null", "ask <> nothing\n", "ask <> trouble\n", "<>",
	"forceencctl set '<>' on"},
    {"map-null", "ask <> DUNNO\n", "elsewhere\nask <> nothing\n", "<>", "on"},
    {"map-null-key",
	"empty_address_default_transport_maps_lookup_key = nobody\n", "",
	"nobody", "= <>"},
    {"map-asked", "ask postmaster@mx.example.com trouble\n",
	"elsewhere\nask postmaster@mx.example.com trouble\n", "trouble",
	"forceencctl lookup postmaster@mx.example.com"},
    {"map-asked",
	"smtp_tls_policy_maps = socketmap:inet:h:1:p\n"
	"ask example.com trouble\n",
	"smtp_tls_policy_maps = socketmap:inet:h:1:p\n", "inet:h:1:p",
	"postmap -q example.com 'socketmap:inet:h:1:p'"},
    {"map-asked",
	"transport_maps = hash:/t, socketmap:inet:h:1:t\n"
	"ask postmaster@example.com trouble\n",
	"transport_maps = hash:/t, socketmap:inet:h:1:t\n"
	"ask postmaster@example.com smtp:\n",
	"inet:h:1:t", "postmap -q postmaster@example.com"},
    {"map-chroot", MAP " = socketmap:unix:/var/spool/postfix/f/l:forceenc\n",
	MAP " = socketmap:unix:f/l:forceenc\n", "unix:/var",
	"socketmap:unix:f/l:forceenc"},
    {"map-chroot", MAP " = socketmap:unix:/run/l:forceenc\n",
	MAP " = " OURS "\n", "/run/l", "listen below"},
    {"map-tcp", MAP " = tcp:127.0.0.1:9998 hash:/x\n", "",
	"tcp:", "= " OURS ", hash:/x'"},
    {"map-proxy", MAP " = proxy:" OURS " hash:/x\n", "",
	"proxy:", "= " OURS ", hash:/x'"},
    {"map-site", "site forceenc.cf:1: wrong\n", "", "forceenc.cf:1",
	"config check"},
    {"map-probe", "address_verify_sender_dependent_default_transport_maps =\n",
	"address_verify_sender_dependent_default_transport_maps = $" MAP "\n",
	"address_verify", ""},
    {"transport-level", SECURE "may\n", SECURE "encrypt\n", "= may",
	"postconf -P 'forceenc/unix/smtp_tls_security_level=encrypt'"},
    {"transport-level", SECURE "dane\n", SECURE "dane-only\n", "= dane",
	"=encrypt"},
    {"transport-level", SECURE "\n", SECURE "\nsmtp_enforce_tls = yes\n",
	"level =", "=encrypt"},
    {"transport-level", SECURE "$x\nx = none\n", SECURE "$x\nx = verify\n",
	"= $x", "=encrypt"},
    /* Of two services the last one counts. */
    {"transport-level",
	"M forceenc unix - - y - - smtp -o smtp_helo_timeout=3s\n",
	"M forceenc unix - - y - - smtp -v -o { smtp_tls_security_level = "
	"encrypt } -o x=y\n",
	"smtp_tls_security_level = may", "forceenc/unix/"},
    {"transport-foreign", "transport pipes\n", "transport error\n",
	"pipes unix ... pipe", "postconf -M 'pipes/unix="},
    {"transport-policy",
	"smtp_tls_policy_maps = hash:/p\ntable hash:/p a.example|may\n",
	"smtp_tls_policy_maps = hash:/p\ntable hash:/p a|encrypt\n"
	"table hash:/p b|dane-only\n",
	"hash:/p: a.example may",
	"postconf -P 'forceenc/unix/smtp_tls_policy_maps='"},
    {"transport-policy",
	"smtp_tls_policy_maps = hash:/p\n"
	"table hash:/p b|dane match=may\n",
	"smtp_tls_policy_maps = hash:/p\ntable hash:/p b|may\n"
	"P forceenc/unix/smtp_tls_policy_maps =\n",
	"b dane", ""},
    {"transport-per-site", "smtp_tls_per_site = hash:/s\n",
	"smtp_tls_per_site = hash:/s\nsmtp_tls_policy_maps = hash:/p\n",
	"smtp_tls_per_site = hash:/s", "smtp_tls_per_site='"},
    {"transport-per-site",
	"smtp_tls_per_site = hash:/s\ntable hash:/s a|MUST\n"
	"table hash:/s b|none\n",
	"smtp_tls_per_site = hash:/s\ntable hash:/s a|MUST\n"
	"table hash:/s b|MAY\n",
	"hash:/s", "smtp_tls_per_site='"},
    {"transport-tls-required", "P forceenc/unix/tls_required_enable = yes\n",
	"P forceenc/unix/tls_required_enable = yes\n"
	"P cleanup/unix/tls_required_enable = no\n",
	"forceenc/unix/tls_required_enable = yes",
	"postconf -P 'forceenc/unix/tls_required_enable=no'"},
    {"transport-policy-unread",
	"smtp_tls_policy_maps = ldap:/p\nunread ldap:/p\n",
	"smtp_tls_policy_maps = hash:/p\ntable hash:/p a|may\n", "ldap:/p",
	"smtp_tls_policy_maps='"},
    {"transport-policy",
	"smtp_tls_policy_maps = hash:/p\n"
	"table hash:/p a|secure ciphers=null\n",
	"smtp_tls_policy_maps = hash:/p\n"
	"table hash:/p a|secure ciphers=high\n",
	"ciphers=null", ""},
    {"transport-missing", "transport nosuch\n", "transport relay\n",
	"nosuch unix",
	"postconf -M 'nosuch/unix=nosuch unix - - y - - smtp -o syslog_name="
	"nosuch -o smtp_tls_security_level=encrypt -o smtp_tls_policy_maps= "},
    {"transport-missing", "ask postmaster@mx.example.com nosuch:\n",
	"ask postmaster@mx.example.com DUNNO\n",
	"answers for postmaster@mx.example.com", "nosuch/unix"},
    {"transport-dnssec", SECURE "dane-only\n",
	SECURE "dane-only\nsmtp_dns_support_level = dnssec\n",
	"smtp_dns_support_level", "=dnssec"},
    {"transport-loglevel", "smtp_tls_loglevel = 0\n",
	"smtp_tls_loglevel = 0\nP forceenc/unix/smtp_tls_loglevel = 1\n", "= 0",
	"postconf -P 'forceenc/unix/smtp_tls_loglevel=1'"},
    {"transport-loglevel-maps", "smtp_tls_loglevel_maps = hash:/l\n", "",
	"hash:/l", "smtp_tls_loglevel_maps='"},
    {"transport-reuse", "smtp_tls_connection_reuse = yes\n",
	"smtp_tls_connection_reuse = no\n", "= yes", "reuse=no"},
    {"transport-syslog", "transport relay\n", "", "syslog_name = postfix",
	"postconf -P 'relay/unix/syslog_name=relay'"},
    {"transport-fallback", "smtp_fallback_relay = [h]\n",
	"smtp_fallback_relay = [h]\nP forceenc/unix/smtp_fallback_relay =\n",
	"[h]", "smtp_fallback_relay='"},
    {"transport-requiretls", SECURE "encrypt\n",
	SECURE "encrypt\nP forceenc/unix/requiretls_enable = no\n",
	"requiretls_enable", "requiretls_enable=no"},
    {"transport-upgrade",
	"D mail_version = 3.7.11\nP forceenc/unix/tls_required_enable =\n",
	"D mail_version = 3.7.11\n", "tls_required_enable",
	"tls_required_enable=no"},
    {"transport-anybody", SECURE "encrypt\n", SECURE "verify\n", "encrypt", ""},
    {"route-transport-maps",
	"transport_maps = hash:/t\ntable hash:/t a.example|smtp:[h]\n",
	"transport_maps = hash:/t\ntable hash:/t a|:[h]\n"
	"table hash:/t b|forceenc:\ntable hash:/t c|error:no\n"
	"table hash:/t d|lmtp:unix:x\ntable hash:/t e|secret:\n"
	"table hash:/t f|smtp:[127.0.0.1]:10025\n",
	"hash:/t: a.example smtp:[h]", "forceenc:"},
    {"route-transport-maps",
	"mailbox_transport_maps = hash:/t\n"
	"table hash:/t a|lmtp:localhost.example\n",
	"mailbox_transport_maps = hash:/t\n"
	"table hash:/t a|lmtp:localhost:24\n",
	"localhost.example", ""},
    {"route-transport-maps",
	"transport_maps = hash:/t\n"
	"table hash:/t a|smtp:[127.0.0.1]:25, [192.0.2.1]:25\n",
	"transport_maps = hash:/t\n"
	"table hash:/t a|smtp:[127.0.0.1]:25, [::1]:25\n",
	"192.0.2.1", ""},
    {"route-transport-maps",
	"P local/unix/fallback_transport_maps = hash:/t\n"
	"table hash:/t a|smtp:h\n",
	"fallback_transport_maps = hash:/t\n", "hash:/t: a smtp:h", ""},
    /* Its level is as good as any, but doesn't hold. */
    {"route-transport-maps",
	"transport_maps = hash:/t\ntable hash:/t a|secret:\n"
	"P secret/unix/tls_required_enable = yes\n",
	"transport_maps = hash:/t\ntable hash:/t a|secret:\n"
	"P secret/unix/tls_required_enable = yes\n"
	"D mail_version = 3.9.1\n",
	"a secret:", "forceenc:"},
    {"route-class",
	"relay_domains = a\nrelay_transport = secret\n"
	"smtp_tls_policy_maps = hash:/p\ntable hash:/p a|may\n",
	"relay_domains = a\nrelay_transport = secret\n"
	"smtp_tls_policy_maps = hash:/p\ntable hash:/p a|encrypt\n",
	"relay_transport = secret", ""},
    {"route-class",
	"relay_domains = a\nrelay_transport = secret\n"
	"smtp_tls_policy_maps = ldap:/p\nunread ldap:/p\n",
	"relay_domains = a\nrelay_transport = secret\n"
	"smtp_tls_policy_maps = ldap:/p\nunread ldap:/p\n"
	"P secret/unix/smtp_tls_policy_maps =\n",
	"relay_transport = secret", ""},
    {"route-class",
	"relay_domains = a\nrelay_transport = secret\n"
	"smtp_tls_per_site = hash:/s\n",
	"relay_domains = a\nrelay_transport = secret\n"
	"smtp_tls_per_site = hash:/s\n"
	"P secret/unix/smtp_tls_per_site =\n",
	"relay_transport = secret", ""},
    {"route-filter",
	"header_checks = pcre:/h\ntable pcre:/h /x/|filter smtp:h\n",
	"header_checks = pcre:/h\ntable pcre:/h /x/|FILTER forceenc:\n"
	"table pcre:/h /y/|REJECT filter smtp:h\n",
	"pcre:/h: /x/ filter smtp:h", ""},
    {"route-filter",
	"P smtp/inet/smtpd_sender_restrictions = permit, check_sender_access"
	" hash:/a\ntable hash:/a x|FILTER relay:h\n",
	"smtpd_sender_restrictions = reject_x hash:/a\n"
	"table hash:/a x|FILTER relay:h\n",
	"hash:/a: x FILTER", ""},
    {"route-filter",
	"smtpd_restriction_classes = strict, x\n"
	"strict = check_client_access hash:/a\n"
	"table hash:/a x|FILTER relay:h\n",
	"strict = check_client_access hash:/a\n"
	"table hash:/a x|FILTER relay:h\n",
	"hash:/a: x FILTER", ""},
    {"route-filter",
	"smtpd_client_restrictions = check_ccert_access { hash:/a, "
	"{ search_order = pubkey_fingerprint } }\n"
	"table hash:/a x|FILTER relay:h\n",
	"smtpd_client_restrictions = check_ccert_access { hash:/a }\n"
	"table hash:/a x|OK\n",
	"hash:/a: x FILTER", ""},
    {"route-content-filter", "content_filter = smtp:[filter.example]:25\n",
	"content_filter = smtp:[127.0.0.1]:10024\n", "filter.example",
	"loopback"},
    {"route-content-filter", "P smtp/inet/content_filter = relay:h\n",
	"content_filter = lmtp:unix:private/x\n", "smtp/inet/", ""},
    {"route-content-filter", "smtpd_proxy_filter = filter.example:10025\n",
	"smtpd_proxy_filter = 10025\n", "filter.example", "loopback"},
    {"route-content-filter",
	"P smtp/inet/smtpd_proxy_filter = inet:192.0.2.1:10025\n",
	"P smtp/inet/smtpd_proxy_filter = inet:127.0.0.1:10025\n",
	"smtp/inet/smtpd_proxy_filter", ""},
    {"route-class", "relay_domains = a.example\n",
	"relay_domains = $mydestination\n", "relay_domains = a.example",
	"postconf -e 'relay_transport = forceenc:'"},
    {"route-class",
	"virtual_mailbox_domains = v\nvirtual_transport = lmtp:inet:h:24\n",
	"virtual_mailbox_domains = v\n"
	"virtual_transport = lmtp:unix:private/l\n",
	"virtual_transport",
	"postconf -M 'forceenc-lmtp/unix=forceenc-lmtp unix - - y - - lmtp -o "
	"lmtp_tls_security_level=encrypt -o lmtp_tls_policy_maps= -o "
	"lmtp_tls_per_site= -o tls_required_enable=no' && postconf -e "
	"'virtual_transport = forceenc-lmtp:inet:h:24'"},
    {"route-class",
	"relay_domains = a.example\nrelay_transport = relay:[h]:25\n",
	"relay_domains = a.example\nrelay_transport = forceenc:[h]:25\n",
	"relay:[h]:25", "postconf -e 'relay_transport = forceenc:[h]:25'"},
    {"route-class", "fallback_transport = smtp:h\n",
	"mailbox_transport = lmtp:inet:[::1]:24\n", "fallback_transport", ""},
    {"route-class", "P local/unix/mailbox_transport = smtp:[h]\n",
	"P local/unix/mailbox_transport = lmtp:unix:x\n",
	"local/unix/mailbox_transport = smtp:[h]",
	"postconf -P 'local/unix/mailbox_transport=forceenc:[h]'"},
    {"route-relayhost", "relayhost = [r]\n", "", "relayhost = [r]", "relay"},
    {"route-relayhost", "sender_dependent_relayhost_maps = hash:/r\n", "",
	"hash:/r", ""},
    {"route-unread", "transport_maps = ldap:/t\nunread ldap:/t\n",
	"transport_maps = hash:/t\ntable hash:/t a|smtp:h\n", "ldap:/t", ""},
    {"route-program", "relay_domains = a\nrelay_transport = pipes\n",
	"relay_domains = a\nrelay_transport = forceenc:\n",
	"relay_transport = pipes", ""},
    {"route-program", "transport_maps = hash:/t\ntable hash:/t a|pipes:x\n",
	"transport_maps = hash:/t\ntable hash:/t a|relay:x\n", "a pipes:x", ""},
    {"route-program", "header_checks = pcre:/h\ntable pcre:/h /x/|FILTER $1\n",
	"header_checks = pcre:/h\ntable pcre:/h /x/|FILTER relay:$1\n",
	"FILTER $1", ""},
    {"route-program", "content_filter = pipes:dummy\n", "", "pipes:dummy", ""},
    {"route-filter-unread", "body_checks = ldap:/b\nunread ldap:/b\n", "",
	"ldap:/b", ""},
    {"route-filter-unread",
	"smtpd_recipient_restrictions = permit_mynetworks, "
	"check_policy_service inet:127.0.0.1:10023, permit\n",
	"smtpd_recipient_restrictions = permit\n", "check_policy_service", ""},
    {"sender-canonical", "sender_canonical_maps = hash:/c\n",
	"sender_canonical_maps = hash:/c\n"
	"sender_canonical_classes = header_sender\n",
	"hash:/c", "force"},
    {"sender-rewritten",
	"canonical_maps = hash:/c\nask a@example.com forceenc:\n"
	"table hash:/c a@example.com|b\n",
	"canonical_maps = hash:/c\nask a@example.com forceenc:\n"
	"table hash:/c a@example.com|b\nask b@mx.example.com forceenc:\n"
	"table hash:/c c@example.com|d@example.org\n",
	"hash:/c: a@example.com b", "forceencctl set 'b@mx.example.com' on"},
    {"sender-canonical",
	"canonical_maps = hash:/c\nask a@example.com trouble\n"
	"table hash:/c a@example.com|b@example.com\n",
	"canonical_maps = hash:/c\nask a@example.com nothing\n"
	"table hash:/c a@example.com|b@example.com\n",
	"hash:/c: a@example.com", "force"},
    {"sender-canonical",
	"canonical_maps = hash:/c\ntable hash:/c @example.com|@example.org\n",
	"", "@example.com", "force"},
    {"sender-canonical", "canonical_maps = hash:/c\n",
	"smtp_generic_maps = hash:/c\n", "canonical_maps", ""},
    {"sender-canonical", "masquerade_domains = example.com\n",
	"masquerade_domains = example.com\nmasquerade_classes = "
	"header_sender\n",
	"masquerade_domains", ""},
    {"sender-canonical", "P cleanup/unix/canonical_maps = hash:/c\n",
	"P cleanup/unix/canonical_maps = hash:/c\n"
	"P cleanup/unix/canonical_classes = header_sender\n",
	"cleanup/unix/canonical_maps", ""},
    {"sender-owner", "alias_maps = hash:/a\ntable hash:/a owner-l|joe\n",
	"alias_maps = hash:/a\ntable hash:/a l-owner|joe\n", "owner-l",
	"forceencctl set 'owner-l@mx.example.com' on"},
    {"sender-owner",
	"P local/unix/alias_maps = hash:/a\n"
	"table hash:/a owner-l|joe\n",
	"table hash:/a owner-l|joe\n", "owner-l", ""},
    {"sender-owner",
	"alias_maps = hash:/a\ntable hash:/a owner-l|joe\n"
	"myorigin = /etc/mailname\ntext /etc/mailname example.org\n",
	"alias_maps = hash:/a\ntable hash:/a owner-l|joe\n"
	"myorigin = example.org\nask owner-l@example.org forceenc:\n",
	"owner-l", "forceencctl set 'owner-l@example.org' on"},
    {"sender-owner",
	"alias_maps = hash:/a\ntable hash:/a owner-l|joe@example.net\n"
	"expand_owner_alias = yes\n",
	"alias_maps = hash:/a\ntable hash:/a owner-l|joe\n"
	"owner_request_special = no\n",
	"owner-l", "forceencctl set 'joe@example.net' on"},
    {"sender-owner-unread", "alias_maps = ldap:/a\nunread ldap:/a\n",
	"alias_maps = hash:/a\ntable hash:/a owner-l|joe\n", "ldap:/a",
	"owner-"},
    {"sender-milter", "P smtp/inet/smtpd_milters = unix:x\n", "",
	"smtp/inet/smtpd_milters", ""},
    {"sender-milter", "smtpd_milters = unix:x\n", "", "smtpd_milters", ""},
    {"sender-milter", "non_smtpd_milters = unix:x\n", "", "non_smtpd", ""},
    {"sender-login", "smtpd_sender_login_maps =\n", "", "login_maps",
	"reject_sender_login_mismatch"},
    {"sender-login", "smtpd_sasl_auth_enable = yes\n",
	"smtpd_sasl_auth_enable = yes\nsmtpd_restriction_classes = ours\n"
	"ours = reject_known_sender_login_mismatch permit\n",
	"smtp/inet: smtpd_sender_login_maps = static:all",
	"reject_sender_login_mismatch"},
    {"sender-login",
	"M submission inet n - y - - smtpd\n"
	"P submission/inet/smtpd_sasl_auth_enable = yes\n"
	"P submission/inet/smtpd_sender_login_maps =\n",
	"M submission inet n - y - - smtpd\nsmtpd_sender_login_maps =\n"
	"P submission/inet/smtpd_sasl_auth_enable = yes\n"
	"P submission/inet/smtpd_sender_login_maps = hash:/l\n"
	"P submission/inet/smtpd_sender_restrictions ="
	" reject_sender_login_mismatch\n",
	"submission/inet", ""},
    {"sender-submit", "authorized_submit_users = static:anyone\n", "",
	"static:anyone", ""},
    {"sender-notices", "notify_classes = bounce\n",
	"notify_classes = policy, software\n", "bounce", "resource"},
    {"sender-notices", "delay_warning_time = 4h\n", "delay_warning_time = 0\n",
	"4h", "0h"},
    {"dsn-missing", "P forceenc/unix/smtp_delivery_status_filter =\n",
	"P forceenc/unix/smtp_delivery_status_filter = regexp:/f\n",
	"filter =", "pcre:/etc/postfix/dsn_filter.pcre"},
    {"dsn-type", "P forceenc/unix/smtp_delivery_status_filter = regexp:/f\n",
	"", "regexp:/f", "pcre:"},
    {"dsn-unavailable", "unread pcre:/f\n", "elsewhere\nunread pcre:/f\n",
	"unread", "postfix-pcre"},
    {"dsn-temporary",
	"query pcre:/f 4.7.5 TLSA lookup error for mx.example.com:25"
	"|5.7.5 x\n",
	"query pcre:/f 4.7.5 client TLS configuration problem|4.7.6 x\n",
	"TLSA lookup error", "dsn_filter.pcre"},
    {"dsn-incomplete",
	"P forceenc/unix/smtp_delivery_status_filter = pcre:/g\n"
	"query pcre:/g 4.7.5 Cannot start TLS: handshake failure|5.7.5 x\n",
	"unread pcre:/f\n", "was not offered", "dsn_filter.pcre"},
    {"dsn-incomplete",
	"P forceenc/unix/smtp_delivery_status_filter = pcre:/g\n"
	"query pcre:/g 4.7.5 Cannot start TLS: handshake failure|5.7.5 x\n"
	"absent /etc/postfix/dsn_filter.pcre\n",
	"", "was not offered", "forceencctl setup --apply"},
    /* With DANE more is final. */
    {"dsn-incomplete", SECURE "dane-only\n",
	SECURE "dane-only\n"
	       "query pcre:/f 4.7.5 no TLSA records found|5.7.5 x\n"
	       "query pcre:/f 4.7.5 non DNSSEC destination|5.7.5 x\n",
	"no TLSA records", ""},
    {"dsn-soft-bounce", "soft_bounce = yes\n",
	"soft_bounce = yes\nP forceenc/unix/soft_bounce = no\n",
	"soft_bounce = yes", "postconf -P 'forceenc/unix/soft_bounce=no'"},
    {"dsn-everybody", "smtp_delivery_status_filter = pcre:/f\n",
	"smtp_delivery_status_filter = $default_delivery_status_filter\n",
	"pcre:/f", "postconf -e 'smtp_delivery_status_filter ='"},
    {"dsn-strict",
	"query pcre:/f 4.7.0 TLS is required, but host "
	"mx.example.com[192.0.2.1] refused to start TLS: 454 4.7.0 TLS not "
	"available|5.7.0 x\n",
	"", "454", ""},
    {"crypto-null", "smtp_tls_mandatory_ciphers = null\n", "", "= null",
	"=medium"},
    {"crypto-null", "ciphers NULL-SHA Enc=None\n",
	"ciphers NULL-SHA Enc=None\nsmtp_tls_exclude_ciphers = eNULL\n",
	"tls_medium_cipherlist",
	"forceenc/unix/smtp_tls_mandatory_exclude_ciphers=eNULL"},
    {"crypto-protocols-bad", "smtp_tls_protocols = !SSLv2, !SSLv3, !TLSv1.1\n",
	"smtp_tls_protocols = >=0303, <=0x0305\n", "!TLSv1.1", ">=TLSv1.2"},
    {"crypto-protocols-bad", "smtp_tls_protocols = TLSv1.9\n",
	"smtp_tls_protocols = tlsv1.3\n", "TLSv1.9", ">=TLSv1.2"},
    {"crypto-protocols-bad",
	"D mail_version = 3.5.1\nsmtp_tls_protocols = >=TLSv1.2\n",
	"smtp_tls_protocols = >=TLSv1.2, <=TLSv1.3\n", ">=TLSv1.2",
	"!SSLv2, !SSLv3, !TLSv1, !TLSv1.1"},
    {"crypto-protocols-bad",
	"P forceenc/unix/smtp_tls_mandatory_protocols"
	" = !TLSv1.2, !TLSv1.3\n",
	"", "forceenc/unix/smtp_tls_mandatory_protocols", ">=TLSv1.2"},
    {"crypto-ssl", "smtpd_tls_mandatory_protocols = !SSLv2\n",
	"smtpd_tls_mandatory_protocols = !SSLv2, !SSLv3\n", "!SSLv2",
	">=TLSv1.2"},
    {"crypto-ssl", "smtp_tls_protocols =\n", "", "smtp_tls_protocols =", ""},
    {"crypto-old", "smtp_tls_mandatory_protocols = >=TLSv1.1\n",
	"smtp_tls_protocols = >=TLSv1.1\n", "TLSv1.1", ">=TLSv1.2"},
    {"crypto-default", "D smtp_tls_mandatory_protocols = >=TLSv1\n",
	"smtp_tls_mandatory_protocols = >=TLSv1\n", "(default)", ">=TLSv1.2"},
    {"crypto-default", "smtp_tls_protocols = TLSv1, TLSv1.2\n", "", "TLSv1,",
	""},
    {"crypto-new", "smtp_tls_protocols = TLSv1.2\n",
	"smtp_tls_protocols = TLSv1.2, TLSv1.3\n", "TLSv1.2", ""},
    {"crypto-grade", "smtpd_tls_ciphers = export\n",
	"smtpd_tls_ciphers = high\n", "export", "medium"},
    {"crypto-weak", "ciphers A Enc=RC4(128) B Enc=3DES(168) Mac=MD5\n",
	"ciphers A Enc=AESGCM(256) Mac=AEAD\n", "RC4, 3DES, MD5",
	"'forceenc/unix/smtp_tls_exclude_ciphers=RC4,3DES,DES,MD5,eNULL'"},
    {"crypto-legacy", "tls_ssl_options = LEGACY_SERVER_CONNECT\n",
	"tls_ssl_options = NO_RENEGOTIATION NO_TICKET\n", "LEGACY", ""},
    {"crypto-legacy", "tls_ssl_options = NO_TICKET LEGACY_SERVER_CONNECT\n", "",
	"LEGACY",
	"postconf -e 'tls_ssl_options = NO_TICKET, NO_RENEGOTIATION'"},
    {"crypto-legacy",
	"P smtp/inet/tls_ssl_options = NO_TICKET LEGACY_SERVER_CONNECT\n", "",
	"LEGACY",
	"postconf -P 'smtp/inet/tls_ssl_options=NO_TICKET,NO_RENEGOTIATION'"},
    {"crypto-legacy", "tls_ssl_options = 0x40000000\n", "", "0x4", ""},
    {"crypto-eecdh", "smtpd_tls_eecdh_grade = none\n",
	"smtpd_tls_eecdh_grade = ultra\n", "none",
	"postconf -X smtpd_tls_eecdh_grade"},
    {"crypto-anonymous", SECURE "encrypt\nciphers A Au=None\n",
	"ciphers A Au=None\n", "exclude_ciphers", "aNULL"},
    {"crypto-lists", "tls_medium_cipherlist = ALL\n", "",
	"tls_medium_cipherlist", "postconf -X tls_medium_cipherlist"},
    {"crypto-renegotiation", "tls_ssl_options =\n",
	"tls_ssl_options =\nsmtpd_tls_security_level =\n", "tls_ssl_options",
	"NO_RENEGOTIATION"},
    {"crypto-curves", "tls_eecdh_auto_curves = prime256v1\n",
	"tls_eecdh_auto_curves = X25519 prime256v1\nopenssl 3.0.22\n",
	"prime256v1", "X25519 prime256v1"},
    {"crypto-curves", "tls_eecdh_auto_curves = X25519\nopenssl 3.5.0\n",
	"tls_eecdh_auto_curves = x25519mlkem768 X25519\nopenssl 3.10\n",
	"X25519", "X25519MLKEM768 X25519"},
    {"site-client-off", "smtp_tls_security_level =\n",
	"smtp_tls_security_level =\nsmtp_use_tls = yes\n", "level =", "may"},
    {"site-client-off", "smtp_tls_security_level = none\nsmtp_use_tls = yes",
	"", "none", "may"},
    {"site-server-off", "smtpd_tls_security_level =\n",
	"smtpd_tls_security_level = encrypt\n", "smtpd", "may"},
    {"site-server-off", "P smtp/inet/smtpd_tls_security_level = none\n",
	"smtpd_tls_security_level =\n"
	"P smtp/inet/smtpd_tls_security_level = may\n",
	"smtp/inet/", "postconf -P 'smtp/inet/smtpd_tls_security_level=may'"},
    {"site-server-off",
	"M 192.0.2.1:25 inet n - y - - smtpd\n"
	"P 192.0.2.1:25/inet/smtpd_tls_security_level =\n",
	"M 127.0.0.1:10025 inet n - y - - smtpd\n"
	"P 127.0.0.1:10025/inet/smtpd_tls_security_level =\n",
	"192.0.2.1:25/", "=may"},
    {"site-server-off", "smtpd_tls_security_level =\n",
	"smtpd_tls_security_level =\ninet_interfaces = loopback-only\n",
	"smtpd_tls_security_level =", "may"},
    {"site-server-off",
	"smtpd_tls_security_level =\nmaster_service_disable = qmqp/inet\n",
	"smtpd_tls_security_level =\nmaster_service_disable = smtp/inet\n",
	"smtpd_tls_security_level =", "may"},
    {"site-server-off",
	"smtpd_tls_security_level =\nmaster_service_disable = unix\n",
	"smtpd_tls_security_level =\nmaster_service_disable = x inet\n",
	"smtpd_tls_security_level =", "may"},
    {"site-client-off", "P smtp/unix/smtp_tls_security_level = none\n",
	"smtp_tls_security_level =\n"
	"P smtp/unix/smtp_tls_security_level = may\n",
	"smtp/unix/", "smtp/unix/smtp_tls_security_level=may"},
    {"site-no-cert", "P smtp/inet/smtpd_tls_chain_files =\n",
	"smtpd_tls_chain_files =\n"
	"P smtp/inet/smtpd_tls_chain_files = /c\n",
	"smtpd_tls_security_level", ""},
    {"site-no-cert", "smtpd_tls_chain_files =\n",
	"smtpd_tls_chain_files =\nsmtpd_tls_cert_file = /c\n",
	"smtpd_tls_security_level", "smtpd_tls_chain_files"},
    {"site-cert-missing", "absent /etc/mx.pem\n",
	"smtpd_tls_cert_file = none\nabsent none\n", "isn't there", ""},
    {"site-cert-missing", "P smtp/inet/smtpd_tls_cert_file = /y\nabsent /y\n",
	"absent /y\n", "smtp/inet/", ""},
    {"site-cert-expired", "cert /etc/mx.pem -172801\n", "cert /etc/mx.pem 1\n",
	"ended 2 days ago", "renew"},
    {"site-cert-expiring", "cert /etc/mx.pem 1814399\n",
	"cert /etc/mx.pem 1814400\n", "ends in 20 days", "renew"},
    {"site-cert-unread", "cert /etc/mx.pem ?\n",
	"elsewhere\ncert /etc/mx.pem ?\n", "unreadable", "root"},
    {"site-no-ca", "smtp_tls_CAfile =\n",
	"smtp_tls_CAfile =\nsmtp_tls_CApath = /etc/ssl/certs\n",
	"smtp_tls_CAfile =", "ca-certificates.crt"},
    {"site-no-ca", "smtp_tls_CAfile =\n",
	"smtp_tls_CAfile =\ntls_append_default_CA = yes\n", "CAfile", ""},
    {"site-ca-missing", "absent /etc/ca.pem\n", "", "/etc/ca.pem", "apt"},
    {"site-auth", "smtpd_sasl_auth_enable = yes\n",
	"smtpd_sasl_auth_enable = yes\nsmtpd_tls_auth_only = yes\n",
	"smtpd_tls_auth_only", "postconf -e 'smtpd_tls_auth_only = yes'"},
    {"site-auth",
	"M 192.0.2.1:26 inet n - y - - smtpd\n"
	"P 192.0.2.1:26/inet/smtpd_sasl_auth_enable = yes\n",
	"M 127.0.0.1:26 inet n - y - - smtpd\n"
	"P 127.0.0.1:26/inet/smtpd_sasl_auth_enable = yes\n",
	"smtpd_tls_auth_only", "yes"},
    {"site-submission", "M submission inet n - y - - smtpd\n",
	"M submission inet n - y - - smtpd\n"
	"P submission/inet/smtpd_tls_security_level = encrypt\n",
	"smtpd_tls_security_level",
	"postconf -P 'submission/inet/smtpd_tls_security_level=encrypt'"},
    {"site-submission", "M smtps inet n - y - - smtpd\n",
	"M smtps inet n - y - - smtpd\n"
	"P smtps/inet/smtpd_tls_wrappermode = yes\n",
	"smtpd_tls_wrappermode", "wrappermode=yes"},
    {"site-deprecated", "smtp_use_tls = yes\nsmtp_tls_security_level =\n",
	"P forceenc/unix/smtp_tls_per_site =\n", "smtp_use_tls = yes",
	"postconf -e 'smtp_tls_security_level = may' && postconf -X "
	"smtp_use_tls"},
    {"site-submission", "M 192.0.2.1:587 inet n - y - - smtpd\n",
	"M 127.0.0.1:587 inet n - y - - smtpd\n", "smtpd_tls_security_level",
	"192.0.2.1:587/inet/smtpd_tls_security_level=encrypt"},
    {"site-deprecated",
	"P smtp/inet/smtpd_enforce_tls = yes\n"
	"P smtp/inet/smtpd_tls_security_level =\n",
	"", "smtp/inet/smtpd_enforce_tls",
	"postconf -P 'smtp/inet/smtpd_tls_security_level=encrypt' && "
	"postconf -PX 'smtp/inet/smtpd_enforce_tls'"},
    /* What goes before it already is worth more. */
    {"site-deprecated", "smtp_tls_security_level = dane\nsmtp_use_tls = yes\n",
	"", "smtp_use_tls", "postconf -X smtp_use_tls"},
    {"site-deprecated",
	"smtp_tls_security_level =\nsmtp_enforce_tls = yes\n"
	"D smtp_tls_enforce_peername = yes\n",
	"", "smtp_enforce_tls",
	"postconf -e 'smtp_tls_security_level = verify' && postconf -X "
	"smtp_enforce_tls"},
    {"site-deprecated", "smtp_tls_per_site = hash:/s\n", "",
	"smtp_tls_per_site", "move its entries"},
    {"site-loglevel", "smtp_tls_loglevel = 0\n", "", "= 0",
	"postconf -e 'smtp_tls_loglevel = 1'"},
    {"site-complaints", "complaint unused parameter: foo=1\n",
	"complaint x: unused parameter: tls_required_enable=no\n", "foo=1", ""},
    {"site-complaints",
	"complaint x: support for parameter \"virtual_maps\" will be removed\n",
	"complaint x: support for parameter \"smtp_tls_per_site\" will be "
	"removed\n",
	"virtual_maps", ""},
    {"site-deprecated", "postscreen_use_tls = yes\n", "", "postscreen_use_tls",
	"postscreen_tls_security_level = may"},
    {"unseen", "elsewhere\n", "", "--from", "host"},
    {"unseen", "multi_instance_directories = /etc/postfix-out\n", "",
	"/etc/postfix-out", "--config-dir"},
    {"unseen", "smtp_tls_loglevel = ${x\n", "", "isn't closed", ""},
};

#define EXAMPLES (sizeof(examples) / sizeof(*examples))

/* The finding of a rule, NULL if it has none. */
static const struct audit_finding *
find(struct audit_case *c, const char *rule)
{
	size_t i;

	for (i = 0; i < c->audit.nfindings; i++)
		if (strcmp(c->audit.finding[i].rule->id, rule) == 0)
			return &c->audit.finding[i];
	return NULL;
}

static void
nobody_finds_anything_in_the_base(void **state)
{
	struct audit_case c;

	(void)state;
	audit_case_open(&c, base, "");
	audit_run(&c.audit, audit_rules, audit_rules_n);
	if (c.audit.nfindings > 0)
		fail_msg("%s: %s", c.audit.finding[0].rule->id,
		    c.audit.finding[0].line);
	audit_case_close(&c);
}

static void
check_found(const struct example *e)
{
	const struct audit_finding *found;
	struct audit_case c;

	audit_case_open(&c, base, e->found);
	audit_run(&c.audit, audit_rules, audit_rules_n);
	found = find(&c, e->rule);
	if (found == NULL)
		fail_msg("%s isn't found in: %s", e->rule, e->found);
	if (strstr(found->line, e->line) == NULL)
		fail_msg("%s: no \"%s\" in: %s", e->rule, e->line, found->line);
	if (strstr(found->fix, e->fix) == NULL)
		fail_msg("%s: no \"%s\" in: %s", e->rule, e->fix, found->fix);
	audit_case_close(&c);
}

static void
each_rule_finds_what_it_should_and_nothing_else(void **state)
{
	const struct audit_finding *found;
	struct audit_case c;
	size_t i;

	(void)state;
	for (i = 0; i < EXAMPLES; i++) {
		check_found(&examples[i]);
		audit_case_open(&c, base, examples[i].quiet);
		audit_run(&c.audit, audit_rules, audit_rules_n);
		found = find(&c, examples[i].rule);
		if (found != NULL)
			fail_msg("%s is found in: %s (%s)", examples[i].rule,
			    examples[i].quiet, found->line);
		audit_case_close(&c);
	}
}

/* map-served needs a forceenc.cf; it has a test of its own. */
static void
each_rule_has_an_example(void **state)
{
	size_t rule, i;

	(void)state;
	for (rule = 0; rule < audit_rules_n; rule++) {
		for (i = 0; i < EXAMPLES; i++)
			if (strcmp(examples[i].rule, audit_rules[rule].id) == 0)
				break;
		if (i == EXAMPLES &&
		    strcmp(audit_rules[rule].id, "map-served") != 0)
			fail_msg("%s", audit_rules[rule].id);
	}
}

/* A site whose one map is "forceenc" at 127.0.0.1:9999 (socketmap), and at
 * port 9998 (tcp). */
static void
forceencd_serves_what_postfix_asks(void **state)
{
	static const struct {
		const char *map;
		bool served;
	} table[] = {{OURS, true}, {"socketmap:inet:localhost:9999:x", false},
	    {"socketmap:inet:127.0.0.2:9999:forceenc", false},
	    {"socketmap:inet:127.0.0.1:9998:forceenc", false},
	    {"tcp:127.0.0.1:9998", true}, {"tcp:127.0.0.1:9999", false},
	    /* What it serves there is no transport. */
	    {"socketmap:inet:127.0.0.1:9999:floor", false},
	    {OURS ", socketmap:inet:127.0.0.1:9999:floor", false},
	    {OURS ", socketmap:inet:127.0.0.2:9999:x", true}};
	struct conf_listen listen[2] = {{.map = NULL}, {.map = NULL}};
	struct conf_map map[2] = {{.name = (char[]){"forceenc"}},
	    {.name = (char[]){"floor"}, .kind = CONF_MAP_FLOOR}};
	struct conf site = {
	    .listen = listen, .nlisten = 2, .map = map, .nmaps = 2};
	struct buf more = {0};
	struct audit_case c;
	size_t i;

	(void)state;
	listen[1].map = map[0].name;
	endpoint_parse(&listen[0].endpoint, "inet:127.0.0.1:9999", NULL);
	endpoint_parse(&listen[1].endpoint, "inet:*:9998", NULL);
	for (i = 0; i < sizeof(table) / sizeof(*table); i++) {
		buf_clear(&more);
		buf_printf(&more, MAP " = %s\n", table[i].map);
		audit_case_open(&c, base, buf_text(&more));
		c.audit.site = &site;
		audit_run(&c.audit, audit_rules, audit_rules_n);
		if ((find(&c, "map-served") == NULL) != table[i].served)
			fail_msg("%s", table[i].map);
		audit_case_close(&c);
	}
	buf_fini(&more);
}

static unsigned asked;

static enum audit_said
never_answers(
    void *arg, const char *spec, const char *address, struct buf *text)
{
	(void)arg;
	(void)spec;
	(void)address;
	(void)text;
	asked++;
	return AUDIT_SAID_TROUBLE;
}

static void
a_map_that_hangs_is_not_asked_for_each_entry(void **state)
{
	struct buf more = {0};
	struct audit_case c;
	unsigned i;

	(void)state;
	buf_add_text(&more, "canonical_maps = hash:/c\n");
	for (i = 0; i < 100; i++)
		buf_printf(&more,
		    "table hash:/c u%u@example.com|v%u@example.com\n", i, i);
	audit_case_open(&c, base, buf_text(&more));
	c.world.ask = never_answers;
	asked = 0;
	audit_run(&c.audit, audit_rules, audit_rules_n);
	assert_non_null(find(&c, "sender-canonical"));
	assert_in_range(asked, 1, 20);
	audit_case_close(&c);
	buf_fini(&more);
}

static void
leaks_come_first(void **state)
{
	struct audit_case c;
	size_t i;

	(void)state;
	audit_case_open(
	    &c, base, "smtp_tls_loglevel = 0\nrelayhost = [r]\n" MAP " =\n");
	audit_run(&c.audit, audit_rules, audit_rules_n);
	assert_true(c.audit.nfindings >= 3);
	for (i = 1; i < c.audit.nfindings; i++)
		assert_true(c.audit.finding[i - 1].rule->severity <=
		    c.audit.finding[i].rule->severity);
	audit_case_close(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nobody_finds_anything_in_the_base),
	    cmocka_unit_test(each_rule_finds_what_it_should_and_nothing_else),
	    cmocka_unit_test(each_rule_has_an_example),
	    cmocka_unit_test(forceencd_serves_what_postfix_asks),
	    cmocka_unit_test(leaks_come_first),
	    cmocka_unit_test(a_map_that_hangs_is_not_asked_for_each_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
