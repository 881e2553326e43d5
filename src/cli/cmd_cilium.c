#include "cli/commands.h"
#include "cli/password.h"
#include "cli/program.h"
#include "ops/cilium.h"

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
