#include "convert/go_run.h"

#include <stdlib.h>
#include <string.h>

static int need_list(struct go_run *run, const char *name, const struct go_value *value)
{
	if (value->sort == SORT_LIST && !value->pointer)
		return go_charge(run, go_list_len(value) * sizeof(*value));
	return go_fail(run, "%s takes a list and not %s", name, go_type_word(value));
}

/* The items from `from` up to `to`. */
static struct go_list *part(struct go_run *run, const struct go_value *list, size_t from, size_t to)
{
	struct go_list *items = go_list_new(run);

	for (size_t i = from; i < to; i++)
		go_list_add(run, items, list->list->at[i]);
	return items;
}

static int do_list(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	struct go_list *list = go_list_new(run);

	for (size_t i = 0; i < args; i++)
		go_list_add(run, list, arg[i]);
	*out = go_of_list(args > 0 ? list : NULL);
	return 0;
}

static int do_first(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	(void)args;
	if (need_list(run, "first", arg) < 0)
		return -1;
	*out = go_list_len(arg) ? arg->list->at[0] : go_nil();
	return 0;
}

static int do_last(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	size_t len = go_list_len(arg);

	(void)args;
	if (need_list(run, "last", arg) < 0)
		return -1;
	*out = len ? arg->list->at[len - 1] : go_nil();
	return 0;
}

static int do_rest(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	size_t len = go_list_len(arg);

	(void)args;
	if (need_list(run, "rest", arg) < 0)
		return -1;
	*out = go_of_list(len ? part(run, arg, 1, len) : NULL);
	return 0;
}

static int do_initial(struct go_run *run, const struct go_value *arg, size_t args,
		      struct go_value *out)
{
	size_t len = go_list_len(arg);

	(void)args;
	if (need_list(run, "initial", arg) < 0)
		return -1;
	*out = go_of_list(len ? part(run, arg, 0, len - 1) : NULL);
	return 0;
}

static int do_append(struct go_run *run, const struct go_value *arg, size_t args,
		     struct go_value *out)
{
	struct go_list *list;

	(void)args;
	if (need_list(run, "append", arg) < 0)
		return -1;
	list = part(run, arg, 0, go_list_len(arg));
	go_list_add(run, list, arg[1]);
	*out = go_of_list(list);
	return 0;
}

static int do_prepend(struct go_run *run, const struct go_value *arg, size_t args,
		      struct go_value *out)
{
	struct go_list *list = go_list_new(run);

	(void)args;
	if (need_list(run, "prepend", arg) < 0)
		return -1;
	go_list_add(run, list, arg[1]);
	for (size_t i = 0; i < go_list_len(arg); i++)
		go_list_add(run, list, arg->list->at[i]);
	*out = go_of_list(list);
	return 0;
}

static int do_concat(struct go_run *run, const struct go_value *arg, size_t args,
		     struct go_value *out)
{
	struct go_list *list = go_list_new(run);

	for (size_t i = 0; i < args; i++) {
		if (need_list(run, "concat", &arg[i]) < 0)
			return -1;
		for (size_t j = 0; j < go_list_len(&arg[i]); j++)
			go_list_add(run, list, arg[i].list->at[j]);
	}
	*out = go_of_list(list->len ? list : NULL);
	return 0;
}

static int do_reverse(struct go_run *run, const struct go_value *arg, size_t args,
		      struct go_value *out)
{
	struct go_list *list = go_list_new(run);

	(void)args;
	if (need_list(run, "reverse", arg) < 0)
		return -1;
	for (size_t i = go_list_len(arg); i-- > 0;)
		go_list_add(run, list, arg->list->at[i]);
	*out = go_of_list(list);
	return 0;
}

static bool is_in(const struct go_value *item, const struct go_value *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (go_deep_equal(item, &at[i]))
			return true;
	return false;
}

/* Looking for each item in the others takes len times len steps. */
static int need_small(struct go_run *run, const struct go_value *list, size_t others)
{
	run->steps += go_list_len(list) * others;
	return go_charge(run, 0);
}

static int do_has(struct go_run *run, const struct go_value *arg, size_t args,
		  struct go_value *out)
{
	(void)args;
	*out = go_of_bool(false);
	if (arg[1].sort == SORT_NIL)
		return 0;
	if (need_list(run, "has", &arg[1]) < 0)
		return -1;
	out->flag = go_list_len(&arg[1]) > 0 &&
		    is_in(&arg[0], arg[1].list->at, go_list_len(&arg[1]));
	return 0;
}

static int do_without(struct go_run *run, const struct go_value *arg, size_t args,
		      struct go_value *out)
{
	struct go_list *list = go_list_new(run);

	if (need_list(run, "without", arg) < 0 || need_small(run, arg, args) < 0)
		return -1;
	for (size_t i = 0; i < go_list_len(arg); i++)
		if (!is_in(&arg->list->at[i], arg + 1, args - 1))
			go_list_add(run, list, arg->list->at[i]);
	*out = go_of_list(list);
	return 0;
}

static int do_uniq(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	struct go_list *list = go_list_new(run);

	(void)args;
	if (need_list(run, "uniq", arg) < 0 || need_small(run, arg, go_list_len(arg)) < 0)
		return -1;
	for (size_t i = 0; i < go_list_len(arg); i++)
		if (!is_in(&arg->list->at[i], list->at, list->len))
			go_list_add(run, list, arg->list->at[i]);
	*out = go_of_list(list);
	return 0;
}

static int do_compact(struct go_run *run, const struct go_value *arg, size_t args,
		      struct go_value *out)
{
	struct go_list *list = go_list_new(run);

	(void)args;
	if (need_list(run, "compact", arg) < 0)
		return -1;
	for (size_t i = 0; i < go_list_len(arg); i++)
		if (!go_is_empty(&arg->list->at[i]))
			go_list_add(run, list, arg->list->at[i]);
	*out = go_of_list(list);
	return 0;
}

/* The texts of a list's items; of anything else, its own. */
static int strings(struct go_run *run, const struct go_value *from, struct go_list **out)
{
	struct go_list *list = go_list_new(run);
	const struct go_value *at = from->sort == SORT_LIST ? NULL : from;
	size_t len = from->sort == SORT_LIST ? go_list_len(from) : from->sort != SORT_NIL;
	struct go_text text;

	if (from->sort == SORT_LIST && len > 0)
		at = from->list->at;
	*out = list;
	for (size_t i = 0; i < len && at; i++) {
		if (at[i].sort == SORT_NIL)
			continue;
		if (go_strval(run, &at[i], &text) < 0)
			return -1;
		go_list_add(run, list, go_of_text(text));
	}
	return go_charge(run, len * sizeof(*from));
}

static int do_to_strings(struct go_run *run, const struct go_value *arg, size_t args,
			 struct go_value *out)
{
	struct go_list *list;

	(void)args;
	if (strings(run, arg, &list) < 0)
		return -1;
	*out = go_of_strings(list);
	return 0;
}

static int do_join(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(1 << 20);
	struct go_list *list;

	(void)args;
	if (strings(run, &arg[1], &list) < 0)
		return -1;
	for (size_t i = 0; i < list->len; i++) {
		if (i > 0)
			str_addn(&built, arg[0].text.at, arg[0].text.len);
		str_addn(&built, list->at[i].text.at, list->at[i].text.len);
	}
	return go_text_take(run, &built, out);
}

static int compare(const void *a, const void *b)
{
	const struct go_value *left = a, *right = b;

	return go_text_compare(left->text, right->text);
}

static int do_sort_alpha(struct go_run *run, const struct go_value *arg, size_t args,
			 struct go_value *out)
{
	struct go_list *list;

	(void)args;
	if (arg->sort == SORT_NIL) {
		list = go_list_new(run);
		go_list_add(run, list, go_of_text((struct go_text){ "<nil>", 5 }));
	} else if (strings(run, arg, &list) < 0) {
		return -1;
	}
	if (list->len > 1)
		qsort(list->at, list->len, sizeof(*list->at), compare);
	*out = go_of_strings(list);
	return 0;
}

static bool place_of(struct go_run *run, const struct go_value *value, size_t len, size_t *out)
{
	int64_t number = go_to_int(run, value);

	if (number < 0 || (uint64_t)number > len)
		return false;
	*out = (size_t)number;
	return true;
}

static int do_slice(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	size_t len = go_list_len(arg), from = 0, to = len;

	if (need_list(run, "slice", arg) < 0)
		return -1;
	*out = go_nil();
	if (len == 0)
		return 0;
	if ((args > 1 && !place_of(run, &arg[1], len, &from)) ||
	    (args > 2 && !place_of(run, &arg[2], len, &to)) || from > to)
		return go_fail(run, "slice asks for items that the list has not");
	*out = *arg;
	out->list = part(run, arg, from, to);
	return 0;
}

static int do_chunk(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	size_t len = go_list_len(&arg[1]), size = arg[0].number > 0 ? (size_t)arg[0].number : 0;
	struct go_list *list = go_list_new(run);

	(void)args;
	if (need_list(run, "chunk", &arg[1]) < 0)
		return -1;
	/* Of few items and a large negative size the original makes no part at all. */
	if (size == 0 && (arg[0].number == 0 || arg[0].number == INT64_MIN || len < 2 ||
			  -arg[0].number < (int64_t)len - 1))
		return go_fail(run, "chunk makes parts of one item or more");
	len = size ? len : 0;
	for (size_t i = 0; i < len; i += size < len - i ? size : len - i) {
		size_t end = size < len - i ? i + size : len;
		struct go_value chunk = go_of_list(part(run, &arg[1], i, end));

		go_list_add(run, list, chunk);
	}
	*out = go_of_list(list);
	out->named = "[][]interface {}";
	return go_charge(run, list->len * sizeof(*arg));
}

static const struct go_function rows[] = {
	{ "chunk", "ia", do_chunk },
	{ "mustChunk", "ia", do_chunk },
	{ "list", "a*", do_list },
	{ "tuple", "a*", do_list },
	{ "first", "a", do_first },
	{ "mustFirst", "a", do_first },
	{ "last", "a", do_last },
	{ "mustLast", "a", do_last },
	{ "rest", "a", do_rest },
	{ "mustRest", "a", do_rest },
	{ "initial", "a", do_initial },
	{ "mustInitial", "a", do_initial },
	{ "append", "aa", do_append },
	{ "mustAppend", "aa", do_append },
	{ "push", "aa", do_append },
	{ "mustPush", "aa", do_append },
	{ "prepend", "aa", do_prepend },
	{ "mustPrepend", "aa", do_prepend },
	{ "concat", "a*", do_concat },
	{ "reverse", "a", do_reverse },
	{ "mustReverse", "a", do_reverse },
	{ "has", "aa", do_has },
	{ "mustHas", "aa", do_has },
	{ "without", "aa*", do_without },
	{ "mustWithout", "aa*", do_without },
	{ "uniq", "a", do_uniq },
	{ "mustUniq", "a", do_uniq },
	{ "compact", "a", do_compact },
	{ "mustCompact", "a", do_compact },
	{ "slice", "aa*", do_slice },
	{ "mustSlice", "aa*", do_slice },
	{ "toStrings", "a", do_to_strings },
	{ "join", "sa", do_join },
	{ "sortAlpha", "a", do_sort_alpha },
};

const struct go_functions go_list_functions = { rows, ARRAY_LEN(rows) };
