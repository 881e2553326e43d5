/* Ways from a value of the cluster section to documents, what it means without being said, and
 * reasons against it. */
#include "convert/migrate_parts.h"

#include "base/own.h"
#include "base/text.h"
#include "crypto/x509.h"

#include <ctype.h>
#include <string.h>

#define CONTROL_KEY "node-role.kubernetes.io/control-plane"
#define FLANNEL_PORT 4789
#define DISCOVERY "https://discovery.talos.dev/"

static const char *pem_of(struct arena *arena, const struct value *value)
{
	size_t len = 0;
	const char *text = value_text(value);
	const unsigned char *bytes = text && *text ? base64_decode(arena, text, &len) : NULL;

	return bytes ? arena_strn(arena, (const char *)bytes, len) : text;
}

bool pem_is_certificate(const struct value *value)
{
	struct arena *arena OWNED(arena_free) = arena_new("pem");
	const char *text = pem_of(arena, value);

	return text && x509_any(text);
}

const struct value *pem_value(struct arena *arena, const struct value *value)
{
	const struct value *text = value_str(arena, pem_of(arena, value));

	return value_with_sensitive(arena, value_with_src(arena, text, value_src(value)));
}

void put_pem(struct conversion *c, const struct migrate_row *row, const struct value *value)
{
	made_set(&c->made, row->kind, row->name, row->to, pem_value(c->arena, value));
}

static void add_accepted(struct conversion *c, const struct migrate_row *row,
			 const struct value *cert)
{
	const struct made *made = made_get(&c->made, row->kind, NULL);
	const struct value *list = main_get(made->set.root, "acceptedCAs");
	const struct value *issuing = main_get(made->set.root, "issuingCA.cert");
	struct list_builder *all = list_begin(c->arena);
	const struct value *plain = pem_value(c->arena, cert);

	if (text_is_blank(value_text(plain)) || value_equal(plain, issuing))
		return;
	for (size_t i = 0; i < value_len(list); i++) {
		if (value_equal(value_at(list, i), plain))
			return;
		list_add(all, value_at(list, i));
	}
	list_add(all, plain);
	made_set(&c->made, row->kind, NULL, "acceptedCAs", list_end(all));
}

/* Who holds the key issues; the others accept. */
void put_authority(struct conversion *c, const struct migrate_row *row, const struct value *value)
{
	if (!c->control) {
		add_accepted(c, row, value_get(value, "crt"));
		return;
	}
	made_set(&c->made, row->kind, NULL, "issuingCA.cert",
		 pem_value(c->arena, value_get(value, "crt")));
	made_set(&c->made, row->kind, NULL, "issuingCA.key",
		 pem_value(c->arena, value_get(value, "key")));
}

void put_accepted(struct conversion *c, const struct migrate_row *row, const struct value *value)
{
	for (size_t i = 0; i < value_len(value); i++)
		add_accepted(c, row, value_get(value_at(value, i), "crt"));
}

void put_admission(struct conversion *c, const struct migrate_row *row, const struct value *value)
{
	if (is_removal(value))
		made_delete(&c->made, row->kind, "PodSecurity", NULL);
	for (size_t i = 0; value_is_list(value) && i < value_len(value); i++) {
		const struct value *plugin = value_at(value, i);
		const char *name = value_get_text(plugin, "name");

		if (!name)
			continue;
		if (is_removal(plugin))
			made_delete(&c->made, row->kind, name, NULL);
		else
			made_set(&c->made, row->kind, name, row->to,
				 value_get(plugin, "configuration"));
	}
}

/* Node and RBAC are there once, under the names that are generated. */
static const char *authorizer_name(const struct value *authorizer)
{
	const char *type = value_get_text(authorizer, "type");

	if (text_equal(type, "Node"))
		return "node";
	return text_equal(type, "RBAC") ? "rbac" : value_get_text(authorizer, "name");
}

void put_authorizers(struct conversion *c, const struct migrate_row *row,
		     const struct value *value)
{
	for (size_t i = 0; value_is_list(value) && i < value_len(value); i++) {
		const struct value *authorizer = value_at(value, i);
		const char *name = authorizer_name(authorizer);

		if (!name || is_removal(authorizer))
			continue;
		made_set(&c->made, row->kind, name, row->to, value_get(authorizer, "type"));
		if (value_len(value_get(authorizer, "webhook")))
			made_set(&c->made, row->kind, name, "webhook",
				 value_get(authorizer, "webhook"));
	}
}

/* Arguments that a configuration file excludes, and those of them that the file can hold. */
static const char *const denied[] = {
	"anonymous-auth",
	"oidc-",
	"authentication-config",
	"authorization-mode",
	"authorization-webhook-",
	"authorization-config",
};
static const char *const told[] = {
	"oidc-issuer-url",
	"oidc-client-id",
	"oidc-username-claim",
	"oidc-username-prefix",
	"oidc-groups-claim",
	"oidc-groups-prefix",
	"oidc-required-claim",
};

static bool is_denied(const char *argument)
{
	for (size_t i = 0; i < ARRAY_LEN(denied); i++)
		if (text_starts(argument, denied[i]))
			return true;
	return false;
}

bool block_arguments(const struct value *main, const struct value *value)
{
	(void)main;
	for (size_t i = 0; i < value_len(value); i++) {
		const char *argument = value_key_at(value, i);
		bool known = !is_denied(argument);

		for (size_t k = 0; k < ARRAY_LEN(told); k++)
			known = known || text_equal(argument, told[k]);
		if (!known)
			return true;
	}
	return false;
}

void put_arguments(struct conversion *c, const struct migrate_row *row, const struct value *value)
{
	const struct value *left = value;

	if (is_removal(value)) {
		made_delete(&c->made, row->kind, NULL, row->to);
		return;
	}
	for (size_t i = 0; i < value_len(value); i++)
		if (is_denied(value_key_at(value, i)))
			left = value_set(c->arena, left, value_key_at(value, i), NULL);
	if (value_len(left))
		made_set(&c->made, row->kind, NULL, row->to, left);
}

void put_talos_access(struct conversion *c, const struct migrate_row *row,
		      const struct value *value)
{
	static const char *const lists[] = { "allowedRoles", "allowedKubernetesNamespaces" };

	if (!value_bool(value_get(value, "enabled"), false))
		return;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		if (value_get(value, lists[i]))
			made_set(&c->made, row->kind, NULL, lists[i],
				 value_get(value, lists[i]));
	made_set(&c->made, row->kind, NULL, NULL, NULL);
}

void put_discovery(struct conversion *c, const struct migrate_row *row, const struct value *value)
{
	const struct value *service = main_get(value, "registries.service");
	const struct value *endpoint = value_get(service, "endpoint");

	if (!value_bool(value_get(value, "enabled"), false) ||
	    value_bool(value_get(service, "disabled"), false))
		return;
	if (text_is_blank(value_text(endpoint)))
		endpoint = value_str(c->arena, DISCOVERY);
	made_set(&c->made, row->kind, row->name, row->to, endpoint);
}

/* One of them alone cannot stay: the other is in the bundle, which no patch may hold. */
bool block_identity(const struct value *main, const struct value *value)
{
	(void)value;
	return value_src(main_get(main, "cluster.id")).file &&
	       value_src(main_get(main, "cluster.secret")).file;
}

void put_inline_manifests(struct conversion *c, const struct migrate_row *row,
			  const struct value *value)
{
	for (size_t i = 0; value_is_list(value) && i < value_len(value); i++) {
		const struct value *manifest = value_at(value, i);
		const char *name = value_get_text(manifest, "name");

		if (!name)
			continue;
		if (is_removal(manifest))
			made_delete(&c->made, row->kind, name, NULL);
		else
			made_set(&c->made, row->kind, name, row->to,
				 value_get(manifest, "contents"));
	}
}

/* "https://example.org/a/b.yaml" is "b", and "b-2" when that is taken. */
static const char *manifest_name(struct conversion *c, const char *kind, const char *url)
{
	const char *base = strrchr(url, '/');
	size_t len;

	base = base && base[1] ? base + 1 : url;
	len = strcspn(base, ".?#");
	char *name = arena_strn(c->arena, base, len ? len : strlen(base));
	const char *wanted = name;

	for (char *at = name; *at; at++)
		*at = isalnum((unsigned char)*at) ? *at : '-';
	for (unsigned i = 2; made_find(&c->made, kind, wanted); i++)
		wanted = arena_printf(c->arena, "%s-%u", name, i);
	return wanted;
}

static void put_manifest(struct conversion *c, const char *name, const struct value *url)
{
	static const char kind[] = "KubeExternalManifestConfig";
	const struct value *headers = main_get(c->main, "cluster.extraManifestHeaders");

	made_set(&c->made, kind, name, "url", url);
	if (value_len(headers))
		made_set(&c->made, kind, name, "headers", headers);
}

void put_extra_manifests(struct conversion *c, const struct migrate_row *row,
			 const struct value *value)
{
	for (size_t i = 0; i < value_len(value); i++)
		if (value_text(value_at(value, i)))
			put_manifest(c,
				     manifest_name(c, row->kind, value_text(value_at(value, i))),
				     value_at(value, i));
}

/* What follows is said by documents and was meant by sections. */

static bool stays(const struct conversion *c, enum migrate_subsystem subsystem)
{
	return c->stays[subsystem];
}

static void put_key(struct conversion *c, const char *path, const char *text)
{
	const struct made *made = made_get(&c->made, "KubeNodeConfig", NULL);
	const struct value *map = main_get(made->set.root, path);

	if (!value_is_map(map))
		map = map_end(map_begin(c->arena));
	if (!value_has(map, CONTROL_KEY))
		map = value_set(c->arena, map, CONTROL_KEY, value_str(c->arena, text));
	made_set(&c->made, "KubeNodeConfig", NULL, path, map);
}

static bool is_schedulable(const struct value *main)
{
	return value_bool(main_get(main, "cluster.allowSchedulingOnControlPlanes"), false) ||
	       value_bool(main_get(main, "cluster.allowSchedulingOnMasters"), false);
}

static void complete_node(struct conversion *c)
{
	made_set(&c->made, "KubeNodeConfig", NULL, NULL, NULL);
	if (!c->control)
		return;
	put_key(c, "labels", "");
	if (!is_schedulable(c->main))
		put_key(c, "taints", "NoSchedule");
}

static void complete_network(struct conversion *c)
{
	static const char kind[] = "KubeFlannelCNIConfig";
	const struct value *cni = main_get(c->main, "cluster.network.cni");
	const char *name = value_get_text(cni, "name");
	const struct value *urls = value_get(cni, "urls");
	const struct value *flannel = value_get(cni, "flannel");

	for (size_t i = 0; text_equal(name, "custom") && i < value_len(urls); i++)
		put_manifest(c,
			     i ? arena_printf(c->arena, "custom-cni-%zu", i + 1) : "custom-cni",
			     value_at(urls, i));
	if (!text_is_blank(name) && !text_equal(name, "flannel"))
		return;
	made_set(&c->made, kind, NULL, "backendType", value_str(c->arena, "vxlan"));
	made_set(&c->made, kind, NULL, "backendPort", value_of_int(c->arena, FLANNEL_PORT));
	if (value_len(value_get(flannel, "extraArgs")))
		made_set(&c->made, kind, NULL, "extraArgs", value_get(flannel, "extraArgs"));
	if (value_get(flannel, "kubeNetworkPoliciesEnabled"))
		made_set(&c->made, kind, NULL, "kubeNetworkPoliciesEnabled",
			 value_get(flannel, "kubeNetworkPoliciesEnabled"));
}

static void put_claim(struct draft *token, const char *path, const char *claim,
		      const char *prefix)
{
	draft_text(token, arena_printf(token->arena, "claimMappings.%s.claim", path), claim);
	draft_text(token, arena_printf(token->arena, "claimMappings.%s.prefix", path), prefix);
}

static void put_rule(struct draft *token, struct list_builder *rules, const char *text)
{
	struct draft rule = { .arena = token->arena };
	size_t len = strcspn(text, "=");

	draft_text(&rule, "claim", arena_strn(token->arena, text, len));
	draft_text(&rule, "requiredValue", text[len] ? text + len + 1 : "");
	list_add(rules, rule.root);
}

/* As the API server reads these arguments: without a prefix a name that is no e-mail address gets
 * the issuer's. */
static const struct value *token_of(struct arena *arena, const struct value *arguments)
{
	const char *issuer = value_get_text(arguments, "oidc-issuer-url");
	const char *client = value_get_text(arguments, "oidc-client-id");
	const char *claim = value_get_text(arguments, "oidc-username-claim");
	const char *prefix = value_get_text(arguments, "oidc-username-prefix");
	const char *groups = value_get_text(arguments, "oidc-groups-claim");
	const char *groups_prefix = value_get_text(arguments, "oidc-groups-prefix");
	const struct value *wanted = value_get(arguments, "oidc-required-claim");
	struct list_builder *rules = list_begin(arena);
	struct draft token = { .arena = arena };

	draft_text(&token, "issuer.url", issuer);
	draft_texts(&token, "issuer.audiences", &client, client ? 1 : 0);
	claim = claim ? claim : "sub";
	if (text_is_blank(prefix))
		prefix = text_equal(claim, "email") ? "" : arena_printf(arena, "%s#", issuer);
	put_claim(&token, "username", claim, text_equal(prefix, "-") ? "" : prefix);
	if (groups)
		put_claim(&token, "groups", groups, groups_prefix ? groups_prefix : "");
	if (value_text(wanted))
		put_rule(&token, rules, value_text(wanted));
	for (size_t i = 0; value_is_list(wanted) && i < value_len(wanted); i++)
		put_rule(&token, rules, value_text(value_at(wanted, i)));
	const struct value *all = list_end(rules);
	if (value_len(all))
		draft_put(&token, "claimValidationRules", all);
	return token.root;
}

static void complete_authentication(struct conversion *c)
{
	static const char *const open[] = { "/livez", "/readyz", "/healthz" };
	static const char kind[] = "KubeAuthenticationConfig";
	const struct value *arguments = main_get(c->main, "cluster.apiServer.extraArgs");
	struct list_builder *conditions = list_begin(c->arena), *tokens = list_begin(c->arena);

	for (size_t i = 0; i < ARRAY_LEN(open); i++) {
		struct draft condition = { .arena = c->arena };

		draft_text(&condition, "path", open[i]);
		list_add(conditions, condition.root);
	}
	if (value_get_text(arguments, "oidc-issuer-url"))
		list_add(tokens, token_of(c->arena, arguments));
	made_set(&c->made, kind, NULL, "configuration.anonymous.conditions",
		 list_end(conditions));
	made_set(&c->made, kind, NULL, "configuration.anonymous.enabled",
		 value_of_bool(c->arena, true));
	made_set(&c->made, kind, NULL, "configuration.jwt", list_end(tokens));
}

static void complete_api_server(struct conversion *c)
{
	complete_authentication(c);
	made_set(&c->made, "KubeAuthorizerConfig", "node", "type", value_str(c->arena, "Node"));
	made_set(&c->made, "KubeAuthorizerConfig", "rbac", "type", value_str(c->arena, "RBAC"));
}

static void add_provider(struct conversion *c, struct list_builder *providers, const char *type,
			 const char *name)
{
	const struct value *secret =
		main_get(c->main, arena_printf(c->arena, "cluster.%sEncryptionSecret", type));
	struct draft key = { .arena = c->arena }, provider = { .arena = c->arena };
	struct list_builder *keys = list_begin(c->arena);

	if (text_is_blank(value_text(secret)))
		return;
	draft_text(&key, "name", name);
	draft_put(&key, "secret", secret);
	list_add(keys, key.root);
	draft_put(&provider, arena_printf(c->arena, "%s.keys", type), list_end(keys));
	list_add(providers, provider.root);
}

/* What is stored carries the names of these keys. */
static void complete_encryption(struct conversion *c)
{
	static const char *const secrets[] = { "secrets" };
	struct list_builder *providers = list_begin(c->arena), *resources = list_begin(c->arena);
	struct draft resource = { .arena = c->arena };

	add_provider(c, providers, "secretbox", "key2");
	add_provider(c, providers, "aescbc", "key1");
	draft_put(&resource, "providers", list_end(providers));
	draft_texts(&resource, "resources", secrets, ARRAY_LEN(secrets));
	list_add(resources, resource.root);
	made_set(&c->made, "KubeEtcdEncryptionConfig", NULL, "config.resources",
		 list_end(resources));
}

static void complete_control(struct conversion *c)
{
	const struct value *endpoint = main_get(c->main, "cluster.controlPlane.endpoint");
	bool enabled = !value_bool(main_get(c->main, "cluster.coreDNS.disabled"), false);

	if (!stays(c, MIGRATE_NETWORK))
		complete_network(c);
	if (!stays(c, MIGRATE_API_SERVER))
		complete_api_server(c);
	if (!stays(c, MIGRATE_SECRETBOX))
		complete_encryption(c);
	if (!stays(c, MIGRATE_SERVICE_ACCOUNT) && endpoint)
		made_set(&c->made, "KubeServiceAccountConfig", NULL, "issuer.issuerURL", endpoint);
	if (stays(c, MIGRATE_CORE_DNS))
		return;
	made_set(&c->made, "KubeCoreDNSConfig", NULL, "enabled",
		 value_of_bool(c->arena, enabled));
}

void conversion_install(struct conversion *c)
{
	static const char path[] = "machine.install.image";
	const struct value *image = main_get(c->rest, path);
	struct draft rest = { .arena = c->arena, .root = c->rest };

	if (!image)
		return;
	draft_put(&rest, path, installer_value(c, image));
	c->rest = rest.root;
}

void conversion_complete(struct conversion *c)
{
	struct made *install = made_find(&c->made, "UnattendedInstallConfig", NULL);

	if (install && !main_get(install->set.root, "provisioning.diskSelector.match"))
		install->set.root = NULL;
	if (c->complete)
		return;
	if (!stays(c, MIGRATE_NODE))
		complete_node(c);
	if (c->control)
		complete_control(c);
}
