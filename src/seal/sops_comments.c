#include "seal/sops_tree.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Only where a scalar begins can quotes or a block begin, and the reader of YAML told where that
 * is; so this goes over the text once and needs to know nothing else of the grammar. */
struct scanner {
	struct arena *arena;
	struct sops_comments *out;
	const char *at, *end, *line_start;
	unsigned line;
	size_t document;
	const struct src *next; /* the scalar that begins next */
	size_t scalars;		/* that are left */
	bool content;		/* something was found on this line */
	bool began;		/* ... or on any line of a document */
};

/* Bytes of a line break: those of YAML 1.1, some of them not ASCII. */
static size_t break_len(const char *at, const char *end)
{
	static const char *const breaks[] = { "\r\n", "\n", "\r", "\xc2\x85", "\xe2\x80\xa8",
					      "\xe2\x80\xa9" };

	for (size_t i = 0; i < ARRAY_LEN(breaks); i++) {
		size_t len = strlen(breaks[i]);

		if ((size_t)(end - at) >= len && memcmp(at, breaks[i], len) == 0)
			return len;
	}
	return 0;
}

/* From 1, in characters. */
static unsigned column_of(const struct scanner *scanner, const char *at)
{
	unsigned column = 1;

	for (const char *c = scanner->line_start; c < at; c++)
		column += ((unsigned char)*c & 0xc0) != 0x80;
	return column;
}

static void step(struct scanner *scanner)
{
	size_t len = break_len(scanner->at, scanner->end);

	scanner->at += len ? len : 1;
	if (len == 0)
		return;
	scanner->line++;
	scanner->line_start = scanner->at;
	scanner->content = false;
}

static bool at_line_end(const struct scanner *scanner)
{
	return scanner->at >= scanner->end || break_len(scanner->at, scanner->end) > 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void skip_quoted(struct scanner *scanner)
{
	char quote = *scanner->at;

	step(scanner);
	while (scanner->at < scanner->end) {
		bool escape = quote == '"' && *scanner->at == '\\';
		bool twice = quote == '\'' && *scanner->at == quote &&
			     scanner->at + 1 < scanner->end && scanner->at[1] == quote;

		if (*scanner->at == quote && !twice)
			break;
		if (escape || twice)
			step(scanner);
		if (scanner->at < scanner->end)
			step(scanner);
	}
	if (scanner->at < scanner->end)
		scanner->at++;
	scanner->content = true;
}

static void add_comment(struct scanner *scanner)
{
	const char *from = scanner->at + 1;
	struct sops_comment comment = {
		.document = scanner->document,
		.line = scanner->line,
		.column = scanner->content ? 0 : column_of(scanner, scanner->at),
	};

	while (!at_line_end(scanner))
		scanner->at++;
	comment.text = arena_strn(scanner->arena, from, (size_t)(scanner->at - from));
	scanner->out->at = arena_grow(scanner->arena, scanner->out->at, scanner->out->len,
				      &scanner->out->cap, sizeof(*scanner->out->at));
	scanner->out->at[scanner->out->len++] = comment;
}

/* Spaces at the start of the line; SIZE_MAX when nothing else is on it. */
static size_t indent_of(const struct scanner *scanner)
{
	const char *at = scanner->at;

	while (at < scanner->end && *at == ' ')
		at++;
	if (at >= scanner->end || break_len(at, scanner->end) > 0)
		return SIZE_MAX;
	return (size_t)(at - scanner->at);
}

static void skip_line(struct scanner *scanner)
{
	while (!at_line_end(scanner))
		scanner->at++;
	if (scanner->at < scanner->end)
		step(scanner);
}

/* Anchors and tags from `at` up to the bar. */
static bool only_properties(const struct scanner *scanner, const char *at)
{
	while (at < scanner->at) {
		if (is_blank(*at)) {
			at++;
			continue;
		}
		if (*at != '&' && *at != '!')
			return false;
		while (at < scanner->at && !is_blank(*at))
			at++;
	}
	return true;
}

/* The column, from 0, of the key or of the dash that a block is the value of; 0 when that stands on
 * a line before. */
static size_t parent_indent(const struct scanner *scanner)
{
	const char *at = scanner->line_start, *dash = NULL;

	while (at + 1 < scanner->end && (*at == ' ' || (*at == '-' && is_blank(at[1])))) {
		if (*at == '-')
			dash = at;
		at++;
	}
	if (only_properties(scanner, at))
		at = dash ? dash : scanner->line_start;
	return (size_t)(at - scanner->line_start);
}

/* The line with the bar, and how far it says that the block is indented; 0: it does not. */
static size_t skip_block_header(struct scanner *scanner)
{
	size_t digit = 0;

	for (scanner->content = true; !at_line_end(scanner) && *scanner->at != '#'; scanner->at++)
		if (*scanner->at >= '1' && *scanner->at <= '9')
			digit = (size_t)(*scanner->at - '0');
	if (!at_line_end(scanner))
		add_comment(scanner);
	if (scanner->at < scanner->end)
		step(scanner);
	return digit;
}

/* A block ends before the first line that is indented less than its first one, which is indented
 * more than what it belongs to: one of blank lines alone ends before anything else. */
static void skip_block(struct scanner *scanner)
{
	size_t parent = parent_indent(scanner), least = skip_block_header(scanner);

	if (least > 0)
		least += parent;
	while (scanner->at < scanner->end) {
		size_t indent = indent_of(scanner);

		if (least == 0 && indent != SIZE_MAX)
			least = indent > parent ? indent : parent + 1;
		if (indent < least)
			break;
		skip_line(scanner);
	}
}

/* Anchors and tags stand before the scalar itself, perhaps on a line before it. */
static void skip_properties(struct scanner *scanner)
{
	while (scanner->at < scanner->end) {
		if (*scanner->at == '&' || *scanner->at == '!') {
			while (!at_line_end(scanner) && !is_blank(*scanner->at))
				scanner->at++;
			scanner->content = true;
		} else if (is_blank(*scanner->at) || at_line_end(scanner)) {
			step(scanner);
		} else {
			return;
		}
	}
}

static void skip_scalar(struct scanner *scanner)
{
	scanner->next++;
	scanner->scalars--;
	skip_properties(scanner);
	if (scanner->at >= scanner->end)
		return;
	scanner->began = true;
	if (*scanner->at == '"' || *scanner->at == '\'')
		skip_quoted(scanner);
	else if (*scanner->at == '|' || *scanner->at == '>')
		skip_block(scanner);
	else
		scanner->content = true;
}

static bool at_scalar(struct scanner *scanner)
{
	unsigned column;

	if (scanner->scalars == 0 || scanner->next->line > scanner->line)
		return false;
	column = column_of(scanner, scanner->at);
	while (scanner->scalars > 0 &&
	       (scanner->next->line < scanner->line ||
		(scanner->next->line == scanner->line && scanner->next->column < column))) {
		scanner->next++;
		scanner->scalars--;
	}
	return scanner->scalars > 0 && scanner->next->line == scanner->line &&
	       scanner->next->column == column;
}

static bool at_marker(const struct scanner *scanner)
{
	size_t left = (size_t)(scanner->end - scanner->at);

	return scanner->at == scanner->line_start && left >= 3 &&
	       memcmp(scanner->at, "---", 3) == 0 &&
	       (left == 3 || is_blank(scanner->at[3]) ||
		break_len(scanner->at + 3, scanner->end) > 0);
}

static void scan(struct scanner *scanner)
{
	bool after_space = is_blank(*scanner->at) || scanner->at == scanner->line_start;

	if (at_marker(scanner)) {
		scanner->document += scanner->began;
		scanner->began = true;
		scanner->at += 3;
		return;
	}
	if (at_scalar(scanner)) {
		skip_scalar(scanner);
		return;
	}
	if (*scanner->at == '#' && (after_space || is_blank(scanner->at[-1]))) {
		add_comment(scanner);
		return;
	}
	if (!is_blank(*scanner->at) && !at_line_end(scanner))
		scanner->content = true;
	step(scanner);
}

static int compare_places(const void *a, const void *b)
{
	const struct src *one = a, *two = b;

	if (one->line != two->line)
		return one->line < two->line ? -1 : 1;
	return one->column < two->column ? -1 : one->column > two->column;
}

void sops_comments_find(struct arena *arena, const struct sops_text *text,
			struct sops_places *places, struct sops_comments *out)
{
	struct scanner scanner = {
		.arena = arena,
		.out = out,
		.at = text->at,
		.end = text->at + text->len,
		.line = 1,
		.next = places->at,
		.scalars = places->len,
	};

	if (places->len > 1)
		qsort(places->at, places->len, sizeof(*places->at), compare_places);
	if (text->len >= 3 && memcmp(text->at, "\xef\xbb\xbf", 3) == 0)
		scanner.at += 3;
	scanner.line_start = scanner.at;
	while (scanner.at < scanner.end)
		scan(&scanner);
}
