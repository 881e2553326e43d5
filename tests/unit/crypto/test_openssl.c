#include "crypto/openssl.h"

#include "fixture.h"

#include <errno.h>
#include <string.h>

Test(openssl, the_oldest_entry_is_the_cause)
{
	struct err err = ERR_INIT;

	ERR_clear_error();
	ERR_raise(ERR_LIB_PEM, PEM_R_NO_START_LINE);
	ERR_raise(ERR_LIB_X509, X509_R_KEY_VALUES_MISMATCH);
	cr_assert_eq(err_openssl(&err, ERR_AUTH, "open %s", "x"), -1);
	cr_assert_eq(err.kind, ERR_AUTH);
	cr_assert_str_eq(err.text, "open x: no start line");
	cr_assert_eq(ERR_peek_error(), 0);
}

Test(openssl, a_system_error_has_its_own_words)
{
	struct err err = ERR_INIT;

	ERR_clear_error();
	ERR_raise(ERR_LIB_SYS, EACCES);
	cr_assert_eq(err_openssl(&err, ERR_SYSTEM, "open"), -1);
	cr_assert_str_eq(err.text, "open: Permission denied");
}

Test(openssl, an_empty_queue_adds_nothing)
{
	struct err err = ERR_INIT;

	ERR_clear_error();
	cr_assert_eq(err_openssl(&err, ERR_BUG, "open"), -1);
	cr_assert_str_eq(err.text, "open");
	cr_assert_eq(err_openssl(NULL, ERR_BUG, "open"), -1);
}

/* TLS asks the queue what went wrong with a connection: what we leave there would answer for it. */
Test(openssl, the_queue_is_left_empty)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *ca = fixture(arena, "talos-ca.crt");
	const char *key = fixture(arena, "etcd-ca.key");
	static const char damaged[] = "-----BEGIN CERTIFICATE-----\nAAAA\n";
	struct trust trust = { .ca = ca };
	struct x509_info info;
	enum key_type type;

	cr_assert_lt(x509_read(arena, damaged, &info, NULL), 0);
	cr_assert_eq(ERR_peek_error(), 0, "read");
	cr_assert_eq(x509_read(arena, ca, &info, NULL), 0);
	cr_assert_eq(ERR_peek_error(), 0, "read well");
	cr_assert_lt(x509_matches_key(ca, key, NULL), 0);
	cr_assert_eq(ERR_peek_error(), 0, "match");
	cr_assert_lt(x509_verify(ca, fixture(arena, "etcd-ca.crt"), X509_CLIENT, 0, NULL), 0);
	cr_assert_eq(ERR_peek_error(), 0, "verify");
	cr_assert_lt(x509_trusts(&trust, ca, "x", info.not_before, NULL), 0);
	cr_assert_eq(ERR_peek_error(), 0, "trust");
	cr_assert_lt(key_type_of(ca, &type, NULL), 0);
	cr_assert_eq(ERR_peek_error(), 0, "no key");
	cr_assert_eq(key_type_of(key, &type, NULL), 0);
	cr_assert_eq(ERR_peek_error(), 0, "key");
}
