#include "sim/kube_patch.h"

#include "base/text.h"
#include "sim/kube_value.h"

#include <string.h>

const struct value *patch_merge(struct arena *arena, const struct value *object,
				const struct value *patch)
{
	const struct value *map = value_is_map(object) ? object : map_end(map_begin(arena));

	if (!value_is_map(patch))
		return patch;
	for (size_t i = 0; i < value_len(patch); i++) {
		const char *key = value_key_at(patch, i);
		const struct value *part = value_at(patch, i);

		map = value_set(arena, map, key,
				value_is_null(part)
					? NULL
					: patch_merge(arena, value_get(map, key), part));
	}
	return map;
}

/* ---- strategic ------------------------------------------------------------------------------- */

/* The key by which a strategic patch merges a list; it is one key where apply may have two. */
static const char *merge_key(const char *field, const struct value *list)
{
	static const struct {
		const char *field, *key;
	} keys[] = {
		{ "containers", "name" },
		{ "initContainers", "name" },
		{ "env", "name" },
		{ "volumes", "name" },
		{ "volumeMounts", "mountPath" },
		{ "imagePullSecrets", "name" },
		{ "ports", "containerPort" },
		{ "conditions", "type" },
		{ "addresses", "type" },
		{ "ownerReferences", "uid" },
		{ "taints", "key" },
		{ "hostAliases", "ip" },
	};

	if (!value_is_list(list) || !field)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (!strcmp(keys[i].field, field))
			return keys[i].key;
	}
	return NULL;
}

static bool is_order(const char *key)
{
	return text_starts(key, "$setElementOrder/") || text_starts(key, "$retainKeys");
}

static const struct value *merge_entries(struct arena *arena, const struct value *list,
					 const struct value *patch, const char *key)
{
	for (size_t i = 0; i < value_len(patch); i++) {
		const struct value *entry = value_at(patch, i);
		const char *name = kube_text(entry, key);
		const struct value *old = kube_entry(list, key, name);

		if (kube_is(entry, "$patch", "delete"))
			list = kube_list_without(arena, list, key, name);
		else if (kube_is(entry, "$patch", "replace"))
			list = NULL;
		else
			list = kube_list_with(arena, list, key,
					      old ? patch_strategic(arena, NULL, old, entry)
						  : entry);
	}
	return list ? list : list_end(list_begin(arena));
}

/* A list of scalars of which the patch names those to go. */
static const struct value *delete_scalars(struct arena *arena, const struct value *list,
					  const struct value *gone)
{
	for (size_t i = 0; i < value_len(gone); i++) {
		struct list_builder *less = list_begin(arena);

		for (size_t k = 0; k < value_len(list); k++) {
			if (!value_equal(value_at(list, k), value_at(gone, i)))
				list_add(less, value_at(list, k));
		}
		list = list_end(less);
	}
	return list;
}

static const struct value *strategic_key(struct arena *arena, const struct value *map,
					 const char *key, const struct value *part)
{
	static const char from_list[] = "$deleteFromPrimitiveList/";

	if (is_order(key))
		return map;
	if (text_starts(key, from_list)) {
		key += strlen(from_list);
		if (!value_get(map, key))
			return map;
		return value_set(arena, map, key, delete_scalars(arena, value_get(map, key), part));
	}
	if (value_is_null(part))
		return value_set(arena, map, key, NULL);
	return value_set(arena, map, key, patch_strategic(arena, key, value_get(map, key), part));
}

const struct value *patch_strategic(struct arena *arena, const char *field,
				    const struct value *object, const struct value *patch)
{
	const char *key = merge_key(field, patch);
	const struct value *map = value_is_map(object) ? object : map_end(map_begin(arena));

	if (key)
		return merge_entries(arena, object, patch, key);
	if (field && !strcmp(field, "finalizers") && value_is_list(object) && value_is_list(patch))
		return kube_list_join(arena, delete_scalars(arena, object, patch), patch);
	if (!value_is_map(patch))
		return patch;
	if (kube_is(patch, "$patch", "replace"))
		return value_set(arena, patch, "$patch", NULL);
	for (size_t i = 0; i < value_len(patch); i++)
		map = strategic_key(arena, map, value_key_at(patch, i), value_at(patch, i));
	return map;
}

/* ---- JSON Patch ------------------------------------------------------------------------------ */

enum edit_kind {
	EDIT_ADD,
	EDIT_REPLACE,
	EDIT_REMOVE
};

struct edit {
	struct arena *arena;
	enum edit_kind kind;
	const char *path;
	const struct value *value;
};

/* The first part of a pointer without its escapes; *rest is what follows, NULL: nothing. */
static const char *pointer_part(struct arena *arena, const char *pointer, const char **rest)
{
	const char *end = strchrnul(pointer + 1, '/');
	char *part = arena_strn(arena, pointer + 1, (size_t)(end - pointer - 1)), *to = part;

	for (const char *from = part; *from; from++) {
		bool escape = *from == '~' && (from[1] == '0' || from[1] == '1');

		*to++ = !escape ? *from : from[1] == '1' ? '/'
							 : '~';
		from += escape;
	}
	*to = '\0';
	*rest = *end ? end : NULL;
	return part;
}

static int err_no_path(const struct edit *edit, struct err *err)
{
	return err_set(err, ERR_CONFLICT,
		       "the server rejected our request due to an error in our request: path "
		       "%.120s is not there",
		       edit->path);
}

static int edit_value(const struct edit *edit, const struct value *value, const char *pointer,
		      const struct value **out, struct err *err);

static int edit_map(const struct edit *edit, const struct value *map, const char *pointer,
		    const struct value **out, struct err *err)
{
	const char *rest, *key = pointer_part(edit->arena, pointer, &rest);
	const struct value *part = value_get(map, key);

	if (!part && (rest || edit->kind != EDIT_ADD))
		return err_no_path(edit, err);
	if (rest && edit_value(edit, part, rest, &part, err) < 0)
		return -1;
	if (!rest)
		part = edit->kind == EDIT_REMOVE ? NULL : edit->value;
	*out = value_set(edit->arena, map, key, part);
	return 0;
}

/* What an edit puts in the place of an entry; NULL: nothing. */
static const struct value *entry_after(const struct edit *edit, const struct value *part)
{
	return edit->kind == EDIT_REMOVE    ? NULL
	       : edit->kind == EDIT_REPLACE ? edit->value
					    : part;
}

/* The same list with one more entry. */
static const struct value *list_insert(const struct edit *edit, const struct value *list,
				       uint64_t at)
{
	struct list_builder *made = list_begin(edit->arena);

	for (size_t i = 0; i <= value_len(list); i++) {
		if (i == at)
			list_add(made, edit->value);
		if (i < value_len(list))
			list_add(made, value_at(list, i));
	}
	return list_end(made);
}

static int edit_list(const struct edit *edit, const struct value *list, const char *pointer,
		     const struct value **out, struct err *err)
{
	const char *rest, *key = pointer_part(edit->arena, pointer, &rest);
	bool insert = edit->kind == EDIT_ADD && !rest;
	struct list_builder *made = list_begin(edit->arena);
	uint64_t at = value_len(list);

	if ((strcmp(key, "-") != 0 && !text_u64(key, &at)) || at > value_len(list) ||
	    (!insert && at == value_len(list)))
		return err_no_path(edit, err);
	if (insert) {
		*out = list_insert(edit, list, at);
		return 0;
	}
	for (size_t i = 0; i < value_len(list); i++) {
		const struct value *part = value_at(list, i);

		if (i == at && rest && edit_value(edit, part, rest, &part, err) < 0)
			return -1;
		if (i == at && !rest)
			part = entry_after(edit, part);
		if (part)
			list_add(made, part);
	}
	*out = list_end(made);
	return 0;
}

static int edit_value(const struct edit *edit, const struct value *value, const char *pointer,
		      const struct value **out, struct err *err)
{
	if (*pointer != '/')
		return err_no_path(edit, err);
	if (value_is_map(value))
		return edit_map(edit, value, pointer, out, err);
	if (value_is_list(value))
		return edit_list(edit, value, pointer, out, err);
	return err_no_path(edit, err);
}

static const struct value *pointed(struct arena *arena, const struct value *value,
				   const char *pointer)
{
	while (pointer && *pointer) {
		const char *key = pointer_part(arena, pointer, &pointer);
		uint64_t at;

		if (value_is_list(value))
			value = text_u64(key, &at) ? value_at(value, at) : NULL;
		else
			value = value_get(value, key);
	}
	return value;
}

static int patch_step(struct arena *arena, const struct value *step, const struct value **object,
		      struct err *err)
{
	const char *op = kube_text(step, "op"), *from = kube_text(step, "from");
	struct edit edit = { arena, EDIT_ADD, kube_text(step, "path"), value_get(step, "value") };

	if (!strcmp(op, "test")) {
		const struct value *there = pointed(arena, *object, edit.path);

		if (there ? value_equal(there, edit.value) : value_is_null(edit.value))
			return 0;
		return err_set(err, ERR_CONFLICT,
			       "the server rejected our request due to an error in our request: "
			       "testing path %.120s failed",
			       edit.path);
	}
	if (!strcmp(op, "copy") || !strcmp(op, "move")) {
		const struct edit less = { arena, EDIT_REMOVE, from, NULL };

		edit.value = pointed(arena, *object, from);
		if (!edit.value)
			return err_no_path(&less, err);
		if (*op == 'm' && edit_value(&less, *object, from, object, err) < 0)
			return -1;
	} else if (!strcmp(op, "remove")) {
		edit.kind = EDIT_REMOVE;
	} else if (!strcmp(op, "replace")) {
		edit.kind = EDIT_REPLACE;
	} else if (strcmp(op, "add") != 0) {
		return err_set(err, ERR_INPUT, "\"%.40s\" is no operation of a JSON patch", op);
	}
	return edit_value(&edit, *object, edit.path, object, err);
}

int patch_json(struct arena *arena, const struct value *object, const struct value *patch,
	       const struct value **out, struct err *err)
{
	if (!value_is_list(patch))
		return err_set(err, ERR_INPUT, "a JSON patch is a list");
	for (size_t i = 0; i < value_len(patch); i++) {
		if (patch_step(arena, value_at(patch, i), &object, err) < 0)
			return -1;
	}
	*out = object;
	return 0;
}
