#include "recording.h"

#include "base/fs.h"
#include "base/own.h"
#include "base/text.h"
#include "tree/json.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define ROOT TEST_DATA_DIR "/recordings"

static const char *const situations[] = { "bootstrap", "configured", "maintenance",
					  "metal", "reset-container", "running" };

static const struct talos_method *const methods[] = {
	&talos_version, &talos_apply, &talos_bootstrap, &talos_kubeconfig, &talos_services,
	&talos_events, &talos_read, &talos_etcd_members, &talos_etcd_status, &talos_get,
	&talos_list, &talos_watch
};

static const struct talos_resource_type *const types[] = {
	&resource_machine_status, &resource_machine_type, &resource_machine_config, &resource_disk,
	&resource_system_disk, &resource_link, &resource_node_address, &resource_hostname,
	&resource_service, &resource_etcd_member, &resource_nodename, &resource_node_status,
	&resource_static_pod_status, &resource_extension
};

static void read_one(const char *situation, const char *name, recording_fn *each, void *context)
{
	struct arena *arena OWNED(arena_free) = arena_new("recording");
	struct recording recording = { .arena = arena };
	struct err err = ERR_INIT;
	char *text;
	size_t len;

	recording.file = arena_printf(arena, "%s/%s", situation, name);
	const char *path = arena_printf(arena, ROOT "/%s", recording.file);
	cr_assert_eq(fs_read(arena, path, FS_FILE_MAX, &text, &len, &err), 0, "%s", err.text);
	cr_assert_eq(json_read(arena, path, text, len, &recording.tree, &err), 0, "%s: %s", path,
		     err.text);
	recording.method = value_get_text(recording.tree, "method");
	each(&recording, context);
}

void recording_each(recording_fn *each, void *context)
{
	for (size_t i = 0; i < ARRAY_LEN(situations); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("names");
		const char *folder = arena_printf(arena, ROOT "/%s", situations[i]);
		struct fs_names names = { 0 };
		struct err err = ERR_INIT;

		cr_assert_eq(fs_list(arena, folder, ".json", &names, &err), 0, "%s", err.text);
		cr_assert_gt(names.len, 0, "%s", folder);
		for (size_t k = 0; k < names.len; k++)
			read_one(situations[i], names.at[k], each, context);
	}
}

bool recording_bytes(const struct recording *recording, const struct value *message,
		     struct talos_bytes *out)
{
	const char *text = value_get_text(message, "b64");

	*out = (struct talos_bytes){ "", 0 };
	if (value_has(message, "head_b64"))
		return false;
	if (text)
		out->data = base64_decode(recording->arena, text, &out->len);
	cr_assert_not_null(out->data, "%s", recording->file);
	return true;
}

const struct talos_method *recording_method(const struct recording *recording)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		if (text_equal(methods[i]->path, recording->method))
			return methods[i];
	}
	return NULL;
}

const struct talos_resource_type *recording_type(const struct recording *recording,
						 const char *type, const char *ns)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (text_equal(types[i]->type, type) && text_equal(types[i]->ns, ns))
			return types[i];
	}

	struct talos_resource_type *other = arena_alloc(recording->arena, sizeof(*other));
	other->type = arena_str(recording->arena, type);
	other->ns = arena_str(recording->arena, ns ? ns : "");
	other->what = "something else";
	return other;
}

const struct value *json_at(const struct value *value, const char *path)
{
	char name[64];
	int used;

	while (value && sscanf(path, "%63[^.]%n", name, &used) == 1) {
		uint64_t index;

		if (value_is_list(value))
			value = text_u64(name, &index) ? value_at(value, index) : NULL;
		else
			value = value_get(value, name);
		path += used;
		path += *path == '.';
	}
	return value;
}

const char *json_text(const struct value *value, const char *path)
{
	const char *text = value_text(json_at(value, path));

	return text ? text : "";
}

bool json_bool(const struct value *value, const char *path)
{
	return value_bool(json_at(value, path), false);
}

uint64_t json_u64(const struct value *value, const char *path)
{
	uint64_t number = 0;

	text_u64(json_text(value, path), &number);
	return number;
}
