#include "seal/keyring.h"

#include "base/fs.h"

#include "fixture.h"

#include <string.h>

#define IN(name) TEST_DATA_DIR "/seal/" name

static const char *key_text(struct arena *arena, const char *name)
{
	return strstr(sealed_file(arena, name).at, "AGE-SECRET");
}

static const struct {
	const char *name;
	struct keyring_sources sources;
	size_t keys;
	const char *says; /* when there are none */
} rows[] = {
	{ "nothing", { 0 }, 0, "not set" },
	{ "a file", { .age_key_file = IN("key.txt") }, 1, NULL },
	{ "a file that is not there",
	  { .age_key_file = IN("none.txt") },
	  0,
	  "SOPS_AGE_KEY_FILE" },
	{ "a file that holds no key", { .age_key_file = IN("clear.yaml") }, 0, "no age key" },
	{ "a file with a passphrase", { .age_key_file = IN("passphrase.age") }, 0, "passphrase" },
	{ "a command", { .age_key_command = "cat '" IN("key.txt") "'" }, 1, NULL },
	{ "a command that fails", { .age_key_command = "exit 3" }, 0, "exit code 3" },
	{ "a command that prints nothing", { .age_key_command = "true" }, 0, "there is no" },
	{ "a folder without keys", { .config_folder = IN("none") }, 0, "none/sops/age/keys.txt" },
	{ "empty texts", { .age_key = "", .age_key_command = " " }, 0, "not set" },
	{ "a plugin's key", { .age_key = "AGE-PLUGIN-X-1QQQ" }, 0, "plugins" },
	{ "two sources",
	  { .age_key_file = IN("key.txt"), .age_key_command = "cat " IN("other.txt") },
	  2,
	  NULL },
	{ "one of them is wrong",
	  { .age_key_file = IN("none.txt"), .age_key_command = "cat " IN("key.txt") },
	  1,
	  NULL },
};

Test(keyring, looks_everywhere)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct keyring *keyring OWNED(keyring_free) = keyring_new(&rows[i].sources);
		struct err err = ERR_INIT;
		const struct age_identities *keys = keyring_age(keyring, &err);

		cr_assert_eq(keys ? keys->len : 0, rows[i].keys, "%s: %s", rows[i].name, err.text);
		if (!rows[i].says)
			continue;
		cr_assert_null(keys, "%s", rows[i].name);
		cr_assert_eq(err.kind, ERR_AUTH, "%s: %s", rows[i].name, err.text);
		cr_assert_not_null(strstr(err.text, rows[i].says), "%s: %s", rows[i].name,
				   err.text);
	}
}

Test(keyring, takes_keys_as_text)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct keyring_sources sources = { .age_key = key_text(arena, "key.txt") };
	struct keyring *keyring OWNED(keyring_free) = keyring_new(&sources);
	struct err err = ERR_INIT;

	cr_assert_not_null(keyring_age(keyring, &err), "%s", err.text);
	cr_assert_eq(keyring_age(keyring, &err)->len, 1);
}

Test(keyring, none_at_all)
{
	struct keyring *keyring OWNED(keyring_free) = keyring_new(NULL);
	struct err err = ERR_INIT;

	cr_assert_null(keyring_age(keyring, &err));
	cr_assert_eq(err.kind, ERR_AUTH);
	err_clear(&err);
	cr_assert_null(keyring_age(NULL, &err));
	cr_assert_eq(err.kind, ERR_AUTH);
}
