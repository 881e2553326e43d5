#include "base/clock.h"
#include "base/ip.h"
#include "base/text.h"
#include "base/utf8.h"
#include "crypto/openssl.h"
#include "crypto/x509.h"

#include <limits.h>
#include <string.h>

/* bytes; OpenSSL counts in int and RFC 5280 has far smaller limits that Talos does not apply */
#define NAME_MAX_LEN 1024

OWN_DEFINE(ASN1_BIT_STRING, ASN1_BIT_STRING_free)
OWN_DEFINE(ASN1_OCTET_STRING, ASN1_OCTET_STRING_free)
OWN_DEFINE(AUTHORITY_KEYID, AUTHORITY_KEYID_free)
OWN_DEFINE(BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free)
OWN_DEFINE(EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free)
OWN_DEFINE(GENERAL_NAME, GENERAL_NAME_free)
OWN_DEFINE(GENERAL_NAMES, GENERAL_NAMES_free)
OWN_DEFINE(BIGNUM, BN_free)

enum weight {
	PLAIN,
	CRITICAL
};

static int add_extension(X509 *cert, int nid, void *extension, enum weight weight, struct err *err)
{
	if (X509_add1_ext_i2d(cert, nid, extension, weight == CRITICAL, X509V3_ADD_APPEND) != 1)
		return err_openssl(err, ERR_SYSTEM, "add %s to a certificate", OBJ_nid2ln(nid));
	return 0;
}

/* bits of KeyUsage, RFC 5280 4.2.1.3 */
enum {
	BIT_DIGITAL_SIGNATURE = 0,
	BIT_KEY_CERT_SIGN = 5
};

static int add_key_usage(X509 *cert, bool is_ca, struct err *err)
{
	ASN1_BIT_STRING *bits OWNED(ASN1_BIT_STRING_free) = ASN1_BIT_STRING_new();

	if (!bits || !ASN1_BIT_STRING_set_bit(bits, BIT_DIGITAL_SIGNATURE, 1) ||
	    (is_ca && !ASN1_BIT_STRING_set_bit(bits, BIT_KEY_CERT_SIGN, 1)))
		return err_openssl(err, ERR_SYSTEM, "make a key usage");
	return add_extension(cert, NID_key_usage, bits, CRITICAL, err);
}

static int add_extended_usage(X509 *cert, const int *nids, size_t count, struct err *err)
{
	EXTENDED_KEY_USAGE *usage OWNED(EXTENDED_KEY_USAGE_free) = EXTENDED_KEY_USAGE_new();

	for (size_t i = 0; usage && i < count; i++) {
		/* an object of OpenSSL's own table, which needs no freeing */
		if (!sk_ASN1_OBJECT_push(usage, OBJ_nid2obj(nids[i])))
			return err_openssl(err, ERR_SYSTEM, "make an extended key usage");
	}
	return add_extension(cert, NID_ext_key_usage, usage, PLAIN, err);
}

static int add_ca_flag(X509 *cert, struct err *err)
{
	BASIC_CONSTRAINTS *constraints OWNED(BASIC_CONSTRAINTS_free) = BASIC_CONSTRAINTS_new();

	if (!constraints)
		return err_openssl(err, ERR_SYSTEM, "make basic constraints");
	constraints->ca = 0xff;
	return add_extension(cert, NID_basic_constraints, constraints, CRITICAL, err);
}

static int add_subject_key_id(X509 *cert, struct err *err)
{
	ASN1_OCTET_STRING *id OWNED(ASN1_OCTET_STRING_free) = ASN1_OCTET_STRING_new();
	unsigned char bytes[20];

	if (RAND_bytes(bytes, sizeof(bytes)) != 1 || !id ||
	    !ASN1_OCTET_STRING_set(id, bytes, sizeof(bytes)))
		return err_openssl(err, ERR_SYSTEM, "make a subject key identifier");
	return add_extension(cert, NID_subject_key_identifier, id, PLAIN, err);
}

/* A CA made elsewhere may have no identifier to point to. */
static int add_authority_key_id(X509 *cert, X509 *ca, struct err *err)
{
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(ca);
	AUTHORITY_KEYID *authority OWNED(AUTHORITY_KEYID_free) = AUTHORITY_KEYID_new();

	if (!id)
		return 0;
	if (!authority || !(authority->keyid = ASN1_OCTET_STRING_dup(id)))
		return err_openssl(err, ERR_SYSTEM, "make an authority key identifier");
	return add_extension(cert, NID_authority_key_identifier, authority, PLAIN, err);
}

static bool is_name_text(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	}
	return len > 0 && len <= NAME_MAX_LEN;
}

static GENERAL_NAME *general_name(int type, const void *data, size_t len)
{
	GENERAL_NAME *name OWNED(GENERAL_NAME_free) = GENERAL_NAME_new();
	ASN1_STRING *value =
		ASN1_STRING_type_new(type == GEN_DNS ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING);

	if (!name || !value || !ASN1_STRING_set(value, data, (int)len)) {
		ASN1_STRING_free(value);
		return NULL;
	}
	GENERAL_NAME_set0_value(name, type, value);
	return take(name);
}

static int add_alternative(GENERAL_NAMES *all, const char *text, int wanted, struct err *err)
{
	struct ip ip;
	int type = ip_parse(text, &ip) ? GEN_IPADD : GEN_DNS;

	if (type != wanted)
		return 0;
	if (type == GEN_DNS && !is_name_text(text))
		return err_set(err, ERR_INPUT, "\"%.80s\" is no host name or IP address", text);

	GENERAL_NAME *name OWNED(GENERAL_NAME_free) =
		type == GEN_IPADD ? general_name(type, ip.at, ip.family == 4 ? 4 : 16)
				  : general_name(type, text, strlen(text));
	if (!name || !sk_GENERAL_NAME_push(all, name))
		return err_openssl(err, ERR_SYSTEM, "add a subject alternative name");
	(void)take(name);
	return 0;
}

/* Hosts before addresses, as Go lists them. Critical when nothing else names the
 * subject (RFC 5280). */
static int add_alternatives(X509 *cert, const char *const *names, struct err *err)
{
	static const int order[] = { GEN_DNS, GEN_IPADD };
	GENERAL_NAMES *all OWNED(GENERAL_NAMES_free) = GENERAL_NAMES_new();
	bool anonymous = X509_NAME_entry_count(X509_get_subject_name(cert)) == 0;

	if (!names || !names[0])
		return 0;
	if (!all)
		return err_openssl(err, ERR_SYSTEM, "make subject alternative names");
	for (size_t pass = 0; pass < ARRAY_LEN(order); pass++) {
		for (size_t i = 0; names[i]; i++) {
			if (add_alternative(all, names[i], order[pass], err) < 0)
				return -1;
		}
	}
	return add_extension(cert, NID_subject_alt_name, all, anonymous ? CRITICAL : PLAIN, err);
}

enum place {
	NEW_RDN = 0,
	SAME_RDN = -1
}; /* as X509_NAME_add_entry wants it */

/* PrintableString where the alphabet allows it, as Go encodes names; OpenSSL alone would write
 * UTF8String. */
static int add_name(X509 *cert, int nid, const char *text, enum place place, struct err *err)
{
	size_t len = strlen(text);

	if (len == 0 || len > NAME_MAX_LEN || !utf8_is_valid(text, len))
		return err_set(err, ERR_INPUT, "\"%.80s\" cannot stand in a certificate", text);

	const unsigned char *bytes = (const unsigned char *)text;
	int type = ASN1_PRINTABLE_type(bytes, (int)len) == V_ASN1_PRINTABLESTRING
			   ? V_ASN1_PRINTABLESTRING
			   : V_ASN1_UTF8STRING;
	if (X509_NAME_add_entry_by_NID(X509_get_subject_name(cert), nid, type, bytes, (int)len, -1,
				       (int)place) != 1)
		return err_openssl(err, ERR_SYSTEM, "name the subject of a certificate");
	return 0;
}

static int set_serial(X509 *cert, struct err *err)
{
	BIGNUM *number OWNED(BN_free) = BN_new();

	if (!number || BN_rand(number, 128, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) != 1 ||
	    !BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)))
		return err_openssl(err, ERR_SYSTEM, "make a serial number");
	return 0;
}

/* 9999-12-31T23:59:59Z, the last second a certificate can name */
#define LAST_SECOND UINT64_C(253402300799)

static int set_validity(X509 *cert, uint64_t now, uint64_t lifetime, struct err *err)
{
	uint64_t begin = now / SECOND;
	uint64_t end = begin + lifetime / SECOND;

	if (end > LAST_SECOND)
		end = LAST_SECOND;
	if (!ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)begin) ||
	    !ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)end))
		return err_openssl(err, ERR_SYSTEM, "set the validity of a certificate");
	return 0;
}

static bool set_key(X509 *cert, EVP_PKEY *key)
{
	int published = key_form_publish(key, X509_get_X509_PUBKEY(cert));

	return published ? published > 0 : X509_set_pubkey(cert, key) == 1;
}

/* What every certificate has, but for its subject, issuer and extensions. */
static X509 *blank_new(EVP_PKEY *key, uint64_t now, uint64_t lifetime, struct err *err)
{
	X509 *cert OWNED(X509_free) = X509_new();

	if (!cert || !X509_set_version(cert, X509_VERSION_3) || !set_key(cert, key)) {
		err_openssl(err, ERR_SYSTEM, "make a certificate");
		return NULL;
	}
	if (set_serial(cert, err) < 0 || set_validity(cert, now, lifetime, err) < 0)
		return NULL;
	return take(cert);
}

static int sign(struct arena *arena, X509 *cert, EVP_PKEY *key, const char **pem, struct err *err)
{
	/* Ed25519 brings its own hash */
	const EVP_MD *hash = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();

	if (X509_sign(cert, key, hash) <= 0)
		return err_openssl(err, ERR_SYSTEM, "sign a certificate");
	*pem = pem_of_cert(arena, cert);
	return 0;
}

static int add_ca_extensions(X509 *cert, struct err *err)
{
	static const int usages[] = { NID_server_auth, NID_client_auth };

	if (add_key_usage(cert, true, err) < 0)
		return -1;
	if (add_extended_usage(cert, usages, ARRAY_LEN(usages), err) < 0)
		return -1;
	if (add_ca_flag(cert, err) < 0)
		return -1;
	return add_subject_key_id(cert, err);
}

int x509_make_ca(struct arena *arena, const struct x509_ca *request, struct identity *out,
		 struct err *err)
{
	struct identity ca;

	if (key_new(arena, request->type, &ca.key, err) < 0)
		return -1;
	EVP_PKEY *key OWNED(EVP_PKEY_free) = pem_key(ca.key, err);
	if (!key)
		return -1;
	X509 *cert OWNED(X509_free) = blank_new(key, request->now, request->lifetime, err);
	if (!cert)
		return -1;
	if (request->organization &&
	    add_name(cert, NID_organizationName, request->organization, NEW_RDN, err) < 0)
		return -1;
	if (!X509_set_issuer_name(cert, X509_get_subject_name(cert)))
		return err_openssl(err, ERR_SYSTEM, "name the issuer of a certificate");
	if (add_ca_extensions(cert, err) < 0 || sign(arena, cert, key, &ca.cert, err) < 0)
		return -1;
	*out = ca;
	return 0;
}

/* Go's order of a name: the organizations as one RDN, then the common name. */
static int add_subject(X509 *cert, const struct x509_request *request, struct err *err)
{
	const char *const *organizations = request->organizations;
	enum place place = NEW_RDN;

	for (size_t i = 0; organizations && organizations[i]; i++) {
		if (add_name(cert, NID_organizationName, organizations[i], place, err) < 0)
			return -1;
		place = SAME_RDN;
	}
	if (!request->common_name)
		return 0;
	return add_name(cert, NID_commonName, request->common_name, NEW_RDN, err);
}

static int add_leaf_extensions(X509 *cert, X509 *ca, const struct x509_request *request,
			       struct err *err)
{
	static const int usages[] = {
		[X509_CLIENT] = NID_client_auth,
		[X509_SERVER] = NID_server_auth,
	};

	if (add_key_usage(cert, false, err) < 0)
		return -1;
	if (add_extended_usage(cert, &usages[request->usage], 1, err) < 0)
		return -1;
	if (add_authority_key_id(cert, ca, err) < 0)
		return -1;
	return add_alternatives(cert, request->names, err);
}

static int leaf_key_type(const EVP_PKEY *ca_key, enum key_type *type, struct err *err)
{
	switch (EVP_PKEY_get_base_id(ca_key)) {
	case EVP_PKEY_ED25519:
		*type = KEY_ED25519;
		return 0;
	case EVP_PKEY_EC:
		*type = KEY_ECDSA_P256;
		return 0;
	case EVP_PKEY_RSA:
		*type = KEY_RSA_4096;
		return 0;
	default:
		return err_set(err, ERR_INPUT, "the key of the authority is of no known type");
	}
}

static int check_authority(X509 *ca, EVP_PKEY *key, struct err *err)
{
	if (X509_check_ca(ca) == 0)
		return err_set(err, ERR_INPUT, "the certificate to issue with is no authority");
	int matches = X509_check_private_key(ca, key);
	ERR_clear_error();
	if (matches != 1)
		return err_set(err, ERR_INPUT, "the key does not belong to the certificate");
	return 0;
}

int x509_issue(struct arena *arena, const struct identity *ca, const struct x509_request *request,
	       struct identity *out, struct err *err)
{
	X509 *ca_cert OWNED(X509_free) = pem_cert(ca->cert, err);
	EVP_PKEY *ca_key OWNED(EVP_PKEY_free) = ca_cert ? pem_key(ca->key, err) : NULL;
	enum key_type type = KEY_OTHER;
	struct identity leaf;

	if (!ca_key || check_authority(ca_cert, ca_key, err) < 0 ||
	    leaf_key_type(ca_key, &type, err) < 0 || key_new(arena, type, &leaf.key, err) < 0)
		return -1;
	EVP_PKEY *key OWNED(EVP_PKEY_free) = pem_key(leaf.key, err);
	X509 *cert OWNED(X509_free) =
		key ? blank_new(key, request->now, request->lifetime, err) : NULL;
	if (!cert || add_subject(cert, request, err) < 0)
		return -1;
	if (!X509_set_issuer_name(cert, X509_get_subject_name(ca_cert)))
		return err_openssl(err, ERR_SYSTEM, "name the issuer of a certificate");
	if (add_leaf_extensions(cert, ca_cert, request, err) < 0 ||
	    sign(arena, cert, ca_key, &leaf.cert, err) < 0)
		return -1;
	*out = leaf;
	return 0;
}
