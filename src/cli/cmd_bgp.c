#include "cli/commands.h"
#include "cli/password.h"
#include "cli/program.h"
#include "ops/bgp.h"

#include <string.h>

#define TEXT_MAX ((size_t)4 << 20)

struct bgp_options {
	const char *peer, *neighbors;
};

static const char *const neighbor_forms[] = { "nodes", "range", NULL };

static const struct option render_flags[] = {
	{ "peer", 0, OPTION_TEXT, offsetof(struct bgp_options, peer), .argument = "ADDRESS",
	  .doc = "the router meant, where bgp has several" },
	{ "neighbors", 0, OPTION_CHOICE, offsetof(struct bgp_options, neighbors),
	  .argument = "FORM", .choices = neighbor_forms,
	  .doc = "nodes: a line for each node; range: whoever calls from node_cidr" },
	{ .name = NULL },
};

static const struct bgp_options render_standard = { .neighbors = "nodes" };

/* Secrets in the text are starred by now, unless they were asked for. */
static void set_result(struct program *program, const struct str *text, const char *format)
{
	struct arena *arena = program->arena;
	struct map_builder *map = map_begin(arena);
	const char *copy = arena_str(arena, str_text(text));

	map_add(map, "format", value_str(arena, format));
	map_add(map, "text", value_str(arena, copy));
	program->result = (struct result){ .value = map_end(map), .text = copy };
}

static int render_run(struct program *program, const void *data, struct err *err)
{
	const struct bgp_options *options = data;
	struct router_request request = { .peer = options->peer };
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);

	if (program_cluster(program, &request.cluster, err) < 0)
		return -1;
	request.templates.folder = workspace_folder(program->workspace);
	request.templates.show_secrets = program->globals.show_secrets;
	if (strcmp(options->neighbors, "range") == 0)
		request.neighbors = NEIGHBORS_RANGE;
	if (program->globals.show_secrets &&
	    password_read_peers(program, request.cluster, &request.password, err) < 0)
		return -1;
	if (router_text(&request, &text, err) < 0)
		return -1;
	set_result(program, &text, request.cluster->bgp.router.format);
	return 0;
}

const struct command command_bgp_render = {
	.words = "bgp render",
	.brief = "the router's configuration for BGP with the nodes",
	.about = "Prints what the router needs, in FRR's words and in the form that "
		 "bgp.router.format names:\n"
		 "frr is a whole file, unifi is what a UniFi gateway takes as an upload. It lets "
		 "in the\n"
		 "addresses of the pools and nothing else. Passwords are read and printed only "
		 "with\n"
		 "--show-secrets.",
	.options = render_flags,
	.size = sizeof(struct bgp_options),
	.standard = &render_standard,
	.run = render_run,
};
