#include "render/generate_parts.h"

#include "base/text.h"
#include "render/fault.h"
#include "render/schema.h"

#include <stdlib.h>
#include <string.h>

static int endpoint_url(struct arena *arena, const char *text, struct url *url, struct err *err)
{
	uint64_t number;

	if (!strstr(text, "://")) {
		err_set(err, ERR_USAGE, "the endpoint \"%s\" has no scheme", text);
		return err_hint(err, "write https://%s%s", text, strchr(text, ':') ? "" : ":6443");
	}
	if (!url_parse(arena, text, url)) {
		if (url_lacks_brackets(text))
			return err_set(err, ERR_USAGE,
				       "the endpoint's IPv6 address needs brackets");
		return err_set(err, ERR_USAGE, "the endpoint \"%s\" is not a URL", text);
	}
	if (strcmp(url->scheme, "https") != 0) {
		err_set(err, ERR_USAGE, "the endpoint's scheme is %s, not https", url->scheme);
		return err_hint(err, "write https://%s%s", url->host, url->path);
	}
	const char *host = url_hostname(arena, url);
	if (text_is_blank(host))
		return err_set(err, ERR_USAGE, "the endpoint \"%s\" has no host", text);
	const char *port = url_port(url);
	if (*port && (!text_u64(port, &number) || number < 1 || number > 65535))
		return err_set(err, ERR_USAGE, "the endpoint's port %s is not in 1..65535", port);
	return 0;
}

int endpoint_check(struct arena *arena, const char *text, const char **out, struct err *err)
{
	struct url url;

	if (endpoint_url(arena, text, &url, err) < 0)
		return -1;
	*out = url_text(arena, &url);
	return 0;
}

struct draft *generation_document(struct generation *generation, const char *kind,
				  const char *name)
{
	struct arena *arena = generation->arena;

	generation->document = arena_grow(arena, generation->document, generation->documents,
					  &generation->capacity, sizeof(*generation->document));
	struct draft *draft = &generation->document[generation->documents++];
	draft_start(draft, arena, kind, name);
	return draft;
}

bool generation_is_control(const struct generation *generation)
{
	return generation->role == ROLE_CONTROL;
}

const char *generation_machine_type(const struct generation *generation)
{
	return generation_is_control(generation) ? "controlplane" : "worker";
}

const char *generation_base64(struct arena *arena, const char *pem)
{
	return pem ? base64_encode(arena, pem, strlen(pem)) : "";
}

void generation_authority(const struct generation *generation, struct draft *draft,
			  const char *path, const struct identity *identity)
{
	const char *key = generation_is_control(generation) ? identity->key : NULL;
	struct draft pair = { .arena = generation->arena };

	draft_text(&pair, "crt", generation_base64(generation->arena, identity->cert));
	draft_text(&pair, "key", generation_base64(generation->arena, key));
	draft_put(draft, path, pair.root);
}

const char *generation_image(const struct generation *generation, const char *repository)
{
	if (!generation->kubernetes[0])
		return NULL;
	return arena_printf(generation->arena, "%s:v%s", repository, generation->kubernetes);
}

const struct value *generation_pod_security(struct arena *arena)
{
	static const struct draft_row rows[] = {
		{ "apiVersion", "pod-security.admission.config.k8s.io/v1alpha1" },
		{ "kind", "PodSecurityConfiguration" },
		{ "defaults.audit", "restricted" },
		{ "defaults.audit-version", "latest" },
		{ "defaults.enforce", "baseline" },
		{ "defaults.enforce-version", "latest" },
		{ "defaults.warn", "restricted" },
		{ "defaults.warn-version", "latest" },
		{ NULL, NULL },
	};
	static const char *const exempt[] = { "kube-system" };
	struct draft draft = { .arena = arena };

	draft_rows(&draft, rows);
	draft_texts(&draft, "exemptions.namespaces", exempt, 1);
	draft_texts(&draft, "exemptions.runtimeClasses", NULL, 0);
	draft_texts(&draft, "exemptions.usernames", NULL, 0);
	return draft.root;
}

const struct value *generation_audit_policy(struct arena *arena)
{
	struct draft rule = { .arena = arena }, draft = { .arena = arena };
	struct list_builder *rules = list_begin(arena);

	draft_text(&rule, "level", "Metadata");
	list_add(rules, rule.root);
	draft_text(&draft, "apiVersion", "audit.k8s.io/v1");
	draft_text(&draft, "kind", "Policy");
	draft_put(&draft, "rules", list_end(rules));
	return draft.root;
}

void generation_pod_subnets(struct draft *draft, const char *pods, const char *services)
{
	static const char *const pod_subnet[] = { "10.244.0.0/16" };
	static const char *const service_subnet[] = { "10.96.0.0/12" };

	draft_texts(draft, pods, pod_subnet, 1);
	draft_texts(draft, services, service_subnet, 1);
}

static int compare_mirrors(const void *a, const void *b)
{
	const struct registry_mirror *const *left = a, *const *right = b;

	return strcmp((*left)->host, (*right)->host);
}

void generate_registries(struct generation *generation)
{
	const struct generate_input *input = generation->input;
	struct arena *arena = generation->arena;
	const struct registry_mirror **sorted =
		arena_calloc(arena, input->mirrors + 1, sizeof(*sorted));

	for (size_t i = 0; i < input->mirrors; i++)
		sorted[i] = &input->mirror[i];
	qsort(sorted, input->mirrors, sizeof(*sorted), compare_mirrors);

	for (size_t i = 0; i < input->mirrors; i++) {
		struct list_builder *endpoints = list_begin(arena);
		for (size_t k = 0; k < sorted[i]->endpoints; k++) {
			struct draft endpoint = { .arena = arena };
			draft_text(&endpoint, "url", sorted[i]->endpoint[k]);
			list_add(endpoints, endpoint.root);
		}
		struct draft *draft =
			generation_document(generation, "RegistryMirrorConfig", sorted[i]->host);
		draft_put(draft, "endpoints", list_end(endpoints));
	}
}

void generate_hostname(struct generation *generation)
{
	draft_text(generation_document(generation, "HostnameConfig", NULL), "auto", "stable");
}

void generate_kubespan(struct generation *generation)
{
	if (!generation->input->kubespan)
		return;
	draft_flag(generation_document(generation, "KubeSpanConfig", NULL), "enabled", true);
}

/* Everything generated goes through the strict reader too, so a bad input is found here. */
static int take_documents(const struct generation *generation, struct config *out,
			  struct err *err)
{
	enum release release = generation->input->release;
	struct loader loader = { .arena = generation->arena, .release = release, .err = err };
	struct document *at =
		arena_calloc(generation->arena, generation->documents, sizeof(*at));

	for (size_t i = 0; i < generation->documents; i++) {
		const struct schema_kind *kind;
		if (load_kind(&loader, generation->document[i].root, &kind, &at[i].name) < 0)
			return -1;
		at[i].kind = kind->kind;
		at[i].value = load_fields(&loader, kind->fields, generation->document[i].root, "");
		if (!at[i].value)
			return err_wrap(err, "generate %s", kind->kind);
	}
	return config_build(generation->arena, at, generation->documents, release, out, err);
}

int generate_config(struct arena *arena, const struct generate_input *input, enum role role,
		    struct config *out, struct err *err)
{
	const char *kubernetes = input->kubernetes_version ? input->kubernetes_version : "";
	struct generation generation = {
		.arena = arena,
		.input = input,
		.role = role,
		.kubernetes = kubernetes + (kubernetes[0] == 'v'),
		.dns_domain = input->dns_domain ? input->dns_domain : "cluster.local",
	};

	if (contract_of(input->contract, input->release, &generation.contract, err) < 0 ||
	    endpoint_url(arena, input->endpoint, &generation.url, err) < 0)
		return -1;
	generation.endpoint = url_text(arena, &generation.url);
	if (input->release >= RELEASE_1_14 && !generation.kubernetes[0])
		return err_set(err, ERR_USAGE, "a Kubernetes version is needed");
	if (contract_has(&generation.contract, CONTRACT_DOCUMENTS_ONLY))
		generate_documents(&generation);
	else
		generate_sections(&generation);
	return take_documents(&generation, out, err);
}
