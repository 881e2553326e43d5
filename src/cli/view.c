#include "cli/view.h"

#include "base/map.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX 400

enum mark {
	MARK_WAITING,
	MARK_ACTIVE,
	MARK_DONE,
	MARK_FAILED,
	MARK_COUNT
};

static const struct {
	const char *ascii, *utf8, *colour;
} marks[] = {
	[MARK_WAITING] = { ".", "\xc2\xb7", "\033[2m" },
	[MARK_ACTIVE] = { "*", "\xe2\x97\x8f", "\033[36m" },
	[MARK_DONE] = { "+", "\xe2\x9c\x93", "\033[32m" },
	[MARK_FAILED] = { "!", "\xe2\x9c\x97", "\033[31m" },
};
_Static_assert(ARRAY_LEN(marks) == MARK_COUNT, "a row per mark");

#define COLOUR_OFF "\033[0m"

struct row {
	const char *name; /* what people read */
	enum mark mark;
	char text[TEXT_MAX];
	unsigned steps, ended;
	uint64_t since; /* wall: begin of the step at work */
};

struct view {
	const struct plan *plan;
	struct map *index; /* rows by target */
	struct row *row;
	size_t rows;
	size_t ended;
	size_t name_width;
	uint64_t started;
	const char *said;
	bool over;
};

/* What comes from a node may hold anything; a terminal must not take it for an order. */
static void put_text(char *out, size_t size, const char *a, const char *b)
{
	snprintf(out, size, "%s%s%s", a, *b ? ": " : "", b);
	for (char *c = out; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
}

static void count_step(struct view *view, const struct step *step)
{
	struct row *row = map_get(view->index, step->target);

	if (!row) {
		row = &view->row[view->rows++];
		row->name = *step->target ? step->target : "cluster";
		map_put(view->index, step->target, row);
		if (terminal_columns(row->name) > view->name_width)
			view->name_width = terminal_columns(row->name);
	}
	row->steps++;
}

struct view *view_new(struct arena *arena, const struct plan *plan)
{
	struct view *view = arena_alloc(arena, sizeof(*view));

	view->plan = plan;
	view->index = map_new(arena);
	view->row = arena_calloc(arena, plan->len + 1, sizeof(*view->row));
	for (size_t i = 0; i < plan->len; i++)
		count_step(view, &plan->at[i]);
	return view;
}

static void end_step(struct view *view, struct row *row, const struct event *event)
{
	const char *phrase = view->plan->at[event->step].kind->phrase;

	row->ended++;
	view->ended++;
	if (event->how == HOW_FAILED || event->how == HOW_CANCELLED) {
		row->mark = MARK_FAILED;
		put_text(row->text, sizeof(row->text), phrase, event->err ? event->err->text : "");
		return;
	}
	if (row->mark == MARK_FAILED)
		return;
	row->mark = row->ended == row->steps ? MARK_DONE : MARK_WAITING;
	if (row->mark == MARK_DONE)
		put_text(row->text, sizeof(row->text), "done", "");
	else
		put_text(row->text, sizeof(row->text), phrase, "done");
}

static void step_event(struct view *view, const struct event *event)
{
	const struct step *step = &view->plan->at[event->step];
	struct row *row = map_get(view->index, step->target);
	const char *more = event->text ? event->text : "";

	if (event->what == EVENT_END) {
		end_step(view, row, event);
		return;
	}
	if (row->mark == MARK_FAILED)
		return;
	if (row->mark != MARK_ACTIVE)
		row->since = event->at;
	row->mark = MARK_ACTIVE;
	if (event->what == EVENT_RETRY && event->err)
		more = event->err->text;
	if (strcmp(more, step->kind->phrase) == 0)
		more = "";
	put_text(row->text, sizeof(row->text), step->kind->phrase, more);
}

void view_event(struct view *view, const struct event *event)
{
	switch (event->what) {
	case EVENT_PLAN:
		view->started = event->at;
		return;
	case EVENT_OVER:
		view->over = true;
		return;
	default:
		step_event(view, event);
	}
}

void view_say(struct view *view, const char *text)
{
	view->said = text;
}

const char *elapsed_text(uint64_t duration, char text[static TIME_TEXT_MAX])
{
	unsigned seconds = (unsigned)(duration / SECOND);

	if (seconds >= 3600)
		snprintf(text, TIME_TEXT_MAX, "%u:%02u:%02u", seconds / 3600, seconds / 60 % 60,
			 seconds % 60);
	else
		snprintf(text, TIME_TEXT_MAX, "%u:%02u", seconds / 60, seconds % 60);
	return text;
}

static uint64_t since(const struct view_style *style, uint64_t then)
{
	return style->now > then ? style->now - then : 0;
}

/* The characters of `text` that fit into `columns`; with the sign of a cut when there are more. */
static void add_cut(struct str *out, const char *text, size_t columns)
{
	size_t keep = columns, bytes = 0;
	bool cut = terminal_columns(text) > columns;

	if (cut)
		keep = columns > 3 ? columns - 3 : 0;
	for (size_t seen = 0; text[bytes]; bytes++) {
		if (((unsigned char)text[bytes] & 0xc0) == 0x80)
			continue;
		if (seen++ == keep)
			break;
	}
	str_addn(out, text, bytes);
	if (cut && columns >= 3)
		str_add(out, "...");
}

static void draw_row(struct str *out, const struct view *view, const struct row *row,
		     const struct view_style *style)
{
	struct str line SCOPED(str_done) = STR_INIT(TEXT_MAX * 4);
	size_t width = style->size.columns;

	if (style->colour)
		str_add(out, marks[row->mark].colour);
	str_add(out, style->utf8 ? marks[row->mark].utf8 : marks[row->mark].ascii);
	if (style->colour)
		str_add(out, COLOUR_OFF);

	str_addf(&line, " %s", row->name);
	str_pad(&line, ' ', view->name_width - terminal_columns(row->name) + 2);
	if (row->mark == MARK_ACTIVE) {
		char elapsed[TIME_TEXT_MAX];

		str_addf(&line, "%s  ", elapsed_text(since(style, row->since), elapsed));
	}
	str_add(&line, row->text);
	add_cut(out, str_text(&line), width > 2 ? width - 2 : 0);
	str_addc(out, '\n');
}

static void draw_title(struct str *out, const struct view *view, const struct view_style *style)
{
	struct str line SCOPED(str_done) = STR_INIT(TEXT_MAX * 4);
	char elapsed[TIME_TEXT_MAX];

	str_addf(&line, "%s", view->plan->operation);
	if (view->plan->cluster)
		str_addf(&line, " %s", view->plan->cluster);
	str_addf(&line, "  %zu of %zu steps  %s", view->ended, view->plan->len,
		 elapsed_text(since(style, view->started), elapsed));
	if (view->said && !view->over)
		str_addf(&line, "  %s", view->said);
	add_cut(out, str_text(&line), style->size.columns > 1 ? style->size.columns - 1 : 0);
	str_addc(out, '\n');
}

unsigned view_draw(struct str *out, const struct view *view, const struct view_style *style)
{
	static const enum mark order[] = { MARK_FAILED, MARK_ACTIVE, MARK_WAITING, MARK_DONE };
	/* the title, the sum and the line of the cursor */
	size_t room = style->size.rows > 4 ? style->size.rows - 3 : 1;
	size_t drawn = 0;

	draw_title(out, view, style);
	if (view->rows <= room) {
		for (size_t i = 0; i < view->rows; i++)
			draw_row(out, view, &view->row[i], style);
		return (unsigned)view->rows + 1;
	}
	for (size_t o = 0; o < ARRAY_LEN(order); o++) {
		for (size_t i = 0; i < view->rows && drawn < room; i++) {
			if (view->row[i].mark != order[o])
				continue;
			draw_row(out, view, &view->row[i], style);
			drawn++;
		}
	}
	str_addf(out, "  and %zu more\n", view->rows - drawn);
	return (unsigned)drawn + 2;
}
