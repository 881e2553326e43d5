#include "cluster/secrets.h"

#include "base/clock.h"
#include "base/text.h"
#include "cluster/secrets_parts.h"
#include "cluster/version.h"
#include "crypto/digest.h"
#include "crypto/keys.h"
#include "tree/yaml.h"

#include <string.h>

#define CA_LIFETIME (UINT64_C(3650) * DAY)
#define SECRET_BYTES 32

static const char token_letters[] = "0123456789abcdefghijklmnopqrstuvwxyz";

const struct bundle_authority bundle_authorities[BUNDLE_AUTHORITIES] = {
	{ "etcd", offsetof(struct bundle, etcd), "etcd", KEY_ECDSA_P256, "etcd/ca" },
	{ "k8s", offsetof(struct bundle, kubernetes), "kubernetes", KEY_ECDSA_P256, "ca" },
	{ "k8saggregator", offsetof(struct bundle, aggregator), NULL, KEY_ECDSA_P256,
	  "front-proxy-ca" },
	{ "os", offsetof(struct bundle, talos), "talos", KEY_ED25519, NULL },
};

struct identity *bundle_authority(struct bundle *bundle, const struct bundle_authority *authority)
{
	return (struct identity *)(void *)((char *)bundle + authority->offset);
}

struct bundle *bundle_begin(const char *file)
{
	struct bundle *bundle = mem_new(sizeof(*bundle));

	bundle->arena = arena_new("bundle");
	bundle->file = arena_str(bundle->arena, file);
	return bundle;
}

void bundle_free(struct bundle *bundle)
{
	if (!bundle)
		return;
	arena_free(bundle->arena);
	mem_free(bundle, sizeof(*bundle));
}

static const char *new_token(struct arena *arena, struct random_source *random)
{
	const char *id = random_letters(random, arena, token_letters, 6);

	return arena_printf(arena, "%s.%s", id, random_letters(random, arena, token_letters, 16));
}

static const char *new_secret(struct arena *arena, struct random_source *random)
{
	unsigned char *bytes = arena_alloc(arena, SECRET_BYTES);

	random_fill(random, bytes, SECRET_BYTES);
	return base64_encode(arena, bytes, SECRET_BYTES);
}

static void complete_texts(struct bundle *bundle, const struct bundle_options *options,
			   const struct version *contract)
{
	struct random_source *random = options->random;
	struct arena *arena = bundle->arena;
	const struct version last_aescbc = { .major = 1, .minor = 2 };
	unsigned char id[SECRET_BYTES];

	random_fill(random, id, sizeof(id));
	bundle->id = base64url_encode(arena, id, sizeof(id));
	bundle->secret = new_secret(arena, random);
	if (!bundle->bootstrap_token)
		bundle->bootstrap_token = new_token(arena, random);
	bundle->trustd_token = new_token(arena, random);
	if (version_minor_compare(contract, &last_aescbc) <= 0)
		bundle->aescbc = new_secret(arena, random);
	else
		bundle->secretbox = new_secret(arena, random);
}

static int complete_keys(struct bundle *bundle, const struct bundle_options *options,
			 const struct version *contract, struct err *err)
{
	const struct version first_rsa = { .major = 1, .minor = 7 };
	bool before_rsa = version_minor_compare(contract, &first_rsa) < 0;
	enum key_type account = before_rsa ? KEY_ECDSA_P256 : KEY_RSA_4096;

	for (size_t i = 0; i < BUNDLE_AUTHORITIES; i++) {
		const struct bundle_authority *authority = &bundle_authorities[i];
		struct identity *ca = bundle_authority(bundle, authority);
		struct x509_ca request = { authority->organization, authority->type, options->now,
					   CA_LIFETIME };

		if (ca->cert)
			continue;
		if (x509_make_ca(bundle->arena, &request, ca, err) < 0)
			return err_wrap(err, "make the authority %s", authority->name);
	}
	if (!bundle->service_account &&
	    key_new(bundle->arena, account, &bundle->service_account, err) < 0)
		return err_wrap(err, "make the service account key");
	return 0;
}

int bundle_complete(struct bundle *bundle, const struct bundle_options *options, struct err *err)
{
	struct version contract;

	if (!version_parse(options->contract, &contract))
		return err_set(err, ERR_USAGE, "\"%s\" is no version like v1.13",
			       options->contract ? options->contract : "");
	complete_texts(bundle, options, &contract);
	return complete_keys(bundle, options, &contract, err);
}

int bundle_new(const struct bundle_options *options, struct bundle **out, struct err *err)
{
	struct bundle *bundle OWNED(bundle_free) = bundle_begin(NULL);

	if (bundle_complete(bundle, options, err) < 0)
		return -1;
	*out = take(bundle);
	return 0;
}

const char *bundle_decode(const struct bundle *bundle, const char *text)
{
	unsigned char *data;
	size_t len;

	if (strcmp(text, BUNDLE_REDACTED) == 0)
		return arena_str(bundle->arena, text);
	data = base64_decode(bundle->arena, text, &len);
	if (!data || memchr(data, 0, len))
		return NULL;
	return arena_strn(bundle->arena, (const char *)data, len);
}

static void add_text(struct arena *arena, struct map_builder *map, const char *key,
		     const char *text)
{
	map_add(map, key, value_str(arena, text ? text : ""));
}

static void add_pem(struct arena *arena, struct map_builder *map, const char *key, const char *pem)
{
	if (!pem || strcmp(pem, BUNDLE_REDACTED) == 0)
		add_text(arena, map, key, pem);
	else
		add_text(arena, map, key, base64_encode(arena, pem, strlen(pem)));
}

static const struct value *identity_value(struct arena *arena, const struct identity *identity)
{
	struct map_builder *map = map_begin(arena);

	if (!identity->cert && !identity->key)
		return value_null(arena);
	add_pem(arena, map, "crt", identity->cert);
	add_pem(arena, map, "key", identity->key);
	return map_end(map);
}

static const struct value *key_value(struct arena *arena, const char *key)
{
	struct map_builder *map = map_begin(arena);

	if (!key)
		return value_null(arena);
	add_pem(arena, map, "key", key);
	return map_end(map);
}

static const struct value *bundle_value(struct arena *arena, const struct bundle *bundle)
{
	struct map_builder *cluster = map_begin(arena), *secrets = map_begin(arena);
	struct map_builder *trustd = map_begin(arena), *certs = map_begin(arena);
	struct map_builder *all = map_begin(arena);

	add_text(arena, cluster, "id", bundle->id);
	add_text(arena, cluster, "secret", bundle->secret);
	add_text(arena, secrets, "bootstraptoken", bundle->bootstrap_token);
	if (bundle->aescbc && bundle->aescbc[0])
		add_text(arena, secrets, "aescbcencryptionsecret", bundle->aescbc);
	if (bundle->secretbox && bundle->secretbox[0])
		add_text(arena, secrets, "secretboxencryptionsecret", bundle->secretbox);
	add_text(arena, trustd, "token", bundle->trustd_token);
	map_add(certs, "etcd", identity_value(arena, &bundle->etcd));
	map_add(certs, "k8s", identity_value(arena, &bundle->kubernetes));
	map_add(certs, "k8saggregator", identity_value(arena, &bundle->aggregator));
	map_add(certs, "k8sserviceaccount", key_value(arena, bundle->service_account));
	map_add(certs, "os", identity_value(arena, &bundle->talos));
	map_add(all, "cluster", map_end(cluster));
	map_add(all, "secrets", map_end(secrets));
	map_add(all, "trustdinfo", map_end(trustd));
	map_add(all, "certs", map_end(certs));
	return map_end(all);
}

void bundle_write(struct str *out, const struct bundle *bundle)
{
	struct arena *arena OWNED(arena_free) = arena_new("bundle text");

	yaml_write(out, bundle_value(arena, bundle), &yaml_style_talos);
}

int bundle_client(const struct bundle *bundle, struct arena *arena,
		  const struct client_request *request, struct identity *out, struct err *err)
{
	const struct x509_request leaf = {
		.organizations = request->roles,
		.usage = X509_CLIENT,
		.now = request->now,
		.lifetime = request->lifetime,
	};

	if (x509_issue(arena, &bundle->talos, &leaf, out, err) < 0)
		return err_wrap(err, "make a client certificate from the secrets bundle");
	return 0;
}

const char *bundle_identity(const struct bundle *bundle, struct arena *arena)
{
	struct digest *digest OWNED(digest_free) = digest_new();

	digest_add_text(digest, bundle->id);
	digest_add_text(digest, bundle->talos.cert);
	return digest_end_text(digest, arena);
}
