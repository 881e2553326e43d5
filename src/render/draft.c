#include "render/draft.h"

#include "render/schema.h"

#include <string.h>

static const struct value *put(struct arena *arena, const struct value *map, const char *path,
			       const struct value *value)
{
	size_t len = strcspn(path, ".");
	const char *key = arena_strn(arena, path, len);

	if (!value_is_map(map))
		map = map_end(map_begin(arena));
	if (path[len])
		value = put(arena, value_get(map, key), path + len + 1, value);
	return value_set(arena, map, key, value);
}

void draft_put(struct draft *draft, const char *path, const struct value *value)
{
	if (draft->src.file)
		value = value_with_src(draft->arena, value, draft->src);
	draft->root = put(draft->arena, draft->root, path, value);
}

void draft_text(struct draft *draft, const char *path, const char *text)
{
	draft_put(draft, path, value_str(draft->arena, text));
}

void draft_flag(struct draft *draft, const char *path, bool flag)
{
	draft_put(draft, path, value_of_bool(draft->arena, flag));
}

void draft_number(struct draft *draft, const char *path, int64_t number)
{
	draft_put(draft, path, value_of_int(draft->arena, number));
}

void draft_texts(struct draft *draft, const char *path, const char *const *texts, size_t count)
{
	struct list_builder *list = list_begin(draft->arena);

	for (size_t i = 0; i < count; i++)
		list_add(list, value_str(draft->arena, texts[i]));
	draft_put(draft, path, list_end(list));
}

void draft_section(struct draft *draft, const char *path)
{
	const struct value *found = draft->root;
	const char *rest = path;

	while (found && *rest) {
		size_t len = strcspn(rest, ".");
		found = value_get(found, arena_strn(draft->arena, rest, len));
		rest += len + (rest[len] == '.');
	}
	if (!value_is_map(found))
		draft_put(draft, path, map_end(map_begin(draft->arena)));
}

void draft_rows(struct draft *draft, const struct draft_row *rows)
{
	for (; rows->path; rows++)
		draft_text(draft, rows->path, rows->text);
}

void draft_start(struct draft *draft, struct arena *arena, const char *kind, const char *name)
{
	*draft = (struct draft){ .arena = arena };
	if (strcmp(kind, SCHEMA_MAIN) != 0) {
		draft_text(draft, "apiVersion", "v1alpha1");
		draft_text(draft, "kind", kind);
	}
	if (name)
		draft_text(draft, "name", name);
}
