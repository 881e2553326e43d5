#include "seal/age.h"

#include "base/text.h"

#include "fixture.h"

#include <string.h>

#define TEXT "a text that is sealed\n"
#define ROOM ((size_t)1 << 20)

/* Files that the age program made. */
static const struct {
	const char *name, *text;
} made[] = {
	{ "one.age", TEXT },
	{ "binary.age", TEXT },
	{ "several.age", TEXT }, /* for another key, for this one and for one of SSH */
	{ "empty.age", "" },
};

Test(age, opens_what_age_made)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct age_identities keys = sealed_keys(arena, "key.txt");

	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		const struct age_text text = sealed_file(arena, made[i].name);
		struct str plain SCOPED(str_done) = STR_INIT(ROOM);
		struct err err = ERR_INIT;

		cr_assert(age_is(text.at, text.len), "%s", text.name);
		cr_assert_eq(age_open(&text, &keys, &plain, &err), 0, "%s: %s", text.name,
			     err.text);
		cr_assert_str_eq(str_text(&plain), made[i].text, "%s", text.name);
	}
}

Test(age, opens_by_passphrase)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct age_text text = sealed_file(arena, "passphrase.age");
	struct age_identities right = { 0 }, wrong = { 0 };
	struct str plain SCOPED(str_done) = STR_INIT(ROOM);
	struct err err = ERR_INIT;

	age_identities_add_passphrase(arena, &right, "correct horse");
	age_identities_add_passphrase(arena, &wrong, "correct house");
	cr_assert_lt(age_open(&text, &wrong, &plain, &err), 0);
	cr_assert_eq(err.kind, ERR_AUTH);
	cr_assert_eq(age_open(&text, &right, &plain, &err), 0, "%s", err.text);
	cr_assert_str_eq(str_text(&plain), TEXT);
}

Test(age, wrong_and_missing_keys)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct age_text text = sealed_file(arena, "one.age");
	const struct age_identities other = sealed_keys(arena, "other.txt"), none = { 0 };
	struct str plain SCOPED(str_done) = STR_INIT(ROOM);
	struct err err = ERR_INIT;

	cr_assert_lt(age_open(&text, &other, &plain, &err), 0);
	cr_assert_eq(err.kind, ERR_AUTH);
	cr_assert_lt(age_open(&text, &none, &plain, &err), 0);
	cr_assert_eq(err.kind, ERR_AUTH);
	cr_assert_eq(plain.len, 0);
}

Test(age, every_changed_byte_is_found)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct age_identities keys = sealed_keys(arena, "key.txt");
	struct age_text text = sealed_file(arena, "binary.age");
	char *copy = arena_dup(arena, text.at, text.len + 1);

	text.at = copy;
	for (size_t i = 0; i < text.len; i++) {
		struct str plain SCOPED(str_done) = STR_INIT(ROOM);

		copy[i] ^= 1;
		cr_assert_lt(age_open(&text, &keys, &plain, NULL), 0, "byte %zu", i);
		cr_assert_eq(plain.len, 0, "byte %zu", i);
		copy[i] ^= 1;
	}
}

Test(age, every_cut_is_found)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct age_identities keys = sealed_keys(arena, "key.txt");
	static const char *const names[] = { "binary.age", "one.age" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct age_text text = sealed_file(arena, names[i]);
		size_t whole = text.len - 1; /* the last line end may be missing */

		for (text.len = 0; text.len < whole; text.len++) {
			struct str plain SCOPED(str_done) = STR_INIT(ROOM);
			struct err err = ERR_INIT;

			cr_assert_lt(age_open(&text, &keys, &plain, &err), 0, "%s, %zu bytes",
				     names[i], text.len);
			cr_assert_eq(err.kind, ERR_INPUT, "%s, %zu bytes: %s", names[i], text.len,
				     err.text);
		}
	}
}

Test(age, opens_what_it_seals)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 131072, 200000 };
	const struct age_identities keys = sealed_keys(arena, "key.txt");
	const struct age_identities others = sealed_keys(arena, "other.txt");
	struct age_recipient recipients[2];
	char *data = arena_alloc(arena, 200000);

	cr_assert_eq(age_recipient_read(age_identity_recipient(arena, &others.at[0]),
					&recipients[0], NULL),
		     0);
	cr_assert_eq(age_recipient_read(age_identity_recipient(arena, &keys.at[0]), &recipients[1],
					NULL),
		     0);
	random_fill(random_system(), data, 200000);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct age_seal seal = { .recipients = recipients,
					 .count = 2,
					 .armor = i % 2 == 0,
					 .random = random_system() };
		struct str sealed SCOPED(str_done) = STR_INIT(ROOM);
		struct str plain SCOPED(str_done) = STR_INIT(ROOM);
		struct str again SCOPED(str_done) = STR_INIT(ROOM);
		struct err err = ERR_INIT;

		cr_assert_eq(age_seal(&seal, data, sizes[i], &sealed, &err), 0, "%s", err.text);

		const struct age_text text = { "it", str_text(&sealed), sealed.len };
		cr_assert_eq(age_open(&text, &keys, &plain, &err), 0, "%s", err.text);
		cr_assert_eq(plain.len, sizes[i]);
		cr_assert_eq(memcmp(str_text(&plain), data, sizes[i]), 0);
		cr_assert_eq(age_open(&text, &others, &again, &err), 0, "%s", err.text);
		cr_assert_eq(again.len, sizes[i]);
	}
}

Test(age, seals_for_a_passphrase)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct age_seal seal = { .passphrase = "swordfish", .work = 4, .random = random_system() };
	struct str sealed SCOPED(str_done) = STR_INIT(ROOM);
	struct str plain SCOPED(str_done) = STR_INIT(ROOM);
	struct age_identities keys = { 0 };
	struct err err = ERR_INIT;

	age_identities_add_passphrase(arena, &keys, "swordfish");
	cr_assert_eq(age_seal(&seal, TEXT, strlen(TEXT), &sealed, &err), 0, "%s", err.text);

	const struct age_text text = { "it", str_text(&sealed), sealed.len };
	cr_assert_eq(age_open(&text, &keys, &plain, &err), 0, "%s", err.text);
	cr_assert_str_eq(str_text(&plain), TEXT);
}

/* What the format does not allow: each is one change of a good file. */
static const struct {
	const char *name, *file, *old, *new;
} damaged[] = {
	{ "another version", "binary.age", "age-encryption.org/v1", "age-encryption.org/v2" },
	{ "no recipient's mark", "binary.age", "-> X25519 ", "=> X25519 " },
	{ "two spaces", "binary.age", "-> X25519 ", "->  X25519 " },
	{ "one argument more", "binary.age", "-> X25519 ", "-> X25519 A " },
	{ "an unknown kind in its place", "binary.age", "-> X25519 ", "-> x25519 " },
	{ "a MAC without its mark", "binary.age", "\n--- ", "\n---" },
	{ "padding in the header", "binary.age", "\n--- ", "=\n--- " },
	{ "CR in the header", "binary.age", "\n--- ", "\r\n--- " },
	{ "an armor of something else", "one.age", "BEGIN AGE", "BEGIN PGP" },
	{ "an armor with another end", "one.age", "END AGE", "END PGP" },
	{ "a space in the armor", "one.age", "YWdl", " YWdl" },
	{ "an empty line in the armor", "one.age", "YWdl", "\nYWdl" },
	{ "text behind the armor", "one.age", "END AGE ENCRYPTED FILE-----",
	  "END AGE ENCRYPTED FILE-----\nmore" },
};

Test(age, refuses_what_the_format_does_not_allow)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct age_identities keys = sealed_keys(arena, "key.txt");

	for (size_t i = 0; i < ARRAY_LEN(damaged); i++) {
		const struct age_text text = sealed_file(arena, damaged[i].file);
		struct str whole SCOPED(str_done) = STR_INIT(ROOM);
		struct str plain SCOPED(str_done) = STR_INIT(ROOM);
		const char *at = memmem(text.at, text.len, damaged[i].old, strlen(damaged[i].old));

		cr_assert_not_null(at, "%s", damaged[i].name);
		str_addn(&whole, text.at, (size_t)(at - text.at));
		str_add(&whole, damaged[i].new);
		at += strlen(damaged[i].old);
		str_addn(&whole, at, (size_t)(text.at + text.len - at));

		const struct age_text changed = { "it", str_text(&whole), whole.len };
		cr_assert_lt(age_open(&changed, &keys, &plain, NULL), 0, "%s", damaged[i].name);
	}
}

Test(age, a_passphrase_that_takes_too_much_work)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	static const char *const works[] = { "21", "30", "64", "99999999999",
					     "010", "0", "-1", "x" };
	struct age_identities keys = { 0 };

	age_identities_add_passphrase(arena, &keys, "a");
	for (size_t i = 0; i < ARRAY_LEN(works); i++) {
		const char *file = arena_printf(
			arena, "age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA %s\n"
			       "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
			       "--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
			works[i]);
		const struct age_text text = { "it", file, strlen(file) };
		struct str plain SCOPED(str_done) = STR_INIT(ROOM);
		struct err err = ERR_INIT;

		cr_assert_lt(age_open(&text, &keys, &plain, &err), 0, "%s", works[i]);
		cr_assert_eq(err.kind, ERR_INPUT, "%s: %s", works[i], err.text);
	}
}

Test(age, reads_keys)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct age_identities one = sealed_keys(arena, "key.txt");
	const struct age_text file = sealed_file(arena, "key.txt");
	const char *key = strstr(file.at, "AGE-SECRET-KEY-1");
	struct age_identities many = { 0 };
	const char *text;
	struct err err = ERR_INIT;

	cr_assert_not_null(key);
	key = arena_strn(arena, key, strcspn(key, "\n"));
	text = arena_printf(arena, "# a comment\n\n%s\r\n\t%s %s\nAGE-PLUGIN-YUBIKEY-1QQQ\n%s", key,
			    key, key, key);

	const struct age_text keys = { "keys", text, strlen(text) };
	cr_assert_eq(age_identities_read(arena, &many, &keys, &err), 0, "%s", err.text);
	cr_assert_eq(many.len, 4);
	cr_assert_eq(many.foreign, 1);
	cr_assert_eq(memcmp(many.at[3].share, one.at[0].share, X25519_SIZE), 0);
}

Test(age, does_not_repeat_what_is_no_key)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct age_identities keys = { 0 };
	const char *bad = "# fine\nAGE-SECRET-KEY-1QQQQSECRETSECRET\n";
	const struct age_text text = { "keys.txt", bad, strlen(bad) };
	struct err err = ERR_INIT;

	cr_assert_lt(age_identities_read(arena, &keys, &text, &err), 0);
	cr_assert_eq(err.kind, ERR_INPUT);
	cr_assert_eq(err.line, 2);
	cr_assert_null(strstr(err.text, "SECRETSECRET"));
	cr_assert_null(strstr(err.hint, "SECRETSECRET"));
}

Test(age, names_an_ssh_key)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct age_identities keys = { 0 };
	const char *ssh = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjE\n";
	const struct age_text text = { "id_ed25519", ssh, strlen(ssh) };
	struct err err = ERR_INIT;

	cr_assert_lt(age_identities_read(arena, &keys, &text, &err), 0);
	cr_assert_eq(err.kind, ERR_INPUT);
	cr_assert_not_null(strstr(err.text, "SSH key"), "%s", err.text);
	cr_assert_null(strstr(err.text, "b3B"));
}

static const struct {
	const char *name, *text, *says;
} strangers[] = {
	{ "SSH", "ssh-ed25519 AAAA", "SSH" },
	{ "a plugin's", "age1yubikey1qqqqqq", "plugins" },
	{ "a secret key", "AGE-SECRET-KEY-1QQQQ", "a secret key" },
	{ "nothing known", "frog", "no age recipient" },
	{ "damaged", "age1qqqq", "no age recipient" },
};

Test(age, names_recipients_that_are_none)
{
	for (size_t i = 0; i < ARRAY_LEN(strangers); i++) {
		struct age_recipient recipient;
		struct err err = ERR_INIT;

		cr_assert_lt(age_recipient_read(strangers[i].text, &recipient, &err), 0, "%s",
			     strangers[i].name);
		cr_assert_not_null(strstr(err.text, strangers[i].says), "%s: %s",
				   strangers[i].name, err.text);
	}
}
