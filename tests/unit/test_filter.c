/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <stdlib.h>
#include <string.h>

#include "exact.h"
#include "forceenc/template.h"
#include "unit.h"

/* What a filter becomes for a key; NULL: it isn't asked for. */
struct expansion {
	const char *filter;
	const char *key;
	const char *wanted;
};

static const struct expansion expansions[] = {
    {"mail=%s", "a@example.com", "mail=a@example.com"},
    {"(&(mail=%s)(mailEnabled=TRUE)(objectClass=person))", "a@example.com",
	"(&(mail=a@example.com)(mailEnabled=TRUE)(objectClass=person))"},
    {"(&(uid=%u)(dc=%D))", "a@example.com", "(&(uid=a)(dc=example.com))"},
    {"(|(dc=%3.%2.%1)(dc=%2))", "a@mail.example.com",
	"(|(dc=mail.example.com)(dc=example))"},
    {"(cn=%4)", "a@mail.example.com", NULL},
    {"(cn=%d)", "joe", NULL},
    {"(cn=%u)", "joe", "(cn=joe)"},
    {"(cn=%u)", "@example.com", NULL},
    {"(cn=%S)", "@example.com", "(cn=@example.com)"},
    {"(cn=100%%)", "joe", "(cn=100%)"},
    {"(cn=x)", "joe", "(cn=x)"},
    /* Nothing in a key is anything but a value. */
    {"(mail=%s)", "*", "(mail=\\2a)"},
    {"(mail=%s)", ")(uid=*", "(mail=\\29\\28uid\\3d\\2a)"},
    {"(mail=%s)", "x)(|(mail=*))(&(mail=*",
	"(mail=x\\29\\28\\7c\\28mail\\3d\\2a\\29\\29\\28\\26\\28mail\\3d\\2a)"},
    {"(mail=%s)", "\\2a", "(mail=\\5c2a)"},
    {"(mail=%s)", "%s%u", "(mail=\\25s\\25u)"},
    {"(mail=%u)", "\"a b\"@x", "(mail=\\22a\\20b\\22)"},
    {"(mail=%s)", "j\xc3\xb6@x", "(mail=j\\c3\\b6@x)"},
    {"(mail=%s)", "\xff\x01", "(mail=\\ff\\01)"},
};

static void
test_expansions(void **state)
{
	const struct expansion *e = expansions;
	size_t n = sizeof(expansions) / sizeof(*expansions);
	struct template_key key;
	struct buf out = {0};
	char *exact;

	(void)state;
	for (; e < expansions + n; e++) {
		exact = exact_copy(e->key, strlen(e->key));
		template_key_split(&key, exact, strlen(e->key));
		buf_clear(&out);
		buf_add_text(&out, "|");
		if (e->wanted == NULL) {
			assert_int_equal(template_filter(&out, e->filter, &key),
			    TEMPLATE_SKIP);
			assert_string_equal(buf_text(&out), "|");
		} else {
			assert_int_equal(template_filter(&out, e->filter, &key),
			    TEMPLATE_OK);
			assert_string_equal(buf_text(&out) + 1, e->wanted);
		}
		free(exact);
	}
	buf_fini(&out);
}

static void
test_nul_is_coded(void **state)
{
	struct template_key key;
	struct buf out = {0};

	(void)state;
	template_key_split(&key, "a\0*", 3);
	assert_int_equal(template_filter(&out, "(mail=%s)", &key), TEMPLATE_OK);
	assert_string_equal(buf_text(&out), "(mail=a\\00\\2a)");
	buf_fini(&out);
}

static void
test_dn(void **state)
{
	static const char hostile[] = " #a,b+c\"<d>;=\\ @x";
	struct template_key key;
	struct buf out = {0};

	(void)state;
	template_key_split(&key, hostile, strlen(hostile));
	assert_int_equal(
	    template_filter_dn(&out, "cn=%u,dc=%d,o=x", &key), TEMPLATE_OK);
	assert_string_equal(buf_text(&out),
	    "cn=\\20\\23a\\2cb\\2bc\\22\\3cd\\3e\\3b\\3d\\5c\\20,dc=x,o=x");
	buf_fini(&out);
}

struct shape {
	const char *filter;
	const char *wanted;
	const char *attributes; /* each followed by a space */
	bool exact;
	bool whole;
};

static const struct shape shapes[] = {
    {"mail=%s", "(mail=*)", "mail ", true, true},
    {"(&(mail=%s)(mailEnabled=TRUE)(objectClass=person))",
	"(&(mail=*)(mailEnabled=TRUE)(objectClass=person))", "mail ", true,
	true},
    {"(|(mail=%s)(mailAlias=%u@%d)(MAIL=%S))",
	"(|(mail=*)(mailAlias=*)(MAIL=*))", "mail mailAlias ", true, true},
    {"(& (mail=%s) (! (disabled=TRUE)) )", "(&(mail=*)(!(disabled=TRUE)))",
	"mail ", true, true},
    {"(|(mail=%s)(cn=everybody))", "(|(mail=*)(cn=everybody))", "mail ", false,
	true},
    {"(|(mail=%s)(&(cn=everybody)(alias=%s)))",
	"(|(mail=*)(&(cn=everybody)(alias=*)))", "mail alias ", true, true},
    {"(&(|(mail=%s)(cn=everybody))(alias=%s))",
	"(&(|(mail=*)(cn=everybody))(alias=*))", "mail alias ", true, true},
    {"(&(uid=%u)(mail=%s))", "(&(uid=*)(mail=*))", "uid mail ", false, true},
    {"(proxyAddresses=smtp:%s)", "(proxyAddresses=*)", "proxyAddresses ", false,
	true},
    {"(mail=*%s*)", "(mail=*)", "mail ", false, true},
    {"(!(mail=%s))", "(!(mail=*))", "mail ", false, false},
    {"(!(!(mail=%s)))", "(!(!(mail=*)))", "mail ", false, false},
    {"(mail>=%s)", "(mail=*)", "mail ", true, false},
    {"(mail:caseExactMatch:=%s)", "(mail:caseExactMatch:=*)",
	"mail:caseExactMatch: ", true, false},
    {"(objectClass=*)", "(objectClass=*)", "", false, true},
    {"(cn=50%%)", "(cn=50%%)", "", false, true},
    {"(cn=\\28x\\29)", "(cn=\\28x\\29)", "", false, true},
    {"(&)", "(&)", "", false, true},
    {"(mail=)", "(mail=)", "", false, true},
    {"(cn;lang-de=%s)", "(cn;lang-de=*)", "cn;lang-de ", true, true},
    {"(2.5.4.3=%s)", "(2.5.4.3=*)", "2.5.4.3 ", true, true},
};

static void
test_shapes(void **state)
{
	size_t i, k, n = sizeof(shapes) / sizeof(*shapes);
	struct template_shape shape;
	struct buf names = {0};

	(void)state;
	for (i = 0; i < n; i++) {
		assert_int_equal(
		    template_shape_init(&shape, shapes[i].filter, NULL), 0);
		assert_string_equal(shape.filter, shapes[i].wanted);
		buf_clear(&names);
		for (k = 0; k < shape.nattributes; k++)
			buf_printf(&names, "%s ", shape.attribute[k]);
		assert_string_equal(buf_text(&names), shapes[i].attributes);
		assert_int_equal(shape.exact, shapes[i].exact);
		assert_int_equal(shape.whole, shapes[i].whole);
		template_shape_fini(&shape);
	}
	buf_fini(&names);
}

static const char *const refused[][2] = {
    {"", "no attribute at its end"},
    {"()", "no attribute at \")\""},
    {"mail", "no \"=\" at its end"},
    {"(mail)", "no \"=\" at \")\""},
    {"(mail=%s", "no \")\" at its end"},
    {"mail=%s)", "something behind its end at \")\""},
    {"(mail=%s))", "something behind its end at \")\""},
    {"(mail=%s)(a=b)", "something behind its end at \"(a=b)\""},
    {"(&(mail=%s)(a=b)", "no \")\" at its end"},
    {"(&mail=%s)", "no \")\" at \"mail=%s)\""},
    {"(!(a=b)(c=d))", "not exactly one filter behind \"!\""},
    {"(!)", "not exactly one filter behind \"!\""},
    {"(%s=x)", "an expansion that stands in no value at \"%s=x)\""},
    {"(mail=%x)", "\"%x\" is no expansion"},
    {"(mail=%)", "\"%)\" is no expansion"},
    {"(mail=(x))", "a value with a parenthesis"},
    {"(mail=\\zz)", "a backslash without two hexadecimal digits"},
    {"(mail=\\2)", "a backslash without two hexadecimal digits"},
    {"\"(mail=%s)\"", "no attribute at"},
};

static void
test_refused(void **state)
{
	size_t i, n = sizeof(refused) / sizeof(*refused);
	struct template_shape shape;
	struct err err;

	(void)state;
	for (i = 0; i < n; i++) {
		err.text[0] = '\0';
		assert_int_equal(
		    template_shape_init(&shape, refused[i][0], &err), -1);
		if (strstr(err.text, refused[i][1]) == NULL)
			fail_msg("%s: \"%s\"", refused[i][0], err.text);
		assert_null(shape.filter);
	}
}

static void
test_depth(void **state)
{
	struct template_shape shape;
	struct buf filter = {0};
	unsigned i;

	(void)state;
	for (i = 0; i < 100000; i++)
		buf_add_text(&filter, "(!");
	assert_int_equal(
	    template_shape_init(&shape, buf_text(&filter), NULL), -1);
	buf_fini(&filter);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_expansions),
	    cmocka_unit_test(test_nul_is_coded),
	    cmocka_unit_test(test_dn),
	    cmocka_unit_test(test_shapes),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
