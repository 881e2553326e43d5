#include "sim/service_image.h"

#include "base/clock.h"
#include "common.pb-c.h"
#include "lifecycle.pb-c.h"
#include "sim/sim_boot.h"
#include "sim/world_impl.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define REF_MAX 256		    /* with its NUL: what sim_image.h keeps */
#define NO_CONTAINERD (10 * SECOND) /* how long a node without a config looks for it */

/* ---- what is asked for ----------------------------------------------------------------------- */

static bool store_of(bool cri, Common__ContainerdNamespace ns, enum sim_store *out)
{
	if (ns == COMMON__CONTAINERD_NAMESPACE__NS_SYSTEM) {
		*out = cri ? IMAGES_SYSTEM : IMAGES_MEMORY;
		return true;
	}
	*out = IMAGES_CRI;
	return ns == COMMON__CONTAINERD_NAMESPACE__NS_CRI && cri;
}

bool call_store(struct sim_call *call, const Common__ContainerdInstance *instance,
		enum sim_store *out)
{
	bool cri = instance && instance->driver == COMMON__CONTAINER_DRIVER__CRI;
	Common__ContainerdNamespace ns =
		instance ? instance->namespace_ : COMMON__CONTAINERD_NAMESPACE__NS_UNKNOWN;

	if (store_of(cri, ns, out))
		return true;
	if (ns == COMMON__CONTAINERD_NAMESPACE__NS_CRI)
		call_fail(call, RPC_INVALID_ARGUMENT,
			  "cannot use CRI namespace with containerd driver");
	else
		call_fail(call, RPC_INVALID_ARGUMENT, "unsupported containerd namespace");
	return false;
}

bool image_is_valid(const char *ref)
{
	const char *slash = strchr(ref, '/');

	for (const char *c = ref; *c; c++) {
		if (isspace((unsigned char)*c) || iscntrl((unsigned char)*c))
			return false;
	}
	return slash && slash != ref && slash[1] && strlen(ref) < REF_MAX;
}

const char *image_absent(struct arena *arena, const char *ref)
{
	return arena_printf(arena,
			    "failed to pull image \"%s\": failed to resolve reference \"%s\": %s: "
			    "not found",
			    ref, ref, ref);
}

/* ---- lists ----------------------------------------------------------------------------------- */

struct listed {
	const char *name, *digest;
	uint64_t size;
};

struct listing {
	struct listed *at;
	size_t len, cap;
};

/* By its tag, by its digest and by that alone. */
static void list_image(struct arena *arena, struct listing *listing, const char *ref)
{
	const char *digest = image_digest(arena, ref);
	const char *const names[] = { ref, image_pinned(arena, ref), digest };
	uint64_t size = 10000000 + strtoul(digest + sizeof("sha256"), NULL, 16) % 1000;

	for (size_t i = strchr(ref, '@') ? 1 : 0; i < ARRAY_LEN(names); i++) {
		listing->at = arena_grow(arena, listing->at, listing->len, &listing->cap,
					 sizeof(*listing->at));
		listing->at[listing->len++] = (struct listed){ names[i], digest, size };
	}
}

static int compare(const void *left, const void *right)
{
	const struct listed *a = left, *b = right;

	return strcmp(a->name, b->name);
}

/* What nobody asked for: the node pulls it to run itself. */
static void list_own(struct arena *arena, struct listing *listing, const struct sim_node *node)
{
	const struct sim_config *config = node->config;

	if (config->kubernetes[0] && service_is_running(&node->service[SERVICE_KUBELET]))
		list_image(arena, listing,
			   arena_printf(arena, "ghcr.io/siderolabs/kubelet:%s",
					config->kubernetes));
	if (config->control && service_is_running(&node->service[SERVICE_ETCD]))
		list_image(arena, listing, "registry.k8s.io/etcd:v3.6.12");
}

static struct listing images_of(struct arena *arena, const struct sim_node *node,
				enum sim_store store)
{
	struct listing listing = { 0 };

	if (store == IMAGES_SYSTEM)
		list_own(arena, &listing, node);
	for (size_t i = 0; i < node->images.len; i++) {
		if (node->images.at[i].store == store)
			list_image(arena, &listing, node->images.at[i].ref);
	}
	if (listing.len)
		qsort(listing.at, listing.len, sizeof(*listing.at), compare);
	return listing;
}

static void no_containerd_settle(struct sim_call *call)
{
	const uint64_t *until = call->data;

	if (world_wall(call->node->world) < *until)
		node_wake(call->node, *until);
	else
		call_fail(call, RPC_UNKNOWN,
			  "connection error: desc = \"transport: Error while dialing: dial "
			  "unix:///run/containerd/containerd.sock: timeout\"");
}

/* Without a config there is no containerd to ask. */
static bool has_containerd(struct sim_call *call, enum sim_store store)
{
	struct sim_node *node = call->node;
	uint64_t *until;

	if (store == IMAGES_MEMORY || node_is_up(node))
		return true;
	until = arena_alloc(call_arena(call), sizeof(*until));
	*until = world_after(node->world, NO_CONTAINERD);
	call->data = until;
	call->on_settle = no_containerd_settle;
	no_containerd_settle(call);
	return false;
}

void call_image_list(struct sim_call *call, const void *message)
{
	const Machine__ImageServiceListRequest *request = message;
	struct listing listing;
	enum sim_store store;

	if (!call_store(call, request->containerd, &store) || !has_containerd(call, store))
		return;
	listing = images_of(call_arena(call), call->node, store);
	for (size_t i = 0; i < listing.len; i++) {
		Machine__ImageServiceListResponse one = MACHINE__IMAGE_SERVICE_LIST_RESPONSE__INIT;

		one.name = (char *)listing.at[i].name;
		one.digest = (char *)listing.at[i].digest;
		one.size = (int64_t)listing.at[i].size;
		call_send(call, &one.base);
	}
	call_end(call);
}

void call_image_list_old(struct sim_call *call, const void *message)
{
	const Machine__ImageListRequest *request = message;
	struct listing listing;
	enum sim_store store;

	if (!store_of(true, request->namespace_, &store)) {
		call_fail(call, RPC_INVALID_ARGUMENT, "unsupported containerd namespace");
		return;
	}
	if (!has_containerd(call, store))
		return;
	listing = images_of(call_arena(call), call->node, store);
	for (size_t i = 0; i < listing.len; i++) {
		Machine__ImageListResponse one = MACHINE__IMAGE_LIST_RESPONSE__INIT;

		one.name = (char *)listing.at[i].name;
		one.digest = (char *)listing.at[i].digest;
		one.size = (int64_t)listing.at[i].size;
		call_send(call, &one.base);
	}
	call_end(call);
}

/* ---- pulling --------------------------------------------------------------------------------- */

#define LAYER_BYTES 31457280

static const struct step {
	Machine__ImageServicePullLayerProgress__Status status;
	int64_t offset;
} steps[] = {
	{ MACHINE__IMAGE_SERVICE_PULL_LAYER_PROGRESS__STATUS__DOWNLOADING, LAYER_BYTES / 3 },
	{ MACHINE__IMAGE_SERVICE_PULL_LAYER_PROGRESS__STATUS__DOWNLOADING, LAYER_BYTES / 3 * 2 },
	{ MACHINE__IMAGE_SERVICE_PULL_LAYER_PROGRESS__STATUS__DOWNLOAD_COMPLETE, 0 },
	{ MACHINE__IMAGE_SERVICE_PULL_LAYER_PROGRESS__STATUS__EXTRACTING, 0 },
	{ MACHINE__IMAGE_SERVICE_PULL_LAYER_PROGRESS__STATUS__EXTRACT_COMPLETE, 0 },
};

struct pull {
	enum sim_store store;
	const char *ref;
	uint64_t began; /* wall time */
	size_t told;	/* steps */
	bool old;	/* the call that tells nothing */
};

static void tell_layer(struct sim_call *call, const char *ref, const struct step *step)
{
	Machine__ImageServicePullResponse reply = MACHINE__IMAGE_SERVICE_PULL_RESPONSE__INIT;
	Machine__ImageServicePullProgress layer = MACHINE__IMAGE_SERVICE_PULL_PROGRESS__INIT;
	Machine__ImageServicePullLayerProgress progress =
		MACHINE__IMAGE_SERVICE_PULL_LAYER_PROGRESS__INIT;
	Google__Protobuf__Duration elapsed = GOOGLE__PROTOBUF__DURATION__INIT;

	progress.status = step->status;
	progress.elapsed = &elapsed;
	progress.offset = step->offset;
	progress.total = step->offset ? LAYER_BYTES : 0;
	layer.layer_id = arena_printf(call_arena(call), "%.12s",
				      image_digest(call_arena(call), ref) + sizeof("sha256"));
	layer.progress = &progress;
	reply.response_case = MACHINE__IMAGE_SERVICE_PULL_RESPONSE__RESPONSE_PULL_PROGRESS;
	reply.pull_progress = &layer;
	call_send(call, &reply.base);
}

static void answer_pull(struct sim_call *call, const struct pull *pull)
{
	Machine__ImageServicePullResponse reply = MACHINE__IMAGE_SERVICE_PULL_RESPONSE__INIT;
	Machine__ImagePullResponse old = MACHINE__IMAGE_PULL_RESPONSE__INIT;
	Machine__ImagePull one = MACHINE__IMAGE_PULL__INIT;
	Machine__ImagePull *messages[] = { &one };
	struct sim_node *node = call->node;

	images_add(&node->images, pull->store, pull->ref);
	node->unsaved = true;
	if (pull->old) {
		old.messages = messages;
		old.n_messages = 1;
		call_answer(call, &old.base);
		return;
	}
	reply.response_case = MACHINE__IMAGE_SERVICE_PULL_RESPONSE__RESPONSE_NAME;
	reply.name = (char *)image_pinned(call_arena(call), pull->ref);
	call_answer(call, &reply.base);
}

static void pull_settle(struct sim_call *call)
{
	struct pull *pull = call->data;
	struct sim_node *node = call->node;
	uint64_t step = node->world->pace.pull / ARRAY_LEN(steps);

	for (; pull->told < ARRAY_LEN(steps); pull->told++) {
		uint64_t due = pull->began + (pull->told + 1) * step;

		if (world_wall(node->world) < due) {
			node_wake(node, due);
			return;
		}
		if (!pull->old)
			tell_layer(call, pull->ref, &steps[pull->told]);
	}
	answer_pull(call, pull);
}

static void pull_again(struct sim_call *call, const struct pull *pull)
{
	static const struct step there = {
		MACHINE__IMAGE_SERVICE_PULL_LAYER_PROGRESS__STATUS__ALREADY_EXISTS, 0
	};

	if (!pull->old)
		tell_layer(call, pull->ref, &there);
	answer_pull(call, pull);
}

static void begin_pull(struct sim_call *call, const struct pull *wanted)
{
	struct pull *pull = arena_dup(call_arena(call), wanted, sizeof(*wanted));
	struct sim_node *node = call->node;

	if (!has_containerd(call, pull->store))
		return;
	if (!image_is_valid(pull->ref)) {
		call_fail(call, RPC_INVALID_ARGUMENT, "invalid image reference \"%s\"", pull->ref);
		return;
	}
	if (boot_meets(node, UPGRADE_NO_IMAGE)) {
		call_fail(call, RPC_NOT_FOUND, "error pulling image: 1 error(s) occurred:\n\t%s",
			  image_absent(call_arena(call), pull->ref));
		return;
	}
	if (images_has(&node->images, pull->store, pull->ref)) {
		pull_again(call, pull);
		return;
	}
	pull->began = world_wall(node->world);
	call->data = pull;
	call->on_settle = pull_settle;
	pull_settle(call);
}

void call_image_pull(struct sim_call *call, const void *message)
{
	const Machine__ImageServicePullRequest *request = message;
	struct pull pull = { .ref = request->image_ref };

	if (call_store(call, request->containerd, &pull.store))
		begin_pull(call, &pull);
}

void call_image_pull_old(struct sim_call *call, const void *message)
{
	const Machine__ImagePullRequest *request = message;
	struct pull pull = { .ref = request->reference, .old = true };

	if (store_of(true, request->namespace_, &pull.store))
		begin_pull(call, &pull);
	else
		call_fail(call, RPC_INVALID_ARGUMENT, "unsupported containerd namespace");
}

void call_image_remove(struct sim_call *call, const void *message)
{
	const Machine__ImageServiceRemoveRequest *request = message;
	Google__Protobuf__Empty nothing = GOOGLE__PROTOBUF__EMPTY__INIT;
	enum sim_store store;

	if (!call_store(call, request->containerd, &store))
		return;
	if (!images_remove(&call->node->images, store, request->image_ref)) {
		call_fail(call, RPC_NOT_FOUND, "image \"%s\": not found", request->image_ref);
		return;
	}
	call->node->unsaved = true;
	call_answer(call, &nothing.base);
}
