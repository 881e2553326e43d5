#include "flow/plan.h"

#include "tree/json.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

struct plan *plan_new(const char *operation)
{
	struct plan *plan = mem_new(sizeof(*plan));

	plan->arena = arena_new("plan");
	plan->ids = map_new(plan->arena);
	plan->operation = arena_str(plan->arena, operation);
	return plan;
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	arena_free(plan->arena);
	mem_free(plan, sizeof(*plan));
}

static bool holds_sensitive(const struct value *value)
{
	if (value_is_sensitive(value))
		return true;
	for (size_t i = 0; i < value_len(value); i++) {
		if (holds_sensitive(value_at(value, i)))
			return true;
	}
	return false;
}

static const char *make_id(struct plan *plan, const char *kind, const char *target)
{
	const char *id = *target ? arena_printf(plan->arena, "%s/%s", kind, target)
				 : arena_str(plan->arena, kind);
	unsigned *uses = map_get(plan->ids, id);

	if (!uses) {
		uses = arena_alloc(plan->arena, sizeof(*uses));
		map_put(plan->ids, id, uses);
	}
	return ++*uses == 1 ? id : arena_printf(plan->arena, "%s#%u", id, *uses);
}

unsigned plan_add(struct plan *plan, const struct step *step)
{
	const struct step_kind *kind = step->kind;

	assert(!plan->digest);
	assert(kind->timeout_s > 0);
	assert(kind->danger != STEP_DESTROYS || kind->check);
	assert(!step->args || value_is_map(step->args));
	assert(!holds_sensitive(step->args));
	for (unsigned i = 0; i < step->afters; i++)
		assert(step->after[i] < plan->len);

	struct step *at = (struct step *)(uintptr_t)plan->at;
	at = arena_grow(plan->arena, at, plan->len, &plan->cap, sizeof(*at));
	struct step *copy = &at[plan->len];
	copy->kind = kind;
	copy->target = arena_str(plan->arena, step->target ? step->target : "");
	copy->lane = arena_str(plan->arena, step->lane ? step->lane : "");
	copy->id = make_id(plan, kind->name, copy->target);
	copy->args = step->args ? value_copy(plan->arena, step->args) : NULL;
	copy->after = step->afters ? arena_dup(plan->arena, step->after,
					       step->afters * sizeof(*step->after))
				   : NULL;
	copy->afters = step->afters;
	plan->at = at;
	return (unsigned)plan->len++;
}

void plan_lane(struct plan *plan, const char *name, unsigned width)
{
	struct lane *lane = (struct lane *)(uintptr_t)plan->lane;
	size_t i = 0;

	assert(*name && width > 0 && !plan->digest);
	while (i < plan->lanes && strcmp(lane[i].name, name) != 0)
		i++;
	if (i == plan->lanes) {
		lane = arena_grow(plan->arena, lane, i, &plan->lane_cap, sizeof(*lane));
		lane[i].name = arena_str(plan->arena, name);
		plan->lanes++;
	}
	lane[i].width = width;
	plan->lane = lane;
}

void plan_bind(struct plan *plan, const char *inputs, const char *identity, const char *cluster)
{
	assert(!plan->digest);
	plan->inputs = arena_str(plan->arena, inputs);
	plan->identity = arena_str(plan->arena, identity);
	plan->cluster = arena_str(plan->arena, cluster);
}

void plan_ask(struct plan *plan, const char *request)
{
	assert(!plan->digest);
	plan->request = arena_str(plan->arena, request);
}

unsigned plan_lane_width(const struct plan *plan, const char *lane)
{
	for (size_t i = 0; i < plan->lanes; i++) {
		if (strcmp(plan->lane[i].name, lane) == 0)
			return plan->lane[i].width;
	}
	return 1;
}

static const char *make_digest(struct arena *arena, const struct plan *plan, plan_hash_fn *hash)
{
	static const struct json_style style = { .form = JSON_COMPACT };
	struct arena *scratch OWNED(arena_free) = arena_new("plan digest");
	struct str text SCOPED(str_done) = STR_INIT(SIZE_MAX / 2);
	const struct value *record = plan_record(scratch, plan);

	json_write(&text, value_set(scratch, record, "digest", NULL), &style);
	return arena_str(arena, hash(scratch, text.at, text.len));
}

void plan_seal(struct plan *plan, plan_hash_fn *hash)
{
	plan->digest = make_digest(plan->arena, plan, hash);
}

int plan_verify(const struct plan *plan, plan_hash_fn *hash, struct err *err)
{
	struct arena *scratch OWNED(arena_free) = arena_new("plan digest");

	if (!plan->digest)
		return err_set(err, ERR_INPUT, "the plan has no digest");
	if (strcmp(plan->digest, make_digest(scratch, plan, hash)) != 0)
		return err_set(err, ERR_INPUT, "the plan was changed after it was made");
	return 0;
}
