#include "tree/diff.h"

#include "tree/path.h"

struct differ {
	struct arena *arena;
	struct diff *out;
	size_t cap;
};

static void add(struct differ *differ, const char *path, const struct value *before,
		const struct value *after)
{
	struct diff *out = differ->out;

	out->at = arena_grow(differ->arena, out->at, out->len, &differ->cap, sizeof(*out->at));
	out->at[out->len++] = (struct diff_entry){
		.change = !before ? DIFF_ADDED : !after ? DIFF_REMOVED
							: DIFF_CHANGED,
		.path = path,
		.before = before,
		.after = after,
	};
}

static void compare(struct differ *differ, const char *path, const struct value *before,
		    const struct value *after);

static void compare_maps(struct differ *differ, const char *path, const struct value *before,
			 const struct value *after)
{
	for (size_t i = 0; i < value_len(before); i++) {
		const char *key = value_key_at(before, i);
		compare(differ, path_key(differ->arena, path, key), value_at(before, i),
			value_get(after, key));
	}
	for (size_t i = 0; i < value_len(after); i++) {
		const char *key = value_key_at(after, i);
		if (!value_has(before, key))
			add(differ, path_key(differ->arena, path, key), NULL, value_at(after, i));
	}
}

static void compare_lists(struct differ *differ, const char *path, const struct value *before,
			  const struct value *after)
{
	size_t longer = value_len(before) > value_len(after) ? value_len(before) : value_len(after);

	for (size_t i = 0; i < longer; i++)
		compare(differ, path_index(differ->arena, path, i), value_at(before, i),
			value_at(after, i));
}

static void compare(struct differ *differ, const char *path, const struct value *before,
		    const struct value *after)
{
	if (before && after && value_is_map(before) && value_is_map(after))
		compare_maps(differ, path, before, after);
	else if (before && after && value_is_list(before) && value_is_list(after))
		compare_lists(differ, path, before, after);
	else if (!before || !after || !value_equal(before, after))
		add(differ, path, before, after);
}

void value_diff(struct arena *arena, const struct value *before, const struct value *after,
		struct diff *out)
{
	struct differ differ = { .arena = arena, .out = out };

	*out = (struct diff){ 0 };
	if (before || after)
		compare(&differ, "", before, after);
}
