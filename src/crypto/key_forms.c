#include "crypto/openssl.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

#define ED25519_KEY 32
static const unsigned char ed25519_head[] = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
					      0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20 };
#define ED25519_DER (sizeof(ed25519_head) + ED25519_KEY)

/* Between the private number and the public point stands the name of the curve. */
#define P256_NUMBER 32
#define P256_POINT 65
static const unsigned char p256_head[] = { 0x30, 0x77, 0x02, 0x01, 0x01, 0x04, P256_NUMBER };
static const unsigned char p256_curve[] = { 0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
					    0x03, 0x01, 0x07, 0xa1, 0x44, 0x03, 0x42, 0x00 };
#define P256_CURVE_AT (sizeof(p256_head) + P256_NUMBER)
#define P256_POINT_AT (P256_CURVE_AT + sizeof(p256_curve))
#define P256_DER (P256_POINT_AT + P256_POINT)

static bool is_ed25519(const unsigned char *der, size_t len)
{
	return len == ED25519_DER && memcmp(der, ed25519_head, sizeof(ed25519_head)) == 0;
}

static bool is_p256(const unsigned char *der, size_t len)
{
	return len == P256_DER && memcmp(der, p256_head, sizeof(p256_head)) == 0 &&
	       memcmp(der + P256_CURVE_AT, p256_curve, sizeof(p256_curve)) == 0;
}

/* Parameters hold numbers in the order of this machine. */
static bool native_number(const unsigned char *bytes, unsigned char out[static P256_NUMBER])
{
	BIGNUM *number = BN_secure_new();
	bool done = number && BN_bin2bn(bytes, P256_NUMBER, number) &&
		    BN_bn2nativepad(number, out, P256_NUMBER) == P256_NUMBER;

	BN_clear_free(number);
	return done;
}

/* NULL when the point is not on the curve. */
static EVP_PKEY *make_p256(unsigned char number[static P256_NUMBER],
			   unsigned char point[static P256_POINT])
{
	char group[] = "prime256v1";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, number, P256_NUMBER),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, P256_POINT),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *from = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	if (!from || EVP_PKEY_fromdata_init(from) != 1 ||
	    EVP_PKEY_fromdata(from, &key, EVP_PKEY_KEYPAIR, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(from);
	return key;
}

static EVP_PKEY *read_p256(const unsigned char *der)
{
	unsigned char number[P256_NUMBER], point[P256_POINT];
	EVP_PKEY *key = NULL;

	memcpy(point, der + P256_POINT_AT, sizeof(point));
	if (native_number(der + sizeof(p256_head), number))
		key = make_p256(number, point);
	OPENSSL_cleanse(number, sizeof(number));
	return key;
}

EVP_PKEY *key_form_read(bool pkcs8, const unsigned char *der, size_t len)
{
	EVP_PKEY *key = NULL;

	if (pkcs8 && is_ed25519(der, len))
		key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
						   der + sizeof(ed25519_head), ED25519_KEY);
	else if (!pkcs8 && is_p256(der, len))
		key = read_p256(der);
	ERR_clear_error();
	return key;
}

int key_form_write(const EVP_PKEY *key, unsigned char **der)
{
	size_t len = ED25519_KEY;

	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519)
		return 0;
	*der = OPENSSL_malloc(ED25519_DER);
	if (!*der)
		return -1;
	memcpy(*der, ed25519_head, sizeof(ed25519_head));
	if (EVP_PKEY_get_raw_private_key(key, *der + sizeof(ed25519_head), &len) == 1)
		return (int)ED25519_DER;
	OPENSSL_clear_free(*der, ED25519_DER);
	ERR_clear_error();
	return -1;
}

int key_form_publish(const EVP_PKEY *key, X509_PUBKEY *out)
{
	size_t len = ED25519_KEY;

	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519)
		return 0;
	unsigned char *bytes = OPENSSL_malloc(len);
	if (bytes && EVP_PKEY_get_raw_public_key(key, bytes, &len) == 1 &&
	    X509_PUBKEY_set0_param(out, OBJ_nid2obj(NID_ED25519), V_ASN1_UNDEF, NULL, bytes,
				   (int)len) == 1)
		return 1;
	OPENSSL_free(bytes);
	ERR_clear_error();
	return -1;
}
