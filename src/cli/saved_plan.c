#include "cli/saved_plan.h"

#include "base/fs.h"
#include "base/text.h"
#include "ops/kinds.h"
#include "tree/json.h"

#define KIND "plan"
#define VERSION 1
#define PLAN_MAX ((size_t)32 << 20)

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
