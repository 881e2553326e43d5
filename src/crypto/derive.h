/*
 * Keys out of other secrets: HMAC-SHA256, HKDF-SHA256, scrypt and X25519.
 *
 *	unsigned char shared[X25519_SIZE];
 *	if (!x25519(secret, peer, shared))
 *		... the peer's share is one of the few that would make the result known to all
 *
 * All of it over memory; what is derived is the caller's to erase.
 */
#pragma once

#include "base/err.h"
#include "crypto/digest.h"

#include <stdbool.h>
#include <stddef.h>

struct bytes { /* borrowed */
	const void *at;
	size_t len;
};

void hmac_sha256(struct bytes key, struct bytes data, unsigned char out[static SHA256_SIZE]);
/* `len` is at most 255 times SHA256_SIZE. An empty salt is none. */
void hkdf_sha256(struct bytes secret, struct bytes salt, const char *info, unsigned char *out,
		 size_t len);

#define SCRYPT_WORK_MAX 20
/* With r = 8, p = 1 and N = 2^work, which takes 2^work KiB of memory and, at 18, about a second.
 * ERR_INPUT when `work` is not 1 to SCRYPT_WORK_MAX. */
int scrypt(struct bytes passphrase, struct bytes salt, unsigned work, unsigned char out[static 32],
	   struct err *err);

#define X25519_SIZE 32
/* The public share of a secret one. */
void x25519_public(const unsigned char secret[static X25519_SIZE],
		   unsigned char out[static X25519_SIZE]);
bool x25519(const unsigned char secret[static X25519_SIZE],
	    const unsigned char peer[static X25519_SIZE], unsigned char out[static X25519_SIZE]);

/* Whether they are equal, in a time that does not tell where they differ. */
bool bytes_equal(const void *a, const void *b, size_t len);
