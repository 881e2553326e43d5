#include "crypto/x509.h"

#include "base/str.h"
#include "base/text.h"

#include "fixture.h"

#include <string.h>

#define YEAR (365 * DAY)

/*
 * The outline of a DER text: structure, object identifiers, names and extension values as they are;
 * what differs from certificate to certificate (numbers, times, keys, signatures, identifiers) by
 * its tag alone. Reads DER on its own, so that it does not share the view of what wrote it.
 */
struct outline {
	struct arena *arena;
	struct str text;
};

static void outline_value(struct outline *outline, unsigned tag, const unsigned char *at,
			  size_t len)
{
	bool key_id = tag == 0x04 && ((len == 22 && at[0] == 0x04 && at[1] == 20) ||
				      (len == 24 && at[0] == 0x30 && at[2] == 0x80));
	bool varies = tag == 0x02 || tag == 0x03 || key_id;

	if (tag == 0x17)
		str_addf(&outline->text, "UTCTime(%zu)", len);
	else if (varies)
		str_addf(&outline->text, "%02x ", tag);
	else
		str_addf(&outline->text, "%02x:%s ", tag, hex_encode(outline->arena, at, len));
}

static void outline_add(struct outline *outline, const unsigned char *at, size_t len,
			unsigned depth)
{
	cr_assert_lt(depth, 20);
	for (size_t used; len > 0; at += used, len -= used) {
		unsigned tag = at[0];
		size_t size = at[1], head = 2;
		if (size & 0x80) {
			size_t octets = size & 0x7f;
			for (size = 0; octets > 0; octets--)
				size = size << 8 | at[head++];
		}
		used = head + size;
		cr_assert_leq(used, len);
		if (tag & 0x20) {
			str_addf(&outline->text, "%02x{ ", tag);
			outline_add(outline, at + head, size, depth + 1);
			str_add(&outline->text, "} ");
		} else {
			outline_value(outline, tag, at + head, size);
		}
	}
}

static const char *outline_of(struct arena *arena, const char *pem)
{
	struct outline outline = { .arena = arena, .text = STR_INIT(1 << 16) };
	size_t len;
	const unsigned char *der = fixture_der(arena, pem, &len);

	outline_add(&outline, der, len, 0);
	const char *text = arena_str(arena, str_text(&outline.text));
	str_done(&outline.text);
	return text;
}

static const struct {
	const char *example, *organization;
	enum key_type type;
} authorities[] = {
	{ "talos-ca", "talos", KEY_ED25519 },
	{ "node-ca", "talos", KEY_ED25519 },
	{ "etcd-ca", "etcd", KEY_ECDSA_P256 },
	{ "aggregator-ca", NULL, KEY_ECDSA_P256 },
};

Test(x509_issue, an_authority_has_the_der_of_talos)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(authorities); i++) {
		struct x509_ca request = { authorities[i].organization, authorities[i].type,
					   moment("2027-01-02T03:04:05Z"), 10 * YEAR };
		const char *example =
			fixture(arena, arena_printf(arena, "%s.crt", authorities[i].example));
		struct identity ca;
		struct err err = ERR_INIT;

		cr_assert_eq(x509_make_ca(arena, &request, &ca, &err), 0, "%s", err.text);
		cr_assert_str_eq(outline_of(arena, ca.cert), outline_of(arena, example), "%s",
				 authorities[i].example);
		cr_assert(text_starts(ca.cert, "-----BEGIN CERTIFICATE-----\n"));
		cr_assert(text_ends(ca.cert, "\n-----END CERTIFICATE-----\n"));
		cr_assert_eq(x509_matches_key(ca.cert, ca.key, &err), 0, "%s", err.text);
	}
}

Test(x509_issue, the_outline_sees_a_difference)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *talos = outline_of(arena, fixture(arena, "talos-ca.crt"));

	cr_assert_str_neq(talos, outline_of(arena, fixture(arena, "etcd-ca.crt")));
	cr_assert_str_neq(talos, outline_of(arena, fixture(arena, "node-reader.crt")));
}

Test(x509_issue, an_authority_lives_exactly_as_long_as_asked)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct x509_ca request = { "talos", KEY_ED25519, moment("2027-01-02T03:04:05.9Z"),
				   10 * YEAR };
	struct identity ca;
	struct x509_info info;

	cr_assert_eq(x509_make_ca(arena, &request, &ca, NULL), 0);
	cr_assert_eq(x509_read(arena, ca.cert, &info, NULL), 0);
	cr_assert_eq(info.not_before, moment("2027-01-02T03:04:05Z"));
	cr_assert_eq(info.not_after - info.not_before, 10 * YEAR);
	cr_assert_str_eq(info.subject, "O=talos");
	cr_assert(info.is_ca && info.for_client && info.for_server);
}

Test(x509_issue, two_authorities_differ_in_number_key_and_identifier)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct x509_ca request = { "talos", KEY_ED25519, moment("2027-01-02T03:04:05Z"), YEAR };
	const unsigned char *der[2];
	const unsigned char mark[] = { 0x55, 0x1d, 0x0e, 0x04, 0x16, 0x04, 0x14 };
	const unsigned char *id[2];
	struct identity ca;

	for (int i = 0; i < 2; i++) {
		size_t len;
		cr_assert_eq(x509_make_ca(arena, &request, &ca, NULL), 0);
		der[i] = fixture_der(arena, ca.cert, &len);
		id[i] = memmem(der[i], len, mark, sizeof(mark));
		cr_assert_not_null(id[i]);
	}
	cr_assert_arr_neq(id[0] + sizeof(mark), id[1] + sizeof(mark), 20);
	cr_assert_arr_neq(der[0] + 14, der[1] + 14, 16); /* the serial number */
}

/* A certificate that a node issued for the role os:reader, and ours for the same request. */
Test(x509_issue, a_client_certificate_has_the_der_of_talos)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct identity ca = fixture_identity(arena, "talos-ca"), client;
	const char *const roles[] = { "os:reader", NULL };
	struct x509_request request = { .organizations = roles,
					.usage = X509_CLIENT,
					.now = moment("2027-01-02T03:04:05Z"),
					.lifetime = YEAR };
	struct err err = ERR_INIT;

	cr_assert_eq(x509_issue(arena, &ca, &request, &client, &err), 0, "%s", err.text);
	cr_assert_str_eq(outline_of(arena, client.cert),
			 outline_of(arena, fixture(arena, "node-reader.crt")));
	cr_assert_eq(x509_matches_key(client.cert, client.key, &err), 0, "%s", err.text);
	cr_assert_eq(x509_verify(client.cert, ca.cert, X509_CLIENT, request.now, &err), 0, "%s",
		     err.text);
}

/* One RDN whose members stand in DER's order for sets, shorter encodings first. */
Test(x509_issue, roles_are_one_set)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct identity ca = fixture_identity(arena, "talos-ca"), client;
	const char *const roles[] = { "os:etcd:backup", "os:reader", "os:admin", NULL };
	struct x509_request request = { .organizations = roles,
					.usage = X509_CLIENT,
					.now = moment("2027-01-02T03:04:05Z"),
					.lifetime = YEAR };
	struct x509_info info;
	const char *set = "31{ 30{ 06:55040a 13:6f733a61646d696e } "
			  "30{ 06:55040a 13:6f733a726561646572 } "
			  "30{ 06:55040a 13:6f733a657463643a6261636b7570 } } ";

	cr_assert_eq(x509_issue(arena, &ca, &request, &client, NULL), 0);
	cr_assert_not_null(strstr(outline_of(arena, client.cert), set), "%s",
			   outline_of(arena, client.cert));
	cr_assert_eq(x509_read(arena, client.cert, &info, NULL), 0);
	cr_assert_str_eq(info.subject, "O=os:admin+O=os:reader+O=os:etcd:backup");
	cr_assert_str_eq(info.organizations[0], "os:admin");
	cr_assert_str_eq(info.organizations[2], "os:etcd:backup");
	cr_assert_null(info.organizations[3]);
}

Test(x509_issue, a_server_certificate_names_hosts_before_addresses)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *const names[] = { "10.0.0.5", "cp-1", "fd00::5", "cp-1.example.org", NULL };
	const char *const none[] = { NULL };
	struct x509_request request = { .common_name = "cp-1.example.org",
					.organizations = none,
					.names = names,
					.usage = X509_SERVER,
					.now = moment("2027-01-02T03:04:05Z"),
					.lifetime = DAY };
	static const char *const expected[] = { "cp-1", "cp-1.example.org", "10.0.0.5", "fd00::5" };
	static const char *const issuers[] = { "talos-ca", "etcd-ca", "aggregator-ca" };

	for (size_t k = 0; k < ARRAY_LEN(issuers); k++) {
		struct identity ca = fixture_identity(arena, issuers[k]), server;
		struct x509_info info, ca_info;
		struct err err = ERR_INIT;

		cr_assert_eq(x509_issue(arena, &ca, &request, &server, &err), 0, "%s", err.text);
		cr_assert_eq(x509_read(arena, server.cert, &info, &err), 0, "%s", err.text);
		cr_assert_eq(x509_read(arena, ca.cert, &ca_info, &err), 0, "%s", err.text);
		cr_assert_eq(info.type, ca_info.type, "%s", issuers[k]);
		cr_assert(!info.is_ca && !info.for_client && info.for_server);
		cr_assert_str_eq(info.subject, "CN=cp-1.example.org");
		for (size_t i = 0; i < ARRAY_LEN(expected); i++)
			cr_assert_str_eq(info.names[i], expected[i]);
		cr_assert_null(info.names[ARRAY_LEN(expected)]);
		cr_assert_eq(x509_verify(server.cert, ca.cert, X509_SERVER, request.now, &err), 0,
			     "%s: %s", issuers[k], err.text);
	}
}

/* The extension that alone says who it is must be understood: RFC 5280 4.2.1.6. */
Test(x509_issue, names_without_a_subject_are_critical)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct identity ca = fixture_identity(arena, "talos-ca"), server;
	const char *const names[] = { "a", NULL };
	struct x509_request request = { .names = names, .usage = X509_SERVER, .lifetime = DAY };

	cr_assert_eq(x509_issue(arena, &ca, &request, &server, NULL), 0);
	cr_assert_not_null(strstr(outline_of(arena, server.cert), "06:551d11 01:ff 04:30038201"));
	request.common_name = "a";
	cr_assert_eq(x509_issue(arena, &ca, &request, &server, NULL), 0);
	cr_assert_not_null(strstr(outline_of(arena, server.cert), "06:551d11 04:30038201"));
}

Test(x509_issue, what_is_not_printable_is_utf8)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct identity ca = fixture_identity(arena, "talos-ca"), client;
	struct x509_request request = { .common_name = "n_1", .lifetime = DAY };
	struct x509_info info;

	cr_assert_eq(x509_issue(arena, &ca, &request, &client, NULL), 0);
	cr_assert_not_null(strstr(outline_of(arena, client.cert), "06:550403 0c:6e5f31 "));
	request.common_name = "J\xc3\xbcrgen\n";
	cr_assert_eq(x509_issue(arena, &ca, &request, &client, NULL), 0);
	cr_assert_eq(x509_read(arena, client.cert, &info, NULL), 0);
	cr_assert_str_eq(info.subject, "CN=J\xc3\xbcrgen\\0A"); /* no raw line break in messages */
}

Test(x509_issue, an_authority_without_identifier_gives_none)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct identity ca = fixture_identity(arena, "plain-ca"), client;
	struct x509_request request = { .common_name = "a", .lifetime = DAY };
	struct err err = ERR_INIT;

	request.now = moment("2027-01-02T03:04:05Z");
	cr_assert_eq(x509_issue(arena, &ca, &request, &client, &err), 0, "%s", err.text);
	cr_assert_null(strstr(outline_of(arena, client.cert), "06:551d23"));
	cr_assert_eq(x509_verify(client.cert, ca.cert, X509_CLIENT, request.now, &err), 0, "%s",
		     err.text);
}

static const struct {
	const char *name, *cert, *key, *common_name, *host, *text;
} refused[] = {
	{ "not an authority", "node-reader.crt", "node-reader.key", "a", "a",
	  "the certificate to issue with is no authority" },
	{ "another's key", "talos-ca.crt", "node-reader.key", "a", "a",
	  "the key does not belong to the certificate" },
	{ "a key of another type", "talos-ca.crt", "etcd-ca.key", "a", "a",
	  "the key does not belong to the certificate" },
	{ "no certificate", "talos-ca.key", "talos-ca.key", "a", "a",
	  "the text holds no PEM certificate" },
	{ "no key", "talos-ca.crt", "talos-ca.crt", "a", "a",
	  "a PEM block \"CERTIFICATE\" is no private key we can use" },
	{ "empty name", "talos-ca.crt", "talos-ca.key", "", "a",
	  "\"\" cannot stand in a certificate" },
	{ "damaged name", "talos-ca.crt", "talos-ca.key", "\xff", "a",
	  "\"\xff\" cannot stand in a certificate" },
	{ "host with a space", "talos-ca.crt", "talos-ca.key", "a", "a b",
	  "\"a b\" is no host name or IP address" },
	{ "empty host", "talos-ca.crt", "talos-ca.key", "a", "",
	  "\"\" is no host name or IP address" },
};

Test(x509_issue, refusals)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct identity ca = { fixture(arena, refused[i].cert),
				       fixture(arena, refused[i].key) };
		const char *const names[] = { refused[i].host, NULL };
		struct x509_request request = { .common_name = refused[i].common_name,
						.names = names,
						.usage = X509_SERVER,
						.lifetime = DAY };
		struct identity out = { 0 };
		struct err err = ERR_INIT;

		cr_assert_lt(x509_issue(arena, &ca, &request, &out, &err), 0, "%s",
			     refused[i].name);
		cr_assert_eq(err.kind, ERR_INPUT, "%s", refused[i].name);
		cr_assert_str_eq(err.text, refused[i].text);
		cr_assert_null(out.cert, "%s", refused[i].name);
	}
}
