#include "crypto/digest.h"

#include "base/text.h"
#include "crypto/openssl.h"

#include <assert.h>
#include <string.h>

struct digest {
	const EVP_MD *kind;
	EVP_MD_CTX *context; /* owned */
};

/* SHA-256 over memory cannot fail unless memory runs out or OpenSSL is misconfigured; both end the
 * program as base/arena.c does, rather than giving every caller a branch that never runs. */
static void must(int result)
{
	assert(result == 1);
}

static struct digest *digest_of(const EVP_MD *kind)
{
	struct digest *digest = mem_new(sizeof(*digest));

	digest->kind = kind;
	digest->context = EVP_MD_CTX_new();
	must(EVP_DigestInit_ex2(digest->context, kind, NULL));
	return digest;
}

struct digest *digest_new(void)
{
	return digest_of(EVP_sha256());
}

struct digest *digest_new_sha512(void)
{
	return digest_of(EVP_sha512());
}

void digest_free(struct digest *digest)
{
	if (!digest)
		return;
	EVP_MD_CTX_free(digest->context);
	mem_free(digest, sizeof(*digest));
}

void digest_add(struct digest *digest, const void *data, size_t len)
{
	must(EVP_DigestUpdate(digest->context, data, len));
}

void digest_add_text(struct digest *digest, const char *text)
{
	const char *bytes = text ? text : "";

	digest_add(digest, bytes, strlen(bytes) + 1);
}

void digest_end(struct digest *digest, unsigned char out[static SHA256_SIZE])
{
	must(EVP_DigestFinal_ex(digest->context, out, NULL));
	must(EVP_DigestInit_ex2(digest->context, digest->kind, NULL));
}

const char *digest_end_text(struct digest *digest, struct arena *arena)
{
	unsigned char hash[SHA256_SIZE];

	digest_end(digest, hash);
	return arena_printf(arena, "sha256:%s", hex_encode(arena, hash, sizeof(hash)));
}

void sha256(const void *data, size_t len, unsigned char out[static SHA256_SIZE])
{
	must(EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL));
}

void sha1(const void *data, size_t len, unsigned char out[static SHA1_SIZE])
{
	must(EVP_Digest(data, len, out, NULL, EVP_sha1(), NULL));
}

void sha512(const void *data, size_t len, unsigned char out[static SHA512_SIZE])
{
	must(EVP_Digest(data, len, out, NULL, EVP_sha512(), NULL));
}
