#include "ops/drift.h"

#include "base/clock.h"
#include "base/own.h"
#include "base/str.h"
#include "base/text.h"
#include "ops/apply.h"
#include "ops/observe.h"
#include "unit/ops/sites.h"

#include <criterion/criterion.h>
#include <string.h>

/* ---- live or reboot ---------------------------------------------------------------------- */

struct effect_row {
	const char *kind, *path;
	enum drift_effect effect;
};

static const struct effect_row effects[] = {
	{ "v1alpha1", "debug", EFFECT_LIVE },
	{ "v1alpha1", "version", EFFECT_REBOOT },
	{ "v1alpha1", "persist", EFFECT_REBOOT },
	{ "v1alpha1", "cluster", EFFECT_LIVE },
	{ "v1alpha1", "cluster.apiServer.certSANs[0]", EFFECT_LIVE },
	{ "v1alpha1", "cluster.network.cni.name", EFFECT_LIVE },
	{ "v1alpha1", "cluster.inlineManifests[2].contents", EFFECT_LIVE },
	{ "v1alpha1", "machine.type", EFFECT_REBOOT },
	{ "v1alpha1", "machine.token", EFFECT_REBOOT },
	{ "v1alpha1", "machine.ca.crt", EFFECT_LIVE },
	{ "v1alpha1", "machine.acceptedCAs[0].crt", EFFECT_LIVE },
	{ "v1alpha1", "machine.certSANs[1]", EFFECT_LIVE },
	{ "v1alpha1", "machine.controlPlane.scheduler.disabled", EFFECT_LIVE },
	{ "v1alpha1", "machine.kubelet.image", EFFECT_LIVE },
	{ "v1alpha1", "machine.kubelet.extraArgs[\"a.b\"]", EFFECT_LIVE },
	{ "v1alpha1", "machine.pods[0].spec", EFFECT_LIVE },
	{ "v1alpha1", "machine.network.hostname", EFFECT_LIVE },
	{ "v1alpha1", "machine.network.interfaces[0].addresses[0]", EFFECT_LIVE },
	{ "v1alpha1", "machine.disks[0].device", EFFECT_REBOOT },
	{ "v1alpha1", "machine.install.disk", EFFECT_LIVE },
	{ "v1alpha1", "machine.install.extraKernelArgs[0]", EFFECT_LIVE },
	{ "v1alpha1", "machine.files[0].content", EFFECT_REBOOT },
	{ "v1alpha1", "machine.env.http_proxy", EFFECT_REBOOT },
	{ "v1alpha1", "machine.time.servers[0]", EFFECT_LIVE },
	{ "v1alpha1", "machine.sysctls[\"vm.max_map_count\"]", EFFECT_LIVE },
	{ "v1alpha1", "machine.sysfs[\"a.b\"]", EFFECT_LIVE },
	{ "v1alpha1", "machine.registries.mirrors.x", EFFECT_LIVE },
	{ "v1alpha1", "machine.systemDiskEncryption.state.provider", EFFECT_REBOOT },
	{ "v1alpha1", "machine.features.rbac", EFFECT_REBOOT },
	{ "v1alpha1", "machine.features.diskQuotaSupport", EFFECT_REBOOT },
	{ "v1alpha1", "machine.features.kubePrism.port", EFFECT_LIVE },
	{ "v1alpha1", "machine.features.hostDNS.enabled", EFFECT_LIVE },
	{ "v1alpha1", "machine.features.hostDNSOther", EFFECT_REBOOT },
	{ "v1alpha1", "machine.features.imageCache.localEnabled", EFFECT_LIVE },
	{ "v1alpha1", "machine.features.nodeAddressSortAlgorithm", EFFECT_LIVE },
	{ "v1alpha1", "machine.features.kubernetesTalosAPIAccess.enabled", EFFECT_LIVE },
	{ "v1alpha1", "machine.udev.rules[0]", EFFECT_REBOOT },
	{ "v1alpha1", "machine.logging.destinations[0].endpoint", EFFECT_LIVE },
	{ "v1alpha1", "machine.kernel.modules[0].name", EFFECT_LIVE },
	{ "v1alpha1", "machine.seccompProfiles[0].name", EFFECT_LIVE },
	{ "v1alpha1", "machine.nodeLabels.rack", EFFECT_LIVE },
	{ "v1alpha1", "machine.nodeAnnotations.rack", EFFECT_LIVE },
	{ "v1alpha1", "machine.nodeTaints.rack", EFFECT_LIVE },
	{ "v1alpha1", "machine.baseRuntimeSpecOverrides.process", EFFECT_REBOOT },
	{ "HostnameConfig", "hostname", EFFECT_LIVE },
	{ "LinkConfig", "addresses[0].address", EFFECT_LIVE },
	{ "UserVolumeConfig", "provisioning.minSize", EFFECT_LIVE },
	{ "VolumeConfig", "encryption.provider", EFFECT_LIVE },
};

Test(drift, every_path_is_live_or_needs_a_boot)
{
	for (size_t i = 0; i < ARRAY_LEN(effects); i++)
		cr_assert_eq(drift_effect_of(effects[i].kind, effects[i].path), effects[i].effect,
			     "%s %s", effects[i].kind, effects[i].path);
}

/* ---- comparing --------------------------------------------------------------------------- */

#define MAIN                  \
	"version: v1alpha1\n" \
	"machine:\n"          \
	"    type: worker\n"  \
	"    token: abcdef.0123456789abcdef\n"

#define SYSCTL(value) "    sysctls:\n        kernel.panic: \"" value "\"\n"
#define HOSTNAME(name) "---\napiVersion: v1alpha1\nkind: HostnameConfig\nhostname: " name "\n"
#define DUMMY(name) "---\napiVersion: v1alpha1\nkind: DummyLinkConfig\nname: " name "\n"

struct drift_row {
	const char *name;
	const char *live, *next, *base, *wanted;
	const char *said; /* documents and entries, then what is lost */
};

static const struct drift_row rows[] = {
	{ "equal", MAIN, NULL, NULL, MAIN, "" },
	{ "other layout", MAIN "# a remark\n", NULL, NULL, MAIN, "" },
	{ "a live value", MAIN SYSCTL("1"), NULL, MAIN SYSCTL("1"), MAIN SYSCTL("2"),
	  "v1alpha1 live [- machine.sysctls[\"kernel.panic\"]: 1|"
	  "+ machine.sysctls[\"kernel.panic\"]: 2]" },
	{ "a document comes", MAIN, NULL, MAIN, MAIN HOSTNAME("a"),
	  "HostnameConfig live [+ apiVersion: v1alpha1|+ kind: HostnameConfig|+ hostname: a]" },
	{ "a document goes", MAIN HOSTNAME("a"), NULL, MAIN HOSTNAME("a"), MAIN,
	  "HostnameConfig live [- apiVersion: v1alpha1|- kind: HostnameConfig|- hostname: a]" },
	{ "named documents are told apart", MAIN DUMMY("d0"), NULL, MAIN DUMMY("d0"),
	  MAIN DUMMY("d0") DUMMY("d1"),
	  "DummyLinkConfig/d1 live [+ apiVersion: v1alpha1|+ kind: DummyLinkConfig|+ name: d1]" },
	{ "a boot", MAIN, NULL, MAIN, MAIN "    env:\n        A: b\n",
	  "v1alpha1 reboot [+ machine.env.A: b]" },
	{ "a secret", MAIN, NULL, MAIN,
	  "version: v1alpha1\nmachine:\n    type: worker\n    token: abcdef.fedcba9876543210\n",
	  "v1alpha1 reboot [- machine.token: ***|+ machine.token: ***]" },
	{ "an edited value", MAIN SYSCTL("3"), NULL, MAIN SYSCTL("1"), MAIN SYSCTL("1"),
	  "v1alpha1 live [- machine.sysctls[\"kernel.panic\"]: 3|"
	  "+ machine.sysctls[\"kernel.panic\"]: 1] lost machine.sysctls[\"kernel.panic\"]" },
	{ "an edited value that both changed", MAIN SYSCTL("3"), NULL, MAIN SYSCTL("1"),
	  MAIN SYSCTL("2"),
	  "v1alpha1 live [- machine.sysctls[\"kernel.panic\"]: 3|"
	  "+ machine.sysctls[\"kernel.panic\"]: 2] lost machine.sysctls[\"kernel.panic\"]" },
	{ "an added value", MAIN SYSCTL("3"), NULL, MAIN, MAIN,
	  "v1alpha1 live [- machine.sysctls[\"kernel.panic\"]: 3] "
	  "lost machine.sysctls[\"kernel.panic\"]" },
	{ "a removed value", MAIN, NULL, MAIN SYSCTL("1"), MAIN SYSCTL("1"),
	  "v1alpha1 live [+ machine.sysctls[\"kernel.panic\"]: 1] "
	  "lost machine.sysctls[\"kernel.panic\"]" },
	{ "an added document", MAIN DUMMY("d0"), NULL, MAIN, MAIN,
	  "DummyLinkConfig/d0 live [- apiVersion: v1alpha1|- kind: DummyLinkConfig|- name: d0] "
	  "lost DummyLinkConfig/d0" },
	{ "a removed document", MAIN, NULL, MAIN DUMMY("d0"), MAIN DUMMY("d0"),
	  "DummyLinkConfig/d0 live [+ apiVersion: v1alpha1|+ kind: DummyLinkConfig|+ name: d0] "
	  "lost DummyLinkConfig/d0" },
	{ "an added document that a patch of ours changed", MAIN DUMMY("d0") "mtu: 9000\n", NULL,
	  MAIN DUMMY("d0"), MAIN,
	  "DummyLinkConfig/d0 live [- apiVersion: v1alpha1|- kind: DummyLinkConfig|- name: d0|"
	  "- mtu: 9000] lost DummyLinkConfig/d0.mtu" },
	{ "an edit that is wanted too", MAIN SYSCTL("2"), NULL, MAIN SYSCTL("1"),
	  MAIN SYSCTL("2"), "" },
	{ "nothing is known of before", MAIN SYSCTL("1"), NULL, NULL, MAIN SYSCTL("2"),
	  "v1alpha1 live [- machine.sysctls[\"kernel.panic\"]: 1|"
	  "+ machine.sysctls[\"kernel.panic\"]: 2] lost machine.sysctls[\"kernel.panic\"]" },
	{ "what was before cannot be read", MAIN, NULL, "{", MAIN SYSCTL("2"),
	  "v1alpha1 live [+ machine.sysctls[\"kernel.panic\"]: 2]" },
	{ "staged", MAIN, MAIN SYSCTL("2"), MAIN, MAIN SYSCTL("2"),
	  "v1alpha1 live [+ machine.sysctls[\"kernel.panic\"]: 2] staged" },
	{ "another one is staged", MAIN, MAIN SYSCTL("3"), MAIN, MAIN SYSCTL("2"),
	  "v1alpha1 live [+ machine.sysctls[\"kernel.panic\"]: 2]" },
	{ "on trial", MAIN SYSCTL("2"), MAIN, MAIN, MAIN SYSCTL("2"), " unsaved" },
};

static void describe_document(struct arena *arena, struct str *out,
			      const struct drift_document *document)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < document->len; i++)
		drift_entry_lines(arena, &document->at[i], false, list);
	const struct value *lines = list_end(list);

	str_addf(out, "%s%s %s [", out->len ? " " : "", drift_document_name(arena, document),
		 drift_effect_name(document->effect));
	for (size_t i = 0; i < value_len(lines); i++)
		str_addf(out, "%s%s", i ? "|" : "", value_text(value_at(lines, i)));
	str_add(out, "]");
}

static const char *describe(struct arena *arena, const struct drift *drift)
{
	struct str out SCOPED(str_done) = STR_INIT(1 << 16);

	for (size_t i = 0; i < drift->len; i++)
		describe_document(arena, &out, &drift->at[i]);
	for (size_t i = 0; i < drift->losses; i++)
		str_addf(&out, " lost %s", drift->lost[i]);
	str_add(&out, drift->staged ? " staged" : "");
	str_add(&out, drift->unsaved ? " unsaved" : "");
	return arena_str(arena, str_text(&out));
}

Test(drift, tells_what_changes_and_what_is_lost)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const struct drift_input input = { rows[i].live, rows[i].next, rows[i].base,
						   rows[i].wanted, "v1.13.9" };
		struct err err = ERR_INIT;
		struct drift drift;

		cr_assert_eq(drift_compare(arena, &input, &drift, &err), 0, "%s: %s", rows[i].name,
			     err.text);
		cr_assert_str_eq(describe(arena, &drift), rows[i].said, "%s: %s", rows[i].name,
				 describe(arena, &drift));
		cr_assert_eq(drift_has_config(&drift), *rows[i].said != '\0', "%s", rows[i].name);
	}
}

Test(drift, shows_a_secret_only_when_it_is_asked_to)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct drift_input input = {
		.live = MAIN,
		.wanted = "version: v1alpha1\nmachine:\n    type: worker\n    token: other.token\n",
	};
	struct list_builder *open = list_begin(arena);
	struct drift drift;

	cr_assert_eq(drift_compare(arena, &input, &drift, NULL), 0);
	cr_assert_eq(drift.len, 1);
	drift_entry_lines(arena, &drift.at[0].at[0], true, open);
	cr_assert_str_eq(value_text(value_at(list_end(open), 1)), "+ machine.token: other.token");
}

Test(drift, a_config_that_cannot_be_read_is_an_error_without_its_text)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct drift_input input = { .live = "machine: {token: secret-text", .wanted = MAIN };
	struct err err = ERR_INIT;
	struct drift drift;

	cr_assert_lt(drift_compare(arena, &input, &drift, &err), 0);
	cr_assert_eq(err.kind, ERR_INPUT);
	cr_assert_not(strstr(err.text, "secret-text"));
}

Test(drift, versions_differ_only_where_both_are_known)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct cluster cluster = racks;
	struct node node = racks.node[0];
	struct node_state state = { .node = &node, .talos = "v1.13.8", .kubelet = "v1.36.2" };
	struct drift drift = { 0 };

	cluster.talos = "v1.13.9";
	cluster.kubernetes = "v1.36.3";
	drift_versions(arena, &state, NULL, &cluster, &drift);
	cr_assert(drift.talos.differs && drift.kubernetes.differs && !drift.schematic.differs);
	cr_assert_str_eq(drift_word(&drift), "upgrade");

	node.schematic_id = "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba";
	state.schematic = "";
	state.talos = NULL;
	drift_versions(arena, &state, NULL, &cluster, &drift);
	cr_assert(!drift.talos.differs && !drift.schematic.differs, "the plain one is none");

	node.schematic_id = "476567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba";
	drift_versions(arena, &state, NULL, &cluster, &drift);
	cr_assert(drift.schematic.differs);
}

/* ---- plans ------------------------------------------------------------------------------- */

struct plan_row {
	const char *name;
	const char *states; /* unit/ops/sites.h */
	enum apply_way way;
	size_t node;	   /* that differs */
	bool cold, locked; /* it needs a boot; it is locked */
	bool upgrade;	   /* its config is for another Kubernetes */
	enum err_kind refused;
	const char *said; /* the refusal, or a piece of the plan */
};

/* clang-format off */
static const struct plan_row plans[] = {
	{ .name = "live", .states = "eeooo", .node = 2, .said = "send-config  worker0" },
	{ .name = "boot", .states = "eeooo", .node = 2, .cold = true, .said = "reboot" },
	{ .name = "bare", .states = "eeobo", .node = 2, .said = "apply-config  worker1" },
	{ .name = "silent", .states = "eeoso", .node = 2, .said = "reach        worker1" },
	{ .name = "denied", .states = "eeodo", .node = 2, .refused = ERR_AUTH,
	  .said = "configured, but not for us" },
	{ .name = "locked and live", .states = "eeooo", .node = 2, .locked = true,
	  .said = "send-config  worker0" },
	{ .name = "locked and boot", .states = "eeooo", .node = 2, .cold = true, .locked = true,
	  .refused = ERR_REFUSED, .said = "worker0 is locked and would be rebooted" },
	{ .name = "locked and staged", .states = "eeooo", .node = 2, .cold = true,
	  .locked = true, .way = APPLY_LATER, .said = "send-config  worker0" },
	{ .name = "no-reboot", .states = "eeooo", .node = 2, .cold = true, .way = APPLY_LIVE,
	  .refused = ERR_REFUSED, .said = "cannot change without a reboot" },
	{ .name = "try", .states = "eeooo", .node = 2, .cold = true, .way = APPLY_ON_TRIAL,
	  .refused = ERR_REFUSED, .said = "cannot change without a reboot" },
	{ .name = "bare and staged", .states = "eeobo", .node = 2, .way = APPLY_LATER,
	  .refused = ERR_REFUSED, .said = "would be installed" },
	{ .name = "Kubernetes", .states = "eeooo", .node = 2, .upgrade = true,
	  .refused = ERR_REFUSED, .said = "runs Kubernetes v1.36.2" },
	{ .name = "etcd is not whole", .states = "eoooo", .node = 0, .cold = true,
	  .refused = ERR_REFUSED, .said = "etcd does not run on every control plane" },
	{ .name = "etcd is not whole, live", .states = "eoooo", .node = 0,
	  .said = "send-config  control0" },
};
/* clang-format on */

static void prepare(struct arena *arena, const struct plan_row *row, struct inventory *out)
{
	struct cluster *cluster = arena_dup(arena, &racks, sizeof(racks));
	struct node *nodes = arena_dup(arena, racks.node, racks.nodes * sizeof(*nodes));
	struct drift *drifts = arena_calloc(arena, racks.nodes, sizeof(*drifts));
	struct drift *drift = &drifts[row->node];

	cluster->node = nodes;
	nodes[row->node].locked = row->locked ? "its fan is loud" : NULL;
	site_inventory(arena, cluster, row->states, out);
	for (size_t i = 0; i < out->len; i++)
		out->at[i].drift = out->at[i].sight == SIGHT_OURS ? &drifts[i] : NULL;

	const struct drift_input input = {
		.live = MAIN,
		.base = MAIN,
		.wanted = row->cold ? MAIN "    env:\n        A: b\n" : MAIN SYSCTL("1"),
	};
	cr_assert_eq(drift_compare(arena, &input, drift, NULL), 0);
	if (row->upgrade)
		drift->kubernetes = (struct drift_version){ "v1.36.2", "v1.36.3", true };
}

Test(drift, apply_plans_or_refuses_before_anything)
{
	for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
		const struct plan_row *row = &plans[i];
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct plan *plan OWNED(plan_free) = NULL;
		struct str text SCOPED(str_done) = STR_INIT(1 << 16);
		const struct apply_options options = { .way = row->way, .trial = 60 * SECOND };
		struct inventory inventory;
		const struct operation_input input = { .inventory = &inventory,
						       .options = &options };
		struct err err = ERR_INIT;

		prepare(arena, row, &inventory);
		int r = operation_apply.plan(&input, &plan, &err);

		cr_assert_eq(err.kind, row->refused, "%s: %s", row->name, err.text);
		cr_assert_eq(r, row->refused ? -1 : 0, "%s", row->name);
		if (plan)
			plan_text(&text, plan);
		cr_assert(strstr(plan ? str_text(&text) : err.text, row->said), "%s:\n%s%s",
			  row->name, str_text(&text), err.text);
	}
}

Test(drift, control_planes_come_one_by_one_and_workers_by_width)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct plan_row row = { .states = "eeooo", .node = 0, .cold = true };
	struct inventory inventory;

	prepare(arena, &row, &inventory);
	for (size_t i = 0; i < inventory.len; i++)
		inventory.at[i].drift = inventory.at[0].drift;
	for (unsigned width = 1; width <= 3; width++) {
		const struct operation_input input = { .inventory = &inventory,
						       .max_parallel = width };
		struct plan *plan OWNED(plan_free) = NULL;
		struct err err = ERR_INIT;
		unsigned gates = 0, free_workers = 0;

		cr_assert_eq(operation_apply.plan(&input, &plan, &err), 0, "%s", err.text);
		for (size_t i = 0; i < plan->len; i++) {
			const struct step *step = &plan->at[i];
			bool first = strcmp(step->kind->name, "drain") == 0;

			gates += strcmp(step->kind->name, "etcd-well") == 0;
			free_workers += first && text_starts(step->target, "worker") &&
					step->afters == 1;
			if (first && strcmp(step->target, "control1") == 0)
				cr_assert_eq(step->afters, 1);
		}
		cr_assert_eq(gates, 3, "before each and after the last");
		cr_assert_eq(free_workers, width);
	}
}
