#include "cli/commands.h"
#include "cli/network_look.h"
#include "cli/operation.h"
#include "cli/password.h"
#include "cli/program.h"
#include "ops/bgp.h"
#include "ops/network.h"
#include "ops/router_text.h"

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

struct router_options {
	const char *peer;
	bool no_wait;
};

static const struct option push_flags[] = {
	{ "peer", 0, OPTION_TEXT, offsetof(struct router_options, peer), .argument = "ADDRESS",
	  .doc = "the router meant, where bgp has several" },
	{ "no-wait", 0, OPTION_FLAG, offsetof(struct router_options, no_wait),
	  .doc = "do not wait for the sessions: the cluster comes later" },
	{ .name = NULL },
};

static int push_run(struct program *program, const void *data, struct err *err)
{
	const struct router_options *options = data;
	const struct push_options push = { .peer = options->peer,
					   .without_nodes = options->no_wait };
	const struct operation_call call = { .operation = &operation_bgp_push, .options = &push };

	program->access.site.peer = options->peer;
	return operation_run(program, &call, err);
}

const struct command command_bgp_push = {
	.words = "bgp push",
	.brief = "give the router its side of BGP, over SSH",
	.about = "Puts what `bgp render` prints on the router of bgp.router: dry at first, so that "
		 "what FRR does\n"
		 "not understand changes nothing; then it replaces what is defined there and "
		 "nothing else, waits\n"
		 "for a session with every node whose Cilium runs, and saves. When anything fails "
		 "after the\n"
		 "change, the previous configuration is brought back. The router's host key must "
		 "be "
		 "in the\n"
		 "known_hosts file; exit code 7 otherwise.",
	.traits = COMMAND_CHANGES,
	.options = push_flags,
	.size = sizeof(struct router_options),
	.run = push_run,
};

static const struct option status_flags[] = {
	{ "peer", 0, OPTION_TEXT, offsetof(struct router_options, peer), .argument = "ADDRESS",
	  .doc = "the router meant, where bgp has several" },
	{ .name = NULL },
};

static const struct column status_columns[] = {
	{ "node", "NODE" },
	{ "address", "ADDRESS" },
	{ "router", "ROUTER SAYS" },
	{ "cilium", "NODE SAYS" },
	{ "prefixes", "PREFIXES" },
	{ "up", "UP" },
	{ NULL, NULL },
};

/* What there is to do, if anything. */
static const char *status_text(struct program *program, const struct network_seen *seen)
{
	const struct router_status *status = &seen->router.status;
	size_t wanted = router_text_sessions(seen->router.text);
	struct arena *arena = program->arena;
	const char *text = arena_printf(arena, "%zu of %zu sessions are established; ",
					status->established, wanted);

	text = seen->router.current
		       ? arena_printf(arena, "%sthe router runs what cluster.yaml says\n", text)
		       : arena_printf(arena,
				      "%sthe router does not run what cluster.yaml says: "
				      "talforge bgp push\n",
				      text);
	if (!err_is_set(&seen->cluster_err))
		return text;
	return arena_printf(arena, "%sthe cluster does not tell its side: %s\n", text,
			    seen->cluster_err.text);
}

static int status_run(struct program *program, const void *data, struct err *err)
{
	const struct router_options *options = data;
	struct arena *arena = program->arena;
	struct map_builder *map = map_begin(arena);
	struct network_seen seen;

	program->access.site.peer = options->peer;
	if (network_look_both(program, &seen, err) < 0)
		return -1;
	map_add(map, "current", value_of_bool(arena, seen.router.current));
	map_add(map, "established", value_of_u64(arena, seen.router.status.established));
	map_add(map, "sessions", network_joined(program, &seen));
	const char *why = err_is_set(&seen.cluster_err) ? seen.cluster_err.text : NULL;

	map_add(map, "cluster", value_str(arena, why));
	program->result = (struct result){
		.value = map_end(map),
		.rows = "sessions",
		.columns = status_columns,
		.text = status_text(program, &seen),
	};
	return 0;
}

const struct command command_bgp_status = {
	.words = "bgp status",
	.brief = "the BGP sessions, as the router and as the nodes see them",
	.about = "Asks the router over SSH and Cilium over the Kubernetes API, and shows both "
		 "beside each other.\n"
		 "`current` in the JSON says whether the router runs what `bgp render` prints.",
	.options = status_flags,
	.size = sizeof(struct router_options),
	.run = status_run,
};
