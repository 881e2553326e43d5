#include "render/selector.h"

#include "base/own.h"
#include "base/str.h"
#include "base/text.h"
#include "render/fault.h"
#include "render/scalar_forms.h"

#include <string.h>

#define DEPTH_MAX 128
#define TEXT_MAX ((size_t)64 << 10)

struct search {
	struct selectors *found;
	const struct value *root;
	const char *path[DEPTH_MAX];
	size_t depth;
	struct err *err;
};

enum outcome {
	KEPT,
	CUT,
	FAILED
};

static enum outcome search_value(struct search *search, const struct value *value, bool in_list,
				 const struct value **rest);

static const char *path_text(const struct search *search)
{
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);

	for (size_t i = 0; i < search->depth; i++)
		str_addf(&text, "%s%s", i ? "." : "", search->path[i]);
	return arena_str(search->found->arena, str_text(&text));
}

static const char *scalar_at(const struct value *map, const char *key)
{
	const char *text = value_get_text(map, key);

	return text ? text : "";
}

static int name_document(struct search *search, struct selector *selector)
{
	const char *version = scalar_at(search->root, "apiVersion");
	const char *kind = scalar_at(search->root, "kind");

	if (!search->depth && (!version[0] || !kind[0]))
		return fault(search->err, selector->src,
			     "a document is deleted by apiVersion and kind, and the %s is missing",
			     version[0] ? "kind" : "apiVersion");
	if (!version[0] != !kind[0])
		return fault(search->err, selector->src, "the document has no %s",
			     version[0] ? "kind" : "apiVersion");
	selector->kind = kind[0] ? kind : SCHEMA_MAIN;
	selector->name = kind[0] ? scalar_at(search->root, "name") : "";
	return 0;
}

static int name_element(struct search *search, const struct value *map, struct selector *selector)
{
	for (size_t i = 0; i < value_len(map); i++) {
		const char *text = value_text(value_at(map, i));
		if (!strcmp(value_key_at(map, i), "$patch") && text_equal(text, "delete"))
			continue;
		selector->key = value_key_at(map, i);
		selector->value = text ? text : "";
		return 0;
	}
	return fault(search->err, selector->src,
		     "a list element is deleted by one of its fields, and none is given");
}

static int inside_element(const struct search *search, struct src src)
{
	for (size_t i = 0; i < search->depth; i++) {
		if (search->path[i][0] == '[')
			return fault(search->err, src,
				     "nothing can be deleted inside a list element (%s)",
				     path_text(search));
	}
	return 0;
}

/* Keys that neither ask for the deletion nor say of what. */
static int check_siblings(const struct search *search, const struct value *map, const char *key)
{
	static const char *const headers[] = { "apiVersion", "kind", "name" };

	for (size_t i = 0; i < value_len(map) && search->found->traps; i++) {
		const char *sibling = value_key_at(map, i);
		bool wanted = !strcmp(sibling, "$patch") || text_equal(sibling, key);

		for (size_t k = 0; k < ARRAY_LEN(headers) && !search->depth; k++)
			wanted = wanted || !strcmp(sibling, headers[k]);
		if (!wanted && trap_found(search->found->traps, TRAP_SIBLINGS_LOST,
					  value_key_src(map, sibling)) < 0)
			return -1;
	}
	return 0;
}

static enum outcome select_map(struct search *search, const struct value *map, bool in_list)
{
	struct selectors *found = search->found;
	const char **path = arena_calloc(found->arena, search->depth + 1, sizeof(*path));
	struct selector selector = {
		.path = path,
		.text = path_text(search),
		.src = value_key_src(map, "$patch"),
	};

	for (size_t i = 0; i < search->depth; i++)
		path[i] = search->path[i];
	if (!in_list && inside_element(search, selector.src) < 0)
		return FAILED;
	if (name_document(search, &selector) < 0 ||
	    (in_list && name_element(search, map, &selector) < 0) ||
	    check_siblings(search, map, selector.key) < 0)
		return FAILED;
	found->at = arena_grow(found->arena, found->at, found->len, &found->cap,
			       sizeof(*found->at));
	found->at[found->len++] = selector;
	return CUT;
}

static enum outcome search_child(struct search *search, const char *step,
				 const struct value *value, bool in_list,
				 const struct value **rest)
{
	if (search->depth == DEPTH_MAX) {
		fault(search->err, value_src(value), "the document is nested too deeply");
		return FAILED;
	}
	search->path[search->depth++] = step;
	enum outcome outcome = search_value(search, value, in_list, rest);
	search->depth--;
	return outcome;
}

static enum outcome search_map(struct search *search, const struct value *map, bool in_list,
			       const struct value **rest)
{
	struct map_builder *kept = map_begin(search->found->arena);
	bool changed = false;
	size_t len = 0;

	map_src(kept, value_src(map));
	for (size_t i = 0; i < value_len(map); i++) {
		const char *key = value_key_at(map, i);
		const struct value *child = value_at(map, i);
		if (!strcmp(key, "$patch") && text_equal(value_text(child), "delete"))
			return select_map(search, map, in_list);
		enum outcome outcome = search_child(search, key, child, false, &child);
		if (outcome == FAILED)
			return FAILED;
		changed = changed || outcome == CUT || child != value_at(map, i);
		if (outcome == CUT)
			continue;
		map_add_at(kept, key, value_key_src(map, key), child);
		len++;
	}
	if (!changed)
		return KEPT;
	*rest = map_end(kept);
	return len ? KEPT : CUT;
}

static enum outcome search_list(struct search *search, const struct value *list,
				const struct value **rest)
{
	struct arena *arena = search->found->arena;
	struct list_builder *kept = list_begin(arena);
	bool changed = false;
	size_t len = 0;

	list_src(kept, value_src(list));
	for (size_t i = 0; i < value_len(list); i++) {
		const struct value *child = value_at(list, i);
		const char *step = arena_printf(arena, "[%zu]", len);
		enum outcome outcome = search_child(search, step, child, true, &child);
		if (outcome == FAILED)
			return FAILED;
		changed = changed || outcome == CUT || child != value_at(list, i);
		if (outcome == CUT)
			continue;
		list_add(kept, child);
		len++;
	}
	if (!changed)
		return KEPT;
	*rest = list_end(kept);
	return len ? KEPT : CUT;
}

static enum outcome search_value(struct search *search, const struct value *value, bool in_list,
				 const struct value **rest)
{
	*rest = value;
	if (value_is_map(value))
		return search_map(search, value, in_list, rest);
	if (value_is_list(value))
		return search_list(search, value, rest);
	return KEPT;
}

/* Hardly any document asks for it, and looking closer copies what is looked at. */
static bool may_ask(const struct value *value, size_t depth)
{
	for (size_t i = 0; i < value_len(value); i++) {
		const char *key = value_key_at(value, i);

		if (depth == DEPTH_MAX || (key && strcmp(key, "$patch") == 0) ||
		    may_ask(value_at(value, i), depth + 1))
			return true;
	}
	return false;
}

int selectors_take(struct selectors *selectors, const struct value *document,
		   const struct value **rest, struct err *err)
{
	struct search search = { .found = selectors, .root = document, .err = err };
	enum outcome outcome = KEPT;

	*rest = document;
	if (may_ask(document, 0))
		outcome = search_value(&search, document, false, rest);
	if (outcome == CUT)
		*rest = NULL;
	return outcome == FAILED ? -1 : 0;
}

struct removal {
	const struct selection *selection;
	const struct selector *selector;
	struct err *err;
};

static const struct value *remove_in_fields(const struct removal *removal,
					    const struct schema_field *fields,
					    const struct value *map, const char *const *path);

static const struct value *missing(const struct removal *removal)
{
	fault(removal->err, removal->selector->src, "there is no %s to delete in %s%s%s",
	      removal->selector->text, removal->selector->kind,
	      removal->selector->name[0] ? " " : "", removal->selector->name);
	return NULL;
}

/* The text an element is compared by; only some types have one. */
static bool element_matches(const struct removal *removal, const struct schema_field *fields,
			    const struct value *element)
{
	const struct schema_field *field =
		schema_find(fields, removal->selector->key, removal->selection->release);

	if (!value_is_map(element) || !field || field->shape != SHAPE_ONE ||
	    !scalar_form_selects(field->type))
		return false;
	const struct value *value = value_get(element, field->name);
	if (value_is_null(value)) {
		if (field->pointer)
			return false;
		value = scalar_form_zero(removal->selection->arena, field);
	}
	if (!value_text_len(value) && !scalar_form_selects_empty(field->type))
		return false;
	return !strcmp(value_text(value), removal->selector->value);
}

static const struct value *remove_element(const struct removal *removal,
					  const struct schema_field *field,
					  const struct value *list, const char *const *path)
{
	struct list_builder *kept = list_begin(removal->selection->arena);
	bool removed = false;

	if (path[1]) {
		fault(removal->err, removal->selector->src,
		      "nothing can be deleted in a list inside a list element (%s)",
		      removal->selector->text);
		return NULL;
	}
	list_src(kept, value_src(list));
	for (size_t i = 0; i < value_len(list); i++) {
		const struct value *element = value_at(list, i);
		if (!removed && field->type == TYPE_STRUCT &&
		    element_matches(removal, field->inner, element))
			removed = true;
		else
			list_add(kept, element);
	}
	return removed ? list_end(kept) : missing(removal);
}

static const struct value *remove_in_free(const struct removal *removal, const struct value *map,
					  const char *const *path)
{
	const struct value *child = value_get(map, path[0]);

	if (!value_is_map(map) || !child)
		return missing(removal);
	if (!path[1])
		return value_set(removal->selection->arena, map, path[0], NULL);
	child = remove_in_free(removal, child, path + 1);
	return child ? value_set(removal->selection->arena, map, path[0], child) : NULL;
}

static const struct value *remove_in_map(const struct removal *removal,
					 const struct schema_field *field, const struct value *map,
					 const char *const *path)
{
	const struct value *child = value_get(map, path[0]);

	if (!child)
		return missing(removal);
	if (!path[1])
		return value_set(removal->selection->arena, map, path[0], NULL);
	if (field->type != TYPE_STRUCT)
		return missing(removal);
	child = remove_in_fields(removal, field->inner, child, path + 1);
	return child ? value_set(removal->selection->arena, map, path[0], child) : NULL;
}

static const struct value *remove_in_fields(const struct removal *removal,
					    const struct schema_field *fields,
					    const struct value *map, const char *const *path)
{
	struct arena *arena = removal->selection->arena;
	const struct schema_field *field =
		schema_find(fields, path[0], removal->selection->release);
	const struct value *child = value_get(map, path[0]);

	if (!field)
		return remove_in_free(removal, map, path);
	if (!path[1])
		return child ? value_set(arena, map, path[0], NULL) : map;
	if (value_is_null(child) && field->pointer)
		return missing(removal);
	if (value_is_null(child))
		child = map_end(map_begin(arena));

	if (field->shape == SHAPE_LIST)
		child = remove_element(removal, field, child, path + 1);
	else if (field->shape == SHAPE_MAP)
		child = remove_in_map(removal, field, child, path + 1);
	else if (field->type == TYPE_FREE)
		child = remove_in_free(removal, child, path + 1);
	else if (field->type == TYPE_STRUCT)
		child = remove_in_fields(removal, field->inner, child, path + 1);
	else
		child = missing(removal);
	return child ? value_set(arena, map, path[0], child) : NULL;
}

const struct value *selector_apply(const struct selection *selection,
				   const struct selector *selector,
				   const struct schema_field *fields, const struct value *map,
				   struct err *err)
{
	struct removal removal = { selection, selector, err };

	return remove_in_fields(&removal, fields, map, selector->path);
}
