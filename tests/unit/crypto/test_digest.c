#include "crypto/digest.h"

#include "base/text.h"

#include "fixture.h"

#include <string.h>

/* FIPS 180 examples */
static const struct {
	const char *name, *text, *hex;
} known[] = {
	{ "empty", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "two blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

Test(digest, known_answers)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		unsigned char hash[SHA256_SIZE];
		struct digest *digest OWNED(digest_free) = digest_new();
		size_t half = strlen(known[i].text) / 2;

		sha256(known[i].text, strlen(known[i].text), hash);
		cr_assert_str_eq(hex_encode(arena, hash, sizeof(hash)), known[i].hex, "%s",
				 known[i].name);
		digest_add(digest, known[i].text, half);
		digest_add(digest, known[i].text + half, strlen(known[i].text) - half);
		cr_assert_str_eq(digest_end_text(digest, arena),
				 arena_printf(arena, "sha256:%s", known[i].hex), "%s",
				 known[i].name);
	}
}

Test(digest, begins_anew_after_its_end)
{
	struct digest *digest OWNED(digest_free) = digest_new();
	unsigned char first[SHA256_SIZE], second[SHA256_SIZE];

	digest_add(digest, "abc", 3);
	digest_end(digest, first);
	digest_add(digest, "abc", 3);
	digest_end(digest, second);
	cr_assert_arr_eq(first, second, SHA256_SIZE);
}

Test(digest, texts_keep_their_borders)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	static const char *const texts[][3] = {
		{ "ab", "c", NULL }, { "a", "bc", NULL }, { "abc", "", NULL }
	};
	const char *seen[ARRAY_LEN(texts)];

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct digest *digest OWNED(digest_free) = digest_new();
		for (size_t k = 0; k < 3; k++)
			digest_add_text(digest, texts[i][k]);
		seen[i] = digest_end_text(digest, arena);
		for (size_t k = 0; k < i; k++)
			cr_assert_str_neq(seen[i], seen[k], "rows %zu and %zu", i, k);
	}

	struct digest *nothing OWNED(digest_free) = digest_new();
	struct digest *empty OWNED(digest_free) = digest_new();
	digest_add_text(nothing, NULL);
	digest_add_text(empty, "");
	cr_assert_str_eq(digest_end_text(nothing, arena), digest_end_text(empty, arena));
	digest_free(NULL);
}

Test(digest, sha512_known_answer)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct digest *digest OWNED(digest_free) = digest_new_sha512();
	unsigned char hash[SHA512_SIZE];

	for (unsigned i = 0; i < 2; i++) {
		digest_add(digest, "abc", 3);
		digest_end(digest, hash);
		cr_assert_str_eq(hex_encode(arena, hash, sizeof(hash)),
				 "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee6"
				 "4b55d39a"
				 "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94f"
				 "a54ca49f");
	}
}
