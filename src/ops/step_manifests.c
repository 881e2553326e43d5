/*
 * Bringing what Talos once made for Kubernetes to what the machine config says now: kube-proxy,
 * CoreDNS, flannel, the roles that nodes join with, and the manifests of the config itself.
 *
 * Nodes create what is missing of it and never change what is there. A control plane shows all of
 * it as resources; they are applied from there as it would do it, watched until their pods are new,
 * and what the config no longer names is removed, if nobody else cares for it.
 */
#include "ops/kinds.h"

#include "base/clock.h"
#include "base/text.h"
#include "cluster/version.h"
#include "ops/manifest.h"
#include "ops/step_call.h"
#include "ops/step_kube.h"
#include "tree/json.h"

#include <string.h>

#define ASK_TIMEOUT (5 * SECOND)
#define LIST_TIMEOUT (20 * SECOND)
#define ROLLOUT_STALLS (5 * MINUTE)
#define LISTED_SINCE 13 /* of Talos 1.x */

struct sync {	       /* in the attempt's arena */
	step_fn *then; /* when it is known what the node has rendered */
	const struct value **object;
	size_t len, cap;
	bool listed;		    /* in an inventory */
	const struct value *before; /* of the object it is at; NULL: there is none */
	/* of the inventory */
	const struct value *inventory; /* NULL: there is none */
	const struct value *keys;
	struct manifest_key key;
	const char *lacks; /* what a roll-out still lacked last */
};

static struct sync *sync_of(struct step_run *run)
{
	struct step_memory *memory = step_memory(run);

	if (!memory->data)
		memory->data = arena_alloc(run_arena(run), sizeof(struct sync));
	return memory->data;
}

static const struct value *object_at(struct step_run *run)
{
	const struct sync *sync = sync_of(run);
	unsigned index = step_memory(run)->index;

	return index < sync->len ? sync->object[index] : NULL;
}

static const char *text_of(struct step_run *run, const struct value *object)
{
	return manifest_text(run_arena(run), object);
}

static struct channel *channel_of(const struct step_run *run)
{
	return site_channel(step_site(run), step_node(run));
}

/* ---- what a node has rendered ---------------------------------------------------------------- */

static void take_objects(struct step_run *run, bool first)
{
	struct sync *sync = sync_of(run);
	struct arena *arena = run_arena(run);

	for (size_t i = 0; i < step_replies(run); i++) {
		const struct talos_resource *resource = step_reply_at(run, i);
		const struct talos_manifest *manifest = resource->spec;

		for (size_t k = 0; manifest && k < manifest->len; k++) {
			if (manifest_is_first(manifest->object[k]) != first)
				continue;
			sync->object = arena_grow(arena, sync->object, sync->len, &sync->cap,
						  sizeof(*sync->object));
			sync->object[sync->len++] = value_copy(arena, manifest->object[k]);
		}
	}
}

static int read_start(struct step_run *run, struct err *err);

static int read_again(struct step_run *run, struct err *err)
{
	if (run_is_check(run))
		return run_needed(run);
	return step_call_again(run, read_start, err);
}

static int read_listed(struct step_run *run, struct err *err)
{
	struct sync *sync = sync_of(run);
	const char *wanted = run_arg(run, "proxy");

	if (err_is_set(step_call_err(run)))
		return read_again(run, err);
	sync->len = 0;
	take_objects(run, true);
	take_objects(run, false);
	/* the config of the node was changed a moment ago; what follows from it comes later */
	if (!wanted || manifest_proxy_is(run_arena(run), sync->object, sync->len, wanted))
		return sync->then(run, err);
	if (run_is_check(run))
		return run_needed(run);
	run_say(run, "the node has not rendered its manifests anew yet");
	return step_poll(run, read_start, err);
}

static int read_version(struct step_run *run, struct err *err)
{
	static const struct talos_get_request ask = { &resource_manifest, NULL };
	const struct talos_version *reply = step_reply(run);
	struct version talos;

	if (!reply)
		return read_again(run, err);
	sync_of(run)->listed = version_parse(reply->tag, &talos) &&
			       (talos.major > 1 || talos.minor >= LISTED_SINCE);
	return step_call_within(run, channel_of(run), &talos_list, &ask, LIST_TIMEOUT,
				read_listed);
}

static int read_start(struct step_run *run, struct err *err)
{
	(void)err;
	return step_call_within(run, channel_of(run), &talos_version, NULL, ASK_TIMEOUT,
				read_version);
}

static int read_then(struct step_run *run, step_fn *then, struct err *err)
{
	sync_of(run)->then = then;
	return read_start(run, err);
}

/* ---- applying -------------------------------------------------------------------------------- */

static int apply_next(struct step_run *run, struct err *err);

/* What the server says of a Secret may quote it. */
static int err_apply(struct step_run *run, struct err *err)
{
	const struct value *object = object_at(run);

	if (text_equal(value_get_text(object, "kind"), "Secret"))
		return err_set(err, step_kube_err(run)->kind, "the server does not take %s",
			       text_of(run, object));
	step_kube_failed(run, err);
	return err_wrap(err, "bring %s to what the machine config says", text_of(run, object));
}

/* Something that the server, or the kind of the object, will have in a moment. */
static bool may_pass(const struct err *err)
{
	return err->kind != ERR_INPUT && err->kind != ERR_CONFLICT;
}

static int applied(struct step_run *run, struct err *err)
{
	const struct sync *sync = sync_of(run);
	const struct value *reply = step_kube_reply(run);
	bool same = reply && sync->before && manifest_same(run_arena(run), sync->before, reply);

	if (run_is_check(run) && !same)
		return run_needed(run);
	if (!reply)
		return may_pass(step_kube_err(run)) ? step_kube_again(run, apply_next, err)
						    : err_apply(run, err);
	if (!same)
		run_say(run, "%s %s", sync->before ? "changed" : "created",
			text_of(run, reply));
	step_memory(run)->index++;
	return apply_next(run, err);
}

static int apply_one(struct step_run *run, struct err *err)
{
	struct sync *sync = sync_of(run);
	const struct value *object = object_at(run), *there = step_kube_reply(run);
	const char *stranger = there ? manifest_stranger(there) : NULL;

	if (!there && step_kube_err(run)->kind != ERR_NOT_FOUND)
		return run_is_check(run) ? run_needed(run) : step_kube_again(run, apply_next, err);
	if (!there && run_is_check(run))
		return run_needed(run);
	if (stranger) {
		run_say(run, "%s is of the inventory %s and is left as it is",
			text_of(run, object), stranger);
		step_memory(run)->index++;
		return apply_next(run, err);
	}
	sync->before = there ? value_copy(run_arena(run), there) : NULL;
	return step_kube(run,
			 &(struct kube_request){
				 .verb = KUBE_APPLY,
				 .body = sync->listed ? manifest_listed(run_arena(run), object)
						      : object,
				 .manager = MANIFEST_MANAGER,
				 .force = true,
				 .dry_run = run_is_check(run),
			 },
			 applied);
}

static int apply_next(struct step_run *run, struct err *err)
{
	const struct value *object = object_at(run);

	(void)err;
	if (!object)
		return run_done(run);
	return step_kube(run,
			 &(struct kube_request){
				 .verb = KUBE_GET,
				 .api_version = value_get_text(object, "apiVersion"),
				 .kind_name = value_get_text(object, "kind"),
				 .ns = *kube_namespace(object) ? kube_namespace(object) : NULL,
				 .name = kube_name(object),
				 .timeout = ASK_TIMEOUT,
			 },
			 apply_one);
}

static int manifests_start(struct step_run *run, struct err *err)
{
	return read_then(run, apply_next, err);
}

const struct step_kind kind_kube_manifests = {
	.name = "kube-manifests",
	.phrase = "bring the bootstrap manifests to what the machine config says",
	.timeout_s = 10 * 60,
	.attempts = 3,
	.pause_s = 2,
	.danger = STEP_CHANGES,
	.check = manifests_start,
	.start = manifests_start,
	.cancel = step_call_cancel,
};

/* ---- gate: roll-outs ------------------------------------------------------------------------- */

static int rollout_next(struct step_run *run, struct err *err);

static int rollout_seen(struct step_run *run, struct err *err)
{
	struct step_memory *memory = step_memory(run);
	struct sync *sync = sync_of(run);
	const struct value *there = step_watched(run);
	const char *lacks = there ? manifest_lacks(run_arena(run), there) : "it is not there";
	uint64_t now = loop_now(run_loop(run));

	if (err_is_set(step_watch_err(run))) {
		if (err)
			*err = *step_watch_err(run);
		return err_wrap(err, "watch %s", text_of(run, object_at(run)));
	}
	if (!lacks) {
		step_unwatch(run);
		memory->index++;
		sync->lacks = NULL;
		return rollout_next(run, err);
	}
	if (!text_equal(lacks, sync->lacks)) {
		sync->lacks = lacks;
		memory->mark = now;
		run_say(run, "%s: %s", text_of(run, object_at(run)), lacks);
	}
	if (now - memory->mark >= ROLLOUT_STALLS)
		return err_set(err, ERR_TIMEOUT, "%s: %s, and nothing has changed for 5 minutes",
			       text_of(run, object_at(run)), lacks);
	return step_watch_on(run, memory->mark + ROLLOUT_STALLS - now, rollout_seen);
}

static int rollout_next(struct step_run *run, struct err *err)
{
	const struct value *object;

	(void)err;
	while ((object = object_at(run)) && !manifest_rolls_out(object))
		step_memory(run)->index++;
	if (!object)
		return run_done(run);
	step_memory(run)->mark = loop_now(run_loop(run));
	return step_watch(run,
			  &(struct kube_watch_options){
				  .kind = kube_kind_named(value_get_text(object, "apiVersion"),
							  value_get_text(object, "kind")),
				  .ns = *kube_namespace(object) ? kube_namespace(object)
								: "default",
				  .fields = arena_printf(run_arena(run), "metadata.name=%s",
							 kube_name(object)),
			  },
			  rollout_seen);
}

static int rollout_start(struct step_run *run, struct err *err)
{
	return read_then(run, rollout_next, err);
}

/* A roll-out goes from node to node: it is given up when it stalls, not when it takes long. */
const struct step_kind kind_kube_rollout = {
	.name = "kube-rollout",
	.phrase = "wait until the pods of the bootstrap manifests are new",
	.timeout_s = 4 * 60 * 60,
	.danger = STEP_SAFE,
	.start = rollout_start,
	.cancel = step_call_cancel,
};

/* ---- what the config no longer names --------------------------------------------------------- */

static const struct value *matching(struct step_run *run, const struct manifest_key *key)
{
	const struct sync *sync = sync_of(run);

	for (size_t i = 0; i < sync->len; i++) {
		if (manifest_key_is(run_arena(run), key, sync->object[i]))
			return sync->object[i];
	}
	return NULL;
}

/* The keys that shall be there: those of what is rendered, as they were written before. */
static const struct value *wanted_keys(struct step_run *run)
{
	struct sync *sync = sync_of(run);
	struct arena *arena = run_arena(run);
	struct map_builder *map = map_begin(arena);

	for (size_t i = 0; i < sync->len; i++) {
		const char *text = manifest_key_text(arena, sync->object[i]);
		const struct value *old = value_get(sync->keys, text);

		for (size_t k = 0; !old && k < value_len(sync->keys); k++) {
			struct manifest_key key;

			if (!manifest_key_read(arena, value_key_at(sync->keys, k), &key) ||
			    !manifest_key_is(arena, &key, sync->object[i]))
				continue;
			text = value_key_at(sync->keys, k);
			old = value_at(sync->keys, k);
		}
		map_add(map, text, old ? old : value_str(arena, ""));
	}
	return map_end(map);
}

static int prune_start(struct step_run *run, struct err *err);

static int inventory_written(struct step_run *run, struct err *err)
{
	if (step_kube_reply(run))
		return run_done(run);
	/* a node wrote it meanwhile: all of it anew */
	return step_kube_again(run, prune_start, err);
}

static int write_inventory(struct step_run *run)
{
	const struct sync *sync = sync_of(run);
	struct arena *arena = run_arena(run);
	const struct value *keys = wanted_keys(run), *body = sync->inventory;
	const struct value *labels, *metadata = value_get(body, "metadata");

	if (!body) {
		struct map_builder *map = map_begin(arena);

		map_add(map, "name", value_str(arena, MANIFEST_INVENTORY));
		map_add(map, "namespace", value_str(arena, MANIFEST_NAMESPACE));
		metadata = map_end(map);
		body = map_end(map_begin(arena));
		body = value_set(arena, body, "apiVersion", value_str(arena, "v1"));
		body = value_set(arena, body, "kind", value_str(arena, "ConfigMap"));
	}
	labels = value_get(metadata, "labels");
	if (!value_is_map(labels))
		labels = map_end(map_begin(arena));
	labels = value_set(arena, labels, "cli-utils.sigs.k8s.io/inventory-id",
			   value_str(arena, MANIFEST_INVENTORY));
	metadata = value_set(arena, metadata, "labels", labels);
	body = value_set(arena, body, "metadata", metadata);
	body = value_set(arena, body, "data", keys);
	return step_kube(run,
			 &(struct kube_request){
				 .verb = sync->inventory ? KUBE_UPDATE : KUBE_CREATE,
				 .body = body,
				 .manager = MANIFEST_MANAGER,
			 },
			 inventory_written);
}

static int prune_next(struct step_run *run, struct err *err);

static int prune_over(struct step_run *run, struct err *err)
{
	step_memory(run)->index++;
	return prune_next(run, err);
}

static int removed(struct step_run *run, struct err *err)
{
	const struct err *why = step_kube_err(run);

	/* ERR_CONFLICT: another object of that name has come; it is looked at anew */
	if (err_is_set(why) && why->kind != ERR_NOT_FOUND)
		return step_kube_again(run, prune_next, err);
	if (!err_is_set(why))
		run_say(run, "removed %s %s", sync_of(run)->key.kind, sync_of(run)->key.name);
	return prune_over(run, err);
}

/* NULL: it may go. */
static const char *spared(const struct value *object)
{
	const char *stranger = manifest_stranger(object);

	if (manifest_is_first(object))
		return "what is in it would go with it";
	return stranger ? stranger : manifest_shared(object);
}

static int prune_one(struct step_run *run, struct err *err)
{
	const struct value *object = step_kube_reply(run);
	const struct sync *sync = sync_of(run);
	const char *why = object ? spared(object) : NULL;

	if (!object && step_kube_err(run)->kind != ERR_NOT_FOUND)
		return step_kube_again(run, prune_next, err);
	if (why)
		run_say(run, "%s is in no manifest any more and stays: %s", text_of(run, object),
			why);
	if (!object || why)
		return prune_over(run, err);
	return step_kube(run,
			 &(struct kube_request){
				 .verb = KUBE_DELETE,
				 .api_version = value_get_text(object, "apiVersion"),
				 .kind_name = sync->key.kind,
				 .ns = *sync->key.ns ? sync->key.ns : NULL,
				 .name = sync->key.name,
				 .uid = arena_str(run_arena(run), kube_uid(object)),
			 },
			 removed);
}

static int get_key(struct step_run *run, const char *api_version)
{
	const struct manifest_key *key = &sync_of(run)->key;

	return step_kube(run,
			 &(struct kube_request){ .verb = KUBE_GET,
						 .api_version = api_version,
						 .kind_name = key->kind,
						 .ns = *key->ns ? key->ns : NULL,
						 .name = key->name,
						 .timeout = ASK_TIMEOUT },
			 prune_one);
}

/* The version in which a group wants its objects asked for; NULL: it does not say. */
static const char *group_version(struct arena *arena, const struct value *reply)
{
	const char *text = value_text(reply);
	const struct value *group;

	if (!text || json_read(arena, "group", text, value_text_len(reply), &group, NULL) < 0)
		return NULL;
	return value_get_text(value_get(group, "preferredVersion"), "groupVersion");
}

static int group_known(struct step_run *run, struct err *err)
{
	const struct value *reply = step_kube_reply(run);
	const char *version;

	/* a group that is gone has no objects */
	if (!reply && step_kube_err(run)->kind == ERR_NOT_FOUND)
		return prune_over(run, err);
	if (!reply)
		return step_kube_again(run, prune_next, err);
	version = group_version(run_arena(run), reply);
	if (version)
		return get_key(run, version);
	return err_set(err, ERR_REMOTE, "the Kubernetes API does not tell the versions of %s",
		       sync_of(run)->key.group);
}

static int prune_next(struct step_run *run, struct err *err)
{
	struct sync *sync = sync_of(run);
	struct arena *arena = run_arena(run);
	unsigned *index = &step_memory(run)->index;

	(void)err;
	while (*index < value_len(sync->keys) &&
	       (!manifest_key_read(arena, value_key_at(sync->keys, *index), &sync->key) ||
		matching(run, &sync->key)))
		++*index;
	if (*index == value_len(sync->keys))
		return write_inventory(run);
	if (!*sync->key.group)
		return get_key(run, "v1");
	return step_kube(run,
			 &(struct kube_request){
				 .verb = KUBE_PATH,
				 .name = arena_printf(arena, "/apis/%s", sync->key.group),
				 .timeout = ASK_TIMEOUT },
			 group_known);
}

static int inventory_known(struct step_run *run, struct err *err)
{
	struct sync *sync = sync_of(run);
	const struct value *reply = step_kube_reply(run);

	if (!reply && step_kube_err(run)->kind != ERR_NOT_FOUND)
		return run_is_check(run) ? run_needed(run)
					 : step_kube_again(run, prune_start, err);
	sync->inventory = reply ? value_copy(run_arena(run), reply) : NULL;
	sync->keys = value_get(sync->inventory, "data");
	if (value_equal(sync->keys, wanted_keys(run)))
		return run_is_check(run) ? run_done(run) : run_already(run);
	return run_is_check(run) ? run_needed(run) : prune_next(run, err);
}

static int inventory_start(struct step_run *run, struct err *err)
{
	(void)err;
	/* before there were inventories nothing was listed */
	if (!sync_of(run)->listed)
		return run_is_check(run) ? run_done(run) : run_already(run);
	return step_kube(run,
			 &(struct kube_request){ .verb = KUBE_GET,
						 .kind = &kube_configmaps,
						 .ns = MANIFEST_NAMESPACE,
						 .name = MANIFEST_INVENTORY,
						 .timeout = ASK_TIMEOUT },
			 inventory_known);
}

static int prune_start(struct step_run *run, struct err *err)
{
	step_memory(run)->index = 0;
	return read_then(run, inventory_start, err);
}

const struct step_kind kind_kube_prune = {
	.name = "kube-prune",
	.phrase = "remove what was made of manifests that the config no longer names",
	.timeout_s = 10 * 60,
	.attempts = 3,
	.pause_s = 2,
	.danger = STEP_CHANGES,
	.check = prune_start,
	.start = prune_start,
	.cancel = step_call_cancel,
};
