#include "convert/go_run.h"

#include <string.h>

/* Versions of semver.org and what may be asked of them: >= 1.2, < 2 || ~3.4 || 5.x - 6. */

#define VERSION_CHARACTERS "0123456789xX*|"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

struct version {
	uint64_t part[3]; /* major, minor, patch */
	struct go_text pre, meta;
	unsigned given; /* how many parts stand there; those behind a wildcard do not count */
	bool wild;	/* of a constraint: not all of them */
};

static struct go_text take_span(const char **at, const char *characters)
{
	struct go_text out = { *at, strspn(*at, characters) };

	*at += out.len;
	return out;
}

/* Behind - or +: words of letters, digits and - with dots between them, or nothing. */
static struct go_text take_words(const char **at, char sign)
{
	const char *end = *at + 1, *last = NULL;

	if (**at != sign)
		return (struct go_text){ "", 0 };
	for (;;) {
		const char *word = end;

		take_span(&end, "0123456789-" LETTERS);
		if (end == word)
			break;
		last = end;
		if (*end != '.')
			break;
		end++;
	}
	if (!last)
		return (struct go_text){ "", 0 };

	struct go_text out = { *at + 1, (size_t)(last - *at - 1) };

	*at = last;
	return out;
}

static bool number_of(struct go_text text, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9' ||
		    __builtin_mul_overflow(*out, UINT64_C(10), out) ||
		    __builtin_add_overflow(*out, (uint64_t)(text.at[i] - '0'), out))
			return false;
	}
	return text.len > 0;
}

/* Up to the dot. */
static struct go_text first_word(struct go_text words)
{
	const char *dot = words.len ? memchr(words.at, '.', words.len) : NULL;

	return (struct go_text){ words.at, dot ? (size_t)(dot - words.at) : words.len };
}

static struct go_text behind_word(struct go_text words, size_t len)
{
	size_t skip = len < words.len ? len + 1 : len;

	return (struct go_text){ words.at + skip, words.len - skip };
}

/* Numbers in it have no zeros before them. */
static bool pre_is_valid(struct go_text pre)
{
	while (pre.len > 0) {
		struct go_text word = first_word(pre);
		bool digits = true;

		for (size_t i = 0; i < word.len; i++)
			digits = digits && word.at[i] >= '0' && word.at[i] <= '9';
		if (digits && word.len > 1 && word.at[0] == '0')
			return false;
		pre = behind_word(pre, word.len);
	}
	return true;
}

static bool is_wildcard(struct go_text part)
{
	return part.len == 1 && strchr("xX*", part.at[0]) != NULL;
}

/* `wild`: of a constraint, in which parts may be x. False: there is no version. */
static bool take_version(const char **at, bool wild, struct version *out)
{
	const char *from = *at + (**at == 'v');
	bool open = false;

	*out = (struct version){ .given = 0 };
	for (unsigned i = 0; i < 3; i++) {
		const char *part_at = from + (i > 0);
		struct go_text part;

		if (i > 0 && *from != '.')
			break;
		part = take_span(&part_at, wild ? VERSION_CHARACTERS : "0123456789");
		if (part.len == 0)
			break;
		from = part_at;
		open = open || (wild && is_wildcard(part));
		if (!open && !number_of(part, &out->part[i]))
			return false;
		out->given += !open;
	}
	if (from == *at + (**at == 'v'))
		return false;
	out->wild = wild && out->given < 3;
	out->pre = take_words(&from, '-');
	out->meta = take_words(&from, '+');
	*at = from;
	return pre_is_valid(out->pre);
}

static int order_words(struct go_text a, struct go_text b)
{
	uint64_t x, y;
	bool a_number = number_of(a, &x), b_number = number_of(b, &y);

	if (a.len == 0 || b.len == 0)
		return (a.len > 0) - (b.len > 0);
	if (go_text_compare(a, b) == 0)
		return 0;
	if (a_number && b_number)
		return x > y ? 1 : -1;
	if (a_number || b_number)
		return a_number ? -1 : 1;
	return go_text_compare(a, b) > 0 ? 1 : -1;
}

static int order_pre(struct go_text a, struct go_text b)
{
	while (a.len > 0 || b.len > 0) {
		struct go_text x = first_word(a), y = first_word(b);
		int order = order_words(x, y);

		if (order != 0)
			return order;
		a = behind_word(a, x.len);
		b = behind_word(b, y.len);
	}
	return 0;
}

static int order_versions(const struct version *a, const struct version *b)
{
	for (size_t i = 0; i < 3; i++)
		if (a->part[i] != b->part[i])
			return a->part[i] > b->part[i] ? 1 : -1;
	if (a->pre.len == 0 || b->pre.len == 0)
		return (a->pre.len == 0) - (b->pre.len == 0);
	return order_pre(a->pre, b->pre);
}

/* Whether the parts that the constraint gives are the same, at least the first `least`. */
static bool same_parts(const struct version *v, const struct version *c, unsigned most)
{
	for (unsigned i = 0; i < most && (i == 0 || i < c->given); i++)
		if (v->part[i] != c->part[i])
			return false;
	return true;
}

static bool is_tilde(const struct version *v, const struct version *c)
{
	bool zero = !c->part[0] && !c->part[1] && !c->part[2];

	if (order_versions(v, c) < 0)
		return false;
	/* ~0.0.0 and ~* are everything. */
	if (zero && (c->given == 0 || c->given == 3))
		return true;
	return v->part[0] == c->part[0] && (c->given == 1 || v->part[1] == c->part[1]);
}

static bool is_equal(const struct version *v, const struct version *c)
{
	return c->wild ? is_tilde(v, c) : order_versions(v, c) == 0;
}

static bool is_different(const struct version *v, const struct version *c)
{
	if (!c->wild)
		return order_versions(v, c) != 0;
	if (c->given == 0) /* != *: as a version 0.0.0 */
		return v->part[0] || v->part[1] || v->part[2] || order_versions(v, c) != 0;
	if (!same_parts(v, c, c->given))
		return true;
	if (c->given == 2 && (v->pre.len > 0 || c->pre.len > 0))
		return order_pre(v->pre, c->pre) != 0;
	return false;
}

static bool is_greater(const struct version *v, const struct version *c)
{
	if (!c->wild || c->given == 0 || v->part[0] != c->part[0])
		return c->wild && c->given > 0 ? v->part[0] > c->part[0]
					       : order_versions(v, c) > 0;
	return c->given == 2 && v->part[1] > c->part[1];
}

static bool is_less(const struct version *v, const struct version *c)
{
	return order_versions(v, c) < 0;
}

static bool is_at_least(const struct version *v, const struct version *c)
{
	return order_versions(v, c) >= 0;
}

static bool is_at_most(const struct version *v, const struct version *c)
{
	if (!c->wild)
		return order_versions(v, c) <= 0;
	if (v->part[0] != c->part[0])
		return v->part[0] < c->part[0];
	return c->given == 1 || v->part[1] <= c->part[1];
}

static bool is_caret(const struct version *v, const struct version *c)
{
	if (order_versions(v, c) < 0)
		return false;
	if (c->part[0] > 0 || c->given == 1)
		return v->part[0] == c->part[0];
	if (v->part[0] > 0)
		return false;
	if (c->part[1] > 0 || c->given == 2)
		return v->part[1] == c->part[1];
	return v->part[1] == 0 && v->part[2] == c->part[2];
}

typedef bool holds_fn(const struct version *v, const struct version *c);
static const struct sign {
	const char *text;
	holds_fn *holds;
} signs[] = {
	{ "!=", is_different },
	{ ">=", is_at_least },
	{ "=>", is_at_least },
	{ "<=", is_at_most },
	{ "=<", is_at_most },
	{ "~>", is_tilde },
	{ ">", is_greater },
	{ "<", is_less },
	{ "=", is_equal },
	{ "~", is_tilde },
	{ "^", is_caret },
	{ "", is_equal },
};

static bool is_met(const struct sign *sign, const struct version *v, const struct version *c)
{
	/* Who does not ask for releases to come gets none; != minds only where parts are open. */
	if (v->pre.len > 0 && c->pre.len == 0 && (sign->holds != is_different || c->wild))
		return false;
	return sign->holds(v, c);
}

static const struct sign *take_sign(const char **at)
{
	size_t i = 0;

	while (strncmp(*at, signs[i].text, strlen(signs[i].text)) != 0)
		i++;
	*at += strlen(signs[i].text);
	return &signs[i];
}

static size_t take_blanks(const char **at)
{
	return take_span(at, " \t\n\r\f").len;
}

/* Behind a version: " - " and another one, so that the first is where a range begins. */
static bool take_range(const char **at, struct version *to)
{
	const char *from = *at;

	if (take_blanks(&from) == 0 || *from++ != '-' || take_blanks(&from) == 0 ||
	    !take_version(&from, true, to))
		return false;
	*at = from;
	return true;
}

/* One side of ||: all of it must hold. False: it cannot be read. */
static bool check_all(const char **at, const struct version *version, bool *met)
{
	static const struct sign least = { ">=", is_at_least }, most = { "<=", is_at_most };
	bool range_may = true;

	*met = true;
	take_blanks(at);
	for (;;) {
		const struct sign *sign = take_sign(at);
		struct version wanted, last;

		take_blanks(at);
		if (!take_version(at, true, &wanted))
			return false;
		bool range = take_range(at, &last);

		if (range && (!range_may || *sign->text))
			return false;
		*met = *met && is_met(range ? &least : sign, version, &wanted) &&
		       (!range || is_met(&most, version, &last));
		bool blank = take_blanks(at) > 0 || range;

		range_may = **at == ',';
		if (!**at || **at == '|')
			return true;
		if (!range_may && !blank)
			return false;
		*at += range_may;
		take_blanks(at);
	}
}

static int read_version(struct go_run *run, struct go_text text, struct version *out)
{
	const char *at = go_text_c(run, text);

	if (strlen(at) != text.len || !take_version(&at, false, out) || *at)
		return go_fail(run, "this is not a version");
	return 0;
}

static int do_compare(struct go_run *run, const struct go_value *arg, size_t args,
		      struct go_value *out)
{
	const char *at = go_text_c(run, arg[0].text);
	struct version version = { .given = 0 };
	bool any = false, met;
	bool valid = strlen(at) == arg[0].text.len;
	int r = read_version(run, arg[1].text, &version);

	(void)args;
	if (r < 0)
		return -1;
	for (;;) {
		valid = valid && check_all(&at, &version, &met);
		any = any || (valid && met);
		if (!valid || !*at)
			break;
		valid = strncmp(at, "||", 2) == 0;
		at += 2 * valid;
	}
	if (!valid)
		return go_fail(run, "what is asked of a version cannot be read");
	*out = go_of_bool(any);
	return go_charge(run, arg[0].text.len);
}

static const struct go_type text_type = { .kind = GO_STRING }, number_type = { .kind = GO_INT };
static const struct go_field fields[] = {
	{ "Major", "major", &number_type },
	{ "Minor", "minor", &number_type },
	{ "Patch", "patch", &number_type },
	{ "Prerelease", "pre", &text_type },
	{ "Metadata", "meta", &text_type },
	{ "Original", "original", &text_type },
	{ "String", "string", &text_type },
};
static const struct go_type version_type = { .kind = GO_STRUCT,
					     .name = "semver.Version",
					     .field = fields,
					     .fields = ARRAY_LEN(fields),
					     .prints = "string" };

static const char *full_text(struct go_run *run, const struct version *version)
{
	return arena_printf(run->arena, "%llu.%llu.%llu%s%.*s%s%.*s",
			    (unsigned long long)version->part[0],
			    (unsigned long long)version->part[1],
			    (unsigned long long)version->part[2], version->pre.len ? "-" : "",
			    (int)version->pre.len, version->pre.at, version->meta.len ? "+" : "",
			    (int)version->meta.len, version->meta.at);
}

static int do_semver(struct go_run *run, const struct go_value *arg, size_t args,
		     struct go_value *out)
{
	struct map_builder *map = map_begin(run->arena);
	struct version version;

	(void)args;
	if (read_version(run, arg->text, &version) < 0)
		return -1;
	for (size_t i = 0; i < 3; i++)
		map_add(map, fields[i].key, value_of_u64(run->arena, version.part[i]));
	map_add(map, "pre", value_strn(run->arena, version.pre.at, version.pre.len));
	map_add(map, "meta", value_strn(run->arena, version.meta.at, version.meta.len));
	map_add(map, "original", value_strn(run->arena, arg->text.at, arg->text.len));
	map_add(map, "string", value_str(run->arena, full_text(run, &version)));
	*out = (struct go_value){ .sort = SORT_STRUCT,
				  .pointer = true,
				  .type = &version_type,
				  .tree = map_end(map) };
	return go_charge(run, arg->text.len * 4);
}

static const struct go_function rows[] = {
	{ "semver", "s", do_semver },
	{ "semverCompare", "ss", do_compare },
};

const struct go_functions go_version_functions = { rows, ARRAY_LEN(rows) };
