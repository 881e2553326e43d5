#include "base/own.h"
#include "base/utf8.h"
#include "cel/lex.h"
#include "cel/regex_parts.h"

#include <ctype.h>
#include <string.h>

#define DEPTH_MAX 100
#define POINT_MAX 0x10ffff

struct flags {
	bool fold, lines, dot_all;
};

struct reader {
	struct arena *arena;
	const char *at, *end;
	struct flags flags;
	unsigned depth;
	struct groups *groups;
};

static int read_or(struct reader *reader, struct part **out, struct err *err);

static int bad(struct err *err, const char *text)
{
	return err_set(err, ERR_INPUT, "the pattern has %s", text);
}

static bool is_at(const struct reader *reader, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(reader->end - reader->at) >= len && memcmp(reader->at, text, len) == 0;
}

static bool skip(struct reader *reader, const char *text)
{
	if (!is_at(reader, text))
		return false;
	reader->at += strlen(text);
	return true;
}

static uint32_t take_point(struct reader *reader)
{
	size_t bytes;
	uint32_t point = utf8_take(reader->at, (size_t)(reader->end - reader->at), &bytes);

	reader->at += bytes;
	return point;
}

static struct part *part_new(struct reader *reader, enum part_kind kind)
{
	struct part *part = arena_alloc(reader->arena, sizeof(*part));

	part->kind = kind;
	return part;
}

static struct part *assert_new(struct reader *reader, enum assertion assertion)
{
	struct part *part = part_new(reader, PART_ASSERT);

	part->assertion = assertion;
	return part;
}

static void add_range(struct reader *reader, struct charset *set, uint32_t from, uint32_t to)
{
	set->at = arena_grow(reader->arena, set->at, set->len, &set->cap, sizeof(*set->at));
	set->at[set->len++] = (struct range){ from, to };
}

/* The part of a range that has letters of the other case, too. */
static void add_folded(struct reader *reader, struct charset *set, struct range range,
		       struct range letters)
{
	uint32_t from = range.from > letters.from ? range.from : letters.from;
	uint32_t to = range.to < letters.to ? range.to : letters.to;

	if (from <= to)
		add_range(reader, set, from ^ 0x20, to ^ 0x20);
}

static int add_points(struct reader *reader, struct charset *set, uint32_t from, uint32_t to,
		      struct err *err)
{
	struct range range = { from, to };

	add_range(reader, set, from, to);
	if (!reader->flags.fold)
		return 0;
	if (from > 0x7f)
		return bad(err,
			   "a letter beyond ASCII without regard to case, which is not covered");
	add_folded(reader, set, range, (struct range){ 'a', 'z' });
	add_folded(reader, set, range, (struct range){ 'A', 'Z' });
	return 0;
}

static const struct class_row {
	const char *name;
	struct range ranges[4]; /* ends with { 0, 0 } or at four */
} classes[] = {
	{ "d", { { '0', '9' } } },
	{ "w", { { '0', '9' }, { 'A', 'Z' }, { 'a', 'z' }, { '_', '_' } } },
	{ "s", { { '\t', '\n' }, { '\f', '\r' }, { ' ', ' ' } } },
	{ "[:alnum:]", { { '0', '9' }, { 'A', 'Z' }, { 'a', 'z' } } },
	{ "[:alpha:]", { { 'A', 'Z' }, { 'a', 'z' } } },
	{ "[:ascii:]", { { 0, 0x7f } } },
	{ "[:blank:]", { { '\t', '\t' }, { ' ', ' ' } } },
	{ "[:cntrl:]", { { 0, 0x1f }, { 0x7f, 0x7f } } },
	{ "[:digit:]", { { '0', '9' } } },
	{ "[:graph:]", { { '!', '~' } } },
	{ "[:lower:]", { { 'a', 'z' } } },
	{ "[:print:]", { { ' ', '~' } } },
	{ "[:punct:]", { { '!', '/' }, { ':', '@' }, { '[', '`' }, { '{', '~' } } },
	{ "[:space:]", { { '\t', '\r' }, { ' ', ' ' } } },
	{ "[:upper:]", { { 'A', 'Z' } } },
	{ "[:word:]", { { '0', '9' }, { 'A', 'Z' }, { 'a', 'z' }, { '_', '_' } } },
	{ "[:xdigit:]", { { '0', '9' }, { 'A', 'F' }, { 'a', 'f' } } },
};

static int add_class(struct reader *reader, struct charset *set, const struct class_row *row,
		     bool negated, struct err *err)
{
	uint32_t from = 0;

	for (size_t i = 0; i < ARRAY_LEN(row->ranges) && row->ranges[i].to; i++) {
		const struct range *range = &row->ranges[i];

		if (!negated) {
			if (add_points(reader, set, range->from, range->to, err) < 0)
				return -1;
			continue;
		}
		/* Ranges stand in ascending order, except that _ follows the letters of \w. */
		if (range->from == '_') {
			set->at[set->len - 1].to = '_' - 1;
			add_range(reader, set, '_' + 1, 'a' - 1);
			continue;
		}
		if (range->from > from)
			add_range(reader, set, from, range->from - 1);
		from = range->to + 1;
	}
	if (negated)
		add_range(reader, set, from, POINT_MAX);
	return 0;
}

/* \d and its like, and [:names:] inside a set. >0: there is none here. */
static int read_class(struct reader *reader, struct charset *set, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		const char *name = classes[i].name;
		char letter = name[0];

		if (letter == '[') {
			char opposite[24] = "[:^";

			memcpy(opposite + 3, name + 2, strlen(name + 2) + 1);
			if (skip(reader, name))
				return add_class(reader, set, &classes[i], false, err);
			if (skip(reader, opposite))
				return add_class(reader, set, &classes[i], true, err);
			continue;
		}
		if (reader->end - reader->at < 2 || reader->at[0] != '\\' ||
		    (reader->at[1] | 0x20) != letter)
			continue;
		bool negated = reader->at[1] != letter;

		reader->at += 2;
		return add_class(reader, set, &classes[i], negated, err);
	}
	return 1;
}

static int hex_digit(char c)
{
	unsigned char u = (unsigned char)c;

	return isdigit(u) ? u - '0' : isxdigit(u) ? (u | 0x20) - 'a' + 10
						  : -1;
}

/* \x41 or \x{1F600}, behind the x. */
static int read_hex(struct reader *reader, uint32_t *out, struct err *err)
{
	bool braces = skip(reader, "{");
	unsigned digits = 0;

	*out = 0;
	while (reader->at < reader->end && hex_digit(*reader->at) >= 0 &&
	       (braces ? *out <= POINT_MAX : digits < 2)) {
		*out = *out * 16 + (uint32_t)hex_digit(*reader->at++);
		digits++;
	}
	if (*out > POINT_MAX || digits < (braces ? 1 : 2) || (braces && !skip(reader, "}")))
		return bad(err, "an escape \\x without its digits");
	return 0;
}

static int read_octal(struct reader *reader, uint32_t *out, struct err *err)
{
	bool zero = *reader->at == '0';
	unsigned digits = 0;

	*out = 0;
	while (reader->at < reader->end && digits < 3 && *reader->at >= '0' && *reader->at < '8') {
		*out = *out * 8 + (uint32_t)(*reader->at++ - '0');
		digits++;
	}
	return zero || digits > 1 ? 0 : bad(err, "a reference to a group, which RE2 has not");
}

/* One character behind a backslash. */
static int read_escape(struct reader *reader, uint32_t *out, struct err *err)
{
	static const char letters[][2] = {
		{ 'a', '\a' },
		{ 'f', '\f' },
		{ 'n', '\n' },
		{ 'r', '\r' },
		{ 't', '\t' },
		{ 'v', '\v' },
	};

	if (reader->at == reader->end)
		return bad(err, "a \\ at its end");
	unsigned char c = (unsigned char)*reader->at;

	if (c >= '0' && c < '8')
		return read_octal(reader, out, err);
	reader->at++;
	if (c == 'x')
		return read_hex(reader, out, err);
	for (size_t i = 0; i < ARRAY_LEN(letters); i++) {
		if (letters[i][0] != (char)c)
			continue;
		*out = (uint32_t)letters[i][1];
		return 0;
	}
	*out = c;
	if (strchr("pPQEC", c))
		return err_set(err, ERR_INPUT, "the pattern has \\%c, which is not covered", c);
	return ispunct(c) && c < 0x80 ? 0 : bad(err, "an escape that RE2 has not");
}

static int read_member(struct reader *reader, uint32_t *out, struct err *err)
{
	if (skip(reader, "\\"))
		return read_escape(reader, out, err);
	if (reader->at == reader->end)
		return bad(err, "a set without its ]");
	*out = take_point(reader);
	return 0;
}

static int read_set_entry(struct reader *reader, struct charset *set, struct err *err)
{
	uint32_t from, to;
	int r = read_class(reader, set, err);

	if (r <= 0)
		return r;
	if (is_at(reader, "[:"))
		for (const char *at = reader->at + 2; at < reader->end && *at != ']'; at++)
			if (*at == ':' && at + 1 < reader->end && at[1] == ']')
				return bad(err, "a class that RE2 has not");
	if (read_member(reader, &from, err) < 0)
		return -1;
	to = from;
	if (is_at(reader, "-") && !is_at(reader, "-]") && reader->end - reader->at > 1) {
		reader->at++;
		if (read_member(reader, &to, err) < 0)
			return -1;
	}
	if (to < from)
		return bad(err, "a range that ends before it begins");
	return add_points(reader, set, from, to, err);
}

static int read_set(struct reader *reader, struct part **out, struct err *err)
{
	struct part *part = part_new(reader, PART_SET);
	bool first = true;

	part->set.negated = skip(reader, "^");
	while (first || !is_at(reader, "]")) {
		if (reader->at == reader->end)
			return bad(err, "a set without its ]");
		if (read_set_entry(reader, &part->set, err) < 0)
			return -1;
		first = false;
	}
	reader->at++;
	*out = part;
	return 0;
}

/* (?flags) or (?flags:, behind the question mark; *group: something follows the colon. */
static int read_flags(struct reader *reader, bool *group, struct err *err)
{
	bool on = true;

	while (reader->at < reader->end) {
		char c = *reader->at++;

		if (c == ':' || c == ')') {
			*group = c == ':';
			return 0;
		}
		if (c == '-' && on)
			on = false;
		else if (c == 'i')
			reader->flags.fold = on;
		else if (c == 'm')
			reader->flags.lines = on;
		else if (c == 's')
			reader->flags.dot_all = on;
		else if (c != 'U') /* only changes which match is preferred */
			break;
	}
	return bad(err, "a (? that RE2 has not");
}

static unsigned group_new(struct reader *reader, struct cel_text name)
{
	struct groups *groups = reader->groups;

	groups->name = arena_grow(reader->arena, groups->name, groups->len, &groups->cap,
				  sizeof(*groups->name));
	groups->name[groups->len] = name;
	return (unsigned)groups->len++;
}

static int read_group_name(struct reader *reader, struct cel_text *out, struct err *err)
{
	const char *name = reader->at;

	while (reader->at < reader->end &&
	       (isalnum((unsigned char)*reader->at) || *reader->at == '_'))
		reader->at++;
	*out = (struct cel_text){ name, (size_t)(reader->at - name) };
	if (out->len == 0 || !skip(reader, ">"))
		return bad(err, "a group with a bad name");
	for (size_t i = 0; i < reader->groups->len; i++)
		if (reader->groups->name[i].len == out->len &&
		    memcmp(reader->groups->name[i].at, name, out->len) == 0)
			return bad(err, "two groups of one name");
	return 0;
}

static int read_group(struct reader *reader, struct part **out, struct err *err)
{
	struct flags outer = reader->flags;
	struct cel_text name = { "", 0 };
	struct part *noted = NULL;
	bool group = true;

	if (skip(reader, "?P<") || (is_at(reader, "?<") && !is_at(reader, "?<=") &&
				    !is_at(reader, "?<!") && skip(reader, "?<"))) {
		if (read_group_name(reader, &name, err) < 0)
			return -1;
		noted = part_new(reader, PART_GROUP);
	} else if (skip(reader, "?")) {
		if (read_flags(reader, &group, err) < 0)
			return -1;
	} else {
		noted = part_new(reader, PART_GROUP);
	}
	if (!group) { /* the flags hold up to the end of the group around */
		*out = part_new(reader, PART_THEN);
		return 0;
	}
	if (noted) {
		noted->group = group_new(reader, name);
		*out = noted;
		out = &noted->a;
	}
	if (read_or(reader, out, err) < 0)
		return -1;
	reader->flags = outer;
	return skip(reader, ")") ? 0 : bad(err, "a ( without its )");
}

static int read_backslash(struct reader *reader, struct part **out, struct err *err)
{
	static const struct {
		const char *text;
		enum assertion assertion;
	} places[] = {
		{ "\\A", AT_TEXT_BEGIN },
		{ "\\z", AT_TEXT_END },
		{ "\\b", AT_WORD_EDGE },
		{ "\\B", AT_NO_WORD_EDGE },
	};
	uint32_t point;

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (!skip(reader, places[i].text))
			continue;
		*out = assert_new(reader, places[i].assertion);
		return 0;
	}
	*out = part_new(reader, PART_SET);
	int r = read_class(reader, &(*out)->set, err);

	if (r <= 0)
		return r;
	reader->at++;
	if (read_escape(reader, &point, err) < 0)
		return -1;
	return add_points(reader, &(*out)->set, point, point, err);
}

static int read_element(struct reader *reader, struct part **out, struct err *err)
{
	bool lines = reader->flags.lines;

	if (skip(reader, "("))
		return read_group(reader, out, err);
	if (skip(reader, "["))
		return read_set(reader, out, err);
	if (is_at(reader, "\\"))
		return read_backslash(reader, out, err);
	if (skip(reader, "^")) {
		*out = assert_new(reader, lines ? AT_LINE_BEGIN : AT_TEXT_BEGIN);
		return 0;
	}
	if (skip(reader, "$")) {
		*out = assert_new(reader, lines ? AT_LINE_END : AT_TEXT_END);
		return 0;
	}
	if (is_at(reader, "*") || is_at(reader, "+") || is_at(reader, "?"))
		return bad(err, "a repetition of nothing");
	*out = part_new(reader, PART_SET);
	if (skip(reader, ".")) {
		(*out)->set.negated = true;
		if (!reader->flags.dot_all)
			add_range(reader, &(*out)->set, '\n', '\n');
		return 0;
	}
	uint32_t point = take_point(reader);

	return add_points(reader, &(*out)->set, point, point, err);
}

static bool read_count(const char **at, const char *end, uint32_t *out)
{
	const char *from = *at;

	*out = 0;
	while (*at < end && isdigit((unsigned char)**at)) {
		if (*out <= REPEAT_MAX)
			*out = *out * 10 + (uint32_t)(**at - '0');
		(*at)++;
	}
	return *at > from;
}

/* {n}, {n,} or {n,m}; anything else in braces stands for itself. */
static bool read_braces(struct reader *reader, uint32_t *least, uint32_t *most)
{
	const char *at = reader->at + 1;

	if (!is_at(reader, "{") || !read_count(&at, reader->end, least))
		return false;
	*most = *least;
	if (at < reader->end && *at == ',') {
		at++;
		if (!read_count(&at, reader->end, most))
			*most = REPEAT_FOREVER;
	}
	if (at == reader->end || *at != '}')
		return false;
	reader->at = at + 1;
	return true;
}

static bool read_times(struct reader *reader, uint32_t *least, uint32_t *most)
{
	*least = 0;
	*most = REPEAT_FOREVER;
	if (skip(reader, "*"))
		return true;
	if (skip(reader, "+")) {
		*least = 1;
		return true;
	}
	if (skip(reader, "?")) {
		*most = 1;
		return true;
	}
	return read_braces(reader, least, most);
}

static int read_repeat(struct reader *reader, struct part **out, struct err *err)
{
	uint32_t least, most;
	struct part *part;

	if (read_element(reader, out, err) < 0)
		return -1;
	if (!read_times(reader, &least, &most))
		return 0;
	if (least > REPEAT_MAX || (most != REPEAT_FOREVER && (most > REPEAT_MAX || most < least)))
		return bad(err, "a repetition that RE2 does not take");
	part = part_new(reader, PART_REPEAT);
	part->lazy = skip(reader, "?");
	part->least = least;
	part->most = most;
	part->a = *out;
	*out = part;
	if (read_times(reader, &least, &most))
		return bad(err, "a repetition of a repetition");
	return 0;
}

static int read_sequence(struct reader *reader, struct part **out, struct err *err)
{
	struct part *part = part_new(reader, PART_THEN);
	struct part **tail = &part->a;

	while (reader->at < reader->end && !is_at(reader, "|") && !is_at(reader, ")")) {
		if (read_repeat(reader, tail, err) < 0)
			return -1;
		tail = &(*tail)->next;
	}
	*out = part;
	return 0;
}

static int read_or(struct reader *reader, struct part **out, struct err *err)
{
	struct part *part = part_new(reader, PART_OR);
	struct part **tail = &part->a;

	if (++reader->depth > DEPTH_MAX)
		return bad(err, "too many levels");
	do {
		if (read_sequence(reader, tail, err) < 0)
			return -1;
		tail = &(*tail)->next;
	} while (skip(reader, "|"));
	reader->depth--;
	*out = part;
	return 0;
}

int regex_read(struct arena *arena, const struct cel_text *pattern, struct groups *groups,
	       const struct part **out, struct err *err)
{
	struct reader reader = { .arena = arena,
				 .at = pattern->at,
				 .end = pattern->at + pattern->len,
				 .groups = groups };
	struct part *part;

	group_new(&reader, (struct cel_text){ "", 0 });
	if (read_or(&reader, &part, err) < 0)
		return -1;
	if (reader.at < reader.end)
		return bad(err, "a ) without its (");
	*out = part;
	return 0;
}
