#include "cli/program.h"

#include "base/fs.h"
#include "base/text.h"
#include "cli/access.h"
#include "cli/bundle_file.h"
#include "cli/rehearse.h"
#include "cli/signals.h"
#include "cli/sim.h"
#include "kube/kubeconfig.h"
#include "net/http.h"
#include "net/tls.h"
#include "render/render_check.h"
#include "render/talosconfig.h"

#include <assert.h>
#include <string.h>

#define TALOSCONFIG_MAX ((size_t)4 << 20)

struct program *program_new(env_fn *env)
{
	struct program *program = mem_new(sizeof(*program));

	program->arena = arena_new("program");
	program->env = env;
	terminal_init(&program->terminal, env);
	program->say = (struct say){ .terminal = &program->terminal, .clock = clock_system() };
	return program;
}

void program_free(struct program *program)
{
	if (!program)
		return;
	site_free(program->site);
	http_curl_free(program->http);
	ssh_network_free(program->ssh);
	tls_shared_free(program->tcp.shared);
	sim_free(program->sim);
	loop_free(program->loop);
	keyring_free(program->keyring);
	workspace_free(program->workspace);
	arena_free(program->arena);
	mem_free(program, sizeof(*program));
}

enum format program_format(const struct program *program)
{
	return format_named(program->globals.output);
}

uint64_t program_wall(const struct program *program)
{
	return program->say.clock->wall(program->say.clock);
}

const struct findings *program_findings(struct program *program)
{
	const struct findings *files;
	const struct cluster *cluster;

	if (program->findings.arena)
		return &program->findings;
	files = workspace_findings(program->workspace);
	cluster = workspace_cluster(program->workspace, NULL);
	findings_init(&program->findings, program->arena);
	program->findings.at =
		arena_dup(program->arena, files->at, files->len * sizeof(*files->at));
	program->findings.len = program->findings.cap = files->len;
	program->findings.errors = files->errors;
	program->findings.warnings = files->warnings;
	if (cluster && program->judge)
		program->judge->run(program->judge, cluster, &program->findings);
	else if (cluster)
		render_check(&program->findings, cluster);
	findings_sort(&program->findings);
	return &program->findings;
}

static void say_findings(struct program *program)
{
	const struct findings *findings = program_findings(program);

	if (program->findings_said)
		return;
	program->findings_said = true;
	for (size_t i = 0; i < findings->len; i++)
		if (findings->at[i].severity != FINDING_NOTE)
			say_finding(&program->say, &findings->at[i]);
}

static const char *from_env(const struct program *program, const char *name)
{
	const char *text = program->env ? program->env(name) : NULL;

	return text && *text ? text : NULL;
}

struct keyring_sources program_keys(const struct program *program)
{
	const char *config = from_env(program, "XDG_CONFIG_HOME");
	const char *home = from_env(program, "HOME");

	if (!config && home)
		config = fs_join(program->arena, home, ".config");
	return (struct keyring_sources){
		.age_key = from_env(program, "SOPS_AGE_KEY"),
		.age_key_file = from_env(program, "SOPS_AGE_KEY_FILE"),
		.age_key_command = from_env(program, "SOPS_AGE_KEY_CMD"),
		.config_folder = config,
	};
}

const char *program_folder(const struct program *program)
{
	return program->globals.workspace ? program->globals.workspace : ".";
}

int program_workspace(struct program *program, struct err *err)
{
	const char *folder = program->globals.workspace;

	if (program->workspace)
		return 0;
	if (folder && !fs_is_dir(folder))
		return err_set(err, ERR_USAGE, "-C %s: there is no such folder", folder);
	const struct keyring_sources keys = program_keys(program);
	return workspace_open_with(program_folder(program), &keys, &program->workspace, err);
}

int program_cluster(struct program *program, const struct cluster **out, struct err *err)
{
	if (program_workspace(program, err) < 0)
		return -1;

	const struct findings *findings = program_findings(program);
	const struct cluster *cluster = workspace_cluster(program->workspace, err);

	say_findings(program);
	if (err && err->kind == ERR_AUTH)
		return -1;
	if (cluster && findings->errors == 0) {
		*out = cluster;
		return 0;
	}
	if (findings->errors == 0)
		return -1;
	/* all of them were said just now, each with its place */
	err_clear(err);
	err_set(err, ERR_INPUT, "the files of the workspace have %zu error%s", findings->errors,
		findings->errors == 1 ? "" : "s");
	return -1;
}

static void say_clear(struct program *program, const char *name)
{
	if (!program->clear_said)
		say_warning(&program->say, BUNDLE_IN_CLEAR, name);
	program->clear_said = true;
}

void program_recall(struct program *program, const struct findings *findings, const char *bundle)
{
	program->findings = *findings;
	say_findings(program);
	say_clear(program, fs_base(bundle));
}

int program_bundle(struct program *program, const struct bundle **out, struct err *err)
{
	if (program_workspace(program, err) < 0)
		return -1;

	const struct bundle *bundle = workspace_bundle(program->workspace, err);
	if (!bundle)
		return -1;
	if (workspace_bundle_in_clear(program->workspace))
		say_clear(program, bundle->file ? fs_base(bundle->file) : "the secrets bundle");
	*out = bundle;
	return 0;
}

int program_loop(struct program *program, struct err *err)
{
	if (!program->loop)
		program->loop = loop_new_epoll(err);
	return program->loop ? 0 : -1;
}

int program_state_path(struct program *program, const char *name, const char **out, struct err *err)
{
	if (program_workspace(program, err) < 0)
		return -1;

	const char *state = workspace_path(program->workspace, STATE_FOLDER);
	if (fs_mkdir(state, 0700, err) < 0)
		return -1;
	*out = fs_join(program->arena, state, name);
	return 0;
}

static int open_dialer(struct program *program, struct err *err)
{
	struct detour *detours = NULL;
	size_t count = 0;

	if (program->rehearsal) {
		program->dialer = rehearsal_dialer(program->rehearsal);
		program->door = rehearsal_http(program->rehearsal);
		program->router = rehearsal_ssh(program->rehearsal);
		return 0;
	}
	if (program->globals.sim && program->globals.hosts)
		return err_set(err, ERR_USAGE, "--sim and --hosts exclude each other");
	if (program->globals.sim) {
		if (sim_open(program, &program->sim, err) < 0)
			return err_wrap(err, "open the simulated world");
		program->dialer = sim_dialer(program->sim);
		program->door = sim_http(program->sim);
		program->router = sim_ssh(program->sim);
		return 0;
	}
	if (program->globals.hosts &&
	    detours_read(program->arena, program->globals.hosts, &detours, &count, err) < 0)
		return err_wrap(err, "read the hosts file");
	dialer_tcp_init(&program->tcp, program->loop, detours, count);
	program->tcp.shared = tls_shared_new();
	program->dialer = &program->tcp.dialer;
	program->http = http_curl_new(program->loop, detours, count);
	program->door = http_curl_door(program->http);
	program->ssh = ssh_network_new(program->loop, detours, count);
	program->router = ssh_network_door(program->ssh);
	return 0;
}

/* A talosconfig named by the environment is somebody's own cluster more often than a simulated one.
 */
static bool uses_talosconfig(const struct program *program)
{
	const char *file = program->globals.talosconfig;

	return file && !(program->globals.sim && text_equal(file, program->env("TALOSCONFIG")));
}

/* A file that lacks what a talosconfig has is as wrong as one that cannot be read. */
static int not_talosconfig(struct err *err)
{
	if (err->kind == ERR_NOT_FOUND)
		err->kind = ERR_INPUT;
	return err_wrap(err, "read the talosconfig");
}

static int read_identity(struct program *program, const struct cluster *cluster, struct err *err)
{
	const char *file = program->globals.talosconfig;
	struct talosconfig_context context;
	struct err unnamed = ERR_INIT;
	char *text;
	size_t len;

	if (fs_read(program->arena, file, TALOSCONFIG_MAX, &text, &len, err) < 0)
		return err_wrap(err, "read the talosconfig");
	struct talosconfig_text from = { file, text, len, cluster->name };
	if (talosconfig_read(program->arena, &from, &context, &unnamed) < 0) {
		if (unnamed.kind != ERR_NOT_FOUND) {
			*err = unnamed;
			return not_talosconfig(err);
		}
		from.context = NULL;
		if (talosconfig_read(program->arena, &from, &context, err) < 0)
			return not_talosconfig(err);
	}
	program->identity = context.identity;
	return 0;
}

static bool same_authority(struct program *program, const char *a, const char *b)
{
	struct x509_info x, y;

	return x509_read(program->arena, a, &x, NULL) == 0 &&
	       x509_read(program->arena, b, &y, NULL) == 0 && text_equal(x.digest, y.digest);
}

/* What the environment names is whatever cluster was looked at last: it counts only if it is this
 * one. Of a list of files the first is taken. A simulated world has its own. */
static int read_kubeconfig(struct program *program, const struct bundle *bundle, struct err *err)
{
	const char *file = program->globals.kubeconfig;
	bool ambient = text_equal(file, program->env("KUBECONFIG"));
	struct kube_options options = { 0 };
	struct err why = ERR_INIT;
	char *text;
	size_t len;

	if (!file || program->globals.sim)
		return 0;
	if (ambient)
		file = arena_strn(program->arena, file, strcspn(file, ":"));

	int r = fs_read(program->arena, file, KUBECONFIG_MAX, &text, &len, &why);
	if (r == 0) {
		const struct kubeconfig_text from = { .file = file, .text = text, .len = len };

		r = kubeconfig_read(program->arena, &from, &options, &why);
	}
	if (ambient && (r < 0 || !same_authority(program, options.ca, bundle->kubernetes.cert)))
		return 0;
	if (r < 0) {
		*err = why;
		return err_wrap(err, "read the kubeconfig");
	}
	/* nodes of the same names would be drained there */
	if (!same_authority(program, options.ca, bundle->kubernetes.cert)) {
		err_set(err, ERR_AUTH,
			"the kubeconfig %s is of another cluster: what it trusts is not the "
			"authority of this one",
			file);
		return err_hint(err, "without --kubeconfig the endpoint is asked, with a "
				     "certificate from the bundle");
	}
	program->kube = options;
	return 0;
}

/* A rehearsal needs neither: its nodes know the cluster's own. */
static int read_ways(struct program *program, const struct cluster *cluster,
		     const struct bundle *bundle, struct err *err)
{
	if (uses_talosconfig(program) && read_identity(program, cluster, err) < 0)
		return -1;
	return read_kubeconfig(program, bundle, err);
}

const char *program_kept_folder(const struct program *program)
{
	return workspace_path(program->workspace, program->globals.sim ? STATE_FOLDER "/" SIM_FOLDER
								       : STATE_FOLDER);
}

static void on_trace(struct trace *trace, const char *text)
{
	const struct program *program = container_of(trace, struct program, trace);

	say_debug(&program->say, "%s", text);
}

static void listen_to_calls(struct program *program)
{
	struct trace *trace = program->globals.debug ? &program->trace : NULL;

	assert(program->dialer && program->door);
	program->trace.on_line = on_trace;
	program->dialer->trace = trace;
	program->door->trace = trace;
}

int program_site(struct program *program, struct site **out, struct err *err)
{
	const struct cluster *cluster;
	const struct bundle *bundle;

	if (program_cluster(program, &cluster, err) < 0 ||
	    program_bundle(program, &bundle, err) < 0 || program_loop(program, err) < 0)
		return -1;
	if (!program->dialer && open_dialer(program, err) < 0)
		return -1;
	listen_to_calls(program);
	if (!program->rehearsal && read_ways(program, cluster, bundle, err) < 0)
		return -1;

	const struct site_options options = {
		.loop = program->loop,
		.dialer = program->dialer,
		.cluster = cluster,
		.bundle = bundle,
		.identity = program->identity.cert ? &program->identity : NULL,
		.fingerprint = program->globals.fingerprint,
		.folder = program->rehearsal ? rehearsal_folder(program->rehearsal)
					     : workspace_folder(program->workspace),
		.state = program->rehearsal ? rehearsal_folder(program->rehearsal)
					    : program_kept_folder(program),
		.http = program->door,
		.commands = !program->globals.sim,
		.ssh = program->router,
		.access = access_open(program),
		.helm = access_helm(program),
		.kube = program->kube.host ? &program->kube : NULL,
	};
	if (!program->site && site_new(&options, &program->site, err) < 0)
		return -1;
	*out = program->site;
	return 0;
}

static bool is_selected(const struct node *node, const char *word)
{
	if (strcmp(node->name, word) == 0 || strcmp(role_name(node->role), word) == 0 ||
	    strcmp(role_folder(node->role), word) == 0)
		return true;
	for (size_t i = 0; i < node->addresses; i++)
		if (strcmp(node->address[i], word) == 0)
			return true;
	return false;
}

static int unknown_node(struct program *program, const struct cluster *cluster, const char *word,
			struct err *err)
{
	struct words names = { 0 };

	for (size_t i = 0; i < cluster->nodes; i++)
		words_add(&names, program->arena, cluster->node[i].name);
	err_set(err, ERR_USAGE, "no node has the name, address or role %s", word);

	const char *near = text_nearest(word, names.at, names.len);
	return near ? err_hint(err, "did you mean %s?", near) : -1;
}

int program_nodes(struct program *program, const char *const **out, struct err *err)
{
	const struct words *wanted = &program->globals.nodes;
	const struct cluster *cluster;
	struct words names = { 0 };

	*out = NULL;
	if (wanted->len == 0)
		return 0;
	if (program_cluster(program, &cluster, err) < 0)
		return -1;
	for (size_t w = 0; w < wanted->len; w++) {
		bool any = false;

		for (size_t i = 0; i < cluster->nodes && !any; i++)
			any = is_selected(&cluster->node[i], wanted->at[w]);
		if (!any)
			return unknown_node(program, cluster, wanted->at[w], err);
	}
	for (size_t i = 0; i < cluster->nodes; i++) {
		bool any = false;

		for (size_t w = 0; w < wanted->len && !any; w++)
			any = is_selected(&cluster->node[i], wanted->at[w]);
		if (any)
			words_add(&names, program->arena, cluster->node[i].name);
	}
	*out = (const char *const *)names.at;
	return 0;
}

struct wait {
	struct signals signals;
	struct loop *loop;
	bool interrupted;
};

static void wait_signalled(struct signals *signals, unsigned count)
{
	struct wait *wait = container_of(signals, struct wait, signals);

	(void)count;
	wait->interrupted = true;
	loop_stop(wait->loop);
}

int program_wait(struct program *program, struct err *err)
{
	struct wait wait = { .loop = program->loop };

	if (signals_open(&wait.signals, program->loop, wait_signalled, err) < 0)
		return -1;

	int r = loop_run(program->loop, err);
	signals_close(&wait.signals);
	if (r == 0 && wait.interrupted)
		return err_set(err, ERR_CANCELLED, "interrupted");
	return r;
}
