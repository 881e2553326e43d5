#include "cli/program.h"

static const char *const event_forms[] = { "json", NULL };

/* clang-format off */
const struct option global_options[] = {
	{ "workspace", 'C', OPTION_TEXT, offsetof(struct globals, workspace), .argument = "DIR",
	  .doc = "the folder with cluster.yaml and nodes.yaml; without it the current one" },
	{ "nodes", 'n', OPTION_LIST, offsetof(struct globals, nodes), .argument = "A,B",
	  .doc = "only these nodes: names, addresses or roles" },
	{ "output", 'o', OPTION_CHOICE, offsetof(struct globals, output), .choices = format_names,
	  .argument = "FORMAT", .doc = "form of the result on stdout; sarif is for findings" },
	{ "talosconfig", 0, OPTION_TEXT, offsetof(struct globals, talosconfig), .argument = "FILE",
	  .env = "TALOSCONFIG",
	  .doc = "client certificate; without it one is made from the secrets bundle, in memory" },
	{ "kubeconfig", 0, OPTION_TEXT, offsetof(struct globals, kubeconfig), .argument = "FILE",
	  .env = "KUBECONFIG",
	  .doc = "way to Kubernetes; without it the endpoint, with a certificate from the bundle" },
	{ "hosts", 0, OPTION_TEXT, offsetof(struct globals, hosts), .argument = "FILE",
	  .doc = "detours: lines ADDRESS[:PORT] HOST:PORT, for tunnels, bastions and simulators" },
	{ "cert-fingerprint", 0, OPTION_TEXT, offsetof(struct globals, fingerprint),
	  .argument = "F",
	  .doc = "public key of a node in maintenance mode: base64 of its SHA-256" },
	{ "sim", 0, OPTION_FLAG, offsetof(struct globals, sim),
	  .doc = "the workspace's own simulated world instead of real nodes; asks nothing" },
	{ "debug", 0, OPTION_FLAG, offsetof(struct globals, debug),
	  .doc = "a line for each call: to whom, what, how long it took, how it failed" },
	{ "quiet", 'q', OPTION_FLAG, offsetof(struct globals, quiet),
	  .doc = "no progress and no notes; warnings and errors stay" },
	{ "show-secrets", 0, OPTION_FLAG, offsetof(struct globals, show_secrets),
	  .doc = "print secrets instead of ***" },
	{ "help", 'h', OPTION_FLAG, offsetof(struct globals, help), .no_env = true,
	  .doc = "what a command does and takes" },
	{ "version", 0, OPTION_FLAG, offsetof(struct globals, version), .no_env = true,
	  .doc = "the version of talforge" },
	{ .name = NULL },
};

const struct option change_options[] = {
	{ "dry-run", 0, OPTION_FLAG, offsetof(struct changes, dry_run),
	  .doc = "show the plan and change nothing; exit 2 if it would change something" },
	{ "yes", 'y', OPTION_FLAG, offsetof(struct changes, yes), .doc = "do not ask" },
	{ "max-parallel", 0, OPTION_PARALLEL, offsetof(struct changes, parallel),
	  .argument = "N|P%", .doc = "so many nodes at once; without it all" },
	{ "timeout", 0, OPTION_DURATION, offsetof(struct changes, timeout), .argument = "D",
	  .doc = "of everything, like 90s or 1h30m; exit 6 when it is over" },
	{ "events", 0, OPTION_CHOICE, offsetof(struct changes, events), .choices = event_forms,
	  .argument = "FORM", .doc = "progress as one JSON object a line on stderr" },
	{ .name = NULL },
};
/* clang-format on */
