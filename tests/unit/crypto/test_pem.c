#include "crypto/openssl.h"

#include "base/text.h"

#include "fixture.h"

#include <string.h>

Test(pem, certificates_are_written_as_they_were_read)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	static const char *const files[] = { "talos-ca.crt", "rsa-2048-ca.crt", "chain.crt" };

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		const char *text = fixture(arena, files[i]);
		struct err err = ERR_INIT;
		STACK_OF(X509) * certs OWNED(pem_certs_free) = pem_certs(text, &err);

		cr_assert_not_null(certs, "%s: %s", files[i], err.text);
		cr_assert_str_eq(pem_of_certs(arena, certs), text, "%s", files[i]);
		cr_assert(text_starts(text, pem_of_cert(arena, sk_X509_value(certs, 0))), "%s",
			  files[i]);
	}
}

Test(pem, keys_are_written_under_the_label_of_talos)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	static const struct {
		const char *from, *to;
	} rows[] = {
		{ "talos-ca.key", "talos-ca.key" },
		{ "etcd-ca.key", "etcd-ca.key" },
		{ "etcd-ca.pkcs8.key", "etcd-ca.key" },
		{ "rsa-4096.key", "rsa-4096.key" },
		{ "p384.key", "p384.key" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		EVP_PKEY *key OWNED(EVP_PKEY_free) = pem_key(fixture(arena, rows[i].from), &err);

		cr_assert_not_null(key, "%s: %s", rows[i].from, err.text);
		cr_assert_str_eq(pem_of_key(arena, key), fixture(arena, rows[i].to), "%s",
				 rows[i].from);
	}
}

Test(pem, all_certificates_of_a_pool_are_read)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *text = arena_printf(arena, "%s%s\n# a note\n%s", fixture(arena, "talos-ca.crt"),
					fixture(arena, "talos-ca.key"),
					fixture(arena, "etcd-ca.crt"));
	STACK_OF(X509) * certs OWNED(pem_certs_free) = pem_certs(text, NULL);

	cr_assert_eq(sk_X509_num(certs), 2);
}

Test(pem, one_damaged_certificate_spoils_a_pool)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	char *text = arena_printf(arena, "%s%s", fixture(arena, "talos-ca.crt"),
				  fixture(arena, "etcd-ca.crt"));
	struct err err = ERR_INIT;

	*strrchr(text, 'E') = '?'; /* of the last END line's CERTIFICATE */
	cr_assert_null(pem_certs(text, &err));
	cr_assert_eq(err.kind, ERR_INPUT);
	cr_assert(text_starts(err.text, "the PEM text of the certificate is damaged: "), "%s",
		  err.text);
}

Test(pem, blocks_are_named_and_damaged_ones_passed_over)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	static const char damaged[] = "-----BEGIN X-----\n!!!\n-----END X-----\n";
	const char *text = arena_printf(arena, "a note\n%s%s%s", damaged,
					fixture(arena, "talos-ca.crt"),
					fixture(arena, "etcd-ca.key"));
	const char *const *labels = pem_labels(arena, text);

	cr_assert_not_null(labels[0]);
	cr_assert_str_eq(labels[0], "CERTIFICATE");
	cr_assert_str_eq(labels[1], "EC PRIVATE KEY");
	cr_assert_null(labels[2]);
	cr_assert_null(pem_labels(arena, "")[0]);
	cr_assert_null(pem_labels(arena, damaged)[0]);
}

Test(pem, one_readable_certificate_is_enough_for_any)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	static const char junk[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

	cr_assert(x509_any(fixture(arena, "chain.crt")));
	cr_assert(x509_any(arena_printf(arena, "%s%s", junk, fixture(arena, "talos-ca.crt"))));
	cr_assert_not(x509_any(junk));
	cr_assert_not(x509_any(fixture(arena, "talos-ca.key")));
	cr_assert_not(x509_any(""));
}
