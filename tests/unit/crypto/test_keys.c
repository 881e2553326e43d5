#include "crypto/keys.h"

#include "base/text.h"

#include "fixture.h"

#include <string.h>

static const struct {
	enum key_type type;
	const char *begin, *end;
} made[] = {
	{ KEY_ED25519, "-----BEGIN ED25519 PRIVATE KEY-----\n",
	  "\n-----END ED25519 PRIVATE KEY-----\n" },
	{ KEY_ECDSA_P256, "-----BEGIN EC PRIVATE KEY-----\n", "\n-----END EC PRIVATE KEY-----\n" },
};

Test(keys, new_ones_carry_the_label_of_their_type)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		const char *name = key_type_name(made[i].type);
		enum key_type type;
		const char *pem, *other;

		cr_assert_eq(key_new(arena, made[i].type, &pem, &err), 0, "%s: %s", name, err.text);
		cr_assert_eq(key_new(arena, made[i].type, &other, &err), 0, "%s", name);
		cr_assert_str_neq(pem, other, "%s", name);
		cr_assert(text_starts(pem, made[i].begin), "%s", name);
		cr_assert(text_ends(pem, made[i].end), "%s", name);
		cr_assert_eq(key_type_of(pem, &type, &err), 0, "%s: %s", name, err.text);
		cr_assert_eq(type, made[i].type, "%s", name);
	}
}

/* The DER between the armour: PKCS#8 of RFC 8410, SEC1 with the curve's name and the public key. */
Test(keys, new_ones_have_the_form_talos_writes)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	static const struct {
		enum key_type type;
		const char *example;
		size_t same; /* bytes before the secret */
	} forms[] = {
		{ KEY_ED25519, "talos-ca.key", 16 },
		{ KEY_ECDSA_P256, "etcd-ca.key", 7 },
	};

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		const char *pem, *example = fixture(arena, forms[i].example);
		size_t len, example_len;

		cr_assert_eq(key_new(arena, forms[i].type, &pem, NULL), 0);
		cr_assert_eq(strlen(pem), strlen(example), "%s", forms[i].example);
		cr_assert_arr_eq(pem, example, strcspn(example, "\n"));
		unsigned char *der = fixture_der(arena, pem, &len);
		unsigned char *expected = fixture_der(arena, example, &example_len);
		cr_assert_eq(len, example_len, "%s", forms[i].example);
		cr_assert_arr_eq(der, expected, forms[i].same);
		/* behind the secret of 32 bytes: the curve and the public key's head */
		if (forms[i].type == KEY_ECDSA_P256)
			cr_assert_arr_eq(der + 39, expected + 39, 12 + 5);
	}
}

static const struct {
	const char *file;
	enum key_type type;
	const char *name;
} readable[] = {
	{ "talos-ca.key", KEY_ED25519, "Ed25519" },
	{ "etcd-ca.key", KEY_ECDSA_P256, "ECDSA P-256" },
	{ "etcd-ca.pkcs8.key", KEY_ECDSA_P256, "ECDSA P-256" },
	{ "rsa-4096.key", KEY_RSA_4096, "RSA-4096" },
	{ "rsa-2048-ca.key", KEY_OTHER, "other" },
	{ "p384.key", KEY_OTHER, "other" },
};

Test(keys, types_are_told_apart)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(readable); i++) {
		enum key_type type;
		cr_assert_eq(key_type_of(fixture(arena, readable[i].file), &type, &err), 0,
			     "%s: %s", readable[i].file, err.text);
		cr_assert_eq(type, readable[i].type, "%s", readable[i].file);
		cr_assert_str_eq(key_type_name(type), readable[i].name);
	}
}

static const char *relabelled(struct arena *arena, const char *file, const char *label)
{
	const char *pem = fixture(arena, file);
	const char *body = strchr(pem, '\n') + 1;
	size_t len = (size_t)(strstr(pem, "-----END") - body);

	return arena_printf(arena, "-----BEGIN %s-----\n%.*s-----END %s-----\n", label, (int)len,
			    body, label);
}

/* The last byte of its DER is of the public point, which is then on no curve. */
Test(keys, a_point_that_is_on_no_curve_is_refused)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	char *pem = arena_str(arena, fixture(arena, "etcd-ca.key"));
	char *end = strstr(pem, "-----END");
	struct err err = ERR_INIT;
	enum key_type type;

	while (strchr("=\n", end[-1]))
		end--;
	for (int i = 2; i <= 4; i++)
		end[-i] = end[-i] == 'A' ? 'B' : 'A';
	cr_assert_lt(key_type_of(pem, &type, &err), 0);
	cr_assert_str_eq(err.text, "the PEM block \"EC PRIVATE KEY\" holds no key we can use");
}

static const struct {
	const char *file, *label; /* no label: the file as it is */
	const char *text;
} refused[] = {
	{ "encrypted.key", NULL,
	  "a PEM block \"ENCRYPTED PRIVATE KEY\" is no private key we can use" },
	{ "encrypted-ec.key", NULL, "the private key is encrypted" },
	{ "talos-ca.crt", NULL, "a PEM block \"CERTIFICATE\" is no private key we can use" },
	{ "etcd-ca.key", "OPENSSH PRIVATE KEY",
	  "a PEM block \"OPENSSH PRIVATE KEY\" is no private key we can use" },
	{ "etcd-ca.key", "RSA PRIVATE KEY",
	  "the PEM block \"RSA PRIVATE KEY\" holds no key we can use" },
	{ "etcd-ca.key", "PRIVATE KEY", "the PEM block \"PRIVATE KEY\" holds no key we can use" },
	{ "etcd-ca.pkcs8.key", "ED25519 PRIVATE KEY",
	  "the PEM block \"ED25519 PRIVATE KEY\" holds no key we can use" },
	{ "x25519.key", NULL, "the PEM block \"PRIVATE KEY\" holds no key we can use" },
	{ "talos-ca.crt", "PRIVATE KEY", "the PEM block \"PRIVATE KEY\" holds no key we can use" },
};

Test(keys, what_is_no_key_of_ours_is_refused)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		const char *pem = refused[i].label
					  ? relabelled(arena, refused[i].file, refused[i].label)
					  : fixture(arena, refused[i].file);
		struct err err = ERR_INIT;
		enum key_type type = KEY_OTHER;

		cr_assert_lt(key_type_of(pem, &type, &err), 0, "%s", refused[i].text);
		cr_assert_eq(err.kind, ERR_INPUT, "%s", refused[i].text);
		cr_assert_str_eq(err.text, refused[i].text);
	}
	cr_assert_eq(key_type_of(relabelled(arena, "talos-ca.key", "PRIVATE KEY"),
				 &(enum key_type){ KEY_OTHER }, NULL),
		     0);
}

Test(keys, texts_without_a_key_are_refused)
{
	static const char *const texts[] = { NULL, "", "******", "-----BEGIN", "hello\n" };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct err err = ERR_INIT;
		enum key_type type;
		cr_assert_lt(key_type_of(texts[i], &type, &err), 0);
		cr_assert_eq(err.kind, ERR_INPUT);
		cr_assert_str_eq(err.text, "the text holds no PEM private key");
	}
}

Test(keys, damage_is_refused_without_a_trace_of_the_key)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct err err = ERR_INIT;
	enum key_type type;
	char *pem = arena_str(arena, fixture(arena, "etcd-ca.key"));
	char *body = strchr(pem, '\n') + 1;
	char secret[21] = { 0 };

	memcpy(secret, body + 10, 20);
	body[40] = '!';
	cr_assert_lt(key_type_of(pem, &type, &err), 0);
	cr_assert_eq(err.kind, ERR_INPUT);
	cr_assert(text_starts(err.text, "the PEM text of the private key is damaged: "), "%s",
		  err.text);
	cr_assert_null(strstr(err.text, secret));
}

Test(keys, a_text_of_no_end_is_refused)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct err err = ERR_INIT;
	enum key_type type;
	char *pem = arena_alloc(arena, (2U << 20) + 1);

	memset(pem, 'A', 2U << 20);
	cr_assert_lt(key_type_of(pem, &type, &err), 0);
	cr_assert_str_eq(err.text, "a text of more than 1 MiB is no PEM private key");
}

Test(keys, a_key_of_no_type_is_not_made)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct err err = ERR_INIT;
	const char *pem = NULL;

	cr_assert_lt(key_new(arena, KEY_OTHER, &pem, &err), 0);
	cr_assert_eq(err.kind, ERR_BUG);
	cr_assert_null(pem);
}
