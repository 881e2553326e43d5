#include "cli/run_result.h"

#include "base/clock.h"
#include "ops/kinds.h"

#include <string.h>

#define EXIT_PARTIAL 5

enum outcome {
	OUTCOME_DONE,
	OUTCOME_PARTIAL,
	OUTCOME_FAILED,
	OUTCOME_REFUSED,
	OUTCOME_SKIPPED, /* of a node only */
	OUTCOME_COUNT
};
static const char *const outcome_names[] = {
	[OUTCOME_DONE] = "done",
	[OUTCOME_PARTIAL] = "partial",
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_REFUSED] = "refused",
	[OUTCOME_SKIPPED] = "skipped",
};
_Static_assert(ARRAY_LEN(outcome_names) == OUTCOME_COUNT, "a name per outcome");

static const struct column node_columns[] = {
	{ "name", "NODE" },
	{ "outcome", "OUTCOME" },
	{ "error", "ERROR" },
	{ NULL, NULL },
};

struct node_ending {
	enum outcome outcome;
	const struct err *err;
};

struct counts {
	size_t done, skipped, failed;
};

/* What the whole result is made of. */
struct ending {
	struct program *program;
	const char *run, *operation;
	const char *nothing; /* why there was nothing to do; NULL */
	const char *idle;    /* the same, when the steps found that out; NULL */
	const struct cluster *cluster;
	const struct node_ending *node; /* in the order of the cluster's */
	struct counts steps;
	size_t healthy; /* nodes that passed their gate */
	enum outcome outcome;
	uint64_t elapsed;
};

static bool is_asked_for(const struct run_ending *ending, const struct node *node)
{
	const char *const *name = ending->only;

	while (name && *name && strcmp(*name, node->name) != 0)
		name++;
	return !name || *name;
}

/* Whether all that it does is about the cluster, or its router, as a whole. */
static bool is_of_cluster(const struct plan *plan)
{
	for (unsigned i = 0; i < plan->len; i++)
		if (*plan->at[i].target)
			return false;
	return plan->len > 0;
}

static struct node_ending node_ending(const struct run_ending *ending, const struct node *node)
{
	struct node_ending out = { .outcome = OUTCOME_DONE };
	size_t steps = 0;

	for (unsigned i = 0; i < ending->plan->len; i++) {
		enum record_state state = exec_state(ending->exec, i);

		if (strcmp(ending->plan->at[i].target, node->name) != 0)
			continue;
		steps++;
		if (state == RECORD_FAILED)
			return (struct node_ending){ OUTCOME_FAILED, exec_err(ending->exec, i) };
		if (state == RECORD_NEVER || state == RECORD_BEGUN)
			out.outcome = OUTCOME_SKIPPED;
	}
	if (steps == 0 && (!is_asked_for(ending, node) || is_of_cluster(ending->plan)))
		out.outcome = OUTCOME_SKIPPED;
	return out;
}

static const struct value *nodes_value(const struct ending *ending, bool for_people)
{
	struct arena *arena = ending->program->arena;
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < ending->cluster->nodes; i++) {
		const struct node_ending *node = &ending->node[i];
		struct map_builder *map = map_begin(arena);

		map_add(map, "name", value_str(arena, ending->cluster->node[i].name));
		map_add(map, "outcome", value_str(arena, outcome_names[node->outcome]));
		if (for_people)
			map_add(map, "error", value_str(arena, node->err ? node->err->text : NULL));
		else
			map_add(map, "err", event_err_value(arena, node->err));
		list_add(list, map_end(map));
	}
	return list_end(list);
}

static const struct value *counts_value(struct arena *arena, const struct counts *counts)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "done", value_of_u64(arena, counts->done));
	map_add(map, "skipped", value_of_u64(arena, counts->skipped));
	map_add(map, "failed", value_of_u64(arena, counts->failed));
	return map_end(map);
}

/* To the millisecond. */
static double seconds(uint64_t elapsed)
{
	uint64_t milliseconds = elapsed / MILLISECOND;

	return (double)milliseconds / 1000;
}

/* What the gates found, where there were any. */
static const char *healthy_text(const struct ending *ending)
{
	if (!ending->healthy)
		return "";
	return arena_printf(ending->program->arena, "%zu node%s healthy, ", ending->healthy,
			    ending->healthy == 1 ? " is" : "s are");
}

/* One sentence. */
static const char *ending_sentence(const struct ending *ending)
{
	struct arena *arena = ending->program->arena;
	const struct counts *steps = &ending->steps;
	double elapsed = seconds(ending->elapsed);

	if (ending->nothing)
		return ending->nothing;
	if (ending->outcome == OUTCOME_DONE && steps->done == 0)
		return ending->idle ? ending->idle : "nothing to do";
	if (ending->outcome == OUTCOME_DONE)
		return arena_printf(arena, "%s %s is done in %.1f s: %s%zu of %zu steps changed "
					   "something",
				    ending->operation, ending->cluster->name, elapsed,
				    healthy_text(ending), steps->done,
				    steps->done + steps->skipped);
	return arena_printf(arena,
			    "%s %s: %s after %.1f s "
			    "(%zu steps done, %zu skipped, %zu failed)",
			    ending->operation, ending->cluster->name,
			    outcome_names[ending->outcome], elapsed, steps->done, steps->skipped,
			    steps->failed);
}

static const struct value *ending_value(const struct ending *ending)
{
	struct arena *arena = ending->program->arena;
	struct map_builder *map = map_begin(arena);

	map_add(map, "run", value_str(arena, ending->run));
	map_add(map, "operation", value_str(arena, ending->operation));
	map_add(map, "outcome", value_str(arena, outcome_names[ending->outcome]));
	map_add(map, "text", value_str(arena, ending_sentence(ending)));
	map_add(map, "steps", counts_value(arena, &ending->steps));
	map_add(map, "nodes", nodes_value(ending, false));
	map_add(map, "elapsed", value_of_double(arena, seconds(ending->elapsed)));
	return map_end(map);
}

/* A table of nodes to which nothing happened tells nobody anything. */
static bool is_eventful(const struct ending *ending)
{
	if (ending->outcome == OUTCOME_DONE)
		return false;
	for (size_t i = 0; i < ending->cluster->nodes; i++)
		if (ending->node[i].outcome != OUTCOME_SKIPPED)
			return true;
	return false;
}

static const char *ending_text(const struct ending *ending)
{
	if (!is_eventful(ending))
		return ending_sentence(ending);

	struct str text SCOPED(str_done) = STR_INIT(1 << 20);
	table_write(&text, nodes_value(ending, true), node_columns, false);
	str_addf(&text, "%s\n", ending_sentence(ending));
	return arena_str(ending->program->arena, str_text(&text));
}

static void set_result(const struct ending *ending)
{
	ending->program->result =
		(struct result){ .value = ending_value(ending), .text = ending_text(ending) };
}

/* Some nodes failed, and something is done: at others, or before them. */
static bool is_partial(const struct ending *ending)
{
	size_t done = ending->steps.done, failed = 0;

	for (size_t i = 0; i < ending->cluster->nodes; i++) {
		done += ending->node[i].outcome == OUTCOME_DONE;
		failed += ending->node[i].outcome == OUTCOME_FAILED;
	}
	return done > 0 && failed > 0;
}

static bool passed_gate(const struct run_ending *from, const struct node *node)
{
	for (unsigned i = 0; i < from->plan->len; i++) {
		const struct step *step = &from->plan->at[i];
		enum record_state state = exec_state(from->exec, i);

		if (step->kind == &kind_ready && strcmp(step->target, node->name) == 0 &&
		    (state == RECORD_DONE || state == RECORD_SKIPPED))
			return true;
	}
	return false;
}

static size_t count_healthy(const struct run_ending *from)
{
	size_t count = 0;

	for (size_t i = 0; i < from->cluster->nodes; i++)
		count += passed_gate(from, &from->cluster->node[i]);
	return count;
}

int run_result(struct program *program, const struct run_ending *from, struct err *err)
{
	const struct exec_result *result = exec_result(from->exec);
	struct node_ending *node =
		arena_calloc(program->arena, from->cluster->nodes, sizeof(*node));
	struct ending ending = {
		.program = program,
		.run = from->run,
		.operation = from->plan->operation,
		.idle = from->idle,
		.cluster = from->cluster,
		.node = node,
		.steps = { result->done, result->skipped, result->failed },
		.healthy = count_healthy(from),
		.outcome = OUTCOME_DONE,
		.elapsed = from->elapsed,
	};

	for (size_t i = 0; i < from->cluster->nodes; i++) {
		struct err *copy = arena_alloc(program->arena, sizeof(*copy));

		node[i] = node_ending(from, &from->cluster->node[i]);
		if (!node[i].err)
			continue;
		*copy = *node[i].err;
		node[i].err = copy;
	}
	if (result->how == HOW_DONE) {
		set_result(&ending);
		return 0;
	}
	ending.outcome = is_partial(&ending) ? OUTCOME_PARTIAL : OUTCOME_FAILED;
	if (result->how == HOW_FAILED && ending.outcome == OUTCOME_PARTIAL)
		program->exit_code = EXIT_PARTIAL;
	set_result(&ending);
	if (err)
		*err = result->err;
	return from->run ? err_hint(err, "when the cause is gone, the same command goes on with "
					 "run %s",
				    from->run)
			 : -1;
}

void run_failed(struct program *program, const struct run_failure *failure, const struct err *err)
{
	const struct inventory *inventory = failure->inventory;
	struct node_ending *node =
		arena_calloc(program->arena, failure->cluster->nodes, sizeof(*node));
	const struct ending ending = {
		.program = program,
		.operation = failure->operation,
		.cluster = failure->cluster,
		.node = node,
		.outcome = err->kind == ERR_REFUSED ? OUTCOME_REFUSED : OUTCOME_FAILED,
		.elapsed = failure->elapsed,
	};

	for (size_t i = 0; i < failure->cluster->nodes; i++) {
		bool denied = inventory && inventory->at[i].sight == SIGHT_DENIED;

		node[i].outcome = denied ? OUTCOME_FAILED : OUTCOME_SKIPPED;
		node[i].err = denied ? &inventory->at[i].err : NULL;
	}
	set_result(&ending);
}

void run_nothing(struct program *program, const struct run_idle *idle)
{
	static const struct cluster nobody = { 0 };
	const struct ending ending = {
		.program = program,
		.run = idle->run,
		.operation = idle->operation,
		.nothing = idle->text,
		.cluster = &nobody,
		.outcome = OUTCOME_DONE,
	};

	set_result(&ending);
}
