#include "cluster/secrets.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "crypto/keys.h"

#include <criterion/criterion.h>
#include <string.h>

#define GOLDEN TEST_DATA_DIR "/golden/secrets/"
#define NOW (UINT64_C(1795000000) * SECOND)

static const char *golden(struct arena *arena, const char *name)
{
	struct err err = ERR_INIT;
	char *text;
	size_t len;

	cr_assert_eq(fs_read(arena, fs_join(arena, GOLDEN, name), FS_FILE_MAX, &text, &len, &err),
		     0, "%s", err.text);
	return text;
}

static struct bundle *read_good(const char *text)
{
	struct bundle *bundle = NULL;
	struct err err = ERR_INIT;

	cr_assert_eq(bundle_read("talsecret.yaml", text, strlen(text), &bundle, &err), 0, "%s",
		     err.text);
	return bundle;
}

/* The text with the first `old` replaced. */
static const char *replaced(struct arena *arena, const char *text, const char *old,
			    const char *new)
{
	const char *at = strstr(text, old);

	cr_assert_not_null(at, "%s", old);
	return arena_printf(arena, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
}

Test(secrets, a_bundle_reads_with_its_places_and_stays_sensitive)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct bundle *bundle OWNED(bundle_free) =
		read_good(golden(arena, "bundle-v1.13/secrets.yaml"));
	const struct value *id = value_get(value_get(bundle->source, "cluster"), "id");

	cr_assert_str_eq(bundle->id, "vDne3q9R2eYpLzmmKbdp_vu0P_XzDYiDetNDVEp8Dfg=");
	cr_assert_str_eq(bundle->file, "talsecret.yaml");
	cr_assert_null(bundle->aescbc);
	cr_assert_not_null(bundle->secretbox);
	cr_assert(value_is_sensitive(id));
	cr_assert_eq(value_src(id).line, 2);
	cr_assert(text_starts(bundle->talos.key, "-----BEGIN ED25519 PRIVATE KEY-----"));
}

static const struct {
	const char *name, *old, *new, *says;
	unsigned line;
} broken[] = {
	{ "a key that was taken out", "key: LS0tLS1CRUdJTiBF", "key: '******' #",
	  "certs.etcd.key was blacked out", 0 },
	{ "no base64", "crt: LS0t", "crt: '?'  #", "certs.etcd.crt is no base64 text", 0 },
	{ "no certificate", "crt: LS0t", "crt: bm90LWEtY2VydA== #",
	  "certs.etcd.crt is no certificate", 11 },
	{ "a NUL inside", "crt: LS0t", "crt: YQBi #", "certs.etcd.crt is no base64 text", 0 },
	{ "an empty text", "id: vDne3q9R2eYpLzmmKbdp_vu0P_XzDYiDetNDVEp8Dfg=", "id: ''",
	  "cluster.id is missing", 2 },
	{ "a list for a text", "id: vDne3q9R2eYpLzmmKbdp_vu0P_XzDYiDetNDVEp8Dfg=", "id: [a]",
	  "cluster.id is no text", 2 },
	{ "a text for a map", "trustdinfo:\n    token: fc90m4.lmhdoujs5r1wvwza",
	  "trustdinfo: fc90m4.lmhdoujs5r1wvwza", "trustdinfo is no map", 7 },
	{ "not YAML", "cluster:", "cluster: [", "read the secrets bundle", 0 },
	{ "an anchor that is none", "secret: bTjf", "secret: *bTjf #", "this is not YAML", 0 },
	{ "a list", "cluster:", "- cluster:", "", 0 },
};

Test(secrets, faults_are_named_without_what_the_file_holds)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *good = golden(arena, "bundle-v1.13/secrets.yaml");

	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		const char *text = replaced(arena, good, broken[i].old, broken[i].new);
		struct bundle *bundle OWNED(bundle_free) = NULL;
		struct err err = ERR_INIT;

		cr_assert_lt(bundle_read("talsecret.yaml", text, strlen(text), &bundle, &err), 0,
			     "%s", broken[i].name);
		cr_assert_eq(err.kind, ERR_INPUT, "%s", broken[i].name);
		cr_assert_str_eq(err.file, "talsecret.yaml", "%s", broken[i].name);
		cr_assert_not_null(strstr(err.text, broken[i].says), "%s: %s", broken[i].name,
				   err.text);
		if (broken[i].line > 0)
			cr_assert_eq(err.line, broken[i].line, "%s: %u", broken[i].name, err.line);
		cr_assert_null(strstr(err.text, "vDne3"), "%s: %s", broken[i].name, err.text);
		cr_assert_null(strstr(err.text, "bTjf"), "%s: %s", broken[i].name, err.text);
		cr_assert_null(strstr(err.text, "fc90m4"), "%s: %s", broken[i].name, err.text);
	}
}

Test(secrets, a_new_bundle_reads_back)
{
	struct random_seeded random;
	struct bundle *made OWNED(bundle_free) = NULL;
	struct str text SCOPED(str_done) = STR_INIT(1 << 20);
	struct str again SCOPED(str_done) = STR_INIT(1 << 20);
	struct err err = ERR_INIT;

	random_seeded_init(&random, 7);

	const struct bundle_options options = { "v1.6", NOW, &random.source };

	cr_assert_eq(bundle_new(&options, &made, &err), 0, "%s", err.text);
	cr_assert_null(made->source);
	cr_assert_null(made->file);
	bundle_write(&text, made);

	struct bundle *bundle OWNED(bundle_free) = read_good(str_text(&text));

	bundle_write(&again, bundle);
	cr_assert_str_eq(str_text(&again), str_text(&text));
	cr_assert_str_eq(bundle->etcd.cert, made->etcd.cert);
}

static const struct {
	const char *contract;
	bool aescbc;
} contracts[] = {
	{ "v1.2", true },
	{ "v1.3", false },
	{ "1.6.7", false },
};

Test(secrets, the_contract_decides_the_encryption_secret_and_the_account_key)
{
	struct random_seeded random;
	struct err err = ERR_INIT;

	random_seeded_init(&random, 7);
	for (size_t i = 0; i < ARRAY_LEN(contracts); i++) {
		struct bundle_options options = { contracts[i].contract, NOW, &random.source };
		struct bundle *bundle OWNED(bundle_free) = NULL;
		enum key_type type;

		cr_assert_eq(bundle_new(&options, &bundle, &err), 0, "%s: %s",
			     contracts[i].contract, err.text);
		cr_assert_eq(bundle->aescbc != NULL, contracts[i].aescbc, "%s",
			     contracts[i].contract);
		cr_assert_eq(bundle->secretbox != NULL, !contracts[i].aescbc, "%s",
			     contracts[i].contract);
		cr_assert_eq(key_type_of(bundle->service_account, &type, &err), 0);
		cr_assert_eq(type, KEY_ECDSA_P256, "%s", contracts[i].contract);
	}
}

Test(secrets, a_contract_that_is_none_is_refused)
{
	const char *const names[] = { "", "1", "v1.13-alpha", "latest" };
	struct random_seeded random;

	random_seeded_init(&random, 7);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct bundle_options options = { names[i], NOW, &random.source };
		struct bundle *bundle OWNED(bundle_free) = NULL;
		struct err err = ERR_INIT;

		cr_assert_lt(bundle_new(&options, &bundle, &err), 0, "%s", names[i]);
		cr_assert_eq(err.kind, ERR_USAGE, "%s", names[i]);
	}
}

Test(secrets, a_client_is_signed_by_the_bundle)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct bundle *bundle OWNED(bundle_free) =
		read_good(golden(arena, "bundle-v1.13/secrets.yaml"));
	const char *const roles[] = { "os:admin", NULL };
	struct identity client;
	struct x509_info info, ca;
	struct err err = ERR_INIT;

	cr_assert_eq(x509_read(arena, bundle->talos.cert, &ca, &err), 0);
	cr_assert_eq(bundle_client(bundle, arena,
				   &(struct client_request){ .roles = roles,
							     .now = ca.not_before + DAY,
							     .lifetime = HOUR },
				   &client, &err),
		     0, "%s", err.text);
	cr_assert_eq(x509_read(arena, client.cert, &info, &err), 0, "%s", err.text);
	cr_assert_str_eq(info.organizations[0], "os:admin");
	cr_assert_eq(info.not_after - info.not_before, HOUR);
	cr_assert_eq(x509_verify(client.cert, bundle->talos.cert, X509_CLIENT, ca.not_before + DAY,
				 &err),
		     0, "%s", err.text);
}

Test(secrets, the_identity_follows_the_cluster_id)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *text = golden(arena, "bundle-v1.13/secrets.yaml");
	struct bundle *bundle OWNED(bundle_free) = read_good(text);
	struct bundle *same OWNED(bundle_free) =
		read_good(replaced(arena, text, "token: fc90", "token: aaaa"));
	struct bundle *other OWNED(bundle_free) =
		read_good(replaced(arena, text, "id: vDne", "id: aDne"));
	const char *identity = bundle_identity(bundle, arena);

	cr_assert(text_starts(identity, "sha256:"));
	cr_assert_str_eq(bundle_identity(same, arena), identity);
	cr_assert_str_neq(bundle_identity(other, arena), identity);
}

static const struct {
	const char *name, *text, *says;
} no_configs[] = {
	{ "empty", "", "this is no machine config" },
	{ "another kind", "kind: HostnameConfig\nhostname: a\n", "this is no machine config" },
	{ "base64", "machine: {ca: {crt: '?!', key: ''}}\n", "machine.ca.crt is not base64" },
	{ "a map", "cluster: {secret: {a: b}}\n", "cluster.secret is not text" },
	{ "an alias", "cluster: {secret: *hidden}\n", "this is not YAML" },
};

Test(secrets, what_is_no_machine_config_is_not_imported)
{
	for (size_t i = 0; i < ARRAY_LEN(no_configs); i++) {
		struct bundle *bundle OWNED(bundle_free) = NULL;
		struct err err = ERR_INIT;

		cr_assert_lt(bundle_import_config("cp.yaml", no_configs[i].text,
						  strlen(no_configs[i].text), &bundle, &err),
			     0, "%s", no_configs[i].name);
		cr_assert_eq(err.kind, ERR_INPUT, "%s", no_configs[i].name);
		cr_assert_not_null(strstr(err.text, no_configs[i].says), "%s: %s",
				   no_configs[i].name, err.text);
		cr_assert_str_eq(err.file, "cp.yaml", "%s", no_configs[i].name);
		cr_assert_null(strstr(err.text, "hidden"), "%s", no_configs[i].name);
	}
}

Test(secrets, a_missing_pki_file_is_named)
{
	struct random_seeded random;
	struct bundle *bundle OWNED(bundle_free) = NULL;
	struct err err = ERR_INIT;

	random_seeded_init(&random, 7);

	const struct bundle_options options = { "v1.13", NOW, &random.source };

	cr_assert_lt(bundle_import_pki(GOLDEN "bundle-v1.13", NULL, &options, &bundle, &err), 0);
	cr_assert_eq(err.kind, ERR_NOT_FOUND);
	cr_assert_not_null(strstr(err.text, "etcd/ca.crt"), "%s", err.text);
}
