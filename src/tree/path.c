#include "tree/path.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct path_reader {
	struct arena *arena;
	const char *text, *at;
	struct path path;
	size_t cap;
};

static int part_add(struct path_reader *reader, struct path_part part)
{
	reader->path.at = arena_grow(reader->arena, reader->path.at, reader->path.len, &reader->cap,
				     sizeof(part));
	reader->path.at[reader->path.len++] = part;
	return 0;
}

static int read_plain_key(struct path_reader *reader, struct err *err)
{
	size_t len = strcspn(reader->at, ".[]\"");

	if (len == 0)
		return err_set(err, ERR_USAGE, "path \"%s\" has no key at character %zu",
			       reader->text, (size_t)(reader->at - reader->text) + 1);

	const char *key = arena_strn(reader->arena, reader->at, len);

	reader->at += len;
	return part_add(reader, (struct path_part){ .key = key });
}

static int read_quoted_key(struct path_reader *reader, struct err *err)
{
	char *key = arena_alloc(reader->arena, strlen(reader->at) + 1);
	size_t len = 0;

	for (reader->at++; *reader->at && *reader->at != '"'; reader->at++) {
		if (reader->at[0] == '\\' && reader->at[1])
			reader->at++;
		key[len++] = *reader->at;
	}
	if (reader->at[0] != '"' || reader->at[1] != ']')
		return err_set(err, ERR_USAGE, "path \"%s\" has a quoted key without its end",
			       reader->text);
	reader->at += 2;
	return part_add(reader, (struct path_part){ .key = key });
}

static int read_index(struct path_reader *reader, struct err *err)
{
	size_t len = strcspn(reader->at, "]");
	uint64_t index;

	if (reader->at[len] != ']' ||
	    !text_u64(arena_strn(reader->arena, reader->at, len), &index))
		return err_set(err, ERR_USAGE, "path \"%s\" has no number between [ and ]",
			       reader->text);
	reader->at += len + 1;
	return part_add(reader, (struct path_part){ .index = (size_t)index });
}

static int read_bracket(struct path_reader *reader, struct err *err)
{
	reader->at++;
	return *reader->at == '"' ? read_quoted_key(reader, err) : read_index(reader, err);
}

int path_parse(struct arena *arena, const char *text, struct path *out, struct err *err)
{
	struct path_reader reader = { .arena = arena, .text = text, .at = text };

	while (*reader.at) {
		int r;
		if (*reader.at == '[') {
			r = read_bracket(&reader, err);
		} else {
			if (reader.path.len > 0 && *reader.at != '.')
				return err_set(err, ERR_USAGE,
					       "path \"%s\" needs a . or [ at character %zu", text,
					       (size_t)(reader.at - text) + 1);
			reader.at += reader.path.len > 0;
			r = read_plain_key(&reader, err);
		}
		if (r < 0)
			return -1;
	}
	*out = reader.path;
	return 0;
}

const struct value *path_get(const struct value *value, const struct path *path)
{
	for (size_t i = 0; value && i < path->len; i++) {
		const struct path_part *part = &path->at[i];
		if (part->key)
			value = value_get(value, part->key);
		else
			value = value_is_list(value) ? value_at(value, part->index) : NULL;
	}
	return value;
}

static bool is_plain_key(const char *key)
{
	return key[0] && !key[strcspn(key, ".[]\"\\/ \t\n")];
}

static const char *quote_key(struct arena *arena, const char *key)
{
	char *out = arena_alloc(arena, 2 * strlen(key) + 1);
	size_t len = 0;

	for (; *key; key++) {
		if (*key == '"' || *key == '\\')
			out[len++] = '\\';
		out[len++] = *key;
	}
	return out;
}

const char *path_key(struct arena *arena, const char *parent, const char *key)
{
	if (!is_plain_key(key))
		return arena_printf(arena, "%s[\"%s\"]", parent, quote_key(arena, key));

	/* every field of every document has a path, so this is not left to printf */
	size_t len = strlen(parent), dot = len ? 1 : 0, rest = strlen(key);
	char *path = arena_alloc(arena, len + dot + rest + 1);

	memcpy(path, parent, len);
	memcpy(path + len, ".", dot);
	memcpy(path + len + dot, key, rest);
	return path;
}

const char *path_index(struct arena *arena, const char *parent, size_t index)
{
	char digits[TEXT_U64_MAX];
	size_t len = strlen(parent), count = text_of_u64(index, digits);
	char *path = arena_alloc(arena, len + count + 3);

	memcpy(path, parent, len);
	path[len] = '[';
	memcpy(path + len + 1, digits, count);
	path[len + 1 + count] = ']';
	return path;
}

const char *path_of(struct arena *arena, const struct path_step *step)
{
	if (!step || !step->up)
		return step ? arena_str(arena, step->key) : "";
	const char *parent = path_of(arena, step->up);
	return step->key ? path_key(arena, parent, step->key)
			 : path_index(arena, parent, step->index);
}

void path_each(struct arena *arena, const struct value *value, const char *prefix,
	       path_each_fn *each, void *context)
{
	size_t len = value_len(value);

	if (len == 0) {
		each(context, prefix, value);
		return;
	}
	for (size_t i = 0; i < len; i++) {
		const char *key = value_key_at(value, i);
		const char *path = key ? path_key(arena, prefix, key)
				       : path_index(arena, prefix, i);
		path_each(arena, value_at(value, i), path, each, context);
	}
}
