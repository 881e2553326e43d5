#include "resources.pb-c.h"
#include "talos/proto.h"
#include "talos/resource.h"
#include "talos/stage.h"

static int machine_status_unpack(struct arena *arena, const void *data, size_t len,
				 const void **out, struct err *err)
{
	const Resource__MachineStatusSpec *spec =
		proto_unpack(arena, &resource__machine_status_spec__descriptor, data, len, err);
	struct talos_machine_status *status = arena_alloc(arena, sizeof(*status));

	if (!spec)
		return -1;
	size_t count = spec->status ? spec->status->n_unmet_conditions : 0;
	const char **unmet = arena_calloc(arena, count + 1, sizeof(*unmet));
	const char **reason = arena_calloc(arena, count + 1, sizeof(*reason));
	for (size_t i = 0; i < count; i++) {
		unmet[i] = spec->status->unmet_conditions[i]->name;
		reason[i] = spec->status->unmet_conditions[i]->reason;
	}
	*status = (struct talos_machine_status){
		.stage = stage_read((int)spec->stage),
		.ready = spec->status && spec->status->ready,
		.unmet = unmet,
		.reason = reason,
	};
	*out = status;
	return 0;
}

const struct talos_resource_type resource_machine_status = {
	.type = "MachineStatuses.runtime.talos.dev",
	.ns = "runtime",
	.singleton = "machine",
	.what = "the machine status",
	.unpack = machine_status_unpack,
};

#define SAME(type)                                                                      \
	_Static_assert((int)RESOURCE__MACHINE_TYPE__TYPE_##type == (int)MACHINE_##type, \
		       "a number of the wire")
SAME(UNKNOWN);
SAME(INIT);
SAME(CONTROL_PLANE);
SAME(WORKER);

static int machine_type_unpack(struct arena *arena, const void *data, size_t len, const void **out,
			       struct err *err)
{
	const Resource__MachineTypeSpec *spec =
		proto_unpack(arena, &resource__machine_type_spec__descriptor, data, len, err);
	struct talos_machine_type *type = arena_alloc(arena, sizeof(*type));

	if (!spec)
		return -1;
	int number = (int)spec->machine_type;
	bool known = number > MACHINE_UNKNOWN && number <= MACHINE_WORKER;
	type->type = known ? (enum talos_machine)number : MACHINE_UNKNOWN;
	*out = type;
	return 0;
}

const struct talos_resource_type resource_machine_type = {
	.type = "MachineTypes.config.talos.dev",
	.ns = "config",
	.singleton = "machine-type",
	.what = "the machine type",
	.unpack = machine_type_unpack,
};

static int machine_config_unpack(struct arena *arena, const void *data, size_t len,
				 const void **out, struct err *err)
{
	const Resource__MachineConfigSpec *spec =
		proto_unpack(arena, &resource__machine_config_spec__descriptor, data, len, err);
	struct talos_machine_config *config = arena_alloc(arena, sizeof(*config));

	if (!spec)
		return -1;
	const ProtobufCBinaryData *text = &spec->yaml_marshalled;
	config->text = text->len ? arena_strn(arena, (const char *)text->data, text->len) : "";
	config->len = text->len;
	*out = config;
	return 0;
}

const struct talos_resource_type resource_machine_config = {
	.type = "MachineConfigs.config.talos.dev",
	.ns = "config",
	.what = "the machine config",
	.unpack = machine_config_unpack,
};

static int extension_unpack(struct arena *arena, const void *data, size_t len, const void **out,
			    struct err *err)
{
	const Resource__ExtensionStatusSpec *spec =
		proto_unpack(arena, &resource__extension_status_spec__descriptor, data, len, err);
	struct talos_extension *extension = arena_alloc(arena, sizeof(*extension));

	if (!spec)
		return -1;
	extension->name = spec->metadata ? spec->metadata->name : "";
	extension->version = spec->metadata ? spec->metadata->version : "";
	*out = extension;
	return 0;
}

const struct talos_resource_type resource_extension = {
	.type = "ExtensionStatuses.runtime.talos.dev",
	.ns = "runtime",
	.what = "the extensions",
	.unpack = extension_unpack,
};

static int diagnostic_unpack(struct arena *arena, const void *data, size_t len, const void **out,
			     struct err *err)
{
	const Resource__DiagnosticSpec *spec =
		proto_unpack(arena, &resource__diagnostic_spec__descriptor, data, len, err);
	struct talos_diagnostic *diagnostic = arena_alloc(arena, sizeof(*diagnostic));

	if (!spec)
		return -1;
	diagnostic->message = spec->message;
	*out = diagnostic;
	return 0;
}

const struct talos_resource_type resource_diagnostic = {
	.type = "Diagnostics.runtime.talos.dev",
	.ns = "runtime",
	.what = "the diagnostics",
	.unpack = diagnostic_unpack,
};
