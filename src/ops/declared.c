#include "ops/declared.h"

#include "base/map.h"
#include "base/own.h"
#include "base/text.h"
#include "cluster/version.h"
#include "ops/declared_fields.h"
#include "ops/declared_gates.h"
#include "ops/label_selector.h"
#include "tree/path.h"

#include <string.h>

#define GROUP "tuppr.home-operations.com"
#define API_VERSION GROUP "/v1alpha1"
#define NODE_TIMEOUT (30 * MINUTE)
#define DRAIN_TIMEOUT (5 * MINUTE)
#define HOOK_DEADLINE_S 600

/* One document on its way in. */
struct reading {
	struct arena *arena;
	const struct declared_place *place;
	struct findings *findings;
	const struct value *document, *metadata, *spec;
	struct talos_upgrade *talos;
	size_t taloses, talos_cap;
	struct kube_upgrade *kube;
};

bool declared_version(const char *text)
{
	struct version version;

	return *text == 'v' && version_parse(text, &version) && version.has_patch &&
	       !strchr(text, '+');
}

static void tell(struct reading *reading, enum finding_severity severity, const char *id,
		 const struct value *at, const char *path, const char *text)
{
	finding_add(reading->findings, severity, id, value_src(at), path, "%s", text);
}

static bool is_on(enum tristate given, bool standard)
{
	return given == TRI_UNSET ? standard : given == TRI_TRUE;
}

static uint64_t duration_or(const char *text, uint64_t standard)
{
	uint64_t duration;

	return text && window_duration(text, &duration) == 0 ? duration : standard;
}

/* The spec without keys of earlier shapes, each of them a finding. */
static const struct value *without_old(struct reading *reading)
{
	const struct value *spec = reading->spec;

	for (const struct old_key *old = old_keys; old->key; old++) {
		bool top = !old->parent[0];
		const struct value *map = top ? spec : value_get(spec, old->parent);
		const char *path = path_key(reading->arena, "spec", top ? old->key : old->parent);

		if (!value_is_map(map) || !value_has(map, old->key))
			continue;
		finding_add(reading->findings, old->harmless ? FINDING_WARNING : FINDING_ERROR,
			    "old-key", value_key_src(map, old->key),
			    top ? path : path_key(reading->arena, path, old->key),
			    "%s is a key of an earlier shape", old->key);
		finding_hint(reading->findings, "%s", old->hint);
		map = value_set(reading->arena, map, old->key, NULL);
		spec = top ? map : value_set(reading->arena, spec, old->parent, map);
	}
	return spec;
}

static void note_idle(struct reading *reading)
{
	for (const struct idle_key *idle = idle_keys; idle->key; idle++) {
		bool top = !idle->parent[0];
		const struct value *map =
			top ? reading->spec : value_get(reading->spec, idle->parent);
		const char *parent =
			top ? "spec" : path_key(reading->arena, "spec", idle->parent);

		if (value_is_map(map) && value_has(map, idle->key))
			finding_add(reading->findings, FINDING_NOTE, "no-effect",
				    value_key_src(map, idle->key),
				    path_key(reading->arena, parent, idle->key),
				    "%s has no effect: %s", idle->key, idle->why);
	}
}

static const char *annotation(const struct value *metadata, const char *name)
{
	return value_get_text(value_get(metadata, "annotations"), name);
}

static const char *name_of(struct reading *reading)
{
	const char *name = value_get_text(reading->metadata, "name");

	if (!text_is_blank(name))
		return name;
	tell(reading, FINDING_ERROR, "missing-key", reading->document, "metadata.name",
	     "the resource has no name");
	return "";
}

static struct declared_gates gates_of(struct reading *reading, const struct structs *checks,
				      const struct structs *windows)
{
	struct declared_gates gates = { .suspended =
						annotation(reading->metadata, GROUP "/suspend") };
	const struct gate_list check_list = { checks, value_get(reading->spec, "healthChecks"),
					      "spec.healthChecks" };
	const struct gate_list window_list = {
		windows, value_get(value_get(reading->spec, "maintenance"), "windows"),
		"spec.maintenance.windows"
	};

	gates_checks(reading->arena, &check_list, &gates, reading->findings);
	gates_windows(reading->arena, &window_list, reading->place, &gates, reading->findings);
	return gates;
}

static const struct declared_hook *hooks_of(struct reading *reading, const struct structs *list,
					    const char *key)
{
	const struct hook_input *in = list->at;
	struct declared_hook *hook = arena_calloc(reading->arena, list->len + 1, sizeof(*hook));
	const struct value *raw = value_get(value_get(reading->spec, "hooks"), key);
	struct map *seen = map_new(reading->arena);
	const char *path = path_key(reading->arena, "spec.hooks", key);

	for (size_t i = 0; i < list->len; i++) {
		const char *name = in[i].name ? in[i].name : "";

		if (name[0] && map_put(seen, name, hook))
			finding_add(reading->findings, FINDING_ERROR, "duplicate",
				    value_src(value_at(raw, i)),
				    path_index(reading->arena, path, i),
				    "there is a hook \"%s\" already", name);
		hook[i] = (struct declared_hook){
			.name = name,
			.image = in[i].image,
			.pull_policy = in[i].pull_policy ? in[i].pull_policy : "IfNotPresent",
			.service_account = in[i].service_account,
			.command = in[i].command,
			.args = in[i].args,
			.env = in[i].env,
			.env_from = in[i].env_from,
			.volumes = in[i].volumes,
			.mounts = in[i].mounts,
			.deadline_s = in[i].deadline_s ? in[i].deadline_s : HOOK_DEADLINE_S,
			.backoff_limit = in[i].backoff_limit,
		};
	}
	return hook;
}

static void doubt_policy(struct reading *reading, const struct talos_input *in)
{
	const struct value *policy = value_get(reading->spec, "policy");

	if (in->policy.force == TRI_TRUE)
		tell(reading, FINDING_WARNING, "no-force", value_get(policy, "force"),
		     "spec.policy.force", "force skips no check here: etcd is always looked at");
	if (in->policy.stage == TRI_TRUE)
		tell(reading, FINDING_NOTE, "no-effect", value_get(policy, "stage"),
		     "spec.policy.stage", "stage has no effect from Talos v1.13 on");
	if (in->policy.nodrain == TRI_TRUE && in->drain.enabled == TRI_TRUE)
		tell(reading, FINDING_WARNING, "drain-or-not", value_get(policy, "nodrain"),
		     "spec.policy.nodrain", "nodrain wins over drain: no pod is moved");
}

static void read_talos(struct reading *reading)
{
	struct talos_input in = { .parallelism = "1" };
	struct talos_upgrade *up;

	value_decode(reading->spec, talos_spec_fields, "spec", &in, reading->findings);
	doubt_policy(reading, &in);
	reading->talos = arena_grow(reading->arena, reading->talos, reading->taloses,
				    &reading->talos_cap, sizeof(*up));
	up = &reading->talos[reading->taloses++];
	*up = (struct talos_upgrade){
		.name = name_of(reading),
		.src = value_src(reading->document),
		.version = in.talos.version,
		.pre_pull = is_on(in.talos.pre_pull, true),
		.force = is_on(in.policy.force, false),
		.stage = is_on(in.policy.stage, false),
		.drain = !is_on(in.policy.nodrain, false) && is_on(in.drain.enabled, true),
		.wait_for_volumes = is_on(in.policy.wait_for_volumes, false),
		.disable_eviction = is_on(in.drain.disable_eviction, false),
		.powercycle = text_equal(in.policy.reboot_mode, "powercycle"),
		.timeout = duration_or(in.policy.timeout, NODE_TIMEOUT),
		.drain_timeout = duration_or(in.policy.drain_timeout, DRAIN_TIMEOUT),
		.has_selector = in.selector != NULL,
		.parallelism = in.parallelism,
		.gates = gates_of(reading, &in.checks, &in.windows),
		.before = hooks_of(reading, &in.before, "pre"),
		.after = hooks_of(reading, &in.after, "post"),
		.hooks_before = in.before.len,
		.hooks_after = in.after.len,
	};
	if (in.selector)
		label_selector_read(in.selector, "spec.nodeSelector", &up->selector,
				    reading->findings);
}

static void read_kube(struct reading *reading)
{
	struct kube_input in = { .image_tag = NULL };

	value_decode(reading->spec, kube_spec_fields, "spec", &in, reading->findings);
	if (reading->kube) {
		finding_add(reading->findings, FINDING_ERROR, "duplicate",
			    value_src(reading->document), "",
			    "there is a KubernetesUpgrade already: %s", reading->kube->name);
		return;
	}
	reading->kube = arena_alloc(reading->arena, sizeof(*reading->kube));
	*reading->kube = (struct kube_upgrade){
		.name = name_of(reading),
		.src = value_src(reading->document),
		.version = in.kubernetes.version,
		.image_repository = in.kubernetes.image_repository,
		.endpoint = in.kubernetes.endpoint,
		.gates = gates_of(reading, &in.checks, &in.windows),
	};
	const char *repository = in.kubernetes.image_repository;

	if (repository && text_ends(repository, "/"))
		reading->kube->image_repository =
			arena_strn(reading->arena, repository, strlen(repository) - 1);
}

static const struct {
	const char *kind;
	void (*read)(struct reading *reading);
} kinds[] = {
	{ "TalosUpgrade", read_talos },
	{ "KubernetesUpgrade", read_kube },
};

/* Other resources may stand in the same file; likely slips of these may not pass as others. */
static bool is_meant(struct reading *reading, const char *kind, const char *version)
{
	const struct value *at = value_get(reading->document, "apiVersion");

	if (text_equal(version, API_VERSION))
		return true;
	if (!version || text_starts(version, "tuppr") || text_starts(version, GROUP) ||
	    text_starts(version, "system-upgrade.talos.dev")) {
		finding_add(reading->findings, FINDING_ERROR, "bad-api-version",
			    value_src(at ? at : reading->document), "apiVersion",
			    "%s is of another apiVersion", kind);
		finding_hint(reading->findings, "write apiVersion: " API_VERSION);
		return false;
	}
	return false;
}

static void check_keys(struct reading *reading)
{
	static const char *const known[] = { "apiVersion", "kind", "metadata", "spec", "status" };

	for (size_t i = 0; i < value_len(reading->document); i++) {
		const char *key = value_key_at(reading->document, i);
		const char *near = text_nearest(key, known, ARRAY_LEN(known));
		bool found = false;

		for (size_t k = 0; k < ARRAY_LEN(known); k++)
			found = found || strcmp(known[k], key) == 0;
		if (found)
			continue;
		finding_add(reading->findings, FINDING_ERROR, "unknown-key",
			    value_key_src(reading->document, key), key,
			    "there is no key \"%s\" here", key);
		if (near)
			finding_hint(reading->findings, "did you mean \"%s\"?", near);
	}
}

static void read_resource(struct reading *reading, void (*read)(struct reading *reading))
{
	check_keys(reading);
	reading->metadata = value_get(reading->document, "metadata");
	reading->spec = value_get(reading->document, "spec");
	if (!value_is_map(reading->spec)) {
		tell(reading, FINDING_ERROR, "missing-key", reading->document, "spec",
		     "the resource has no spec");
		return;
	}
	reading->spec = without_old(reading);
	note_idle(reading);
	read(reading);
}

static void read_document(struct reading *reading, const struct value *document)
{
	const char *kind = value_get_text(document, "kind");
	const char *version = value_get_text(document, "apiVersion");

	reading->document = document;
	if (value_is_null(document))
		return;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!text_equal(kinds[i].kind, kind))
			continue;
		if (is_meant(reading, kind, version))
			read_resource(reading, kinds[i].read);
		return;
	}
	if (text_starts(version ? version : "", GROUP) || !kind)
		tell(reading, FINDING_ERROR, "bad-kind", document, "kind",
		     "a resource here is a TalosUpgrade or a KubernetesUpgrade");
	else
		finding_add(reading->findings, FINDING_NOTE, "other-kind", value_src(document),
			    "kind", "%s is passed over", kind);
}

int declared_read(struct arena *arena, const struct yaml_input *input,
		  const struct declared_place *place, struct declared *out,
		  struct findings *findings, struct err *err)
{
	struct reading reading = { .arena = arena, .place = place, .findings = findings };
	struct yaml_documents documents;

	if (yaml_read(arena, input, &documents, err) < 0)
		return -1;
	for (size_t i = 0; i < documents.len; i++)
		read_document(&reading, documents.at[i]);
	if (reading.taloses == 0 && !reading.kube && findings->errors == 0)
		finding_add(findings, FINDING_ERROR, "nothing-declared",
			    (struct src){ arena_str(arena, input->file), 1, 1 }, "",
			    "the file has no TalosUpgrade and no KubernetesUpgrade");
	*out = (struct declared){ reading.talos, reading.taloses, reading.kube };
	return 0;
}
