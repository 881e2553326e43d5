#include "convert/env_substitute.h"

#include "base/own.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *get(void *context, const char *name)
{
	(void)context;
	if (strcmp(name, "IP") == 0)
		return "192.0.2.1";
	return strcmp(name, "EMPTY") == 0 ? "" : NULL;
}

static const struct {
	const char *text, *says;
	unsigned line, column;
} bad[] = {
	{ "a\n  b: ${NOPE}", "the variable NOPE is not set", 4, 8 },
	{ "x $NOPE", "the variable NOPE is not set", 3, 9 },
	{ "${EMPTY}", "the variable EMPTY is empty", 3, 9 },
	{ "a: ${IP", "\"${\" without \"}\" on the same line", 3, 12 },
	{ "$patch: delete", "the variable patch is not set", 3, 7 },
	{ "${IP:-$_", "\"${\" without \"}\"", 3, 9 },
};

Test(env_substitute, refuses_with_a_place_and_a_hint)
{
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct str out SCOPED(str_done) = STR_INIT(1 << 16);
		struct err err = ERR_INIT;
		const struct env_text text = { .file = "talconfig.yaml",
					       .line = 3,
					       .column = 7,
					       .text = bad[i].text,
					       .len = strlen(bad[i].text),
					       .get = get };

		cr_assert_eq(env_substitute(&out, &text, &err), -1, "%s", bad[i].text);
		cr_assert_eq(err.kind, ERR_INPUT);
		cr_assert_str_eq(err.text, bad[i].says);
		cr_assert_str_eq(err.file, "talconfig.yaml");
		cr_assert_eq(err.line, bad[i].line, "%s: %u", bad[i].text, err.line);
		cr_assert_eq(err.column, bad[i].column, "%s: %u", bad[i].text, err.column);
		if (strncmp(bad[i].text, "$patch", 6) == 0)
			cr_assert_not_null(strstr(err.hint, "$$patch"));
	}
}

Test(env_substitute, a_text_that_grows_too_long_is_refused)
{
	struct str out SCOPED(str_done) = STR_INIT(10);
	struct err err = ERR_INIT;
	const struct env_text text = { .file = "f", .text = "$IP$IP", .len = 6, .get = get };

	cr_assert_eq(env_substitute(&out, &text, &err), -1);
	cr_assert_str_eq(err.text, "the text is too long with its variables put in");
}
