/* One main document through the map: rows put what it says into documents and take it out. */
#include "convert/migrate_parts.h"

#include "base/own.h"
#include "base/text.h"

#include <string.h>

#define MARK "$patch"

struct made *made_find(const struct made_list *list, const char *kind, const char *name)
{
	for (size_t i = 0; i < list->len; i++)
		if (text_equal(list->at[i].kind, kind) && text_equal(list->at[i].name, name))
			return &list->at[i];
	return NULL;
}

struct made *made_get(struct made_list *list, const char *kind, const char *name)
{
	struct made *made = made_find(list, kind, name);

	if (made)
		return made;
	list->at = arena_grow(list->arena, list->at, list->len, &list->cap, sizeof(*list->at));
	made = &list->at[list->len++];
	*made = (struct made){
		.kind = kind,
		.name = name,
		.remove = { .arena = list->arena },
		.set = { .arena = list->arena },
	};
	return made;
}

static void begin(struct made_list *list, struct draft *draft, const struct made *made)
{
	if (!draft->root)
		draft_start(draft, list->arena, made->kind, made->name);
}

void made_set(struct made_list *list, const char *kind, const char *name, const char *path,
	      const struct value *value)
{
	struct made *made = made_get(list, kind, name);

	begin(list, &made->set, made);
	if (path)
		draft_put(&made->set, path, value);
}

void made_delete(struct made_list *list, const char *kind, const char *name, const char *path)
{
	struct made *made = made_get(list, kind, name);
	const char *mark = path ? arena_printf(list->arena, "%s." MARK, path) : MARK;

	begin(list, &made->remove, made);
	draft_text(&made->remove, mark, "delete");
}

void made_values(const struct made_list *list, struct list_builder *out)
{
	for (size_t i = 0; i < list->len; i++)
		if (list->at[i].remove.root)
			list_add(out, list->at[i].remove.root);
	for (size_t i = 0; i < list->len; i++)
		if (list->at[i].set.root)
			list_add(out, list->at[i].set.root);
}

bool is_removal(const struct value *value)
{
	return text_equal(value_get_text(value, MARK), "delete");
}

/* What a key of dotted parts begins with, below `at`; moves *path behind that part. */
static const struct value *take_part(const struct value *at, const char **path)
{
	size_t len = strcspn(*path, ".");
	char key[128];

	if (len >= sizeof(key))
		return NULL;
	memcpy(key, *path, len);
	key[len] = '\0';
	*path += len + ((*path)[len] == '.');
	return value_get(at, key);
}

/* What stands at a path, be it a removal. */
static const struct value *main_at(const struct value *main, const char *path)
{
	const struct value *at = main;

	while (at && *path)
		at = take_part(at, &path);
	return at;
}

const struct value *main_look(const struct value *main, const char *path, bool *removed)
{
	const struct value *at = main;

	*removed = is_removal(at);
	while (!*removed && value_is_map(at) && *path) {
		at = take_part(at, &path);
		*removed = is_removal(at);
	}
	return *removed || !*path ? at : NULL;
}

const struct value *main_get(const struct value *main, const char *path)
{
	bool removed;
	const struct value *value = main_look(main, path, &removed);

	return removed ? NULL : value;
}

const struct value *main_strip(struct arena *arena, const struct value *main, const char *path)
{
	size_t len = strcspn(path, ".");
	const char *key = arena_strn(arena, path, len);
	const struct value *child = value_get(main, key);

	if (!child)
		return main;
	if (!path[len])
		return value_set(arena, main, key, NULL);
	if (!value_is_map(child) || !value_len(child))
		return main;
	child = main_strip(arena, child, path + len + 1);
	return value_set(arena, main, key, value_len(child) ? child : NULL);
}

/* A section that is deleted as a whole: what is left of its subsystems shows in the result. */
static bool is_removed_above(const struct conversion *c, const char *path)
{
	const char *dot = strrchr(path, '.');
	bool removed = false;

	if (dot)
		(void)main_look(c->main, arena_strn(c->arena, path, (size_t)(dot - path)),
				&removed);
	return removed;
}

static void put_row(struct conversion *c, const struct migrate_row *row, const struct value *value)
{
	if (is_removed_above(c, row->from))
		return;
	if (c->strip || (row->whole && !c->whole))
		return;
	if (c->whole && !c->control && row->kind && migrate_is_control_kind(row->kind))
		return;
	if (row->put)
		row->put(c, row, value);
	else if (is_removal(value))
		made_delete(&c->made, row->kind, row->name, row->to);
	else
		made_set(&c->made, row->kind, row->name, row->to, value);
}

static bool has_place(const struct migrate_row *row)
{
	return row->kind || row->put;
}

/* What is left of a section when all it had is gone. */
static const struct value *without_empty(const struct conversion *c, const struct migrate_row *row,
					 const struct value *rest)
{
	char *path = arena_str(c->arena, row->from);

	for (char *dot = strrchr(path, '.'); dot; dot = strrchr(path, '.')) {
		*dot = '\0';
		const struct value *section = strchr(path, '.') ? main_get(rest, path) : NULL;

		if (value_is_map(section) && !value_len(section))
			rest = main_strip(c->arena, rest, path);
	}
	return rest;
}

/* Without all that it deletes; NULL: nothing is left. */
static const struct value *without_removals(struct arena *arena, const struct value *value)
{
	struct list_builder *list;
	const struct value *out = value;

	if (is_removal(value))
		return NULL;
	for (size_t i = 0; value_is_map(value) && i < value_len(value); i++)
		out = value_set(arena, out, value_key_at(value, i),
				without_removals(arena, value_at(value, i)));
	if (!value_is_list(value))
		return out;
	list = list_begin(arena);
	for (size_t i = 0; i < value_len(value); i++)
		if (!is_removal(value_at(value, i)))
			list_add(list, value_at(value, i));
	out = list_end(list);
	return value_len(out) == value_len(value) ? value : out;
}

/* In 1.14 the section is not generated, so that there may be nothing to delete yet. */
static const struct value *prune(const struct conversion *c, const struct migrate_row *row,
				 const struct value *rest)
{
	struct draft draft = { .arena = c->arena, .root = rest };
	char *path = arena_str(c->arena, row->from);
	bool removed;
	const struct value *value = main_look(rest, path, &removed);

	if (removed) {
		for (char *dot = strrchr(path, '.'); dot && !is_removal(main_at(rest, path));
		     dot = strrchr(path, '.'))
			*dot = '\0';
		return main_strip(c->arena, rest, path);
	}
	if (!value || value_kind(value) == VALUE_SCALAR)
		return rest;
	value = without_removals(c->arena, value);
	draft_put(&draft, row->from, value);
	return draft.root;
}

void conversion_run(struct conversion *c)
{
	const struct value *rest = c->main;

	c->made = (struct made_list){ .arena = c->arena };
	for (const struct migrate_row *row = c->map; row->from; row++) {
		bool removed;
		const struct value *value = main_look(c->main, row->from, &removed);

		if (c->stays[row->subsystem] && c->prune)
			rest = prune(c, row, rest);
		/* Where documents say it already, the section to delete is what stays of it. */
		if (c->stays[row->subsystem] || !has_place(row) || (removed && c->complete))
			continue;
		if (value_is_null(value)) {
			rest = main_strip(c->arena, rest, row->from);
			rest = without_empty(c, row, rest);
			continue;
		}
		if (c->found)
			c->found(c->context, row, value);
		put_row(c, row, value);
		rest = main_strip(c->arena, rest, row->from);
	}
	c->rest = value_len(rest) ? rest : NULL;
	conversion_install(c);
	if (c->whole)
		conversion_complete(c);
}
