#include "crypto/keys.h"

#include "crypto/openssl.h"

#include <openssl/rsa.h>

static EVP_PKEY *make_ed25519(void)
{
	return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

static EVP_PKEY *make_ecdsa_p256(void)
{
	return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
}

static EVP_PKEY *make_rsa_4096(void)
{
	return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)4096);
}

static const struct {
	const char *name;
	EVP_PKEY *(*make)(void);
} key_types[] = {
	[KEY_ED25519] = { "Ed25519", make_ed25519 },
	[KEY_ECDSA_P256] = { "ECDSA P-256", make_ecdsa_p256 },
	[KEY_RSA_4096] = { "RSA-4096", make_rsa_4096 },
	[KEY_OTHER] = { "other", NULL },
};
_Static_assert(ARRAY_LEN(key_types) == KEY_TYPE_COUNT, "a row per key type");

int key_new(struct arena *arena, enum key_type type, const char **pem, struct err *err)
{
	if (!key_types[type].make)
		return err_set(err, ERR_BUG, "a key of no known type was asked for");

	ERR_clear_error();
	EVP_PKEY *key OWNED(EVP_PKEY_free) = key_types[type].make();
	if (!key)
		return err_openssl(err, ERR_SYSTEM, "make a key of type %s", key_type_name(type));
	*pem = pem_of_key(arena, key);
	return 0;
}

int key_type_of(const char *pem, enum key_type *type, struct err *err)
{
	EVP_PKEY *key OWNED(EVP_PKEY_free) = pem_key(pem, err);

	if (!key)
		return -1;
	*type = key_type_of_pkey(key);
	return 0;
}

enum key_type key_type_of_pkey(const EVP_PKEY *key)
{
	char group[32];
	size_t len;

	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_ED25519:
		return KEY_ED25519;
	case EVP_PKEY_RSA:
		return EVP_PKEY_get_bits(key) == 4096 ? KEY_RSA_4096 : KEY_OTHER;
	case EVP_PKEY_EC:
		if (EVP_PKEY_get_group_name(key, group, sizeof(group), &len) == 1 &&
		    OBJ_txt2nid(group) == NID_X9_62_prime256v1)
			return KEY_ECDSA_P256;
		return KEY_OTHER;
	default:
		return KEY_OTHER;
	}
}

const char *key_type_name(enum key_type type)
{
	return key_types[type].name;
}

const char *key_plain_label(struct arena *arena, const char *pem)
{
	static const char begin[] = "-----BEGIN ", end[] = "-----END ";
	static const char ours[] = "ED25519 PRIVATE KEY-----";
	const char *from = strstr(pem, begin), *to = strstr(pem, end);

	if (!from || !to || strncmp(from + strlen(begin), ours, strlen(ours)) != 0 ||
	    strncmp(to + strlen(end), ours, strlen(ours)) != 0)
		return pem;
	from += strlen(begin) + strlen(ours);
	return arena_printf(arena, "%sPRIVATE KEY-----%.*s%sPRIVATE KEY-----\n", begin,
			    (int)(to - from), from, end);
}
