#include "cli/table.h"

#include "cli/terminal.h"

#include <string.h>

/* An error is told to its end, which is its cause; a certificate would make a row a page wide. */
#define CELL_BYTES 500

static const char *clean(struct arena *arena, const char *text)
{
	char *copy = arena_str(arena, text);

	for (char *c = copy; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	return copy;
}

/* The whole text is in the other formats. */
static const char *cut(struct arena *arena, const char *text)
{
	size_t len = strlen(text);

	if (len <= CELL_BYTES)
		return text;
	len = CELL_BYTES - 3;
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return arena_printf(arena, "%.*s...", (int)len, text);
}

static const char *scalar_text(struct arena *arena, const struct value *value, bool show_secrets)
{
	if (value_is_sensitive(value) && !show_secrets)
		return "***";
	if (value_type(value) == SCALAR_BOOL)
		return value_bool(value, false) ? "yes" : "no";
	return *value_text(value) ? clean(arena, cut(arena, value_text(value))) : "-";
}

const char *cell_text(struct arena *arena, const struct value *value, bool show_secrets)
{
	if (value_text(value))
		return scalar_text(arena, value, show_secrets);
	if (!value_is_list(value) || value_len(value) == 0)
		return "-";

	struct str joined SCOPED(str_done) = STR_INIT(1 << 20);
	for (size_t i = 0; i < value_len(value); i++) {
		str_add(&joined, i ? "," : "");
		str_add(&joined, cell_text(arena, value_at(value, i), show_secrets));
	}
	return arena_str(arena, str_text(&joined));
}

static void add_line(struct str *out, const char *const *cells, const size_t *width, size_t count)
{
	size_t last = count;

	while (last > 0 && !*cells[last - 1])
		last--;
	for (size_t i = 0; i < last; i++) {
		str_add(out, cells[i]);
		if (i + 1 < last)
			str_pad(out, ' ', width[i] - terminal_columns(cells[i]) + 2);
	}
	str_addc(out, '\n');
}

void table_write(struct str *out, const struct value *rows, const struct column *columns,
		 bool show_secrets)
{
	struct arena *arena OWNED(arena_free) = arena_new("table");
	size_t count = 0, len = value_len(rows);

	while (columns[count].key)
		count++;
	if (len == 0)
		return;

	const char **cells = arena_calloc(arena, (len + 1) * count, sizeof(*cells));
	size_t *width = arena_calloc(arena, count, sizeof(*width));
	for (size_t c = 0; c < count; c++) {
		cells[c] = columns[c].title;
		width[c] = terminal_columns(columns[c].title);
		for (size_t r = 0; r < len; r++) {
			const struct value *value = value_get(value_at(rows, r), columns[c].key);
			const char *text = cell_text(arena, value, show_secrets);

			cells[(r + 1) * count + c] = text;
			if (terminal_columns(text) > width[c])
				width[c] = terminal_columns(text);
		}
	}
	for (size_t r = 0; r <= len; r++)
		add_line(out, &cells[r * count], width, count);
}
