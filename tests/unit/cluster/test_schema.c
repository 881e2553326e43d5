#include "cluster/schema.h"

#include "base/arena.h"
#include "base/fs.h"
#include "base/str.h"
#include "tree/json.h"
#include "tree/path.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define SCHEMAS TEST_DATA_DIR "/../../schemas/"

/* With TALFORGE_REWRITE_GOLDEN set it writes the file anew; the review reads the difference. */
static void check_schema(const char *name, const struct value *schema)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct json_style style = { .form = JSON_INDENTED };
	const char *path = fs_join(arena, SCHEMAS, name);
	struct str text SCOPED(str_done) = STR_INIT(1 << 20);
	struct err err = ERR_INIT;
	char *wanted;
	size_t len;

	json_write(&text, schema, &style);
	str_addc(&text, '\n');
	if (getenv("TALFORGE_REWRITE_GOLDEN"))
		cr_assert_eq(fs_write(path, text.at, text.len, 0644, NULL, &err), 0, "%s",
			     err.text);
	cr_assert_eq(fs_read(arena, path, FS_FILE_MAX, &wanted, &len, &err), 0, "%s", err.text);
	cr_assert_str_eq(str_text(&text), wanted, "schemas/%s is not what the tables say", name);
}

Test(schema, the_files_for_editors_are_what_the_tables_say)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	check_schema("cluster.json", cluster_schema(arena));
	check_schema("nodes.json", nodes_schema(arena));
}

Test(schema, every_key_is_described)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct value *cluster = value_get(cluster_schema(arena), "properties");
	struct path path;

	cr_assert_eq(path_parse(arena, "properties.nodes.items", &path, NULL), 0);

	const struct value *node = path_get(nodes_schema(arena), &path);
	const struct value *properties = value_get(node, "properties");

	cr_assert_gt(value_len(cluster), 40);
	for (size_t i = 0; i < value_len(cluster); i++)
		cr_assert_not_null(value_get_text(value_at(cluster, i), "description"), "%s",
				   value_key_at(cluster, i));
	for (size_t i = 0; i < value_len(properties); i++)
		cr_assert_not_null(value_get_text(value_at(properties, i), "description"), "%s",
				   value_key_at(properties, i));
	cr_assert_eq(value_len(value_get(node, "required")), 2);
}
