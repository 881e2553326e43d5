#include "tree/yaml.h"

#include "base/own.h"
#include "base/text.h"
#include "base/utf8.h"
#include "tree/scalar.h"

#include <string.h>

#define SIMPLE_KEY_MAX 128 /* longer keys are written with "? " */
#define LAYOUT_ROOT (-1)
#define SENSE_WORD_MAX 5 /* the longest word that is no string: false */

const struct yaml_style yaml_style_talos = { .indent = 4 };

struct writer {
	struct str *out;
	const struct yaml_style *style;
};

/* Where a value stands: at the top, or in `column` behind a key, a dash, or the colon that stands
 * alone below a "? " key. */
enum place {
	PLACE_ROOT,
	PLACE_KEY,
	PLACE_COLON,
	PLACE_DASH
};

struct spot {
	enum place place;
	int column; /* of the key, colon or dash; LAYOUT_ROOT at the top */
};

/* ---- which forms a text can take ---- */

enum form {
	FORM_PLAIN,
	FORM_SINGLE,
	FORM_DOUBLE,
	FORM_LITERAL
};

struct forms {
	bool plain, single, literal;
};

static bool is_blank(const char *text, size_t len, size_t at)
{
	return at >= len || text[at] == ' ' || text[at] == '\t' || text[at] == '\n';
}

static bool starts_like_markup(const char *text, size_t len)
{
	if (len >= 3 && (memcmp(text, "---", 3) == 0 || memcmp(text, "...", 3) == 0))
		return true;
	if (memchr("#,[]{}&*!|>'\"%@`", text[0], 16))
		return true;
	return memchr("-?:", text[0], 3) && is_blank(text, len, 1);
}

static bool holds_markup(const char *text, size_t len)
{
	for (size_t i = 1; i < len; i++) {
		if (text[i] == ':' && is_blank(text, len, i + 1))
			return true;
		if (text[i] == '#' && is_blank(text, len, i - 1))
			return true;
	}
	return false;
}

/* Line separators other than \n and characters beyond 16 bits are always written as escapes. */
static bool is_printable(uint32_t code)
{
	if (code == 0x2028 || code == 0x2029 || code == 0xfeff)
		return false;
	return (code >= 0x20 && code <= 0x7e) || (code >= 0xa0 && code <= 0xfffd);
}

static bool is_all_printable(const char *text, size_t len)
{
	for (size_t i = 0, bytes; i < len; i += bytes) {
		uint32_t code = utf8_take(text + i, len - i, &bytes);

		if (code != '\n' && code != '\t' && !is_printable(code))
			return false;
	}
	return true;
}

static bool has_space_before_break(const char *text, size_t len)
{
	for (size_t i = 1; i < len; i++)
		if (text[i] == '\n' && text[i - 1] == ' ')
			return true;
	return text[len - 1] == ' ';
}

/* `len` is not 0. */
static struct forms possible_forms(const char *text, size_t len)
{
	bool printable = is_all_printable(text, len);
	bool edges = text[0] == ' ' || text[len - 1] == ' ';
	struct forms forms = {
		.literal = printable && !has_space_before_break(text, len),
		.single = printable && !memchr(text, '\t', len) && !memchr(text, '\n', len),
	};

	forms.plain = forms.single && !edges && !starts_like_markup(text, len) &&
		      !holds_markup(text, len);
	return forms;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* null, true, false, yes, no, on, off */
static bool may_begin_word(char c)
{
	return memchr("ntfyoNTFYO", c, 10) != NULL;
}

/* The usual text, told at a glance: no reader takes it for anything but a string. Words with a
 * meaning are short; numbers and dates begin with a digit, a sign or a dot; a colon means something
 * before white space and at the end. From + to : in ASCII there are digits and , - . / besides. */
static bool is_evidently_plain(const char *text, size_t len)
{
	if (!len || !is_letter(text[0]) || (len <= SENSE_WORD_MAX && may_begin_word(text[0])))
		return false;
	for (size_t i = 1; i < len; i++) {
		char c = text[i];

		if (!is_letter(c) && (c < '+' || c > ':' || c == ',') && c != '_' && c != '=')
			return false;
	}
	return text[len - 1] != ':';
}

/* How a string is written so that it reads back as a string. */
static enum form choose_form(const struct writer *writer, const char *text, size_t len, bool bare)
{
	enum scalar_sense sense = scalar_sense(text, len);
	bool old_word = sense == SENSE_MERGE || (!bare && scalar_is_old_word(text, len));
	struct forms forms;

	if (len == 0)
		return FORM_DOUBLE;
	forms = possible_forms(text, len);
	if (writer->style->flat_lists && memchr(text, '\t', len))
		return FORM_DOUBLE;
	if (memchr(text, '\n', len))
		return forms.literal ? FORM_LITERAL : FORM_DOUBLE;
	if (sense == SENSE_MERGE && writer->style->flat_lists)
		return FORM_PLAIN;
	if (old_word)
		return writer->style->single_words ? FORM_SINGLE : FORM_DOUBLE;
	if (sense != SENSE_STR)
		return FORM_DOUBLE;
	if (forms.plain)
		return FORM_PLAIN;
	return forms.single ? FORM_SINGLE : FORM_DOUBLE;
}

/* ---- the forms ---- */

void yaml_write_single(struct str *out, const char *text, size_t len)
{
	str_addc(out, '\'');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\'')
			str_addc(out, '\'');
		str_addc(out, text[i]);
	}
	str_addc(out, '\'');
}

struct escape {
	unsigned code;
	char letter;
};

static const struct escape escapes[] = {
	{ 0x00, '0' },
	{ 0x07, 'a' },
	{ 0x08, 'b' },
	{ 0x09, 't' },
	{ 0x0a, 'n' },
	{ 0x0b, 'v' },
	{ 0x0c, 'f' },
	{ 0x0d, 'r' },
	{ 0x1b, 'e' },
	{ '"', '"' },
	{ '\\', '\\' },
	{ 0x85, 'N' },
	{ 0x2028, 'L' },
	{ 0x2029, 'P' },
};

static void write_escape(struct str *out, unsigned code)
{
	for (size_t i = 0; i < ARRAY_LEN(escapes); i++) {
		if (escapes[i].code != code)
			continue;
		str_addc(out, '\\');
		str_addc(out, escapes[i].letter);
		return;
	}
	if (code <= 0xff)
		str_addf(out, "\\x%02X", code);
	else if (code <= 0xffff)
		str_addf(out, "\\u%04X", code);
	else
		str_addf(out, "\\U%08X", code);
}

static void write_double(struct str *out, const char *text, size_t len)
{
	str_addc(out, '"');
	for (size_t i = 0, bytes; i < len; i += bytes) {
		uint32_t code = utf8_take(text + i, len - i, &bytes);

		if (is_printable(code) && code != '"' && code != '\\')
			str_addn(out, text + i, bytes);
		else
			write_escape(out, code);
	}
	str_addc(out, '"');
}

int yaml_column_below(int column, const struct yaml_style *style)
{
	int indent = (int)style->indent;

	return indent * ((column + indent) / indent);
}

static int align(const struct writer *writer, int column)
{
	return yaml_column_below(column, writer->style);
}

/* A digit says how far the text is indented where its first line would mislead a reader. */
static void write_literal_header(struct str *out, const char *text, size_t len, int distance,
				 bool json)
{
	size_t first = 0;

	while (first < len && text[first] == '\n')
		first++;
	str_addc(out, '|');
	if ((json && first) || (first < len && (text[first] == ' ' || text[first] == '\t')))
		str_addf(out, "%d", distance);
	if (text[len - 1] != '\n')
		str_addc(out, '-');
	else if (len == 1 || text[len - 2] == '\n')
		str_addc(out, '+');
	str_addc(out, '\n');
}

static int literal_column(const struct writer *writer, struct spot spot)
{
	switch (spot.place) {
	case PLACE_KEY:
	case PLACE_COLON:
		return align(writer, spot.column);
	case PLACE_DASH:
		return spot.column + 2;
	default:
		return (int)writer->style->indent;
	}
}

static void write_literal(struct writer *writer, const char *text, size_t len, struct spot spot)
{
	int column = literal_column(writer, spot);
	int parent = spot.column < 0 ? 0 : spot.column;
	const char *end = text + len;

	int distance = writer->style->whole_digits ? (int)writer->style->indent : column - parent;

	write_literal_header(writer->out, text, len, distance, writer->style->flat_lists);
	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t line = (size_t)((stop ? stop : end) - text);
		if (line > 0)
			str_pad(writer->out, ' ', (size_t)column);
		str_addn(writer->out, text, line);
		str_addc(writer->out, '\n');
		text += line + 1;
	}
}

static void write_binary(struct str *out, const char *data, size_t len)
{
	struct arena *arena OWNED(arena_free) = arena_new("binary scalar");

	str_add(out, "!!binary ");
	str_add(out, base64_encode(arena, data, len));
}

/* Without the line end; FORM_LITERAL is not for here. */
static void write_inline(struct str *out, const char *text, size_t len, enum form form)
{
	if (form == FORM_PLAIN)
		str_addn(out, text, len);
	else if (form == FORM_SINGLE)
		yaml_write_single(out, text, len);
	else
		write_double(out, text, len);
}

struct text {
	const char *at;
	size_t len;
	bool bare; /* value_is_bare() */
};

static void write_text(struct writer *writer, const struct text *text, struct spot spot)
{
	enum form form = FORM_PLAIN;

	if (!is_evidently_plain(text->at, text->len)) {
		if (!utf8_is_valid(text->at, text->len)) {
			write_binary(writer->out, text->at, text->len);
			str_addc(writer->out, '\n');
			return;
		}
		form = choose_form(writer, text->at, text->len, text->bare);
	}
	if (form == FORM_LITERAL) {
		write_literal(writer, text->at, text->len, spot);
		return;
	}
	write_inline(writer->out, text->at, text->len, form);
	str_addc(writer->out, '\n');
}

static void write_scalar(struct writer *writer, const struct value *value, struct spot spot)
{
	if (value_is_sensitive(value) && writer->style->stars) {
		str_add(writer->out, "'***'\n");
	} else if (value_is_str(value)) {
		write_text(writer,
			   &(struct text){ value_text(value), value_text_len(value),
					   value_is_bare(value) },
			   spot);
	} else {
		str_add(writer->out, value_text(value));
		str_addc(writer->out, '\n');
	}
}

/* ---- lists and maps ---- */

static void write_node(struct writer *writer, const struct value *value, struct spot spot);

static bool is_simple_key(const char *key, size_t len)
{
	static const char *const breaks[] = { "\n", "\r", "\xc2\x85", "\xe2\x80\xa8",
					      "\xe2\x80\xa9" };

	for (size_t i = 0; i < ARRAY_LEN(breaks); i++)
		if (strstr(key, breaks[i]))
			return false;
	return len <= SIMPLE_KEY_MAX;
}

/* Where its value then stands. */
static enum place write_key(struct writer *writer, const char *key, int column)
{
	size_t len = strlen(key);

	if (is_evidently_plain(key, len) && len <= SIMPLE_KEY_MAX) {
		str_addn(writer->out, key, len);
	} else if (!is_simple_key(key, len)) {
		str_add(writer->out, "? ");
		write_text(writer, &(struct text){ key, len, false },
			   (struct spot){ PLACE_KEY, column });
		str_pad(writer->out, ' ', (size_t)column);
		str_addc(writer->out, ':');
		return PLACE_COLON;
	} else if (utf8_is_valid(key, len)) {
		write_inline(writer->out, key, len, choose_form(writer, key, len, false));
	} else {
		write_binary(writer->out, key, len);
	}
	str_addc(writer->out, ':');
	return PLACE_KEY;
}

static void write_map(struct writer *writer, const struct value *map, int column)
{
	for (size_t i = 0; i < value_len(map); i++) {
		if (i > 0)
			str_pad(writer->out, ' ', (size_t)column);
		enum place place = write_key(writer, value_key_at(map, i), column);
		write_node(writer, value_at(map, i), (struct spot){ place, column });
	}
}

static void write_list(struct writer *writer, const struct value *list, int column)
{
	for (size_t i = 0; i < value_len(list); i++) {
		if (i > 0)
			str_pad(writer->out, ' ', (size_t)column);
		str_addc(writer->out, '-');
		write_node(writer, value_at(list, i), (struct spot){ PLACE_DASH, column });
	}
}

/* A collection behind a dash or a colon starts on the same line, behind a key on the next one. */
static void write_block(struct writer *writer, const struct value *value, struct spot spot)
{
	bool is_list = value_is_list(value);
	int column = 0;

	if (spot.place == PLACE_KEY) {
		bool flat = is_list && writer->style->flat_lists;
		column = flat ? spot.column : align(writer, spot.column);
		str_addc(writer->out, '\n');
		str_pad(writer->out, ' ', (size_t)column);
	} else if (spot.place == PLACE_COLON) {
		column = align(writer, spot.column);
		str_pad(writer->out, ' ', (size_t)(column - spot.column - 1));
	} else if (spot.place == PLACE_DASH) {
		column = spot.column + 2;
		str_addc(writer->out, ' ');
	}
	if (is_list)
		write_list(writer, value, column);
	else
		write_map(writer, value, column);
}

static void write_node(struct writer *writer, const struct value *value, struct spot spot)
{
	if (value_len(value) > 0) {
		write_block(writer, value, spot);
		return;
	}
	if (spot.place != PLACE_ROOT)
		str_addc(writer->out, ' ');
	switch (value_kind(value)) {
	case VALUE_SCALAR:
		write_scalar(writer, value, spot);
		break;
	case VALUE_LIST:
		str_add(writer->out, "[]\n");
		break;
	case VALUE_MAP:
		str_add(writer->out, "{}\n");
		break;
	default:
		str_add(writer->out, "null\n");
		break;
	}
}

void yaml_write(struct str *out, const struct value *value, const struct yaml_style *style)
{
	struct writer writer = { out, style };

	write_node(&writer, value, (struct spot){ PLACE_ROOT, LAYOUT_ROOT });
}

void yaml_write_key(struct str *out, const char *key, int column, const struct yaml_style *style)
{
	struct writer writer = { out, style };

	write_key(&writer, key, column);
}

void yaml_write_leaf(struct str *out, const struct value *leaf, enum yaml_spot spot, int column,
		     const struct yaml_style *style)
{
	struct writer writer = { out, style };
	enum place place = spot == YAML_BEHIND_KEY ? PLACE_KEY : PLACE_DASH;

	write_node(&writer, leaf, (struct spot){ place, column });
}

void yaml_write_all(struct str *out, const struct value *const *documents, size_t count,
		    const struct yaml_style *style)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			str_add(out, "---\n");
		yaml_write(out, documents[i], style);
	}
}
