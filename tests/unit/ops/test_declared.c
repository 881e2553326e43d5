#include "ops/declared.h"

#include "base/own.h"
#include "base/str.h"

#include <criterion/criterion.h>
#include <string.h>

#define ZONES TEST_DATA_DIR "/cron/zoneinfo"
#define TALOS "apiVersion: tuppr.home-operations.com/v1alpha1\nkind: TalosUpgrade\n"
#define KUBE "apiVersion: tuppr.home-operations.com/v1alpha1\nkind: KubernetesUpgrade\n"
#define NAMED "metadata: {name: fleet}\n"
#define GOOD "  talos: {version: v1.13.9}\n"

struct outcome {
	struct findings findings;
	struct declared declared;
};

static struct outcome read_text(struct arena *arena, const char *text)
{
	const struct yaml_input input = { .file = "up.yaml", .text = text, .len = strlen(text) };
	const struct declared_place place = { .zones = ZONES, .now = 1790000000 * SECOND };
	struct outcome outcome;
	struct err err = ERR_INIT;

	findings_init(&outcome.findings, arena);
	cr_assert_eq(declared_read(arena, &input, &place, &outcome.declared, &outcome.findings,
				   &err),
		     0, "%s", err.text);
	return outcome;
}

static const char *all_of(struct arena *arena, const struct findings *findings)
{
	const char *text = "";

	for (size_t i = 0; i < findings->len; i++)
		text = arena_printf(arena, "%s%u:%u %s %s %s [%s]\n", text,
				    findings->at[i].src.line, findings->at[i].src.column,
				    findings->at[i].id,
				    findings->at[i].path, findings->at[i].text,
				    findings->at[i].hint ? findings->at[i].hint : "");
	return text;
}

/* Full resources as people write them. */
static const char whole[] =
	TALOS
	"metadata:\n"
	"  name: fleet\n"
	"  annotations: {tuppr.home-operations.com/suspend: change freeze}\n"
	"spec:\n"
	"  talos: {version: v1.13.9, prePull: false}\n"
	"  talosctl: {image: {repository: ghcr.io/x/talosctl, tag: v1.13.9, pullPolicy: Never}}\n"
	"  nodeSelector:\n"
	"    matchExpressions:\n"
	"    - {key: node-role.kubernetes.io/control-plane, operator: DoesNotExist}\n"
	"  parallelism: 2\n"
	"  policy: {debug: false, force: false, nodrain: false, waitForVolumeDetach: true,\n"
	"    placement: soft, rebootMode: powercycle, stage: false,\n"
	"    priorityClassName: system-node-critical, timeout: 45m, drainTimeout: 10m}\n"
	"  maintenance:\n"
	"    windows:\n"
	"    - {start: \"0 2 * * SUN\", duration: 4h, timezone: Europe/Paris}\n"
	"    - {start: \"0 3 * * 1\", duration: 1h}\n"
	"  healthChecks:\n"
	"  - apiVersion: v1\n"
	"    kind: Node\n"
	"    expr: object.status.conditions.exists(c, c.type == \"Ready\" &&\n"
	"      c.status == \"True\")\n"
	"    timeout: 20m\n"
	"    description: every node reports Ready\n"
	"  - {apiVersion: ceph.rook.io/v1, kind: CephCluster, name: rook, namespace: rook,\n"
	"     expr: 'has(status.ceph) && status.ceph.health == \"HEALTH_OK\"'}\n"
	"  hooks:\n"
	"    pre:\n"
	"    - {name: set-noout, image: \"quay.io/ceph/ceph:v19\",\n"
	"       command: [ceph, osd, set, noout],\n"
	"       backoffLimit: 3, volumes: [{name: tmp, emptyDir: {}}],\n"
	"       volumeMounts: [{name: tmp, mountPath: /tmp}]}\n"
	"    post:\n"
	"    - {name: unset-noout, image: \"quay.io/ceph/ceph:v19\", args: [a],\n"
	"       activeDeadlineSeconds: 30}\n"
	"  silences:\n"
	"  - matchers: [{name: alertname, value: \"KubeNode.*\", matchType: \"=~\"}]\n"
	"    maxDuration: 2h\n"
	"---\n" KUBE "metadata: {name: kubernetes}\n"
	"spec:\n"
	"  kubernetes: {version: v1.36.3, imageRepository: registry.example.org/k8s/,\n"
	"    endpoint: \"https://10.0.0.10:6443\"}\n"
	"  maintenance: {windows: [{start: \"0 2 * * 0\", duration: 4h}]}\n"
	"---\n"
	"---\n"
	"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n";

Test(declared, a_whole_file)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct outcome outcome = read_text(arena, whole);
	const struct talos_upgrade *up = outcome.declared.talos;
	const struct kube_upgrade *kube = outcome.declared.kube;

	cr_assert_eq(outcome.findings.errors, 0, "%s", all_of(arena, &outcome.findings));
	cr_assert_eq(outcome.findings.warnings, 0, "%s", all_of(arena, &outcome.findings));
	cr_assert_eq(outcome.declared.taloses, 1);
	cr_assert_str_eq(up->name, "fleet");
	cr_assert_str_eq(up->version, "v1.13.9");
	cr_assert(!up->pre_pull && up->drain && up->wait_for_volumes && !up->force && !up->stage);
	cr_assert(up->powercycle);
	cr_assert_eq(up->timeout, 45 * MINUTE);
	cr_assert_eq(up->drain_timeout, 10 * MINUTE);
	cr_assert_str_eq(up->parallelism, "2");
	cr_assert_str_eq(up->gates.suspended, "change freeze");
	cr_assert_eq(up->gates.windows, 2);
	cr_assert_str_eq(up->gates.window[0].zone.name, "Europe/Paris");
	cr_assert_eq(up->gates.checks, 2);
	cr_assert_eq(up->gates.check[0].timeout, 20 * MINUTE);
	cr_assert_eq(up->gates.check[1].timeout, 10 * MINUTE);
	cr_assert_str_eq(up->gates.check[1].what->namespace, "rook");
	cr_assert_eq(up->hooks_before, 1);
	cr_assert_eq(up->before[0].backoff_limit, 3);
	cr_assert_eq(up->before[0].deadline_s, 600);
	cr_assert_eq(up->before[0].command.len, 4);
	cr_assert_eq(up->after[0].deadline_s, 30);
	cr_assert_str_eq(kube->version, "v1.36.3");
	cr_assert_str_eq(kube->image_repository, "registry.example.org/k8s");
	cr_assert_str_eq(kube->endpoint, "https://10.0.0.10:6443");
	cr_assert_eq(kube->gates.windows, 1);
	cr_assert_null(kube->gates.suspended);
}

Test(declared, defaults)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct outcome outcome = read_text(arena, TALOS NAMED "spec:\n" GOOD);
	const struct talos_upgrade *up = outcome.declared.talos;

	cr_assert_eq(outcome.findings.len, 0, "%s", all_of(arena, &outcome.findings));
	cr_assert(up->pre_pull && up->drain && !up->wait_for_volumes && !up->disable_eviction);
	cr_assert_not(up->powercycle);
	cr_assert_eq(up->timeout, 30 * MINUTE);
	cr_assert_eq(up->drain_timeout, 5 * MINUTE);
	cr_assert_str_eq(up->parallelism, "1");
	cr_assert(!up->has_selector);
	cr_assert_eq(up->gates.windows + up->gates.checks + up->hooks_before + up->hooks_after, 0);
	cr_assert_null(outcome.declared.kube);
}

/* What is said about a resource: an id, a place, and a part of the text or hint. */
/* clang-format off */
static const struct {
	const char *name, *text, *id, *path, *part;
	unsigned line; /* 0: any */
	enum finding_severity severity;
} rows[] = {
	{ "an unknown key", TALOS NAMED "spec:\n" GOOD "  parallelisms: 2\n", "unknown-key",
	  "spec.parallelisms", "parallelism", 6, FINDING_ERROR },
	{ "a key in the policy", TALOS NAMED "spec:\n" GOOD "  policy: {noDrain: true}\n",
	  "unknown-key", "spec.policy.noDrain", "nodrain", 6, FINDING_ERROR },
	{ "a key beside the spec", TALOS NAMED "specs: {}\nspec:\n" GOOD, "unknown-key", "specs",
	  "spec", 4, FINDING_ERROR },
	{ "no version", TALOS NAMED "spec: {talos: {}}\n", "missing-key", "spec.talos.version",
	  NULL, 0, FINDING_ERROR },
	{ "no talos", TALOS NAMED "spec: {}\n", "missing-key", "spec.talos", NULL, 0,
	  FINDING_ERROR },
	{ "no spec", TALOS NAMED, "missing-key", "spec", NULL, 0, FINDING_ERROR },
	{ "no name", TALOS "spec:\n" GOOD, "missing-key", "metadata.name", NULL, 0, FINDING_ERROR
	  },
	{ "a version without v", TALOS NAMED "spec: {talos: {version: 1.13.9}}\n", "bad-version",
	  "spec.talos.version", "as in v1.13.9", 4, FINDING_ERROR },
	{ "half a version", KUBE NAMED "spec: {kubernetes: {version: v1.36}}\n", "bad-version",
	  "spec.kubernetes.version", NULL, 0, FINDING_ERROR },
	{ "parallelism of none", TALOS NAMED "spec:\n" GOOD "  parallelism: 0\n",
	  "bad-parallelism", "spec.parallelism", NULL, 0, FINDING_ERROR },
	{ "a reboot of another kind", TALOS NAMED "spec:\n" GOOD
	  "  policy: {rebootMode: kexec}\n", "bad-choice", "spec.policy.rebootMode", NULL, 0,
	  FINDING_ERROR },
	{ "a timeout in days", TALOS NAMED "spec:\n" GOOD "  policy: {timeout: 1d}\n",
	  "bad-duration", "spec.policy.timeout", NULL, 0, FINDING_ERROR },
	{ "no windows in a list of them", TALOS NAMED "spec:\n" GOOD
	  "  maintenance: {windows: []}\n", "empty", "spec.maintenance.windows", NULL, 0,
	  FINDING_ERROR },
	{ "a date that does not exist", TALOS NAMED "spec:\n" GOOD
	  "  maintenance: {windows: [{start: \"0 2 31 2 *\", duration: 4h}]}\n", "bad-window",
	  "spec.maintenance.windows[0]", "never opens", 6, FINDING_ERROR },
	{ "a zone that does not exist", TALOS NAMED "spec:\n" GOOD
	  "  maintenance: {windows: [{start: \"0 2 * * *\", duration: 4h,"
	  " timezone: Mars/X}]}\n", "bad-window", NULL, "there is no time zone", 0, FINDING_ERROR
	  },
	{ "a window of weeks", TALOS NAMED "spec:\n" GOOD
	  "  maintenance: {windows: [{start: \"0 2 * * *\", duration: 200h}]}\n", "bad-window",
	  NULL, "168 hours", 0, FINDING_ERROR },
	{ "day and weekday", TALOS NAMED "spec:\n" GOOD
	  "  maintenance: {windows: [{start: \"0 2 13 * 5\", duration: 4h}]}\n",
	  "day-and-weekday", NULL, "both", 0, FINDING_WARNING },
	{ "a short window", TALOS NAMED "spec:\n" GOOD
	  "  maintenance: {windows: [{start: \"0 2 * * *\", duration: 30m}]}\n", "short-window",
	  NULL, NULL, 0, FINDING_WARNING },
	{ "local time", TALOS NAMED "spec:\n" GOOD
	  "  maintenance: {windows: [{start: \"0 2 * * *\", duration: 4h,"
	  " timezone: Local}]}\n", "local-time", NULL, "UTC", 0, FINDING_WARNING },
	{ "a check with both", TALOS NAMED "spec:\n" GOOD
	  "  healthChecks:\n  - {apiVersion: v1, kind: Node, name: a, "
	  "expr: 'true', labelSelector: {}}\n", "name-and-selector",
	  "spec.healthChecks[0].labelSelector", NULL, 7, FINDING_ERROR },
	{ "a check that does not compile", TALOS NAMED "spec:\n" GOOD
	  "  healthChecks:\n  - {apiVersion: v1, kind: Node,\n" "     expr: 'status.x =='}\n",
	  "bad-expression", "spec.healthChecks[0].expr", NULL, 8, FINDING_ERROR },
	{ "a check of an unknown name", TALOS NAMED "spec:\n" GOOD
	  "  healthChecks:\n  - {apiVersion: v1, kind: Node, " "expr: 'stauts.x == 1'}\n",
	  "bad-expression", NULL, "stauts", 0, FINDING_ERROR },
	{ "two hooks of a name", TALOS NAMED "spec:\n" GOOD
	  "  hooks:\n    pre:\n    - {name: a, image: x}\n" "    - {name: a, image: y}\n",
	  "duplicate", "spec.hooks.pre[1]", NULL, 9, FINDING_ERROR },
	{ "a hook without image", TALOS NAMED "spec:\n" GOOD "  hooks: {pre: [{name: a}]}\n",
	  "missing-key", "spec.hooks.pre[0].image", NULL, 0, FINDING_ERROR },
	{ "a hook with capitals", TALOS NAMED "spec:\n" GOOD
	  "  hooks: {pre: [{name: A, image: x}]}\n", "bad-name", "spec.hooks.pre[0].name", NULL,
	  0, FINDING_ERROR },
	{ "a selector of none", TALOS NAMED "spec:\n" GOOD
	  "  nodeSelector: {matchLabel: {a: b}}\n", "unknown-key", "spec.nodeSelector.matchLabel",
	  "matchLabels", 0, FINDING_ERROR },
	{ "silences have no effect", TALOS NAMED "spec:\n" GOOD
	  "  silences: [{matchers: [{name: a, value: b}], maxDuration: 2h}]\n", "no-effect",
	  "spec.silences", "no alerts", 6, FINDING_NOTE },
	{ "nor has talosctl", KUBE NAMED
	  "spec:\n  kubernetes: {version: v1.36.3}\n  talosctl: {image: {tag: v1.13.9}}\n",
	  "no-effect", "spec.talosctl", NULL, 6, FINDING_NOTE },
	{ "nor has a placement", TALOS NAMED "spec:\n" GOOD "  policy: {placement: hard}\n",
	  "no-effect", "spec.policy.placement", NULL, 0, FINDING_NOTE },
	{ "force", TALOS NAMED "spec:\n" GOOD "  policy: {force: true}\n", "no-force", NULL,
	  "etcd", 0, FINDING_WARNING },
	{ "a drain of an earlier shape", TALOS NAMED "spec:\n" GOOD
	  "  drain: {enabled: true, deleteLocalData: true}\n", "old-key",
	  "spec.drain.deleteLocalData", NULL, 6, FINDING_WARNING },
	{ "a drain that says nothing", TALOS NAMED "spec:\n" GOOD "  drain: {force: true}\n",
	  "missing-key", "spec.drain.enabled", NULL, 0, FINDING_ERROR },
	{ "hostAliases", KUBE NAMED "spec: {kubernetes: {version: v1.36.3, hostAliases: []}}\n",
	  "old-key", "spec.kubernetes.hostAliases", NULL, 0, FINDING_WARNING },
	{ "maintenanceWindow", TALOS NAMED "spec:\n" GOOD "  maintenanceWindow: {}\n", "old-key",
	  "spec.maintenanceWindow", "maintenance: {windows", 0, FINDING_ERROR },
	{ "spec.version", TALOS NAMED "spec: {version: v1.13.9}\n", "old-key", "spec.version",
	  "talos: {version", 4, FINDING_ERROR },
	{ "another group", "apiVersion: tuppr.io/v1alpha1\nkind: TalosUpgrade\n" NAMED "spec:\n"
	  GOOD, "bad-api-version", "apiVersion", "tuppr.home-operations.com/v1alpha1", 1,
	  FINDING_ERROR },
	{ "another kind", "apiVersion: tuppr.home-operations.com/v1alpha1\nkind: TalosUpgrades\n"
	  NAMED, "bad-kind", "kind", NULL, 0, FINDING_ERROR },
	{ "two for Kubernetes", KUBE NAMED "spec: {kubernetes: {version: v1.36.3}}\n---\n" KUBE
	  NAMED "spec: {kubernetes: {version: v1.36.3}}\n", "duplicate", NULL, "fleet", 0,
	  FINDING_ERROR },
	{ "an endpoint without TLS", KUBE NAMED
	  "spec: {kubernetes: {version: v1.36.3, endpoint: \"http://x\"}}\n", "bad-endpoint",
	  "spec.kubernetes.endpoint", NULL, 0, FINDING_ERROR },
	{ "an empty file", "# nothing\n", "nothing-declared", "", NULL, 1, FINDING_ERROR },
	{ "only others", "apiVersion: v1\nkind: Secret\n", "nothing-declared", NULL, NULL, 0,
	  FINDING_ERROR },
	{ "a list", "[a]\n", "bad-kind", "kind", NULL, 0, FINDING_ERROR },
};
/* clang-format on */

static const struct finding *find(const struct findings *findings, const char *id)
{
	for (size_t i = 0; i < findings->len; i++)
		if (strcmp(findings->at[i].id, id) == 0)
			return &findings->at[i];
	return NULL;
}

Test(declared, what_is_said)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct outcome outcome = read_text(arena, rows[i].text);
		const struct finding *found = find(&outcome.findings, rows[i].id);
		const char *all = all_of(arena, &outcome.findings);

		cr_assert_not_null(found, "%s:\n%s", rows[i].name, all);
		cr_assert_eq(found->severity, rows[i].severity, "%s:\n%s", rows[i].name, all);
		if (rows[i].path)
			cr_assert_str_eq(found->path, rows[i].path, "%s", rows[i].name);
		if (rows[i].part)
			cr_assert(strstr(found->text, rows[i].part) ||
					  (found->hint && strstr(found->hint, rows[i].part)),
				  "%s:\n%s", rows[i].name, all);
		if (rows[i].line)
			cr_assert_eq(found->src.line, rows[i].line, "%s:\n%s", rows[i].name, all);
		if (rows[i].severity != FINDING_ERROR)
			cr_assert_eq(outcome.findings.errors, 0, "%s:\n%s", rows[i].name, all);
	}
}

/* Selectors of the upgrades in a file, and which of them each of three nodes gets: a digit, or -.
 * The nodes: cp (role: control), w-1 (role: worker), w-2 (role: worker, gpu: yes). */
/* clang-format off */
static const struct {
	const char *name, *selector[2], *parallelism, *share, *says;
} matches[] = {
	{ "all", { "{}" }, "1", "000", NULL },
	{ "workers", { "{matchLabels: {role: worker}}" }, "2", "-00", NULL },
	{ "one each", { "{matchLabels: {role: control}}", "{matchLabels: {role: worker}}" }, "1",
	  "011", NULL },
	{ "two for one", { "{matchLabels: {role: worker}}",
	  "{matchExpressions: [{key: gpu, operator: Exists}]}" }, "1", NULL,
	  "w-2 is selected by TalosUpgrade u0 and by u1" },
	{ "none", { "{matchLabels: {role: robot}}" }, "1", NULL, "TalosUpgrade u0 selects no node"
	  },
	{ "more at once than there are", { "{matchLabels: {role: worker}}" }, "3", NULL,
	  "TalosUpgrade u0 asks for 3 nodes at once and selects 2" },
	{ "all of them at once", { "{}" }, "100%", "000", NULL },
};
/* clang-format on */

static const struct value *labels_of(struct arena *arena, const char *role, bool gpu)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "role", value_str(arena, role));
	if (gpu)
		map_add(map, "gpu", value_str(arena, "yes"));
	return map_end(map);
}

Test(declared, each_node_has_one_upgrade_at_most)
{
	for (size_t i = 0; i < ARRAY_LEN(matches); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const struct declared_node nodes[] = {
			{ "cp", labels_of(arena, "control", false) },
			{ "w-1", labels_of(arena, "worker", false) },
			{ "w-2", labels_of(arena, "worker", true) },
		};
		size_t share[ARRAY_LEN(nodes)];
		struct err err = ERR_INIT;
		const char *text = "";

		for (size_t k = 0; k < 2 && matches[i].selector[k]; k++)
			text = arena_printf(arena,
					    "%s---\n" TALOS "metadata: {name: u%zu}\nspec:\n" GOOD
					    "  nodeSelector: %s\n  parallelism: %s\n",
					    text, k, matches[i].selector[k],
					    matches[i].parallelism);
		struct outcome outcome = read_text(arena, text);

		cr_assert_eq(outcome.findings.errors, 0, "%s", all_of(arena, &outcome.findings));
		int r = declared_match(&outcome.declared, nodes, ARRAY_LEN(nodes), share, &err);

		cr_assert_eq(r, matches[i].share ? 0 : -1, "%s: %s", matches[i].name, err.text);
		if (!matches[i].share) {
			cr_assert_str_eq(err.text, matches[i].says);
			cr_assert_eq(err.kind, ERR_REFUSED);
			continue;
		}
		for (size_t k = 0; k < ARRAY_LEN(nodes); k++)
			cr_assert_eq(share[k] == DECLARED_NONE ? '-' : (char)('0' + share[k]),
				     matches[i].share[k], "%s", matches[i].name);
	}
}

Test(declared, annotations_of_nodes)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct map_builder *map = map_begin(arena);
	struct node_override over;
	struct err err = ERR_INIT;

	cr_assert_eq(node_override_read("a", NULL, &over, &err), 0);
	cr_assert(!over.version && !over.factory_url && !over.schematic);
	map_add(map, "tuppr.home-operations.com/version", value_str(arena, "v1.13.1"));
	map_add(map, "tuppr.home-operations.com/factory-url", value_str(arena, " "));
	map_add(map, "tuppr.home-operations.com/schematic", value_str(arena, "abc"));

	const struct value *good = map_end(map);

	cr_assert_eq(node_override_read("a", good, &over, &err), 0);
	cr_assert_str_eq(over.version, "v1.13.1");
	cr_assert_null(over.factory_url);
	cr_assert_str_eq(over.schematic, "abc");
	cr_assert_lt(node_override_read("a",
					value_set(arena, good, "tuppr.home-operations.com/version",
						  value_str(arena, "latest")),
					&over, &err),
		     0);
	cr_assert_str_eq(err.text, "a: its annotation tuppr.home-operations.com/version is no "
				   "version: latest");
}

Test(declared, no_yaml_is_an_error)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *text = "a: [\n";
	const struct yaml_input input = { .file = "up.yaml", .text = text, .len = strlen(text) };
	const struct declared_place place = { .zones = ZONES };
	struct findings findings;
	struct declared declared;
	struct err err = ERR_INIT;

	findings_init(&findings, arena);
	cr_assert_lt(declared_read(arena, &input, &place, &declared, &findings, &err), 0);
	cr_assert_eq(err_exit_code(err.kind), 3);
}

Test(declared, the_key_upgrade_of_a_cluster_is_judged_the_same_way)
{
	static const char text[] = "upgrade:\n"
				   "  windows: [{start: \"0 2 31 2 *\", duration: 4h}]\n"
				   "  health_checks: [{apiVersion: v1, kind: Node,"
				   " expr: \"1 +\"}]\n";
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct yaml_input input = { .file = "cluster.yaml",
					  .text = text,
					  .len = sizeof(text) - 1 };
	const struct declared_place place = { .zones = ZONES, .now = 1790000000 * SECOND };
	struct cluster cluster = { .arena = arena };
	struct yaml_documents documents;
	struct declared_gates gates;
	struct findings findings;

	findings_init(&findings, arena);
	cr_assert_eq(yaml_read(arena, &input, &documents, NULL), 0);
	cluster.raw = documents.at[0];
	cr_assert_eq(value_decode(value_get(cluster.raw, "upgrade"), upgrade_fields, "upgrade",
				  &cluster.upgrade, &findings),
		     0);
	upgrade_check(arena, &cluster, &place, &gates, &findings);
	cr_assert_eq(findings.errors, 2, "%s", all_of(arena, &findings));
	cr_assert_str_eq(find(&findings, "bad-window")->path, "upgrade.windows[0]");
	cr_assert_str_eq(find(&findings, "bad-expression")->path, "upgrade.health_checks[0].expr");
	cr_assert_eq(find(&findings, "bad-expression")->src.line, 3);
}
