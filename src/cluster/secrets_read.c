#include "cluster/secrets.h"

#include "base/text.h"
#include "cluster/secrets_parts.h"
#include "crypto/keys.h"
#include "crypto/x509.h"
#include "tree/yaml.h"

#include <stdio.h>
#include <string.h>

/* Reading goes on over every fault, so that one message names them all. None of them may quote
 * what the file holds. */
struct reader {
	struct bundle *bundle;
	const struct value *document;
	struct str faults;
	struct src first; /* where the first fault is */
};

struct part {
	const char *section, *key;
	size_t offset; /* of the const char * in struct bundle */
	bool required;
};

static const struct part parts[] = {
	{ "cluster", "id", offsetof(struct bundle, id), true },
	{ "cluster", "secret", offsetof(struct bundle, secret), true },
	{ "secrets", "bootstraptoken", offsetof(struct bundle, bootstrap_token), true },
	{ "secrets", "secretboxencryptionsecret", offsetof(struct bundle, secretbox), false },
	{ "secrets", "aescbcencryptionsecret", offsetof(struct bundle, aescbc), false },
	{ "trustdinfo", "token", offsetof(struct bundle, trustd_token), true },
};

static void fault(struct reader *reader, const struct value *value, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void fault(struct reader *reader, const struct value *value, const char *fmt, ...)
{
	va_list args;

	if (reader->faults.len == 0)
		reader->first = value_src(value ? value : reader->document);
	else
		str_add(&reader->faults, "; ");
	va_start(args, fmt);
	str_addv(&reader->faults, fmt, args);
	va_end(args);
}

/* NULL when the value holds no text that can be used. */
static const char *text_of(const struct value *value)
{
	const char *text = value_text(value);

	return text && text[0] && strlen(text) == value_text_len(value) ? text : NULL;
}

static void fault_no_text(struct reader *reader, const struct value *map, const char *section,
			  const char *key)
{
	const struct value *value = value_get(map, key);
	const char *text = value_text(value);
	bool missing = value_is_null(value) || (text && value_text_len(value) == 0);

	fault(reader, missing ? map : value, "%s.%s is %s", section, key,
	      missing ? "missing" : "no text");
}

/* NULL after it said that the section is not there. */
static const struct value *read_section(struct reader *reader, const char *name)
{
	const struct value *section = value_get(reader->document, name);

	if (value_is_null(section)) {
		fault(reader, NULL, "%s is missing", name);
		return NULL;
	}
	if (!value_is_map(section)) {
		fault(reader, section, "%s is no map", name);
		return NULL;
	}
	return section;
}

static void read_parts(struct reader *reader, const char *name)
{
	const struct value *section = read_section(reader, name);

	for (size_t i = 0; i < ARRAY_LEN(parts) && section; i++) {
		const char **out =
			(const char **)(void *)((char *)reader->bundle + parts[i].offset);

		if (strcmp(parts[i].section, name) != 0)
			continue;
		*out = text_of(value_get(section, parts[i].key));
		if (!*out && (parts[i].required || value_len(value_get(section, parts[i].key)) > 0))
			fault_no_text(reader, section, name, parts[i].key);
	}
}

static void check_encryption(struct reader *reader)
{
	const struct value *section = value_get(reader->document, "secrets");

	if (!value_is_map(section))
		return;
	if (reader->bundle->secretbox && reader->bundle->aescbc)
		fault(reader, section,
		      "only one of secrets.secretboxencryptionsecret and "
		      "secrets.aescbcencryptionsecret may be set");
	if (!reader->bundle->secretbox && !reader->bundle->aescbc)
		fault(reader, section,
		      "one of secrets.secretboxencryptionsecret and secrets.aescbcencryptionsecret "
		      "is missing");
}

/* The PEM text below `key`, or NULL after a fault. */
static const char *read_pem(struct reader *reader, const struct value *map, const char *path,
			    const char *key)
{
	const struct value *value = value_get(map, key);
	const char *text = text_of(value);
	const char *pem;

	if (!text) {
		fault_no_text(reader, map, path, key);
		return NULL;
	}
	if (strcmp(text, BUNDLE_REDACTED) == 0) {
		fault(reader, value, "%s.%s was blacked out", path, key);
		return NULL;
	}
	pem = bundle_decode(reader->bundle, text);
	if (!pem)
		fault(reader, value, "%s.%s is no base64 text", path, key);
	return pem;
}

static const char *read_key(struct reader *reader, const struct value *map, const char *path)
{
	const char *pem = read_pem(reader, map, path, "key");
	enum key_type type;

	if (pem && key_type_of(pem, &type, NULL) < 0)
		fault(reader, value_get(map, "key"), "%s.key is no private key", path);
	return pem;
}

static const char *read_cert(struct reader *reader, const struct value *map, const char *path)
{
	const char *pem = read_pem(reader, map, path, "crt");
	struct x509_info info;

	if (pem && x509_read(reader->bundle->arena, pem, &info, NULL) < 0)
		fault(reader, value_get(map, "crt"), "%s.crt is no certificate", path);
	return pem;
}

static const struct value *read_entry(struct reader *reader, const struct value *certs,
				      const char *name)
{
	const struct value *entry = value_get(certs, name);

	if (value_is_null(entry))
		fault(reader, certs, "certs.%s is missing", name);
	else if (!value_is_map(entry))
		fault(reader, entry, "certs.%s is no map", name);
	return value_is_map(entry) ? entry : NULL;
}

static void read_certs(struct reader *reader)
{
	static const char account[] = "k8sserviceaccount";
	const struct value *certs = read_section(reader, "certs");
	const struct value *entry;

	if (!certs)
		return;
	for (size_t i = 0; i < BUNDLE_AUTHORITIES; i++) {
		const struct bundle_authority *authority = &bundle_authorities[i];
		struct identity *ca = bundle_authority(reader->bundle, authority);
		const char *path =
			arena_printf(reader->bundle->arena, "certs.%s", authority->name);

		entry = read_entry(reader, certs, authority->name);
		if (!entry)
			continue;
		ca->cert = read_cert(reader, entry, path);
		ca->key = read_key(reader, entry, path);
	}
	entry = read_entry(reader, certs, account);
	if (entry)
		reader->bundle->service_account =
			read_key(reader, entry, "certs.k8sserviceaccount");
}

static int read_document(struct reader *reader, const char *text, size_t len, struct err *err)
{
	const struct yaml_input input = {
		.file = reader->bundle->file,
		.text = text,
		.len = len,
		.sensitive = true,
	};
	struct yaml_documents documents;

	if (yaml_read(reader->bundle->arena, &input, &documents, err) < 0) {
		/* what stands in quotes is out of the file */
		if (err && strchr(err->text, '"'))
			snprintf(err->text, sizeof(err->text), "this is not YAML");
		return -1;
	}
	reader->document = documents.len > 0 ? documents.at[0] : NULL;
	if (!value_is_null(reader->document) && !value_is_map(reader->document)) {
		err_set(err, ERR_INPUT, "a secrets bundle must be a map");
		return err_at(err, reader->bundle->file, 1, 1);
	}
	return 0;
}

int bundle_read(const char *file, const char *text, size_t len, struct bundle **out,
		struct err *err)
{
	struct bundle *bundle OWNED(bundle_free) = bundle_begin(file);
	struct reader reader = { .bundle = bundle, .faults = STR_INIT(4096) };

	if (read_document(&reader, text, len, err) < 0)
		return err_wrap(err, "read the secrets bundle");
	read_parts(&reader, "cluster");
	read_parts(&reader, "secrets");
	check_encryption(&reader);
	read_parts(&reader, "trustdinfo");
	read_certs(&reader);
	if (reader.faults.len > 0) {
		err_set(err, ERR_INPUT, "the secrets bundle is not complete: %s",
			str_text(&reader.faults));
		err_at(err, file, reader.first.line, reader.first.column);
		str_done(&reader.faults);
		return -1;
	}
	bundle->source = reader.document;
	*out = take(bundle);
	return 0;
}
