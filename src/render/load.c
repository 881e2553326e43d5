#include "render/load.h"

#include "base/own.h"
#include "base/text.h"
#include "render/fault.h"
#include "render/free_time.h"
#include "render/scalar_forms.h"
#include "render/slots.h"
#include "tree/path.h"

#include <inttypes.h>
#include <string.h>

#define FIELDS_MAX 64

static const struct value *load_section(const struct loader *loader,
					const struct schema_field *fields, const struct value *map,
					const struct path_step *at);

bool load_told(const struct loader *loader, const char *id, const char *path)
{
	struct findings *findings = loader->findings;
	const char *document = loader->document ? loader->document : "";

	if (!findings || loader->open)
		return false;
	finding_add_err(findings, id, loader->err);
	err_clear(loader->err);
	findings->at[findings->len - 1].path = arena_printf(
		findings->arena, "%s%s%s", document, *document && *path ? "." : "", path);
	return true;
}

/* The path, or what a document as a whole is called. */
static const char *named(const struct loader *loader, const struct path_step *at,
			 const char *document)
{
	const char *path = path_of(loader->arena, at);

	return path[0] ? path : document;
}

static int unknown(const struct loader *loader, const struct schema_field *fields,
		   const struct value *map, const char *key, const struct path_step *at)
{
	const char *names[FIELDS_MAX];
	size_t count = 0;

	for (; fields->name && count < FIELDS_MAX; fields++) {
		if (schema_has(fields, loader->release))
			names[count++] = fields->name;
	}
	fault(loader->err, value_key_src(map, key), "%s is not a field of %s", key,
	      named(loader, at, "this document"));
	const char *near = text_nearest(key, names, count);
	if (near)
		err_hint(loader->err, "did you mean %s?", near);
	return -1;
}

/* An open loader takes what is unknown, with a word about it. */
static bool is_passed(const struct loader *loader, const char *id, const char *path)
{
	struct findings *findings = loader->findings;
	struct err *err = loader->err;

	if (!loader->open)
		return false;

	struct src src = { err->file, err->line, err->column };
	if (findings && !findings_have(findings, id, src)) {
		finding_add(findings, FINDING_WARNING, id, src, path, "%s; it stays as it is",
			    err->text);
		if (err->hint[0])
			finding_hint(findings, "%s", err->hint);
	}
	err_clear(err);
	return true;
}

/* A section of a document by the rows of its table. */
struct section {
	const struct schema_field *fields;
	struct slots slots;
	const struct path_step *at;
};

static int check_key(const struct loader *loader, const struct section *section, const char *key)
{
	const struct path_step step = { .up = section->at, .key = key };

	if (schema_find(section->fields, key, loader->release))
		return 0;
	const char *path = path_of(loader->arena, &step);
	unknown(loader, section->fields, section->slots.map, key, section->at);
	return is_passed(loader, "unknown-field", path) || load_told(loader, "unknown-key", path)
		       ? 0
		       : -1;
}

static int check_keys(const struct loader *loader, const struct section *section)
{
	const struct value *map = section->slots.map;
	struct src where;

	if (value_has_merge_key(map, &where)) {
		const struct path_step step = { .up = section->at, .key = "<<" };

		fault(loader->err, where, "<< is not a field of %s",
		      named(loader, section->at, "this document"));
		if (!load_told(loader, "unknown-key", path_of(loader->arena, &step)))
			return -1;
	}
	if (section->slots.current == value_len(map))
		return 0;
	for (size_t i = 0; i < value_len(map); i++)
		if (check_key(loader, section, value_key_at(map, i)) < 0)
			return -1;
	return 0;
}

static int wrong_shape(const struct loader *loader, const char *wanted, const struct value *value,
		       const struct path_step *at)
{
	static const char *const kinds[] = {
		[VALUE_NULL] = "nothing",
		[VALUE_SCALAR] = "a plain value",
		[VALUE_LIST] = "a list",
		[VALUE_MAP] = "a mapping",
	};

	fault(loader->err, value_src(value), "%s must be %s, not %s",
	      named(loader, at, "a document"), wanted,
	      kinds[value_kind(value)]);
	return -1;
}

/* Since 1.14 a number with an exponent or a point, if it is whole, is a duration in nanoseconds,
 * though one without is none. */
static const struct value *nanoseconds(const struct loader *loader, const struct value *value)
{
	double number;

	if (value_type(value) != SCALAR_FLOAT || !value_double(value, &number) ||
	    !(number >= -9e15 && number <= 9e15) || number != (double)(int64_t)number)
		return value;
	return value_with_src(loader->arena,
			      value_str(loader->arena, arena_printf(loader->arena, "%" PRId64 "ns",
								    (int64_t)number)),
			      value_src(value));
}

static bool is_told(const struct loader *loader, const struct path_step *at)
{
	return load_told(loader, "wrong-type", path_of(loader->arena, at));
}

/* Since 1.14 an unquoted date is no text any more. */
static int load_scalar(const struct loader *loader, const struct schema_field *field,
		       const struct value *value, const struct value **out)
{
	bool texts = field->type == TYPE_TEXT || field->type == TYPE_ARGUMENT ||
		     field->type == TYPE_URL;

	if (texts && loader->release >= RELEASE_1_14 && free_time(loader->arena, value)) {
		fault(loader->err, value_src(value), "a date is no text");
		return err_hint(loader->err, "put it in quotes");
	}
	if (field->type == TYPE_DURATION && loader->release >= RELEASE_1_14)
		value = nanoseconds(loader, value);
	return scalar_form(loader->arena, field, value, out, loader->err);
}

/* Texts, or a list of them without its nulls; an absent text is an empty one. */
static const struct value *load_argument(const struct loader *loader,
					 const struct schema_field *field,
					 const struct value *value, const struct path_step *at)
{
	const struct value *item;

	if (value_is_null(value))
		return value_with_src(loader->arena, value_str(loader->arena, ""),
				      value_src(value));
	if (!value_is_list(value)) {
		if (load_scalar(loader, field, value, &item) < 0) {
			err_wrap(loader->err, "%s", path_of(loader->arena, at));
			return NULL;
		}
		return item;
	}

	struct list_builder *list = list_begin(loader->arena);
	list_src(list, value_src(value));
	for (size_t i = 0; i < value_len(value); i++) {
		if (value_is_null(value_at(value, i)))
			continue;
		if (load_scalar(loader, field, value_at(value, i), &item) < 0) {
			err_wrap(loader->err, "%s", path_of(loader->arena, at));
			return NULL;
		}
		list_add(list, item);
	}
	return list_end(list);
}

/* A free-form value with every scalar in it marked. */
static const struct value *hidden(struct arena *arena, const struct value *value)
{
	if (value_is_list(value)) {
		struct list_builder *list = list_begin(arena);
		list_src(list, value_src(value));
		for (size_t i = 0; i < value_len(value); i++)
			list_add(list, hidden(arena, value_at(value, i)));
		return list_end(list);
	}
	if (!value_is_map(value))
		return value_is_null(value) ? value : value_with_sensitive(arena, value);

	struct map_builder *map = map_begin(arena);
	map_src(map, value_src(value));
	for (size_t i = 0; i < value_len(value); i++) {
		const char *key = value_key_at(value, i);
		map_add_at(map, key, value_key_src(value, key), hidden(arena, value_at(value, i)));
	}
	return map_end(map);
}

static const struct value *load_one(const struct loader *loader, const struct schema_field *field,
				    const struct value *value, const struct path_step *at)
{
	const struct value *out;

	switch (field->type) {
	case TYPE_STRUCT:
		return load_section(loader, field->inner, value, at);
	case TYPE_FREE:
		if (value_is_map(value))
			return field->secret ? hidden(loader->arena, value) : value;
		wrong_shape(loader, "a mapping", value, at);
		return NULL;
	case TYPE_ARGUMENT:
		return load_argument(loader, field, value, at);
	default:
		if (load_scalar(loader, field, value, &out) < 0) {
			err_wrap(loader->err, "%s", path_of(loader->arena, at));
			return NULL;
		}
		return out;
	}
}

static const struct value *load_list(const struct loader *loader, const struct schema_field *field,
				     const struct value *value, const struct path_step *at)
{
	struct list_builder *list = list_begin(loader->arena);

	if (!value_is_list(value)) {
		wrong_shape(loader, "a list", value, at);
		return NULL;
	}
	list_src(list, value_src(value));
	for (size_t i = 0; i < value_len(value); i++) {
		const struct value *item = value_at(value, i);
		if (value_is_null(item)) {
			if (field->nulls)
				list_add(list, item);
			continue;
		}
		const struct path_step step = { .up = at, .index = i };
		item = load_one(loader, field, item, &step);
		if (item)
			list_add(list, item);
		else if (!is_told(loader, &step))
			return NULL;
	}
	return list_end(list);
}

static const struct value *load_map(const struct loader *loader, const struct schema_field *field,
				    const struct value *value, const struct path_step *at)
{
	struct map_builder *map = map_begin(loader->arena);

	if (!value_is_map(value)) {
		wrong_shape(loader, "a mapping", value, at);
		return NULL;
	}
	map_src(map, value_src(value));
	for (size_t i = 0; i < value_len(value); i++) {
		const char *key = value_key_at(value, i);
		const struct value *item = value_at(value, i);
		if (value_is_null(item) && field->type == TYPE_STRUCT) {
			if (field->nulls)
				map_add_at(map, key, value_key_src(value, key), item);
			continue;
		}
		if (value_is_null(item) && field->type != TYPE_ARGUMENT)
			item = value_with_src(loader->arena,
					      scalar_form_zero(loader->arena, field),
					      value_src(item));
		const struct path_step step = { .up = at, .key = key };
		item = load_one(loader, field, item, &step);
		if (item)
			map_add_at(map, key, value_key_src(value, key), item);
		else if (!is_told(loader, &step))
			return NULL;
	}
	return map_end(map);
}

/* Only an open loader gets here with a field that is none. */
static void keep_unknown(const struct loader *loader, const struct schema_field *fields,
			 const struct slots *slots, struct map_builder *out)
{
	const struct value *map = slots->map;

	if (!loader->open || slots->current == value_len(map))
		return;
	for (size_t i = 0; i < value_len(map); i++) {
		const char *key = value_key_at(map, i);

		if (!schema_find(fields, key, loader->release))
			map_add_at(out, key, value_key_src(map, key), value_at(map, i));
	}
}

static const struct value *load_shape(const struct loader *loader,
				      const struct schema_field *field, const struct value *value,
				      const struct path_step *at)
{
	if (field->shape == SHAPE_LIST)
		return load_list(loader, field, value, at);
	if (field->shape == SHAPE_MAP)
		return load_map(loader, field, value, at);
	return load_one(loader, field, value, at);
}

static int load_row(const struct loader *loader, const struct section *section, size_t row,
		    struct map_builder *out)
{
	const struct schema_field *field = &section->fields[row];
	const struct value *value = slots_value(&section->slots, row);
	const struct path_step step = { .up = section->at, .key = field->name };
	struct src key_src = slots_key_src(&section->slots, row);

	if (!value || (value_is_null(value) && !loader->nulls))
		return 0;
	if (!value_is_null(value))
		value = load_shape(loader, field, value, &step);
	if (!value)
		return is_told(loader, &step) ? 0 : -1;
	map_add_new(out, field->name, key_src, value);
	return 0;
}

static const struct value *load_section(const struct loader *loader,
					const struct schema_field *fields, const struct value *map,
					const struct path_step *at)
{
	struct map_builder *out = map_begin(loader->arena);
	struct section section = { .fields = fields, .at = at };

	if (!value_is_null(map) && !value_is_map(map)) {
		wrong_shape(loader, "a mapping", map, at);
		return NULL;
	}
	slots_find(&section.slots, fields, map, loader->release);
	if (check_keys(loader, &section) < 0)
		return NULL;

	map_src(out, value_src(map));
	keep_unknown(loader, fields, &section.slots, out);
	for (size_t row = 0; fields[row].name; row++) {
		if (schema_has(&fields[row], loader->release) &&
		    load_row(loader, &section, row, out) < 0)
			return NULL;
	}
	return map_end(out);
}

const struct value *load_fields(const struct loader *loader, const struct schema_field *fields,
				const struct value *map, const char *path)
{
	return load_section(loader, fields, map, &(struct path_step){ .key = path });
}

/* Only the main document has no kind; these keys tell it. */
static bool is_main(const struct value *map)
{
	static const char *const keys[] = { "machine", "cluster", "debug", "persist" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (value_has(map, keys[i]))
			return true;
	}
	return text_equal(value_get_text(map, "apiVersion"), "v1alpha1");
}

static int find_kind(const struct loader *loader, const struct value *map, const char *version,
		     const struct schema_kind **kind)
{
	const char *wanted = value_get_text(map, "kind");
	const struct schema_kind *found = schema_kind_find(wanted, loader->release);

	*kind = schema_kind_or_any(wanted, loader->release);
	if (found && strcmp(version, "v1alpha1") == 0)
		return 0;
	fault(loader->err, value_src(value_get(map, found ? "apiVersion" : "kind")),
	      "%s %s is not a kind of document", version, wanted);
	if (found)
		return -1;
	const char *near = schema_kind_nearest(wanted, loader->release);
	if (near)
		err_hint(loader->err, "did you mean %s?", near);
	return is_passed(loader, "unknown-kind", wanted) ? 0 : -1;
}

int load_kind(const struct loader *loader, const struct value *map,
	      const struct schema_kind **kind, const char **name)
{
	const char *wanted = value_get_text(map, "kind");
	const char *version = value_get_text(map, "apiVersion");

	*name = "";
	if (!value_is_map(map))
		return wrong_shape(loader, "a mapping", map, NULL);
	if (!wanted || !wanted[0]) {
		if (!is_main(map)) {
			fault(loader->err, value_src(map), "the document has no kind");
			err_hint(loader->err,
				 value_has(map, "op") && value_has(map, "path")
					 ? "a JSON patch is a list of operations: put [] around one"
					 : "the main document has a machine or cluster section");
			return -1;
		}
		*kind = schema_kind_find(SCHEMA_MAIN, loader->release);
		return 0;
	}
	if (!version && is_main(map))
		version = "v1alpha1";
	if (!version) {
		fault(loader->err, value_src(map), "the %s document has no apiVersion", wanted);
		return -1;
	}
	if (find_kind(loader, map, version, kind) < 0)
		return -1;
	if ((*kind)->named && value_get_text(map, "name"))
		*name = value_get_text(map, "name");
	return 0;
}

/* What is unknown in a document of an unknown kind needs no word of its own. */
int load_document(const struct loader *loader, const struct value *map, struct document *out)
{
	struct loader inner = *loader;
	const struct schema_kind *kind;

	*out = (struct document){ .name = "" };
	if (load_kind(loader, map, &kind, &out->name) < 0)
		return -1;
	out->kind = kind->kind;
	if (!*out->kind) {
		out->kind = value_get_text(map, "kind");
		inner.findings = NULL;
	}
	out->value = load_fields(&inner, kind->fields, map, "");
	if (out->value)
		return 0;
	return err_wrap(loader->err, "%s%s%s", out->kind, out->name[0] ? " " : "", out->name);
}
