#include "cli/table.h"

#include "tree/json.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct column columns[] = {
	{ "name", "NAME" },
	{ "ready", "READY" },
	{ "hosts", "HOSTS" },
	{ NULL, NULL },
};

static void check(const char *json, const char *expected)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str out SCOPED(str_done) = STR_INIT(10000);
	const struct value *rows;
	struct err err = ERR_INIT;

	cr_assert_eq(json_read(arena, "rows", json, strlen(json), &rows, &err), 0, "%s", err.text);
	table_write(&out, rows, columns, false);
	cr_assert_str_eq(str_text(&out), expected);
}

Test(table, aligns_and_names_what_is_missing)
{
	check("[{\"name\":\"mini01\",\"ready\":true,\"hosts\":[\"a\",\"b\"]},"
	      "{\"name\":\"a-long-name\",\"ready\":false},{\"name\":\"\",\"hosts\":[]}]",
	      "NAME         READY  HOSTS\n"
	      "mini01       yes    a,b\n"
	      "a-long-name  no     -\n"
	      "-            -      -\n");
}

Test(table, counts_characters_not_bytes)
{
	check("[{\"name\":\"m\\u00fcnchen\",\"ready\":1,\"hosts\":\"x\"}]",
	      "NAME     READY  HOSTS\n"
	      "m\xc3\xbcnchen  1      x\n");
}

Test(table, lets_no_order_to_the_terminal_through)
{
	check("[{\"name\":\"a\\u001b[31mb\\n\",\"ready\":null,\"hosts\":\"\"}]",
	      "NAME      READY  HOSTS\n"
	      "a [31mb   -      -\n");
}

Test(table, of_nothing_is_nothing)
{
	check("[]", "");
}

Test(table, stars_what_is_sensitive)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct value *secret =
		value_with_sensitive(arena, value_str(arena, "hunter2"));

	cr_assert_str_eq(cell_text(arena, secret, false), "***");
	cr_assert_str_eq(cell_text(arena, secret, true), "hunter2");
}
