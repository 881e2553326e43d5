#include "cel/regex.h"
#include "convert/go_run.h"

static int compile(struct go_run *run, struct go_text pattern, const struct regex **out)
{
	struct cel_text text = { go_text_c(run, pattern), pattern.len };
	struct err err = ERR_INIT;

	if (go_charge(run, pattern.len * 100) < 0)
		return -1;
	if (regex_compile(run->arena, &text, out, &err) < 0)
		return go_fail(run, "the pattern: %s", err.text);
	return 0;
}

static int do_match(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	struct cel_text text = { go_text_c(run, arg[1].text), arg[1].text.len };
	struct cel_work work = { .arena = run->arena, .steps = CEL_STEPS_MAX };
	struct err err = ERR_INIT;
	const struct regex *regex;
	bool found = false;

	(void)args;
	if (compile(run, arg[0].text, &regex) < 0)
		return -1;
	if (regex_find(regex, &text, &work, &found, &err) < 0)
		return go_fail(run, "the pattern: %s", err.text);
	run->steps += (CEL_STEPS_MAX - work.steps) / 4;
	*out = go_of_bool(found);
	return go_charge(run, 0);
}

static const struct go_function rows[] = {
	{ "regexMatch", "ss", do_match },
	{ "mustRegexMatch", "ss", do_match },
};

const struct go_functions go_regex_functions = { rows, ARRAY_LEN(rows) };
