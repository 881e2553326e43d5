/* The same for what Kubernetes is made of. */
#include "convert/migrate_settings.h"

#include "base/own.h"
#include "base/text.h"
#include "render/draft.h"

#include <string.h>

#define SERVICE "https://discovery.talos.dev/"

const struct value *reading_pem(struct arena *arena, const struct value *value)
{
	size_t len = 0;
	const char *text = value_text(value);
	const unsigned char *bytes = NULL;

	if (!text || !*text || strstr(text, "-----"))
		return value;
	bytes = base64_decode(arena, text, &len);
	if (!bytes)
		return value;
	return value_with_src(arena, value_strn(arena, (const char *)bytes, len), value_src(value));
}

static void normalise_keys(struct reading *r)
{
	static const char *const paths[] = {
		"cluster.ca.crt",
		"cluster.ca.key",
		"cluster.aggregatorCA.crt",
		"cluster.aggregatorCA.key",
		"cluster.serviceAccount.key",
	};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (reading_get(r, paths[i]))
			reading_put(r, paths[i], reading_pem(r->arena, reading_get(r, paths[i])));
}

static void add_cert(struct map_builder *map, const struct value *cert)
{
	if (!text_is_blank(value_text(cert)))
		map_add(map, value_text(cert), cert);
}

/* The one behind `last` by the order of their texts. */
static const struct value *next_cert(const struct value *all, const struct value *last)
{
	const struct value *next = NULL;

	for (size_t i = 0; i < value_len(all); i++) {
		const struct value *cert = value_at(all, i);

		if ((!last || strcmp(value_text(cert), value_text(last)) > 0) &&
		    (!next || strcmp(value_text(cert), value_text(next)) < 0))
			next = cert;
	}
	return next;
}

/* Who does not issue accepts the authority as one of those in the list; the order means nothing. */
static void normalise_authorities(struct reading *r)
{
	struct map_builder *map = map_begin(r->arena);
	const struct value *old = reading_get(r, "cluster.acceptedCAs");
	const struct value *new = reading_get(r, "cluster.accepted");
	const char *issuing = value_text(reading_get(r, "cluster.ca.crt"));
	struct list_builder *list = list_begin(r->arena);

	for (size_t i = 0; i < value_len(old); i++)
		add_cert(map, reading_pem(r->arena, value_get(value_at(old, i), "crt")));
	for (size_t i = 0; i < value_len(new); i++)
		add_cert(map, value_at(new, i));
	if (!r->control)
		add_cert(map, reading_get(r, "cluster.ca.crt"));
	const struct value *all = map_end(map), *last = NULL;
	for (size_t i = 0; i < value_len(all); i++) {
		last = next_cert(all, last);
		if (!r->control || !text_equal(value_text(last), issuing))
			list_add(list, last);
	}
	if (!r->control)
		reading_drop(r, "cluster.ca");
	reading_drop(r, "cluster.acceptedCAs");
	reading_put(r, "cluster.accepted", list_end(list));
}

static bool is_for_secrets(const struct value *resource)
{
	const struct value *resources = value_get(resource, "resources");

	return value_len(resource) == 2 && value_len(resources) == 1 &&
	       text_equal(value_text(value_at(resources, 0)), "secrets");
}

/* {secretbox: {keys: [{name, secret}]}} to secretbox.name: secret */
static bool read_provider(struct draft *out, const struct value *provider)
{
	const char *type = value_key_at(provider, 0);
	const struct value *keys = value_get(value_at(provider, 0), "keys");

	if (value_len(provider) != 1 || !value_len(keys))
		return false;
	for (size_t i = 0; i < value_len(keys); i++) {
		const struct value *key = value_at(keys, i);
		const char *name = value_get_text(key, "name");

		if (!name || strchr(name, '.'))
			return false;
		draft_put(out, arena_printf(out->arena, "%s.%s", type, name),
			  value_get(key, "secret"));
	}
	return true;
}

static void normalise_encryption(struct reading *r)
{
	static const struct {
		const char *from, *to;
	} sections[] = {
		{ "cluster.secretboxEncryptionSecret", "secretbox.key2" },
		{ "cluster.aescbcEncryptionSecret", "aescbc.key1" },
	};
	const struct value *resources = reading_get(r, "cluster.encrypted");
	const struct value *providers = value_get(value_at(resources, 0), "providers");
	struct draft draft = { .arena = r->arena };
	bool known = value_len(resources) == 1 && is_for_secrets(value_at(resources, 0));

	for (size_t i = 0; known && i < value_len(providers); i++)
		known = read_provider(&draft, value_at(providers, i));
	if (resources && !known)
		return;
	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		const struct value *secret = reading_get(r, sections[i].from);

		if (!text_is_blank(value_text(secret)))
			draft_put(&draft, sections[i].to, secret);
		reading_drop(r, sections[i].from);
	}
	if (draft.root)
		reading_put(r, "cluster.encrypted", draft.root);
}

static void put_default(struct reading *r, const char *path, const char *text)
{
	if (!reading_get(r, path))
		reading_put(r, path, value_str(r->arena, text));
}

static void normalise_network(struct reading *r)
{
	static const char name[] = "cluster.network.cni.name";
	const struct value *manifests = reading_get(r, "cluster.manifests");
	const char *otherwise = "flannel";
	bool custom = false;

	if (!r->control)
		return;
	for (size_t i = 0; i < value_len(manifests); i++)
		custom = custom || text_starts(value_get_text(value_at(manifests, i), "name"),
					       "custom-cni");
	if (reading_has_kind(r, "KubeNetworkConfig") &&
	    !reading_has_kind(r, "KubeFlannelCNIConfig"))
		otherwise = custom ? "custom" : "none";
	put_default(r, name, otherwise);
}

static void add_manifest(struct reading *r, struct list_builder *list, const struct value *url)
{
	struct draft manifest = { .arena = r->arena };
	const struct value *headers = reading_get(r, "cluster.extraManifestHeaders");

	draft_put(&manifest, "url", url);
	if (value_len(headers))
		draft_put(&manifest, "headers", headers);
	list_add(list, manifest.root);
}

/* All that is fetched, whatever the name of its document. */
static void normalise_manifests(struct reading *r)
{
	const struct value *documents = reading_get(r, "cluster.manifests");
	const struct value *extra = reading_get(r, "cluster.extraManifests");
	const struct value *urls = reading_get(r, "cluster.network.cni.urls");
	struct list_builder *list = list_begin(r->arena);

	for (size_t i = 0; i < value_len(documents); i++)
		list_add(list, value_set(r->arena, value_at(documents, i), "name", NULL));
	for (size_t i = 0; i < value_len(urls); i++)
		add_manifest(r, list, value_at(urls, i));
	for (size_t i = 0; i < value_len(extra); i++)
		add_manifest(r, list, value_at(extra, i));
	reading_drop(r, "cluster.network.cni.urls");
	reading_drop(r, "cluster.extraManifests");
	reading_drop(r, "cluster.extraManifestHeaders");
	reading_put(r, "cluster.manifests", list_end(list));
}

static bool has_type(const struct value *authorizers, const char *type)
{
	for (size_t i = 0; i < value_len(authorizers); i++)
		if (text_equal(value_get_text(value_at(authorizers, i), "type"), type))
			return true;
	return false;
}

/* The two that are always there by default, by one name. */
static void normalise_authorizers(struct reading *r)
{
	static const struct {
		const char *type, *name;
	} own[] = { { "Node", "node" }, { "RBAC", "rbac" } };
	static const char path[] = "cluster.apiServer.authorizationConfig";
	const struct value *old = reading_get(r, path);
	struct list_builder *list = list_begin(r->arena);
	bool documents = reading_has_kind(r, "KubeAPIServerConfig");

	for (size_t i = 0; i < value_len(old); i++) {
		struct draft element = { .arena = r->arena, .root = value_at(old, i) };

		for (size_t k = 0; k < ARRAY_LEN(own); k++)
			if (text_equal(value_get_text(element.root, "type"), own[k].type))
				draft_text(&element, "name", own[k].name);
		list_add(list, element.root);
	}
	for (size_t k = 0; !documents && k < ARRAY_LEN(own); k++) {
		struct draft element = { .arena = r->arena };

		if (has_type(old, own[k].type))
			continue;
		draft_text(&element, "name", own[k].name);
		draft_text(&element, "type", own[k].type);
		list_add(list, element.root);
	}
	if (r->control)
		reading_put(r, path, list_end(list));
}

static const char *rule_text(struct arena *arena, const struct value *rule)
{
	return arena_printf(arena, "%s=%s", value_get_text(rule, "claim"),
			    value_get_text(rule, "requiredValue"));
}

static void put_argument(struct reading *r, const char *key, const char *text)
{
	static const char path[] = "cluster.apiServer.extraArgs";
	const struct value *map = reading_get(r, path);

	if (!value_is_map(map))
		map = map_end(map_begin(r->arena));
	reading_put(r, path, value_set(r->arena, map, key, value_str(r->arena, text)));
}

/* A token issuer as the arguments that say the same. */
static void read_token(struct reading *r, const struct value *token)
{
	const struct value *issuer = value_get(token, "issuer");
	const struct value *mappings = value_get(token, "claimMappings");
	const struct value *user = value_get(mappings, "username");
	const struct value *groups = value_get(mappings, "groups");
	const struct value *rules = value_get(token, "claimValidationRules");
	const char *prefix = value_get_text(user, "prefix");

	put_argument(r, "oidc-issuer-url", value_get_text(issuer, "url"));
	if (value_len(value_get(issuer, "audiences")))
		put_argument(r, "oidc-client-id",
			     value_text(value_at(value_get(issuer, "audiences"), 0)));
	put_argument(r, "oidc-username-claim", value_get_text(user, "claim"));
	put_argument(r, "oidc-username-prefix", text_is_blank(prefix) ? "-" : prefix);
	if (groups) {
		put_argument(r, "oidc-groups-claim", value_get_text(groups, "claim"));
		put_argument(r, "oidc-groups-prefix", value_get_text(groups, "prefix"));
	}
	for (size_t i = 0; i < value_len(rules); i++)
		put_argument(r, arena_printf(r->arena, "oidc-required-claim#%zu", i),
			     rule_text(r->arena, value_at(rules, i)));
}

static void put_missing(struct reading *r, const struct value *arguments, const char *key,
			const char *text)
{
	if (!value_has(arguments, key))
		put_argument(r, key, text);
}

/* What the arguments mean without being given. */
static void complete_arguments(struct reading *r, const struct value *arguments)
{
	const char *issuer = value_get_text(arguments, "oidc-issuer-url");
	const char *claim = value_get_text(arguments, "oidc-username-claim");
	const struct value *required = value_get(arguments, "oidc-required-claim");
	bool address = text_equal(claim, "email");

	put_missing(r, arguments, "oidc-username-claim", "sub");
	if (text_is_blank(value_get_text(arguments, "oidc-username-prefix")))
		put_argument(r, "oidc-username-prefix",
			     address ? "-" : arena_printf(r->arena, "%s#", issuer));
	if (value_has(arguments, "oidc-groups-claim"))
		put_missing(r, arguments, "oidc-groups-prefix", "");
	reading_drop(r, "cluster.apiServer.extraArgs.oidc-required-claim");
	if (value_text(required))
		put_argument(r, "oidc-required-claim#0", value_text(required));
	for (size_t i = 0; value_is_list(required) && i < value_len(required); i++)
		put_argument(r, arena_printf(r->arena, "oidc-required-claim#%zu", i),
			     value_text(value_at(required, i)));
}

static void normalise_tokens(struct reading *r)
{
	const struct value *tokens = reading_get(r, "cluster.apiServer.tokens");
	const struct value *arguments = reading_get(r, "cluster.apiServer.extraArgs");

	if (value_has(arguments, "oidc-issuer-url"))
		complete_arguments(r, arguments);
	if (value_len(tokens) > 1)
		return;
	if (value_len(tokens) == 1)
		read_token(r, value_at(tokens, 0));
	reading_drop(r, "cluster.apiServer.tokens");
}

static void normalise_discovery(struct reading *r)
{
	static const char endpoint[] = "cluster.discovery.registries.service.endpoint";
	bool document = reading_has_kind(r, "DiscoveryServiceConfig");
	bool enabled = value_bool(reading_get(r, "cluster.discovery.enabled"), false);
	bool registry = enabled && !value_bool(reading_get(r, "cluster.discovery.registries."
							      "kubernetes.disabled"),
					       false);
	bool service = enabled && !value_bool(reading_get(r, "cluster.discovery.registries."
							     "service.disabled"),
					      false);
	const struct value *url = reading_get(r, endpoint);

	reading_drop(r, "cluster.discovery");
	if (registry)
		reading_put(r, "cluster.discovery.kubernetes", value_of_bool(r->arena, true));
	if (document || service)
		reading_put(r, endpoint,
			    text_is_blank(value_text(url)) ? value_str(r->arena, SERVICE) : url);
}

static void normalise_issuer(struct reading *r)
{
	static const char path[] = "cluster.serviceAccount.issuer";
	const char *endpoint = value_text(reading_get(r, "cluster.controlPlane.endpoint"));

	if (text_equal(value_text(reading_get(r, path)), endpoint))
		reading_drop(r, path);
}

/* A certificate has a name once. */
static void normalise_names(struct reading *r)
{
	static const char path[] = "cluster.apiServer.certSANs";
	const struct value *names = reading_get(r, path);
	struct list_builder *list = list_begin(r->arena);

	for (size_t i = 0; i < value_len(names); i++) {
		bool known = false;

		for (size_t k = 0; k < i; k++)
			known = known || value_equal(value_at(names, k), value_at(names, i));
		if (!known)
			list_add(list, value_at(names, i));
	}
	if (names)
		reading_put(r, path, list_end(list));
}

void reading_normalise_cluster(struct reading *r)
{
	normalise_names(r);
	normalise_keys(r);
	normalise_authorities(r);
	if (r->control)
		normalise_encryption(r);
	normalise_network(r);
	normalise_manifests(r);
	normalise_authorizers(r);
	normalise_tokens(r);
	normalise_discovery(r);
	normalise_issuer(r);
}
