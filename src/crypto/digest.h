/*
 * SHA-256 and SHA-512; SHA-1 for names that others made with it, not for security.
 */
#pragma once

#include "base/arena.h"

#include <stddef.h>

#define SHA1_SIZE 20
#define SHA256_SIZE 32
#define SHA512_SIZE 64

struct digest;			 /* a running one */
struct digest *digest_new(void); /* SHA-256 */
struct digest *digest_new_sha512(void);
void digest_free(struct digest *digest);
OWN_DEFINE(struct digest, digest_free)
void digest_add(struct digest *digest, const void *data, size_t len);
/* A text with its NUL, so that ("ab","c") and ("a","bc") differ; NULL counts as "". */
void digest_add_text(struct digest *digest, const char *text);
/* As many bytes as its kind has; it begins anew. */
void digest_end(struct digest *digest, unsigned char out[static SHA256_SIZE]);
const char *digest_end_text(struct digest *digest, struct arena *arena); /* "sha256:<hex>" */

void sha1(const void *data, size_t len, unsigned char out[static SHA1_SIZE]);
void sha512(const void *data, size_t len, unsigned char out[static SHA512_SIZE]);
void sha256(const void *data, size_t len, unsigned char out[static SHA256_SIZE]);
