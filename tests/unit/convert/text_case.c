#include "text_case.h"

#include "base/own.h"
#include "base/str.h"
#include "convert/dotenv.h"
#include "convert/env_substitute.h"
#include "convert/go_template.h"
#include "tree/json.h"

#include <string.h>

#define OUT_MAX ((size_t)1 << 20)

static const char *get(void *context, const char *name)
{
	return value_get_text(context, name);
}

static int render(struct arena *arena, const struct value *from, struct str *out, struct err *err)
{
	const struct value *text = value_get(from, "text");
	const struct go_template template = { .file = "case",
					      .text = value_text(text),
					      .len = value_text_len(text),
					      .data = value_get(from, "data"),
					      .plain = strcmp(value_get_text(from, "kind"),
							      "plain") == 0 };

	return go_template_render(arena, &template, out, err);
}

static int substitute(const struct value *from, struct str *out, struct err *err)
{
	const struct value *text = value_get(from, "text");
	const struct env_text input = { .file = "case",
					.text = value_text(text),
					.len = value_text_len(text),
					.get = get,
					.context = (void *)value_get(from, "data") };

	return env_substitute(out, &input, err);
}

static int dotenv(struct arena *arena, const struct value *from, struct str *out, struct err *err)
{
	static const struct json_style style = { .form = JSON_COMPACT };
	const struct value *text = value_get(from, "text"), *map;
	const struct dotenv_text input = { .file = "case",
					   .text = value_text(text),
					   .len = value_text_len(text) };

	if (dotenv_read(arena, &input, &map, err) < 0)
		return -1;
	json_write(out, map, &style);
	return 0;
}

const char *text_case_run(struct arena *arena, const struct value *from, struct err *err)
{
	struct str out SCOPED(str_done) = STR_INIT(OUT_MAX);
	const char *kind = value_get_text(from, "kind");
	int rc;

	if (strcmp(kind, "dotenv") == 0)
		rc = dotenv(arena, from, &out, err);
	else if (strcmp(kind, "substitute") == 0)
		rc = substitute(from, &out, err);
	else
		rc = render(arena, from, &out, err);
	return rc < 0 ? NULL : arena_strn(arena, str_text(&out), out.len);
}
