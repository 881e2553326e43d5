#include "crypto/cipher.h"

#include "crypto/openssl.h"

#include <assert.h>
#include <string.h>

OWN_DEFINE(EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)

static const EVP_CIPHER *evp_of(enum cipher cipher)
{
	return cipher == CIPHER_AES_256_GCM ? EVP_aes_256_gcm() : EVP_chacha20_poly1305();
}

/* As in digest.c: over memory, with lengths that were checked, only a misconfigured OpenSSL
 * fails. */
static void must(int result)
{
	assert(result == 1);
}

static EVP_CIPHER_CTX *begin(const struct cipher_box *box, size_t len, bool seals)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int done = 0;

	assert(context && len <= CIPHER_TEXT_MAX && box->extra_len <= CIPHER_TEXT_MAX);
	assert(box->nonce_len > 0 && box->nonce_len <= CIPHER_NONCE_MAX);
	must(EVP_CipherInit_ex(context, evp_of(box->cipher), NULL, NULL, NULL, seals));
	must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, (int)box->nonce_len, NULL));
	must(EVP_CipherInit_ex(context, NULL, NULL, box->key, box->nonce, seals));
	if (box->extra_len > 0)
		must(EVP_CipherUpdate(context, NULL, &done, box->extra, (int)box->extra_len));
	return context;
}

void cipher_seal(const struct cipher_box *box, const void *plain, size_t len, unsigned char *out,
		 unsigned char tag[static CIPHER_TAG_SIZE])
{
	EVP_CIPHER_CTX *context OWNED(EVP_CIPHER_CTX_free) = begin(box, len, true);
	unsigned char rest[EVP_MAX_BLOCK_LENGTH];
	int done = 0;

	if (len > 0)
		must(EVP_CipherUpdate(context, out, &done, plain, (int)len));
	must(EVP_CipherFinal_ex(context, rest, &done));
	must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, CIPHER_TAG_SIZE, tag));
}

bool cipher_open(const struct cipher_box *box, const void *sealed, size_t len,
		 const unsigned char tag[static CIPHER_TAG_SIZE], unsigned char *out)
{
	EVP_CIPHER_CTX *context OWNED(EVP_CIPHER_CTX_free) = begin(box, len, false);
	unsigned char rest[EVP_MAX_BLOCK_LENGTH], wanted[CIPHER_TAG_SIZE];
	int done = 0;

	memcpy(wanted, tag, sizeof(wanted));
	must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, CIPHER_TAG_SIZE, wanted));
	if (len > 0)
		must(EVP_CipherUpdate(context, out, &done, sealed, (int)len));
	if (EVP_CipherFinal_ex(context, rest, &done) == 1)
		return true;
	ERR_clear_error();
	if (len > 0)
		explicit_bzero(out, len);
	return false;
}
