#include "cluster/secrets.h"

#include "base/fs.h"
#include "base/text.h"
#include "cluster/secrets_parts.h"
#include "crypto/keys.h"
#include "crypto/x509.h"
#include "tree/path.h"
#include "tree/yaml.h"

#include <stdio.h>
#include <string.h>

enum place_form {
	PLACE_TEXT,
	PLACE_BASE64, /* of PEM text */
	PLACE_PEM
};

/* Where a machine config keeps what a bundle has. */
struct place {
	const char *kind; /* of the document; NULL: the v1alpha1 one */
	const char *path;
	enum place_form form;
	size_t offset; /* of the const char * in struct bundle */
};

#define CERT(ca) (offsetof(struct bundle, ca) + offsetof(struct identity, cert))
#define KEY(ca) (offsetof(struct bundle, ca) + offsetof(struct identity, key))

static const struct place places[] = {
	{ NULL, "cluster.id", PLACE_TEXT, offsetof(struct bundle, id) },
	{ NULL, "cluster.secret", PLACE_TEXT, offsetof(struct bundle, secret) },
	{ NULL, "cluster.token", PLACE_TEXT, offsetof(struct bundle, bootstrap_token) },
	{ NULL, "cluster.aescbcEncryptionSecret", PLACE_TEXT, offsetof(struct bundle, aescbc) },
	{ NULL, "cluster.secretboxEncryptionSecret", PLACE_TEXT,
	  offsetof(struct bundle, secretbox) },
	{ NULL, "machine.token", PLACE_TEXT, offsetof(struct bundle, trustd_token) },
	{ NULL, "cluster.etcd.ca.crt", PLACE_BASE64, CERT(etcd) },
	{ NULL, "cluster.etcd.ca.key", PLACE_BASE64, KEY(etcd) },
	{ NULL, "cluster.ca.crt", PLACE_BASE64, CERT(kubernetes) },
	{ NULL, "cluster.ca.key", PLACE_BASE64, KEY(kubernetes) },
	{ NULL, "cluster.aggregatorCA.crt", PLACE_BASE64, CERT(aggregator) },
	{ NULL, "cluster.aggregatorCA.key", PLACE_BASE64, KEY(aggregator) },
	{ NULL, "cluster.serviceAccount.key", PLACE_BASE64,
	  offsetof(struct bundle, service_account) },
	{ NULL, "machine.ca.crt", PLACE_BASE64, CERT(talos) },
	{ NULL, "machine.ca.key", PLACE_BASE64, KEY(talos) },
	{ "DiscoveryIdentityConfig", "clusterID", PLACE_TEXT, offsetof(struct bundle, id) },
	{ "DiscoveryIdentityConfig", "clusterSecret", PLACE_TEXT, offsetof(struct bundle, secret) },
	{ "KubeAPIServerCAConfig", "issuingCA.cert", PLACE_PEM, CERT(kubernetes) },
	{ "KubeAPIServerCAConfig", "issuingCA.key", PLACE_PEM, KEY(kubernetes) },
	{ "KubeAggregatorCAConfig", "issuingCA.cert", PLACE_PEM, CERT(aggregator) },
	{ "KubeAggregatorCAConfig", "issuingCA.key", PLACE_PEM, KEY(aggregator) },
	{ "KubeServiceAccountConfig", "issuer.privateKey", PLACE_PEM,
	  offsetof(struct bundle, service_account) },
	{ "KubeEtcdEncryptionConfig", "config.resources[0].providers[0].secretbox.keys[0].secret",
	  PLACE_TEXT, offsetof(struct bundle, secretbox) },
	{ "KubeEtcdEncryptionConfig", "config.resources[0].providers[0].aescbc.keys[0].secret",
	  PLACE_TEXT, offsetof(struct bundle, aescbc) },
};

static bool is_main_document(const struct value *document)
{
	return value_has(document, "machine") || value_has(document, "cluster");
}

static const struct value *find_document(const struct yaml_documents *documents, const char *kind)
{
	for (size_t i = 0; i < documents->len; i++) {
		const struct value *document = documents->at[i];
		const char *its_kind = value_get_text(document, "kind");

		if (kind ? text_equal(its_kind, kind) : !its_kind && is_main_document(document))
			return document;
	}
	return NULL;
}

/* What is there but cannot be used; its text is not shown. */
static int bad_place(const struct value *value, const struct place *place, struct err *err)
{
	struct src src = value_src(value);

	err_set(err, ERR_INPUT, "%s%s%s is not %s", place->kind ? place->kind : "",
		place->kind ? ": " : "", place->path,
		place->form == PLACE_BASE64 ? "base64 of PEM text" : "text");
	return err_at(err, src.file, src.line, src.column);
}

static int import_place(struct bundle *bundle, const struct yaml_documents *documents,
			const struct place *place, struct err *err)
{
	const char **out = (const char **)(void *)((char *)bundle + place->offset);
	const struct value *document = find_document(documents, place->kind), *value;
	struct path path;

	if (!document)
		return 0;
	if (path_parse(bundle->arena, place->path, &path, err) < 0)
		return -1;
	value = path_get(document, &path);
	if (value_is_null(value))
		return 0;
	if (!value_text(value) || strlen(value_text(value)) != value_text_len(value))
		return bad_place(value, place, err);
	*out = value_text(value);
	if (place->form == PLACE_BASE64)
		*out = bundle_decode(bundle, value_text(value));
	return *out ? 0 : bad_place(value, place, err);
}

int bundle_import_config(const char *file, const char *text, size_t len, struct bundle **out,
			 struct err *err)
{
	struct bundle *bundle OWNED(bundle_free) = bundle_begin(NULL);
	const struct yaml_input input = {
		.file = file, .text = text, .len = len, .sensitive = true
	};
	struct yaml_documents documents;

	if (yaml_read(bundle->arena, &input, &documents, err) < 0) {
		/* what stands in quotes is out of the file */
		if (err && strchr(err->text, '"'))
			snprintf(err->text, sizeof(err->text), "this is not YAML");
		return -1;
	}
	if (!find_document(&documents, NULL)) {
		err_set(err, ERR_INPUT,
			"this is no machine config: no document has machine or cluster");
		return err_at(err, file, 0, 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (import_place(bundle, &documents, &places[i], err) < 0)
			return -1;
	*out = take(bundle);
	return 0;
}

static int read_pki_file(struct bundle *bundle, const char *folder, const char *name,
			 const char **out, struct err *err)
{
	const char *path = fs_join(bundle->arena, folder, name);
	char *text;
	size_t len;

	if (fs_read(bundle->arena, path, BUNDLE_FILE_MAX, &text, &len, err) < 0)
		return -1;
	if (strlen(text) != len) {
		err_set(err, ERR_INPUT, "%s holds NUL bytes", name);
		return err_at(err, path, 0, 0);
	}
	*out = text;
	return 0;
}

static int check_key(const char *path, const char *pem, struct err *err)
{
	enum key_type type;

	if (key_type_of(pem, &type, err) == 0)
		return 0;
	return err_at(err, path, 0, 0);
}

static int read_pki_ca(struct bundle *bundle, const char *folder, const char *name,
		       struct identity *out, struct err *err)
{
	const char *cert = arena_printf(bundle->arena, "%s.crt", name);
	const char *key = arena_printf(bundle->arena, "%s.key", name);
	struct x509_info info;

	if (read_pki_file(bundle, folder, cert, &out->cert, err) < 0 ||
	    read_pki_file(bundle, folder, key, &out->key, err) < 0)
		return -1;
	if (x509_read(bundle->arena, out->cert, &info, err) < 0)
		return err_at(err, fs_join(bundle->arena, folder, cert), 0, 0);
	return check_key(fs_join(bundle->arena, folder, key), out->key, err);
}

int bundle_import_pki(const char *folder, const char *token, const struct bundle_options *options,
		      struct bundle **out, struct err *err)
{
	static const char account[] = "sa.key";
	struct bundle *bundle OWNED(bundle_free) = bundle_begin(NULL);

	for (size_t i = 0; i < BUNDLE_AUTHORITIES; i++) {
		const struct bundle_authority *authority = &bundle_authorities[i];
		struct identity *ca = bundle_authority(bundle, authority);

		if (authority->pki &&
		    read_pki_ca(bundle, folder, authority->pki, ca, err) < 0)
			return err_wrap(err, "import the Kubernetes PKI");
	}
	if (read_pki_file(bundle, folder, account, &bundle->service_account, err) < 0 ||
	    check_key(fs_join(bundle->arena, folder, account), bundle->service_account, err) < 0)
		return err_wrap(err, "import the Kubernetes PKI");
	if (token && token[0])
		bundle->bootstrap_token = arena_str(bundle->arena, token);
	if (bundle_complete(bundle, options, err) < 0)
		return -1;
	*out = take(bundle);
	return 0;
}
