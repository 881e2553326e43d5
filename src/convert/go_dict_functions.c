#include "convert/go_run.h"

#include <string.h>

static int do_dict(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	struct go_map *map = go_map_new(run);
	struct go_text key;

	for (size_t i = 0; i < args; i += 2) {
		if (go_strval(run, &arg[i], &key) < 0)
			return -1;
		go_map_put(run, map, key,
			   i + 1 < args ? arg[i + 1] : go_of_text((struct go_text){ "", 0 }));
	}
	*out = go_of_map(map);
	return 0;
}

static int do_get(struct go_run *run, const struct go_value *arg, size_t args,
		  struct go_value *out)
{
	const struct go_value *found = go_map_get(arg[0].map, arg[1].text);

	(void)run;
	(void)args;
	*out = found ? *found : go_of_text((struct go_text){ "", 0 });
	return 0;
}

/* Whether `map` is `value` or lies within it. */
static bool holds(const struct go_value *value, const struct go_map *map, unsigned depth)
{
	if (depth > GO_DEPTH_MAX)
		return true;
	if (value->sort == SORT_MAP && value->map == map)
		return true;
	for (size_t i = 0; value->sort == SORT_MAP && i < value->map->len; i++)
		if (holds(&value->map->at[i].value, map, depth + 1))
			return true;
	for (size_t i = 0; i < go_list_len(value); i++)
		if (holds(&value->list->at[i], map, depth + 1))
			return true;
	return false;
}

static int do_set(struct go_run *run, const struct go_value *arg, size_t args,
		  struct go_value *out)
{
	(void)args;
	if (arg[0].map->nil)
		return go_fail(run, "set takes a map that is there");
	if (holds(&arg[2], arg[0].map, 0))
		return go_fail(run, "a map cannot be put into itself");
	go_map_put(run, arg[0].map, arg[1].text, arg[2]);
	*out = arg[0];
	return go_charge(run, sizeof(struct go_pair));
}

static int do_unset(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	(void)run;
	(void)args;
	go_map_drop(arg[0].map, arg[1].text);
	*out = arg[0];
	return 0;
}

static int do_has_key(struct go_run *run, const struct go_value *arg, size_t args,
		      struct go_value *out)
{
	(void)run;
	(void)args;
	*out = go_of_bool(go_map_get(arg[0].map, arg[1].text) != NULL);
	return 0;
}

/* In the order of the keys; the original's is another one every time. */
static int do_keys(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	struct go_list *list = go_list_new(run);

	for (size_t i = 0; i < args; i++)
		for (size_t j = 0; j < arg[i].map->len; j++)
			go_list_add(run, list, go_of_text(arg[i].map->at[j].key));
	*out = go_of_strings(list);
	return go_charge(run, list->len * sizeof(*arg));
}

static int do_values(struct go_run *run, const struct go_value *arg, size_t args,
		     struct go_value *out)
{
	struct go_list *list = go_list_new(run);

	(void)args;
	for (size_t i = 0; i < arg->map->len; i++)
		go_list_add(run, list, arg->map->at[i].value);
	*out = go_of_list(list);
	return go_charge(run, list->len * sizeof(*arg));
}

static int do_pluck(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	struct go_list *list = go_list_new(run);

	for (size_t i = 1; i < args; i++) {
		const struct go_value *found = go_map_get(arg[i].map, arg[0].text);

		if (found)
			go_list_add(run, list, *found);
	}
	*out = go_of_list(list);
	return 0;
}

static bool is_named(struct go_text key, const struct go_value *name, size_t names)
{
	for (size_t i = 0; i < names; i++)
		if (go_text_compare(key, name[i].text) == 0)
			return true;
	return false;
}

static int choose(struct go_run *run, const struct go_value *arg, size_t args, bool named,
		  struct go_value *out)
{
	struct go_map *map = go_map_new(run);

	for (size_t i = 0; i < arg->map->len; i++) {
		const struct go_pair *pair = &arg->map->at[i];

		if (is_named(pair->key, arg + 1, args - 1) == named)
			go_map_put(run, map, pair->key, pair->value);
	}
	*out = go_of_map(map);
	return go_charge(run, arg->map->len * sizeof(struct go_pair));
}

static int do_pick(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	return choose(run, arg, args, true, out);
}

static int do_omit(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	return choose(run, arg, args, false, out);
}

static int merge(struct go_run *run, struct go_map *into, const struct go_map *from, bool over);

static int merge_pair(struct go_run *run, struct go_map *into, const struct go_pair *pair,
		      bool over)
{
	const struct go_value *there = go_map_get(into, pair->key);

	/* A nil of the original takes the place of what is there, too. */
	if (pair->value.sort == SORT_NIL && over)
		go_map_put(run, into, pair->key, pair->value);
	if (pair->value.sort == SORT_NIL)
		return go_charge(run, sizeof(*pair));
	if (there && there->sort == SORT_MAP && pair->value.sort == SORT_MAP)
		return merge(run, there->map, pair->value.map, over);
	if (!there || go_is_empty(there) || (over && !go_is_empty(&pair->value))) {
		struct go_value self = go_of_map(into);

		if (holds(&pair->value, self.map, 0))
			return go_fail(run, "a map cannot be put into itself");
		go_map_put(run, into, pair->key, pair->value);
	}
	return go_charge(run, sizeof(*pair));
}

/* Empty values count as not there, on both sides. */
static int merge(struct go_run *run, struct go_map *into, const struct go_map *from, bool over)
{
	if (++run->depth > GO_DEPTH_MAX)
		return go_fail(run, "maps are nested too deeply");
	for (size_t i = 0; i < from->len && into != from; i++)
		if (merge_pair(run, into, &from->at[i], over) < 0)
			return -1;
	run->depth--;
	return 0;
}

static int merge_all(struct go_run *run, const struct go_value *arg, size_t args, bool over,
		     struct go_value *out)
{
	for (size_t i = 1; i < args; i++)
		if (merge(run, arg[0].map, arg[i].map, over) < 0)
			return -1;
	*out = arg[0];
	return 0;
}

static int do_merge(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	return merge_all(run, arg, args, false, out);
}

static int do_merge_over(struct go_run *run, const struct go_value *arg, size_t args,
			 struct go_value *out)
{
	return merge_all(run, arg, args, true, out);
}

/* dig key... default map */
static int do_dig(struct go_run *run, const struct go_value *arg, size_t args,
		  struct go_value *out)
{
	struct go_value at = arg[args - 1];
	bool texts = true;

	for (size_t i = 0; i + 2 < args; i++)
		texts = texts && arg[i].sort == SORT_TEXT;
	for (size_t i = 0; i + 2 < args; i++) {
		const struct go_value *found;

		if (!texts || at.sort != SORT_MAP)
			return go_fail(run, "dig takes keys, a default and a map of maps");
		found = go_map_get(at.map, arg[i].text);
		at = found ? *found : arg[args - 2];
		if (!found)
			break;
	}
	*out = at;
	return 0;
}

static int do_default(struct go_run *run, const struct go_value *arg, size_t args,
		      struct go_value *out)
{
	(void)run;
	*out = args < 2 || go_is_empty(&arg[1]) ? arg[0] : arg[1];
	return 0;
}

static int do_empty(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	(void)run;
	(void)args;
	*out = go_of_bool(go_is_empty(arg));
	return 0;
}

static int do_coalesce(struct go_run *run, const struct go_value *arg, size_t args,
		       struct go_value *out)
{
	(void)run;
	*out = go_nil();
	for (size_t i = args; i-- > 0;)
		if (!go_is_empty(&arg[i]))
			*out = arg[i];
	return 0;
}

static int do_all(struct go_run *run, const struct go_value *arg, size_t args,
		  struct go_value *out)
{
	(void)run;
	*out = go_of_bool(true);
	for (size_t i = 0; i < args; i++)
		out->flag = out->flag && !go_is_empty(&arg[i]);
	return 0;
}

static int do_any(struct go_run *run, const struct go_value *arg, size_t args,
		  struct go_value *out)
{
	(void)run;
	*out = go_of_bool(false);
	for (size_t i = 0; i < args; i++)
		out->flag = out->flag || !go_is_empty(&arg[i]);
	return 0;
}

static int do_ternary(struct go_run *run, const struct go_value *arg, size_t args,
		      struct go_value *out)
{
	(void)run;
	(void)args;
	*out = arg[2].flag ? arg[0] : arg[1];
	return 0;
}

static int text_out(const char *word, struct go_value *out)
{
	*out = go_of_text((struct go_text){ word, strlen(word) });
	return 0;
}

static int do_kind_of(struct go_run *run, const struct go_value *arg, size_t args,
		      struct go_value *out)
{
	(void)run;
	(void)args;
	return text_out(go_kind_word(arg), out);
}

static int do_type_of(struct go_run *run, const struct go_value *arg, size_t args,
		      struct go_value *out)
{
	(void)run;
	(void)args;
	return text_out(go_type_word(arg), out);
}

static int do_kind_is(struct go_run *run, const struct go_value *arg, size_t args,
		      struct go_value *out)
{
	(void)run;
	(void)args;
	*out = go_of_bool(go_text_is(arg[0].text, go_kind_word(&arg[1])));
	return 0;
}

static int do_type_is(struct go_run *run, const struct go_value *arg, size_t args,
		      struct go_value *out)
{
	(void)run;
	(void)args;
	*out = go_of_bool(go_text_is(arg[0].text, go_type_word(&arg[1])));
	return 0;
}

/* A pointer is like what it points to, not the other way around. */
static int do_type_is_like(struct go_run *run, const struct go_value *arg, size_t args,
			   struct go_value *out)
{
	const char *type = go_type_word(&arg[1]);

	(void)run;
	(void)args;
	*out = go_of_bool(go_text_is(arg[0].text, type) ||
			  (*type == '*' && go_text_is(arg[0].text, type + 1)));
	return 0;
}

static int copy_deep(struct go_run *run, struct go_value *value)
{
	if (value->sort != SORT_LIST && value->sort != SORT_MAP)
		return 0;
	if (++run->depth > GO_DEPTH_MAX)
		return go_fail(run, "lists and maps are nested too deeply");
	if (value->sort == SORT_MAP) {
		struct go_map *map = go_map_new(run);

		map->item = value->map->item;
		for (size_t i = 0; i < value->map->len; i++) {
			struct go_value item = value->map->at[i].value;

			if (go_charge(run, sizeof(struct go_pair)) < 0 || copy_deep(run, &item) < 0)
				return -1;
			go_map_put(run, map, value->map->at[i].key, item);
		}
		value->map = map;
	} else if (value->list) {
		struct go_list *list = go_list_new(run);

		for (size_t i = 0; i < value->list->len; i++) {
			struct go_value item = value->list->at[i];

			if (go_charge(run, sizeof(item)) < 0 || copy_deep(run, &item) < 0)
				return -1;
			go_list_add(run, list, item);
		}
		value->list = list;
	}
	run->depth--;
	return 0;
}

static int do_deep_copy(struct go_run *run, const struct go_value *arg, size_t args,
			struct go_value *out)
{
	(void)args;
	if (arg->sort <= SORT_NIL)
		return go_fail(run, "nil cannot be copied");
	*out = *arg;
	return copy_deep(run, out);
}

static int do_deep_equal(struct go_run *run, const struct go_value *arg, size_t args,
			 struct go_value *out)
{
	(void)run;
	(void)args;
	*out = go_of_bool(go_deep_equal(&arg[0], &arg[1]));
	return 0;
}

static const struct go_function rows[] = {
	{ "dict", "a*", do_dict },
	{ "get", "ms", do_get },
	{ "set", "msa", do_set },
	{ "unset", "ms", do_unset },
	{ "hasKey", "ms", do_has_key },
	{ "keys", "m*", do_keys },
	{ "values", "m", do_values },
	{ "pluck", "sm*", do_pluck },
	{ "pick", "ms*", do_pick },
	{ "omit", "ms*", do_omit },
	{ "merge", "mm*", do_merge },
	{ "mustMerge", "mm*", do_merge },
	{ "mergeOverwrite", "mm*", do_merge_over },
	{ "mustMergeOverwrite", "mm*", do_merge_over },
	{ "dig", "aaaa*", do_dig },
	{ "default", "aa*", do_default },
	{ "empty", "a", do_empty },
	{ "coalesce", "a*", do_coalesce },
	{ "all", "a*", do_all },
	{ "any", "a*", do_any },
	{ "ternary", "aab", do_ternary },
	{ "kindOf", "a", do_kind_of },
	{ "kindIs", "sa", do_kind_is },
	{ "typeOf", "a", do_type_of },
	{ "typeIs", "sa", do_type_is },
	{ "typeIsLike", "sa", do_type_is_like },
	{ "deepCopy", "a", do_deep_copy },
	{ "mustDeepCopy", "a", do_deep_copy },
	{ "deepEqual", "aa", do_deep_equal },
};

const struct go_functions go_dict_functions = { rows, ARRAY_LEN(rows) };
