#include "ops/hooks.h"

#include "base/own.h"
#include "base/secret.h"
#include "ops/compose.h"
#include "ops/kinds.h"

#include <string.h>

struct wrapping {
	const struct cluster *cluster;
	bool each_node;
};

static const struct texts *command(const struct hook_set *set, enum hook_phase phase)
{
	return &set->command[phase];
}

static bool has_hook(const struct cluster *cluster, enum hook_phase phase)
{
	return command(&cluster->hooks.before, phase)->len ||
	       command(&cluster->hooks.after, phase)->len;
}

/* The command as one reads it; one that may hold a secret is not told. */
static const struct value *command_value(struct arena *arena, const struct texts *texts)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < texts->len; i++) {
		if (secret_suspected(texts->at[i]))
			return NULL;
		list_add(list, value_str(arena, texts->at[i]));
	}
	return list_end(list);
}

static const struct value *hook_args(struct arena *arena, const struct texts *texts,
				     enum hook_phase phase)
{
	struct map_builder *args = map_begin(arena);
	const struct value *told = texts->len ? command_value(arena, texts) : NULL;

	map_add(args, "phase", value_str(arena, hook_phase_name(phase)));
	if (told)
		map_add(args, "command", told);
	return map_end(args);
}

static unsigned add_hook(struct plan *plan, const struct step *step, const struct texts *texts,
			 enum hook_phase phase)
{
	struct step hook = *step;

	hook.lane = "";
	hook.args = hook_args(plan->arena, texts, phase);
	return plan_add(plan, &hook);
}

static unsigned before_node(struct plan *plan, const char *const *nodes,
			    const unsigned *after, unsigned afters, void *context)
{
	const struct wrapping *wrapping = context;
	const struct step step = {
		.kind = &kind_hook, .target = nodes[0], .after = after, .afters = afters
	};

	return add_hook(plan, &step, command(&wrapping->cluster->hooks.before, HOOK_NODE),
			HOOK_NODE) +
	       1;
}

static unsigned behind_node(struct plan *plan, const char *const *nodes,
			    const unsigned *after, unsigned afters, void *context)
{
	const struct wrapping *wrapping = context;
	const struct step step = {
		.kind = &kind_hook_after, .target = nodes[0], .after = after, .afters = afters
	};

	return add_hook(plan, &step, command(&wrapping->cluster->hooks.after, HOOK_NODE),
			HOOK_NODE) +
	       1;
}

static void wrap(struct plan *out, const struct plan *part, const struct hooks_setup *setup)
{
	const struct hooks *hooks = &setup->cluster->hooks;
	struct wrapping wrapping = { .cluster = setup->cluster,
				     .each_node = has_hook(setup->cluster, HOOK_NODE) };
	bool phase = has_hook(setup->cluster, setup->phase);
	unsigned opening = 0;

	if (phase)
		opening = add_hook(out, &(struct step){ .kind = &kind_hook, .target = "" },
				   command(&hooks->before, setup->phase), setup->phase);
	const struct splice splice = {
		.after = &opening,
		.afters = phase ? 1 : 0,
		.before = wrapping.each_node ? before_node : NULL,
		.behind = wrapping.each_node ? behind_node : NULL,
		.context = &wrapping,
	};
	struct ends ends = plan_splice(out, part, &splice);
	unsigned *after = arena_calloc(out->arena, ends.len + 1, sizeof(*after));

	if (!phase)
		return;
	after[0] = opening;
	memcpy(after + 1, ends.at, ends.len * sizeof(*after));
	add_hook(out,
		 &(struct step){ .kind = &kind_hook_after,
				 .target = "",
				 .after = after,
				 .afters = ends.len + 1 },
		 command(&hooks->after, setup->phase), setup->phase);
}

struct plan *hooks_wrap_take(struct plan *plan, const struct hooks_setup *setup)
{
	if (setup->phase == HOOK_PHASE_COUNT || !plan_has_changes(plan))
		return plan;
	if (!has_hook(setup->cluster, setup->phase) && !has_hook(setup->cluster, HOOK_NODE))
		return plan;
	struct plan *out = plan_new(plan->operation);

	out->on_failure = plan->on_failure;
	wrap(out, plan, setup);
	plan_free(plan);
	return out;
}

enum hook_phase hooks_phase(const char *operation)
{
	static const char *const names[HOOK_PHASE_COUNT] = {
		[HOOK_UP] = "up",
		[HOOK_APPLY] = "apply",
		[HOOK_RESET] = "reset",
		[HOOK_UPGRADE_TALOS] = "upgrade talos",
		[HOOK_UPGRADE_K8S] = "upgrade k8s",
	};
	enum hook_phase phase = 0;

	while (phase < HOOK_PHASE_COUNT && (!names[phase] || strcmp(names[phase], operation) != 0))
		phase++;
	return phase;
}
