#include "base/clock.h"
#include "base/gzip.h"
#include "common.pb-c.h"
#include "machine.pb-c.h"
#include "talos/proto.h"
#include "talos/talos.h"

#define KUBECONFIG_MAX ((size_t)1 << 20) /* bytes, unpacked */

static int version_unpack(struct arena *arena, const struct talos_message *message,
			  const void **out, struct err *err)
{
	const Machine__Version *version =
		proto_unpack_only(arena, &machine__version_response__descriptor, message->data,
				  message->len, err);
	struct talos_version *reply = arena_alloc(arena, sizeof(*reply));

	if (!version)
		return -1;
	*reply = (struct talos_version){
		.tag = version->version ? version->version->tag : "",
		.arch = version->version ? version->version->arch : "",
		.platform = version->platform ? version->platform->name : "",
		.mode = version->platform ? version->platform->mode : "",
		.rbac = version->features && version->features->rbac,
	};
	*out = reply;
	return 0;
}

const struct talos_method talos_version = {
	.name = "Version",
	.path = "/machine.MachineService/Version",
	.phrase = "read the version",
	.timeout = 10 * SECOND,
	.unpack = version_unpack,
};

static const Machine__ApplyConfigurationRequest__Mode modes[] = {
	[APPLY_REBOOT] = MACHINE__APPLY_CONFIGURATION_REQUEST__MODE__REBOOT,
	[APPLY_AUTO] = MACHINE__APPLY_CONFIGURATION_REQUEST__MODE__AUTO,
	[APPLY_NO_REBOOT] = MACHINE__APPLY_CONFIGURATION_REQUEST__MODE__NO_REBOOT,
	[APPLY_STAGED] = MACHINE__APPLY_CONFIGURATION_REQUEST__MODE__STAGED,
	[APPLY_TRY] = MACHINE__APPLY_CONFIGURATION_REQUEST__MODE__TRY,
};
_Static_assert(ARRAY_LEN(modes) == APPLY_UNKNOWN, "a row for each mode");

static enum talos_apply_mode mode_read(Machine__ApplyConfigurationRequest__Mode mode)
{
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		if (modes[i] == mode)
			return (enum talos_apply_mode)i;
	}
	return APPLY_UNKNOWN;
}

static void apply_pack(const void *request, struct str *out)
{
	const struct talos_apply_request *apply = request;
	Machine__ApplyConfigurationRequest message = MACHINE__APPLY_CONFIGURATION_REQUEST__INIT;
	Google__Protobuf__Duration trial = GOOGLE__PROTOBUF__DURATION__INIT;

	if (apply->trial) {
		trial.seconds = (int64_t)(apply->trial / SECOND);
		trial.nanos = (int32_t)(apply->trial % SECOND);
		message.try_mode_timeout = &trial;
	}
	message.data.data = (uint8_t *)proto_text(apply->config);
	message.data.len = apply->len;
	message.mode = modes[apply->mode];
	message.dry_run = apply->dry_run;
	proto_pack(&message.base, out);
}

static int apply_unpack(struct arena *arena, const struct talos_message *message, const void **out,
			struct err *err)
{
	const Machine__ApplyConfiguration *applied =
		proto_unpack_only(arena, &machine__apply_configuration_response__descriptor,
				  message->data, message->len, err);
	struct talos_applied *reply = arena_alloc(arena, sizeof(*reply));

	if (!applied)
		return -1;
	reply->mode = mode_read(applied->mode);
	reply->warnings = proto_texts(arena, applied->warnings, applied->n_warnings);
	*out = reply;
	return 0;
}

const struct talos_method talos_apply = {
	.name = "ApplyConfiguration",
	.path = "/machine.MachineService/ApplyConfiguration",
	.phrase = "apply the machine config",
	.timeout = MINUTE,
	.pack = apply_pack,
	.unpack = apply_unpack,
};

static int bootstrap_unpack(struct arena *arena, const struct talos_message *message,
			    const void **out, struct err *err)
{
	if (!proto_unpack_only(arena, &machine__bootstrap_response__descriptor, message->data,
			       message->len, err))
		return -1;
	*out = NULL;
	return 0;
}

const struct talos_method talos_bootstrap = {
	.name = "Bootstrap",
	.path = "/machine.MachineService/Bootstrap",
	.phrase = "bootstrap etcd",
	.timeout = 10 * SECOND,
	.unpack = bootstrap_unpack,
};

/* The archive is gzip'd and holds one file. */
static int kubeconfig_open(struct arena *arena, const ProtobufCBinaryData *archive,
			   struct talos_kubeconfig *out, struct err *err)
{
	struct str tar SCOPED(str_done) = STR_INIT(KUBECONFIG_MAX);
	const void *file;
	size_t len;

	if (gzip_unpack(archive->data, archive->len, &tar, err) < 0)
		return -1;
	if (tar_find(str_text(&tar), tar.len, "kubeconfig", &file, &len, err) < 0) {
		/* Not that the cluster has none: this answer is wrong. */
		if (err && err->kind == ERR_NOT_FOUND)
			err->kind = ERR_REMOTE;
		return -1;
	}
	out->text = arena_strn(arena, file, len);
	out->len = len;
	return 0;
}

static int kubeconfig_unpack(struct arena *arena, const struct talos_message *message,
			     const void **out, struct err *err)
{
	const Common__Data *data = proto_unpack_part(arena, &common__data__descriptor,
						     message->data, message->len, err);
	struct talos_kubeconfig *reply = arena_alloc(arena, sizeof(*reply));

	if (!data)
		return -1;
	if (kubeconfig_open(arena, &data->bytes, reply, err) < 0)
		return err_wrap(err, "open the archive it comes in");
	*out = reply;
	return 0;
}

/* A stream by its definition, which has always been one message. */
const struct talos_method talos_kubeconfig = {
	.name = "Kubeconfig",
	.path = "/machine.MachineService/Kubeconfig",
	.phrase = "read the kubeconfig",
	.timeout = 20 * SECOND,
	.unpack = kubeconfig_unpack,
};

static int services_unpack(struct arena *arena, const struct talos_message *message,
			   const void **out, struct err *err)
{
	const Machine__ServiceList *list =
		proto_unpack_only(arena, &machine__service_list_response__descriptor, message->data,
				  message->len, err);
	struct talos_services *reply = arena_alloc(arena, sizeof(*reply));

	if (!list)
		return -1;
	reply->at = arena_calloc(arena, list->n_services, sizeof(*reply->at));
	reply->len = list->n_services;
	for (size_t i = 0; i < reply->len; i++) {
		const Machine__ServiceInfo *info = list->services[i];
		const Machine__ServiceHealth *health = info->health;

		reply->at[i] = (struct talos_service){
			.id = info->id,
			.state = info->state,
			.healthy = health && health->healthy,
			.health_known = health && !health->unknown,
			.message = health ? health->last_message : "",
		};
	}
	*out = reply;
	return 0;
}

const struct talos_method talos_services = {
	.name = "ServiceList",
	.path = "/machine.MachineService/ServiceList",
	.phrase = "list the services",
	.timeout = 10 * SECOND,
	.unpack = services_unpack,
};

static void read_pack(const void *request, struct str *out)
{
	const struct talos_read_request *read = request;
	Machine__ReadRequest message = MACHINE__READ_REQUEST__INIT;

	message.path = proto_text(read->path);
	proto_pack(&message.base, out);
}

const struct talos_method talos_read = {
	.name = "Read",
	.path = "/machine.MachineService/Read",
	.phrase = "read a file",
	.timeout = 10 * SECOND,
	.streaming = true,
	.pack = read_pack,
	.unpack = proto_unpack_bytes,
};
