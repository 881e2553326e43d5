/*
 * Ciphers that also prove who sealed: ChaCha20-Poly1305 and AES-256-GCM.
 *
 *	const struct cipher_box box = { .cipher = CIPHER_AES_256_GCM, .key = key,
 *					.nonce = nonce, .nonce_len = 32 };
 *	cipher_seal(&box, plain, len, out, tag);
 *	if (!cipher_open(&box, sealed, len, tag, out))
 *		... another key, another place, or tampered with: which of them cannot be known
 *
 * A key and a nonce together seal one text only. Keys have 32 bytes, tags 16, texts at most
 * CIPHER_TEXT_MAX; `out` has the length of the text and may be the text itself. The nonce of
 * ChaCha20-Poly1305 has 12 bytes, that of AES-256-GCM 1 to CIPHER_NONCE_MAX.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define CIPHER_KEY_SIZE 32
#define CIPHER_TAG_SIZE 16
#define CIPHER_NONCE_MAX 64
#define CIPHER_TEXT_MAX ((size_t)1 << 30)

enum cipher {
	CIPHER_CHACHA20_POLY1305,
	CIPHER_AES_256_GCM,
	CIPHER_COUNT
};

struct cipher_box { /* all borrowed */
	enum cipher cipher;
	const unsigned char *key, *nonce;
	size_t nonce_len;
	const void *extra; /* what is proved and not hidden; may be NULL */
	size_t extra_len;
};

void cipher_seal(const struct cipher_box *box, const void *plain, size_t len, unsigned char *out,
		 unsigned char tag[static CIPHER_TAG_SIZE]);
/* `out` is erased when it is false. */
bool cipher_open(const struct cipher_box *box, const void *sealed, size_t len,
		 const unsigned char tag[static CIPHER_TAG_SIZE], unsigned char *out);
