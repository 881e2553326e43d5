#include "base/utf8.h"
#include "cel/regex.h"
#include "convert/go_run.h"
#include "convert/letter.h"

#include <string.h>

#define TEXT_MAX (1 << 20)

/* A pattern that goes through a text. */
struct search {
	struct go_run *run;
	const struct regex *regex;
	struct cel_text text;
	struct arena *scratch; /* owned */
	struct cel_work work;
	const size_t *at; /* of the last match: two places for each group */
};

static int search_begin(struct search *search, struct go_run *run, const struct go_value *arg)
{
	struct cel_text pattern = { go_text_c(run, arg[0].text), arg[0].text.len };
	struct err err = ERR_INIT;

	*search = (struct search){ .run = run };
	if (go_charge(run, pattern.len * 100) < 0)
		return -1;
	if (regex_compile(run->arena, &pattern, &search->regex, &err) < 0)
		return go_fail(run, "the pattern: %s", err.text);
	search->text = (struct cel_text){ go_text_c(run, arg[1].text), arg[1].text.len };
	search->work.steps = CEL_STEPS_MAX;
	return 0;
}

/* 1 when there is no further match. */
static int search_next(struct search *search, size_t from)
{
	struct regex_place place = { &search->text, from };
	struct err err = ERR_INIT;

	arena_free(search->scratch);
	search->scratch = arena_new("matches");
	search->work.arena = search->scratch;
	if (regex_match(search->regex, &place, &search->work, &search->at, &err) < 0)
		return go_fail(search->run, "the pattern: %s", err.text);
	return search->at ? 0 : 1;
}

static void search_end(struct search *search)
{
	arena_free(search->scratch);
	search->run->steps += (CEL_STEPS_MAX - search->work.steps) / 4;
}

static size_t letter_len(const struct cel_text *text, size_t at)
{
	size_t len = 0;

	if (at < text->len)
		utf8_take(text->at + at, text->len - at, &len);
	return len;
}

static int do_match(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	struct search search;
	struct err err = ERR_INIT;
	bool found = false;

	(void)args;
	if (search_begin(&search, run, arg) < 0)
		return -1;
	search.work.arena = run->arena;
	if (regex_find(search.regex, &search.text, &search.work, &found, &err) < 0)
		return go_fail(run, "the pattern: %s", err.text);
	search_end(&search);
	*out = go_of_bool(found);
	return go_charge(run, 0);
}

static struct go_value piece(struct search *search, size_t from, size_t to)
{
	return go_of_text(go_text_copy(search->run, search->text.at + from, to - from));
}

static int do_find(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	struct search search;

	(void)args;
	if (search_begin(&search, run, arg) < 0)
		return -1;
	int r = search_next(&search, 0);

	*out = r == 0 ? piece(&search, search.at[0], search.at[1])
		      : go_of_text((struct go_text){ "", 0 });
	search_end(&search);
	return r < 0 ? -1 : go_charge(run, out->text.len);
}

typedef void on_match_fn(struct search *search, void *data);

/* At most `most` matches, all when it is negative; an empty one not right behind another. */
static int each_match(struct search *search, int64_t most, on_match_fn *on_match, void *data)
{
	size_t at = 0, end = SIZE_MAX;
	int r = 0;

	for (int64_t i = 0; r == 0 && (most < 0 || i < most) && at <= search->text.len;) {
		r = search_next(search, at);
		if (r != 0)
			break;
		bool counts = search->at[1] != at || search->at[0] != end;
		size_t step = letter_len(&search->text, at);

		end = search->at[1];
		if (counts) {
			on_match(search, data);
			i++;
		}
		if (end == at)
			at = step ? at + step : search->text.len + 1;
		else
			at = end;
		r = go_charge(search->run, sizeof(struct go_value));
	}
	search_end(search);
	return r < 0 ? -1 : 0;
}

static void add_piece(struct search *search, void *data)
{
	go_list_add(search->run, data, piece(search, search->at[0], search->at[1]));
}

static int do_find_all(struct go_run *run, const struct go_value *arg, size_t args,
		       struct go_value *out)
{
	struct go_list *list = go_list_new(run);
	struct search search;

	(void)args;
	if (search_begin(&search, run, arg) < 0 ||
	    each_match(&search, arg[2].number, add_piece, list) < 0)
		return -1;
	*out = go_of_strings(list);
	return go_charge(run, search.text.len);
}

struct parts {
	struct go_list *list;
	int64_t most;
	size_t begin, end;
};

static void add_part(struct search *search, void *data)
{
	struct parts *parts = data;

	if (parts->most > 0 && parts->list->len == (size_t)parts->most - 1)
		return;
	parts->end = search->at[0];
	if (search->at[1] != 0)
		go_list_add(search->run, parts->list, piece(search, parts->begin, parts->end));
	parts->begin = search->at[1];
}

static int do_split(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	struct parts parts = { .list = go_list_new(run), .most = arg[2].number };
	struct search search;
	bool whole = arg[0].text.len > 0 && arg[1].text.len == 0;

	(void)args;
	if (search_begin(&search, run, arg) < 0)
		return -1;
	if (parts.most != 0 && whole)
		go_list_add(run, parts.list, piece(&search, 0, 0));
	else if (parts.most != 0 && each_match(&search, parts.most, add_part, &parts) < 0)
		return -1;
	if (parts.most != 0 && !whole && parts.end != search.text.len)
		go_list_add(run, parts.list, piece(&search, parts.begin, search.text.len));
	*out = go_of_strings(parts.list);
	return go_charge(run, search.text.len);
}

static size_t group_named(const struct search *search, struct cel_text name)
{
	size_t number = 0;
	size_t digits = 0;

	while (digits < name.len && name.at[digits] >= '0' && name.at[digits] <= '9' && digits < 8)
		number = number * 10 + (size_t)(name.at[digits++] - '0');
	if (digits == name.len && (name.len == 1 || name.at[0] != '0'))
		return number < regex_groups(search->regex) ? number : SIZE_MAX;
	for (size_t i = 1; i < regex_groups(search->regex); i++) {
		struct cel_text other = regex_group_name(search->regex, i);

		if (other.len == name.len && memcmp(other.at, name.at, name.len) == 0)
			return i;
	}
	return SIZE_MAX;
}

static size_t word_len(const char *at, size_t len)
{
	size_t end = 0, bytes;

	while (end < len && letter_is_word(utf8_take(at + end, len - end, &bytes)))
		end += bytes;
	return end;
}

/* $1, ${1}, $name, ${name}; *taken is what it takes, 0 when it is none of these. */
static struct cel_text group_at(const char *at, size_t len, size_t *taken)
{
	bool brace = len > 1 && at[1] == '{';
	size_t begin = brace ? 2 : 1;
	size_t name = begin < len ? word_len(at + begin, len - begin) : 0;

	*taken = 0;
	if (name > 0 && !brace)
		*taken = begin + name;
	else if (name > 0 && begin + name < len && at[begin + name] == '}')
		*taken = begin + name + 1;
	return (struct cel_text){ at + begin, name };
}

static void expand(const struct search *search, struct go_text with, struct str *to)
{
	for (size_t i = 0; i < with.len;) {
		size_t taken = 1;

		if (with.at[i] != '$') {
			str_addc(to, with.at[i++]);
			continue;
		}
		if (i + 1 < with.len && with.at[i + 1] == '$') {
			str_addc(to, '$');
			i += 2;
			continue;
		}
		struct cel_text name = group_at(with.at + i, with.len - i, &taken);
		size_t group = taken ? group_named(search, name) : SIZE_MAX;

		if (taken == 0)
			str_addc(to, '$');
		if (group != SIZE_MAX && search->at[2 * group] != REGEX_NOWHERE)
			str_addn(to, search->text.at + search->at[2 * group],
				 search->at[2 * group + 1] - search->at[2 * group]);
		i += taken ? taken : 1;
	}
}

static int replace(struct search *search, struct go_text with, bool literal, struct str *to)
{
	const struct cel_text *text = &search->text;
	size_t at = 0, end = 0;
	int r = 0;

	while (at <= text->len && (r = search_next(search, at)) == 0) {
		size_t step = letter_len(text, at);

		str_addn(to, text->at + end, search->at[0] - end);
		if (search->at[1] > end || search->at[0] == 0) {
			if (literal)
				str_addn(to, with.at, with.len);
			else
				expand(search, with, to);
		}
		end = search->at[1];
		if (at + (step ? step : 1) > end)
			at += step ? step : 1;
		else
			at = end;
		if (go_charge(search->run, with.len) < 0)
			return -1;
	}
	str_addn(to, text->at + end, text->len - end);
	return r < 0 ? -1 : 0;
}

static int replace_all(struct go_run *run, const struct go_value *arg, bool literal,
		       struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct search search;

	if (search_begin(&search, run, arg) < 0)
		return -1;
	int r = replace(&search, arg[2].text, literal, &built);

	search_end(&search);
	return r < 0 ? -1 : go_text_take(run, &built, out);
}

static int do_replace(struct go_run *run, const struct go_value *arg, size_t args,
		      struct go_value *out)
{
	(void)args;
	return replace_all(run, arg, false, out);
}

static int do_replace_literal(struct go_run *run, const struct go_value *arg, size_t args,
			      struct go_value *out)
{
	(void)args;
	return replace_all(run, arg, true, out);
}

static int do_quote_meta(struct go_run *run, const struct go_value *arg, size_t args,
			 struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(TEXT_MAX);

	(void)args;
	for (size_t i = 0; i < arg->text.len; i++) {
		char c = arg->text.at[i];

		if (c && strchr("\\.+*?()|[]{}^$", c))
			str_addc(&built, '\\');
		str_addc(&built, c);
	}
	return go_text_take(run, &built, out);
}

static const struct go_function rows[] = {
	{ "regexMatch", "ss", do_match },
	{ "mustRegexMatch", "ss", do_match },
	{ "regexFind", "ss", do_find },
	{ "mustRegexFind", "ss", do_find },
	{ "regexFindAll", "ssi", do_find_all },
	{ "mustRegexFindAll", "ssi", do_find_all },
	{ "regexReplaceAll", "sss", do_replace },
	{ "mustRegexReplaceAll", "sss", do_replace },
	{ "regexReplaceAllLiteral", "sss", do_replace_literal },
	{ "mustRegexReplaceAllLiteral", "sss", do_replace_literal },
	{ "regexSplit", "ssi", do_split },
	{ "mustRegexSplit", "ssi", do_split },
	{ "regexQuoteMeta", "s", do_quote_meta },
};

const struct go_functions go_regex_functions = { rows, ARRAY_LEN(rows) };
