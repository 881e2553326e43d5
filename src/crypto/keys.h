/*
 * Private keys, as PEM text with the labels Talos uses:
 * ECDSA P-256 "EC PRIVATE KEY" (SEC1), RSA-4096 "RSA PRIVATE KEY" (PKCS#1), Ed25519
 * "ED25519 PRIVATE KEY" (PKCS#8 DER below a label that OpenSSL itself does not know). Reading also
 * takes "PRIVATE KEY" (PKCS#8), and RSA and EC keys of other sizes, as bundles made elsewhere have.
 *
 * PEM texts live in the caller's arena, which is erased when freed; OpenSSL's copies live only as
 * long as a call. RSA-4096 takes a second or more to make.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>

enum key_type {
	KEY_ED25519,
	KEY_ECDSA_P256,
	KEY_RSA_4096,
	KEY_OTHER,
	KEY_TYPE_COUNT
};

int key_new(struct arena *arena, enum key_type type, const char **pem, struct err *err);
/* ERR_INPUT when it is no key or of a label nobody accepts. */
int key_type_of(const char *pem, enum key_type *type, struct err *err);
const char *key_type_name(enum key_type type);
/* The same key below a label that every library knows; most are so already. */
const char *key_plain_label(struct arena *arena, const char *pem);
