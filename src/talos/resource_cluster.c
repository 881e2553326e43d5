#include "resources.pb-c.h"
#include "talos/proto.h"
#include "talos/resource.h"
#include "talos/struct_read.h"

static int service_unpack(struct arena *arena, const void *data, size_t len, const void **out,
			  struct err *err)
{
	const Resource__ServiceSpec *spec =
		proto_unpack(arena, &resource__service_spec__descriptor, data, len, err);
	struct talos_service_state *service = arena_alloc(arena, sizeof(*service));

	if (!spec)
		return -1;
	service->running = spec->running;
	service->healthy = spec->healthy;
	service->unknown = spec->unknown;
	*out = service;
	return 0;
}

const struct talos_resource_type resource_service = {
	.type = "Services.v1alpha1.talos.dev",
	.ns = "runtime",
	.what = "the services",
	.unpack = service_unpack,
};

static int etcd_member_unpack(struct arena *arena, const void *data, size_t len, const void **out,
			      struct err *err)
{
	const Resource__EtcdMemberSpec *spec =
		proto_unpack(arena, &resource__etcd_member_spec__descriptor, data, len, err);
	struct talos_etcd_self *self = arena_alloc(arena, sizeof(*self));

	if (!spec)
		return -1;
	self->member_id = spec->member_id;
	*out = self;
	return 0;
}

const struct talos_resource_type resource_etcd_member = {
	.type = "EtcdMembers.etcd.talos.dev",
	.ns = "etcd",
	.singleton = "local",
	.what = "the own member of etcd",
	.unpack = etcd_member_unpack,
};

static int nodename_unpack(struct arena *arena, const void *data, size_t len, const void **out,
			   struct err *err)
{
	const Resource__NodenameSpec *spec =
		proto_unpack(arena, &resource__nodename_spec__descriptor, data, len, err);
	struct talos_nodename *nodename = arena_alloc(arena, sizeof(*nodename));

	if (!spec)
		return -1;
	nodename->nodename = spec->nodename;
	*out = nodename;
	return 0;
}

const struct talos_resource_type resource_nodename = {
	.type = "Nodenames.kubernetes.talos.dev",
	.ns = "k8s",
	.singleton = "nodename",
	.what = "the name of the node",
	.unpack = nodename_unpack,
};

static int node_status_unpack(struct arena *arena, const void *data, size_t len, const void **out,
			      struct err *err)
{
	const Resource__NodeStatusSpec *spec =
		proto_unpack(arena, &resource__node_status_spec__descriptor, data, len, err);
	struct talos_node_status *status = arena_alloc(arena, sizeof(*status));

	if (!spec)
		return -1;
	status->nodename = spec->nodename;
	status->ready = spec->node_ready;
	status->unschedulable = spec->unschedulable;
	*out = status;
	return 0;
}

const struct talos_resource_type resource_node_status = {
	.type = "NodeStatuses.kubernetes.talos.dev",
	.ns = "k8s",
	.what = "the node status",
	.unpack = node_status_unpack,
};

const struct talos_resource_type resource_static_pod_status = {
	.type = "StaticPodStatuses.kubernetes.talos.dev",
	.ns = "k8s",
	.what = "the static pods",
};

static int manifest_unpack(struct arena *arena, const void *data, size_t len, const void **out,
			   struct err *err)
{
	const Resource__ManifestSpec *spec =
		proto_unpack(arena, &resource__manifest_spec__descriptor, data, len, err);
	struct talos_manifest *manifest = arena_alloc(arena, sizeof(*manifest));
	const struct value **objects;

	if (!spec)
		return -1;
	objects = arena_calloc(arena, spec->n_items + 1, sizeof(*objects));
	for (size_t i = 0; i < spec->n_items; i++) {
		const ProtobufCBinaryData *object = &spec->items[i]->object;

		if (struct_read(arena, object->data, object->len, &objects[i], err) < 0)
			return -1;
	}
	manifest->object = objects;
	manifest->len = spec->n_items;
	*out = manifest;
	return 0;
}

const struct talos_resource_type resource_manifest = {
	.type = "Manifests.kubernetes.talos.dev",
	.ns = "controlplane",
	.what = "the bootstrap manifests",
	.unpack = manifest_unpack,
};
