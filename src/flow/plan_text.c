#include "flow/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct columns {
	size_t op, target, lane, danger;
};

static size_t widest(size_t so_far, const char *text)
{
	size_t len = strlen(text);

	return len > so_far ? len : so_far;
}

static void add_cell(struct str *out, const char *text, size_t width)
{
	str_add(out, text);
	str_pad(out, ' ', width - strlen(text) + 2);
}

static int compare_numbers(const void *a, const void *b)
{
	const unsigned *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* "after 1-3,7": in plan order, whatever the order of the edges. */
static void add_after(struct str *out, struct arena *arena, const struct step *step)
{
	unsigned *after = arena_dup(arena, step->after, step->afters * sizeof(*after));
	const char *before = "after ";

	qsort(after, step->afters, sizeof(*after), compare_numbers);
	for (unsigned i = 0, end; i < step->afters; i = end + 1) {
		end = i;
		while (end + 1 < step->afters && after[end + 1] <= after[end] + 1)
			end++;
		str_addf(out, "%s%u", before, after[i] + 1);
		if (after[end] > after[i])
			str_addf(out, "-%u", after[end] + 1);
		before = ",";
	}
}

/* What a planner has to say about a step: its argument `notes`, a line each. */
static void add_notes(struct str *out, const struct step *step, size_t indent)
{
	const struct value *notes = value_get(step->args, "notes");

	for (size_t i = 0; i < value_len(notes); i++) {
		str_pad(out, ' ', indent);
		str_addf(out, "%s\n", value_text(value_at(notes, i)));
	}
}

void plan_text(struct str *out, const struct plan *plan)
{
	char number[24];
	struct columns width = { 0 };
	struct arena *scratch OWNED(arena_free) = arena_new("plan text");

	for (size_t i = 0; i < plan->len; i++) {
		width.op = widest(width.op, plan->at[i].kind->name);
		width.target = widest(width.target, plan->at[i].target);
		width.lane = widest(width.lane, plan->at[i].lane);
		width.danger = widest(width.danger, step_danger_name(plan->at[i].kind->danger));
	}
	int digits = snprintf(number, sizeof(number), "%zu", plan->len);

	for (size_t i = 0; i < plan->len; i++) {
		const struct step *step = &plan->at[i];

		str_addf(out, "%*zu  ", digits, i + 1);
		add_cell(out, step->kind->name, width.op);
		add_cell(out, step->target, width.target);
		if (width.lane)
			add_cell(out, step->lane, width.lane);
		if (step->afters) {
			add_cell(out, step_danger_name(step->kind->danger), width.danger);
			add_after(out, scratch, step);
		} else {
			str_add(out, step_danger_name(step->kind->danger));
		}
		str_addc(out, '\n');
		add_notes(out, step, (size_t)digits + 4);
	}
}
