#include "kube/kube_impl.h"

#include "base/text.h"

#include <assert.h>
#include <string.h>

struct kube *kube_new(const struct kube_options *options)
{
	struct kube *kube = mem_new(sizeof(*kube));
	const struct identity *identity = &options->identity;

	kube->arena = arena_new("kube");
	kube->loop = options->loop;
	kube->door = options->door;
	kube->prefix = options->prefix ? arena_str(kube->arena, options->prefix) : "";
	kube->identity.cert = arena_str(kube->arena, identity->cert);
	kube->identity.key = arena_str(kube->arena, identity->key);
	kube->trust.ca = arena_str(kube->arena, options->ca);
	kube->target = (struct http_target){
		.host = arena_str(kube->arena, options->host),
		.port = options->port ? options->port : KUBE_PORT,
		.identity = identity->cert ? &kube->identity : NULL,
		.trust = &kube->trust,
		.bearer = arena_str(kube->arena, options->bearer),
	};
	assert(kube->loop && kube->door && kube->target.host && kube->trust.ca);
	return kube;
}

void kube_free(struct kube *kube)
{
	if (!kube)
		return;
	arena_free(kube->arena);
	mem_free(kube, sizeof(*kube));
}

const char *kube_host(const struct kube *kube)
{
	return kube->target.host;
}

unsigned kube_port(const struct kube *kube)
{
	return kube->target.port;
}

struct loop *kube_loop(const struct kube *kube)
{
	return kube->loop;
}

const struct kube_kind *kube_known(const struct kube *kube, const char *api_version,
				   const char *kind)
{
	const struct kube_kind *known = kube_kind_named(api_version, kind);

	for (size_t i = 0; !known && i < kube->founds; i++)
		if (strcmp(kube->found[i]->kind, kind) == 0 &&
		    strcmp(kube->found[i]->api_version, api_version) == 0)
			known = kube->found[i];
	return known;
}

void kube_learn(struct kube *kube, const struct kube_kind *kind)
{
	struct kube_kind *copy = arena_dup(kube->arena, kind, sizeof(*kind));

	copy->api_version = arena_str(kube->arena, kind->api_version);
	copy->kind = arena_str(kube->arena, kind->kind);
	copy->plural = arena_str(kube->arena, kind->plural);
	kube->found = arena_grow(kube->arena, kube->found, kube->founds, &kube->cap,
				 sizeof(struct kube_kind *));
	kube->found[kube->founds++] = copy;
}

static void add_escaped(struct str *path, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";

	for (; *text; text++) {
		if (strchr(plain, *text))
			str_addc(path, *text);
		else
			str_addf(path, "%%%02X", (unsigned)(unsigned char)*text);
	}
}

static void add_part(struct str *path, const char *part)
{
	str_addc(path, '/');
	add_escaped(path, part);
}

void kube_path_version(struct str *path, const struct kube *kube, const char *api_version)
{
	const char *slash = strchr(api_version, '/');

	str_add(path, kube->prefix);
	str_add(path, slash ? "/apis/" : "/api/");
	if (slash) {
		str_addn(path, api_version, (size_t)(slash - api_version));
		str_addc(path, '/');
	}
	add_escaped(path, slash ? slash + 1 : api_version);
}

void kube_path_add(struct str *path, const struct kube *kube, const struct kube_place *place)
{
	kube_path_version(path, kube, place->kind->api_version);
	if (place->kind->namespaced && place->ns) {
		str_add(path, "/namespaces");
		add_part(path, place->ns);
	}
	add_part(path, place->kind->plural);
	if (place->name)
		add_part(path, place->name);
	if (place->subresource)
		add_part(path, place->subresource);
}

void kube_query_add(struct str *path, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	str_addc(path, strchr(str_text(path), '?') ? '&' : '?');
	str_addf(path, "%s=", key);
	add_escaped(path, value);
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static const struct value *metadata(const struct value *object)
{
	return value_get(object, "metadata");
}

const char *kube_name(const struct value *object)
{
	return or_empty(value_get_text(metadata(object), "name"));
}

const char *kube_namespace(const struct value *object)
{
	return or_empty(value_get_text(metadata(object), "namespace"));
}

const char *kube_uid(const struct value *object)
{
	return or_empty(value_get_text(metadata(object), "uid"));
}

const char *kube_version(const struct value *object)
{
	return or_empty(value_get_text(metadata(object), "resourceVersion"));
}

const char *kube_annotation(const struct value *object, const char *name)
{
	return value_get_text(value_get(metadata(object), "annotations"), name);
}

const char *kube_label(const struct value *object, const char *name)
{
	return value_get_text(value_get(metadata(object), "labels"), name);
}

const char *kube_condition(const struct value *object, const char *type)
{
	const struct value *conditions = value_get(value_get(object, "status"), "conditions");

	for (size_t i = 0; i < value_len(conditions); i++) {
		const struct value *condition = value_at(conditions, i);

		if (text_equal(value_get_text(condition, "type"), type))
			return value_get_text(condition, "status");
	}
	return NULL;
}

const struct value *kube_controller(const struct value *object)
{
	const struct value *owners = value_get(metadata(object), "ownerReferences");

	for (size_t i = 0; i < value_len(owners); i++)
		if (value_bool(value_get(value_at(owners, i), "controller"), false))
			return value_at(owners, i);
	return NULL;
}
