#include "base/own.h"
#include "base/str.h"
#include "base/text.h"
#include "crypto/openssl.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

/* One block of a PEM text. The bytes may be a key: pem_block_done() erases them. */
struct pem_block {
	char *label, *header;
	unsigned char *data;
	long len;
};

static void pem_block_done(struct pem_block *block)
{
	OPENSSL_free(block->label);
	OPENSSL_secure_clear_free(block->header, block->header ? strlen(block->header) : 0);
	OPENSSL_secure_clear_free(block->data, (size_t)block->len);
	*block = (struct pem_block){ 0 };
}

static BIO *pem_open(const char *pem, const char *what, struct err *err)
{
	size_t len = pem ? strlen(pem) : 0;

	ERR_clear_error();
	if (len > PEM_TEXT_MAX) {
		err_set(err, ERR_INPUT, "a text of more than 1 MiB is no PEM %s", what);
		return NULL;
	}
	/* reads in place: no copy of a key is made here */
	BIO *bio = BIO_new_mem_buf(len ? pem : "", (int)len);
	assert(bio);
	return bio;
}

/* 0: a block, >0: there is no other, <0: damaged */
static int pem_next(BIO *bio, struct pem_block *block, const char *what, struct err *err)
{
	pem_block_done(block);
	if (PEM_read_bio_ex(bio, &block->label, &block->header, &block->data, &block->len,
			    PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE) == 1)
		return 0;
	if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
		ERR_clear_error();
		return 1;
	}
	return err_openssl(err, ERR_INPUT, "the PEM text of the %s is damaged", what);
}

static bool label_is_cert(const char *label)
{
	return !strcmp(label, PEM_STRING_X509) || !strcmp(label, PEM_STRING_X509_OLD);
}

static int add_cert(STACK_OF(X509) * certs, const struct pem_block *block, struct err *err)
{
	const unsigned char *at = block->data;
	X509 *cert OWNED(X509_free) = d2i_X509(NULL, &at, block->len);

	if (!cert)
		return err_openssl(err, ERR_INPUT, "the PEM text holds no readable certificate");
	if (at != block->data + block->len)
		return err_set(err, ERR_INPUT, "the PEM text has bytes behind a certificate");
	if (!sk_X509_push(certs, cert))
		return err_openssl(err, ERR_SYSTEM, "keep a certificate");
	(void)take(cert);
	return 0;
}

STACK_OF(X509) * pem_certs(const char *pem, struct err *err)
{
	BIO *bio OWNED(BIO_free_all) = pem_open(pem, "certificate", err);
	STACK_OF(X509) * certs OWNED(pem_certs_free) = sk_X509_new_null();
	struct pem_block block SCOPED(pem_block_done) = { 0 };
	int r;

	if (!bio)
		return NULL;
	while ((r = pem_next(bio, &block, "certificate", err)) == 0) {
		if (label_is_cert(block.label) && add_cert(certs, &block, err) < 0)
			return NULL;
	}
	if (r < 0)
		return NULL;
	if (sk_X509_num(certs) == 0) {
		err_set(err, ERR_INPUT, "the text holds no PEM certificate");
		return NULL;
	}
	return take(certs);
}

/* Likewise, but goes on behind a damaged one; false at the end. */
static bool pem_next_whole(BIO *bio, struct pem_block *block)
{
	int r;

	do {
		r = pem_next(bio, block, "block", NULL);
	} while (r < 0 && !BIO_eof(bio));
	return r == 0;
}

const char *const *pem_labels(struct arena *arena, const char *pem)
{
	BIO *bio OWNED(BIO_free_all) = pem_open(pem, "block", NULL);
	struct pem_block block SCOPED(pem_block_done) = { 0 };
	const char **labels = NULL;
	size_t len = 0, cap = 0;

	while (bio && pem_next_whole(bio, &block)) {
		labels = arena_grow(arena, labels, len, &cap, sizeof(*labels));
		labels[len++] = arena_str(arena, block.label);
	}
	labels = arena_grow(arena, labels, len, &cap, sizeof(*labels));
	labels[len] = NULL;
	return labels;
}

/* As Go has it: one that has headers is none. */
bool x509_any(const char *pem)
{
	BIO *bio OWNED(BIO_free_all) = pem_open(pem, "block", NULL);
	STACK_OF(X509) * certs OWNED(pem_certs_free) = sk_X509_new_null();
	struct pem_block block SCOPED(pem_block_done) = { 0 };

	while (bio && certs && pem_next_whole(bio, &block)) {
		if (!strcmp(block.label, PEM_STRING_X509) && !block.header[0])
			(void)add_cert(certs, &block, NULL);
	}
	ERR_clear_error();
	return sk_X509_num(certs) > 0;
}

void pem_certs_free(STACK_OF(X509) * certs)
{
	sk_X509_pop_free(certs, X509_free);
}

X509 *pem_cert(const char *pem, struct err *err)
{
	STACK_OF(X509) * certs OWNED(pem_certs_free) = pem_certs(pem, err);

	return certs ? sk_X509_shift(certs) : NULL;
}

static EVP_PKEY *read_pkcs8(const struct pem_block *block)
{
	const unsigned char *at = block->data;
	EVP_PKEY *key = NULL;

	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, block->len);
	if (info && at == block->data + block->len)
		key = EVP_PKCS82PKEY(info);
	PKCS8_PRIV_KEY_INFO_free(info);
	return key;
}

static EVP_PKEY *read_plain(int algorithm, const struct pem_block *block)
{
	const unsigned char *at = block->data;
	EVP_PKEY *key = d2i_PrivateKey(algorithm, NULL, &at, block->len);

	if (key && at != block->data + block->len) {
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
}

/* What Talos reads; the first label of an algorithm is the one it writes. */
static const struct key_label {
	const char *label;
	int algorithm; /* 0: PKCS#8 of any of those below */
	bool pkcs8;
} key_labels[] = {
	{ "ED25519 PRIVATE KEY", EVP_PKEY_ED25519, true },
	{ "EC PRIVATE KEY", EVP_PKEY_EC, false },
	{ "RSA PRIVATE KEY", EVP_PKEY_RSA, false },
	{ "PRIVATE KEY", 0, true },
};

static const struct key_label *label_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(key_labels); i++) {
		if (!strcmp(key_labels[i].label, name))
			return &key_labels[i];
	}
	return NULL;
}

/* The row of PKCS#8 takes what no other row names. */
static const struct key_label *label_for(int algorithm)
{
	for (size_t i = 0; i < ARRAY_LEN(key_labels); i++) {
		if (key_labels[i].algorithm == algorithm)
			return &key_labels[i];
	}
	return NULL;
}

static EVP_PKEY *key_of_block(const struct pem_block *block, struct err *err)
{
	const struct key_label *label = label_named(block->label);

	if (!label) {
		err_set(err, ERR_INPUT, "a PEM block \"%.60s\" is no private key we can use",
			block->label);
		return NULL;
	}
	if (block->header[0]) {
		err_set(err, ERR_INPUT, "the private key is encrypted");
		return NULL;
	}

	EVP_PKEY *key OWNED(EVP_PKEY_free) =
		key_form_read(label->pkcs8, block->data, (size_t)block->len);
	if (!key)
		key = label->pkcs8 ? read_pkcs8(block) : read_plain(label->algorithm, block);
	int algorithm = key ? EVP_PKEY_get_base_id(key) : 0;
	ERR_clear_error();
	if (!key || !label_for(algorithm) || (label->algorithm && label->algorithm != algorithm)) {
		err_set(err, ERR_INPUT, "the PEM block \"%s\" holds no key we can use",
			label->label);
		return NULL;
	}
	return take(key);
}

EVP_PKEY *pem_key(const char *pem, struct err *err)
{
	BIO *bio OWNED(BIO_free_all) = pem_open(pem, "private key", err);
	struct pem_block block SCOPED(pem_block_done) = { 0 };

	if (!bio)
		return NULL;
	int r = pem_next(bio, &block, "private key", err);
	if (r > 0)
		err_set(err, ERR_INPUT, "the text holds no PEM private key");
	return r == 0 ? key_of_block(&block, err) : NULL;
}

/* Written here and not by OpenSSL, whose encoder leaves traces of a key in freed memory. */
static void add_armour(struct str *out, struct arena *scratch, const char *label,
		       const unsigned char *der, int len)
{
	const char *text = base64_encode(scratch, der, (size_t)len);
	size_t rest = strlen(text);

	str_addf(out, "-----BEGIN %s-----\n", label);
	while (rest > 0) {
		size_t line = rest < 64 ? rest : 64;
		str_addn(out, text, line);
		str_addc(out, '\n');
		text += line;
		rest -= line;
	}
	str_addf(out, "-----END %s-----\n", label);
}

static void add_cert_text(struct str *out, struct arena *scratch, const X509 *cert)
{
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);

	assert(len > 0);
	add_armour(out, scratch, PEM_STRING_X509, der, len);
	OPENSSL_free(der);
}

char *pem_of_certs(struct arena *arena, const STACK_OF(X509) * certs)
{
	struct arena *scratch OWNED(arena_free) = arena_new("pem");
	struct str out SCOPED(str_done) = STR_INIT(SIZE_MAX / 2);

	for (int i = 0; i < sk_X509_num(certs); i++)
		add_cert_text(&out, scratch, sk_X509_value(certs, i));
	return arena_str(arena, str_text(&out));
}

char *pem_of_cert(struct arena *arena, const X509 *cert)
{
	struct arena *scratch OWNED(arena_free) = arena_new("pem");
	struct str out SCOPED(str_done) = STR_INIT(SIZE_MAX / 2);

	add_cert_text(&out, scratch, cert);
	return arena_str(arena, str_text(&out));
}

char *pem_of_key(struct arena *arena, const EVP_PKEY *key)
{
	struct arena *scratch OWNED(arena_free) = arena_new("pem");
	struct str out SCOPED(str_done) = STR_INIT(SIZE_MAX / 2);
	const struct key_label *label = label_for(EVP_PKEY_get_base_id(key));
	unsigned char *der = NULL;

	assert(label);
	int len = key_form_write(key, &der);
	if (len == 0)
		len = i2d_PrivateKey(key, &der);
	assert(len > 0);
	add_armour(&out, scratch, label->label, der, len);
	OPENSSL_clear_free(der, (size_t)len);
	return arena_str(arena, str_text(&out));
}
