#include "tree/decode.h"

#include "base/text.h"
#include "tree/path.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

/* One field of one map: what to read, where to put it, and where to complain. */
struct site {
	const struct field *field;
	const struct value *value;
	const char *path;
	void *out;
	struct findings *findings;
};

typedef void decode_fn(const struct site *site);

static const char *what_it_is(const struct value *value)
{
	static const char *const names[] = {
		[SCALAR_STR] = "a string",
		[SCALAR_BOOL] = "a boolean",
		[SCALAR_INT] = "a whole number",
		[SCALAR_FLOAT] = "a number",
	};

	switch (value_kind(value)) {
	case VALUE_SCALAR:
		return names[value_type(value)];
	case VALUE_LIST:
		return "a list";
	case VALUE_MAP:
		return "a map";
	default:
		return "null";
	}
}

static void wrong_type(const struct site *site, const struct value *value, const char *path,
		       const char *wanted)
{
	finding_add(site->findings, FINDING_ERROR, "wrong-type", value_src(value), path,
		    "%s must be %s, not %s", path, wanted, what_it_is(value));
}

/* NULL when it is no text; says so then. */
static const char *text_of(const struct site *site, const struct value *value, const char *path)
{
	if (value_text(value) && value_type(value) != SCALAR_BOOL)
		return value_text(value);
	wrong_type(site, value, path, "a string");
	if (value_text(value))
		finding_hint(site->findings, "put it in quotes");
	return NULL;
}

static size_t names_count(const char *const *names)
{
	size_t count = 0;

	while (names[count])
		count++;
	return count;
}

static const char *names_list(struct arena *arena, const char *const *names)
{
	size_t count = names_count(names);
	const char *list = "";

	for (size_t i = 0; i < count; i++) {
		const char *before = i == 0 ? "" : i + 1 == count ? " or "
								  : ", ";
		list = arena_printf(arena, "%s%s%s", list, before, names[i]);
	}
	return list;
}

/* The choice that a text is, or NULL. */
static const char *choice_of(const struct field *field, const char *text)
{
	for (const char *const *choice = field->choices; *choice; choice++)
		if (strcmp(*choice, text) == 0 ||
		    (field->any_case && strcasecmp(*choice, text) == 0))
			return *choice;
	return NULL;
}

static void bad_choice(const struct site *site, const char *text)
{
	const char *const *choices = site->field->choices;
	const char *list = names_list(site->findings->arena, choices);
	const char *near = text_nearest(text, choices, names_count(choices));

	if (site->field->sensitive)
		finding_add(site->findings, FINDING_ERROR, "bad-choice", value_src(site->value),
			    site->path, "%s must be %s", site->path, list);
	else
		finding_add(site->findings, FINDING_ERROR, "bad-choice", value_src(site->value),
			    site->path, "%s must be %s, not \"%s\"", site->path, list, text);
	if (near)
		finding_hint(site->findings, "did you mean \"%s\"?", near);
}

static void decode_str(const struct site *site)
{
	const char *text = text_of(site, site->value, site->path);
	const char *taken = text && site->field->choices ? choice_of(site->field, text) : text;

	if (!text)
		return;
	if (!taken)
		bad_choice(site, text);
	else
		*(const char **)site->out = taken;
}

static void decode_bool(const struct site *site)
{
	bool flag;

	if (value_truth(site->value, &flag)) {
		*(enum tristate *)site->out = flag ? TRI_TRUE : TRI_FALSE;
		return;
	}
	wrong_type(site, site->value, site->path, "true or false");
	if (value_was_quoted(site->value))
		finding_hint(site->findings, "remove the quotes");
}

static void out_of_range(const struct site *site)
{
	const struct field *field = site->field;

	if (field->max > 0)
		finding_add(site->findings, FINDING_ERROR, "out-of-range", value_src(site->value),
			    site->path, "%s must be %" PRIu64 " to %" PRIu64 ", not %s", site->path,
			    field->min, field->max,
			    field->sensitive ? "this" : value_text(site->value));
	else
		finding_add(site->findings, FINDING_ERROR, "out-of-range", value_src(site->value),
			    site->path, "%s must be %" PRIu64 " or more, not %s", site->path,
			    field->min, field->sensitive ? "this" : value_text(site->value));
}

static void decode_uint(const struct site *site)
{
	const struct field *field = site->field;
	uint64_t number;

	if (value_kind(site->value) != VALUE_SCALAR || value_type(site->value) != SCALAR_INT) {
		wrong_type(site, site->value, site->path, "a whole number");
		if (value_was_quoted(site->value) && text_u64(value_text(site->value), &number))
			finding_hint(site->findings, "remove the quotes");
		return;
	}
	if (!value_u64(site->value, &number) || number < field->min ||
	    (field->max > 0 && number > field->max))
		out_of_range(site);
	else
		*(uint64_t *)site->out = number;
}

static void take_texts(const struct site *site, const struct value *const *entries, size_t len)
{
	struct arena *arena = site->findings->arena;
	const char **texts = arena_calloc(arena, len + 1, sizeof(*texts));
	const struct value **values = arena_calloc(arena, len + 1, sizeof(*values));
	bool good = true;

	for (size_t i = 0; i < len; i++) {
		const char *path = site->path;

		if (value_is_list(site->value))
			path = path_index(arena, site->path, i);
		texts[i] = text_of(site, entries[i], path);
		values[i] = entries[i];
		good = good && texts[i];
	}
	if (good)
		*(struct texts *)site->out = (struct texts){ texts, values, len };
}

static void decode_texts(const struct site *site)
{
	size_t len = value_len(site->value);
	const struct value **entries =
		arena_calloc(site->findings->arena, len + 1, sizeof(*entries));

	if (!value_is_list(site->value)) {
		wrong_type(site, site->value, site->path, "a list");
		return;
	}
	for (size_t i = 0; i < len; i++)
		entries[i] = value_at(site->value, i);
	take_texts(site, entries, len);
}

static void decode_text_or_texts(const struct site *site)
{
	if (value_is_list(site->value))
		decode_texts(site);
	else
		take_texts(site, &site->value, 1);
}

static void decode_struct(const struct site *site)
{
	value_decode(site->value, site->field->inner, site->path, site->out, site->findings);
}

static void decode_structs(const struct site *site)
{
	const struct field *field = site->field;
	struct structs structs = { .len = value_len(site->value) };

	if (!value_is_list(site->value)) {
		wrong_type(site, site->value, site->path, "a list");
		return;
	}
	structs.at = arena_calloc(site->findings->arena, structs.len + 1, field->inner_size);
	for (size_t i = 0; i < structs.len; i++)
		value_decode(value_at(site->value, i), field->inner,
			     path_index(site->findings->arena, site->path, i),
			     (char *)structs.at + i * field->inner_size, site->findings);
	*(struct structs *)site->out = structs;
}

static void decode_value(const struct site *site)
{
	*(const struct value **)site->out = site->value;
}

static void decode_map(const struct site *site)
{
	if (value_is_map(site->value))
		decode_value(site);
	else
		wrong_type(site, site->value, site->path, "a map");
}

static void decode_list(const struct site *site)
{
	if (value_is_list(site->value))
		decode_value(site);
	else
		wrong_type(site, site->value, site->path, "a list");
}

static decode_fn *const decoders[] = {
	[FIELD_STR] = decode_str,
	[FIELD_BOOL] = decode_bool,
	[FIELD_UINT] = decode_uint,
	[FIELD_TEXTS] = decode_texts,
	[FIELD_TEXT_OR_TEXTS] = decode_text_or_texts,
	[FIELD_STRUCT] = decode_struct,
	[FIELD_STRUCTS] = decode_structs,
	[FIELD_VALUE] = decode_value,
	[FIELD_MAP] = decode_map,
	[FIELD_LIST] = decode_list,
};

static void decode_field(const struct site *site)
{
	size_t errors = site->findings->errors;

	decoders[site->field->type](site);
	if (site->field->check && site->findings->errors == errors)
		site->field->check(site->field, site->value, site->path, site->findings);
}

static void unknown_key(const struct value *map, const char *key, const struct field *fields,
			const char *path, struct findings *findings)
{
	const char **names;
	size_t count = 0;

	while (fields[count].name)
		count++;
	names = arena_calloc(findings->arena, count + 1, sizeof(*names));
	for (size_t i = 0; i < count; i++)
		names[i] = fields[i].name;

	const char *near = text_nearest(key, names, count);

	finding_add(findings, FINDING_ERROR, "unknown-key", value_key_src(map, key),
		    path_key(findings->arena, path, key), "there is no key \"%s\" here", key);
	if (near)
		finding_hint(findings, "did you mean \"%s\"?", near);
	else if (count > 0)
		finding_hint(findings, "known here: %s", names_list(findings->arena, names));
}

static bool is_known(const struct field *fields, const char *key)
{
	for (; fields->name; fields++)
		if (strcmp(fields->name, key) == 0)
			return true;
	return false;
}

int value_decode(const struct value *map, const struct field *fields, const char *path, void *out,
		 struct findings *findings)
{
	size_t errors = findings->errors;
	const char *where = path[0] ? path : "the file";

	if (!value_is_map(map) && !value_is_null(map)) {
		finding_add(findings, FINDING_ERROR, "wrong-type", value_src(map), path,
			    "%s must be a map, not %s", where, what_it_is(map));
		return -1;
	}
	for (size_t i = 0; i < value_len(map); i++)
		if (!is_known(fields, value_key_at(map, i)))
			unknown_key(map, value_key_at(map, i), fields, path, findings);
	for (const struct field *field = fields; field->name; field++) {
		const struct value *value = value_get(map, field->name);
		if (value_is_null(value) && !field->required)
			continue; /* most are not there, in each of many nodes */

		struct site site = { field, value, path_key(findings->arena, path, field->name),
				     (char *)out + field->offset, findings };
		if (!value_is_null(value))
			decode_field(&site);
		else
			finding_add(findings, FINDING_ERROR, "missing-key", value_src(map),
				    site.path, "%s has no \"%s\"", where, field->name);
	}
	return findings->errors > errors ? -1 : 0;
}
