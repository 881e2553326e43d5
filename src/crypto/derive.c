#include "crypto/derive.h"

#include "crypto/openssl.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <string.h>

#define SCRYPT_R 8
#define SCRYPT_MEMORY ((uint64_t)1 << (SCRYPT_WORK_MAX + 11)) /* twice what is needed */

OWN_DEFINE(EVP_PKEY_CTX, EVP_PKEY_CTX_free)

/* As in digest.c. */
static void must(int result)
{
	assert(result == 1);
}

void hmac_sha256(struct bytes key, struct bytes data, unsigned char out[static SHA256_SIZE])
{
	unsigned len = 0;
	const void *made;

	assert(key.len <= INT32_MAX);
	made = HMAC(EVP_sha256(), key.at, (int)key.len, data.at, data.len, out, &len);
	assert(made && len == SHA256_SIZE);
	(void)made;
}

void hkdf_sha256(struct bytes secret, struct bytes salt, const char *info, unsigned char *out,
		 size_t len)
{
	static const unsigned char zeroes[SHA256_SIZE];
	unsigned char key[SHA256_SIZE], block[SHA256_SIZE] = { 0 };
	unsigned char data[SHA256_SIZE + 64 + 1];
	size_t info_len = strlen(info), held = 0;

	assert(info_len <= 64 && len <= (size_t)255 * SHA256_SIZE);
	if (salt.len == 0)
		salt = (struct bytes){ zeroes, sizeof(zeroes) };
	hmac_sha256(salt, secret, key);
	for (unsigned char count = 1; len > 0; count++) {
		size_t part = len < sizeof(block) ? len : sizeof(block);

		memcpy(data, block, held);
		memcpy(data + held, info, info_len);
		data[held + info_len] = count;
		hmac_sha256((struct bytes){ key, sizeof(key) },
			    (struct bytes){ data, held + info_len + 1 }, block);
		held = sizeof(block);
		memcpy(out, block, part);
		out += part;
		len -= part;
	}
	explicit_bzero(key, sizeof(key));
	explicit_bzero(block, sizeof(block));
	explicit_bzero(data, sizeof(data));
}

int scrypt(struct bytes passphrase, struct bytes salt, unsigned work, unsigned char out[static 32],
	   struct err *err)
{
	if (work < 1 || work > SCRYPT_WORK_MAX)
		return err_set(err, ERR_INPUT, "the work factor of a passphrase is %u, not 1 to %d",
			       work, SCRYPT_WORK_MAX);
	if (EVP_PBE_scrypt(passphrase.at, passphrase.len, salt.at, salt.len, (uint64_t)1 << work,
			   SCRYPT_R, 1, SCRYPT_MEMORY, out, 32) != 1)
		return err_openssl(err, ERR_SYSTEM, "derive a key from a passphrase");
	return 0;
}

void x25519_public(const unsigned char secret[static X25519_SIZE],
		   unsigned char out[static X25519_SIZE])
{
	EVP_PKEY *key OWNED(EVP_PKEY_free) =
		EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, X25519_SIZE);
	size_t len = X25519_SIZE;

	assert(key);
	must(EVP_PKEY_get_raw_public_key(key, out, &len));
}

bool x25519(const unsigned char secret[static X25519_SIZE],
	    const unsigned char peer[static X25519_SIZE], unsigned char out[static X25519_SIZE])
{
	EVP_PKEY *key OWNED(EVP_PKEY_free) =
		EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, X25519_SIZE);
	EVP_PKEY *share OWNED(EVP_PKEY_free) =
		EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer, X25519_SIZE);
	EVP_PKEY_CTX *context OWNED(EVP_PKEY_CTX_free) = EVP_PKEY_CTX_new(key, NULL);
	size_t len = X25519_SIZE;
	bool good;

	assert(key && share && context);
	must(EVP_PKEY_derive_init(context));
	/* OpenSSL itself refuses a share that leads to all zeroes */
	good = EVP_PKEY_derive_set_peer(context, share) == 1 &&
	       EVP_PKEY_derive(context, out, &len) == 1;
	ERR_clear_error();
	return good;
}

bool bytes_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}
