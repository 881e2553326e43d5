/* Registries by their host and pods by their name, whichever form describes them. */
#include "convert/migrate_settings.h"

#include "base/own.h"
#include "base/text.h"
#include "render/draft.h"

#include <string.h>

#define REGISTRIES "registries"
#define PODS "pods"

static const struct value *named(const struct reading *r, const char *list, const char *name)
{
	return value_get(value_get(r->root, list), name);
}

static void put_named(struct reading *r, const char *list, const char *name,
		      const struct value *value)
{
	const struct value *all = value_get(r->root, list);

	if (!value_is_map(all))
		all = map_end(map_begin(r->arena));
	reading_put(r, list, value_set(r->arena, all, name, value));
}

/* A host that both forms speak of is another thing than one that documents alone describe. */
static struct draft host_begin(const struct reading *r, const char *host, bool section)
{
	struct draft draft = { .arena = r->arena, .root = named(r, REGISTRIES, host) };

	if (section)
		draft_flag(&draft, "section", true);
	else if (value_has(draft.root, "section"))
		draft_flag(&draft, "both", true);
	return draft;
}

static const char *truth(const struct value *value)
{
	return value_bool(value, false) ? "true" : "false";
}

static void read_mirror(struct reading *r, const char *host, const struct value *mirror)
{
	struct draft draft = host_begin(r, host, true);
	const struct value *urls = value_get(mirror, "endpoints");
	struct list_builder *list = list_begin(r->arena);

	for (size_t i = 0; i < value_len(urls); i++) {
		struct draft endpoint = { .arena = r->arena };

		draft_put(&endpoint, "url", value_at(urls, i));
		draft_text(&endpoint, "overridePath", truth(value_get(mirror, "overridePath")));
		list_add(list, endpoint.root);
	}
	draft_put(&draft, "mirror.endpoints", list_end(list));
	draft_text(&draft, "mirror.skipFallback", truth(value_get(mirror, "skipFallback")));
	put_named(r, REGISTRIES, host, draft.root);
}

static void read_mirror_document(struct draft *draft, const struct value *document)
{
	const struct value *endpoints = value_get(document, "endpoints");
	struct list_builder *list = list_begin(draft->arena);

	for (size_t i = 0; i < value_len(endpoints); i++) {
		const struct value *whole = value_get(value_at(endpoints, i), "overridePath");
		struct draft endpoint = { .arena = draft->arena };

		draft_put(&endpoint, "url", value_get(value_at(endpoints, i), "url"));
		draft_text(&endpoint, "overridePath", truth(whole));
		list_add(list, endpoint.root);
	}
	draft_put(draft, "mirror.endpoints", list_end(list));
	draft_text(draft, "mirror.skipFallback", truth(value_get(document, "skipFallback")));
}

static void put_filled(struct draft *draft, const char *path, const struct value *value)
{
	if (!text_is_blank(value_text(value)))
		draft_put(draft, path, value);
}

static void read_auth(struct draft *draft, const struct value *auth)
{
	static const char *const fields[] = { "username", "password", "auth", "identityToken" };

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		put_filled(draft, arena_printf(draft->arena, "auth.%s", fields[i]),
			   value_get(auth, fields[i]));
}

static void read_tls(struct draft *draft, const struct value *tls, const char *cert)
{
	const struct value *identity = value_get(tls, "clientIdentity");

	put_filled(draft, "tls.ca", reading_pem(draft->arena, value_get(tls, "ca")));
	put_filled(draft, "tls.cert", reading_pem(draft->arena, value_get(identity, cert)));
	put_filled(draft, "tls.key", reading_pem(draft->arena, value_get(identity, "key")));
	if (value_get(tls, "insecureSkipVerify"))
		draft_text(draft, "tls.insecure", truth(value_get(tls, "insecureSkipVerify")));
}

void reading_registries(struct reading *r)
{
	const struct value *mirrors = reading_get(r, "machine.registries.mirrors");
	const struct value *config = reading_get(r, "machine.registries.config");

	for (size_t i = 0; i < value_len(mirrors); i++)
		read_mirror(r, value_key_at(mirrors, i), value_at(mirrors, i));
	for (size_t i = 0; i < value_len(config); i++) {
		struct draft draft = host_begin(r, value_key_at(config, i), true);

		read_auth(&draft, value_get(value_at(config, i), "auth"));
		read_tls(&draft, value_get(value_at(config, i), "tls"), "crt");
		put_named(r, REGISTRIES, value_key_at(config, i), draft.root);
	}
	reading_drop(r, "machine.registries");
}

void reading_pods(struct reading *r)
{
	const struct value *pods = reading_get(r, "machine.pods");

	for (size_t i = 0; i < value_len(pods); i++) {
		const struct value *pod = value_at(pods, i);
		const char *name = value_get_text(value_get(pod, "metadata"), "name");

		if (text_is_blank(name) || named(r, PODS, name))
			name = arena_printf(r->arena, "#%zu", i);
		put_named(r, PODS, name, pod);
	}
	reading_drop(r, "machine.pods");
}

bool reading_runtime_document(struct reading *r, const struct document *document)
{
	struct draft draft = host_begin(r, document->name, false);

	if (text_equal(document->kind, "KubeStaticPodConfig")) {
		const struct value *pod = value_get(document->value, "pod");
		const char *name = value_get_text(value_get(pod, "metadata"), "name");

		put_named(r, PODS, text_is_blank(name) ? document->name : name, pod);
		return true;
	}
	if (text_equal(document->kind, "RegistryMirrorConfig"))
		read_mirror_document(&draft, document->value);
	else if (text_equal(document->kind, "RegistryAuthConfig"))
		read_auth(&draft, document->value);
	else if (text_equal(document->kind, "RegistryTLSConfig"))
		read_tls(&draft, document->value, "cert");
	else
		return false;
	put_named(r, REGISTRIES, document->name, draft.root);
	return true;
}

/* It marked which form a host is in until all were read. */
void reading_registries_end(struct reading *r)
{
	const struct value *all = value_get(r->root, REGISTRIES);

	for (size_t i = 0; i < value_len(all); i++)
		put_named(r, REGISTRIES, value_key_at(all, i),
			  value_set(r->arena, value_at(all, i), "section", NULL));
}
