#include "render/slots.h"

#include "base/own.h"
#include "tree/yaml.h"

#include <criterion/criterion.h>
#include <string.h>

enum row_index {
	ROW_FIRST,
	ROW_OLD, /* "changed" until 1.13 */
	ROW_NEW, /* and since 1.14 */
	ROW_LATE,
	ROW_LAST
};

static const struct schema_field fields[] = {
	[ROW_FIRST] = { .name = "first", .type = TYPE_TEXT },
	[ROW_OLD] = { .name = "changed", .type = TYPE_TEXT, .gone = RELEASE_1_14 },
	[ROW_NEW] = { .name = "changed", .type = TYPE_BOOL, .since = RELEASE_1_14 },
	[ROW_LATE] = { .name = "late", .type = TYPE_TEXT, .since = RELEASE_1_14 },
	[ROW_LAST] = { .name = "last", .type = TYPE_TEXT },
	{ .name = NULL },
};
#define ROWS (ARRAY_LEN(fields) - 1)

struct row {
	const char *text;
	enum release release;
	const char *expected; /* the values of the rows, "-" where there is none */
	size_t known, current;
};

static const struct row rows[] = {
	{ "{}", RELEASE_1_13, "- - - - -", 0, 0 },
	{ "{first: a, changed: b, last: c}", RELEASE_1_13, "a b b - c", 3, 3 },
	{ "{last: c, first: a}", RELEASE_1_13, "a - - - c", 2, 2 },
	{ "{last: c, changed: b, first: a}", RELEASE_1_14, "a b b - c", 3, 3 },
	{ "{late: x}", RELEASE_1_13, "- - - x -", 1, 0 },
	{ "{late: x}", RELEASE_1_14, "- - - x -", 1, 1 },
	{ "{other: x, last: c, l: y, firs: z, '': q}", RELEASE_1_13, "- - - - c", 1, 1 },
};

static const struct value *read_map(struct arena *arena, const char *text)
{
	const struct yaml_input input = { .file = "x", .text = text, .len = strlen(text) };
	struct yaml_documents documents;

	cr_assert_eq(yaml_read(arena, &input, &documents, NULL), 0);
	return documents.at[0];
}

Test(slots, finds_fields_in_any_order)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const struct value *map = read_map(arena, rows[i].text);
		char *found = arena_printf(arena, "%s", "");
		struct slots slots;

		slots_find(&slots, fields, map, rows[i].release);
		for (size_t row = 0; row < ROWS; row++) {
			const char *text = value_text(slots_value(&slots, row));
			const struct src src = slots_key_src(&slots, row);

			found = arena_printf(arena, "%s%s%s", found, row ? " " : "",
					     text ? text : "-");
			cr_assert_eq(src.column, value_key_src(map, fields[row].name).column);
		}
		cr_assert_str_eq(found, rows[i].expected, "%s", rows[i].text);
		cr_assert_eq(slots.known, rows[i].known, "%s", rows[i].text);
		cr_assert_eq(slots.current, rows[i].current, "%s", rows[i].text);
	}
}

Test(slots, of_no_map_are_empty)
{
	struct slots slots;

	slots_find(&slots, fields, NULL, RELEASE_1_13);
	cr_assert_eq(slots.known, 0);
	for (size_t row = 0; row < ROWS; row++)
		cr_assert_null(slots_value(&slots, row));
}
