#include "ops/object_check.h"

static const struct cel_variable variables[] = { { "object", &cel_dyn }, { "status", &cel_dyn } };
static const struct cel_env env = { .variable = variables, .variables = 2, .result = &cel_bool };

int object_check_compile(struct arena *arena, const char *text, const struct cel_program **out,
			 struct err *err)
{
	return cel_compile(arena, text, &env, out, err);
}

int object_check(const struct cel_program *program, const struct value *object,
		 struct arena *arena, bool *holds, struct err *err)
{
	const struct value *status = value_get(object, "status");
	struct cel_value values[2];

	if (!value_is_map(status))
		status = map_end(map_begin(arena));
	values[0] = cel_of(arena, object);
	values[1] = cel_of(arena, status);
	return cel_holds(program, values, arena, holds, err);
}
