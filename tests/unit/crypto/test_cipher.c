#include "crypto/cipher.h"

#include "base/text.h"

#include "fixture.h"

#include <string.h>

#define TEXT_MAX 128

/* RFC 8439 2.8.2, NIST's first examples of GCM, and one with the nonce that SOPS uses, worked out
 * with another implementation */
static const struct {
	const char *name;
	enum cipher cipher;
	const char *key, *nonce, *extra, *plain, *sealed, *tag;
} known[] = {
	{ "chacha20-poly1305", CIPHER_CHACHA20_POLY1305,
	  "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
	  "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7",
	  "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a"
	  "204966204920636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f72207468"
	  "65206675747572652c2073756e73637265656e20776f756c642062652069742e",
	  "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282"
	  "fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab3"
	  "24e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116",
	  "1ae10b594f09e26a7e902ecbd0600691" },
	{ "aes-gcm, all zero", CIPHER_AES_256_GCM,
	  "0000000000000000000000000000000000000000000000000000000000000000",
	  "000000000000000000000000", "", "00000000000000000000000000000000",
	  "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919" },
	{ "aes-gcm, nothing in it", CIPHER_AES_256_GCM,
	  "0000000000000000000000000000000000000000000000000000000000000000",
	  "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b" },
	{ "aes-gcm, a nonce of 32 bytes", CIPHER_AES_256_GCM,
	  "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
	  "01080f161d242b323940474e555c636a71787f868d949ba2a9b0b7bec5ccd3da",
	  "736563726574733a746f6b656e3a",
	  "612076616c7565206f6620612066696c65",
	  "ce46f65d5e02073bdf8e937deda567d1a7",
	  "4ef65aced36f409b3e9e98569dbd8af4" },
};

struct vector {
	unsigned char key[CIPHER_KEY_SIZE], nonce[CIPHER_NONCE_MAX], extra[TEXT_MAX];
	unsigned char plain[TEXT_MAX], sealed[TEXT_MAX], tag[CIPHER_TAG_SIZE];
	size_t len;
	struct cipher_box box;
};

static void vector_of(size_t row, struct vector *vector)
{
	vector->box = (struct cipher_box){ .cipher = known[row].cipher,
					   .key = vector->key,
					   .nonce = vector->nonce,
					   .extra = vector->extra };
	fixture_unhex(known[row].key, vector->key);
	vector->box.nonce_len = fixture_unhex(known[row].nonce, vector->nonce);
	vector->box.extra_len = fixture_unhex(known[row].extra, vector->extra);
	vector->len = fixture_unhex(known[row].plain, vector->plain);
	fixture_unhex(known[row].sealed, vector->sealed);
	fixture_unhex(known[row].tag, vector->tag);
}

Test(cipher, known_answers)
{
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		unsigned char out[TEXT_MAX] = { 0 }, tag[CIPHER_TAG_SIZE];
		struct vector vector;

		vector_of(i, &vector);
		cipher_seal(&vector.box, vector.plain, vector.len, out, tag);
		cr_assert_eq(memcmp(out, vector.sealed, vector.len), 0, "%s", known[i].name);
		cr_assert_eq(memcmp(tag, vector.tag, sizeof(tag)), 0, "%s", known[i].name);
		cr_assert(cipher_open(&vector.box, vector.sealed, vector.len, vector.tag, out),
			  "%s", known[i].name);
		cr_assert_eq(memcmp(out, vector.plain, vector.len), 0, "%s", known[i].name);
	}
}

Test(cipher, opens_nothing_that_was_changed)
{
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		struct vector vector;
		unsigned char out[TEXT_MAX];
		unsigned char *const parts[] = { vector.key, vector.nonce, vector.extra,
						 vector.sealed, vector.tag };
		size_t lens[] = { sizeof(vector.key), 0, 0, 0, sizeof(vector.tag) };

		vector_of(i, &vector);
		lens[1] = vector.box.nonce_len;
		lens[2] = vector.box.extra_len;
		lens[3] = vector.len;
		for (size_t part = 0; part < ARRAY_LEN(parts); part++)
			for (size_t at = 0; at < lens[part]; at++) {
				parts[part][at] ^= 1;
				cr_assert_not(cipher_open(&vector.box, vector.sealed, vector.len,
							  vector.tag, out),
					      "%s: part %zu, byte %zu", known[i].name, part, at);
				parts[part][at] ^= 1;
			}
	}
}

Test(cipher, leaves_nothing_of_what_it_refuses)
{
	struct vector vector;
	unsigned char out[TEXT_MAX], none[TEXT_MAX] = { 0 };

	vector_of(0, &vector);
	memset(out, 'x', sizeof(out));
	vector.tag[0] ^= 1;
	cr_assert_not(cipher_open(&vector.box, vector.sealed, vector.len, vector.tag, out));
	cr_assert_eq(memcmp(out, none, vector.len), 0);
}
