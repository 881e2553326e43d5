#include "ops/turn_gates.h"

#include "base/clock.h"
#include "ops/health.h"
#include "ops/hops.h"
#include "ops/kinds.h"

#include <string.h>

const struct gate_rule gate_upgrade = { HEALTH_BETWEEN, HEALTH_BETWEEN, HEALTH_BETWEEN,
					.asks = true };
const struct gate_rule gate_repair = { .between = HEALTH_API | HEALTH_READY, .as_found = true };

static bool has_windows(const struct turn_gates *gates)
{
	return !gates->now && gates->asked && gates->asked->windows > 0;
}

static const struct value *window_args(const struct turn_gates *gates)
{
	struct arena *arena = gates->plan->arena;
	struct list_builder *list = list_begin(arena);
	struct map_builder *args = map_begin(arena);
	char text[TIME_TEXT_MAX];

	for (size_t i = 0; i < gates->asked->windows; i++) {
		const struct window *window = &gates->asked->window[i];
		struct map_builder *map = map_begin(arena);

		map_add(map, "start", value_str(arena, window->start));
		map_add(map, "duration", value_str(arena, duration_text(window->duration, text)));
		if (window->timezone && *window->timezone)
			map_add(map, "timezone", value_str(arena, window->timezone));
		list_add(list, map_end(map));
	}
	map_add(args, "windows", list_end(list));
	map_add(args, "needed", value_str(arena, duration_text(gates->needed, text)));
	return map_end(args);
}

/* Returns index plus 1; 0: there is none. */
static unsigned add_window(const struct turn_gates *gates, const unsigned *after, unsigned afters)
{
	if (!has_windows(gates))
		return 0;
	return plan_add(gates->plan, &(struct step){ .kind = &kind_window,
						     .target = "",
						     .lane = "",
						     .args = window_args(gates),
						     .after = after,
						     .afters = afters }) +
	       1;
}

static size_t count(const char *const *names)
{
	size_t len = 0;

	while (names && names[len])
		len++;
	return len;
}

static const char *const *both(struct arena *arena, const char *const *one,
			       const char *const *other)
{
	size_t first = count(one), second = count(other);
	const char **names = arena_calloc(arena, first + second + 1, sizeof(*names));

	if (one)
		memcpy(names, one, first * sizeof(*names));
	if (other)
		memcpy(names + first, other, second * sizeof(*names));
	return names;
}

static unsigned add_health(const struct turn_gates *gates, unsigned which,
			   const char *const *without, const struct ends *after)
{
	struct plan *plan = gates->plan;
	const struct health_gates health = {
		.cluster = gates->cluster,
		.which = which,
		.check = gates->asked ? gates->asked->check : NULL,
		.checks = gates->asked ? gates->asked->checks : 0,
		.without = both(plan->arena, gates->excused, without),
	};

	return health_add_gates(plan, &health, after->at, after->len);
}

/* Returns index plus 1; 0: nothing is asked. */
static unsigned add_gates(const struct turn_gates *gates, unsigned which,
			  const char *const *without, const struct ends *after)
{
	unsigned healthy = add_health(gates, which, without, after);
	unsigned last = healthy - 1;
	unsigned open = healthy ? add_window(gates, &last, 1)
				: add_window(gates, after->at, after->len);

	return open ? open : healthy;
}

static void move_ends(const struct turn_gates *gates, unsigned last, struct ends *ends)
{
	unsigned *at;

	if (!last)
		return;
	at = arena_alloc(gates->plan->arena, sizeof(*at));
	*at = last - 1;
	*ends = (struct ends){ at, 1 };
}

void turn_gates_open(struct turn_gates *gates, struct ends *ends)
{
	move_ends(gates, add_gates(gates, gates->rule.opening, gates->chosen, ends), ends);
}

void turn_gates_close(struct turn_gates *gates, struct ends *ends)
{
	move_ends(gates, add_health(gates, gates->rule.closing, NULL, ends), ends);
}

static bool is_same(const struct turn_gates *gates, const unsigned *after, unsigned afters)
{
	return afters == gates->afters &&
	       (afters == 0 || memcmp(after, gates->after, afters * sizeof(*after)) == 0);
}

/* Nodes of one wave wait for the same, and share their gates. */
static unsigned before_turn(struct plan *plan, const char *const *nodes, const unsigned *after,
			    unsigned afters, void *context)
{
	struct turn_gates *gates = context;
	const struct ends ends = { after, afters };

	if (gates->gate && is_same(gates, after, afters))
		return gates->gate;
	gates->gate = add_gates(gates, gates->rule.between, nodes, &ends);
	gates->after = arena_dup(plan->arena, after, afters * sizeof(*after));
	gates->afters = afters;
	return gates->gate;
}

void turn_gates_around(struct turn_gates *gates, const struct plan *part, struct ends *ends)
{
	const struct splice splice = {
		.after = ends->at, .afters = ends->len, .before = before_turn, .context = gates
	};

	*ends = plan_splice(gates->plan, part, &splice);
}

int turn_gates_require(const struct turn_gates *gates, uint64_t wall, struct err *err)
{
	if (!has_windows(gates))
		return 0;
	return windows_require(gates->asked->window, gates->asked->windows, wall, gates->needed,
			       err);
}

static bool is_wiped(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->len; i++)
		if (plan->at[i].kind->danger == STEP_DESTROYS &&
		    strcmp(plan->at[i].target, name) == 0)
			return true;
	return false;
}

bool turn_gates_end_all(const struct plan *plan, const struct cluster *cluster)
{
	for (size_t i = 0; i < cluster->nodes; i++)
		if (cluster->node[i].role == ROLE_CONTROL &&
		    !is_wiped(plan, cluster->node[i].name))
			return false;
	return true;
}

const char *const *turn_gates_excused(struct arena *arena, const struct inventory *inventory,
				      const struct plan *plan, bool as_found)
{
	const char **names = arena_calloc(arena, inventory->len + 1, sizeof(*names));
	size_t len = 0;

	for (size_t i = 0; i < inventory->len; i++) {
		const struct node_state *state = &inventory->at[i];
		bool ill = as_found && !state->kube_ready;

		if (ill || (plan && is_wiped(plan, state->node->name)) ||
		    hold_of_node(&inventory->cluster->upgrade, state->node->name))
			names[len++] = state->node->name;
	}
	return names;
}
