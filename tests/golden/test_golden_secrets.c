/*
 * Every case of tests/data/golden/secrets: new bundles have the properties of the reference's,
 * imports give the same bytes, and what the reference refuses to load is refused.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "cluster/secrets.h"
#include "crypto/keys.h"
#include "crypto/random.h"
#include "tree/json.h"
#include "tree/path.h"
#include "tree/yaml.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <string.h>

#define FOLDER TEST_DATA_DIR "/golden/secrets"

struct golden_case {
	struct arena *arena;
	const char *name, *folder;
	const struct value *args;
};

typedef void case_fn(const struct golden_case *test);

static const char *read_text(const struct golden_case *test, const char *name)
{
	struct err err = ERR_INIT;
	char *text;
	size_t len;

	cr_assert_eq(fs_read(test->arena, fs_join(test->arena, test->folder, name), FS_FILE_MAX,
			     &text, &len, &err),
		     0, "%s: %s", test->name, err.text);
	return text;
}

static const struct value *read_json(const struct golden_case *test, const char *name)
{
	const char *text = read_text(test, name);
	const struct value *value;
	struct err err = ERR_INIT;

	cr_assert_eq(json_read(test->arena, name, text, strlen(text), &value, &err), 0, "%s: %s",
		     test->name, err.text);
	return value;
}

/* Runs `each` over the cases of one kind; there must be some. */
static void each_case(const char *what, case_fn *each)
{
	struct arena *arena OWNED(arena_free) = arena_new("golden");
	DIR *folder = opendir(FOLDER);
	size_t seen = 0;

	cr_assert_not_null(folder);
	for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
		struct golden_case test = { .arena = arena };

		if (entry->d_name[0] == '.')
			continue;
		test.name = arena_str(arena, entry->d_name);
		test.folder = fs_join(arena, FOLDER, entry->d_name);
		test.args = read_json(&test, "args.json");
		if (!text_equal(value_get_text(test.args, "what"), what))
			continue;
		each(&test);
		seen++;
	}
	closedir(folder);
	cr_assert_gt(seen, 0, "no case of kind %s", what);
}

static const char *written(const struct golden_case *test, const struct bundle *bundle)
{
	struct str text SCOPED(str_done) = STR_INIT(1 << 20);

	bundle_write(&text, bundle);
	return arena_strn(test->arena, str_text(&text), text.len);
}

static const struct value *parsed(const struct golden_case *test, const char *text)
{
	const struct yaml_input input = { .file = "bundle", .text = text, .len = strlen(text) };
	struct yaml_documents documents;
	struct err err = ERR_INIT;

	cr_assert_eq(yaml_read(test->arena, &input, &documents, &err), 0, "%s: %s", test->name,
		     err.text);
	cr_assert_eq(documents.len, 1, "%s", test->name);
	return documents.at[0];
}

static const struct value *at_path(const struct golden_case *test, const struct value *value,
				   const char *text)
{
	struct err err = ERR_INIT;
	struct path path;

	cr_assert_eq(path_parse(test->arena, text, &path, &err), 0, "%s: %s", text, err.text);
	return path_get(value, &path);
}

static void list_keys(const struct value *map, struct list_builder *keys, struct arena *arena)
{
	for (size_t i = 0; i < value_len(map); i++) {
		list_add(keys, value_str(arena, value_key_at(map, i)));
		if (value_is_map(value_at(map, i)))
			list_keys(value_at(map, i), keys, arena);
	}
}

static bool has_alphabet(const char *text, const char *extra)
{
	for (; *text; text++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
			    *text) &&
		    !strchr(extra, *text))
			return false;
	return true;
}

static bool is_token(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";

	return text && strlen(text) == 23 && strspn(text, letters) == 6 && text[6] == '.' &&
	       strspn(text + 7, letters) == 16;
}

static void check_secret(const struct golden_case *test, const char *path, const char *text,
			 const struct value *wanted)
{
	const char *alphabet = value_get_text(wanted, "alphabet");
	const char *extra = alphabet && text_starts(alphabet, "base64url") ? "-_=" : "+/=";
	uint64_t length = 44;

	value_u64(value_get(wanted, "length"), &length);
	cr_assert_not_null(text, "%s: %s", test->name, path);
	cr_assert_eq(strlen(text), length, "%s: %s", test->name, path);
	cr_assert(has_alphabet(text, extra), "%s: %s", test->name, path);
}

static const char *pem_at(const struct golden_case *test, const struct value *entry,
			  const char *key)
{
	const char *text = value_get_text(entry, key);
	unsigned char *pem;
	size_t len;

	cr_assert_not_null(text, "%s: %s", test->name, key);
	pem = base64_decode(test->arena, text, &len);
	cr_assert_not_null(pem, "%s: %s", test->name, key);
	return arena_strn(test->arena, (const char *)pem, len);
}

static enum key_type key_type_named(const char *name)
{
	if (strcmp(name, "Ed25519") == 0)
		return KEY_ED25519;
	if (strcmp(name, "RSA-4096") == 0)
		return KEY_RSA_4096;
	cr_assert_str_eq(name, "EC secp256r1");
	return KEY_ECDSA_P256;
}

static void check_key(const struct golden_case *test, const char *pem, const struct value *wanted)
{
	struct err err = ERR_INIT;
	enum key_type type;
	const char *begin = arena_printf(test->arena, "-----BEGIN %s-----\n",
					 value_get_text(wanted, "key_pem_label"));

	cr_assert(text_starts(pem, begin), "%s: %s", test->name, begin);
	cr_assert(text_ends(pem, "-----\n"), "%s: %s", test->name, begin);
	cr_assert_eq(key_type_of(pem, &type, &err), 0, "%s: %s", test->name, err.text);
	cr_assert_eq(type, key_type_named(value_get_text(wanted, "key_type")), "%s", test->name);
}

/* Where the extension with that last byte of its identifier (2.5.29.x) stands in the DER. */
static size_t extension_at(const struct golden_case *test, const char *pem, unsigned char id)
{
	const char *begin = strchr(pem, '\n') + 1;
	const unsigned char wanted[] = { 0x06, 0x03, 0x55, 0x1d, id };
	size_t len;
	const unsigned char *der, *found;
	char *body = arena_strn(test->arena, begin, (size_t)(strstr(begin, "-----END") - begin));

	der = base64_decode(test->arena, body, &len);
	cr_assert_not_null(der, "%s", test->name);
	found = memmem(der, len, wanted, sizeof(wanted));
	cr_assert_not_null(found, "%s: extension 2.5.29.%u", test->name, id);
	return (size_t)(found - der);
}

static void check_cert(const struct golden_case *test, const struct identity *ca,
		       const struct value *wanted)
{
	static const unsigned char order[] = { 15, 37, 19, 14 };
	struct x509_info info;
	struct err err = ERR_INIT;
	uint64_t lifetime = 0;

	cr_assert_eq(x509_read(test->arena, ca->cert, &info, &err), 0, "%s", err.text);
	cr_assert_eq(x509_matches_key(ca->cert, ca->key, &err), 0, "%s", err.text);
	cr_assert_str_eq(info.subject, value_get_text(wanted, "subject"), "%s", test->name);
	cr_assert(info.is_ca && info.for_client && info.for_server, "%s", test->name);
	cr_assert(value_u64(value_get(wanted, "lifetime_seconds"), &lifetime));
	cr_assert_eq(info.not_after - info.not_before, lifetime * SECOND, "%s", test->name);
	cr_assert_eq(value_len(value_get(wanted, "extensions_in_order")), ARRAY_LEN(order));
	for (size_t i = 1; i < ARRAY_LEN(order); i++)
		cr_assert_lt(extension_at(test, ca->cert, order[i - 1]),
			     extension_at(test, ca->cert, order[i]), "%s", test->name);
}

static void check_property(const struct golden_case *test, const struct value *made,
			   const char *path, const struct value *wanted)
{
	const struct value *value = at_path(test, made, path);

	if (text_equal(value_text(wanted), "absent")) {
		cr_assert_null(value, "%s: %s", test->name, path);
	} else if (value_has(wanted, "regex")) {
		cr_assert(is_token(value_text(value)), "%s: %s", test->name, path);
	} else if (value_has(wanted, "bytes")) {
		check_secret(test, path, value_text(value), wanted);
	} else {
		struct identity ca = { .key = pem_at(test, value, "key") };

		cr_assert(value_has(wanted, "key_type"), "%s: %s: unknown property", test->name,
			  path);
		check_key(test, ca.key, wanted);
		if (!value_has(wanted, "subject"))
			return;
		ca.cert = pem_at(test, value, "crt");
		check_cert(test, &ca, wanted);
	}
}

static struct bundle_options options_of(const struct golden_case *test, const char *contract)
{
	const char *version = value_get_text(test->args, "talos_version");

	return (struct bundle_options){
		.contract = version ? version : contract,
		.now = UINT64_C(1790000000) * SECOND,
		.random = random_system(),
	};
}

static void check_bundle(const struct golden_case *test)
{
	const struct value *expected = read_json(test, "expected.json");
	struct bundle_options options = options_of(test, NULL);
	struct bundle *bundle OWNED(bundle_free) = NULL;
	struct err err = ERR_INIT;

	cr_assert_eq(bundle_new(&options, &bundle, &err), 0, "%s: %s", test->name, err.text);

	const struct value *made = parsed(test, written(test, bundle));
	struct list_builder *keys = list_begin(test->arena);

	list_keys(made, keys, test->arena);
	cr_assert(value_equal(list_end(keys), value_get(expected, "key_order")), "%s", test->name);
	for (size_t i = 0; i < value_len(expected); i++)
		if (strcmp(value_key_at(expected, i), "key_order") != 0)
			check_property(test, made, value_key_at(expected, i),
				       value_at(expected, i));
}

/* The reference's own bundle reads, and writes to the same bytes. */
static void check_round_trip(const struct golden_case *test)
{
	const char *text = read_text(test, "secrets.yaml");
	struct bundle *bundle OWNED(bundle_free) = NULL;
	struct err err = ERR_INIT;

	cr_assert_eq(bundle_read("secrets.yaml", text, strlen(text), &bundle, &err), 0, "%s: %s",
		     test->name, err.text);
	cr_assert_str_eq(written(test, bundle), text, "%s", test->name);
}

static void check_import(const struct golden_case *test)
{
	const char *config = read_text(test, "controlplane.yaml");
	struct bundle *bundle OWNED(bundle_free) = NULL;
	struct err err = ERR_INIT;

	cr_assert_eq(bundle_import_config("controlplane.yaml", config, strlen(config), &bundle,
					  &err),
		     0, "%s: %s", test->name, err.text);
	cr_assert_str_eq(written(test, bundle), read_text(test, "secrets.yaml"), "%s", test->name);
}

static void check_pki(const struct golden_case *test)
{
	const struct value *expected = read_json(test, "expected.json");
	const struct value *taken = value_get(expected, "taken_over");
	const struct value *generated = value_get(expected, "generated");
	struct bundle_options options = options_of(test, "v1.13");
	struct bundle *bundle OWNED(bundle_free) = NULL;
	struct err err = ERR_INIT;

	cr_assert_eq(bundle_import_pki(fs_join(test->arena, test->folder, "pki"),
				       value_get_text(test->args, "token"), &options, &bundle,
				       &err),
		     0, "%s: %s", test->name, err.text);

	const struct value *made = parsed(test, written(test, bundle));

	cr_assert_gt(value_len(taken), 0);
	for (size_t i = 0; i < value_len(taken); i++) {
		const char *path = value_key_at(taken, i);

		cr_assert_str_eq(value_text(at_path(test, made, path)),
				 value_text(value_at(taken, i)), "%s: %s", test->name, path);
	}
	for (size_t i = 0; i < value_len(generated); i++) {
		const char *path = value_text(value_at(generated, i));

		cr_assert_neq(value_text_len(at_path(test, made, path)), 0, "%s: %s", test->name,
			      path);
	}
}

/* The names that the reference's message complains about are in ours. */
static void check_load(const struct golden_case *test)
{
	const char *text = read_text(test, "secrets.yaml");
	struct bundle *bundle OWNED(bundle_free) = NULL;
	struct err err = ERR_INIT;

	cr_assert_lt(bundle_read("secrets.yaml", text, strlen(text), &bundle, &err), 0, "%s",
		     test->name);
	cr_assert_eq(err.kind, ERR_INPUT, "%s", test->name);
	cr_assert_str_eq(err.file, "secrets.yaml", "%s", test->name);
	for (const char *line = strstr(read_text(test, "error.txt"), "\t* "); line;
	     line = strstr(line + 1, "\t* ")) {
		const char *subject = line + 3;
		const char *name = arena_strn(test->arena, subject, strcspn(subject, " \n"));

		if (strcmp(name, "one") == 0 || strcmp(name, "only") == 0)
			name = "one of secrets.secretboxencryptionsecret";
		cr_assert_not_null(strstr(err.text, name), "%s: %s: %s", test->name, name,
				   err.text);
	}
}

Test(golden_secrets, new_bundles_have_the_properties_of_their_version, .timeout = 120)
{
	each_case("bundle", check_bundle);
}

Test(golden_secrets, bundles_are_written_as_they_were_read)
{
	each_case("bundle", check_round_trip);
}

Test(golden_secrets, a_machine_config_gives_its_bundle)
{
	each_case("import-config", check_import);
}

Test(golden_secrets, a_kubernetes_pki_is_taken_over)
{
	each_case("import-pki", check_pki);
}

Test(golden_secrets, incomplete_bundles_are_refused)
{
	each_case("load", check_load);
}
