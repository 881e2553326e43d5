#include "base/text.h"
#include "cluster/version.h"
#include "sim/kube_call.h"
#include "sim/kube_value.h"
#include "sim/world_impl.h"

#include <stdio.h>
#include <string.h>

#define VERBS "[create, delete, deletecollection, get, list, patch, update, watch]"

static const struct value *api_versions(struct kube_call *call)
{
	return kube_yaml(call->arena, "{kind: APIVersions, versions: [v1]}");
}

static bool is_first_of_group(const struct kube_store *store, size_t index)
{
	const struct kube_type *type = store->type[index];

	if (type->gone || !*type->group)
		return false;
	for (size_t i = 0; i < index; i++) {
		if (!store->type[i]->gone && !strcmp(store->type[i]->group, type->group))
			return false;
	}
	return true;
}

/* Every version of a group once, in the order its types bring them. */
static const struct value *versions_of(struct kube_call *call, const char *group)
{
	const struct kube_store *store = &call->kube->store;
	const struct value *list = NULL;

	for (size_t i = 0; i < store->types; i++) {
		const struct kube_type *type = store->type[i];

		for (size_t k = 0; type->versions[k]; k++) {
			if (!type->gone && !strcmp(type->group, group))
				list = kube_list_with(
					call->arena, list, "version",
					kube_yaml(call->arena, "{groupVersion: %s/%s, version: %s}",
						  group, type->versions[k], type->versions[k]));
		}
	}
	return list;
}

static const struct value *group_value(struct kube_call *call, const char *group)
{
	struct arena *arena = call->arena;
	const struct value *versions = versions_of(call, group);
	struct map_builder *map = map_begin(arena);

	map_add(map, "kind", value_str(arena, "APIGroup"));
	map_add(map, "apiVersion", value_str(arena, "v1"));
	map_add(map, "name", value_str(arena, group));
	map_add(map, "versions", versions);
	map_add(map, "preferredVersion", value_at(versions, 0));
	return map_end(map);
}

static const struct value *group_list(struct kube_call *call)
{
	const struct kube_store *store = &call->kube->store;
	struct list_builder *groups = list_begin(call->arena);

	for (size_t i = 0; i < store->types; i++) {
		if (is_first_of_group(store, i))
			list_add(groups, group_value(call, store->type[i]->group));
	}
	return kube_with(call->arena,
			 kube_yaml(call->arena, "{kind: APIGroupList, apiVersion: v1}"),
			 "groups", list_end(groups));
}

static void add_sub(struct kube_call *call, struct list_builder *list, const struct kube_type *type,
		    const char *sub)
{
	const char *verbs = "[get, patch, update]", *kind = type->kind, *more = "";

	if (!strcmp(sub, "eviction")) {
		verbs = "[create]";
		kind = "Eviction";
		more = ", group: policy, version: v1";
	} else if (!strcmp(sub, "scale")) {
		kind = "Scale";
		more = ", group: autoscaling, version: v1";
	} else if (!strcmp(sub, "log")) {
		verbs = "[get]";
	}
	list_add(list, kube_yaml(call->arena,
				 "{name: %s/%s, singularName: '', namespaced: %s, kind: %s, "
				 "verbs: %s%s}",
				 type->plural, sub, type->namespaced ? "true" : "false", kind,
				 verbs,
				 more));
}

static void add_resource(struct kube_call *call, struct list_builder *list,
			 const struct kube_type *type)
{
	list_add(list,
		 kube_yaml(call->arena,
			   "{name: %s, singularName: '%s', namespaced: %s, kind: %s, verbs: " VERBS
			   ", shortNames: [%s]}",
			   type->plural, type->singular, type->namespaced ? "true" : "false",
			   type->kind, type->shorts));
	if (type->features & KUBE_STATUS)
		add_sub(call, list, type, "status");
	if (type->features & KUBE_SCALE)
		add_sub(call, list, type, "scale");
	if (type->features & KUBE_POD) {
		add_sub(call, list, type, "eviction");
		add_sub(call, list, type, "log");
	}
}

/* NULL: there is no such group and version. */
static const struct value *resource_list(struct kube_call *call, const char *group,
					 const char *version)
{
	const struct kube_store *store = &call->kube->store;
	struct list_builder *list = list_begin(call->arena);
	bool any = false;

	for (size_t i = 0; i < store->types; i++) {
		const struct kube_type *type = store->type[i];

		if (type->gone || strcmp(type->group, group) != 0 || !type_serves(type, version))
			continue;
		add_resource(call, list, type);
		any = true;
	}
	if (!any)
		return NULL;
	return kube_with(call->arena,
			 kube_yaml(call->arena,
				   "{kind: APIResourceList, apiVersion: v1, groupVersion: %s%s%s}",
				   group, *group ? "/" : "", version),
			 "resources", list_end(list));
}

/* ---- OpenAPI: as little as clients need to learn that fields are validated by the server ----- */

static const struct value *open_api_index(struct kube_call *call)
{
	const struct kube_store *store = &call->kube->store;
	struct arena *arena = call->arena;
	struct map_builder *paths = map_begin(arena);
	struct map_builder *map = map_begin(arena);

	for (size_t i = 0; i < store->types; i++) {
		const struct kube_type *type = store->type[i];

		for (size_t k = 0; type->versions[k] && !type->gone; k++) {
			const char *path =
				*type->group ? arena_printf(arena, "apis/%s/%s", type->group,
							    type->versions[k])
					     : "api/v1";

			map_add(paths, path,
				kube_yaml(arena, "{serverRelativeURL: '/openapi/v3/%s'}", path));
		}
	}
	map_add(map, "paths", map_end(paths));
	return map_end(map);
}

static const struct value *open_api_group(struct kube_call *call, const char *group,
					  const char *version)
{
	const struct kube_store *store = &call->kube->store;
	struct arena *arena = call->arena;
	struct map_builder *paths = map_begin(arena);

	for (size_t i = 0; i < store->types; i++) {
		const struct kube_type *type = store->type[i];

		if (type->gone || strcmp(type->group, group) != 0 || !type_serves(type, version))
			continue;
		map_add(paths,
			arena_printf(arena, "/%s%s%s/%s/%s/{name}", *group ? "apis/" : "api", group,
				     "", version, type->plural),
			kube_yaml(arena,
				  "{patch: {x-kubernetes-action: patch, "
				  "x-kubernetes-group-version-kind: {group: '%s', version: %s, "
				  "kind: %s}, parameters: [{name: fieldValidation, in: query, "
				  "schema: {type: string}}, {name: dryRun, in: query, schema: "
				  "{type: string}}], responses: {'200': {description: OK}}}}",
				  group, version, type->kind));
	}
	return kube_with(arena,
			 kube_yaml(arena, "{openapi: 3.0.0, info: {title: Kubernetes, version: "
					  "simulated}}"),
			 "paths", map_end(paths));
}

/* ---- paths ----------------------------------------------------------------------------------- */

static const struct value *version_value(struct kube_call *call)
{
	const char *text = image_tag(call->node->kube.part[KUBE_APISERVER].image);
	struct version version = { 0 };

	version_parse(text, &version);
	return kube_yaml(call->arena,
			 "{major: '%u', minor: '%u', gitVersion: '%s', gitCommit: '', "
			 "gitTreeState: clean, buildDate: '2026-01-01T00:00:00Z', "
			 "goVersion: go1.26, compiler: gc, platform: linux/amd64}",
			 version.major, version.minor, text);
}

/* Splits "apis/GROUP/VERSION" or "api/v1"; false when it is neither. */
static bool group_and_version(struct kube_call *call, const char *path, const char **group,
			      const char **version)
{
	char *text = arena_str(call->arena, path);

	if (!strcmp(text, "api/v1")) {
		*group = "";
		*version = "v1";
		return true;
	}
	if (!text_starts(text, "apis/"))
		return false;
	*group = strtok_r(text + strlen("apis/"), "/", &text);
	*version = text && *text ? text : NULL;
	return *group && (!*version || !strchr(*version, '/'));
}

static bool discover_group(struct kube_call *call, const char *path, bool open_api)
{
	const char *group, *version;
	const struct value *value;

	if (!group_and_version(call, path, &group, &version))
		return false;
	if (!version)
		value = value_len(versions_of(call, group)) ? group_value(call, group) : NULL;
	else
		value = open_api ? open_api_group(call, group, version)
				 : resource_list(call, group, version);
	if (value)
		reply_value(call, 200, value);
	else
		reply_problem(call,
			      &(struct kube_problem){ 404, "NotFound",
						      map_end(map_begin(call->arena)) },
			      "the server could not find the requested resource");
	return true;
}

bool discover(struct kube_call *call)
{
	static const char open_api[] = "/openapi/v3/";
	static const struct {
		const char *path;
		const struct value *(*value)(struct kube_call *call); /* NULL: "ok" */
	} paths[] = {
		{ "/version", version_value },
		{ "/version/", version_value },
		{ "/api", api_versions },
		{ "/api/", api_versions },
		{ "/apis", group_list },
		{ "/apis/", group_list },
		{ "/openapi/v3", open_api_index },
		{ "/livez", NULL },
		{ "/readyz", NULL },
		{ "/healthz", NULL },
	};

	if (strcmp(call->method, "GET") != 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		if (strcmp(paths[i].path, call->route) != 0)
			continue;
		if (paths[i].value)
			reply_value(call, 200, paths[i].value(call));
		else
			reply_text(call, 200, "ok");
		return true;
	}
	if (text_starts(call->route, open_api))
		return discover_group(call, call->route + strlen(open_api), true);
	return discover_group(call, call->route + 1, false);
}
