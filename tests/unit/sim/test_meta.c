#include "stage.h"

#include "base/fs.h"
#include "base/text.h"
#include "cosi.pb-c.h"
#include "tree/json.h"
#include "tree/value.h"

#include <criterion/criterion.h>
#include <string.h>

#define RECORDED TEST_DATA_DIR "/recordings/running/69-State.List-ResourceDefinition.json"
#define DEFINITIONS "ResourceDefinitions.meta.cosi.dev"

static struct reply *list(struct stage *stage, const struct identity *identity, const char *ns,
			  const char *type)
{
	Cosi__Resource__ListRequest request = COSI__RESOURCE__LIST_REQUEST__INIT;
	struct stage_call call = { .address = CP1,
				   .identity = identity,
				   .method = "cosi.resource.State/List",
				   .streaming = true };
	uint8_t *data;

	request.namespace_ = (char *)ns;
	request.type = (char *)type;
	call.len = cosi__resource__list_request__get_packed_size(&request);
	call.message = data = arena_alloc(stage->arena, call.len + 1);
	cosi__resource__list_request__pack(&request, data);
	return stage_run(stage, &call);
}

static const struct value *recorded(struct arena *arena)
{
	const struct value *tree;
	struct err err = ERR_INIT;
	size_t len;
	char *text;

	cr_assert_eq(fs_read(arena, RECORDED, FS_FILE_MAX, &text, &len, &err), 0, "%s", err.text);
	cr_assert_eq(json_read(arena, RECORDED, text, len, &tree, &err), 0, "%s", err.text);
	return value_get(tree, "responses");
}

/* The owner, the version and the spec in both forms; times are their own. */
static void compare(struct stage *stage, const struct value *response, const void *data, size_t len)
{
	Cosi__Resource__ListResponse *ours =
		cosi__resource__list_response__unpack(NULL, len, data);
	const struct value *resource = value_get(value_get(response, "json"), "resource");
	const struct value *metadata = value_get(resource, "metadata");
	const struct value *spec = value_get(resource, "spec");
	const char *id = value_get_text(metadata, "id");
	size_t real_len;
	void *real = base64_decode(stage->arena, value_get_text(spec, "protoSpec"), &real_len);

	cr_assert(ours && real);
	cr_assert_str_eq(ours->resource->metadata->id, id);
	cr_assert_str_eq(ours->resource->metadata->namespace_, "meta");
	cr_assert_str_eq(ours->resource->metadata->owner, value_get_text(metadata, "owner"));
	cr_assert_str_eq(ours->resource->metadata->version, "1");
	cr_assert_str_eq(ours->resource->spec->yaml_spec, value_get_text(spec, "yamlSpec"), "%s",
			 id);
	cr_assert_eq(ours->resource->spec->proto_spec.len, real_len, "%s", id);
	cr_assert_eq(memcmp(ours->resource->spec->proto_spec.data, real, real_len), 0, "%s", id);
	cosi__resource__list_response__free_unpacked(ours, NULL);
}

Test(meta, every_definition_is_as_a_real_node_tells_it)
{
	struct stage stage;

	stage_init(&stage, 1, 0);

	const struct value *responses = recorded(stage.arena);
	const struct reply *reply = list(&stage, NULL, "meta", DEFINITIONS);

	cr_assert_not(err_is_set(&reply->err), "%s", reply->err.text);
	cr_assert_eq(reply->messages, value_len(responses), "%zu", reply->messages);
	for (size_t i = 0; i < reply->messages; i++)
		compare(&stage, value_at(responses, i), reply->message[i], reply->len[i]);
	stage_done(&stage);
}

Test(meta, a_newer_release_has_more)
{
	struct stage stage;

	stage_init(&stage, 1, 0);
	size_t before = list(&stage, NULL, "meta", DEFINITIONS)->messages;

	world_free(stage.world);
	stage.options.talos = "v1.14.0";
	cr_assert_eq(world_new(&stage.options, &stage.world, NULL), 0);
	cr_assert_gt(list(&stage, NULL, "meta", DEFINITIONS)->messages, before);
	const char *const type = "LVMRefreshRequests.storage.talos.dev";
	cr_assert_eq(list(&stage, NULL, "storage", type)->err.kind,
		     ERR_NONE);
	stage_done(&stage);
}

Test(meta, namespaces_and_types_of_releases)
{
	static const struct {
		const char *name, *ns, *type;
		size_t messages;
		enum err_kind kind;
	} rows[] = {
		{ "namespaces", "meta", "Namespaces.meta.cosi.dev", 17, ERR_NONE },
		{ "elsewhere", "runtime", DEFINITIONS, 0, ERR_NONE },
		{ "not there", "meta", "Versions.runtime.talos.dev", 0, ERR_NONE },
		{ "a type of later", "storage", "LVMRefreshRequests.storage.talos.dev", 0,
		  ERR_AUTH },
		{ "a namespace of later", "storage", DEFINITIONS, 0, ERR_AUTH },
	};
	struct stage stage;

	stage_init(&stage, 1, 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct reply *reply = list(&stage, NULL, rows[i].ns, rows[i].type);

		cr_assert_eq(reply->messages, rows[i].messages, "%s: %zu", rows[i].name,
			     reply->messages);
		cr_assert_eq(reply->err.kind, rows[i].kind, "%s: %s", rows[i].name,
			     reply->err.text);
	}
	stage_done(&stage);
}
