#include "base/fs.h"
#include "base/own.h"
#include "base/str.h"
#include "cel/cel.h"
#include "tree/json.h"
#include "tree/scalar.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CASES_MAX ((size_t)4 << 20)
#define PRINT_MAX ((size_t)1 << 20)

/* The results in cases.json are those of cel-go: tests/peer/cel/run.sh asks it. */

static const struct cel_variable variables[] = { { "object", &cel_dyn }, { "status", &cel_dyn } };
static const struct cel_env env = { .variable = variables, .variables = ARRAY_LEN(variables) };

/* What is said before the evaluation here, and only by it there; or is not covered here. */
static const char *const earlier[] = {
	"google.protobuf.Int32Value{value: 1}",
};

static void print(struct arena *arena, struct str *out, const struct cel_value *value);

static void print_list(struct arena *arena, struct str *out, const struct cel_value *value)
{
	str_addc(out, '[');
	for (size_t i = 0; i < value->list.len; i++) {
		str_add(out, i ? ", " : "");
		print(arena, out, &value->list.at[i]);
	}
	str_addc(out, ']');
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void print_map(struct arena *arena, struct str *out, const struct cel_value *value)
{
	const char **pairs = arena_calloc(arena, value->list.len + 1, sizeof(*pairs));

	for (size_t i = 0; i < value->list.len; i++) {
		struct str pair SCOPED(str_done) = STR_INIT(PRINT_MAX);

		print(arena, &pair, &value->list.at[2 * i]);
		str_add(&pair, ": ");
		print(arena, &pair, &value->list.at[2 * i + 1]);
		pairs[i] = arena_str(arena, str_text(&pair));
	}
	qsort(pairs, value->list.len, sizeof(*pairs), compare_texts);
	str_addc(out, '{');
	for (size_t i = 0; i < value->list.len; i++)
		str_addf(out, "%s%s", i ? ", " : "", pairs[i]);
	str_addc(out, '}');
}

/* The way to a text that the language itself has. */
static void print_as_text(struct arena *arena, struct str *out, const struct cel_value *value)
{
	static const struct cel_variable one[] = { { "x", &cel_dyn } };
	static const struct cel_env text_env = { .variable = one, .variables = 1 };
	const struct cel_program *program;
	struct cel_value text;

	cr_assert_eq(cel_compile(arena, "string(x)", &text_env, &program, NULL), 0);
	cr_assert_eq(cel_eval(program, value, arena, &text, NULL), 0);
	str_addn(out, text.text.at, text.text.len);
}

static const char *type_name(enum cel_kind kind)
{
	static const char *const names[CEL_KIND_COUNT] = {
		[CEL_NULL] = "null_type",
		[CEL_BOOL] = "bool",
		[CEL_INT] = "int",
		[CEL_UINT] = "uint",
		[CEL_DOUBLE] = "double",
		[CEL_STRING] = "string",
		[CEL_BYTES] = "bytes",
		[CEL_LIST] = "list",
		[CEL_MAP] = "map",
		[CEL_DURATION] = "google.protobuf.Duration",
		[CEL_TIMESTAMP] = "google.protobuf.Timestamp",
		[CEL_TYPE] = "type",
	};

	return names[kind] ? names[kind] : "?";
}

static void print(struct arena *arena, struct str *out, const struct cel_value *value)
{
	switch (value->kind) {
	case CEL_NULL:
		str_add(out, "null");
		break;
	case CEL_BOOL:
	case CEL_INT:
		print_as_text(arena, out, value);
		break;
	case CEL_UINT:
		print_as_text(arena, out, value);
		str_addc(out, 'u');
		break;
	case CEL_STRING:
		str_add(out, "string ");
		str_addn(out, value->text.at, value->text.len);
		break;
	case CEL_BYTES:
		str_add(out, "bytes ");
		for (size_t i = 0; i < value->text.len; i++)
			str_addf(out, "%02x", (unsigned)(unsigned char)value->text.at[i]);
		break;
	case CEL_LIST:
		print_list(arena, out, value);
		break;
	case CEL_MAP:
		print_map(arena, out, value);
		break;
	case CEL_DURATION:
		str_addf(out, "duration %lld", (long long)value->number);
		break;
	case CEL_TYPE:
		str_addf(out, "type %s", type_name(value->type));
		break;
	default:
		str_add(out, value->kind == CEL_DOUBLE ? "double " : "timestamp ");
		print_as_text(arena, out, value);
	}
}

static const struct value *read_cases(struct arena *arena)
{
	const char *other = getenv("TALFORGE_CEL_CASES");
	const char *path = other ? other : TEST_DATA_DIR "/cel/cases.json";
	struct err err = ERR_INIT;
	const struct value *cases;
	char *text;
	size_t len;

	cr_assert_eq(fs_read(arena, path, CASES_MAX, &text, &len, &err), 0, "%s", err.text);
	cr_assert_eq(json_read(arena, path, text, len, &cases, &err), 0, "%s", err.text);
	return cases;
}

static const char *evaluate(struct arena *arena, const char *text, const struct value *input,
			    struct err *err)
{
	struct str out SCOPED(str_done) = STR_INIT(PRINT_MAX);
	const struct value *status = value_get(input, "status");
	const struct cel_program *program;
	const struct value *empty = map_end(map_begin(arena));
	struct cel_value values[2] = {
		cel_of(arena, input ? input : empty),
		cel_of(arena, value_is_map(status) ? status : empty),
	};
	struct cel_value value;

	if (cel_compile(arena, text, &env, &program, err) < 0)
		return "does not compile";
	if (cel_eval(program, values, arena, &value, err) < 0)
		return "error";
	print(arena, &out, &value);
	return arena_strn(arena, str_text(&out), out.len);
}

static bool is_earlier(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(earlier); i++)
		if (strcmp(earlier[i], text) == 0)
			return true;
	return false;
}

Test(cases, mean_what_another_implementation_says)
{
	struct arena *arena OWNED(arena_free) = arena_new("cases");
	const struct value *all = read_cases(arena);
	const struct value *inputs = value_get(all, "inputs");
	const struct value *cases = value_get(all, "cases");
	size_t different = 0;

	cr_assert_gt(value_len(cases), getenv("TALFORGE_CEL_CASES") ? 300 : 900);
	for (size_t i = 0; i < value_len(cases); i++) {
		const struct value *row = value_at(cases, i);
		const char *name = value_get_text(row, "input");
		const char *expected = value_get_text(row, "result");
		struct err err = ERR_INIT;
		const char *got = evaluate(arena, value_get_text(row, "expr"),
					   name ? value_get(inputs, name) : NULL, &err);

		if (is_earlier(value_get_text(row, "expr")))
			expected = "does not compile";
		if (strcmp(got, expected) == 0)
			continue;
		different++;
		cr_log_error("%s\n  %s %s\n  expected %s", value_get_text(row, "expr"), got,
			     err.text, expected);
	}
	cr_assert_eq(different, 0, "%zu of %zu differ", different, value_len(cases));
}

Test(cases, every_error_has_its_place)
{
	struct arena *arena OWNED(arena_free) = arena_new("cases");
	const struct value *all = read_cases(arena);
	const struct value *inputs = value_get(all, "inputs");
	const struct value *cases = value_get(all, "cases");

	for (size_t i = 0; i < value_len(cases); i++) {
		const struct value *row = value_at(cases, i);
		const char *name = value_get_text(row, "input");
		struct err err = ERR_INIT;
		char *end;

		evaluate(arena, value_get_text(row, "expr"), name ? value_get(inputs, name) : NULL,
			 &err);
		if (!err_is_set(&err))
			continue;
		cr_assert_gt(strtoul(err.text, &end, 10), 0, "%s", err.text);
		cr_assert_eq(*end, ':', "%s", err.text);
		cr_assert_gt(strtoul(end + 1, &end, 10), 0, "%s", err.text);
		cr_assert_eq(strncmp(end, ": ", 2), 0, "%s", err.text);
	}
}
