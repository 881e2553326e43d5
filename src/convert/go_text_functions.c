#include "base/text.h"
#include "base/utf8.h"
#include "convert/go_run.h"
#include "convert/letter.h"
#include "crypto/digest.h"

#include <string.h>

#define TEXT_MAX (1 << 20)

static int give(struct go_run *run, const char *at, size_t len, struct go_value *out)
{
	*out = go_of_text(go_text_copy(run, at, len));
	return go_charge(run, len);
}

/* Where `part` begins in `text` from `at` on; text.len + 1 when nowhere. */
static size_t find(struct go_text text, size_t at, struct go_text part)
{
	const char *found = at + part.len <= text.len
				    ? memmem(text.at + at, text.len - at, part.at, part.len)
				    : NULL;

	return found ? (size_t)(found - text.at) : text.len + 1;
}

static bool starts(struct go_text text, struct go_text part)
{
	return text.len >= part.len && (part.len == 0 || memcmp(text.at, part.at, part.len) == 0);
}

static bool ends(struct go_text text, struct go_text part)
{
	return text.len >= part.len &&
	       (part.len == 0 || memcmp(text.at + text.len - part.len, part.at, part.len) == 0);
}

/* Whether a letter stands in a set; an empty set means white space. */
static bool is_one_of(struct go_text set, bool space, uint32_t letter)
{
	size_t len;

	if (space)
		return utf8_is_space(letter);
	for (size_t i = 0; i < set.len; i += len)
		if (utf8_take(set.at + i, set.len - i, &len) == letter)
			return true;
	return false;
}

static int trim(struct go_run *run, struct go_text text, const struct go_text *set,
		struct go_value *out)
{
	struct go_text signs = set ? *set : (struct go_text){ "", 0 };
	size_t first = text.len, last = 0, len;

	for (size_t i = 0; i < text.len; i += len) {
		uint32_t letter = utf8_take(text.at + i, text.len - i, &len);

		if (is_one_of(signs, !set, letter))
			continue;
		if (first > i)
			first = i;
		last = i + len;
	}
	return give(run, text.at + (last ? first : 0), last ? last - first : 0, out);
}

static int do_trim(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	(void)args;
	return trim(run, arg->text, NULL, out);
}

static int do_trim_all(struct go_run *run, const struct go_value *arg, size_t args,
		       struct go_value *out)
{
	(void)args;
	return trim(run, arg[1].text, &arg[0].text, out);
}

static int do_trim_prefix(struct go_run *run, const struct go_value *arg, size_t args,
			  struct go_value *out)
{
	size_t skip = starts(arg[1].text, arg[0].text) ? arg[0].text.len : 0;

	(void)args;
	return give(run, arg[1].text.at + skip, arg[1].text.len - skip, out);
}

static int do_trim_suffix(struct go_run *run, const struct go_value *arg, size_t args,
			  struct go_value *out)
{
	size_t skip = ends(arg[1].text, arg[0].text) ? arg[0].text.len : 0;

	(void)args;
	return give(run, arg[1].text.at, arg[1].text.len - skip, out);
}

/* Every letter through a function that sees the one before (a space at the beginning). */
static int each_letter(struct go_run *run, struct go_text text,
		       uint32_t (*turn)(uint32_t letter, uint32_t before), struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(TEXT_MAX);
	uint32_t before = ' ';
	char bytes[4];
	size_t len;

	for (size_t i = 0; i < text.len; i += len) {
		uint32_t letter = utf8_take(text.at + i, text.len - i, &len);

		str_addn(&built, bytes, utf8_put(turn(letter, before), bytes));
		before = letter;
	}
	return go_text_take(run, &built, out);
}

static uint32_t turn_upper(uint32_t letter, uint32_t before)
{
	(void)before;
	return letter_upper(letter);
}

static uint32_t turn_lower(uint32_t letter, uint32_t before)
{
	(void)before;
	return letter_lower(letter);
}

static uint32_t turn_title(uint32_t letter, uint32_t before)
{
	bool divides = before < 0x80 ? !letter_is_word(before) : utf8_is_space(before);

	return divides ? letter_upper(letter) : letter;
}

static uint32_t turn_untitle(uint32_t letter, uint32_t before)
{
	return utf8_is_space(before) ? letter_lower(letter) : letter;
}

static int do_upper(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	(void)args;
	return each_letter(run, arg->text, turn_upper, out);
}

static int do_lower(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	(void)args;
	return each_letter(run, arg->text, turn_lower, out);
}

static int do_title(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	(void)args;
	return each_letter(run, arg->text, turn_title, out);
}

static int do_untitle(struct go_run *run, const struct go_value *arg, size_t args,
		      struct go_value *out)
{
	(void)args;
	return each_letter(run, arg->text, turn_untitle, out);
}

static bool has_space(struct go_text text)
{
	for (size_t i = 0; i < text.len; i++)
		if (utf8_is_space((unsigned char)text.at[i]))
			return true;
	return false;
}

static int do_nospace(struct go_run *run, const struct go_value *arg, size_t args,
		      struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct go_text text = arg->text;
	char bytes[4];

	(void)args;
	for (size_t i = 0; i < text.len; i++)
		if (!utf8_is_space((unsigned char)text.at[i]))
			str_addn(&built, bytes, utf8_put((unsigned char)text.at[i], bytes));
	/* Where there is no space at all, the text stays; else it is read byte by byte. */
	if (!has_space(text))
		return give(run, text.at, text.len, out);
	return go_text_take(run, &built, out);
}

static int do_repeat(struct go_run *run, const struct go_value *arg, size_t args,
		     struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(TEXT_MAX);
	int64_t count = arg[0].number;

	(void)args;
	if (count < 0)
		return go_fail(run, "repeat takes no negative count");
	if (arg[1].text.len > 0 && (uint64_t)count > TEXT_MAX / arg[1].text.len)
		return go_fail(run, "a text is longer than %d bytes", TEXT_MAX);
	for (int64_t i = 0; i < count && arg[1].text.len > 0; i++)
		str_addn(&built, arg[1].text.at, arg[1].text.len);
	return go_text_take(run, &built, out);
}

static int do_substr(struct go_run *run, const struct go_value *arg, size_t args,
		     struct go_value *out)
{
	int64_t from = arg[0].number, to = arg[1].number, len = (int64_t)arg[2].text.len;

	(void)args;
	if (from < 0)
		from = 0;
	else if (to < 0 || to > len)
		to = len;
	if (from > to || to > len)
		return go_fail(run, "substr asks for bytes that the text has not");
	return give(run, arg[2].text.at + from, (size_t)(to - from), out);
}

static int do_trunc(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	int64_t count = arg[0].number, len = (int64_t)arg[1].text.len;
	const char *at = arg[1].text.at;

	(void)args;
	if (count < 0 && count > -len)
		return give(run, at + len + count, (size_t)-count, out);
	return give(run, at, (size_t)(count >= 0 && len > count ? count : len), out);
}

static int do_contains(struct go_run *run, const struct go_value *arg, size_t args,
		       struct go_value *out)
{
	(void)run;
	(void)args;
	*out = go_of_bool(find(arg[1].text, 0, arg[0].text) <= arg[1].text.len);
	return 0;
}

static int do_has_prefix(struct go_run *run, const struct go_value *arg, size_t args,
			 struct go_value *out)
{
	(void)run;
	(void)args;
	*out = go_of_bool(starts(arg[1].text, arg[0].text));
	return 0;
}

static int do_has_suffix(struct go_run *run, const struct go_value *arg, size_t args,
			 struct go_value *out)
{
	(void)run;
	(void)args;
	*out = go_of_bool(ends(arg[1].text, arg[0].text));
	return 0;
}

static int do_quote(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct go_text text;

	for (size_t i = 0; i < args; i++) {
		if (arg[i].sort == SORT_NIL)
			continue;
		if (built.len > 0)
			str_addc(&built, ' ');
		if (go_strval(run, &arg[i], &text) < 0)
			return -1;
		go_quote(&built, text);
	}
	return go_text_take(run, &built, out);
}

static int do_squote(struct go_run *run, const struct go_value *arg, size_t args,
		     struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(TEXT_MAX);

	for (size_t i = 0; i < args; i++) {
		if (arg[i].sort == SORT_NIL)
			continue;
		str_add(&built, built.len > 0 ? " '" : "'");
		if (go_print(run, &built, &arg[i]) < 0)
			return -1;
		str_addc(&built, '\'');
	}
	return go_text_take(run, &built, out);
}

static int do_cat(struct go_run *run, const struct go_value *arg, size_t args,
		  struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(TEXT_MAX);
	bool first = true;

	for (size_t i = 0; i < args; i++) {
		if (arg[i].sort == SORT_NIL)
			continue;
		if (!first)
			str_addc(&built, ' ');
		first = false;
		if (go_print(run, &built, &arg[i]) < 0)
			return -1;
	}
	return go_text_take(run, &built, out);
}

static int indent(struct go_run *run, const struct go_value *arg, const char *before,
		  struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct go_text text = arg[1].text;

	if (arg[0].number < 0 || arg[0].number > 10000)
		return go_fail(run, "an indentation is 0 to 10000");
	str_add(&built, before);
	str_pad(&built, ' ', (size_t)arg[0].number);
	for (size_t i = 0; i < text.len; i++) {
		str_addc(&built, text.at[i]);
		if (text.at[i] == '\n')
			str_pad(&built, ' ', (size_t)arg[0].number);
	}
	return go_text_take(run, &built, out);
}

static int do_indent(struct go_run *run, const struct go_value *arg, size_t args,
		     struct go_value *out)
{
	(void)args;
	return indent(run, arg, "", out);
}

static int do_nindent(struct go_run *run, const struct go_value *arg, size_t args,
		      struct go_value *out)
{
	(void)args;
	return indent(run, arg, "\n", out);
}

/* The bytes of the letter at `at`; 0 at the end. */
static size_t letter_len(struct go_text text, size_t at)
{
	size_t len = 0;

	if (at < text.len)
		utf8_take(text.at + at, text.len - at, &len);
	return len;
}

static int do_replace(struct go_run *run, const struct go_value *arg, size_t args,
		      struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct go_text old = arg[0].text, new = arg[1].text, text = arg[2].text;
	size_t at = 0;

	(void)args;
	while (at <= text.len) {
		size_t next = old.len ? find(text, at, old) : at;
		size_t step;

		if (next > text.len)
			break;
		str_addn(&built, text.at + at, next - at);
		str_addn(&built, new.at, new.len);
		step = old.len ? old.len : letter_len(text, next);
		if (old.len == 0)
			str_addn(&built, text.at + next, step);
		at = next + step;
		if (step == 0)
			break;
	}
	if (at < text.len)
		str_addn(&built, text.at + at, text.len - at);
	return go_text_take(run, &built, out);
}

static int do_plural(struct go_run *run, const struct go_value *arg, size_t args,
		     struct go_value *out)
{
	(void)run;
	(void)args;
	*out = arg[2].number == 1 ? arg[0] : arg[1];
	return 0;
}

/* The parts between separators; an empty separator parts the letters. At most `most` parts, all
 * when it is negative. */
static struct go_list *split(struct go_run *run, struct go_text text, struct go_text by,
			     int64_t most)
{
	struct go_list *list = go_list_new(run);
	size_t at = 0;

	while (most != 0) {
		size_t next = by.len ? find(text, at, by) : at + letter_len(text, at);

		if (by.len == 0 && at >= text.len)
			break;
		if (next > text.len || most == 1)
			next = text.len;
		go_list_add(run, list, go_of_text(go_text_copy(run, text.at + at, next - at)));
		if (next >= text.len && (by.len == 0 || find(text, at, by) > text.len || most == 1))
			break;
		at = next + by.len;
		most -= most > 0;
	}
	return list;
}

static int do_split_list(struct go_run *run, const struct go_value *arg, size_t args,
			 struct go_value *out)
{
	(void)args;
	if (go_charge(run, arg[1].text.len * sizeof(*arg)) < 0)
		return -1;
	*out = go_of_strings(split(run, arg[1].text, arg[0].text, -1));
	return 0;
}

static const struct go_type string_type = { .kind = GO_STRING };

static struct go_value numbered(struct go_run *run, const struct go_list *list)
{
	struct go_map *map = go_map_new(run);

	map->item = &string_type;
	for (size_t i = 0; i < list->len; i++) {
		char *key = arena_printf(run->arena, "_%zu", i);

		go_map_put(run, map, (struct go_text){ key, strlen(key) }, list->at[i]);
	}
	return go_of_map(map);
}

static int do_split(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	(void)args;
	if (go_charge(run, arg[1].text.len * sizeof(struct go_pair)) < 0)
		return -1;
	*out = numbered(run, split(run, arg[1].text, arg[0].text, -1));
	return 0;
}

static int do_splitn(struct go_run *run, const struct go_value *arg, size_t args,
		     struct go_value *out)
{
	(void)args;
	if (go_charge(run, arg[2].text.len * sizeof(struct go_pair)) < 0)
		return -1;
	*out = numbered(run, split(run, arg[2].text, arg[0].text, arg[1].number));
	return 0;
}

static int do_to_string(struct go_run *run, const struct go_value *arg, size_t args,
			struct go_value *out)
{
	struct go_text text;

	(void)args;
	if (go_strval(run, arg, &text) < 0)
		return -1;
	*out = go_of_text(text);
	return 0;
}

static int do_b64enc(struct go_run *run, const struct go_value *arg, size_t args,
		     struct go_value *out)
{
	const char *text = base64_encode(run->arena, arg->text.at, arg->text.len);

	(void)args;
	return give(run, text, strlen(text), out);
}

static int do_b64dec(struct go_run *run, const struct go_value *arg, size_t args,
		     struct go_value *out)
{
	size_t len;
	const unsigned char *data = base64_decode(run->arena, go_text_c(run, arg->text), &len);

	(void)args;
	if (!data)
		return go_fail(run, "this is not base64");
	return give(run, (const char *)data, len, out);
}

static int do_sha256(struct go_run *run, const struct go_value *arg, size_t args,
		     struct go_value *out)
{
	unsigned char sum[SHA256_SIZE];
	const char *text;

	(void)args;
	sha256(arg->text.at, arg->text.len, sum);
	text = hex_encode(run->arena, sum, sizeof(sum));
	return give(run, text, strlen(text), out);
}

static int do_fail(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	(void)args;
	(void)out;
	if (run->template->sensitive && *run->template->sensitive)
		return go_fail(run, "the template says that this must not be");
	return go_fail(run, "the template says: %s", go_text_c(run, arg->text));
}

static const struct go_function rows[] = {
	{ "trim", "s", do_trim },
	{ "trimAll", "ss", do_trim_all },
	{ "trimall", "ss", do_trim_all },
	{ "trimPrefix", "ss", do_trim_prefix },
	{ "trimSuffix", "ss", do_trim_suffix },
	{ "upper", "s", do_upper },
	{ "lower", "s", do_lower },
	{ "title", "s", do_title },
	{ "untitle", "s", do_untitle },
	{ "nospace", "s", do_nospace },
	{ "repeat", "is", do_repeat },
	{ "substr", "iis", do_substr },
	{ "trunc", "is", do_trunc },
	{ "contains", "ss", do_contains },
	{ "hasPrefix", "ss", do_has_prefix },
	{ "hasSuffix", "ss", do_has_suffix },
	{ "quote", "a*", do_quote },
	{ "squote", "a*", do_squote },
	{ "cat", "a*", do_cat },
	{ "indent", "is", do_indent },
	{ "nindent", "is", do_nindent },
	{ "replace", "sss", do_replace },
	{ "plural", "ssi", do_plural },
	{ "split", "ss", do_split },
	{ "splitn", "sis", do_splitn },
	{ "splitList", "ss", do_split_list },
	{ "toString", "a", do_to_string },
	{ "b64enc", "s", do_b64enc },
	{ "b64dec", "s", do_b64dec },
	{ "sha256sum", "s", do_sha256 },
	{ "fail", "s", do_fail },
};

const struct go_functions go_text_functions = { rows, ARRAY_LEN(rows) };
