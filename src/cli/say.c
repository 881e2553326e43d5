#include "cli/say.h"

#include "cli/out.h"
#include "flow/event.h"
#include "tree/json.h"

#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES ((size_t)1 << 20)

void say_value(const struct value *value)
{
	struct str line SCOPED(str_done) = STR_INIT(LINE_MAX_BYTES);

	json_write(&line, value, &(struct json_style){ .form = JSON_COMPACT });
	str_addc(&line, '\n');
	terminal_write(STDERR_FILENO, str_text(&line), line.len);
}

/* The eight keys of every event; what is said is part of no run. */
static void say_event(const struct say *say, const char *what, const char *text,
		      const struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("say");
	struct map_builder *map = map_begin(arena);
	char at[TIME_TEXT_MAX];

	time_text_ms(say->clock->wall(say->clock), at);
	map_add(map, "at", value_str(arena, at));
	map_add(map, "event", value_str(arena, what));
	map_add(map, "run", value_null(arena));
	map_add(map, "step", value_null(arena));
	map_add(map, "op", value_null(arena));
	map_add(map, "target", value_null(arena));
	map_add(map, "text", value_str(arena, text));
	map_add(map, "err", event_err_value(arena, err));
	say_value(map_end(map));
}

static void say_line(const struct say *say, const char *what, const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));

static void say_line(const struct say *say, const char *what, const char *fmt, va_list args)
{
	struct str text SCOPED(str_done) = STR_INIT(LINE_MAX_BYTES);

	str_addv(&text, fmt, args);
	if (say->events) {
		say_event(say, what, str_text(&text), NULL);
		return;
	}

	struct str line SCOPED(str_done) = STR_INIT(LINE_MAX_BYTES);
	if (strcmp(what, "note") != 0)
		str_addf(&line, "%s: ", what);
	str_add(&line, str_text(&text));
	str_addc(&line, '\n');
	terminal_write(STDERR_FILENO, str_text(&line), line.len);
}

void say_debug(const struct say *say, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say_line(say, "debug", fmt, args);
	va_end(args);
}

void say_note(const struct say *say, const char *fmt, ...)
{
	va_list args;

	if (say->quiet)
		return;
	va_start(args, fmt);
	say_line(say, "note", fmt, args);
	va_end(args);
}

void say_warning(const struct say *say, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say_line(say, "warning", fmt, args);
	va_end(args);
}

void say_err(const struct say *say, const struct err *err)
{
	struct str line SCOPED(str_done) = STR_INIT(LINE_MAX_BYTES);

	if (say->events) {
		say_event(say, "error", err->text, err);
		return;
	}
	if (err->file[0])
		str_addf(&line, "%s:", err->file);
	if (err->file[0] && err->line)
		str_addf(&line, "%u:", err->line);
	if (err->file[0] && err->line && err->column)
		str_addf(&line, "%u:", err->column);
	str_addf(&line, "%serror: %s\n", err->file[0] ? " " : "", err->text);
	if (err->hint[0])
		str_addf(&line, "  hint: %s\n", err->hint);
	terminal_write(STDERR_FILENO, str_text(&line), line.len);
}

void say_finding(const struct say *say, const struct finding *finding)
{
	struct str text SCOPED(str_done) = STR_INIT(LINE_MAX_BYTES);

	finding_write(&text, finding);
	if (say->events) {
		str_cut(&text, text.len - 1);
		say_event(say, "finding", str_text(&text), NULL);
	} else {
		terminal_write(STDERR_FILENO, str_text(&text), text.len);
	}
}

void say_text(const struct say *say, const char *text)
{
	if (!say->events)
		terminal_write(STDERR_FILENO, text, strlen(text));
}
