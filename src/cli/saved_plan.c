#include "cli/saved_plan.h"

#include "base/fs.h"
#include "base/text.h"
#include "ops/kinds.h"
#include "tree/decode.h"
#include "tree/json.h"

#define KIND "plan"
#define VERSION 1
#define PLAN_MAX ((size_t)32 << 20)

/* For the schema alone: plan_read() reads it, and knows what depends on what. */
static const char *const kinds[] = { KIND, NULL };
static const char *const dangers[] = { "safe", "changes", "destroys", NULL };
static const struct field lane_fields[] = {
	{ "name", FIELD_STR, .required = true, .doc = "What steps call it by." },
	{ "width", FIELD_UINT, .required = true, .min = 1, .max = PLAN_STEPS_MAX,
	  .doc = "How many of its steps may run at a time." },
	{ 0 },
};
static const struct field step_fields[] = {
	{ "id", FIELD_STR, .required = true, .doc = "Its name in the plan." },
	{ "op", FIELD_STR, .required = true, .doc = "What is done." },
	{ "target", FIELD_STR, .required = true,
	  .doc = "The node it is about; empty: the cluster." },
	{ "lane", FIELD_STR, .required = true, .doc = "The lane it runs in; empty: none." },
	{ "after", FIELD_TEXTS, .required = true, .doc = "Ids of the steps it waits for." },
	{ "danger", FIELD_STR, .required = true, .choices = dangers,
	  .doc = "The worst that it can do." },
	{ "args", FIELD_MAP, .required = true, .doc = "What it is told besides." },
	{ 0 },
};
static const struct field plan_fields[] = {
	{ "kind", FIELD_STR, .required = true, .choices = kinds, .doc = "What the file is." },
	{ "version", FIELD_UINT, .required = true, .min = VERSION, .max = VERSION,
	  .doc = "Of this form." },
	{ "operation", FIELD_STR, .required = true, .doc = "The command that it is the plan of." },
	{ "cluster", FIELD_STR, .required = true, .doc = "Name of the cluster." },
	{ "identity", FIELD_STR, .required = true, .doc = "Digest of the cluster's authority." },
	{ "inputs", FIELD_STR, .required = true, .doc = "Digest of the workspace's files." },
	{ "request", FIELD_STR, .doc = "What was asked for, as on the command line." },
	{ "digest", FIELD_STR, .required = true, .doc = "SHA-256 of the plan." },
	{ "goes_on", FIELD_BOOL, .required = true,
	  .doc = "Whether steps that wait for no failed one still run after a failure." },
	{ "lanes", FIELD_STRUCTS, .required = true, .inner = lane_fields,
	  .doc = "What bounds how many steps run at a time." },
	{ "steps", FIELD_STRUCTS, .required = true, .inner = step_fields,
	  .doc = "The steps; each waits for earlier ones alone." },
	{ 0 },
};

const struct value *saved_plan_schema(struct arena *arena)
{
	return file_schema(arena, "a saved plan", plan_fields);
}

int saved_plan_write(const char *file, const struct plan *plan, struct err *err)
{
	static const struct json_style style = { .form = JSON_COMPACT };
	struct arena *arena OWNED(arena_free) = arena_new("saved plan");
	struct str text SCOPED(str_done) = STR_INIT(PLAN_MAX);

	if (!file)
		return 0;

	const struct value *record = plan_record(arena, plan);
	struct map_builder *map = map_begin(arena);
	map_add(map, "kind", value_str(arena, KIND));
	map_add(map, "version", value_of_u64(arena, VERSION));
	for (size_t i = 0; i < value_len(record); i++)
		map_add(map, value_key_at(record, i), value_at(record, i));
	json_write(&text, map_end(map), &style);
	str_add(&text, "\n");
	if (text.full)
		return err_set(err, ERR_INPUT, "the plan is too large to be saved");
	if (fs_write(file, text.at, text.len, 0600, NULL, err) < 0)
		return err_wrap(err, "save the plan");
	return 0;
}

static int read_plan(struct arena *arena, const char *file, plan_hash_fn *hash, struct plan **out,
		     struct err *err)
{
	const struct value *value;
	uint64_t version;
	char *text;
	size_t len;

	if (fs_read(arena, file, PLAN_MAX, &text, &len, err) < 0 ||
	    json_read(arena, file, text, len, &value, err) < 0)
		return -1;
	if (!text_equal(value_get_text(value, "kind"), KIND) ||
	    !value_u64(value_get(value, "version"), &version))
		return err_set(err, ERR_INPUT, "this is no saved plan");
	if (version != VERSION)
		return err_set(err, ERR_INPUT,
			       "a saved plan of version %llu; this program knows %d",
			       (unsigned long long)version, VERSION);

	struct plan *plan OWNED(plan_free) = NULL;
	if (plan_read(value, ops_kinds, ops_kind_count, &plan, err) < 0 ||
	    plan_verify(plan, hash, err) < 0)
		return -1;
	*out = take(plan);
	return 0;
}

int saved_plan_read(struct arena *arena, const char *file, plan_hash_fn *hash, struct plan **out,
		    struct err *err)
{
	if (read_plan(arena, file, hash, out, err) == 0)
		return 0;
	if (err && !err->file[0])
		err_at(err, file, 0, 0);
	return err_wrap(err, "read the saved plan");
}
