#include "flow/plan.h"

#include <string.h>

static const char *const danger_names[] = {
	[STEP_SAFE] = "safe",
	[STEP_CHANGES] = "changes",
	[STEP_DESTROYS] = "destroys",
};

const char *step_danger_name(enum step_danger danger)
{
	return danger_names[danger];
}

static const struct value *step_value(struct arena *arena, const struct plan *plan,
				      const struct step *step)
{
	struct list_builder *after = list_begin(arena);
	for (unsigned i = 0; i < step->afters; i++)
		list_add(after, value_str(arena, plan->at[step->after[i]].id));

	struct map_builder *map = map_begin(arena);
	map_add(map, "id", value_str(arena, step->id));
	map_add(map, "op", value_str(arena, step->kind->name));
	map_add(map, "target", value_str(arena, step->target));
	map_add(map, "lane", value_str(arena, step->lane));
	map_add(map, "after", list_end(after));
	map_add(map, "danger", value_str(arena, step_danger_name(step->kind->danger)));
	map_add(map, "args", step->args ? step->args : map_end(map_begin(arena)));
	return map_end(map);
}

const struct value *plan_value(struct arena *arena, const struct plan *plan)
{
	struct list_builder *steps = list_begin(arena);
	for (size_t i = 0; i < plan->len; i++)
		list_add(steps, step_value(arena, plan, &plan->at[i]));

	struct map_builder *map = map_begin(arena);
	map_add(map, "operation", value_str(arena, plan->operation));
	map_add(map, "digest", value_str(arena, plan->digest));
	map_add(map, "steps", list_end(steps));
	return map_end(map);
}

const struct value *plan_record(struct arena *arena, const struct plan *plan)
{
	const struct value *value = plan_value(arena, plan);
	struct list_builder *lanes = list_begin(arena);

	for (size_t i = 0; i < plan->lanes; i++) {
		struct map_builder *lane = map_begin(arena);
		map_add(lane, "name", value_str(arena, plan->lane[i].name));
		map_add(lane, "width", value_of_u64(arena, plan->lane[i].width));
		list_add(lanes, map_end(lane));
	}

	struct map_builder *map = map_begin(arena);
	map_add(map, "operation", value_get(value, "operation"));
	map_add(map, "cluster", value_str(arena, plan->cluster));
	map_add(map, "identity", value_str(arena, plan->identity));
	map_add(map, "inputs", value_str(arena, plan->inputs));
	if (plan->request)
		map_add(map, "request", value_str(arena, plan->request));
	map_add(map, "digest", value_get(value, "digest"));
	map_add(map, "goes_on", value_of_bool(arena, plan->on_failure == PLAN_GOES_ON));
	map_add(map, "lanes", list_end(lanes));
	map_add(map, "steps", value_get(value, "steps"));
	return map_end(map);
}

struct reader {
	struct plan *plan;
	struct map *index; /* of a step, by its id: a pointer into `numbers` */
	unsigned *numbers;
	const struct step_kind *const *kinds;
	size_t kind_count;
};

static int read_lanes(struct plan *plan, const struct value *lanes, struct err *err)
{
	for (size_t i = 0; i < value_len(lanes); i++) {
		const char *name = value_get_text(value_at(lanes, i), "name");
		uint64_t width;

		if (!name || !*name ||
		    !value_u64(value_get(value_at(lanes, i), "width"), &width) || width < 1 ||
		    width > PLAN_STEPS_MAX)
			return err_set(err, ERR_INPUT, "lane %zu has no name or no width", i + 1);
		plan_lane(plan, name, (unsigned)width);
	}
	return 0;
}

static int find_kind(const struct reader *reader, const char *op, const struct step_kind **out,
		     struct err *err)
{
	for (size_t i = 0; i < reader->kind_count; i++) {
		if (strcmp(reader->kinds[i]->name, op) == 0) {
			*out = reader->kinds[i];
			return 0;
		}
	}
	err_set(err, ERR_INPUT, "unknown operation %s", op);
	return err_hint(err, "the plan was made by another version of talforge");
}

static int read_after(const struct reader *reader, const struct value *after, struct step *step,
		      struct err *err)
{
	unsigned *edges = arena_calloc(reader->plan->arena, value_len(after), sizeof(*edges));

	for (size_t i = 0; i < value_len(after); i++) {
		const char *id = value_text(value_at(after, i));
		const unsigned *number = id ? map_get(reader->index, id) : NULL;

		if (!number)
			return err_set(err, ERR_INPUT, "waits for %s, which is no earlier step",
				       id ? id : "something");
		edges[i] = *number;
	}
	step->after = edges;
	step->afters = (unsigned)value_len(after);
	return 0;
}

static int read_step(struct reader *reader, const struct value *value, struct err *err)
{
	const char *id = value_get_text(value, "id");
	const char *op = value_get_text(value, "op");
	struct step step = { .target = value_get_text(value, "target"),
			     .lane = value_get_text(value, "lane"),
			     .args = value_get(value, "args") };

	if (!id || !op || !step.target || !step.lane)
		return err_set(err, ERR_INPUT, "id, op, target or lane is missing");
	if (step.args && !value_is_map(step.args))
		return err_set(err, ERR_INPUT, "args is no map");
	if (find_kind(reader, op, &step.kind, err) < 0 ||
	    read_after(reader, value_get(value, "after"), &step, err) < 0)
		return -1;

	unsigned index = plan_add(reader->plan, &step);
	const char *made = reader->plan->at[index].id;
	if (strcmp(made, id) != 0)
		return err_set(err, ERR_INPUT, "the step is called %s, not %s", made, id);
	reader->numbers[index] = index;
	map_put(reader->index, made, &reader->numbers[index]);
	return 0;
}

int plan_read(const struct value *value, const struct step_kind *const *kinds, size_t kind_count,
	      struct plan **out, struct err *err)
{
	const char *operation = value_get_text(value, "operation");
	const struct value *steps = value_get(value, "steps");

	if (!operation || !value_is_list(steps))
		return err_set(err, ERR_INPUT, "this is no plan: operation or steps are missing");
	if (value_len(steps) > PLAN_STEPS_MAX)
		return err_set(err, ERR_INPUT, "the plan has more than %u steps", PLAN_STEPS_MAX);

	struct plan *plan OWNED(plan_free) = plan_new(operation);
	struct reader reader = { .plan = plan,
				 .index = map_new(plan->arena),
				 .numbers = arena_calloc(plan->arena, value_len(steps),
							 sizeof(unsigned)),
				 .kinds = kinds,
				 .kind_count = kind_count };

	plan_bind(plan, value_get_text(value, "inputs"), value_get_text(value, "identity"),
		  value_get_text(value, "cluster"));
	plan_ask(plan, value_get_text(value, "request"));
	if (read_lanes(plan, value_get(value, "lanes"), err) < 0)
		return -1;
	for (size_t i = 0; i < value_len(steps); i++) {
		if (read_step(&reader, value_at(steps, i), err) < 0)
			return err_wrap(err, "step %zu of the plan", i + 1);
	}
	if (value_bool(value_get(value, "goes_on"), false))
		plan->on_failure = PLAN_GOES_ON;
	plan->digest = arena_str(plan->arena, value_get_text(value, "digest"));
	*out = take(plan);
	return 0;
}
