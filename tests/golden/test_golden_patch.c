#include "golden/cases.h"

#include "base/text.h"
#include "render/patch.h"

#include <criterion/criterion.h>
#include <string.h>

/* As the field's tools take an argument: a file after @ or when it looks like a name, else the
 * text. */
static bool take_text(struct golden_case *c, const char *argument, struct patch_text *out)
{
	bool is_file = argument[0] == '@' ||
		       (!strpbrk(argument, "\n ") && argument[0] != '[' && argument[0] != '{');

	out->name = argument;
	out->text = argument;
	out->len = strlen(argument);
	if (is_file) {
		out->name = argument + (argument[0] == '@');
		out->text = golden_file(c, out->name, &out->len);
	}
	return out->text != NULL;
}

static int patch(struct golden_case *c, struct str *out, struct err *err)
{
	const struct value *arguments = value_get(c->args, "patches");
	struct config_input input = { .file = "base.yaml", .release = RELEASE_1_13 };
	struct patch **patches = arena_calloc(c->arena, value_len(arguments) + 1, sizeof(*patches));
	struct patches all = { patches, value_len(arguments) };

	if (text_equal(value_get_text(c->args, "tool"), "1.14"))
		input.release = RELEASE_1_14;
	input.text = golden_file(c, "base.yaml", &input.len);
	for (size_t i = 0; i < all.len; i++) {
		struct patch_text text = { .release = input.release };
		if (!take_text(c, value_text(value_at(arguments, i)), &text)) {
			err_at(err, text.name, 1, 1);
			return err_set(err, ERR_NOT_FOUND, "there is no such file");
		}
		if (patch_read(c->arena, &text, &patches[i], err) < 0)
			return -1;
	}
	return patch_file(c->arena, &input, &all, out, err);
}

static bool run_case(struct golden_case *c)
{
	struct str made SCOPED(str_done) = STR_INIT(1 << 20);
	struct err err = ERR_INIT;
	const char *expected = golden_file(c, "expected.yaml", NULL);

	if (patch(c, &made, &err) < 0) {
		str_addf(c->why, "%s:%u:%u: %s", err.file, err.line, err.column, err.text);
		return golden_wants_error(c) && (err.line > 0 || err.kind == ERR_NOT_FOUND);
	}
	if (!expected) {
		str_add(c->why, "it must fail");
		return false;
	}
	return golden_equal(c, "the result", str_text(&made), expected);
}

Test(golden, patch)
{
	static const char *const pending[] = { NULL };

	golden_run(&(struct golden){ "patch", run_case, pending });
}
