#include "convert/go_run.h"

#include <stdio.h>
#include <string.h>

static int do_not(struct go_run *run, const struct go_value *arg, size_t args, struct go_value *out)
{
	(void)run;
	(void)args;
	*out = go_of_bool(!go_truth(arg));
	return 0;
}

static int do_len(struct go_run *run, const struct go_value *arg, size_t args, struct go_value *out)
{
	(void)args;
	if (arg->sort == SORT_TEXT)
		*out = go_of_int((int64_t)arg->text.len);
	else if (arg->sort == SORT_LIST)
		*out = go_of_int((int64_t)go_list_len(arg));
	else if (arg->sort == SORT_MAP)
		*out = go_of_int((int64_t)arg->map->len);
	else
		return go_fail(run, "%s has no length", go_type_word(arg));
	return 0;
}

static int index_of(struct go_run *run, const struct go_value *arg, size_t most, size_t *out)
{
	if (arg->sort != SORT_INT)
		return go_fail(run, "a place in a list is a number and not %s", go_type_word(arg));
	if (arg->number < 0 || (uint64_t)arg->number > most)
		return go_fail(run, "the place %lld lies outside the list",
			       (long long)arg->number);
	*out = (size_t)arg->number;
	return 0;
}

static int index_map(struct go_run *run, const struct go_value *map, const struct go_value *key,
		     struct go_value *out)
{
	const struct go_value *found;

	if (key->sort != SORT_TEXT)
		return go_fail(run, "a key of a map is a string and not %s", go_type_word(key));
	found = go_map_get(map->map, key->text);
	*out = found ? *found : go_zero(run, map->map->item);
	if (!found && !map->map->item)
		*out = go_nil();
	return 0;
}

static int index_once(struct go_run *run, struct go_value from, const struct go_value *key,
		      struct go_value *out)
{
	size_t place, len = from.sort == SORT_TEXT ? from.text.len : go_list_len(&from);

	if (from.sort == SORT_MAP)
		return index_map(run, &from, key, out);
	if (from.sort != SORT_TEXT && from.sort != SORT_LIST)
		return go_fail(run, "%s cannot be indexed", go_type_word(&from));
	if (index_of(run, key, len, &place) < 0)
		return -1;
	if (place >= len)
		return go_fail(run, "the place %zu lies outside the list", place);
	if (from.sort == SORT_LIST) {
		*out = from.list->at[place];
		return 0;
	}
	*out = go_of_int((unsigned char)from.text.at[place]);
	out->named = "uint8";
	return 0;
}

static int do_index(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	*out = arg[0];
	if (out->sort <= SORT_NIL)
		return go_fail(run, "nil cannot be indexed");
	for (size_t i = 1; i < args; i++)
		if (index_once(run, *out, &arg[i], out) < 0)
			return -1;
	return 0;
}

static int do_slice(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	size_t len = arg->sort == SORT_TEXT ? arg->text.len : go_list_len(arg);
	size_t place[3] = { 0, len, len };

	if (arg->sort != SORT_TEXT && arg->sort != SORT_LIST)
		return go_fail(run, "%s cannot be sliced", go_type_word(arg));
	if (args > 4 || (args == 4 && arg->sort == SORT_TEXT))
		return go_fail(run, "slice takes less places");
	for (size_t i = 1; i < args; i++)
		if (index_of(run, &arg[i], len, &place[i - 1]) < 0)
			return -1;
	if (place[0] > place[1] || place[1] > place[2])
		return go_fail(run, "the places of a slice go upwards");
	*out = *arg;
	out->pointer = false;
	if (arg->sort == SORT_TEXT) {
		*out = go_of_text(go_text_copy(run, arg->text.at + place[0], place[1] - place[0]));
		return go_charge(run, out->text.len);
	}
	struct go_list *list = go_list_new(run);
	for (size_t i = place[0]; i < place[1]; i++)
		go_list_add(run, list, arg->list->at[i]);
	out->list = list;
	return go_charge(run, list->len * sizeof(*arg));
}

static bool is_basic(const struct go_value *value)
{
	return !value->pointer && value->sort >= SORT_BOOL && value->sort <= SORT_TEXT;
}

static int order_of(const struct go_value *a, const struct go_value *b)
{
	if (a->sort == SORT_TEXT)
		return go_text_compare(a->text, b->text);
	if (a->sort == SORT_FLOAT)
		return (a->real > b->real) - (a->real < b->real);
	return (a->number > b->number) - (a->number < b->number);
}

static bool basic_equal(const struct go_value *a, const struct go_value *b)
{
	if (a->sort == SORT_BOOL)
		return a->flag == b->flag;
	if (a->sort == SORT_FLOAT)
		return a->real == b->real;
	return order_of(a, b) == 0;
}

static bool is_nil(const struct go_value *value)
{
	return value->sort <= SORT_NIL || (value->sort == SORT_LIST && !value->list);
}

static int compare_two(struct go_run *run, const struct go_value *a, const struct go_value *b,
		       bool *equal)
{
	*equal = false;
	if (is_basic(a) && is_basic(b) && a->sort == b->sort) {
		*equal = basic_equal(a, b);
		return 0;
	}
	if (is_basic(a) || is_basic(b)) {
		if ((a->sort <= SORT_NIL && !a->pointer) || (b->sort <= SORT_NIL && !b->pointer))
			return 0;
		return go_fail(run, "%s and %s cannot be compared", go_type_word(a),
			       go_type_word(b));
	}
	if (is_nil(a) || is_nil(b)) {
		*equal = is_nil(a) && is_nil(b);
		return 0;
	}
	if (a->pointer && b->pointer)
		return 0;
	return go_fail(run, "%s cannot be compared", go_type_word(a));
}

static int do_eq(struct go_run *run, const struct go_value *arg, size_t args, struct go_value *out)
{
	bool equal = false;

	if (args < 2)
		return go_fail(run, "eq takes at least two arguments");
	for (size_t i = 1; i < args && !equal; i++)
		if (compare_two(run, &arg[0], &arg[i], &equal) < 0)
			return -1;
	*out = go_of_bool(equal);
	return 0;
}

static int do_ne(struct go_run *run, const struct go_value *arg, size_t args, struct go_value *out)
{
	if (do_eq(run, arg, args, out) < 0)
		return -1;
	out->flag = !out->flag;
	return 0;
}

/* -1, 0 or 1 in *order; NaN is neither less nor equal and gives 2. */
static int order_two(struct go_run *run, const struct go_value *arg, int *order)
{
	const struct go_value *a = &arg[0], *b = &arg[1];

	if (!is_basic(a) || !is_basic(b) || a->sort != b->sort || a->sort == SORT_BOOL)
		return go_fail(run, "%s and %s have no order", go_type_word(a), go_type_word(b));
	*order = order_of(a, b);
	if (a->sort == SORT_FLOAT && (a->real != a->real || b->real != b->real))
		*order = 2;
	else
		*order = (*order > 0) - (*order < 0);
	return 0;
}

static int do_lt(struct go_run *run, const struct go_value *arg, size_t args, struct go_value *out)
{
	int order;

	(void)args;
	if (order_two(run, arg, &order) < 0)
		return -1;
	*out = go_of_bool(order == -1);
	return 0;
}

static int do_le(struct go_run *run, const struct go_value *arg, size_t args, struct go_value *out)
{
	int order;

	(void)args;
	if (order_two(run, arg, &order) < 0)
		return -1;
	*out = go_of_bool(order == -1 || order == 0);
	return 0;
}

static int do_gt(struct go_run *run, const struct go_value *arg, size_t args, struct go_value *out)
{
	if (do_le(run, arg, args, out) < 0)
		return -1;
	out->flag = !out->flag;
	return 0;
}

static int do_ge(struct go_run *run, const struct go_value *arg, size_t args, struct go_value *out)
{
	if (do_lt(run, arg, args, out) < 0)
		return -1;
	out->flag = !out->flag;
	return 0;
}

static int do_print(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(1 << 20);

	return go_print_all(run, &built, arg, args) < 0 ? -1 : go_text_take(run, &built, out);
}

static int do_println(struct go_run *run, const struct go_value *arg, size_t args,
		      struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(1 << 20);

	for (size_t i = 0; i < args; i++) {
		if (i > 0)
			str_addc(&built, ' ');
		if (go_print(run, &built, &arg[i]) < 0)
			return -1;
	}
	str_addc(&built, '\n');
	return go_text_take(run, &built, out);
}

static int do_printf(struct go_run *run, const struct go_value *arg, size_t args,
		     struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(1 << 20);

	return go_printf(run, &built, arg, args) < 0 ? -1 : go_text_take(run, &built, out);
}

/* The text of the arguments, as `print` makes it, and then escaped byte by byte. */
static int escape(struct go_run *run, const struct go_value *arg, size_t args,
		  void (*put)(struct str *, unsigned char), struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(1 << 20);
	struct str escaped SCOPED(str_done) = STR_INIT(1 << 20);

	static const struct go_text none = { "<no value>", 10 };
	struct go_value *given = arena_calloc(run->arena, args + 1, sizeof(*given));

	for (size_t i = 0; i < args; i++)
		given[i] = arg[i].sort == SORT_NIL ? go_of_text(none) : arg[i];
	if (go_print_all(run, &built, given, args) < 0)
		return -1;
	for (size_t i = 0; i < built.len; i++)
		put(&escaped, (unsigned char)built.at[i]);
	return go_text_take(run, &escaped, out);
}

static void put_html(struct str *to, unsigned char c)
{
	static const struct {
		unsigned char from;
		const char *to;
	} rows[] = {
		{ '\0', "\xef\xbf\xbd" },
		{ '"', "&#34;" },
		{ '\'', "&#39;" },
		{ '&', "&amp;" },
		{ '<', "&lt;" },
		{ '>', "&gt;" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].from == c) {
			str_add(to, rows[i].to);
			return;
		}
	}
	str_addc(to, (char)c);
}

static void put_js(struct str *to, unsigned char c)
{
	if (c == '\\' || c == '\'' || c == '"')
		str_addf(to, "\\%c", c);
	else if (c == '<' || c == '>' || c == '&' || c == '=' || c < 0x20)
		str_addf(to, "\\u%04X", c);
	else
		str_addc(to, (char)c);
}

static void put_query(struct str *to, unsigned char c)
{
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    strchr("-_.~", c ? c : 'x'))
		str_addc(to, (char)c);
	else if (c == ' ')
		str_addc(to, '+');
	else
		str_addf(to, "%%%02X", c);
}

static int do_html(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	return escape(run, arg, args, put_html, out);
}

static int do_js(struct go_run *run, const struct go_value *arg, size_t args, struct go_value *out)
{
	return escape(run, arg, args, put_js, out);
}

static int do_urlquery(struct go_run *run, const struct go_value *arg, size_t args,
		       struct go_value *out)
{
	return escape(run, arg, args, put_query, out);
}

static const struct go_function builtins[] = {
	{ "and", "rr*", NULL },
	{ "or", "rr*", NULL },
	{ "not", "r", do_not },
	{ "len", "r", do_len },
	{ "index", "rr*", do_index },
	{ "slice", "rr*", do_slice },
	{ "eq", "rr*", do_eq },
	{ "ne", "rr", do_ne },
	{ "lt", "rr", do_lt },
	{ "le", "rr", do_le },
	{ "gt", "rr", do_gt },
	{ "ge", "rr", do_ge },
	{ "print", "a*", do_print },
	{ "println", "a*", do_println },
	{ "printf", "sa*", do_printf },
	{ "html", "a*", do_html },
	{ "js", "a*", do_js },
	{ "urlquery", "a*", do_urlquery },
};

static const struct go_functions builtin_functions = { builtins, ARRAY_LEN(builtins) };

/* Functions of the original that are left out on purpose, and why. */
static const char says_otherwise[] = "it gives another text every time";
static const char looks_outside[] = "templates see the data and nothing else";
static const struct {
	const char *name, *why;
} refused[] = {
	{ "call", "data hold no functions" },
	{ "env", looks_outside },
	{ "expandenv", looks_outside },
	{ "getHostByName", looks_outside },
	{ "ago", says_otherwise },
	{ "now", says_otherwise },
	{ "date", says_otherwise },
	{ "dateInZone", says_otherwise },
	{ "date_in_zone", says_otherwise },
	{ "dateModify", says_otherwise },
	{ "date_modify", says_otherwise },
	{ "htmlDate", says_otherwise },
	{ "htmlDateInZone", says_otherwise },
	{ "unixEpoch", says_otherwise },
	{ "toDate", says_otherwise },
	{ "mustToDate", says_otherwise },
	{ "mustDateModify", says_otherwise },
	{ "must_date_modify", says_otherwise },
	{ "randAlphaNum", says_otherwise },
	{ "randAlpha", says_otherwise },
	{ "randAscii", says_otherwise },
	{ "randNumeric", says_otherwise },
	{ "randInt", says_otherwise },
	{ "randBytes", says_otherwise },
	{ "shuffle", says_otherwise },
	{ "uuidv4", says_otherwise },
	{ "bcrypt", says_otherwise },
	{ "htpasswd", says_otherwise },
	{ "genPrivateKey", says_otherwise },
	{ "genCA", says_otherwise },
	{ "genCAWithKey", says_otherwise },
	{ "genSelfSignedCert", says_otherwise },
	{ "genSelfSignedCertWithKey", says_otherwise },
	{ "genSignedCert", says_otherwise },
	{ "genSignedCertWithKey", says_otherwise },
	{ "encryptAES", says_otherwise },
	{ "buildCustomCert", "keys are made by `gen secrets` only" },
	{ "decryptAES", "keys belong in the secrets file" },
	{ "derivePassword", "keys belong in the secrets file" },
};

static const struct go_function *find_in(const struct go_functions *functions, struct go_text name)
{
	for (size_t i = 0; i < functions->len; i++)
		if (go_text_is(name, functions->at[i].name))
			return &functions->at[i];
	return NULL;
}

const struct go_function *go_function_find(const struct go_run *run, struct go_text name,
					   const char **why)
{
	static const struct go_functions *const sets[] = {
		&go_text_functions,
		&go_list_functions,
		&go_dict_functions,
		&go_number_functions,
		&go_json_functions,
		&go_regex_functions,
		&go_case_functions,
		&go_path_functions,
		&go_version_functions,
		&go_float_functions,
	};
	const struct go_function *found = NULL;

	for (size_t i = 0; i < ARRAY_LEN(sets) && !found && !run->template->plain; i++)
		found = find_in(sets[i], name);
	if (!found)
		found = find_in(&builtin_functions, name);
	for (size_t i = 0; i < ARRAY_LEN(refused) && !found && why; i++)
		if (go_text_is(name, refused[i].name))
			*why = refused[i].why;
	return found;
}
