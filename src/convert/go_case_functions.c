#include "base/utf8.h"
#include "convert/go_run.h"
#include "convert/letter.h"

#include <string.h>

#define TEXT_MAX (1 << 20)

static bool is_upper(uint32_t letter)
{
	return letter_lower(letter) != letter;
}

static bool is_number(uint32_t letter)
{
	return letter >= '0' && letter <= '9';
}

static bool is_letter(uint32_t letter)
{
	return letter_is_word(letter) && !is_number(letter) && letter != '_';
}

static bool is_connector(uint32_t letter)
{
	return letter == '-' || letter == '_' || utf8_is_space(letter);
}

static bool is_punctuation(uint32_t letter)
{
	return letter && letter < 0x80 && strchr("!\"#%&'()*,-./:;?@[\\]_{}", (int)letter);
}

static uint32_t next_letter(struct go_text *rest)
{
	size_t len;
	uint32_t letter = utf8_take(rest->at, rest->len, &len);

	rest->at += len;
	rest->len -= len;
	return letter;
}

static void put(struct str *to, uint32_t letter)
{
	char bytes[4];

	str_addn(to, bytes, utf8_put(letter, bytes));
}

/* The connectors before the first word, and its first letter, large. */
static uint32_t camel_begin(struct go_text *rest, struct str *to, bool *capitals)
{
	uint32_t letter = 0;

	*capitals = false;
	while (rest->len > 0) {
		letter = next_letter(rest);
		if (!is_connector(letter)) {
			*capitals = is_upper(letter);
			return letter_upper(letter);
		}
		put(to, letter);
	}
	return letter;
}

static int do_camelcase(struct go_run *run, const struct go_value *arg, size_t args,
			struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct go_text rest = arg->text;
	bool capitals, any = rest.len > 0;
	uint32_t letter = camel_begin(&rest, &built, &capitals);

	(void)args;
	while (rest.len > 0) {
		uint32_t before = letter;

		letter = next_letter(&rest);
		if (is_connector(before) && is_connector(letter)) {
			put(&built, before);
		} else if (is_connector(before)) {
			capitals = is_upper(letter);
			letter = letter_upper(letter);
		} else {
			capitals = capitals && is_upper(letter);
			letter = capitals ? letter_lower(letter) : letter;
			put(&built, before);
		}
	}
	if (any)
		put(&built, letter);
	return go_text_take(run, &built, out);
}

enum word {
	WORD_NONE,
	WORD_NUMBER,
	WORD_UPPER, /* begins with a capital */
	WORD_LOWER,
	WORD_CONNECTOR,
	WORD_MARKS,
	WORD_OTHER
};

typedef bool is_part_fn(uint32_t letter);

static bool is_small(uint32_t letter)
{
	return is_letter(letter) && !is_upper(letter);
}

static bool is_other(uint32_t letter)
{
	return !is_connector(letter) && !is_letter(letter) && !is_number(letter) &&
	       !is_punctuation(letter);
}

/* Passes what belongs to a run; the bytes of the last one passed. */
static size_t pass(struct go_text *rest, is_part_fn *is_part)
{
	size_t last = 0;

	while (rest->len > 0) {
		struct go_text next = *rest;

		if (!is_part(next_letter(&next)))
			break;
		last = rest->len - next.len;
		*rest = next;
	}
	return last;
}

/* Behind a capital: more of them, or small letters. The last capital of HTTPServer is the S. */
static void pass_capital(struct go_text *rest)
{
	size_t last = pass(rest, is_upper);
	struct go_text next = *rest;

	if (last == 0) {
		pass(rest, is_small);
	} else if (next.len > 0 && is_letter(next_letter(&next))) {
		rest->at -= last;
		rest->len += last;
	}
}

static enum word word_kind(uint32_t letter)
{
	if (is_connector(letter))
		return WORD_CONNECTOR;
	if (is_punctuation(letter))
		return WORD_MARKS;
	if (is_upper(letter))
		return WORD_UPPER;
	if (is_letter(letter))
		return WORD_LOWER;
	return is_number(letter) ? WORD_NUMBER : WORD_OTHER;
}

struct words {
	struct go_text rest, word; /* what follows; the one that is looked at */
	enum word kind;
	char connector;
	struct str *to;
};

static void words_next(struct words *words)
{
	static is_part_fn *const parts[] = {
		[WORD_NUMBER] = is_number,
		[WORD_LOWER] = is_small,
		[WORD_CONNECTOR] = is_connector,
		[WORD_MARKS] = is_punctuation,
		[WORD_OTHER] = is_other,
	};
	const char *begin = words->rest.at;

	words->kind = WORD_NONE;
	words->word = (struct go_text){ begin, 0 };
	if (words->rest.len == 0)
		return;
	words->kind = word_kind(next_letter(&words->rest));
	if (words->kind == WORD_UPPER)
		pass_capital(&words->rest);
	else
		pass(&words->rest, parts[words->kind]);
	words->word.len = (size_t)(words->rest.at - begin);
}

static void words_put(const struct words *words, enum word kind, struct go_text word)
{
	if (kind != WORD_UPPER && kind != WORD_CONNECTOR) {
		str_addn(words->to, word.at, word.len);
		return;
	}
	while (word.len > 0) {
		uint32_t letter = next_letter(&word);

		put(words->to, is_connector(letter) ? (unsigned char)words->connector
						    : letter_lower(letter));
	}
}

/* Between two words, unless something that divides stands there already. */
static void words_divide(const struct words *words)
{
	if (words->kind != WORD_CONNECTOR && words->kind != WORD_MARKS)
		str_addc(words->to, words->connector);
}

/* Small letters and digits behind digits are one word with them: 2xx. */
static void words_join(struct words *words)
{
	while (words->kind == WORD_LOWER || words->kind == WORD_NUMBER) {
		words_put(words, words->kind, words->word);
		words_next(words);
	}
	if (words->kind != WORD_NONE)
		words_divide(words);
}

/* Behind a word: a number belongs to it (Bld4Floor), or to the small letters behind (HTTP2xx). */
static void words_after(struct words *words)
{
	if (words->kind != WORD_NUMBER) {
		words_divide(words);
		return;
	}
	if (words->rest.len == 0)
		return;

	struct go_text number = words->word;

	words_next(words);
	if (words->kind != WORD_LOWER) {
		words_put(words, WORD_NUMBER, number);
		words_divide(words);
		return;
	}
	str_addc(words->to, words->connector);
	words_put(words, WORD_NUMBER, number);
	words_join(words);
}

static int divide_words(struct go_run *run, struct go_text text, char connector,
			struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct words words = { .rest = text, .connector = connector, .to = &built };

	words_next(&words);
	while (words.rest.len > 0) {
		enum word before = words.kind;
		struct go_text word = words.word;

		if (before != WORD_CONNECTOR)
			words_put(&words, before, word);
		words_next(&words);
		if (before == WORD_NUMBER)
			words_join(&words);
		else if (before == WORD_CONNECTOR)
			words_put(&words, before, word);
		else if (before != WORD_MARKS)
			words_after(&words);
	}
	words_put(&words, words.kind, words.word);
	return go_text_take(run, &built, out);
}

static int do_snakecase(struct go_run *run, const struct go_value *arg, size_t args,
			struct go_value *out)
{
	(void)args;
	return divide_words(run, arg->text, '_', out);
}

static int do_kebabcase(struct go_run *run, const struct go_value *arg, size_t args,
			struct go_value *out)
{
	(void)args;
	return divide_words(run, arg->text, '-', out);
}

static int do_swapcase(struct go_run *run, const struct go_value *arg, size_t args,
		       struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct go_text rest = arg->text;

	(void)args;
	while (rest.len > 0) {
		uint32_t letter = next_letter(&rest);

		put(&built, is_upper(letter) ? letter_lower(letter) : letter_upper(letter));
	}
	return go_text_take(run, &built, out);
}

/* Byte by byte, as there: a letter of two bytes counts as two of Latin-1. */
static int do_initials(struct go_run *run, const struct go_value *arg, size_t args,
		       struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(TEXT_MAX);
	bool gap = true;

	(void)args;
	for (size_t i = 0; i < arg->text.len; i++) {
		unsigned char letter = (unsigned char)arg->text.at[i];

		if (gap && !utf8_is_space(letter))
			put(&built, letter);
		gap = utf8_is_space(letter);
	}
	return go_text_take(run, &built, out);
}

struct wrapping {
	struct go_text text, line_end;
	size_t width;
	bool breaks; /* words that are longer than a line, too */
};

/* Where the line that begins at `at` ends, and where the next one begins. */
static size_t line_at(const struct wrapping *wrapping, size_t at, size_t *next)
{
	const char *text = wrapping->text.at;
	size_t end = at + wrapping->width;
	const char *space = memrchr(text + at, ' ', wrapping->width + 1);

	if (!space && wrapping->breaks) {
		*next = end;
		return end;
	}
	if (!space)
		space = memchr(text + end, ' ', wrapping->text.len - end);
	*next = space ? (size_t)(space - text) + 1 : wrapping->text.len;
	return space ? *next - 1 : wrapping->text.len;
}

static int wrap(struct go_run *run, const struct wrapping *wrapping, struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct go_text text = wrapping->text;
	size_t at = 0;

	while (text.len - at > wrapping->width) {
		size_t next = at + 1;

		if (text.at[at] != ' ') {
			size_t end = line_at(wrapping, at, &next);

			str_addn(&built, text.at + at, end - at);
			if (end < text.len)
				str_addn(&built, wrapping->line_end.at, wrapping->line_end.len);
		}
		at = next;
	}
	str_addn(&built, text.at + at, text.len - at);
	return go_text_take(run, &built, out);
}

static size_t width_of(const struct go_value *value)
{
	return value->number < 1 ? 1 : (size_t)value->number;
}

static int do_wrap(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	struct wrapping wrapping = { arg[1].text, { "\n", 1 }, width_of(&arg[0]), false };

	(void)args;
	return wrap(run, &wrapping, out);
}

static int do_wrap_with(struct go_run *run, const struct go_value *arg, size_t args,
			struct go_value *out)
{
	struct wrapping wrapping = { arg[2].text, arg[1].text, width_of(&arg[0]), true };

	(void)args;
	if (wrapping.line_end.len == 0)
		wrapping.line_end = (struct go_text){ "\n", 1 };
	return wrap(run, &wrapping, out);
}

/* What is left of a text of `width` bytes with dots where something was cut away. */
static void abbreviate(struct str *to, struct go_text text, int64_t left, int64_t width)
{
	int64_t len = (int64_t)text.len, kept = width - 3;

	if (len <= width) {
		str_addn(to, text.at, text.len);
		return;
	}
	if (left < 0)
		left = 0;
	if (left > len)
		left = len;
	if (len - left < kept)
		left = len - kept;
	if (left <= 4) {
		str_addn(to, text.at, (size_t)kept);
		str_add(to, "...");
		return;
	}
	str_add(to, "...");
	if (left + kept < len)
		abbreviate(to, (struct go_text){ text.at + left, (size_t)(len - left) }, 0, kept);
	else
		str_addn(to, text.at + len - kept, (size_t)kept);
}

static int do_abbrev(struct go_run *run, const struct go_value *arg, size_t args,
		     struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(TEXT_MAX);

	(void)args;
	*out = arg[1];
	if (arg[0].number < 4)
		return 0;
	abbreviate(&built, arg[1].text, 0, arg[0].number);
	return go_text_take(run, &built, out);
}

static int do_abbrevboth(struct go_run *run, const struct go_value *arg, size_t args,
			 struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(TEXT_MAX);
	int64_t left = arg[0].number, width = arg[1].number;

	(void)args;
	*out = arg[2];
	if (width < 4 || (left > 0 && width < 7))
		return 0;
	abbreviate(&built, arg[2].text, left, width);
	return go_text_take(run, &built, out);
}

static const struct go_function rows[] = {
	{ "camelcase", "s", do_camelcase },
	{ "snakecase", "s", do_snakecase },
	{ "kebabcase", "s", do_kebabcase },
	{ "swapcase", "s", do_swapcase },
	{ "initials", "s", do_initials },
	{ "wrap", "is", do_wrap },
	{ "wrapWith", "iss", do_wrap_with },
	{ "abbrev", "is", do_abbrev },
	{ "abbrevboth", "iis", do_abbrevboth },
};

const struct go_functions go_case_functions = { rows, ARRAY_LEN(rows) };
