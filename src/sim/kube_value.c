#include "sim/kube_value.h"

#include "base/clock.h"
#include "tree/json.h"
#include "tree/yaml.h"

#include <stdio.h>
#include <string.h>

#define KEY_MAX 80

/* Copies the first key of a path; returns what follows it, NULL: nothing. */
static const char *first_key(const char *path, char key[static KEY_MAX])
{
	const char *dot = strchr(path, '.');
	size_t len = dot ? (size_t)(dot - path) : strlen(path);

	snprintf(key, KEY_MAX, "%.*s", (int)len, path);
	return dot ? dot + 1 : NULL;
}

const struct value *kube_at(const struct value *value, const char *path)
{
	char key[KEY_MAX];

	while (path) {
		path = first_key(path, key);
		value = value_get(value, key);
	}
	return value;
}

const char *kube_text(const struct value *value, const char *path)
{
	const char *text = value_text(kube_at(value, path));

	return text ? text : "";
}

bool kube_is(const struct value *value, const char *path, const char *text)
{
	return !strcmp(kube_text(value, path), text);
}

int64_t kube_int(const struct value *value, const char *path, int64_t otherwise)
{
	int64_t number;

	return value_i64(kube_at(value, path), &number) ? number : otherwise;
}

bool kube_flag(const struct value *value, const char *path)
{
	return value_bool(kube_at(value, path), false);
}

const struct value *kube_with(struct arena *arena, const struct value *value, const char *path,
			      const struct value *part)
{
	char key[KEY_MAX];
	const char *rest = first_key(path, key);
	const struct value *map = value_is_map(value) ? value : map_end(map_begin(arena));

	if (rest && !part && !value_get(map, key))
		return map;
	if (rest)
		part = kube_with(arena, value_get(map, key), rest, part);
	return value_set(arena, map, key, part);
}

const struct value *kube_with_text(struct arena *arena, const struct value *value,
				   const char *path, const char *text)
{
	return kube_with(arena, value, path, value_str(arena, text));
}

const struct value *kube_label_of(const struct value *value, const char *key)
{
	return value_get(kube_at(value, "metadata.labels"), key);
}

const struct value *kube_annotation_of(const struct value *value, const char *key)
{
	return value_get(kube_at(value, "metadata.annotations"), key);
}

const struct value *kube_yaml(struct arena *arena, const char *fmt, ...)
{
	struct yaml_documents documents;
	va_list args;

	va_start(args, fmt);
	const char *text = arena_vprintf(arena, fmt, args);
	va_end(args);

	const struct yaml_input input = { .file = "simulated", .text = text, .len = strlen(text) };

	if (yaml_read(arena, &input, &documents, NULL) < 0 || documents.len != 1)
		return value_null(arena);
	return documents.at[0];
}

const struct value *kube_time(struct arena *arena, uint64_t wall)
{
	char text[TIME_TEXT_MAX];

	return value_str(arena, time_text(wall, text));
}

const struct value *kube_time_micro(struct arena *arena, uint64_t wall)
{
	char text[TIME_TEXT_MAX];

	time_text(wall, text);
	return value_strf(arena, "%.*s.%06uZ", (int)strlen(text) - 1, text,
			  (unsigned)(wall % SECOND / MICROSECOND));
}

void kube_json(struct str *out, const struct value *value)
{
	json_write(out, value, &(struct json_style){ JSON_COMPACT, .show_sensitive = true });
}

const char *kube_hash(struct arena *arena, const struct value *value)
{
	static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
	struct str text SCOPED(str_done) = STR_INIT((size_t)4 << 20);
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	char *name = arena_alloc(arena, 11);

	kube_json(&text, value);
	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.at[i]) * UINT64_C(0x100000001b3);
	for (size_t i = 0; i < 10; i++) {
		name[i] = letters[hash % (sizeof(letters) - 1)];
		hash /= sizeof(letters) - 1;
	}
	return name;
}

/* ---- lists ----------------------------------------------------------------------------------- */

const struct value *kube_entry(const struct value *list, const char *key, const char *text)
{
	for (size_t i = 0; value_is_list(list) && i < value_len(list); i++) {
		if (kube_is(value_at(list, i), key, text))
			return value_at(list, i);
	}
	return NULL;
}

const struct value *kube_list_with(struct arena *arena, const struct value *list, const char *key,
				   const struct value *entry)
{
	struct list_builder *more = list_begin(arena);
	const char *text = kube_text(entry, key);
	bool put = false;

	for (size_t i = 0; value_is_list(list) && i < value_len(list); i++) {
		bool same = kube_is(value_at(list, i), key, text);

		list_add(more, same ? entry : value_at(list, i));
		put = put || same;
	}
	if (!put)
		list_add(more, entry);
	return list_end(more);
}

const struct value *kube_list_without(struct arena *arena, const struct value *list,
				      const char *key, const char *text)
{
	struct list_builder *less = list_begin(arena);

	for (size_t i = 0; value_is_list(list) && i < value_len(list); i++) {
		if (!kube_is(value_at(list, i), key, text))
			list_add(less, value_at(list, i));
	}
	return list_end(less);
}

const struct value *kube_list_join(struct arena *arena, const struct value *a,
				   const struct value *b)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; value_is_list(a) && i < value_len(a); i++)
		list_add(list, value_at(a, i));
	for (size_t i = 0; value_is_list(b) && i < value_len(b); i++)
		list_add(list, value_at(b, i));
	return list_end(list);
}

/* ---- conditions ------------------------------------------------------------------------------ */

const struct value *kube_with_condition(struct arena *arena, const struct value *object,
					const struct kube_condition *condition, uint64_t wall)
{
	const struct value *list = kube_at(object, "status.conditions");
	const struct value *old = kube_entry(list, "type", condition->type);
	const struct value *since = value_get(old, "lastTransitionTime");
	struct map_builder *map = map_begin(arena);

	if (!since || !kube_is(old, "status", condition->status))
		since = kube_time(arena, wall);
	else if (kube_is(old, "reason", condition->reason) &&
		 kube_is(old, "message", condition->message))
		return object;
	map_add(map, "type", value_str(arena, condition->type));
	map_add(map, "status", value_str(arena, condition->status));
	map_add(map, "lastTransitionTime", since);
	map_add(map, "reason", value_str(arena, condition->reason));
	map_add(map, "message", value_str(arena, condition->message));
	return kube_with(arena, object, "status.conditions",
			 kube_list_with(arena, list, "type", map_end(map)));
}

bool kube_has_condition(const struct value *object, const char *type)
{
	const struct value *list = kube_at(object, "status.conditions");

	return kube_is(kube_entry(list, "type", type), "status", "True");
}
