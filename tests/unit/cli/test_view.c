#include "cli/view.h"

#include <criterion/criterion.h>
#include <string.h>

static int nothing(struct step_run *run, struct err *err)
{
	(void)err;
	return run_done(run);
}

static const struct step_kind install = {
	.name = "install", .phrase = "install it", .timeout_s = 1, .start = nothing
};

static struct plan *three_nodes(void)
{
	struct plan *plan = plan_new("up");

	plan_bind(plan, "sha256:a", "sha256:b", "lab");
	for (unsigned i = 0; i < 2; i++)
		for (const char *const *name = (const char *const[]){ "a", "bb", "", NULL }; *name;
		     name++)
			plan_add(plan,
				 &(struct step){ .kind = &install, .target = *name, .lane = "" });
	return plan;
}

static void tell(struct view *view, const struct plan *plan, const struct event *event)
{
	struct event copy = *event;

	copy.plan = plan;
	view_event(view, &copy);
}

static void draw(struct view *view, const struct view_style *style, const char *expected)
{
	struct str out SCOPED(str_done) = STR_INIT(10000);
	unsigned lines = view_draw(&out, view, style), seen = 0;

	for (const char *c = str_text(&out); *c; c++)
		seen += *c == '\n';
	cr_assert_eq(lines, seen);
	cr_assert_str_eq(str_text(&out), expected);
}

Test(view, shows_a_run_as_it_goes)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct plan *plan OWNED(plan_free) = three_nodes();
	struct view *view = view_new(arena, plan);
	const struct view_style style = { .size = { 60, 24 }, .now = 75 * SECOND };
	struct err err = ERR_INIT;

	tell(view, plan, &(struct event){ .what = EVENT_PLAN, .at = 5 * SECOND });
	tell(view, plan, &(struct event){ .what = EVENT_BEGIN, .step = 0, .at = 10 * SECOND });
	tell(view, plan,
	     &(struct event){ .what = EVENT_NOTE, .step = 0, .text = "half\033[2J way" });
	tell(view, plan, &(struct event){ .what = EVENT_BEGIN, .step = 1, .at = 11 * SECOND });
	tell(view, plan, &(struct event){ .what = EVENT_END, .step = 1, .how = HOW_DONE });
	draw(view, &style,
	     "up lab  1 of 6 steps  1:10\n"
	     "* a        1:05  install it: half [2J way\n"
	     ". bb       install it: done\n"
	     ". cluster  \n");

	err_set(&err, ERR_NET, "the line is cut");
	tell(view, plan,
	     &(struct event){ .what = EVENT_END, .step = 0, .how = HOW_FAILED, .err = &err });
	tell(view, plan, &(struct event){ .what = EVENT_END, .step = 4, .how = HOW_SKIPPED });
	view_say(view, "stopping");
	draw(view, &style,
	     "up lab  3 of 6 steps  1:10  stopping\n"
	     "! a        install it: the line is cut\n"
	     "+ bb       done\n"
	     ". cluster  \n");
}

Test(view, keeps_to_the_terminal)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct plan *plan OWNED(plan_free) = three_nodes();
	struct view *view = view_new(arena, plan);
	const struct view_style narrow = { .size = { 20, 24 }, .utf8 = true, .colour = true };
	const struct view_style low = { .size = { 60, 5 } };

	tell(view, plan, &(struct event){ .what = EVENT_BEGIN, .step = 1 });
	tell(view, plan, &(struct event){ .what = EVENT_NOTE, .step = 1, .text = "a long story" });
	draw(view, &narrow,
	     "up lab  0 of 6 s...\n"
	     "\033[2m\xc2\xb7\033[0m a        \n"
	     "\033[36m\xe2\x97\x8f\033[0m bb       0:00 ...\n"
	     "\033[2m\xc2\xb7\033[0m cluster  \n");
	draw(view, &low,
	     "up lab  0 of 6 steps  0:00\n"
	     "* bb       0:00  install it: a long story\n"
	     ". a        \n"
	     "  and 1 more\n");
}

Test(view, tells_how_long)
{
	static const struct {
		uint64_t duration;
		const char *text;
	} table[] = {
		{ 0, "0:00" },
		{ 59 * SECOND + 999 * MILLISECOND, "0:59" },
		{ 12 * MINUTE, "12:00" },
		{ HOUR + 2 * MINUTE + 3 * SECOND, "1:02:03" },
	};
	char text[TIME_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		cr_assert_str_eq(elapsed_text(table[i].duration, text), table[i].text);
}

Test(view, says_nothing_twice)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct plan *plan OWNED(plan_free) = plan_new("up");
	const struct view_style style = { .size = { 60, 24 }, .now = 1 * SECOND };

	plan_bind(plan, "sha256:a", "sha256:b", "lab");
	plan_add(plan, &(struct step){ .kind = &install, .target = "a", .lane = "" });
	struct view *view = view_new(arena, plan);
	tell(view, plan, &(struct event){ .what = EVENT_NOTE, .text = "install it" });
	draw(view, &style,
	     "up lab  0 of 1 steps  0:01\n"
	     "* a  0:01  install it\n");
}
