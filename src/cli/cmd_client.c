/* Client files: kubeconfig and talosconfig. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/kubeconfig_merge.h"
#include "cli/look.h"
#include "cli/progress.h"
#include "cli/run.h"
#include "flow/exec.h"
#include "ops/configs.h"
#include "ops/kinds.h"

#include <string.h>

#define PATIENCE (5 * SECOND)
#define KUBECONFIG_MAX ((size_t)4 << 20)
#define TALOSCONFIG_FILE "talosconfig"
#define TALOSCONFIG_MAX ((size_t)1 << 20)

static void set_result(struct program *program, const char *file, bool changed)
{
	struct arena *arena = program->arena;
	struct map_builder *map = map_begin(arena);

	map_add(map, "file", value_str(arena, workspace_path(program->workspace, file)));
	map_add(map, "changed", value_of_bool(arena, changed));
	program->result = (struct result){
		.value = map_end(map),
		.text = arena_printf(arena, changed ? "wrote %s" : "%s is good as it is",
				     workspace_path(program->workspace, file)),
	};
}

/* A control plane that can answer: one whose etcd runs. */
static int choose_node(const struct inventory *inventory, const struct node **out, struct err *err)
{
	const struct node_state *state = inventory_etcd(inventory);

	if (state) {
		*out = state->node;
		return 0;
	}
	look_untold(inventory, "no control plane is part of a running cluster yet", err);
	return -1;
}

struct kubeconfig_options {
	bool merge;
};

static const struct option kubeconfig_flags[] = {
	{ "merge", 0, OPTION_FLAG, offsetof(struct kubeconfig_options, merge),
	  .doc = "also into the file that kubectl reads: of --kubeconfig, KUBECONFIG, or "
		 "~/.kube/config" },
	{ .name = NULL },
};

/* The one of --kubeconfig; of a list of files the first, as kubectl writes to it. */
static int kubectl_file(struct program *program, const char *named, const char **out,
			struct err *err)
{
	const char *list = program->env("KUBECONFIG");
	const char *home = program->env("HOME");

	if (named && !text_equal(named, list)) {
		*out = named;
		return 0;
	}
	if (list && *list) {
		*out = arena_strn(program->arena, list, strcspn(list, ":"));
		return 0;
	}
	if (!home || !*home)
		return err_set(err, ERR_USAGE, "neither KUBECONFIG nor HOME is set");

	const char *folder = fs_join(program->arena, home, ".kube");
	*out = fs_join(program->arena, folder, "config");
	return fs_mkdir(folder, 0700, err);
}

static int merge_kubeconfig(struct program *program, const char *named, struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("kubeconfig");
	const char *file;
	bool changed;
	char *text;
	size_t len;

	if (kubectl_file(program, named, &file, err) < 0 ||
	    fs_read(arena, workspace_path(program->workspace, KUBECONFIG_FILE), KUBECONFIG_MAX,
		    &text, &len, err) < 0 ||
	    kubeconfig_merge(file, text, len, &changed, err) < 0)
		return -1;
	say_note(&program->say, changed ? "merged into %s" : "%s has it already", file);
	return 0;
}

static int kubeconfig_fetch(struct program *program, struct err *err)
{
	struct plan *plan OWNED(plan_free) = plan_new("kubeconfig");
	const struct inventory *inventory;
	const struct node *node = NULL;
	struct run_setup setup = { .plan = plan };

	if (program_site(program, &setup.site, err) < 0)
		return -1;
	if (kubeconfig_is_good(workspace_folder(program->workspace),
			       site_options(setup.site)->bundle, loop_wall(program->loop))) {
		set_result(program, KUBECONFIG_FILE, false);
		return 0;
	}
	setup.began = loop_now(program->loop);
	if (look_at_nodes(program, PATIENCE, 0, &inventory, err) < 0 ||
	    choose_node(inventory, &node, err) < 0)
		return err_wrap(err, "fetch the kubeconfig");
	plan_add(plan,
		 &(struct step){ .kind = &kind_kubeconfig, .target = node->name, .lane = "" });
	if (run_plan(program, &setup, err) < 0) {
		program->result = (struct result){ 0 };
		return -1;
	}
	set_result(program, KUBECONFIG_FILE, true);
	return 0;
}

static int kubeconfig_run(struct program *program, const void *data, struct err *err)
{
	const struct kubeconfig_options *options = data;
	const char *named = program->globals.kubeconfig;

	/* it is where to write, and no way to Kubernetes, which is not asked anything */
	program->globals.kubeconfig = NULL;
	if (kubeconfig_fetch(program, err) < 0)
		return -1;
	return options->merge ? merge_kubeconfig(program, named, err) : 0;
}

const struct command command_kubeconfig = {
	.words = "kubeconfig",
	.brief = "fetch the cluster's kubeconfig into the workspace",
	.about = "Asks a control plane for an administrator's kubeconfig and writes it to "
		 "kubeconfig, mode\n"
		 "0600. One of this cluster that is good for 30 more days is left as it is.\n"
		 "--merge adds its cluster, user and context to kubectl's own file, whose other "
		 "entries and\n"
		 "current context stay (comments do not).",
	.options = kubeconfig_flags,
	.size = sizeof(struct kubeconfig_options),
	.run = kubeconfig_run,
};

struct talosconfig_options {
	struct words roles;
	uint64_t ttl;
};

static const struct talosconfig_options talosconfig_standard = { .ttl = 365 * DAY };

static const struct option talosconfig_flags[] = {
	{ "roles", 0, OPTION_LIST, offsetof(struct talosconfig_options, roles), .argument = "A,B",
	  .doc = "what its owner may do; without it os:admin" },
	{ "ttl", 0, OPTION_DURATION, offsetof(struct talosconfig_options, ttl), .argument = "D",
	  .doc = "how long it is good, like 12h; without it 365 days" },
	{ .name = NULL },
};

static int check_role(const char *role, struct err *err)
{
	static const char *const roles[] = { "os:admin", "os:operator",
					     "os:reader", "os:etcd:backup",
					     "os:image:verifier", "os:meta:writer",
					     "os:impersonator" };

	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		if (strcmp(roles[i], role) == 0)
			return 0;
	err_set(err, ERR_USAGE, "unknown role %s", role);

	const char *near = text_nearest(role, roles, ARRAY_LEN(roles));
	return near ? err_hint(err, "did you mean %s?", near) : -1;
}

static int talosconfig_run(struct program *program, const void *data, struct err *err)
{
	const struct talosconfig_options *options = data;
	struct str text SCOPED(str_done) = STR_INIT(TALOSCONFIG_MAX);
	struct talosconfig_request request = { .roles = (const char *const *)options->roles.at,
					       .now = program_wall(program),
					       .lifetime = options->ttl };

	for (size_t i = 0; i < options->roles.len; i++)
		if (check_role(options->roles.at[i], err) < 0)
			return -1;
	if (options->ttl < MINUTE)
		return err_set(err, ERR_USAGE, "--ttl is a minute at least");
	if (program_cluster(program, &request.cluster, err) < 0 ||
	    program_bundle(program, &request.bundle, err) < 0)
		return -1;

	const char *path = workspace_path(program->workspace, TALOSCONFIG_FILE);
	if (talosconfig_text(&text, &request, err) < 0 ||
	    fs_write(path, str_text(&text), text.len, 0600, NULL, err) < 0)
		return err_wrap(err, "make a talosconfig");
	set_result(program, TALOSCONFIG_FILE, true);
	return 0;
}

const struct command command_talosconfig = {
	.words = "talosconfig",
	.brief = "make a talosconfig with a new client certificate",
	.about = "Writes talosconfig into the workspace, mode 0600, for talosctl and others. The "
		 "one in\n"
		 "clusterconfig/ is render's.",
	.options = talosconfig_flags,
	.size = sizeof(struct talosconfig_options),
	.standard = &talosconfig_standard,
	.run = talosconfig_run,
};
