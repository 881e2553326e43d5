#include "ops/declared_gates.h"

#include "base/text.h"
#include "ops/label_selector.h"
#include "ops/object_check.h"
#include "tree/path.h"

#define CHECK_TIMEOUT (10 * MINUTE)

static void check_expression(struct arena *arena, const struct health_check *check,
			     const struct value *raw, const char *path, struct findings *findings)
{
	const struct cel_program *program;
	struct err err = ERR_INIT;

	if (!check->expr || object_check_compile(arena, check->expr, &program, &err) == 0)
		return;
	finding_add(findings, FINDING_ERROR, "bad-expression", value_src(value_get(raw, "expr")),
		    path_key(arena, path, "expr"), "%s", err.text);
}

static void make_check(struct arena *arena, const struct health_check *check,
		       const struct value *raw, const char *path, struct declared_check *out,
		       struct findings *findings)
{
	const char *selector = path_key(arena, path, "labelSelector");

	*out = (struct declared_check){ .what = check,
					.timeout = CHECK_TIMEOUT,
					.has_selector = check->selector_value != NULL,
					.src = value_src(raw) };
	if (check->timeout)
		window_duration(check->timeout, &out->timeout);
	if (out->has_selector)
		label_selector_read(check->selector_value, selector, &out->selector, findings);
	if (out->has_selector && check->name)
		finding_add(findings, FINDING_ERROR, "name-and-selector",
			    value_key_src(raw, "labelSelector"), selector,
			    "a check has a name or a labelSelector, not both");
	check_expression(arena, check, raw, path, findings);
}

void gates_checks(struct arena *arena, const struct gate_list *list, struct declared_gates *out,
		  struct findings *findings)
{
	const struct health_check *check = list->decoded->at;
	struct declared_check *made = arena_calloc(arena, list->decoded->len + 1, sizeof(*made));

	for (size_t i = 0; i < list->decoded->len; i++)
		make_check(arena, &check[i], value_at(list->raw, i),
			   path_index(arena, list->path, i), &made[i], findings);
	out->check = made;
	out->checks = list->decoded->len;
}

/* What is right but rarely meant. */
static void doubt_window(const struct window *window, const struct window_setting *setting,
			 const struct value *raw, const char *path, struct findings *findings)
{
	if (!window->cron.any_day && !window->cron.any_weekday) {
		finding_add(findings, FINDING_WARNING, "day-and-weekday",
			    value_src(value_get(raw, "start")), path,
			    "\"%s\" opens only when both its day of the month and weekday match",
			    setting->start);
		finding_hint(findings, "use two windows if either should do");
	}
	if (window->duration < WINDOW_SHORT)
		finding_add(findings, FINDING_WARNING, "short-window",
			    value_src(value_get(raw, "duration")), path,
			    "a window of %s is short for an upgrade", setting->duration);
	if (text_equal(setting->timezone, "Local"))
		finding_add(findings, FINDING_WARNING, "local-time",
			    value_src(value_get(raw, "timezone")), path,
			    "Local is taken as UTC, as in a container");
}

void gates_windows(struct arena *arena, const struct gate_list *list,
		   const struct declared_place *place, struct declared_gates *out,
		   struct findings *findings)
{
	const struct window_setting *setting = list->decoded->at;
	struct window *made = arena_calloc(arena, list->decoded->len + 1, sizeof(*made));

	for (size_t i = 0; i < list->decoded->len; i++) {
		const struct value *raw = value_at(list->raw, i);
		const char *path = path_index(arena, list->path, i);
		const struct window_input input = { setting[i].start, setting[i].duration,
						    setting[i].timezone };
		struct err err = ERR_INIT;

		if (!input.start || !input.duration)
			continue;
		if (window_read(arena, &input, place->zones, place->now, &made[i], &err) == 0) {
			doubt_window(&made[i], &setting[i], raw, path, findings);
			continue;
		}
		finding_add(findings, FINDING_ERROR, "bad-window", value_src(raw), path, "%s",
			    err.text);
		if (err.hint[0])
			finding_hint(findings, "%s", err.hint);
	}
	out->window = made;
	out->windows = list->decoded->len;
}

void upgrade_check(struct arena *arena, const struct cluster *cluster,
		   const struct declared_place *place, struct declared_gates *out,
		   struct findings *findings)
{
	const struct value *raw = value_get(cluster->raw, "upgrade");
	const struct gate_list checks = { &cluster->upgrade.health_checks,
					  value_get(raw, "health_checks"),
					  "upgrade.health_checks" };
	const struct gate_list windows = { &cluster->upgrade.windows, value_get(raw, "windows"),
					   "upgrade.windows" };

	*out = (struct declared_gates){ .suspended = NULL };
	gates_checks(arena, &checks, out, findings);
	gates_windows(arena, &windows, place, out, findings);
}
