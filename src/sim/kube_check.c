#include "base/text.h"
#include "sim/kube_call.h"
#include "sim/kube_types.h"
#include "sim/kube_value.h"

#include <ctype.h>
#include <string.h>

#define NAME_MAX_LEN 253
#define DEPTH_MAX 40

/* ---- defaults -------------------------------------------------------------------------------- */

static const struct default_row {
	const char *plural, *path, *value; /* value: in YAML */
} default_rows[] = {
	{ "pods", "spec.restartPolicy", "Always" },
	{ "pods", "spec.terminationGracePeriodSeconds", "30" },
	{ "pods", "spec.schedulerName", "default-scheduler" },
	{ "pods", "status.phase", "Pending" },
	{ "namespaces", "status.phase", "Active" },
	{ "deployments", "spec.replicas", "1" },
	{ "deployments", "spec.strategy.type", "RollingUpdate" },
	{ "deployments", "spec.progressDeadlineSeconds", "600" },
	{ "deployments", "spec.revisionHistoryLimit", "10" },
	{ "replicasets", "spec.replicas", "1" },
	{ "statefulsets", "spec.replicas", "1" },
	{ "daemonsets", "spec.updateStrategy.type", "RollingUpdate" },
	{ "daemonsets", "spec.revisionHistoryLimit", "10" },
	{ "jobs", "spec.completions", "1" },
	{ "jobs", "spec.parallelism", "1" },
	{ "jobs", "spec.backoffLimit", "6" },
	{ "secrets", "type", "Opaque" },
};

/* `default` of a schema, for what is not there. */
static const struct value *schema_defaults(struct arena *arena, const struct value *schema,
					   const struct value *value, unsigned depth)
{
	const struct value *properties = value_get(schema, "properties");
	const struct value *items = value_get(schema, "items");

	if (depth > DEPTH_MAX)
		return value;
	for (size_t i = 0; value_is_map(value) && i < value_len(properties); i++) {
		const char *key = value_key_at(properties, i);
		const struct value *inner = value_at(properties, i);
		const struct value *part = value_get(value, key);

		if (!part)
			part = value_get(inner, "default");
		if (part)
			value = value_set(arena, value, key,
					  schema_defaults(arena, inner, part, depth + 1));
	}
	if (items && value_is_list(value)) {
		struct list_builder *list = list_begin(arena);

		for (size_t i = 0; i < value_len(value); i++)
			list_add(list,
				 schema_defaults(arena, items, value_at(value, i), depth + 1));
		value = list_end(list);
	}
	return value;
}

/* Secrets may be written as text. */
static const struct value *encode_texts(struct arena *arena, const struct value *object)
{
	const struct value *texts = value_get(object, "stringData");

	for (size_t i = 0; i < value_len(texts); i++) {
		const char *text = kube_text(value_at(texts, i), NULL);
		const struct value *data = value_get(object, "data");

		if (!data)
			data = map_end(map_begin(arena));
		data = value_set(arena, data, value_key_at(texts, i),
				 value_str(arena, base64_encode(arena, text, strlen(text))));
		object = value_set(arena, object, "data", data);
	}
	return texts ? value_set(arena, object, "stringData", NULL) : object;
}

static const struct value *schema_of(struct kube_call *call)
{
	const struct kube_object *definition =
		kube_find(call->kube, "customresourcedefinitions", "",
			  type_full_name(call->arena, call->type));
	const struct value *version =
		definition ? kube_entry(kube_at(definition->now->value, "spec.versions"), "name",
					call->version)
			   : NULL;

	return kube_at(version, "schema.openAPIV3Schema");
}

const struct value *type_defaults(struct arena *arena, const struct kube_type *type,
				  const struct value *object)
{
	for (size_t i = 0; i < ARRAY_LEN(default_rows); i++) {
		const struct default_row *row = &default_rows[i];

		if (!strcmp(row->plural, type->plural) && !kube_at(object, row->path))
			object = kube_with(arena, object, row->path,
					   kube_yaml(arena, "%s", row->value));
	}
	return !strcmp(type->plural, "secrets") ? encode_texts(arena, object) : object;
}

const struct value *check_defaults(struct kube_call *call, const struct value *object)
{
	if (call->type->custom)
		return schema_defaults(call->arena, schema_of(call), object, 0);
	return type_defaults(call->arena, call->type, object);
}

/* ---- names ----------------------------------------------------------------------------------- */

/* Names of roles may hold colons. */
static bool name_is_valid(const char *name, bool free)
{
	size_t len = strlen(name);

	if (!len || len > NAME_MAX_LEN || strchr(name, '/') || strchr(name, '%'))
		return false;
	for (size_t i = 0; i < len && !free; i++) {
		char c = name[i];

		if (!islower((unsigned char)c) && !isdigit((unsigned char)c) && c != '-' &&
		    c != '.')
			return false;
	}
	return free || (isalnum((unsigned char)name[0]) && isalnum((unsigned char)name[len - 1]));
}

static bool check_name(struct kube_call *call, const struct value *object)
{
	const char *name = kube_text(object, "metadata.name");

	if (name_is_valid(name, !strcmp(call->type->group, "rbac.authorization.k8s.io")))
		return true;
	reply_invalid(call, "metadata.name",
		      "Invalid value: \"%.100s\": a lowercase RFC 1123 subdomain must consist of "
		      "lower case alphanumeric characters, '-' or '.', and must start and end with "
		      "an alphanumeric character",
		      name);
	return false;
}

/* ---- built-in rules -------------------------------------------------------------------------- */

static const struct {
	const char *plural, *path;
} required[] = {
	{ "pods", "spec.containers" },
	{ "daemonsets", "spec.selector" },
	{ "daemonsets", "spec.template" },
	{ "deployments", "spec.selector" },
	{ "deployments", "spec.template" },
	{ "replicasets", "spec.selector" },
	{ "jobs", "spec.template" },
	{ "clusterrolebindings", "roleRef" },
	{ "rolebindings", "roleRef" },
	{ "customresourcedefinitions", "spec.group" },
	{ "customresourcedefinitions", "spec.names.kind" },
	{ "customresourcedefinitions", "spec.names.plural" },
	{ "customresourcedefinitions", "spec.versions" },
};

static const struct {
	const char *plural, *path;
} immutable[] = {
	{ "daemonsets", "spec.selector" },
	{ "deployments", "spec.selector" },
	{ "replicasets", "spec.selector" },
	{ "jobs", "spec.template" },
	{ "jobs", "spec.completions" },
	{ "pods", "spec.nodeName" },
	{ "secrets", "type" },
	{ "clusterrolebindings", "roleRef" },
	{ "rolebindings", "roleRef" },
	{ "customresourcedefinitions", "spec.group" },
};

static bool check_required(struct kube_call *call, const struct value *object)
{
	for (size_t i = 0; i < ARRAY_LEN(required); i++) {
		if (strcmp(required[i].plural, call->type->plural) != 0)
			continue;

		const struct value *part = kube_at(object, required[i].path);

		if (part && (value_len(part) || value_text(part)))
			continue;
		reply_invalid(call, required[i].path, "Required value");
		return false;
	}
	return true;
}

static bool check_immutable(struct kube_call *call, const struct value *before,
			    const struct value *after)
{
	if (kube_flag(before, "immutable") &&
	    !value_equal(value_get(before, "data"), value_get(after, "data"))) {
		reply_invalid(call, "data",
			      "Forbidden: field is immutable when `immutable` is set");
		return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(immutable); i++) {
		const struct value *old = kube_at(before, immutable[i].path);

		if (strcmp(immutable[i].plural, call->type->plural) != 0 || !old ||
		    value_equal(old, kube_at(after, immutable[i].path)))
			continue;
		reply_invalid(call, immutable[i].path, "Invalid value: field is immutable");
		return false;
	}
	return true;
}

static bool check_relations(struct kube_call *call, const struct value *object)
{
	struct kube_selector selector =
		selector_of(call->arena, kube_at(object, "spec.selector"));

	if (!strcmp(call->type->plural, "poddisruptionbudgets") &&
	    kube_at(object, "spec.minAvailable") && kube_at(object, "spec.maxUnavailable")) {
		reply_invalid(call, "spec",
			      "Invalid value: minAvailable and maxUnavailable cannot be both set");
		return false;
	}
	if (!strcmp(call->type->group, "apps") &&
	    !selector_matches(&selector, kube_at(object, "spec.template.metadata.labels"))) {
		reply_invalid(call, "spec.template.metadata.labels",
			      "Invalid value: `selector` does not match template `labels`");
		return false;
	}
	if (!strcmp(call->type->plural, "customresourcedefinitions")) {
		const char *name = arena_printf(call->arena, "%s.%s",
						kube_text(object, "spec.names.plural"),
						kube_text(object, "spec.group"));

		if (!kube_is(object, "metadata.name", name)) {
			reply_invalid(call, "metadata.name",
				      "Invalid value: \"%s\": must be spec.names.plural+\".\"+"
				      "spec.group",
				      kube_text(object, "metadata.name"));
			return false;
		}
	}
	return true;
}

/* ---- schemas of custom resources ------------------------------------------------------------- */

struct flaw {
	struct arena *arena;
	const char *path, *text;
};

static bool flaw_set(struct flaw *flaw, const char *path, const char *text)
{
	flaw->path = path;
	flaw->text = text;
	return false;
}

static bool has_type(const struct value *value, const char *type)
{
	if (!strcmp(type, "object"))
		return value_is_map(value);
	if (!strcmp(type, "array"))
		return value_is_list(value);
	if (!strcmp(type, "string"))
		return value_is_str(value);
	if (value_kind(value) != VALUE_SCALAR)
		return false;
	if (!strcmp(type, "boolean"))
		return value_type(value) == SCALAR_BOOL;
	if (!strcmp(type, "integer"))
		return value_type(value) == SCALAR_INT;
	return strcmp(type, "number") != 0 || value_type(value) == SCALAR_INT ||
	       value_type(value) == SCALAR_FLOAT;
}

static bool in_enum(const struct value *list, const struct value *value)
{
	for (size_t i = 0; i < value_len(list); i++) {
		if (value_equal(value_at(list, i), value))
			return true;
	}
	return value_len(list) == 0;
}

static bool fits_scalar(struct flaw *flaw, const struct value *schema, const struct value *value,
			const char *path)
{
	const char *type = kube_text(schema, "type");
	double number, limit;

	if (*type && !kube_flag(schema, "x-kubernetes-int-or-string") && !has_type(value, type))
		return flaw_set(flaw, path,
				arena_printf(flaw->arena,
					     "Invalid value: must be of type %s", type));
	if (!in_enum(value_get(schema, "enum"), value))
		return flaw_set(flaw, path,
				arena_printf(flaw->arena, "Unsupported value: \"%.60s\"",
					     value_text(value) ? value_text(value) : ""));
	if (!value_double(value, &number))
		return true;
	if ((value_double(value_get(schema, "minimum"), &limit) && number < limit) ||
	    (value_double(value_get(schema, "maximum"), &limit) && number > limit))
		return flaw_set(flaw, path, "Invalid value: it is out of range");
	return true;
}

static bool has_needed(struct flaw *flaw, const struct value *needed, const struct value *value,
		       const char *path)
{
	for (size_t i = 0; value_is_map(value) && i < value_len(needed); i++) {
		const char *key = kube_text(value_at(needed, i), NULL);

		if (!value_has(value, key))
			return flaw_set(flaw, arena_printf(flaw->arena, "%s.%s", path, key),
					"Required value");
	}
	return true;
}

static bool fits(struct flaw *flaw, const struct value *schema, const struct value *value,
		 const char *path)
{
	const struct value *properties = value_get(schema, "properties");
	const struct value *items = value_get(schema, "items");

	if (value_is_null(value) || strlen(path) > NAME_MAX_LEN)
		return true;
	if (!fits_scalar(flaw, schema, value, path) ||
	    !has_needed(flaw, value_get(schema, "required"), value, path))
		return false;
	for (size_t i = 0; value_is_map(value) && i < value_len(properties); i++) {
		const char *key = value_key_at(properties, i);

		if (value_has(value, key) &&
		    !fits(flaw, value_at(properties, i), value_get(value, key),
			  arena_printf(flaw->arena, "%s%s%s", path, *path ? "." : "", key)))
			return false;
	}
	for (size_t i = 0; items && value_is_list(value) && i < value_len(value); i++) {
		if (!fits(flaw, items, value_at(value, i),
			  arena_printf(flaw->arena, "%s[%zu]", path, i)))
			return false;
	}
	return true;
}

static bool check_schema(struct kube_call *call, const struct value *object)
{
	struct flaw flaw = { .arena = call->arena };
	const struct value *schema = call->type->custom ? schema_of(call) : NULL;

	if (!schema || fits(&flaw, schema, object, ""))
		return true;
	reply_invalid(call, flaw.path, "%s", flaw.text);
	return false;
}

bool check_object(struct kube_call *call, const struct value *before, const struct value *after)
{
	if (!check_name(call, after))
		return false;
	if (!call->type->custom && (!check_required(call, after) || !check_relations(call, after)))
		return false;
	if (before && !check_immutable(call, before, after))
		return false;
	return check_schema(call, after);
}
