#include "base/clock.h"
#include "base/ip.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/openssl.h"
#include "crypto/x509.h"

#include <string.h>
#include <time.h>

OWN_DEFINE(GENERAL_NAMES, GENERAL_NAMES_free)
OWN_DEFINE(EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free)

/* Texts are read into C strings: one that hides a NUL would read as another name than it is. */
static int text_of(struct arena *arena, const ASN1_STRING *string, const char **out,
		   struct err *err)
{
	unsigned char *utf8 = NULL;
	int len = ASN1_STRING_to_UTF8(&utf8, string);

	if (len < 0)
		return err_openssl(err, ERR_INPUT, "a name in the certificate is unreadable");
	bool hides = memchr(utf8, '\0', (size_t)len) != NULL;
	if (!hides)
		*out = arena_strn(arena, (const char *)utf8, (size_t)len);
	OPENSSL_free(utf8);
	return hides ? err_set(err, ERR_INPUT, "a name in the certificate holds a NUL") : 0;
}

static int read_organizations(struct arena *arena, const X509_NAME *subject,
			      const char *const **out, struct err *err)
{
	int count = X509_NAME_entry_count(subject);
	const char **all = arena_calloc(arena, (size_t)count + 1, sizeof(*all));
	size_t used = 0;

	for (int at = X509_NAME_get_index_by_NID(subject, NID_organizationName, -1); at >= 0;
	     at = X509_NAME_get_index_by_NID(subject, NID_organizationName, at)) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(subject, at);
		if (text_of(arena, X509_NAME_ENTRY_get_data(entry), &all[used], err) < 0)
			return -1;
		if (all[used][0])
			used++;
	}
	all[used] = NULL;
	*out = all;
	return 0;
}

static const char *address_text(struct arena *arena, const ASN1_OCTET_STRING *bytes)
{
	int len = ASN1_STRING_length(bytes);
	struct ip ip = { .family = len == 4 ? 4 : 6 };
	char text[IP_TEXT_MAX];

	if (len != 4 && len != 16)
		return NULL;
	memcpy(ip.at, ASN1_STRING_get0_data(bytes), (size_t)len);
	return arena_str(arena, ip_text(&ip, text));
}

/* Host names and addresses; mail addresses and the like say nothing about a node. */
static int read_names(struct arena *arena, const X509 *cert, const char *const **out,
		      struct err *err)
{
	GENERAL_NAMES *names OWNED(GENERAL_NAMES_free) =
		X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	int count = names ? sk_GENERAL_NAME_num(names) : 0;
	const char **all = arena_calloc(arena, (size_t)count + 1, sizeof(*all));
	size_t used = 0;

	for (int i = 0; i < count; i++) {
		int type;
		const ASN1_STRING *value =
			GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type);
		if (type == GEN_DNS && text_of(arena, value, &all[used], err) < 0)
			return -1;
		if (type == GEN_IPADD)
			all[used] = address_text(arena, value);
		if (all[used])
			used++;
	}
	*out = all;
	return 0;
}

uint64_t x509_time(const ASN1_TIME *time)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) != 1)
		return 0;
	time_t seconds = timegm(&tm);
	if (seconds < 0)
		return 0;
	if ((uint64_t)seconds > UINT64_MAX / SECOND)
		return UINT64_MAX; /* after the year 2554 */
	return (uint64_t)seconds * SECOND;
}

static const char *subject_text(struct arena *arena, const X509_NAME *subject)
{
	BIO *bio OWNED(BIO_free_all) = BIO_new(BIO_s_mem());
	const char *text = NULL;
	/* like RFC 2253, which escapes what could harm a terminal, but not reversed */
	unsigned long form = (ASN1_STRFLGS_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) |
			     XN_FLAG_SEP_COMMA_PLUS | XN_FLAG_FN_SN;

	if (!bio || X509_NAME_print_ex(bio, subject, 0, form) < 0)
		return "";
	long len = BIO_get_mem_data(bio, &text);
	return arena_strn(arena, len > 0 ? text : "", (size_t)len);
}

const char *x509_fingerprint(struct arena *arena, const X509 *cert)
{
	unsigned char *der = NULL;
	unsigned char hash[SHA256_SIZE];
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	if (len <= 0)
		return "";
	sha256(der, (size_t)len, hash);
	OPENSSL_free(der);
	return base64_encode(arena, hash, sizeof(hash));
}

static const char *digest_text(struct arena *arena, const X509 *cert)
{
	unsigned char hash[SHA256_SIZE];

	if (X509_digest(cert, EVP_sha256(), hash, NULL) != 1)
		return "";
	return hex_encode(arena, hash, sizeof(hash));
}

enum usage_named x509_usage_named(const X509 *cert, enum x509_usage usage)
{
	EXTENDED_KEY_USAGE *usages OWNED(EXTENDED_KEY_USAGE_free) =
		X509_get_ext_d2i(cert, NID_ext_key_usage, NULL, NULL);
	int wanted = usage == X509_CLIENT ? NID_client_auth : NID_server_auth;
	int count = usages ? sk_ASN1_OBJECT_num(usages) : 0;
	bool found = false;

	for (int i = 0; i < count; i++)
		found |= OBJ_obj2nid(sk_ASN1_OBJECT_value(usages, i)) == wanted;
	if (!found)
		return USAGE_ABSENT;
	return count == 1 ? USAGE_ALONE : USAGE_AMONG_OTHERS;
}

int x509_read(struct arena *arena, const char *pem, struct x509_info *out, struct err *err)
{
	X509 *cert OWNED(X509_free) = pem_cert(pem, err);
	struct x509_info info = { 0 };

	if (!cert)
		return -1;
	uint32_t flags = X509_get_extension_flags(cert);
	const EVP_PKEY *key = X509_get0_pubkey(cert);
	if (!key || (flags & EXFLAG_INVALID)) {
		ERR_clear_error();
		return err_set(err, ERR_INPUT,
			       "the certificate has a key or extension we cannot read");
	}

	const X509_NAME *subject = X509_get_subject_name(cert);
	if (read_organizations(arena, subject, &info.organizations, err) < 0 ||
	    read_names(arena, cert, &info.names, err) < 0)
		return -1;
	info.subject = subject_text(arena, subject);
	info.not_before = x509_time(X509_get0_notBefore(cert));
	info.not_after = x509_time(X509_get0_notAfter(cert));
	info.is_ca = (flags & EXFLAG_CA) != 0;
	info.for_client = x509_usage_named(cert, X509_CLIENT) != USAGE_ABSENT;
	info.for_server = x509_usage_named(cert, X509_SERVER) != USAGE_ABSENT;
	info.type = key_type_of_pkey(key);
	info.fingerprint = x509_fingerprint(arena, cert);
	info.digest = digest_text(arena, cert);
	ERR_clear_error();
	*out = info;
	return 0;
}

int x509_matches_key(const char *cert, const char *key, struct err *err)
{
	X509 *read OWNED(X509_free) = pem_cert(cert, err);
	EVP_PKEY *secret OWNED(EVP_PKEY_free) = read ? pem_key(key, err) : NULL;

	if (!secret)
		return -1;
	int matches = X509_check_private_key(read, secret);
	ERR_clear_error();
	if (matches != 1)
		return err_set(err, ERR_INPUT, "the key does not belong to the certificate");
	return 0;
}
