/* One patch of a workspace, whatever its form, as documents of 1.14. */
#include "convert/migrate_parts.h"

#include "base/own.h"
#include "base/text.h"
#include "tree/json.h"
#include "tree/yaml.h"

#include <string.h>

#define PARTS_MAX 32

struct pointer {
	const char *part[PARTS_MAX];
	size_t len;
};

/* "~1" is a slash and "~0" a tilde. */
static const char *plain_part(struct arena *arena, const char *text, size_t len)
{
	char *out = arena_strn(arena, text, len), *to = out;

	for (const char *at = out; *at; at++) {
		bool escaped = at[0] == '~' && (at[1] == '0' || at[1] == '1');

		*to++ = !escaped ? *at : (at[1] == '0' ? '~' : '/');
		at += escaped;
	}
	*to = '\0';
	return out;
}

static bool is_index(const char *part)
{
	return *part && part[strspn(part, "0123456789")] == '\0';
}

/* False when it goes through a list, which a merge cannot. */
static bool pointer_read(struct arena *arena, const char *text, struct pointer *out)
{
	out->len = 0;
	while (*text == '/') {
		size_t len = strcspn(text + 1, "/");

		if (out->len == PARTS_MAX)
			return false;
		out->part[out->len++] = plain_part(arena, text + 1, len);
		text += 1 + len;
	}
	for (size_t i = 0; i < out->len; i++) {
		bool end = text_equal(out->part[i], "-");

		if (is_index(out->part[i]) || (end && i + 1 < out->len))
			return false;
	}
	return out->len >= 2 &&
	       (text_equal(out->part[0], "machine") || text_equal(out->part[0], "cluster"));
}

static const struct value *nest(struct arena *arena, const struct pointer *pointer,
				const struct value *value)
{
	for (size_t i = pointer->len; i-- > 0;) {
		struct map_builder *map = map_begin(arena);

		map_src(map, value_src(value));
		map_add_at(map, pointer->part[i], value_src(value), value);
		value = map_end(map);
	}
	return value;
}

static const struct value *removal(struct arena *arena, struct src src)
{
	struct map_builder *map = map_begin(arena);

	map_src(map, src);
	map_add(map, "$patch", value_str(arena, "delete"));
	return map_end(map);
}

/* Lists and maps would be merged with what is there, so that goes first. Where something is added
 * there need not be anything, and what is not there cannot be deleted. */
static void add_value(struct arena *arena, struct pointer *pointer, const struct json_step *step,
		      struct list_builder *out)
{
	const struct value *value = step->value;

	if (text_equal(pointer->part[pointer->len - 1], "-")) {
		struct list_builder *list = list_begin(arena);

		list_add(list, value);
		pointer->len--;
		list_add(out, nest(arena, pointer, list_end(list)));
		return;
	}
	if (step->operation == JSON_REPLACE && value_kind(value) != VALUE_SCALAR)
		list_add(out, nest(arena, pointer, removal(arena, step->src)));
	list_add(out, nest(arena, pointer, value_with_src(arena, value, step->src)));
}

size_t operations_as_patches(struct arena *arena, const struct json_patch *operations,
			     struct list_builder *out)
{
	size_t left = 0;

	for (size_t i = 0; i < operations->len; i++) {
		const struct json_step *step = &operations->at[i];
		struct pointer pointer;
		bool known = step->operation == JSON_ADD || step->operation == JSON_REPLACE ||
			     step->operation == JSON_REMOVE;

		if (step->operation == JSON_TEST)
			continue;
		if (!known || !pointer_read(arena, step->path, &pointer))
			left++;
		else if (step->operation == JSON_REMOVE)
			list_add(out, nest(arena, &pointer, removal(arena, step->src)));
		else
			add_value(arena, &pointer, step, out);
	}
	return left;
}

struct patching {
	const struct conversion *base;
	struct list_builder *documents, *control;
	struct migrated_patch *out;
	bool seen;
};

static void see(void *context, const struct migrate_row *row, const struct value *value)
{
	struct patching *patching = context;

	patching->seen = true;
	if (patching->base->found)
		patching->base->found(patching->base->context, row, value);
}

static void add_document(struct patching *patching, const struct value *document)
{
	const char *kind = value_get_text(document, "kind");
	bool control = kind && migrate_is_control_kind(kind);

	list_add(control ? patching->control : patching->documents, document);
}

static bool says_something(const struct value *main)
{
	return main && (value_len(main) > 1 || !value_has(main, "version"));
}

static void convert_main(struct patching *patching, const struct value *main)
{
	struct arena *arena = patching->base->arena;
	struct conversion conversion = *patching->base;
	struct list_builder *made = list_begin(arena);

	conversion.main = main;
	conversion.found = see;
	conversion.context = patching;
	patching->seen = false;
	conversion_run(&conversion);
	if (!patching->seen && value_equal(conversion.rest, main)) {
		list_add(patching->documents, main);
		return;
	}
	patching->out->changed = true;
	if (says_something(conversion.rest))
		list_add(patching->documents, conversion.rest);
	made_values(&conversion.made, made);
	const struct value *all = list_end(made);
	for (size_t i = 0; i < value_len(all); i++)
		add_document(patching, value_at(all, i));
}

static int convert_operations(struct patching *patching, const struct value *list,
			      struct err *err)
{
	struct arena *arena = patching->base->arena;
	struct list_builder *parts = list_begin(arena);
	struct json_patch operations;

	if (json_patch_read(arena, list, &operations, err) < 0)
		return -1;
	patching->out->dropped = operations_as_patches(arena, &operations, parts);
	const struct value *all = list_end(parts);
	for (size_t i = 0; i < value_len(all); i++)
		convert_main(patching, value_at(all, i));
	patching->out->changed = operations.len > 0;
	return 0;
}

int patch_migrate(const struct conversion *base, const struct patch_source *source,
		  struct migrated_patch *out, struct err *err)
{
	struct yaml_input yaml = { .file = source->name, .text = source->text, .len = source->len };
	struct yaml_documents documents;
	struct patching patching = { .base = base, .out = out };

	*out = (struct migrated_patch){ .changed = false };
	if (yaml_read(base->arena, &yaml, &documents, err) < 0)
		return -1;
	patching.documents = list_begin(base->arena);
	patching.control = list_begin(base->arena);
	if (documents.len && value_is_list(documents.at[0])) {
		if (convert_operations(&patching, documents.at[0], err) < 0)
			return -1;
	} else {
		for (size_t i = 0; i < documents.len; i++) {
			if (value_is_null(documents.at[i]))
				continue;
			if (value_has(documents.at[i], "kind"))
				add_document(&patching, documents.at[i]);
			else
				convert_main(&patching, documents.at[i]);
		}
	}
	out->documents = list_end(patching.documents);
	out->control = list_end(patching.control);
	return 0;
}
