#include "ops/manifest.h"

#include "base/text.h"
#include "cluster/version.h"
#include "kube/kube.h"
#include "ops/component.h"

#include <stdint.h>
#include <string.h>

#define OWNER "config.k8s.io/owning-inventory"
#define HELM "meta.helm.sh/release-name"

const char *manifest_text(struct arena *arena, const struct value *object)
{
	const char *kind = value_get_text(object, "kind"), *space = kube_namespace(object);

	return arena_printf(arena, "%s %s%s%s", kind ? kind : "object", space, *space ? "/" : "",
			    kube_name(object));
}

bool manifest_is_first(const struct value *object)
{
	const char *kind = value_get_text(object, "kind");

	return text_equal(kind, "Namespace") || text_equal(kind, "CustomResourceDefinition");
}

/* ---- whose it is ----------------------------------------------------------------------------- */

const struct value *manifest_listed(struct arena *arena, const struct value *object)
{
	const struct value *metadata = value_get(object, "metadata");
	const struct value *annotations = value_get(metadata, "annotations");

	if (!value_is_map(metadata))
		return object;
	if (!value_is_map(annotations))
		annotations = map_end(map_begin(arena));
	annotations = value_set(arena, annotations, OWNER, value_str(arena, MANIFEST_INVENTORY));
	metadata = value_set(arena, metadata, "annotations", annotations);
	return value_set(arena, object, "metadata", metadata);
}

const char *manifest_stranger(const struct value *object)
{
	const char *owner = kube_annotation(object, OWNER);

	return owner && strcmp(owner, MANIFEST_INVENTORY) != 0 ? owner : NULL;
}

/* Controllers of Kubernetes keep objects up to date; whoever else wrote one cares for it. */
static bool is_known(const char *manager)
{
	return text_equal(manager, MANIFEST_MANAGER) || text_equal(manager, KUBE_MANAGER) ||
	       text_starts(manager, "kube-");
}

const char *manifest_shared(const struct value *object)
{
	const struct value *managers = value_get(value_get(object, "metadata"), "managedFields");
	const char *release = kube_annotation(object, HELM);

	for (size_t i = 0; i < value_len(managers); i++) {
		const struct value *manager = value_at(managers, i);
		const char *name = value_get_text(manager, "manager");

		if (name && !value_get_text(manager, "subresource") && !is_known(name))
			return name;
	}
	return release;
}

/* ---- what changes ---------------------------------------------------------------------------- */

static const struct value *plain(struct arena *arena, const struct value *object)
{
	static const char *const counted[] = { "managedFields", "resourceVersion", "generation" };
	const struct value *metadata = value_get(object, "metadata");

	if (!value_is_map(metadata))
		return object;
	for (size_t i = 0; i < ARRAY_LEN(counted); i++)
		metadata = value_set(arena, metadata, counted[i], NULL);
	return value_set(arena, object, "metadata", metadata);
}

bool manifest_same(struct arena *arena, const struct value *before, const struct value *after)
{
	return value_equal(plain(arena, before), plain(arena, after));
}

static const char *proxy_image(const struct value *object)
{
	const struct value *template = value_get(value_get(object, "spec"), "template");
	const struct value *containers = value_get(value_get(template, "spec"), "containers");

	return text_equal(value_get_text(object, "kind"), "DaemonSet") &&
			       text_equal(kube_name(object), "kube-proxy")
		       ? value_get_text(value_at(containers, 0), "image")
		       : NULL;
}

bool manifest_proxy_is(struct arena *arena, const struct value *const *objects, size_t count,
		       const char *image)
{
	const char *wanted = component_version(arena, image);
	struct version a, b;

	for (size_t i = 0; i < count; i++) {
		const char *has = proxy_image(objects[i]);
		const char *version = component_version(arena, has);

		if (!has || text_equal(has, image))
			continue;
		if (!version || !wanted || !version_parse(version, &a) ||
		    !version_parse(wanted, &b) || version_compare(&a, &b) <= 0)
			return false;
	}
	return true;
}

/* ---- roll-outs ------------------------------------------------------------------------------- */

static uint64_t number_at(const struct value *map, const char *key, uint64_t otherwise)
{
	uint64_t number;

	return value_u64(value_get(map, key), &number) ? number : otherwise;
}

bool manifest_rolls_out(const struct value *object)
{
	const char *kind = value_get_text(object, "kind");

	return text_equal(value_get_text(object, "apiVersion"), "apps/v1") &&
	       (text_equal(kind, "DaemonSet") || text_equal(kind, "Deployment"));
}

struct tally {
	uint64_t wanted, updated, ready, old;
};

static struct tally tally_of(const struct value *object)
{
	const struct value *status = value_get(object, "status");
	uint64_t replicas = number_at(value_get(object, "spec"), "replicas", 1);
	struct tally tally = { .wanted = replicas };

	if (text_equal(value_get_text(object, "kind"), "DaemonSet"))
		return (struct tally){
			.wanted = number_at(status, "desiredNumberScheduled", 0),
			.updated = number_at(status, "updatedNumberScheduled", 0),
			.ready = number_at(status, "numberAvailable", 0),
		};
	tally.updated = number_at(status, "updatedReplicas", 0);
	tally.ready = number_at(status, "availableReplicas", 0);
	tally.old = number_at(status, "replicas", 0) - tally.updated;
	return tally;
}

static bool is_by_hand(const struct value *object)
{
	const struct value *strategy = value_get(value_get(object, "spec"), "updateStrategy");

	return text_equal(value_get_text(strategy, "type"), "OnDelete");
}

const char *manifest_lacks(struct arena *arena, const struct value *object)
{
	uint64_t generation = number_at(value_get(object, "metadata"), "generation", 0);
	uint64_t seen = number_at(value_get(object, "status"), "observedGeneration", 0);
	struct tally tally = tally_of(object);

	if (seen < generation)
		return "its controller has not seen the change yet";
	/* its pods are changed by whoever deletes them */
	if (tally.updated < tally.wanted && !is_by_hand(object))
		return arena_printf(arena, "%llu of %llu pods are new",
				    (unsigned long long)tally.updated,
				    (unsigned long long)tally.wanted);
	if (tally.old)
		return arena_printf(arena, "%llu old pods are still there",
				    (unsigned long long)tally.old);
	if (tally.ready < tally.wanted)
		return arena_printf(arena, "%llu of %llu pods are available",
				    (unsigned long long)tally.ready,
				    (unsigned long long)tally.wanted);
	return NULL;
}

/* ---- the inventory --------------------------------------------------------------------------- */

static const char *group_of(struct arena *arena, const struct value *object)
{
	const char *version = value_get_text(object, "apiVersion");
	const char *slash = version ? strchr(version, '/') : NULL;

	return slash ? arena_strn(arena, version, (size_t)(slash - version)) : "";
}

/* Keys may hold no colon, and names of roles do. */
static const char *replaced(struct arena *arena, const char *text, const char *old,
			    const char *with)
{
	const char *out = "", *at;

	for (; (at = strstr(text, old)); text = at + strlen(old))
		out = arena_printf(arena, "%s%.*s%s", out, (int)(at - text), text, with);
	return arena_printf(arena, "%s%s", out, text);
}

bool manifest_key_read(struct arena *arena, const char *text, struct manifest_key *out)
{
	const char *name = strchr(text, '_'), *kind = strrchr(text, '_'), *group;

	if (name == kind)
		return false;
	group = kind - 1;
	while (group > name && *group != '_')
		group--;
	if (group == name || !kind[1])
		return false;
	out->ns = arena_strn(arena, text, (size_t)(name - text));
	out->name = replaced(arena, arena_strn(arena, name + 1, (size_t)(group - name - 1)), "__",
			     ":");
	out->group = arena_strn(arena, group + 1, (size_t)(kind - group - 1));
	out->kind = arena_str(arena, kind + 1);
	return *out->name != '\0';
}

const char *manifest_key_text(struct arena *arena, const struct value *object)
{
	const char *version = value_get_text(object, "apiVersion");
	const char *name = value_get_text(object, "kind"), *space = kube_namespace(object);
	const struct kube_kind *kind = version && name ? kube_kind_named(version, name) : NULL;

	if (!*space && kind && kind->namespaced)
		space = "default";
	return arena_printf(arena, "%s_%s_%s_%s", space,
			    replaced(arena, kube_name(object), ":", "__"), group_of(arena, object),
			    name ? name : "");
}

/* A manifest may leave its namespace out, or give one to what has none. */
bool manifest_key_is(struct arena *arena, const struct manifest_key *key,
		     const struct value *object)
{
	const char *space = kube_namespace(object);

	return text_equal(key->kind, value_get_text(object, "kind")) &&
	       text_equal(key->group, group_of(arena, object)) &&
	       text_equal(key->name, kube_name(object)) &&
	       (!*key->ns || !*space || text_equal(key->ns, space));
}
