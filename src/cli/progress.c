#include "cli/progress.h"

#include "base/clock.h"
#include "tree/json.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FRAME (100 * MILLISECOND)
#define FRAME_MAX ((size_t)1 << 20)
#define LINE_BYTES 4096

#define CURSOR_HIDE "\033[?25l"
#define CURSOR_SHOW "\033[?25h"
#define CLEAR_BELOW "\033[J"

static void start_line(struct str *out, uint64_t wall, const char *level, const char *text)
{
	char at[TIME_TEXT_MAX];

	str_addf(out, "%s %s ", time_text(wall, at), level);
	for (; *text; text++)
		str_addc(out, (unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text);
}

void progress_note_line(struct str *out, uint64_t wall, const char *node, const char *text)
{
	start_line(out, wall, "INFO", text);
	str_addf(out, " node=%s\n", node);
}

static void step_line(struct str *out, const struct event *event, const char *level,
		      const char *more)
{
	const struct step *step = &event->plan->at[event->step];
	struct str text SCOPED(str_done) = STR_INIT(LINE_BYTES);

	str_add(&text, step->kind->phrase);
	if (more && *more && strcmp(more, step->kind->phrase) != 0)
		str_addf(&text, ": %s", more);
	start_line(out, event->at, level, str_text(&text));
	if (*step->target)
		str_addf(out, " node=%s", step->target);
}

static void end_line(struct str *out, const struct event *event, uint64_t took)
{
	char number[32];

	switch (event->how) {
	case HOW_DONE:
		step_line(out, event, "INFO", "done");
		break;
	case HOW_SKIPPED:
		step_line(out, event, "INFO", "nothing to do");
		break;
	default:
		step_line(out, event, "ERROR", event->err ? event->err->text : "cancelled");
	}
	snprintf(number, sizeof(number), "%.1f", (double)took / (double)SECOND);
	if (took > 0)
		str_addf(out, " elapsed=%ss", number);
	str_addc(out, '\n');
}

void progress_line(struct str *out, const struct event *event, uint64_t took)
{
	switch (event->what) {
	case EVENT_PLAN:
		start_line(out, event->at, "INFO", event->plan->operation);
		if (event->plan->cluster)
			str_addf(out, " cluster=%s", event->plan->cluster);
		str_addf(out, " steps=%zu", event->plan->len);
		if (event->run && *event->run)
			str_addf(out, " run=%s", event->run);
		break;
	case EVENT_BEGIN:
		step_line(out, event, "INFO", NULL);
		break;
	case EVENT_NOTE:
		step_line(out, event, "INFO", event->text);
		break;
	case EVENT_RETRY:
		step_line(out, event, "WARN", event->err ? event->err->text : "once more");
		break;
	case EVENT_END:
		end_line(out, event, took);
		return;
	default:
		return;
	}
	str_addc(out, '\n');
}

static void print_line(struct progress *progress, const struct event *event)
{
	struct str line SCOPED(str_done) = STR_INIT(2 * LINE_BYTES);
	uint64_t took = 0;

	if (event->what == EVENT_BEGIN)
		progress->begun[event->step] = event->at;
	if (event->what == EVENT_END && progress->begun[event->step] &&
	    event->at > progress->begun[event->step])
		took = event->at - progress->begun[event->step];
	progress_line(&line, event, took);
	terminal_write(STDERR_FILENO, str_text(&line), line.len);
}

static void print_json(const struct event *event)
{
	struct arena *arena OWNED(arena_free) = arena_new("event");

	struct event said = *event;

	if (said.run && !*said.run)
		said.run = NULL;
	say_value(event_value(arena, &said));
}

static void on_event(struct listener *listener, const struct event *happened)
{
	struct progress *progress = container_of(listener, struct progress, listener);
	struct event shifted = *happened;
	const struct event *event = &shifted;

	shifted.at -= progress->epoch;
	if (progress->say->events)
		print_json(event);
	else if (progress->view)
		view_event(progress->view, event);
	else if (!progress->say->quiet)
		print_line(progress, event);
}

/* The picture is drawn over the one before in a single write, so that it does not flicker. */
static void draw(struct progress *progress)
{
	struct str frame SCOPED(str_done) = STR_INIT(FRAME_MAX);
	const struct view_style style = {
		.size = terminal_size(),
		.now = loop_wall(progress->loop) - progress->epoch,
		.colour = progress->say->terminal->colour,
		.utf8 = progress->say->terminal->utf8,
	};

	str_add(&frame, CURSOR_HIDE);
	if (progress->lines)
		str_addf(&frame, "\033[%uA\r", progress->lines);
	str_add(&frame, CLEAR_BELOW);
	progress->lines = view_draw(&frame, progress->view, &style);
	terminal_write(STDERR_FILENO, str_text(&frame), frame.len);
}

static void draw_due(struct timer *timer)
{
	struct progress *progress = container_of(timer, struct progress, timer);

	draw(progress);
	timer_set(&progress->timer, loop_now(progress->loop) + FRAME);
}

void progress_open(struct progress *progress, const struct progress_setup *setup)
{
	const struct say *say = setup->say;

	*progress = (struct progress){ .listener.on_event = on_event,
				       .say = say,
				       .loop = setup->loop,
				       .plan = setup->plan,
				       .epoch = setup->epoch,
				       .open = true };
	progress->begun =
		arena_calloc(setup->arena, setup->plan->len + 1, sizeof(*progress->begun));
	timer_init(&progress->timer, setup->loop, draw_due);
	if (!say->terminal->live || say->quiet || say->events || setup->plan->len == 0)
		return;
	progress->view = view_new(setup->arena, setup->plan);
	timer_set(&progress->timer, loop_now(setup->loop));
}

void progress_close(struct progress *progress)
{
	if (!progress->open)
		return;
	progress->open = false;
	timer_cancel(&progress->timer);
	if (!progress->view)
		return;
	draw(progress);
	terminal_write(STDERR_FILENO, CURSOR_SHOW, strlen(CURSOR_SHOW));
}

void progress_say(struct progress *progress, const char *text)
{
	if (progress->view)
		view_say(progress->view, text);
	else
		say_note(progress->say, "%s", text);
}
