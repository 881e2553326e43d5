#include "ops/observe_drift.h"

#include "base/text.h"
#include "ops/configs.h"
#include "ops/drift.h"
#include "tree/yaml.h"

#include <string.h>

/* The path a node is installed on, as its config has it. */
static const char *install_disk(struct arena *arena, const char *live)
{
	const struct yaml_input input = { .file = "live", .text = live, .len = strlen(live) };
	struct yaml_documents documents;

	if (yaml_read(arena, &input, &documents, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < documents.len; i++) {
		const struct value *machine = value_get(documents.at[i], "machine");
		const char *disk = value_get_text(value_get(machine, "install"), "disk");

		if (disk)
			return disk;
	}
	return NULL;
}

int wanted_config(struct arena *arena, const struct site_options *options, const struct node *node,
		  const char *live, const char **text, struct err *err)
{
	struct render_input input = { .cluster = options->cluster, .bundle = options->bundle };
	struct arena *scratch OWNED(arena_free) = arena_new("install disk");
	size_t len;

	if (live && node->disk.form == DISK_CEL)
		input.install_disk = install_disk(scratch, live);
	return config_text(arena, &input, node, text, &len, err);
}

static int compare(struct arena *arena, const struct site_options *options,
		   const struct node_state *state, struct drift *out, struct err *err)
{
	struct arena *scratch OWNED(arena_free) = arena_new("drift of a node");
	struct drift_input input = {
		.live = state->config,
		.next = state->config_next,
		.talos = state->talos,
	};

	if (wanted_config(scratch, options, state->node, state->config, &input.wanted, err) < 0)
		return -1;
	if (options->state)
		kept_read(scratch, options->state, state->node->name, KEPT_LAST, &input.base,
			  NULL);
	if (drift_compare(arena, &input, out, err) < 0)
		return -1;
	drift_versions(arena, state, input.wanted, options->cluster, out);
	return 0;
}

void observe_drift(struct arena *arena, const struct site_options *options,
		   struct node_state *state)
{
	struct drift *drift;

	if (state->sight != SIGHT_OURS || !state->config)
		return;
	drift = arena_alloc(arena, sizeof(*drift));
	if (compare(arena, options, state, drift, &state->err) == 0)
		state->drift = drift;
}

void observe_kept(struct arena *arena, const struct site_options *options,
		  struct inventory *inventory)
{
	if (!options->state)
		return;
	for (size_t i = 0; i < inventory->len; i++) {
		struct node_state *state = &inventory->at[i];

		for (int kept = 0; kept < KEPT_COUNT; kept++)
			kept_read(arena, options->state, state->node->name, (enum kept)kept,
				  &state->kept[kept], NULL);
	}
}
