#include "base/clock.h"
#include "common.pb-c.h"
#include "lifecycle.pb-c.h"
#include "talos/proto.h"
#include "talos/talos.h"

static const struct store {
	Common__ContainerDriver driver;
	Common__ContainerdNamespace ns;
} stores[] = {
	[STORE_SYSTEM] = { COMMON__CONTAINER_DRIVER__CRI, COMMON__CONTAINERD_NAMESPACE__NS_SYSTEM },
	[STORE_CRI] = { COMMON__CONTAINER_DRIVER__CRI, COMMON__CONTAINERD_NAMESPACE__NS_CRI },
	[STORE_MEMORY] = { COMMON__CONTAINER_DRIVER__CONTAINERD,
			   COMMON__CONTAINERD_NAMESPACE__NS_SYSTEM },
};

static Common__ContainerdInstance instance_of(enum talos_store store)
{
	Common__ContainerdInstance instance = COMMON__CONTAINERD_INSTANCE__INIT;

	instance.driver = stores[store].driver;
	instance.namespace_ = stores[store].ns;
	return instance;
}

/* ---- pulling --------------------------------------------------------------------------------- */

static void pull_pack(const void *request, struct str *out)
{
	const struct talos_image_request *pull = request;
	Machine__ImageServicePullRequest message = MACHINE__IMAGE_SERVICE_PULL_REQUEST__INIT;
	Common__ContainerdInstance instance = instance_of(pull->store);

	message.containerd = &instance;
	message.image_ref = proto_text(pull->image);
	proto_pack(&message.base, out);
}

static const Machine__ImageServicePullLayerProgress__Status layer_states[] = {
	[LAYER_DOWNLOADING] = MACHINE__IMAGE_SERVICE_PULL_LAYER_PROGRESS__STATUS__DOWNLOADING,
	[LAYER_DOWNLOADED] = MACHINE__IMAGE_SERVICE_PULL_LAYER_PROGRESS__STATUS__DOWNLOAD_COMPLETE,
	[LAYER_EXTRACTING] = MACHINE__IMAGE_SERVICE_PULL_LAYER_PROGRESS__STATUS__EXTRACTING,
	[LAYER_DONE] = MACHINE__IMAGE_SERVICE_PULL_LAYER_PROGRESS__STATUS__EXTRACT_COMPLETE,
	[LAYER_THERE] = MACHINE__IMAGE_SERVICE_PULL_LAYER_PROGRESS__STATUS__ALREADY_EXISTS,
};
_Static_assert(ARRAY_LEN(layer_states) == LAYER_UNKNOWN, "a row for each state");

static enum talos_layer_state layer_read(Machine__ImageServicePullLayerProgress__Status status)
{
	for (size_t i = 0; i < ARRAY_LEN(layer_states); i++) {
		if (layer_states[i] == status)
			return (enum talos_layer_state)i;
	}
	return LAYER_UNKNOWN;
}

static uint64_t bytes_read(int64_t count)
{
	return count > 0 ? (uint64_t)count : 0;
}

static void layer_fill(const Machine__ImageServicePullProgress *progress, struct talos_pull *pull)
{
	const Machine__ImageServicePullLayerProgress *layer = progress->progress;

	pull->layer = progress->layer_id;
	if (!layer)
		return;
	pull->state = layer_read(layer->status);
	pull->offset = bytes_read(layer->offset);
	pull->total = bytes_read(layer->total);
}

static int pull_unpack(struct arena *arena, const struct talos_message *message, const void **out,
		       struct err *err)
{
	const Machine__ImageServicePullResponse *response =
		proto_unpack(arena, &machine__image_service_pull_response__descriptor,
			     message->data, message->len, err);
	struct talos_pull *pull = arena_alloc(arena, sizeof(*pull));

	if (!response)
		return -1;
	*pull = (struct talos_pull){ .layer = "" };
	switch (response->response_case) {
	case MACHINE__IMAGE_SERVICE_PULL_RESPONSE__RESPONSE_NAME:
		pull->name = response->name;
		pull->state = LAYER_DONE;
		break;
	case MACHINE__IMAGE_SERVICE_PULL_RESPONSE__RESPONSE_PULL_PROGRESS:
		layer_fill(response->pull_progress, pull);
		break;
	default: /* what a newer node invented */
		return 1;
	}
	*out = pull;
	return 0;
}

const struct talos_method talos_image_pull = {
	.name = "Pull",
	.path = "/machine.ImageService/Pull",
	.phrase = "pull the image",
	.timeout = 30 * MINUTE,
	.streaming = true,
	.pack = pull_pack,
	.unpack = pull_unpack,
};

static void pull_old_pack(const void *request, struct str *out)
{
	const struct talos_image_request *pull = request;
	Machine__ImagePullRequest message = MACHINE__IMAGE_PULL_REQUEST__INIT;

	message.namespace_ = stores[pull->store].ns;
	message.reference = proto_text(pull->image);
	proto_pack(&message.base, out);
}

static int pull_old_unpack(struct arena *arena, const struct talos_message *message,
			   const void **out, struct err *err)
{
	if (!proto_unpack_only(arena, &machine__image_pull_response__descriptor, message->data,
			       message->len, err))
		return -1;
	*out = NULL;
	return 0;
}

const struct talos_method talos_image_pull_old = {
	.name = "ImagePull",
	.path = "/machine.MachineService/ImagePull",
	.phrase = "pull the image",
	.timeout = 30 * MINUTE,
	.pack = pull_old_pack,
	.unpack = pull_old_unpack,
};

/* ---- listing --------------------------------------------------------------------------------- */

static void list_pack(const void *request, struct str *out)
{
	const struct talos_image_request *list = request;
	Machine__ImageServiceListRequest message = MACHINE__IMAGE_SERVICE_LIST_REQUEST__INIT;
	Common__ContainerdInstance instance = instance_of(list->store);

	message.containerd = &instance;
	proto_pack(&message.base, out);
}

static int list_unpack(struct arena *arena, const struct talos_message *message, const void **out,
		       struct err *err)
{
	const Machine__ImageServiceListResponse *listed =
		proto_unpack(arena, &machine__image_service_list_response__descriptor,
			     message->data, message->len, err);
	struct talos_image *image = arena_alloc(arena, sizeof(*image));

	if (!listed)
		return -1;
	image->name = listed->name;
	image->digest = listed->digest;
	image->size = bytes_read(listed->size);
	*out = image;
	return 0;
}

const struct talos_method talos_image_list = {
	.name = "List",
	.path = "/machine.ImageService/List",
	.phrase = "list the images",
	.timeout = 20 * SECOND,
	.streaming = true,
	.pack = list_pack,
	.unpack = list_unpack,
};

static void list_old_pack(const void *request, struct str *out)
{
	const struct talos_image_request *list = request;
	Machine__ImageListRequest message = MACHINE__IMAGE_LIST_REQUEST__INIT;

	message.namespace_ = stores[list->store].ns;
	proto_pack(&message.base, out);
}

static int list_old_unpack(struct arena *arena, const struct talos_message *message,
			   const void **out, struct err *err)
{
	const Machine__ImageListResponse *listed =
		proto_unpack_part(arena, &machine__image_list_response__descriptor, message->data,
				  message->len, err);
	struct talos_image *image = arena_alloc(arena, sizeof(*image));

	if (!listed)
		return -1;
	image->name = listed->name;
	image->digest = listed->digest;
	image->size = bytes_read(listed->size);
	*out = image;
	return 0;
}

const struct talos_method talos_image_list_old = {
	.name = "ImageList",
	.path = "/machine.MachineService/ImageList",
	.phrase = "list the images",
	.timeout = 20 * SECOND,
	.streaming = true,
	.pack = list_old_pack,
	.unpack = list_old_unpack,
};

/* ---- writing to disk ------------------------------------------------------------------------- */

static int progress_fill(struct arena *arena,
			 const Machine__LifecycleServiceInstallProgress *progress, const void **out)
{
	struct talos_progress *reply = arena_alloc(arena, sizeof(*reply));

	*reply = (struct talos_progress){ .message = "" };
	if (!progress)
		return 1;
	switch (progress->response_case) {
	case MACHINE__LIFECYCLE_SERVICE_INSTALL_PROGRESS__RESPONSE_MESSAGE:
		reply->message = progress->message;
		break;
	case MACHINE__LIFECYCLE_SERVICE_INSTALL_PROGRESS__RESPONSE_EXIT_CODE:
		reply->done = true;
		reply->exit_code = progress->exit_code;
		break;
	default: /* what a newer node invented */
		return 1;
	}
	*out = reply;
	return 0;
}

static void lifecycle_upgrade_pack(const void *request, struct str *out)
{
	const struct talos_lifecycle_request *upgrade = request;
	Machine__LifecycleServiceUpgradeRequest message =
		MACHINE__LIFECYCLE_SERVICE_UPGRADE_REQUEST__INIT;
	Machine__InstallArtifactsSource source = MACHINE__INSTALL_ARTIFACTS_SOURCE__INIT;
	Common__ContainerdInstance instance = instance_of(upgrade->store);

	source.image_name = proto_text(upgrade->image);
	message.containerd = &instance;
	message.source = &source;
	proto_pack(&message.base, out);
}

static int lifecycle_upgrade_unpack(struct arena *arena, const struct talos_message *message,
				    const void **out, struct err *err)
{
	const Machine__LifecycleServiceUpgradeResponse *response =
		proto_unpack(arena, &machine__lifecycle_service_upgrade_response__descriptor,
			     message->data, message->len, err);

	if (!response)
		return -1;
	return progress_fill(arena, response->progress, out);
}

const struct talos_method talos_lifecycle_upgrade = {
	.name = "Upgrade",
	.path = "/machine.LifecycleService/Upgrade",
	.phrase = "write the new image",
	.timeout = 15 * MINUTE,
	.streaming = true,
	.pack = lifecycle_upgrade_pack,
	.unpack = lifecycle_upgrade_unpack,
};

static void lifecycle_install_pack(const void *request, struct str *out)
{
	const struct talos_lifecycle_request *install = request;
	Machine__LifecycleServiceInstallRequest message =
		MACHINE__LIFECYCLE_SERVICE_INSTALL_REQUEST__INIT;
	Machine__InstallArtifactsSource source = MACHINE__INSTALL_ARTIFACTS_SOURCE__INIT;
	Machine__InstallDestination destination = MACHINE__INSTALL_DESTINATION__INIT;
	Common__ContainerdInstance instance = instance_of(install->store);

	source.image_name = proto_text(install->image);
	destination.disk = proto_text(install->disk);
	message.containerd = &instance;
	message.source = &source;
	message.destination = &destination;
	proto_pack(&message.base, out);
}

static int lifecycle_install_unpack(struct arena *arena, const struct talos_message *message,
				    const void **out, struct err *err)
{
	const Machine__LifecycleServiceInstallResponse *response =
		proto_unpack(arena, &machine__lifecycle_service_install_response__descriptor,
			     message->data, message->len, err);

	if (!response)
		return -1;
	return progress_fill(arena, response->progress, out);
}

const struct talos_method talos_lifecycle_install = {
	.name = "Install",
	.path = "/machine.LifecycleService/Install",
	.phrase = "install",
	.timeout = 15 * MINUTE,
	.streaming = true,
	.pack = lifecycle_install_pack,
	.unpack = lifecycle_install_unpack,
};
