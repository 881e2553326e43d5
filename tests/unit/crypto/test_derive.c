#include "crypto/derive.h"

#include "base/text.h"

#include "fixture.h"

#include <string.h>

static struct bytes of_hex(struct arena *arena, const char *hex)
{
	unsigned char *at = arena_alloc(arena, strlen(hex) / 2 + 1);

	return (struct bytes){ at, fixture_unhex(hex, at) };
}

static struct bytes of_text(const char *text)
{
	return (struct bytes){ text, strlen(text) };
}

/* RFC 4231 */
static const struct {
	const char *name, *key, *data, *hex;
} macs[] = {
	{ "case 2", "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ "case 1", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
	  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
};

Test(derive, hmac)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(macs); i++) {
		unsigned char out[SHA256_SIZE];

		hmac_sha256(of_hex(arena, macs[i].key), of_hex(arena, macs[i].data), out);
		cr_assert_str_eq(hex_encode(arena, out, sizeof(out)), macs[i].hex, "%s",
				 macs[i].name);
	}
}

/* RFC 5869, cases 1 and 3; "" as info is the third's */
static const struct {
	const char *name, *secret, *salt, *info, *hex;
} hkdfs[] = {
	{ "case 1", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
	  "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9",
	  "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865" },
	{ "case 3", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
	  "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8" },
};

Test(derive, hkdf)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(hkdfs); i++) {
		unsigned char out[42];

		hkdf_sha256(of_hex(arena, hkdfs[i].secret), of_hex(arena, hkdfs[i].salt),
			    hkdfs[i].info, out, sizeof(out));
		cr_assert_str_eq(hex_encode(arena, out, sizeof(out)), hkdfs[i].hex, "%s",
				 hkdfs[i].name);
	}
}

Test(derive, scrypt_known_answer)
{
	/* worked out with another implementation: N = 1024, r = 8, p = 1 */
	struct arena *arena OWNED(arena_free) = arena_new("test");
	unsigned char out[32];
	struct err err = ERR_INIT;

	cr_assert_eq(scrypt(of_text("password"), of_text("NaCl"), 10, out, &err), 0);
	cr_assert_str_eq(hex_encode(arena, out, sizeof(out)),
			 "27b418c674c769d12501fbb1f53bac32df6514c0f28d043872b148b348961a79");
}

Test(derive, scrypt_refuses_what_would_take_all_memory)
{
	unsigned char out[32];
	static const unsigned works[] = { 0, SCRYPT_WORK_MAX + 1, 63, 64, UINT32_MAX };

	for (size_t i = 0; i < ARRAY_LEN(works); i++) {
		struct err err = ERR_INIT;

		cr_assert_lt(scrypt(of_text("a"), of_text("b"), works[i], out, &err), 0);
		cr_assert_eq(err.kind, ERR_INPUT);
	}
}

/* RFC 7748 5.2: the result becomes the secret, and the secret the share */
Test(derive, x25519_iterated)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	unsigned char secret[X25519_SIZE] = { 9 }, share[X25519_SIZE] = { 9 }, out[X25519_SIZE];

	x25519_public(secret, out);
	for (unsigned i = 1; i <= 1000; i++) {
		unsigned char next[X25519_SIZE];

		cr_assert(x25519(secret, share, next));
		if (i == 1)
			cr_assert_str_eq(hex_encode(arena, next, sizeof(next)),
					 "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e803"
					 "11ae3079");
		if (i == 1)
			cr_assert_eq(memcmp(next, out, sizeof(out)), 0);
		memcpy(share, secret, sizeof(share));
		memcpy(secret, next, sizeof(secret));
	}
	cr_assert_str_eq(hex_encode(arena, secret, sizeof(secret)),
			 "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
}

Test(derive, x25519_refuses_shares_of_low_order)
{
	unsigned char secret[X25519_SIZE], share[X25519_SIZE] = { 0 }, out[X25519_SIZE];

	memset(secret, 7, sizeof(secret));
	cr_assert_not(x25519(secret, share, out));
	share[0] = 1;
	cr_assert_not(x25519(secret, share, out));
}

Test(derive, compares_bytes)
{
	cr_assert(bytes_equal("abc", "abc", 3));
	cr_assert_not(bytes_equal("abc", "abd", 3));
	cr_assert(bytes_equal("abc", "abd", 2));
}
