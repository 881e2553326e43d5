#include "ops/cilium_look.h"

#include "base/text.h"
#include "crypto/digest.h"
#include "tree/json.h"

#include <inttypes.h>
#include <string.h>

#define TEXT_MAX ((size_t)4 << 20)
#define TIMEOUT (10 * SECOND)

struct cilium_question {
	struct kube_request request;
	const struct value **keep;
};

static const struct value *at(const struct value *object, const char *a, const char *b)
{
	return value_get(value_get(object, a), b);
}

static uint64_t number(const struct value *object, const char *a, const char *b)
{
	uint64_t out = 0;

	value_u64(at(object, a, b), &out);
	return out;
}

/* ---- what is wanted -------------------------------------------------------------------------- */

static const char *digest_of(struct arena *arena, const struct cluster *cluster,
			     const struct value *values)
{
	const struct json_style style = { .form = JSON_COMPACT };
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct digest *digest OWNED(digest_free) = digest_new();

	json_write(&text, values, &style);
	digest_add_text(digest, cluster->cilium.version);
	digest_add_text(digest, str_text(&text));
	return digest_end_text(digest, arena);
}

const struct value *cilium_record(struct arena *arena, const struct cluster *cluster,
				  const struct value *values)
{
	struct map_builder *map = map_begin(arena), *meta = map_begin(arena);
	struct map_builder *data = map_begin(arena);

	map_add(meta, "name", value_str(arena, CILIUM_RECORD));
	map_add(meta, "namespace", value_str(arena, CILIUM_NAMESPACE));
	map_add(data, "digest", value_str(arena, digest_of(arena, cluster, values)));
	map_add(data, "version", value_str(arena, cluster->cilium.version));
	map_add(map, "apiVersion", value_str(arena, "v1"));
	map_add(map, "kind", value_str(arena, "ConfigMap"));
	map_add(map, "metadata", map_end(meta));
	map_add(map, "data", map_end(data));
	return map_end(map);
}

int cilium_wanted(struct site *site, struct arena *arena, bool upgrade, struct cilium_made *out,
		  struct err *err)
{
	const struct site_options *options = site_options(site);
	struct cilium_request request = { .cluster = options->cluster,
					  .templates.folder = options->folder,
					  .upgrade = upgrade };

	if (options->access &&
	    options->access->peers(options->access, &request.password, err) < 0)
		return -1;
	return cilium_make(arena, &request, out, err);
}

int cilium_applied(struct arena *arena, const struct cilium_request *request,
		   const struct value *const **out, size_t *count, struct err *err)
{
	const struct cluster *cluster = request->cluster;
	struct cilium_made made = { 0 };
	const struct value **all;
	size_t len = 0;

	if (strcmp(cluster->cni, "cilium") == 0 && cilium_make(arena, request, &made, err) < 0)
		return -1;
	all = arena_calloc(arena, made.installs + made.resources + 2, sizeof(*all));
	for (size_t i = 0; i < made.installs; i++)
		all[len++] = made.install[i];
	if (made.values)
		all[len++] = cilium_record(arena, cluster, made.values);
	for (size_t i = 0; i < made.resources; i++)
		all[len++] = made.resource[i];
	*out = all;
	*count = len;
	return 0;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static struct cilium_question *question(struct cilium_look *look, const struct value **keep)
{
	struct cilium_question *one = &look->question[look->questions++];

	one->keep = keep;
	one->request = (struct kube_request){ .verb = KUBE_GET,
					      .ns = CILIUM_NAMESPACE,
					      .timeout = TIMEOUT };
	return one;
}

static void ask_for(struct cilium_look *look, const struct kube_kind *kind, const char *name,
		    const struct value **keep)
{
	struct cilium_question *one = question(look, keep);

	one->request.kind = kind;
	one->request.name = name;
}

/* "ciliumbgppeerconfigs.cilium.io"; NULL for what Kubernetes has by itself. */
static const char *definition_name(struct arena *arena, const struct value *resource)
{
	const char *version = value_get_text(resource, "apiVersion");
	const char *kind = value_get_text(resource, "kind");
	static const char policies[] = "ciliuml2announcementpolicies.cilium.io";
	char *plural;

	if (!kind || !text_starts(version ? version : "", "cilium.io/"))
		return NULL;
	plural = arena_printf(arena, "%ss.cilium.io", kind);
	for (char *c = plural; *c; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
	/* the one plural that is no plain one */
	return strcmp(kind, "CiliumL2AnnouncementPolicy") ? plural : policies;
}

static void ask_for_resources(struct cilium_look *look, unsigned parts)
{
	const struct cilium_made *made = &look->live.made;

	for (size_t i = 0; i < made->resources; i++) {
		const struct value *wanted = made->resource[i];
		const char *name = definition_name(look->arena, wanted);

		if ((parts & CILIUM_DEFINITIONS) && name)
			ask_for(look, &kube_custom_resource_definitions, name,
				&look->live.definition[i]);
		if (parts & CILIUM_RESOURCES) {
			struct cilium_question *one = question(look, &look->live.resource[i]);

			one->request.api_version = value_get_text(wanted, "apiVersion");
			one->request.kind_name = value_get_text(wanted, "kind");
			one->request.name = kube_name(wanted);
		}
	}
}

static void make_questions(struct cilium_look *look, unsigned parts)
{
	struct cilium_live *live = &look->live;
	size_t resources = live->made.resources;

	look->question = arena_calloc(look->arena, 4 + 2 * resources, sizeof(*look->question));
	live->definition = arena_calloc(look->arena, resources + 1, sizeof(*live->definition));
	live->resource = arena_calloc(look->arena, resources + 1, sizeof(*live->resource));
	if (parts & CILIUM_AGENT) {
		ask_for(look, &kube_daemonsets, "cilium", &live->agent);
		ask_for(look, &kube_deployments, "cilium-operator", &live->manager);
		ask_for(look, &kube_configmaps, CILIUM_RECORD, &live->record);
	}
	ask_for_resources(look, parts);
	if (parts & CILIUM_SESSIONS) {
		ask_for(look, &kube_cilium_bgp_node_configs, NULL, &live->sessions);
		look->question[look->questions - 1].request.verb = KUBE_LIST;
	}
}

static void ask(struct cilium_look *look);

static void answered(struct kube_call *call, const struct err *err)
{
	struct cilium_look *look = container_of(call, struct cilium_look, call);

	if (err_is_set(err) && err->kind != ERR_NOT_FOUND) {
		look->on_end(look, err);
		return;
	}
	if (!err_is_set(err))
		*look->question[look->asked].keep = value_copy(look->arena, call->reply);
	look->asked++;
	ask(look);
}

static void failed(struct task *task)
{
	struct cilium_look *look = container_of(task, struct cilium_look, failed);

	look->on_end(look, &look->err);
}

static void ask(struct cilium_look *look)
{
	static const struct kube_call_ops ops = { answered };

	if (look->asked < look->questions)
		kube_start(&look->call, site_kube(look->site),
			   &look->question[look->asked].request, &ops);
	else
		task_post(&look->failed); /* `err` is clear: it went well */
}

void cilium_look_start(struct cilium_look *look, struct site *site, struct arena *arena,
		       unsigned parts,
		       void (*on_end)(struct cilium_look *look, const struct err *err))
{
	cilium_look_done(look);
	*look = (struct cilium_look){ .site = site, .arena = arena, .on_end = on_end };
	task_init(&look->failed, site_options(site)->loop, failed);
	if (!site_kube(site)) {
		err_set(&look->err, ERR_USAGE, "there is no way to the Kubernetes API here");
		task_post(&look->failed);
		return;
	}
	if (cilium_wanted(site, arena, false, &look->live.made, &look->err) < 0) {
		task_post(&look->failed);
		return;
	}
	look->live.digest = digest_of(arena, site_cluster(site), look->live.made.values);
	make_questions(look, parts);
	ask(look);
}

void cilium_look_done(struct cilium_look *look)
{
	if (!look->site)
		return;
	kube_call_done(&look->call);
	task_cancel(&look->failed);
	look->site = NULL;
}

/* ---- what it means --------------------------------------------------------------------------- */

bool cilium_is_current(const struct cilium_live *live)
{
	const char *digest = value_text(at(live->record, "data", "digest"));

	return live->agent && text_equal(digest, live->digest);
}

/* Everything of `wanted` is in `live`; lists are the same from end to end. */
static bool holds(const struct value *live, const struct value *wanted)
{
	if (value_kind(live) != value_kind(wanted))
		return value_is_null(wanted) && !live;
	if (value_is_list(wanted) && value_len(live) != value_len(wanted))
		return false;
	if (!value_is_map(wanted) && !value_is_list(wanted))
		return text_equal(value_text(live), value_text(wanted));
	for (size_t i = 0; i < value_len(wanted); i++) {
		const struct value *mine = value_at(wanted, i);
		const struct value *theirs = value_is_map(wanted)
						     ? value_get(live, value_key_at(wanted, i))
						     : value_at(live, i);

		if (!holds(theirs, mine))
			return false;
	}
	return true;
}

/* A Secret takes texts and shows them in base64. */
static bool holds_texts(const struct value *live, const struct value *texts)
{
	struct arena *arena OWNED(arena_free) = arena_new("secret");

	for (size_t i = 0; i < value_len(texts); i++) {
		const struct value *text = value_at(texts, i);
		const char *is = value_get_text(value_get(live, "data"), value_key_at(texts, i));
		const char *wanted =
			base64_encode(arena, value_text(text), value_text_len(text));

		if (!text_equal(is, wanted))
			return false;
	}
	return true;
}

bool cilium_resource_is_current(const struct cilium_live *live, size_t index)
{
	const struct value *wanted = live->made.resource[index], *is = live->resource[index];

	if (!is || !holds_texts(is, value_get(wanted, "stringData")))
		return false;
	for (size_t i = 0; i < value_len(wanted); i++) {
		const char *key = value_key_at(wanted, i);

		if (strcmp(key, "stringData") != 0 &&
		    !holds(value_get(is, key), value_at(wanted, i)))
			return false;
	}
	return true;
}

const char *cilium_unready(struct arena *arena, const struct cilium_live *live)
{
	uint64_t wanted = number(live->agent, "status", "desiredNumberScheduled");
	uint64_t ready = number(live->agent, "status", "numberReady");
	uint64_t updated = number(live->agent, "status", "updatedNumberScheduled");

	if (!live->agent)
		return "Cilium is not installed";
	if (number(live->agent, "status", "observedGeneration") !=
	    number(live->agent, "metadata", "generation"))
		return "the DaemonSet cilium has changed just now";
	if (wanted == 0 || ready < wanted)
		return arena_printf(arena, "%" PRIu64 " of %" PRIu64 " agents of Cilium are ready",
				    ready, wanted);
	if (updated < wanted)
		return arena_printf(arena,
				    "%" PRIu64 " of %" PRIu64 " agents of Cilium are up to date",
				    updated, wanted);
	if (number(live->manager, "status", "availableReplicas") < 1)
		return "Cilium's operator does not run";
	return NULL;
}

const char *cilium_undefined(struct arena *arena, const struct cilium_live *live)
{
	for (size_t i = 0; i < live->made.resources; i++) {
		const char *name = definition_name(arena, live->made.resource[i]);

		if (name && !text_equal(kube_condition(live->definition[i], "Established"), "True"))
			return arena_printf(arena, "the resource definition %s is not there", name);
	}
	return NULL;
}

const char *cilium_complaint(struct arena *arena, const struct value *resource)
{
	/* of all of them True is bad */
	static const char *const bad[] = { "cilium.io/PoolConflict", "cilium.io/NoMatchingNode",
					   "cilium.io/MissingPeerConfigs",
					   "cilium.io/ConflictingClusterConfig",
					   "cilium.io/MissingAuthSecret",
					   "cilium.io/BGPReconcileError",
					   "cilium.io/bad-node-selector",
					   "cilium.io/bad-service-selector",
					   "cilium.io/bad-interface-regex" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (text_equal(kube_condition(resource, bad[i]), "True"))
			return arena_printf(arena, "%s: %s",
					    cilium_resource_name(arena, resource),
					    strchr(bad[i], '/') + 1);
	return NULL;
}

static const struct value *session_of(const struct cilium_live *live, const char *node)
{
	const struct value *items = value_get(live->sessions, "items");

	for (size_t i = 0; i < value_len(items); i++)
		if (strcmp(kube_name(value_at(items, i)), node) == 0)
			return value_at(items, i);
	return NULL;
}

static const char *not_established(struct arena *arena, const struct value *instances,
				   const char *node)
{
	for (size_t i = 0; i < value_len(instances); i++) {
		const struct value *peers = value_get(value_at(instances, i), "peers");

		for (size_t k = 0; k < value_len(peers); k++) {
			const struct value *peer = value_at(peers, k);
			const char *state = value_get_text(peer, "peeringState");

			if (!text_equal(state, "established"))
				return arena_printf(arena, "the session of %s with %s is %s", node,
						    value_get_text(peer, "peerAddress"),
						    state ? state : "unknown");
		}
	}
	return NULL;
}

static const char *node_unannounced(struct arena *arena, const struct cilium_live *live,
				    const struct node *node)
{
	const struct value *mine = session_of(live, node->name);
	const struct value *instances = at(mine, "status", "bgpInstances");
	const char *why = cilium_complaint(arena, mine);

	if (why)
		return why;
	if (value_len(instances) == 0)
		return arena_printf(arena, "%s has no BGP session", node->name);
	return not_established(arena, instances, node->name);
}

const char *cilium_unannounced(struct arena *arena, const struct cluster *cluster,
			       const struct cilium_live *live)
{
	const char *why = NULL;

	for (size_t i = 0; i < live->made.resources && !why; i++)
		why = cilium_complaint(arena, live->resource[i]);
	for (size_t i = 0; cluster->bgp.asn && i < cluster->nodes && !why; i++)
		why = node_unannounced(arena, live, &cluster->node[i]);
	return why;
}

const char *cilium_resource_name(struct arena *arena, const struct value *resource)
{
	return arena_printf(arena, "%s %s", value_get_text(resource, "kind"), kube_name(resource));
}
