#include "crypto/x509.h"

#include "base/text.h"

#include "fixture.h"

#include <string.h>

/* Inside the life of every authority among the fixtures. */
#define NOW "2027-01-02T03:04:05Z"

static const char *issued(struct arena *arena, const struct identity *ca, enum x509_usage usage,
			  const char *const *names)
{
	struct x509_request request = { .common_name = "cp-1",
					.names = names,
					.usage = usage,
					.now = moment(NOW),
					.lifetime = 30 * DAY };
	struct identity leaf;
	struct err err = ERR_INIT;

	cr_assert_eq(x509_issue(arena, ca, &request, &leaf, &err), 0, "%s", err.text);
	return leaf.cert;
}

/* In what follows a name is that of a fixture, or of one of these, made for the test. */
static const char *named(struct arena *arena, const char *name)
{
	struct identity talos = fixture_identity(arena, "talos-ca");
	struct identity plain = fixture_identity(arena, "plain-ca-2");
	struct identity aggregator = fixture_identity(arena, "aggregator-ca");

	if (!strcmp(name, "a client"))
		return issued(arena, &talos, X509_CLIENT, NULL);
	if (!strcmp(name, "a server"))
		return issued(arena, &talos, X509_SERVER, NULL);
	if (!strcmp(name, "a client of the aggregator"))
		return issued(arena, &aggregator, X509_CLIENT, NULL);
	if (!strcmp(name, "a client of plain-ca-2"))
		return issued(arena, &plain, X509_CLIENT, NULL);
	if (!strcmp(name, "both plain authorities"))
		return arena_printf(arena, "%s%s", fixture(arena, "plain-ca.crt"), plain.cert);
	if (!strcmp(name, "three authorities"))
		return arena_printf(arena, "%s%s%s", fixture(arena, "node-ca.crt"),
				    fixture(arena, "etcd-ca.crt"), talos.cert);
	return fixture(arena, name);
}

static const struct {
	const char *name, *cert, *ca;
	enum x509_usage usage;
	const char *now;
	const char *text; /* NULL: accepted */
} verified[] = {
	{ "client", "a client", "talos-ca.crt", X509_CLIENT, NOW, NULL },
	{ "server", "a server", "talos-ca.crt", X509_SERVER, NOW, NULL },
	{ "made by a node", "node-reader.crt", "node-ca.crt", X509_CLIENT, "2026-11-22T00:00:00Z",
	  NULL },
	{ "issuer without a name", "a client of the aggregator", "aggregator-ca.crt", X509_CLIENT,
	  NOW, NULL },
	{ "one of a pool", "a client", "three authorities", X509_CLIENT, NOW, NULL },
	{ "namesakes in the pool", "a client of plain-ca-2", "both plain authorities", X509_CLIENT,
	  NOW, NULL },
	{ "intermediate in the chain", "chain.crt", "plain-ca.crt", X509_CLIENT, NOW, NULL },
	{ "trusted intermediate", "chain-leaf.crt", "chain-intermediate.crt", X509_CLIENT, NOW,
	  NULL },
	{ "last second", "a client", "talos-ca.crt", X509_CLIENT, "2027-02-01T03:04:04Z", NULL },
	{ "expired", "a client", "talos-ca.crt", X509_CLIENT, "2027-02-01T03:04:05Z",
	  "the certificate expired on 2027-02-01" },
	{ "expired in a pool", "a client", "three authorities", X509_CLIENT,
	  "2027-02-01T03:04:05Z", "the certificate expired on 2027-02-01" },
	{ "not yet valid", "a client", "talos-ca.crt", X509_CLIENT, "2027-01-02T03:04:04Z",
	  "the certificate is not valid before 2027-01-02T03:04:05Z" },
	{ "epoch", "a client", "talos-ca.crt", X509_CLIENT, "1970-01-01T00:00:00Z",
	  "the certificate of its authority is not valid before 2026-11-21T00:33:28Z" },
	{ "expired authority", "a client", "talos-ca.crt", X509_CLIENT, "2036-11-18T00:33:30Z",
	  "the certificate of its authority expired on 2036-11-18" },
	{ "stranger", "a client", "etcd-ca.crt", X509_CLIENT, NOW,
	  "the certificate is signed by an unknown authority" },
	{ "namesake", "a client", "node-ca.crt", X509_CLIENT, NOW,
	  "the certificate is signed by an unknown authority" },
	{ "namesake without identifier", "a client of plain-ca-2", "plain-ca.crt", X509_CLIENT, NOW,
	  "the certificate is signed by an unknown authority" },
	{ "missing intermediate", "chain-leaf.crt", "plain-ca.crt", X509_CLIENT, NOW,
	  "the certificate is signed by an unknown authority" },
	{ "self-signed stranger", "plain-ca.crt", "talos-ca.crt", X509_CLIENT, NOW,
	  "the certificate is signed by an unknown authority" },
	{ "server as client", "a server", "talos-ca.crt", X509_CLIENT, NOW,
	  "the certificate is not a client certificate" },
	{ "client as server", "a client", "talos-ca.crt", X509_SERVER, NOW,
	  "the certificate is not a server certificate" },
	{ "no usage as client", "no-usage.crt", "plain-ca.crt", X509_CLIENT, NOW,
	  "the certificate is not for clients alone" },
	{ "no usage as server", "no-usage.crt", "plain-ca.crt", X509_SERVER, NOW, NULL },
	{ "both usages as client", "both-usages.crt", "plain-ca.crt", X509_CLIENT, NOW,
	  "the certificate is not for clients alone" },
	{ "both usages as server", "both-usages.crt", "plain-ca.crt", X509_SERVER, NOW, NULL },
	{ "signed by a leaf", "below-leaf.crt", "both-usages.crt", X509_SERVER, NOW,
	  "the certificate is signed by one that is no authority" },
	{ "authority for servers only", "below-server-ca.crt", "server-ca.crt", X509_CLIENT, NOW,
	  "its authority may not sign client certificates" },
};

Test(x509_verify, verdicts)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(verified); i++) {
		struct err err = ERR_INIT;
		int r = x509_verify(named(arena, verified[i].cert), named(arena, verified[i].ca),
				    verified[i].usage, moment(verified[i].now), &err);

		cr_assert_eq(r, verified[i].text ? -1 : 0, "%s: %s", verified[i].name, err.text);
		cr_assert_str_eq(err.text, verified[i].text ? verified[i].text : "", "%s: %s",
				 verified[i].name, err.text);
		cr_assert_eq(err.kind, verified[i].text ? ERR_AUTH : ERR_NONE, "%s",
			     verified[i].name);
	}
}

Test(x509_verify, a_forged_signature_is_refused)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	char *pem = arena_str(arena, fixture(arena, "node-reader.crt"));
	struct err err = ERR_INIT;
	uint64_t now = moment("2026-11-22T00:00:00Z");
	/* a letter within the last full line, which belongs to the signature */
	char *letter = strstr(pem, "-----END") - 40;

	*letter = *letter == 'A' ? 'B' : 'A';
	cr_assert_lt(x509_verify(pem, fixture(arena, "node-ca.crt"), X509_CLIENT, now, &err), 0);
	cr_assert_eq(err.kind, ERR_AUTH);
	cr_assert_str_eq(err.text, "the certificate is signed by an unknown authority");
}

Test(x509_verify, garbage_is_refused)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *good = fixture(arena, "talos-ca.crt");
	struct err err = ERR_INIT;

	cr_assert_lt(x509_verify("garbage", good, X509_CLIENT, 0, &err), 0);
	cr_assert_eq(err.kind, ERR_INPUT);
	cr_assert_str_eq(err.text, "the text holds no PEM certificate");
	cr_assert_lt(x509_verify(good, "garbage", X509_CLIENT, 0, &err), 0);
	cr_assert_eq(err.kind, ERR_INPUT);
	cr_assert_str_eq(err.text,
			 "read the trusted authorities: the text holds no PEM certificate");
	cr_assert_lt(x509_verify(good, "garbage", X509_CLIENT, 0, NULL), 0);
}

static const char *const names[] = { "10.0.0.5", "fd00::5", "cp-1", "*.example.org", NULL };

static const struct {
	const char *name, *host;
	bool accepted;
} hosts[] = {
	{ "address", "10.0.0.5", true },
	{ "another address", "10.0.0.6", false },
	{ "address of family 6", "fd00::5", true },
	{ "the same, written long", "fd00:0:0:0:0:0:0:5", true },
	{ "another of family 6", "fd00::6", false },
	{ "host", "cp-1", true },
	{ "host in capitals", "CP-1", true },
	{ "another host", "cp-2", false },
	{ "host below a wildcard", "a.example.org", true },
	{ "host two below a wildcard", "a.b.example.org", false },
	{ "the wildcard's own parent", "example.org", false },
	{ "the common name", "cp-1.common", false },
	{ "nothing", "", false },
};

Test(x509_verify, the_host_must_be_named)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct identity ca = fixture_identity(arena, "talos-ca"), server;
	struct trust trust = { .ca = ca.cert };
	struct x509_request request = { .common_name = "cp-1.common",
					.names = names,
					.usage = X509_SERVER,
					.now = moment(NOW),
					.lifetime = DAY };

	cr_assert_eq(x509_issue(arena, &ca, &request, &server, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		struct err err = ERR_INIT;
		int r = x509_trusts(&trust, server.cert, hosts[i].host, moment(NOW), &err);
		const char *text = arena_printf(
			arena,
			"the certificate is not for %s but for "
			"cp-1, *.example.org, 10.0.0.5, fd00::5",
			hosts[i].host);

		cr_assert_eq(r, hosts[i].accepted ? 0 : -1, "%s: %s", hosts[i].name, err.text);
		cr_assert_eq(err.kind, hosts[i].accepted ? ERR_NONE : ERR_AUTH, "%s",
			     hosts[i].name);
		cr_assert_str_eq(err.text, hosts[i].accepted ? "" : text);
	}
}

Test(x509_verify, a_common_name_is_no_host)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct identity ca = fixture_identity(arena, "talos-ca");
	struct trust trust = { .ca = ca.cert };
	struct err err = ERR_INIT;

	cr_assert_lt(x509_trusts(&trust, issued(arena, &ca, X509_SERVER, NULL), "cp-1",
				 moment(NOW), &err),
		     0);
	cr_assert_eq(err.kind, ERR_AUTH);
	cr_assert_str_eq(err.text, "the certificate is not for cp-1, it names no host");
}

Test(x509_verify, trust_by_authority_checks_everything)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct identity ca = fixture_identity(arena, "talos-ca");
	const char *server = issued(arena, &ca, X509_SERVER, names);
	const char *client = issued(arena, &ca, X509_CLIENT, names);
	const char *stranger = fixture(arena, "etcd-ca.crt");
	const char *expired = "the certificate expired on 2027-02-01";
	const char *unknown = "the certificate is signed by an unknown authority";
	const struct {
		struct trust trust;
		const char *cert, *now, *text;
	} rows[] = {
		{ { .ca = ca.cert }, server, NOW, "" },
		{ { .ca = ca.cert }, client, NOW, "the certificate is not a server certificate" },
		{ { .ca = ca.cert }, server, "2028-01-01T00:00:00Z", expired },
		{ { .ca = stranger }, server, NOW, unknown },
		/* insecure does not weaken an authority that is given */
		{ { .ca = stranger, .insecure = true }, server, NOW, unknown },
		{ { 0 }, server, NOW, "no authority is known that could vouch for cp-1" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		int r = x509_trusts(&rows[i].trust, rows[i].cert, "cp-1", moment(rows[i].now),
				    &err);
		cr_assert_eq(r, rows[i].text[0] ? -1 : 0, "row %zu: %s", i, err.text);
		cr_assert_str_eq(err.text, rows[i].text);
		cr_assert_eq(err.kind, rows[i].text[0] ? ERR_AUTH : ERR_NONE, "row %zu", i);
	}
}

/* A node in maintenance has a certificate nobody signed, for names and a time of its own. */
Test(x509_verify, a_pinned_key_is_enough)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *leaf = fixture(arena, "node-reader.crt");
	struct trust trust = { .fingerprint = "38DNHIrgwm+f9PjAPaT20e+mWpfypawfXBXARS0CjHM=" };
	struct err err = ERR_INIT;
	uint64_t late = moment("2040-01-01T00:00:00Z");

	cr_assert_eq(x509_trusts(&trust, leaf, "10.0.0.5", late, &err), 0, "%s", err.text);
	trust.ca = fixture(arena, "etcd-ca.crt");
	cr_assert_eq(x509_trusts(&trust, leaf, "10.0.0.5", late, &err), 0, "%s", err.text);

	trust.fingerprint = "AZoXA/+35F90e7Ll2xBSrrj92LiOkAWi+gDF6D5FHIU=";
	trust.insecure = true;
	cr_assert_lt(x509_trusts(&trust, leaf, "10.0.0.5", late, &err), 0);
	cr_assert_eq(err.kind, ERR_AUTH);
	cr_assert_str_eq(err.text,
			 "the certificate has the fingerprint "
			 "38DNHIrgwm+f9PjAPaT20e+mWpfypawfXBXARS0CjHM=, not "
			 "AZoXA/+35F90e7Ll2xBSrrj92LiOkAWi+gDF6D5FHIU=");
}

Test(x509_verify, only_the_leaf_is_compared_with_the_pin)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct trust trust = { .fingerprint = "38DNHIrgwm+f9PjAPaT20e+mWpfypawfXBXARS0CjHM=" };
	const char *chain = arena_printf(arena, "%s%s", fixture(arena, "talos-ca.crt"),
					 fixture(arena, "node-reader.crt"));

	cr_assert_lt(x509_trusts(&trust, chain, "cp-1", 0, NULL), 0);
}

Test(x509_verify, insecure_takes_any_certificate_but_no_garbage)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct trust trust = { .insecure = true };
	struct err err = ERR_INIT;

	cr_assert_eq(x509_trusts(&trust, fixture(arena, "node-reader.crt"), "x",
				 moment("2040-01-01T00:00:00Z"), &err),
		     0, "%s", err.text);
	cr_assert_lt(x509_trusts(&trust, "garbage", "x", 0, &err), 0);
	cr_assert_eq(err.kind, ERR_INPUT);
}
