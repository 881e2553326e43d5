#include "flow/conformance.h"

#include "base/clock.h"
#include "kube/kind.h"
#include "kube/kube.h"
#include "ops/rollback.h"
#include "ops/upgrade_talos.h"
#include "tree/json.h"

#include <criterion/criterion.h>
#include <string.h>

#define GROUP "tuppr.home-operations.com"
#define HEAD(kind, name) \
	"---\napiVersion: " GROUP "/v1alpha1\nkind: " kind "\nmetadata: {name: " name "}\nspec:\n"
#define TALOS HEAD("TalosUpgrade", "fleet") "  talos: {version: v1.13.10}\n"
#define TO(version) HEAD("TalosUpgrade", "fleet") "  talos: {version: " version "}\n"
#define KUBE(version) HEAD("KubernetesUpgrade", "kube") "  kubernetes: {version: " version "}\n"
#define WINDOWS(list) "  maintenance: {windows: [" list "]}\n"
#define WORKERS                                                                             \
	"  nodeSelector: {matchExpressions: [{key: node-role.kubernetes.io/control-plane, " \
	"operator: DoesNotExist}]}\n"
#define ONE(name) "  nodeSelector: {matchLabels: {kubernetes.io/hostname: " name "}}\n"
#define CHECK(more) "  healthChecks:\n  - {apiVersion: v1, kind: Node, " more "}\n"
#define HOOKS(pre, post) "  hooks:\n    pre: [" pre "]\n    post: [" post "]\n"
#define S1 "ce4c980550dd2ab1b17bbf2b08801c7eb59418eafe8f279833297925d67c7515"
#define S2 "4a65c1f1a4f1a3d7b1d9b3bd0b2a4a8a9f6d3b0b5ff9c1c2f5d3f1e2a4b6c8d0"
#define FACTORY "factory.talos.dev/"
#define GENERIC "ghcr.io/siderolabs/installer"
#define EVERYBODY "control0 control1 worker0 worker1 worker2"

static void merge(struct scene *scene, const char *node, const char *patch)
{
	const struct value *body;
	struct err err = ERR_INIT;

	scene_wait(scene, MINUTE);
	cr_assert_eq(json_read(scene->arena, NULL, patch, strlen(patch), &body, &err), 0, "%s",
		     err.text);
	cr_assert_eq(scene_kube(scene,
				&(struct kube_request){ .verb = KUBE_MERGE,
							.kind = &kube_nodes,
							.name = node,
							.body = body },
				NULL, &err),
		     0, "%s", err.text);
}

#define ANNOTATE(key, text) "{\"metadata\":{\"annotations\":{\"" GROUP "/" key "\":\"" text "\"}}}"

static void stays_behind(struct scene *scene)
{
	merge(scene, "worker0", ANNOTATE("version", "v1.13.9"));
}

static void wants_to_go_back(struct scene *scene)
{
	merge(scene, "worker0", ANNOTATE("version", "v1.13.1"));
}

static void wants_a_schematic(struct scene *scene)
{
	merge(scene, "worker0", ANNOTATE("schematic", S1));
}

static void worker_is_off(struct scene *scene)
{
	world_power(scene->world, "worker1", false);
}

static void control_is_off(struct scene *scene)
{
	world_power(scene->world, "control1", false);
}

static void falls_back(struct scene *scene)
{
	world_next_upgrade(scene->world, "worker0", UPGRADE_FALLS_BACK);
}

static void stays_ill(struct scene *scene)
{
	world_next_upgrade(scene->world, "worker0", UPGRADE_UNHEALTHY);
}

static void hangs(struct scene *scene)
{
	world_next_upgrade(scene->world, "worker0", UPGRADE_HANGS);
}

static void has_no_image(struct scene *scene)
{
	world_next_upgrade(scene->world, "worker0", UPGRADE_NO_IMAGE);
}

static void has_no_space(struct scene *scene)
{
	world_next_upgrade(scene->world, "worker0", UPGRADE_NO_SPACE);
}

static void has_an_alarm(struct scene *scene)
{
	world_alarm(scene->world, "control1", "NOSPACE");
}

static void lags(struct scene *scene)
{
	world_lag(scene->world, "control1", 4000);
}

static void etcd_is_not_saved(struct scene *scene)
{
	struct fault fault = { .kind = FAULT_STATUS, .method = "EtcdSnapshot", .code = 2 };

	fault.count = 9;

	world_fault(scene->world, &fault);
}

static void is_forgotten(struct scene *scene)
{
	struct err err = ERR_INIT;

	scene_wait(scene, MINUTE);
	cr_assert_eq(scene_kube(scene,
				&(struct kube_request){ .verb = KUBE_DELETE,
							.kind = &kube_nodes,
							.name = "worker0" },
				NULL, &err),
		     0, "%s", err.text);
}

static void run(struct scene *scene, const struct scene_order *order)
{
	struct outcome outcome = scene_run(scene, order);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
}

static void was_upgraded(struct scene *scene)
{
	static const struct upgrade_options options = { .to = "v1.13.10" };

	run(scene, &(struct scene_order){ .operation = &operation_upgrade_talos,
					  .options = &options });
}

static void went_back(struct scene *scene)
{
	static const char *const only[] = { "worker0", NULL };

	was_upgraded(scene);
	run(scene, &(struct scene_order){ .operation = &operation_rollback_os, .only = only });
}

#define FACTS(...)                       \
	&(const struct installer_facts)  \
	{                                \
		.name = "n", __VA_ARGS__ \
	}
#define HAND "resources are read from a file, there is none in the cluster to be changed"
#define JOBS "nodes are upgraded by calls, not by Jobs"
#define NO_ALERTS "silences are accepted without effect: docs/upgrades.md"

/* clang-format off */
const struct conformance conformance_rows[] = {
	/* life of a resource */
	{ "L1", "nothing is declared", WRONG_FILE, "", "kind: ConfigMap\napiVersion: v1\n" },
	{ "L2", "a new resource", NO_CONTROLLER, HAND },
	{ "L3", "a new resource, at once", GOES, EVERYBODY, TALOS },
	{ "L4", "suspended", REFUSED, "is suspended: until Monday",
	  "apiVersion: " GROUP
	  "/v1alpha1\nkind: TalosUpgrade\nmetadata: {name: fleet, annotations: "
	  "{" GROUP "/suspend: until Monday}}\nspec: {talos: {version: v1.13.10}}\n" },
	{ "L5", "no longer suspended", SHOWN_BY,
	  "matrix, upgrade_files" },
	{ "L6", "done, then edited while it was suspended", GOES, NULL, TO("v1.13.11"),
	  .before = was_upgraded },
	{ "L7", "annotation reset", NO_CONTROLLER, "journals are kept, nothing is to be reset" },
	{ "L8", "reset and suspended", NO_CONTROLLER, HAND },
	{ "L9", "edited after it was done", SHOWN_BY,
	  "tests/cli/declared.sh: # edited after it was done" },
	{ "L10", "edited between nodes", SHOWN_BY,
	  "tests/cli/declared.sh: # edited between two goes" },
	{ "L11", "edited while it runs", SHOWN_BY,
	  "tests/cli/two_operators.sh: is told who is at work" },
	{ "L12", "metadata edited", NO_CONTROLLER, HAND },
	{ "L13", "deleted when done", NO_CONTROLLER, HAND },
	{ "L14", "deleted while it runs", NO_CONTROLLER, HAND },
	{ "L15", "failed before: tried again", SHOWN_BY,
	  "upgrade_talos, tells_how_a_node_did_not_come_back" },
	{ "L16", "debug: false", GOES, EVERYBODY, TALOS "  policy: {debug: false}\n" },
	{ "L17", "nothing new to say", NO_CONTROLLER, HAND },

	/* which nodes, in which order, from where to where */
	{ "N1", "one is there already", GOES, "control0 control1 worker1 worker2", TALOS,
	  .before = stays_behind },
	{ "N2", "all are there", IDLE, NULL, TO("v1.13.9") },
	{ "N3", "control planes first, the leader last of them", GOES, EVERYBODY, TALOS },
	{ "N4", "where we run", NO_CONTROLLER, "it runs on no node" },
	{ "N5", "workers only", GOES, "worker0 worker1 worker2", TALOS WORKERS },
	{ "N6", "nobody", REFUSED, "selects no node", TALOS ONE("nobody") },
	{ "N7", "an own version", GOES, "control0 control1 worker1 worker2", TALOS,
	  .before = stays_behind },
	{ "N7", "an own version that goes back", REFUSED, "downgrade", TALOS,
	  .before = wants_to_go_back },
	{ "N8", "a downgrade", REFUSED, "downgrade", TO("v1.12.0") },
	{ "N9", "minors are put in between", GOES, NULL, TO("v1.13.10"), .talos = "v1.11.4",
	  .settings = "kubernetes_version: v1.34.2\n" },
	{ "N10", "a selected node is silent", REFUSED, "worker1 is silent", TALOS,
	  .before = worker_is_off },
	{ "N10", "a control plane is silent", REFUSED, "control1 is silent", TALOS,
	  .before = control_is_off },
	{ "N11", "one that is done is silent", REFUSED, "control1 is silent", TO("v1.13.9"),
	  .before = control_is_off },
	{ "N12", "a worker that is not selected is silent", FAILS, "worker1", TALOS ONE("worker0"),
	  .before = worker_is_off },
	{ "N13", "a node refuses to tell its version", SHOWN_BY,
	  "matrix, upgrade_talos" },
	{ "N14", "no internal address", NO_CONTROLLER, "addresses are those of nodes.yaml" },
	{ "N15", "no address", NO_CONTROLLER, "addresses are those of nodes.yaml" },
	{ "N16", "taint on nodes that are behind", NO_CONTROLLER, "nodes get no taint" },
	{ "N17", "another schematic at the same version", GOES, "worker0", TO("v1.13.9"),
	  .before = wants_a_schematic },
	{ "N18", "a node joins later", NO_CONTROLLER, "the next run sees it" },
	{ "N19", "it does not converge", NO_CONTROLLER, "a run ends" },
	{ "N20", "one that was done fell back since", GOES, "worker0", TALOS,
	  .before = went_back },
	{ "N21", "one that was done is silent", SHOWN_BY, "N11" },
	{ "N22", "a node that is not Ready", SHOWN_BY,
	  "gates, a_node_that_is_ill_keeps_the_next_one_up" },

	/* more than one of them */
	{ "C1", "Kubernetes is being upgraded", SHOWN_BY,
	  "tests/cli/two_operators.sh: is told who is at work" },
	{ "C2", "both: Talos first", GOES, EVERYBODY, KUBE("v1.36.4") TALOS },
	{ "C3", "Kubernetes is done", GOES, EVERYBODY, TALOS },
	{ "C4", "Talos has not begun", SHOWN_BY, "C2" },
	{ "C5", "Talos is half done, Kubernetes in its window", SHOWN_BY,
	  "tests/cli/two_operators.sh: is told who is at work" },
	{ "C6", "both in one window", GOES, EVERYBODY,
	  TALOS WINDOWS("{start: '0 0 * * *', duration: 20h}")
	  KUBE("v1.36.4") WINDOWS("{start: '0 0 * * *', duration: 20h}") },
	{ "C7", "another one runs", SHOWN_BY,
	  "tests/cli/two_operators.sh: is told who is at work" },
	{ "C8", "another one is between two nodes", SHOWN_BY,
	  "tests/cli/two_operators.sh: is told who is at work" },
	{ "C9", "another one is suspended while it runs", SHOWN_BY,
	  "tests/cli/two_operators.sh: is told who is at work" },
	{ "C10", "another one waits for its checks", FAILS, "not within 1m0s",
	  TALOS CHECK("name: worker0, expr: 'false', timeout: 1m") },
	{ "C11", "both run", SHOWN_BY, "tests/cli/two_operators.sh: is told who is at work" },
	{ "C12", "two for one node", REFUSED, "is selected by TalosUpgrade fleet and by other",
	  TALOS HEAD("TalosUpgrade", "other") "  talos: {version: v1.13.10}\n" },

	/* windows */
	{ "W1", "none", GOES, EVERYBODY, TALOS },
	{ "W2", "at its beginning", OPEN, NULL, "[{start: '0 2 * * *', duration: 4h}]",
	  "2027-01-02T02:00:00Z" },
	{ "W3", "a second before its end", OPEN, NULL, "[{start: '0 2 * * *', duration: 4h}]",
	  "2027-01-02T05:59:59Z" },
	{ "W3", "at its end", CLOSED, "2027-01-03T02:00:00Z",
	  "[{start: '0 2 * * *', duration: 4h}]", "2027-01-02T06:00:00Z" },
	{ "W4", "an hour before", CLOSED, "2027-01-02T02:00:00Z",
	  "[{start: '0 2 * * *', duration: 4h}]", "2027-01-02T01:00:00Z" },
	{ "W5", "two minutes before", CLOSED, "2027-01-02T02:00:00Z",
	  "[{start: '0 2 * * *', duration: 4h}]", "2027-01-02T01:58:00Z" },
	{ "W6", "over midnight", OPEN, NULL, "[{start: '0 23 * * *', duration: 4h}]",
	  "2027-01-03T01:00:00Z" },
	{ "W7", "Paris in winter", OPEN, NULL,
	  "[{start: '0 2 * * *', duration: 1h, timezone: Europe/Paris}]", "2027-01-02T01:30:00Z" },
	{ "W7", "Paris in summer", OPEN, NULL,
	  "[{start: '0 2 * * *', duration: 1h, timezone: Europe/Paris}]", "2027-07-02T00:30:00Z" },
	{ "W7", "Paris in summer, by the clock of winter", CLOSED, "2027-07-03T00:00:00Z",
	  "[{start: '0 2 * * *', duration: 1h, timezone: Europe/Paris}]", "2027-07-02T01:30:00Z" },
	{ "W8", "two of them", CLOSED, "2027-01-02T12:00:00Z",
	  "[{start: '0 12 * * *', duration: 1h}, {start: '0 20 * * *', duration: 1h}]",
	  "2027-01-02T02:00:00Z" },
	{ "W8", "in the second", OPEN, NULL,
	  "[{start: '0 12 * * *', duration: 1h}, {start: '0 20 * * *', duration: 1h}]",
	  "2027-01-02T20:30:00Z" },
	{ "W9", "closes after the first nodes", FAILS, "opens at 2027-01-03T00:00:00Z",
	  TALOS WINDOWS("{start: '0 0 * * *', duration: 20m}") },
	{ "W10", "closes while a node works", SHOWN_BY,
	  "declared, lets_no_node_begin_once_its_window_has_closed" },
	{ "W11", "a date that does not exist", WRONG_FILE, "eight years",
	  TALOS WINDOWS("{start: '0 2 31 2 *', duration: 4h}") },
	{ "W12", "day of the month and of the week: both", CLOSED, "2027-08-13T02:00:00Z",
	  "[{start: '0 2 13 * 5', duration: 4h}]", "2027-01-08T03:00:00Z" },
	{ "W12", "which is said", DOUBTED, "only when both",
	  TALOS WINDOWS("{start: '0 2 13 * 5', duration: 4h}") },
	{ "W13", "in the hour that spring leaves out", OPEN, NULL,
	  "[{start: '30 2 * * *', duration: 1h, timezone: Europe/Paris}]", "2027-03-28T01:30:00Z" },
	{ "W13", "and not an hour earlier", CLOSED, "2027-03-28T01:30:00Z",
	  "[{start: '30 2 * * *', duration: 1h, timezone: Europe/Paris}]", "2027-03-28T01:00:00Z" },
	{ "W14", "in the hour that autumn repeats: the first time", OPEN, NULL,
	  "[{start: '30 2 * * *', duration: 30m, timezone: Europe/Paris}]",
	  "2027-10-31T00:30:00Z" },
	{ "W14", "and not the second time", CLOSED, "2027-11-01T01:30:00Z",
	  "[{start: '30 2 * * *', duration: 30m, timezone: Europe/Paris}]",
	  "2027-10-31T01:30:00Z" },
	{ "W15", "a zone that is none", WRONG_FILE, "Mars",
	  TALOS WINDOWS("{start: '0 2 * * *', duration: 4h, timezone: Mars/Olympus}") },
	{ "W15", "six fields", WRONG_FILE, "has 6",
	  TALOS WINDOWS("{start: '0 0 2 * * *', duration: 4h}") },
	{ "W15", "@daily is taken", OPEN, NULL, "[{start: '@daily', duration: 4h}]",
	  "2027-01-02T01:00:00Z" },
	{ "W16", "no duration", WRONG_FILE, "",
	  TALOS WINDOWS("{start: '0 2 * * *', duration: 0s}") },
	{ "W16", "200 hours", WRONG_FILE, "168",
	  TALOS WINDOWS("{start: '0 2 * * *', duration: 200h}") },
	{ "W16", "half an hour", DOUBTED, "short",
	  TALOS WINDOWS("{start: '0 2 * * *', duration: 30m}") },
	{ "W17", "five minutes are left", REFUSED, "2027-01-03T00:00:00Z",
	  TALOS WINDOWS("{start: '0 0 * * *', duration: 5m}") },

	/* health checks */
	{ "H1", "none", GOES, EVERYBODY, TALOS },
	{ "H2", "it holds", GOES, EVERYBODY, TALOS CHECK("expr: 'has(status.conditions)'") },
	{ "H3", "it is false", FAILS, "the expression is false",
	  TALOS CHECK("name: worker0, expr: 'size(status.conditions) == 99', timeout: 1m") },
	{ "H4", "the object is not there", FAILS, "not found",
	  TALOS CHECK("name: nobody, expr: 'true', timeout: 1m") },
	{ "H5", "there is none of the kind", GOES, EVERYBODY,
	  TALOS "  healthChecks:\n  - {apiVersion: batch/v1, kind: Job, expr: 'false'}\n" },
	{ "H6", "none has the labels", FAILS, "no object has these labels",
	  TALOS CHECK("labelSelector: {matchLabels: {a: b}}, expr: 'true', timeout: 1m") },
	{ "H7", "a field that is missing", FAILS, "\"colour\"",
	  TALOS CHECK("name: worker0, expr: 'status.colour == 1', timeout: 1m") },
	{ "H7", "asked for with has()", FAILS, "the expression is false",
	  TALOS CHECK("name: worker0, expr: 'has(status.colour)', timeout: 1m") },
	{ "H8", "it is a text", WRONG_FILE, "", TALOS CHECK("expr: '\"yes\"'") },
	{ "H9", "it does not compile", WRONG_FILE, "", TALOS CHECK("expr: 'status.('") },
	{ "H10", "two that do not hold at once", FAILS, "the expression is false",
	  TALOS CHECK("name: worker0, expr: 'true', timeout: 1m")
	  "  - {apiVersion: v1, kind: Node, name: worker1, expr: 'false', timeout: 1m}\n" },
	{ "H11", "its own time", FAILS, "not within 1m0s",
	  TALOS CHECK("name: worker0, expr: 'false', timeout: 1m") },
	{ "H12", "a time of its own for each", FAILS, "not within 2m0s",
	  TALOS CHECK("name: worker0, expr: 'true', timeout: 30m")
	  "  - {apiVersion: v1, kind: Node, name: worker1, expr: 'false', timeout: 2m}\n" },
	{ "H13", "with hooks before: once", GOES, EVERYBODY,
	  TALOS HOOKS("{name: h, image: busybox}", "") CHECK("expr: 'has(status.conditions)'") },
	{ "H14", "with hooks before: before them", FAILS, "the expression is false",
	  TALOS HOOKS("{name: h, image: busybox}", "")
	  CHECK("name: worker0, expr: 'false', timeout: 1m") },
	{ "H15", "a name and a selector", WRONG_FILE, "not both",
	  TALOS CHECK("name: a, labelSelector: {matchLabels: {a: b}}, expr: 'true'") },

	/* images */
	{ "I1", "of the factory", IMAGE, FACTORY "metal-installer/" S1 ":v1.12.0",
	  .facts = FACTS(.image = FACTORY "metal-installer/" S1 ":v1.11.0", .schematic = S1) },
	{ "I2", "an own factory", IMAGE, "f.example/metal-installer/" S1 ":v1.12.0",
	  .facts = FACTS(.image = GENERIC ":v1.11.0", .schematic = S1,
			 .want_base = "f.example/metal-installer") },
	{ "I3", "an own schematic wins, a slash at the end goes", IMAGE,
	  "f.example/metal-installer/" S2 ":v1.12.0",
	  .facts = FACTS(.image = GENERIC ":v1.11.0", .schematic = S1, .want_schematic = S2,
			 .want_base = "f.example/metal-installer/") },
	{ "I4", "an own factory and no schematic", NO_IMAGE, "schematic",
	  .facts = FACTS(.image = GENERIC ":v1.11.0", .want_base = "f.example/metal-installer") },
	{ "I5", "generic, on metal", IMAGE, FACTORY "metal-installer/" S1 ":v1.12.0",
	  .facts = FACTS(.image = GENERIC ":v1.11.0", .schematic = S1, .platform = "metal") },
	{ "I6", "generic, at a cloud", IMAGE, FACTORY "hcloud-installer/" S1 ":v1.12.0",
	  .facts = FACTS(.image = GENERIC ":v1.11.0", .schematic = S1, .platform = "hcloud") },
	{ "I7", "generic, at one without a flavour", IMAGE, FACTORY "installer/" S1 ":v1.12.0",
	  .facts = FACTS(.image = GENERIC ":v1.11.0", .schematic = S1,
			 .platform = "equinixMetal") },
	{ "I8", "generic, in a container", NO_IMAGE, "",
	  .facts = FACTS(.image = GENERIC ":v1.11.0", .schematic = S1, .platform = "container") },
	{ "I9", "an own image that has no schematic", NO_IMAGE, "",
	  .facts = FACTS(.image = "x.example/own:v1.11.0", .schematic = S1) },
	{ "I10", "generic, extensions of unknown origin", NO_IMAGE, "",
	  .facts = FACTS(.image = GENERIC ":v1.11.0", .extensions = 2) },
	{ "I11", "a mirror of it", NO_IMAGE, "",
	  .facts = FACTS(.image = "x.example/siderolabs/installer:v1.11.0", .extensions = 2) },
	{ "I12", "generic and plain", IMAGE, GENERIC ":v1.12.0",
	  .facts = FACTS(.image = GENERIC ":v1.11.0") },
	{ "I13", "the document of v1.14", SHOWN_BY, "tests/cli/release_1_14.sh: upgrade" },
	{ "I14", "a registry with a port", IMAGE, "registry:5000/x/installer:v1.12.0",
	  .facts = FACTS(.image = "registry:5000/x/installer:v1.11.0") },
	{ "I15", "pulled everywhere first", FAILS, "v1.13.10", TALOS, .before = has_no_image },
	{ "I16", "a pull fails", FAILS, "not found", TALOS, .before = has_no_image },
	{ "I17", "and later it does not", SHOWN_BY,
	  "upgrade_talos, touches_nothing_when_an_image_is_missing" },
	{ "I18", "before v1.13", SHOWN_BY,
	  "upgrade_talos, goes_through_every_minor_with_the_old_call" },
	{ "I19", "a node was made anew", SHOWN_BY,
	  "matrix, upgrade_talos" },
	{ "I20", "the image changes meanwhile", NO_CONTROLLER, "a plan names its images" },
	{ "I21", "prePull: false pulls all the same", GOES, EVERYBODY,
	  HEAD("TalosUpgrade", "fleet") "  talos: {version: v1.13.10, prePull: false}\n" },
	{ "I22", "the registry has none", FAILS, "not found", TALOS, .before = has_no_image },
	{ "I23", "only nodes may reach the registry", NO_CONTROLLER, "only nodes are asked to" },

	/* drains and reboots */
	{ "J1", "as it is by itself", GOES, EVERYBODY, TALOS },
	{ "J2", "two at once", GOES, "control0 control1 worker0 worker1 worker2",
	  TALOS "  parallelism: 2\n" },
	{ "J3", "three at once, control planes too: not they", GOES, NULL,
	  TALOS "  parallelism: 3\n" },
	{ "J4", "more at once than there are", REFUSED, "asks for 9 nodes at once and selects 5",
	  TALOS "  parallelism: 9\n" },
	{ "J5", "one of two fails", FAILS, "booted the old system", TALOS "  parallelism: 2\n",
	  .before = falls_back },
	{ "J6", "a single node", SHOWN_BY, "hops, the_way_from_what_runs_to_what_is_wanted" },
	{ "J7", "placement", DOUBTED, "placement", TALOS "  policy: {placement: soft}\n" },
	{ "J8", "an older talosctl", DOUBTED, "talosctl",
	  TALOS "  talosctl: {image: {tag: v1.12.0}}\n" },
	{ "J9", "nodrain", GOES, EVERYBODY, TALOS "  policy: {nodrain: true}\n" },
	{ "J10", "volumes", GOES, EVERYBODY, TALOS "  policy: {waitForVolumeDetach: true}\n" },
	{ "J11", "a budget that never allows", SHOWN_BY,
	  "declared_runs, a_budget_that_never_allows_is_named" },
	{ "J12", "disableEviction", SHOWN_BY,
	  "declared_runs, a_budget_is_broken_where_that_is_said" },
	{ "J13", "what a drain leaves alone", SHOWN_BY,
	  "tests/peer/kube/drains.c: void case_drain(" },
	{ "J14", "cordoned before", SHOWN_BY, "tests/peer/kube/drains.c: void case_cordon(" },
	{ "J15", "by way of whom", NO_CONTROLLER, "each node is spoken to itself" },
	{ "J16", "no control plane", REFUSED, "control1 is silent", TALOS,
	  .before = control_is_off },
	{ "J17", "timeout", GOES, EVERYBODY, TALOS "  policy: {timeout: 45m}\n" },
	{ "J18", "force", DOUBTED, "force", TALOS "  policy: {force: true}\n" },
	{ "J18", "powercycle and stage", GOES, EVERYBODY,
	  TALOS "  policy: {rebootMode: powercycle, stage: true}\n" },
	{ "J19", "no Job can be made", NO_CONTROLLER, JOBS },
	{ "J20", "a Job of that name", NO_CONTROLLER, JOBS },

	/* nodes that come back or do not */
	{ "V1", "it works", NO_CONTROLLER, JOBS },
	{ "V2", "it reboots", NO_CONTROLLER, JOBS },
	{ "V3", "it is well", GOES, EVERYBODY, TALOS },
	{ "V4", "it is silent for a while", SHOWN_BY,
	  "upgrade_talos, tells_how_a_node_did_not_come_back" },
	{ "V5", "it runs the old version again", FAILS, "booted the old system",
	  TALOS ONE("worker0"),
	  .before = falls_back },
	{ "V6", "nothing was written", FAILS, "no space left on device", TALOS ONE("worker0"),
	  .before = has_no_space },
	{ "V7", "the old version, after it was worked on", FAILS, "booted the old system",
	  TALOS ONE("worker0"), .before = falls_back },
	{ "V8", "well although the answer was lost", SHOWN_BY,
	  "matrix, upgrade_talos" },
	{ "V9", "nobody knows where the Job ran", NO_CONTROLLER, JOBS },
	{ "V10", "it does not come in time", FAILS, "never rebooted", TALOS ONE("worker0"),
	  .before = hangs },
	{ "V11", "the engine was away meanwhile", SHOWN_BY,
	  "matrix, upgrade_files" },
	{ "V12", "and finds the old version", SHOWN_BY,
	  "upgrade_talos, tells_how_a_node_did_not_come_back" },
	{ "V13", "done and rebooting", SHOWN_BY,
	  "matrix, upgrade_files" },
	{ "V14", "it takes for ever", FAILS, "is up again with Talos", TALOS ONE("worker0"),
	  .before = stays_ill },
	{ "V15", "its config names the old image", NO_CONTROLLER,
	  "configs are those of the workspace" },
	{ "V16", "edited meanwhile", SHOWN_BY, "tests/cli/declared.sh: # edited between two goes" },
	{ "V17", "its Node is gone", GOES, EVERYBODY, TALOS, .before = is_forgotten },
	{ "V18", "killed before it could write", SHOWN_BY,
	  "matrix, upgrade_files" },

	/* hooks */
	{ "K1", "two before", GOES, EVERYBODY,
	  TALOS HOOKS("{name: a, image: busybox}, {name: b, image: busybox}", "") },
	{ "K2", "no backoffLimit", GOES, EVERYBODY,
	  TALOS HOOKS("{name: a, image: busybox, command: [sleep, '100']}", "") },
	{ "K3", "one before fails", FAILS, "hook a: ",
	  TALOS HOOKS("{name: a, image: busybox, command: ['false']}, {name: b, image: busybox}",
		      "{name: z, image: busybox}") },
	{ "K4", "one behind fails", GOES, EVERYBODY,
	  TALOS HOOKS("", "{name: z, image: busybox, command: ['false']}") },
	{ "K5", "behind, in good order", GOES, EVERYBODY, TALOS HOOKS("",
	  "{name: z, image: busybox}") },
	{ "K6", "behind, though a node failed", SHOWN_BY,
	  "declared_runs, what_is_behind_runs_however_it_ended" },
	{ "K7", "the window closes between nodes", SHOWN_BY,
	  "declared_runs, what_is_behind_runs_however_it_ended" },
	{ "K8", "two of a name", WRONG_FILE, "",
	  TALOS HOOKS("{name: a, image: x}, {name: a, image: y}", "") },
	{ "K9", "again", SHOWN_BY, "declared_runs, what_is_behind_runs_however_it_ended" },

	/* silences */
	{ "S1", "silences", DOUBTED, "silences",
	  TALOS "  silences: [{matchers: [{name: a, value: b}]}]\n" },
	{ "S2", "while it works", NO_CONTROLLER, NO_ALERTS },
	{ "S3", "renewed", NO_CONTROLLER, NO_ALERTS },
	{ "S4", "given back", NO_CONTROLLER, NO_ALERTS },
	{ "S5", "nobody takes them", GOES, EVERYBODY,
	  TALOS "  silences: [{matchers: [{name: a, value: b}]}]\n" },
	{ "S6", "for too long", NO_CONTROLLER, NO_ALERTS },
	{ "S7", "under another id", NO_CONTROLLER, NO_ALERTS },
	{ "S8", "no Alertmanager", NO_CONTROLLER, NO_ALERTS },
	{ "S9", "between nodes", NO_CONTROLLER, NO_ALERTS },

	/* Kubernetes */
	{ "U1", "all at the version", IDLE, NULL, KUBE("v1.36.3") },
	{ "U2", "all behind it", GOES, NULL, KUBE("v1.36.4") },
	{ "U3", "one control plane is there", SHOWN_BY, "matrix, upgrade_k8s" },
	{ "U4", "kubelets are there, the API is not", SHOWN_BY,
	  "matrix, upgrade_k8s" },
	{ "U5", "a node without a kubelet's version", SHOWN_BY,
	  "upgrade_k8s, refuses_before_anything_when_a_node_is_silent" },
	{ "U6", "the Job works", NO_CONTROLLER, JOBS },
	{ "U7", "only workers are behind", SHOWN_BY, "upgrade_k8s, waits_for_each_kubelet" },
	{ "U8", "a control plane stays behind", SHOWN_BY,
	  "matrix, upgrade_k8s" },
	{ "U9", "it fails for good", SHOWN_BY, "api_server, is_gone_for_good_for_each_verb" },
	{ "U10", "two Jobs", NO_CONTROLLER, JOBS },
	{ "U11", "no control plane", NO_CONTROLLER, "a workspace without one is wrong" },
	{ "U12", "no version of talosctl", NO_CONTROLLER, JOBS },
	{ "U13", "another repository", SHOWN_BY,
	  "upgrade_k8s, takes_images_from_another_repository" },
	{ "U14", "no endpoint", GOES, NULL, KUBE("v1.36.4") },
	{ "U15", "an endpoint without TLS", WRONG_FILE, "https",
	  HEAD("KubernetesUpgrade", "kube")
	  "  kubernetes: {version: v1.36.4, endpoint: 'http://x'}\n" },
	{ "U16", "what an earlier run left", SHOWN_BY,
	  "matrix, upgrade_files" },
	{ "U17", "three minors at once", REFUSED, "", KUBE("v1.39.0") },
	{ "U18", "a Talos that does not run it", REFUSED, "", KUBE("v1.37.0"), .talos = "v1.12.4",
	  .settings = "kubernetes_version: v1.35.4\n" },
	{ "U19", "objects of an API that goes", SHOWN_BY,
	  "upgrade_k8s, names_objects_of_an_api_that_goes" },
	{ "U20", "two of them", WRONG_FILE, "", KUBE("v1.36.4")
	  HEAD("KubernetesUpgrade", "other") "  kubernetes: {version: v1.36.4}\n" },
	{ "U21", "a list that fails once", SHOWN_BY, "matrix, upgrade_k8s" },

	/* what keeps a cluster alive */
	{ "X1", "an alarm of a member", FAILS, "NOSPACE", TALOS, .before = has_an_alarm },
	{ "X2", "two members: told", GOES, EVERYBODY, TALOS },
	{ "X3", "an alarm", FAILS, "NOSPACE", TALOS, .before = has_an_alarm },
	{ "X4", "the leader hands over and is last", GOES, EVERYBODY, TALOS },
	{ "X5", "a member that lags", FAILS, "still to apply", TALOS, .before = lags },
	{ "X6", "a single control plane", SHOWN_BY, "quorum, allowed_or_refused" },
	{ "X7", "etcd cannot be saved", FAILS, "save etcd to a file", TALOS,
	  .before = etcd_is_not_saved },
	{ "X8", "the old image boots", FAILS, "booted the old system", TALOS ONE("worker0"),
	  .before = falls_back },
	{ "X9", "a budget with no room", SHOWN_BY,
	  "declared_runs, a_budget_that_never_allows_is_named" },
	{ "X10", "killed anywhere", SHOWN_BY, "matrix, upgrade_files" },
	{ "X11", "two at once", SHOWN_BY, "tests/cli/two_operators.sh: is told who is at work" },
	{ "X12", "the clock jumps", SHOWN_BY, "tests/flow/test_clock.c: that_jumps" },
	{ "X13", "the API server is away", SHOWN_BY, "api_server, dies_once_inside_each_verb" },
	{ "X14", "certificates change", SHOWN_BY,
	  "upgrade_talos, changes_every_node_and_then_has_nothing_to_do" },
	{ "X15", "extensions are missing", NO_IMAGE, "",
	  .facts = FACTS(.image = GENERIC ":v1.11.0", .extensions = 2) },
};
/* clang-format on */
const size_t conformance_count = ARRAY_LEN(conformance_rows);
