#include "crypto/x509.h"

#include "base/text.h"

#include "fixture.h"

#include <string.h>

static const struct {
	const char *file, *subject, *not_before, *not_after;
	bool is_ca, for_client, for_server;
	enum key_type type;
	const char *digest, *fingerprint;
} known[] = {
	{ "talos-ca.crt", "O=talos", "2026-11-21T00:33:28Z", "2036-11-18T00:33:28Z",
	  true, true, true, KEY_ED25519,
	  "dcd1a7331c2487173e7c6bd94bc78cd3969c574f172cd71f90d870c06560bcc0",
	  "wzmvPmE6gSdfkcQ/ixfc25Q4SZNCMR1Ebwepa7rXQRI=" },
	{ "etcd-ca.crt", "O=etcd", "2026-11-21T00:33:28Z", "2036-11-18T00:33:28Z",
	  true, true, true, KEY_ECDSA_P256,
	  "0d26de65ea4d4df1e71e378f2e4c9d9d9238c9be2225b79d92d735fa381ce4e3",
	  "1jKQ8ZHKlpMtF0lrSZREuyQkyr4dnNNDVjIrYHZdyio=" },
	{ "aggregator-ca.crt", "", "2026-11-21T00:33:28Z", "2036-11-18T00:33:28Z",
	  true, true, true, KEY_ECDSA_P256,
	  "9f24f6f4b32af9ac5035655851fcab42f756854ed3c16ecb69c6676d13ad4102",
	  "INkWA5K49BV9wBCWwJHkBjRVxwVdz+C843xCnsIugAY=" },
	{ "rsa-2048-ca.crt", "CN=kubernetes", "2026-11-21T00:33:29Z", "2036-11-18T00:33:29Z",
	  true, false, false, KEY_OTHER,
	  "34b3b9ee894f0861c4ad7379794d6beef39462554696f880d8fde02d70689440",
	  "JuaQ9nbgonVJTNUX5ZR33OemmG0F0mN/4vjLH+V83DQ=" },
	{ "node-reader.crt", "O=os:reader", "2026-11-21T02:06:05Z", "2026-11-22T02:06:05Z",
	  false, true, false, KEY_ED25519,
	  "aa927f10c48995ed3d11853a00287004275b96245015bb8f9ba9a954eb4d0726",
	  "38DNHIrgwm+f9PjAPaT20e+mWpfypawfXBXARS0CjHM=" },
};

Test(x509_read, certificates_made_elsewhere)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		struct x509_info info;
		struct err err = ERR_INIT;
		const char *file = known[i].file;

		cr_assert_eq(x509_read(arena, fixture(arena, file), &info, &err), 0, "%s: %s", file,
			     err.text);
		cr_assert_str_eq(info.subject, known[i].subject, "%s", file);
		cr_assert_eq(info.not_before, moment(known[i].not_before), "%s", file);
		cr_assert_eq(info.not_after, moment(known[i].not_after), "%s", file);
		cr_assert_eq(info.is_ca, known[i].is_ca, "%s", file);
		cr_assert_eq(info.for_client, known[i].for_client, "%s", file);
		cr_assert_eq(info.for_server, known[i].for_server, "%s", file);
		cr_assert_eq(info.type, known[i].type, "%s", file);
		cr_assert_str_eq(info.digest, known[i].digest, "%s", file);
		cr_assert_str_eq(info.fingerprint, known[i].fingerprint, "%s", file);
		cr_assert_null(info.names[0], "%s", file);
	}
}

Test(x509_read, the_first_of_many)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct x509_info info;
	const char *pem = arena_printf(arena, "a note\n%s%s%s", fixture(arena, "etcd-ca.key"),
				       fixture(arena, "etcd-ca.crt"),
				       fixture(arena, "talos-ca.crt"));

	cr_assert_eq(x509_read(arena, pem, &info, NULL), 0);
	cr_assert_str_eq(info.subject, "O=etcd");
	cr_assert_str_eq(info.organizations[0], "etcd");
	cr_assert_null(info.organizations[1]);
}

static char *armour(struct arena *arena, const unsigned char *der, size_t len)
{
	return arena_printf(arena, "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n",
			    base64_encode(arena, der, len));
}

static unsigned char *server_der(struct arena *arena, size_t *len)
{
	struct identity ca = fixture_identity(arena, "talos-ca"), server;
	const char *const organizations[] = { "os:admin-or-not", NULL };
	const char *const names[] = { "node-or-not.example.org", NULL };
	struct x509_request request = { .organizations = organizations,
					.names = names,
					.usage = X509_SERVER,
					.lifetime = DAY };

	cr_assert_eq(x509_issue(arena, &ca, &request, &server, NULL), 0);
	return fixture_der(arena, server.cert, len);
}

/* "os:admin" with a NUL and more behind it must not read as the role os:admin. */
Test(x509_read, a_name_that_hides_a_nul_is_refused)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	static const char *const places[] = { "os:admin-or-not", "node-or-not.example.org" };

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		struct err err = ERR_INIT;
		struct x509_info info;
		size_t len;
		unsigned char *der = server_der(arena, &len);
		unsigned char *name = memmem(der, len, places[i], strlen(places[i]));

		cr_assert_not_null(name);
		cr_assert_eq(x509_read(arena, armour(arena, der, len), &info, &err), 0, "%s",
			     err.text);
		*(unsigned char *)memchr(name, '-', strlen(places[i])) = 0;
		cr_assert_lt(x509_read(arena, armour(arena, der, len), &info, &err), 0, "%s",
			     places[i]);
		cr_assert_eq(err.kind, ERR_INPUT);
		cr_assert_str_eq(err.text, "a name in the certificate holds a NUL");
	}
}

Test(x509_read, no_prefix_of_a_certificate_is_one)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct x509_info info;
	size_t len;
	unsigned char *der = server_der(arena, &len);

	for (size_t cut = 0; cut < len; cut++) {
		struct err err = ERR_INIT;
		cr_assert_lt(x509_read(arena, armour(arena, der, cut), &info, &err), 0, "%zu", cut);
		cr_assert_eq(err.kind, ERR_INPUT, "%zu", cut);
	}

	unsigned char *longer = arena_alloc(arena, len + 1);
	struct err err = ERR_INIT;
	memcpy(longer, der, len);
	cr_assert_lt(x509_read(arena, armour(arena, longer, len + 1), &info, &err), 0);
	cr_assert_str_eq(err.text, "the PEM text has bytes behind a certificate");
}

/* Any byte may be wrong: it reads or it is refused, and nothing else happens. */
Test(x509_read, damage_is_survived)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	size_t len, refused = 0;
	unsigned char *der = server_der(arena, &len);

	for (size_t i = 0; i < len; i++) {
		struct err err = ERR_INIT;
		struct x509_info info;
		der[i] ^= 0x41;
		if (x509_read(arena, armour(arena, der, len), &info, &err) < 0) {
			cr_assert_eq(err.kind, ERR_INPUT, "byte %zu: %s", i, err.text);
			refused++;
		}
		der[i] ^= 0x41;
	}
	cr_assert_gt(refused, 50);
}

static const struct {
	const char *pem, *text;
} garbage[] = {
	{ NULL, "the text holds no PEM certificate" },
	{ "", "the text holds no PEM certificate" },
	{ "no certificate at all", "the text holds no PEM certificate" },
	{ "-----BEGIN CERTIFICATE-----\nAAAA\n", "the PEM text of the certificate is damaged: " },
	{ "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n",
	  "the PEM text of the certificate is damaged: " },
	{ "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
	  "the PEM text holds no readable certificate: " },
};

Test(x509_read, garbage_is_refused)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(garbage); i++) {
		struct err err = ERR_INIT;
		struct x509_info info;
		cr_assert_lt(x509_read(arena, garbage[i].pem, &info, &err), 0, "row %zu", i);
		cr_assert_eq(err.kind, ERR_INPUT, "row %zu", i);
		cr_assert(text_starts(err.text, garbage[i].text), "row %zu: %s", i, err.text);
	}
}

Test(x509_read, keys_are_matched)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	static const struct {
		const char *cert, *key, *text;
	} rows[] = {
		{ "talos-ca.crt", "talos-ca.key", NULL },
		{ "etcd-ca.crt", "etcd-ca.key", NULL },
		{ "etcd-ca.crt", "etcd-ca.pkcs8.key", NULL },
		{ "rsa-2048-ca.crt", "rsa-2048-ca.key", NULL },
		{ "node-reader.crt", "node-reader.key", NULL },
		{ "talos-ca.crt", "node-reader.key", "the key does not belong to the certificate" },
		{ "etcd-ca.crt", "rsa-4096.key", "the key does not belong to the certificate" },
		{ "talos-ca.key", "talos-ca.key", "the text holds no PEM certificate" },
		{ "talos-ca.crt", "x25519.key",
		  "the PEM block \"PRIVATE KEY\" holds no key we can use" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		int r = x509_matches_key(fixture(arena, rows[i].cert), fixture(arena, rows[i].key),
					 &err);
		cr_assert_eq(r, rows[i].text ? -1 : 0, "row %zu: %s", i, err.text);
		cr_assert_eq(err.kind, rows[i].text ? ERR_INPUT : ERR_NONE, "row %zu", i);
		cr_assert_str_eq(err.text, rows[i].text ? rows[i].text : "");
	}
}
