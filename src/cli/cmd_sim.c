#include "base/fs.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/kubeconfig.h"
#include "cli/program.h"
#include "cli/sim.h"
#include "cluster/field_checks.h"
#include "cluster/version.h"
#include "ops/configs.h"

#include <string.h>

#define FILE_MAX ((size_t)1 << 20)
#define TALOS_PORT 50000
#define KUBE_PORT 6443

static const char *const states[] = { "maintenance", "running", NULL };
static const char *const listens[] = { "loopback", "node", NULL };

static const char *const paces[] = { "fast", "calm", "real", NULL };

struct serve_options {
	const char *state, *talos, *listen, *pace;
	unsigned count;
};

static const struct serve_options serve_standard = {
	.state = "maintenance",
	.listen = "loopback",
	.pace = "fast",
};

static const struct option serve_flags[] = {
	{ "state", 0, OPTION_CHOICE, offsetof(struct serve_options, state), .choices = states,
	  .argument = "STATE", .doc = "bare nodes (the standard), or a healthy cluster" },
	{ "talos", 0, OPTION_TEXT, offsetof(struct serve_options, talos), .argument = "V",
	  .doc = "version the nodes boot; without it the cluster's" },
	{ "count", 0, OPTION_COUNT, offsetof(struct serve_options, count), .argument = "N",
	  .doc = "so many nodes: the first of nodes.yaml, then bare ones that it does not know" },
	{ "pace", 0, OPTION_CHOICE, offsetof(struct serve_options, pace), .choices = paces,
	  .argument = "PACE",
	  .doc = "fast: a reboot takes milliseconds (the standard); calm: seconds, for clients "
		 "that look now and then; real: minutes" },
	{ "listen", 0, OPTION_CHOICE, offsetof(struct serve_options, listen), .choices = listens,
	  .argument = "WHERE",
	  .doc = "loopback: 127.0.0.1 with a free port per node, and a hosts file; "
		 "node: each on its own address, port 50000" },
	{ .name = NULL },
};

/* Paths of the files that lead others to the world. */
struct leads {
	const char *talosconfig, *hosts, *kubernetes;
};

static void add_host(struct str *out, const char *host, unsigned port)
{
	str_addf(out, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
}

static void add_hosts(struct str *out, const struct world_listen *listen, size_t count,
		      unsigned port)
{
	for (size_t i = 0; i < count; i++) {
		add_host(out, listen[i].address, port);
		str_addc(out, ' ');
		add_host(out, listen[i].host, listen[i].port);
		str_addf(out, " # %s\n", listen[i].name);
	}
}

static int write_hosts(struct program *program, const char *path, struct err *err)
{
	struct str text SCOPED(str_done) = STR_INIT(FILE_MAX);
	size_t count;
	const struct world_listen *listen = sim_listening(program->sim, &count);

	add_hosts(&text, listen, count, TALOS_PORT);
	listen = sim_kube_listening(program->sim, &count);
	add_hosts(&text, listen, count, KUBE_PORT);
	return fs_write(path, str_text(&text), text.len, 0600, NULL, err);
}

/* The shared address where there is one, else the first control plane. */
static const struct kubeconfig_place *kube_place(struct program *program,
						 const struct cluster *cluster)
{
	struct kubeconfig_place *place = arena_alloc(program->arena, sizeof(*place));
	struct str text SCOPED(str_done) = STR_INIT(FILE_MAX);
	size_t count;
	const struct world_listen *listen = sim_kube_listening(program->sim, &count);
	const struct world_listen *found = listen;

	for (size_t i = 0; i < count; i++) {
		if (text_equal(cluster->vip, listen[i].address))
			found = &listen[i];
	}
	if (!count)
		return NULL;
	str_add(&text, "https://");
	add_host(&text, found->host, found->port);
	place->server = arena_str(program->arena, str_text(&text));
	place->name = found->address;
	return place;
}

static int write_clients(struct program *program, const struct leads *leads, struct err *err)
{
	struct str text SCOPED(str_done) = STR_INIT(FILE_MAX);
	struct talosconfig_request request = { .now = program_wall(program) };

	if (program_cluster(program, &request.cluster, err) < 0 ||
	    program_bundle(program, &request.bundle, err) < 0 ||
	    talosconfig_text(&text, &request, err) < 0 ||
	    fs_write(leads->talosconfig, str_text(&text), text.len, 0600, NULL, err) < 0)
		return -1;
	str_clear(&text);
	if (kubeconfig_text(&text, request.cluster, request.bundle,
			    kube_place(program, request.cluster), request.now, err) < 0)
		return -1;
	return fs_write(leads->kubernetes, str_text(&text), text.len, 0600, NULL, err);
}

static int write_leads(struct program *program, struct leads *leads, struct err *err)
{
	const char *folder;

	if (program_state_path(program, "sim", &folder, err) < 0 || fs_mkdir(folder, 0700, err) < 0)
		return -1;
	leads->talosconfig = fs_join(program->arena, folder, "talosconfig");
	leads->hosts = fs_join(program->arena, folder, "hosts");
	leads->kubernetes = fs_join(program->arena, folder, "kubeconfig");
	if (write_hosts(program, leads->hosts, err) < 0)
		return -1;
	return write_clients(program, leads, err);
}

static void set_result(struct program *program, const struct leads *leads)
{
	static const struct column columns[] = {
		{ "name", "NODE" }, { "address", "ADDRESS" }, { "listen", "LISTEN" }, { NULL, NULL }
	};
	struct arena *arena = program->arena;
	struct list_builder *nodes = list_begin(arena);
	struct map_builder *map = map_begin(arena);
	size_t count;
	const struct world_listen *listen = sim_listening(program->sim, &count);

	for (size_t i = 0; i < count; i++) {
		struct str place SCOPED(str_done) = STR_INIT(FILE_MAX);
		struct map_builder *node = map_begin(arena);

		add_host(&place, listen[i].host, listen[i].port);
		map_add(node, "name", value_str(arena, listen[i].name));
		map_add(node, "address", value_str(arena, listen[i].address));
		map_add(node, "listen", value_str(arena, str_text(&place)));
		list_add(nodes, map_end(node));
	}
	map_add(map, "nodes", list_end(nodes));
	map_add(map, "talosconfig", value_str(arena, leads->talosconfig));
	map_add(map, "hosts", value_str(arena, leads->hosts));
	map_add(map, "kubernetes", value_str(arena, leads->kubernetes));
	program->result = (struct result){
		.value = map_end(map),
		.rows = "nodes",
		.columns = columns,
		.text = arena_printf(arena, "\nhosts file   %s\ntalosconfig  %s\nCtrl-C ends it\n",
				     leads->hosts, leads->talosconfig),
	};
}

static const struct world_pace *pace_of(const char *name)
{
	if (text_equal(name, "real"))
		return &world_pace_real;
	return text_equal(name, "calm") ? &world_pace_calm : &world_pace_fast;
}

static int check_talos(const char *text, struct err *err)
{
	struct version version;

	if (!version_parse(text, &version) || !version.has_patch) {
		err_set(err, ERR_USAGE, "--talos: \"%s\" is no version", text);
		return err_hint(err, "a version looks like v1.13.9");
	}
	if (version.major == 1 && version.minor >= TALOS_MINOR_FIRST &&
	    version.minor <= TALOS_MINOR_LAST)
		return 0;
	err_set(err, ERR_USAGE, "--talos: Talos %u.%u is not supported", version.major,
		version.minor);
	return err_hint(err, "releases 1.%d to 1.%d are", TALOS_MINOR_FIRST, TALOS_MINOR_LAST);
}

static int serve_run(struct program *program, const void *data, struct err *err)
{
	const struct serve_options *options = data;
	const struct sim_request request = {
		.start = text_equal(options->state, "running") ? WORLD_RUNNING : WORLD_MAINTENANCE,
		.talos = options->talos,
		.count = options->count,
		.own_addresses = text_equal(options->listen, "node"),
		.pace = pace_of(options->pace),
	};
	struct err end = ERR_INIT;
	struct leads leads;

	if (options->talos && check_talos(options->talos, err) < 0)
		return -1;
	if (sim_open_memory(program, &request, &program->sim, err) < 0 ||
	    write_leads(program, &leads, err) < 0)
		return err_wrap(err, "serve the simulated nodes");
	set_result(program, &leads);
	if (program_print(program, err) < 0)
		return -1;
	if (program_wait(program, &end) < 0 && end.kind != ERR_CANCELLED) {
		*err = end;
		return -1;
	}
	return 0;
}

const struct command command_sim_serve = {
	.words = "sim serve",
	.brief = "simulated nodes over real TLS and gRPC, kept in memory",
	.about = "Serves the nodes of nodes.yaml until SIGTERM or Ctrl-C, and writes a hosts file, "
		 "a\n"
		 "talosconfig and a kubeconfig into .talforge/sim/. From another terminal:\n"
		 "  talforge up --hosts .talforge/sim/hosts",
	.options = serve_flags,
	.size = sizeof(struct serve_options),
	.standard = &serve_standard,
	.run = serve_run,
};
