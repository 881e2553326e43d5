#include "base/utf8.h"
#include "convert/go_run.h"
#include "convert/letter.h"
#include "tree/scalar.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDTH_MAX 10000

/* One verb with its flags. */
struct format {
	char verb;
	bool minus, plus, sharp, space, zero;
	int width, precision; /* -1: none given */
};

static size_t letters_in(struct go_text text)
{
	size_t count = 0, len;

	for (size_t i = 0; i < text.len; i += len, count++)
		utf8_take(text.at + i, text.len - i, &len);
	return count;
}

static void pad(struct str *to, const struct format *format, struct go_text text)
{
	size_t letters = letters_in(text);
	size_t fill = format->width > 0 && (size_t)format->width > letters
			      ? (size_t)format->width - letters
			      : 0;

	if (!format->minus)
		str_pad(to, format->zero ? '0' : ' ', fill);
	str_addn(to, text.at, text.len);
	if (format->minus)
		str_pad(to, ' ', fill);
}

/* A number: zeros go between its sign and its digits. */
static void pad_number(struct str *to, const struct format *format, const char *text)
{
	size_t len = strlen(text);
	size_t sign = *text == '-' || *text == '+' || *text == ' ';

	if (!format->zero || format->minus || format->width < 0 || (size_t)format->width <= len) {
		pad(to, format, (struct go_text){ text, len });
		return;
	}
	str_addn(to, text, sign);
	str_pad(to, '0', (size_t)format->width - len);
	str_add(to, text + sign);
}

static int print(struct go_run *run, struct str *to, const struct format *format,
		 const struct go_value *value);

/* What stands in for a value whose kind the verb does not take. */
static int print_wrong(struct go_run *run, struct str *to, const struct format *format,
		       const struct go_value *value)
{
	struct format plain = *format;

	plain.verb = 'v';
	if (value->sort <= SORT_NIL) {
		str_addf(to, "%%!%c(<nil>)", format->verb);
		return 0;
	}
	str_addf(to, "%%!%c(%s=", format->verb, go_type_word(value));
	if (print(run, to, &plain, value) < 0)
		return -1;
	str_addc(to, ')');
	return 0;
}

static const char *sign_of(const struct format *format, bool negative)
{
	return negative ? "-" : format->plus ? "+"
			: format->space	     ? " "
					     : "";
}

/* The digits in a base, at the end of `text`. */
static const char *digits_of(char *text, size_t size, uint64_t number, const char *digits)
{
	size_t base = strlen(digits), at = size - 1;

	text[at] = '\0';
	do {
		text[--at] = digits[number % base];
		number /= base;
	} while (number > 0 && at > 0);
	return text + at;
}

static void print_letter(struct str *to, const struct format *format, int64_t number)
{
	char bytes[4];
	bool fits = number >= 0 && number <= 0x10ffff && !(number >= 0xd800 && number <= 0xdfff);
	size_t len = utf8_put(fits ? (uint32_t)number : UTF8_BAD, bytes);

	if (format->verb == 'c') {
		pad(to, format, (struct go_text){ bytes, len });
		return;
	}
	struct str text SCOPED(str_done) = STR_INIT(64);
	str_addc(&text, '\'');
	if (*bytes == '\'' || *bytes == '\\')
		str_addc(&text, '\\');
	str_addn(&text, bytes, len);
	str_addc(&text, '\'');
	pad(to, format, (struct go_text){ str_text(&text), text.len });
}

/* A precision is the least number of digits, and then zeros fill no width. */
static void print_digits(struct str *to, const struct format *format, bool negative,
			 const char *prefix, const char *digits)
{
	struct str text SCOPED(str_done) = STR_INIT(1 << 10);
	struct format how = *format;
	size_t len = strlen(digits);

	str_add(&text, sign_of(format, negative));
	str_add(&text, prefix);
	if (how.precision >= 0) {
		how.zero = false;
		if ((size_t)how.precision > len)
			str_pad(&text, '0', (size_t)how.precision - len);
	}
	str_add(&text, digits);
	pad_number(to, &how, str_text(&text));
}

static int print_int(struct go_run *run, struct str *to, const struct format *format,
		     const struct go_value *value)
{
	static const struct {
		char verb;
		const char *digits, *prefix;
	} rows[] = {
		{ 'd', "0123456789", "" },
		{ 'v', "0123456789", "" },
		{ 'b', "01", "0b" },
		{ 'o', "01234567", "0" },
		{ 'O', "01234567", "0o" },
		{ 'x', "0123456789abcdef", "0x" },
		{ 'X', "0123456789ABCDEF", "0X" },
	};
	uint64_t size = value->number < 0 ? 0 - (uint64_t)value->number : (uint64_t)value->number;
	char digits[80];

	if (format->verb == 'c' || format->verb == 'q') {
		print_letter(to, format, value->number);
		return 0;
	}
	if (format->verb == 'U') {
		char text[40];

		snprintf(text, sizeof(text), "U+%04" PRIX64, size);
		pad(to, format, (struct go_text){ text, strlen(text) });
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].verb != format->verb)
			continue;
		print_digits(to, format, value->number < 0,
			     format->sharp || format->verb == 'O' ? rows[i].prefix : "",
			     digits_of(digits, sizeof(digits), size, rows[i].digits));
		return 0;
	}
	return print_wrong(run, to, format, value);
}

static int print_float(struct go_run *run, struct str *to, const struct format *format,
		       const struct go_value *value)
{
	char shortest[SCALAR_FLOAT_MAX], text[400];
	int precision = format->precision < 0 ? 6 : format->precision;
	double size = fabs(value->real);
	const char *sign = sign_of(format, signbit(value->real) != 0);

	if (strchr("xXb", format->verb))
		return go_fail(run, "floating-point numbers in printf are decimal");
	if (!strchr("veEfFgG", format->verb))
		return print_wrong(run, to, format, value);
	if (isnan(value->real) || isinf(value->real))
		snprintf(text, sizeof(text), "%s",
			 isnan(value->real) ? "NaN" : value->real < 0 ? "-Inf"
								      : "+Inf");
	else if (strchr("vgG", format->verb) && format->precision < 0)
		snprintf(text, sizeof(text), "%s%s", sign, scalar_float_text(size, shortest));
	else if (format->verb == 'e' || format->verb == 'E')
		snprintf(text, sizeof(text), format->verb == 'e' ? "%s%.*e" : "%s%.*E", sign,
			 precision, size);
	else if (format->verb == 'f' || format->verb == 'F')
		snprintf(text, sizeof(text), "%s%.*f", sign, precision, size);
	else
		snprintf(text, sizeof(text), "%s%.*g", sign, precision, size);
	pad_number(to, format, text);
	return 0;
}

static bool is_unseen(uint32_t letter)
{
	static const struct {
		uint32_t from, to;
	} spans[] = {
		{ 0x80, 0xa0 },
		{ 0xad, 0xad },
		{ 0x2000, 0x200f },
		{ 0x2028, 0x202f },
		{ 0xfeff, 0xfeff },
		{ 0xe000, 0xf8ff },
	};

	for (size_t i = 0; i < ARRAY_LEN(spans); i++)
		if (letter >= spans[i].from && letter <= spans[i].to)
			return true;
	return false;
}

static void quote_letter(struct str *to, uint32_t letter, const char *bytes, size_t len)
{
	static const char from[] = "\a\b\f\n\r\t\v\\\"", meaning[] = "abfnrtv\\\"";
	const char *simple = letter && letter < 0x80 ? strchr(from, (int)letter) : NULL;

	if (simple)
		str_addf(to, "\\%c", meaning[simple - from]);
	else if (letter == UTF8_BAD && len == 1)
		str_addf(to, "\\x%02x", (unsigned char)*bytes);
	else if (letter < 0x20 || letter == 0x7f)
		str_addf(to, "\\x%02x", (unsigned)letter);
	else if (letter >= 0x80 && is_unseen(letter))
		str_addf(to, "\\u%04x", (unsigned)letter);
	else
		str_addn(to, bytes, len);
}

void go_quote(struct str *to, struct go_text text)
{
	size_t len;

	str_addc(to, '"');
	for (size_t i = 0; i < text.len; i += len) {
		uint32_t letter = utf8_take(text.at + i, text.len - i, &len);

		quote_letter(to, letter, text.at + i, len);
	}
	str_addc(to, '"');
}

static void print_hex(struct str *to, const struct format *format, struct go_text text)
{
	static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
	const char *digits = format->verb == 'x' ? lower : upper;
	const char *prefix = !format->sharp ? "" : format->verb == 'x' ? "0x"
								       : "0X";

	if (format->precision >= 0 && (size_t)format->precision < text.len)
		text.len = (size_t)format->precision;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		str_add(to, i > 0 && format->space ? " " : "");
		str_add(to, i == 0 || format->space ? prefix : "");
		str_addc(to, digits[c >> 4]);
		str_addc(to, digits[c & 15]);
	}
}

/* What strconv calls so: on one line and without what a raw string cannot hold. */
static bool can_be_raw(struct go_text text)
{
	size_t len;

	for (size_t i = 0; i < text.len; i += len) {
		uint32_t letter = utf8_take(text.at + i, text.len - i, &len);

		if (letter == UTF8_BAD || letter == 0xfeff || letter == '`' || letter == 0x7f ||
		    (letter < ' ' && letter != '\t'))
			return false;
	}
	return true;
}

/* In quotes; with + in ASCII alone, with # between ` where that can be. */
static void print_quoted(struct str *to, const struct format *format, struct go_text text)
{
	struct str quoted SCOPED(str_done) = STR_INIT(to->max);
	size_t len;

	if (format->sharp && format->verb == 'q' && can_be_raw(text)) {
		str_addf(to, "`%.*s`", (int)text.len, text.at);
		return;
	}
	go_quote(&quoted, text);
	for (size_t i = 0; i < quoted.len; i += len) {
		uint32_t letter = utf8_take(quoted.at + i, quoted.len - i, &len);

		if (!format->plus || letter < 0x80)
			str_addn(to, quoted.at + i, len);
		else
			str_addf(to, letter > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)letter);
	}
}

/* As many letters as the precision says. */
static struct go_text cut(const struct format *format, struct go_text text)
{
	size_t at = 0, len;

	for (int i = 0; at < text.len && (format->precision < 0 || i < format->precision); i++) {
		utf8_take(text.at + at, text.len - at, &len);
		at += len;
	}
	text.len = at;
	return text;
}

static int print_text(struct go_run *run, struct str *to, const struct format *format,
		      const struct go_value *value)
{
	bool hex = format->verb == 'x' || format->verb == 'X';
	struct go_text text = hex ? value->text : cut(format, value->text);

	if (!strchr("vsqxX", format->verb))
		return print_wrong(run, to, format, value);
	if (format->verb == 's' || (format->verb == 'v' && !format->sharp)) {
		pad(to, format, text);
		return 0;
	}
	struct str built SCOPED(str_done) = STR_INIT(to->max);
	if (format->verb == 'q' || format->verb == 'v')
		print_quoted(&built, format, text);
	else
		print_hex(&built, format, text);
	pad(to, format, (struct go_text){ str_text(&built), built.len });
	return 0;
}

static int print_list(struct go_run *run, struct str *to, const struct format *format,
		      const struct go_value *value)
{
	run->inside++;
	str_addc(to, '[');
	for (size_t i = 0; i < go_list_len(value); i++) {
		if (i > 0)
			str_addc(to, ' ');
		if (print(run, to, format, &value->list->at[i]) < 0)
			return -1;
	}
	str_addc(to, ']');
	run->inside--;
	return 0;
}

static int print_map(struct go_run *run, struct str *to, const struct format *format,
		     const struct go_value *value)
{
	run->inside++;
	str_add(to, "map[");
	for (size_t i = 0; i < value->map->len; i++) {
		struct go_value key = go_of_text(value->map->at[i].key);

		if (i > 0)
			str_addc(to, ' ');
		if (print(run, to, format, &key) < 0)
			return -1;
		str_addc(to, ':');
		if (print(run, to, format, &value->map->at[i].value) < 0)
			return -1;
	}
	str_addc(to, ']');
	run->inside--;
	return 0;
}

static int print_bool(struct go_run *run, struct str *to, const struct format *format,
		      const struct go_value *value)
{
	const char *text = value->flag ? "true" : "false";

	if (format->verb != 'v' && format->verb != 't')
		return print_wrong(run, to, format, value);
	pad(to, format, (struct go_text){ text, strlen(text) });
	return 0;
}

static int print_nil(struct go_run *run, struct str *to, const struct format *format,
		     const struct go_value *value)
{
	if (format->verb != 'v' && run->inside == 0)
		return print_wrong(run, to, format, value);
	if (run->inside > 0)
		str_add(to, "<nil>");
	else
		pad(to, format, (struct go_text){ "<nil>", 5 });
	return 0;
}

static int print(struct go_run *run, struct str *to, const struct format *format,
		 const struct go_value *value);

static int print_struct(struct go_run *run, struct str *to, const struct format *format,
			const struct go_value *value)
{
	const char *key = value->type ? value->type->prints : NULL;

	if (key) {
		const char *text = value_get_text(value->tree, key);
		struct go_value shown = go_of_text((struct go_text){ text, strlen(text) });

		return print(run, to, format, &shown);
	}
	return go_fail(run, "a whole %s cannot be printed: name one of its fields",
		       go_type_word(value));
}

static int print(struct go_run *run, struct str *to, const struct format *format,
		 const struct go_value *value)
{
	static int (*const prints[SORT_COUNT])(struct go_run *, struct str *,
					       const struct format *, const struct go_value *) = {
		[SORT_NONE] = print_nil,
		[SORT_NIL] = print_nil,
		[SORT_BOOL] = print_bool,
		[SORT_INT] = print_int,
		[SORT_FLOAT] = print_float,
		[SORT_TEXT] = print_text,
		[SORT_LIST] = print_list,
		[SORT_MAP] = print_map,
		[SORT_STRUCT] = print_struct,
	};
	const char *type = go_type_word(value);

	if (go_charge(run, 0) < 0 || ++run->depth > GO_DEPTH_MAX)
		return go_fail(run, "a value is nested too deeply");
	if (format->verb == 'T')
		pad(to, format, (struct go_text){ type, strlen(type) });
	else if (prints[value->sort](run, to, format, value) < 0)
		return -1;
	run->depth--;
	return to->full ? go_fail(run, "the template makes more than %zu bytes", to->max) : 0;
}

int go_print(struct go_run *run, struct str *to, const struct go_value *value)
{
	static const struct format plain = { .verb = 'v', .width = -1, .precision = -1 };

	return print(run, to, &plain, value);
}

int go_print_all(struct go_run *run, struct str *to, const struct go_value *arg, size_t args)
{
	for (size_t i = 0; i < args; i++) {
		if (i > 0 && arg[i].sort != SORT_TEXT && arg[i - 1].sort != SORT_TEXT)
			str_addc(to, ' ');
		if (go_print(run, to, &arg[i]) < 0)
			return -1;
	}
	return 0;
}

int go_strval(struct go_run *run, const struct go_value *value, struct go_text *out)
{
	struct str built SCOPED(str_done) = STR_INIT(1 << 20);
	struct go_value text;

	if (value->sort == SORT_TEXT) {
		*out = value->text;
		return 0;
	}
	if (go_print(run, &built, value) < 0 || go_text_take(run, &built, &text) < 0)
		return -1;
	*out = text.text;
	return 0;
}

struct printf_state {
	const char *at, *end;
	const struct go_value *arg;
	size_t args, next;
	bool left, bad; /* of the size read last: it was negative, it was none */
	bool numbered;	/* arguments were chosen by number, so that none is left over */
	bool behind;	/* the number of an argument was read last */
	bool nowhere;	/* there is no such argument */
};

static void read_flags(struct printf_state *state, struct format *format)
{
	for (; state->at < state->end; state->at++) {
		switch (*state->at) {
		case '-':
			format->minus = true;
			break;
		case '+':
			format->plus = true;
			break;
		case '#':
			format->sharp = true;
			break;
		case ' ':
			format->space = true;
			break;
		case '0':
			format->zero = true;
			break;
		default:
			return;
		}
	}
}

/* [2]: the argument that comes next, from 1. */
static void read_number(struct printf_state *state)
{
	const char *at = state->at, *close;
	size_t number = 0;

	state->behind = false;
	if (at >= state->end || *at != '[')
		return;
	state->numbered = true;
	close = memchr(at, ']', (size_t)(state->end - at));
	state->at = close ? close + 1 : at + 1;
	for (at++; close && at < close && *at >= '0' && *at <= '9' && number < WIDTH_MAX; at++)
		number = number * 10 + (size_t)(*at - '0');
	state->behind = close && at == close && close[-1] != '[';
	if (state->behind && number >= 1 && number <= state->args)
		state->next = number - 1;
	else
		state->nowhere = true;
}

/* The argument that * stands for; -1 where it is none. */
static int size_argument(struct printf_state *state)
{
	const struct go_value *arg = state->next < state->args ? &state->arg[state->next++] : NULL;

	if (!arg || arg->sort != SORT_INT || arg->number > WIDTH_MAX || arg->number < -WIDTH_MAX)
		return -1;
	state->left = arg->number < 0;
	return (int)(state->left ? -arg->number : arg->number);
}

/* Digits or *. */
static int read_size(struct go_run *run, struct printf_state *state, int *size)
{
	state->left = false;
	if (state->at < state->end && *state->at == '*') {
		state->at++;
		*size = size_argument(state);
		state->bad = *size < 0;
		state->behind = false;
		return 0;
	}
	for (; state->at < state->end && *state->at >= '0' && *state->at <= '9'; state->at++) {
		*size = (*size < 0 ? 0 : *size) * 10 + (*state->at - '0');
		if (*size > WIDTH_MAX)
			return go_fail(run, "a width in printf is 0 to %d", WIDTH_MAX);
	}
	return 0;
}

static int read_width(struct go_run *run, struct str *to, struct printf_state *state,
		      struct format *format)
{
	bool behind;

	read_number(state);
	behind = state->behind;
	if (read_size(run, state, &format->width) < 0)
		return -1;
	state->nowhere = state->nowhere || (behind && state->behind && format->width >= 0);
	format->minus = format->minus || state->left;
	if (state->bad)
		str_add(to, "%!(BADWIDTH)");
	return 0;
}

static int read_precision(struct go_run *run, struct str *to, struct printf_state *state,
			  struct format *format)
{
	if (state->at >= state->end || *state->at != '.')
		return 0;
	state->at++;
	state->bad = false;
	state->nowhere = state->nowhere || state->behind;
	read_number(state);
	format->precision = 0;
	if (read_size(run, state, &format->precision) < 0)
		return -1;
	if (state->bad || state->left) {
		str_add(to, "%!(BADPREC)");
		format->precision = -1;
	}
	if (format->precision > 300)
		return go_fail(run, "a precision in printf is 0 to 300");
	return 0;
}

static int read_format(struct go_run *run, struct str *to, struct printf_state *state,
		       struct format *format)
{
	*format = (struct format){ .width = -1, .precision = -1 };
	read_flags(state, format);
	state->bad = false;
	state->nowhere = false;
	if (read_width(run, to, state, format) < 0 || read_precision(run, to, state, format) < 0)
		return -1;
	if (!state->behind)
		read_number(state);
	if (state->at < state->end)
		format->verb = *state->at++;
	return 0;
}

static int print_source(struct go_run *run, struct str *to, const struct format *format,
			const struct go_value *value);

static int print_items(struct go_run *run, struct str *to, const struct format *format,
		       const struct go_value *value)
{
	bool map = value->sort == SORT_MAP;
	size_t len = map ? value->map->len : go_list_len(value);
	int r = 0;

	if (++run->depth > GO_DEPTH_MAX)
		r = go_fail(run, "lists and maps are nested too deeply");
	str_addf(to, "%s{", go_type_word(value));
	for (size_t i = 0; i < len && r == 0; i++) {
		const struct go_value *item = map ? &value->map->at[i].value
						  : &value->list->at[i];

		str_add(to, i ? ", " : "");
		if (map) {
			go_quote(to, value->map->at[i].key);
			str_addc(to, ':');
		}
		if (item->sort <= SORT_NIL)
			str_add(to, "interface {}(nil)");
		else
			r = print_source(run, to, format, item);
	}
	str_addc(to, '}');
	run->depth--;
	return r < 0 ? -1 : go_charge(run, len);
}

/* As a value would be written in Go. */
static int print_source(struct go_run *run, struct str *to, const struct format *format,
			const struct go_value *value)
{
	if (value->sort == SORT_LIST && !value->list) {
		str_addf(to, "%s(nil)", go_type_word(value));
		return 0;
	}
	if (value->sort == SORT_LIST || value->sort == SORT_MAP) {
		if (format->width > 0 || format->precision >= 0)
			return go_fail(run, "%%#v of lists and maps takes no width");
		return print_items(run, to, format, value);
	}
	if (value->sort <= SORT_NIL) {
		str_add(to, "<nil>");
		return 0;
	}
	if (value->sort == SORT_STRUCT)
		return go_fail(run, "%%#v is not for structs");
	return print(run, to, format, value);
}

static int print_verb(struct go_run *run, struct str *to, struct printf_state *state)
{
	struct format format;

	if (read_format(run, to, state, &format) < 0)
		return -1;
	if (!format.verb) {
		str_add(to, "%!(NOVERB)");
		return 0;
	}
	if (format.verb == '%') {
		str_addc(to, '%');
		return 0;
	}
	if (state->nowhere || state->next >= state->args) {
		str_addf(to, "%%!%c(%s)", format.verb, state->nowhere ? "BADINDEX" : "MISSING");
		return 0;
	}
	const struct go_value *value = &state->arg[state->next++];
	if (format.verb == 'v' && format.sharp)
		return print_source(run, to, &format, value);
	if (format.verb == 'p')
		return go_fail(run, "%%p prints another text every time");
	return print(run, to, &format, value);
}

static int print_extra(struct go_run *run, struct str *to, const struct printf_state *state)
{
	if (state->numbered || state->next >= state->args)
		return 0;
	str_add(to, "%!(EXTRA ");
	for (size_t i = state->next; i < state->args; i++) {
		if (i > state->next)
			str_add(to, ", ");
		if (state->arg[i].sort <= SORT_NIL) {
			str_add(to, "<nil>");
			continue;
		}
		str_addf(to, "%s=", go_type_word(&state->arg[i]));
		if (go_print(run, to, &state->arg[i]) < 0)
			return -1;
	}
	str_addc(to, ')');
	return 0;
}

int go_printf(struct go_run *run, struct str *to, const struct go_value *arg, size_t args)
{
	struct printf_state state = { arg->text.at, arg->text.at + arg->text.len, arg + 1,
				      args - 1, 0, false, false, false, false, false };

	while (state.at < state.end) {
		const char *percent = memchr(state.at, '%', (size_t)(state.end - state.at));

		str_addn(to, state.at, (size_t)((percent ? percent : state.end) - state.at));
		state.at = percent ? percent + 1 : state.end;
		if (percent && print_verb(run, to, &state) < 0)
			return -1;
	}
	return print_extra(run, to, &state);
}
