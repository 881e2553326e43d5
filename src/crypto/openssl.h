/*
 * OpenSSL's own types for those who stand behind its door: crypto/x.c and net/tls.c, nobody else.
 *
 *	STACK_OF(X509) *chain OWNED(pem_certs_free) = pem_certs(identity->cert, err);
 *	EVP_PKEY *key OWNED(EVP_PKEY_free) = pem_key(identity->key, err);
 *	if (!chain || !key)
 *		return -1;
 *
 * What is returned is the caller's to free. Functions that read clear OpenSSL's error queue, so
 * that it is empty before and after them; nothing in it ever holds key material. Texts to read are
 * limited to PEM_TEXT_MAX bytes.
 */
#pragma once

#ifndef OPENSSL_API_COMPAT
#define OPENSSL_API_COMPAT 30000
#endif

#include "base/arena.h"
#include "base/err.h"
#include "base/own.h"
#include "crypto/keys.h"
#include "crypto/x509.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stddef.h>

#define PEM_TEXT_MAX ((size_t)1 << 20)

OWN_DEFINE(X509, X509_free)
OWN_DEFINE(EVP_PKEY, EVP_PKEY_free)
OWN_DEFINE(BIO, BIO_free_all)

/* Sets "<fmt>: <OpenSSL's reason>" and empties the queue; without a reason "<fmt>". Returns -1. */
int err_openssl(struct err *err, enum err_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Every certificate of the text in its order, at least one; blocks with other labels are skipped.
 * NULL with ERR_INPUT when there is none or one is damaged. */
STACK_OF(X509) * pem_certs(const char *pem, struct err *err);
void pem_certs_free(STACK_OF(X509) * certs);
OWN_DEFINE(STACK_OF(X509), pem_certs_free)
X509 *pem_cert(const char *pem, struct err *err); /* the first one alone */

/* The private key, by any label of crypto/keys.h. NULL with ERR_INPUT. */
EVP_PKEY *pem_key(const char *pem, struct err *err);

/* The texts; the key under the label Talos gives its type. */
char *pem_of_cert(struct arena *arena, const X509 *cert);
char *pem_of_certs(struct arena *arena, const STACK_OF(X509) * certs);
char *pem_of_key(struct arena *arena, const EVP_PKEY *key);

/*
 * The forms of DER that keys of Talos have, of a fixed length each: Ed25519 in PKCS#8 (RFC 8410),
 * P-256 with its public point (RFC 5915). OpenSSL 3.0 finds out what a form is by asking everyone
 * who might know, which takes longer than a signature; what is not exactly one of these is left to
 * it. The error queue is empty after them.
 */
EVP_PKEY *key_form_read(bool pkcs8, const unsigned char *der, size_t len); /* NULL: none of these */
/* Ed25519 alone, 0: another one. `*der` is for OPENSSL_clear_free(); the length, <0: failed. */
int key_form_write(const EVP_PKEY *key, unsigned char **der);
/* The public half, of Ed25519 alone. 0: another one, <0: failed. */
int key_form_publish(const EVP_PKEY *key, X509_PUBKEY *out);

enum key_type key_type_of_pkey(const EVP_PKEY *key);

/* What x509_read() tells, one by one. */
uint64_t x509_time(const ASN1_TIME *time); /* wall time, cut to what fits */
const char *x509_fingerprint(struct arena *arena, const X509 *cert);
enum usage_named {
	USAGE_ABSENT,
	USAGE_AMONG_OTHERS,
	USAGE_ALONE
};
enum usage_named x509_usage_named(const X509 *cert, enum x509_usage usage);

/* x509_verify(), and x509_trusts() by ca, of what was read already: reading takes longer. */
int x509_chain_verify(STACK_OF(X509) * chain, STACK_OF(X509) * pool, enum x509_usage usage,
		      uint64_t now, struct err *err);
int x509_chain_trusts(STACK_OF(X509) * chain, STACK_OF(X509) * pool, const char *host, uint64_t now,
		      struct err *err);
