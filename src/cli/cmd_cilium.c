#include "cli/commands.h"
#include "cli/network_look.h"
#include "cli/operation.h"
#include "cli/password.h"
#include "cli/program.h"
#include "ops/cilium.h"
#include "ops/network.h"

#include <string.h>

#define TEXT_MAX ((size_t)8 << 20)

struct cilium_options {
	const char *part;
};

static const char *const parts[] = { "all", "values", "resources", "install", NULL };

static const struct option render_flags[] = {
	{ "part", 0, OPTION_CHOICE, offsetof(struct cilium_options, part), .argument = "PART",
	  .choices = parts, .doc = "values, resources, install or all" },
	{ .name = NULL },
};

static const struct cilium_options render_standard = { .part = "all" };

static const struct value *list_of(struct arena *arena, const struct value *const *at, size_t len)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < len; i++)
		list_add(list, at[i]);
	return list_end(list);
}

static const char *text_of(struct program *program, const struct value *const *at, size_t len)
{
	struct yaml_style style = yaml_style_talos;
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);

	style.indent = 2;
	style.stars = !program->globals.show_secrets;
	yaml_write_all(&text, at, len, &style);
	return arena_str(program->arena, str_text(&text));
}

static void set_result(struct program *program, const struct cilium_made *made, const char *part)
{
	struct arena *arena = program->arena;
	struct map_builder *map = map_begin(arena);
	const struct value **all =
		arena_calloc(arena, 1 + made->resources + made->installs, sizeof(*all));
	const bool every = strcmp(part, "all") == 0;
	size_t len = 0;

	if (every || strcmp(part, "values") == 0) {
		map_add(map, "values", made->values);
		all[len++] = made->values;
	}
	if (every || strcmp(part, "resources") == 0) {
		map_add(map, "resources", list_of(arena, made->resource, made->resources));
		for (size_t i = 0; i < made->resources; i++)
			all[len++] = made->resource[i];
	}
	if (every || strcmp(part, "install") == 0) {
		map_add(map, "install", list_of(arena, made->install, made->installs));
		for (size_t i = 0; i < made->installs; i++)
			all[len++] = made->install[i];
	}
	program->result = (struct result){ .value = map_end(map),
					   .text = text_of(program, all, len) };
}

static int render_run(struct program *program, const void *data, struct err *err)
{
	const struct cilium_options *options = data;
	struct cilium_request request = { 0 };
	struct cilium_made made;

	if (program_cluster(program, &request.cluster, err) < 0)
		return -1;
	request.templates.folder = workspace_folder(program->workspace);
	if (program->globals.show_secrets &&
	    password_read_peers(program, request.cluster, &request.password, err) < 0)
		return -1;
	if (cilium_make(program->arena, &request, &made, err) < 0)
		return -1;
	set_result(program, &made, options->part);
	return 0;
}

const struct command command_cilium_render = {
	.words = "cilium render",
	.brief = "Cilium's values and resources as YAML",
	.about = "Prints the values of Cilium's Helm chart for this cluster, its pools of "
		 "addresses and\n"
		 "BGP sessions, and a Job that installs it. templates/ of the workspace wins over "
		 "what\n"
		 "is compiled in. Passwords are read and printed only with --show-secrets.",
	.options = render_flags,
	.size = sizeof(struct cilium_options),
	.standard = &render_standard,
	.run = render_run,
};

static int apply_run(struct program *program, const void *options, struct err *err)
{
	const struct operation_call call = { .operation = &operation_cilium_apply };

	(void)options;
	return operation_run(program, &call, err);
}

const struct command command_cilium_apply = {
	.words = "cilium apply",
	.brief = "install or upgrade Cilium, and apply its resources",
	.about = "Compares what the cluster has with what `cilium render` prints, shows what "
		 "differs, "
		 "asks, and\n"
		 "changes that: by helm where there is one, else by a Job; resources by "
		 "server-side apply. It\n"
		 "ends when all agents run, no resource complains and every BGP session is "
		 "established.",
	.traits = COMMAND_CHANGES,
	.run = apply_run,
};

static const struct column status_columns[] = {
	{ "name", "RESOURCE" },
	{ "state", "STATE" },
	{ "note", "NOTE" },
	{ NULL, NULL },
};

/* A row of the table: what it is, "ready", "absent", ..., and why. */
static const struct value *row(struct arena *arena, const char *name, const char *state,
			       const char *note)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "name", value_str(arena, name));
	map_add(map, "state", value_str(arena, state));
	map_add(map, "note", value_str(arena, note));
	return map_end(map);
}

static void add_workload(struct arena *arena, struct list_builder *rows, const char *name,
			 const struct value *object, const char *why)
{
	list_add(rows, row(arena, name, !object ? "absent" : why ? "not ready"
								 : "ready",
			   object ? why : NULL));
}

static void add_resources(struct arena *arena, struct list_builder *rows,
			  const struct cilium_live *live)
{
	for (size_t i = 0; i < live->made.resources; i++) {
		const struct value *is = live->resource[i];
		const char *why = is ? cilium_complaint(arena, is) : NULL;
		const char *state = !is					  ? "absent"
				    : why				  ? "complains"
				    : cilium_resource_is_current(live, i) ? "applied"
									  : "differs";

		list_add(rows, row(arena, cilium_resource_name(arena, live->made.resource[i]),
				   state, why));
	}
}

/* What of the chart was installed last. */
static void add_values(struct arena *arena, struct list_builder *rows, const char *version,
		       const struct cilium_live *live)
{
	const char *last = value_get_text(value_get(live->record, "data"), "version");
	const char *state = !live->agent	      ? "absent"
			    : cilium_is_current(live) ? "applied"
						      : "differs";
	const char *note = live->agent && !last ? "installed by somebody else"
			   : last && strcmp(last, version) != 0
				   ? arena_printf(arena, "%s was installed last", last)
				   : NULL;

	list_add(rows, row(arena, arena_printf(arena, "Cilium %s and its values", version), state,
			   note));
}

/* Behind the table of resources: the sessions, and what there is to do. */
static const char *status_text(struct arena *arena, const struct cilium_live *live,
			       const struct value *rows)
{
	const char *sessions = network_sessions_text(arena, live);
	bool all = true;

	for (size_t i = 0; i < value_len(rows); i++) {
		const char *state = value_get_text(value_at(rows, i), "state");

		all = all && strcmp(state, "absent") != 0 && strcmp(state, "differs") != 0;
	}
	return arena_printf(arena, "%s%s%s", *sessions ? "\n" : "", sessions,
			    all ? ""
				: "\nnot as cluster.yaml says: talforge cilium apply\n");
}

static int status_run(struct program *program, const void *options, struct err *err)
{
	struct arena *arena = program->arena;
	struct list_builder *rows = list_begin(arena);
	struct map_builder *map = map_begin(arena);
	struct cilium_live live;

	(void)options;
	if (network_look_cilium(program, &live, err) < 0)
		return -1;
	const char *why = cilium_unready(arena, &live);

	add_values(arena, rows, site_cluster(program->site)->cilium.version, &live);
	add_workload(arena, rows, "DaemonSet cilium", live.agent, why);
	add_workload(arena, rows, "Deployment cilium-operator", live.manager, why);
	add_resources(arena, rows, &live);
	map_add(map, "ready", value_of_bool(arena, !why));
	map_add(map, "note", value_str(arena, why));
	map_add(map, "current", value_of_bool(arena, cilium_is_current(&live)));
	const struct value *all = list_end(rows);

	map_add(map, "resources", all);
	map_add(map, "sessions", network_sessions(arena, &live));
	program->result = (struct result){ .value = map_end(map),
					   .rows = "resources",
					   .columns = status_columns,
					   .text = status_text(arena, &live, all) };
	return 0;
}

const struct command command_cilium_status = {
	.words = "cilium status",
	.brief = "Cilium's agents, resources and BGP sessions",
	.about = "What the cluster has of what `cilium render` prints: `applied` as it is printed, "
		 "`differs`,\n"
		 "`absent`, or `complains` with the condition that says why. Below it the BGP "
		 "sessions of each\n"
		 "node as Cilium sees them. Exit code 1 where the Kubernetes API does not answer.",
	.run = status_run,
};
