#include "ops/hops.h"

#include "base/own.h"
#include "base/str.h"
#include "ops/releases.h"

#include <criterion/criterion.h>
#include <string.h>

#define NODES_MAX 4
#define HOLDS_MAX 2

/* A hop prints as t1.12.11(a b) or k1.34.13(a b); what is held behind them as -w-1@v1.11.6. */
/* clang-format off */
static const struct {
	const char *name;
	struct hop_node nodes[NODES_MAX];
	struct hop_goal goal;
	struct hold holds[HOLDS_MAX];
	const char *hops; /* NULL: refused */
	const char *says; /* the refusal, or a note */
} rows[] = {
	{ "nothing to do", { { "a", "v1.13.9", NULL, NULL, true } }, { .talos = "1.13.9" }, { { 0
	  } }, "", NULL },
	{ "a patch", { { "a", "v1.13.2", NULL, NULL, true } }, { .talos = "v1.13.9" }, { { 0 } },
	  "t1.13.9(a)", NULL },
	{ "the next minor", { { "a", "1.12.3", NULL, NULL, true } }, { .talos = "1.13.1" }, { { 0
	  } }, "t1.13.1(a)", NULL },
	{ "minors in between", { { "a", "v1.9.1", NULL, NULL, true } }, { .talos = "v1.12.0" }, {
	  { 0 } }, "t1.10.9(a) t1.11.6(a) t1.12.0(a)", NULL },
	{ "a release candidate to the release", { { "a", "v1.14.0-rc.1", NULL, NULL, true } }, {
	  .talos = "v1.14.0" }, { { 0 } }, "t1.14.0(a)", NULL },
	{ "to a pre-release", { { "a", "v1.13.9", NULL, NULL, true } }, { .talos = "v1.14.0-rc.1"
	  }, { { 0 } }, "t1.14.0-rc.1(a)", "Talos v1.14.0-rc.1 is a pre-release" },
	{ "back to a release candidate", { { "a", "v1.14.0", NULL, NULL, true } }, { .talos =
	  "v1.14.0-rc.1" }, { { 0 } }, NULL,
	  "a runs Talos v1.14.0; going to v1.14.0-rc.1 would be a downgrade" },
	{ "a downgrade", { { "a", "v1.13.0", NULL, NULL, true } }, { .talos = "v1.6.0" }, { { 0 }
	  }, NULL, "a runs Talos v1.13.0; going to v1.6.0 would be a downgrade" },
	{ "an unknown release of the next minor", { { "a", "v1.98.0", NULL, NULL, true } }, {
	  .talos = "v1.99.3" }, { { 0 } }, "t1.99.3(a)", NULL },
	{ "over an unknown minor", { { "a", "v1.97.0", NULL, NULL, true } }, { .talos = "v1.99.3"
	  }, { { 0 } }, NULL, "a runs Talos v1.97.0; going to v1.99.3 would skip a minor release"
	  },
	{ "a major", { { "a", "v1.13.0", NULL, NULL, true } }, { .talos = "v2.0.0" }, { { 0 } },
	  NULL, "a runs Talos v1.13.0; going to v2.0.0 would skip a major release" },
	{ "no version", { { "a", "v1.13.0", NULL, NULL, true } }, { .talos = "latest" }, { { 0 }
	  }, NULL, "the wanted version: \"latest\" is no version" },
	{ "a node that said none", { { "a", NULL, NULL, NULL, true } }, { .talos = "v1.13.9" }, {
	  { 0 } }, NULL, "a: \"\" is no version" },
	{ "nodes at different versions", { { "a", "v1.11.0", NULL, NULL, true }, { "b",
	  "v1.12.11", NULL, NULL, true }, { "c", "v1.13.9", NULL, NULL, true }, { "d", "v1.12.20",
	  NULL, NULL, true } }, { .talos = "v1.13.9" }, { { 0 } }, "t1.12.11(a) t1.13.9(a b d)",
	  NULL },
	{ "a node with its own target", { { "a", "v1.11.0", NULL, "v1.11.5", true }, { "b",
	  "v1.11.0", NULL, NULL, true } }, { .talos = "v1.12.0" }, { { 0 } },
	  "t1.11.5(a) t1.12.0(b)", NULL },
	{ "one that is not selected", { { "a", "v1.11.0", NULL, NULL, false }, { "b", "v1.11.0",
	  NULL, NULL, true } }, { .talos = "v1.12.0" }, { { 0 } }, "t1.12.0(b)", NULL },
	{ "a held node", { { "gpu-1", "v1.11.0", NULL, NULL, true }, { "b", "v1.11.0", NULL, NULL,
	  true } }, { .talos = "v1.12.0" }, { { "gpu-*", "driver" } },
	  "t1.12.0(b) -gpu-1@v1.11.0:driver", NULL },
	{ "a held version ends the way", { { "a", "v1.10.0", NULL, NULL, true } }, { .talos =
	  "v1.12.0" }, { { "v1.12.*", "broken disks" } }, "t1.11.6(a) -a@v1.11.6:broken disks",
	  NULL },
	{ "held without v", { { "a", "v1.11.0", NULL, NULL, true } }, { .talos = "v1.12.0" }, { {
	  "1.12.0", "broken disks" } }, "-a@v1.11.0:broken disks", NULL },
	{ "Kubernetes alone", { { "a", "v1.13.9", "v1.34.1", NULL, true } }, { .kubernetes =
	  "v1.36.3", .apiserver = "v1.34.1" }, { { 0 } }, "k1.35.10(a) k1.36.3(a)", NULL },
	{ "Kubernetes that this Talos does not run", { { "a", "v1.13.9", "v1.36.3", NULL, true }
	  }, { .kubernetes = "v1.37.1", .apiserver = "v1.36.3" }, { { 0 } }, NULL,
	  "a: Talos v1.13.9 runs Kubernetes 1.31 to 1.36, not v1.37.1" },
	{ "Talos that does not run this Kubernetes", { { "a", "v1.13.9", "v1.31.1", NULL, true }
	  }, { .talos = "v1.14.0", .apiserver = "v1.31.1" }, { { 0 } }, NULL,
	  "a: Talos v1.14.0 runs Kubernetes 1.32 to 1.37, not v1.31.1" },
	{ "both, Talos first", { { "a", "v1.13.9", "v1.36.3", NULL, true } }, { .talos =
	  "v1.14.1", .kubernetes = "v1.37.1", .apiserver = "v1.36.3" }, { { 0 } },
	  "t1.14.1(a) k1.37.1(a)", NULL },
	{ "both, taking turns", { { "a", "v1.9.6", "v1.27.16", NULL, true } }, { .talos =
	  "v1.12.0", .kubernetes = "v1.32.1", .apiserver = "v1.27.16" }, { { 0 } },
	  "k1.28.15(a) t1.10.9(a) k1.29.15(a) t1.11.6(a) k1.30.14(a) t1.12.0(a) k1.31.14(a) "
	  "k1.32.1(a)", NULL },
	{ "a held node keeps Kubernetes back", { { "a", "v1.13.9", "v1.36.3", NULL, true }, { "b",
	  "v1.13.9", "v1.36.3", NULL, true } }, { .talos = "v1.14.1", .kubernetes = "v1.37.1",
	  .apiserver = "v1.36.3" }, { { "b", "waits" } }, NULL,
	  "b: Talos v1.13.9 runs Kubernetes 1.31 to 1.36, not v1.37.1" },
	{ "a kubelet too far behind", { { "a", "v1.13.9", "v1.35.0", NULL, true }, { "b",
	  "v1.13.9", "v1.32.0", NULL, true } }, { .kubernetes = "v1.36.3", .apiserver = "v1.35.0"
	  }, { { 0 } }, NULL,
	  "b: its kubelet v1.32.0 is more than 3 minor releases behind the API server v1.36.3" },
	{ "a held kubelet may be three behind", { { "a", "v1.13.9", "v1.33.1", NULL, true }, {
	  "b", "v1.13.9", "v1.33.1", NULL, true } }, { .kubernetes = "v1.36.3", .apiserver =
	  "v1.33.1" }, { { "b", "waits" } },
	  "k1.34.13(a) k1.35.10(a) k1.36.3(a) -b@v1.13.9:waits", NULL },
	{ "a kubelet that was left behind comes along", { { "a", "v1.13.9", "v1.35.0", NULL, true
	  }, { "b", "v1.13.9", "v1.34.0", NULL, true } }, { .kubernetes = "v1.35.1", .apiserver =
	  "v1.35.0" }, { { 0 } }, "k1.35.1(a b)", NULL },
	{ "a Kubernetes downgrade", { { "a", "v1.13.9", "v1.35.0", NULL, true } }, { .kubernetes =
	  "v1.34.1", .apiserver = "v1.35.0" }, { { 0 } }, NULL,
	  "the cluster runs Kubernetes v1.35.0; going to v1.34.1 would be a downgrade" },
	{ "a held Kubernetes", { { "a", "v1.13.9", "v1.34.1", NULL, true } }, { .kubernetes =
	  "v1.36.3", .apiserver = "v1.34.1" }, { { "v1.36.*", "an API goes" } },
	  "k1.35.10(a) -the cluster@v1.35.10:an API goes", NULL },
	{ "a Talos beyond the table", { { "a", "v1.15.2", "v1.38.0", NULL, true } }, { .talos =
	  "v1.16.0", .apiserver = "v1.38.0" }, { { 0 } }, "t1.16.0(a)",
	  "Talos v1.16 is newer than what is known here; it is taken to run Kubernetes 1.34 to "
	  "1.39" },
	{ "Kubernetes with a build", { { "a", "v1.13.9", "v1.35.0", NULL, true } }, { .kubernetes
	  = "v1.35.0", .apiserver = "v1.35.0+build" }, { { 0 } }, "", NULL },
};
/* clang-format on */

static void print(struct str *out, const struct hops *hops)
{
	for (size_t i = 0; i < hops->len; i++) {
		const struct hop *hop = &hops->at[i];

		cr_assert_eq(hop->to[0], 'v');
		str_addf(out, "%s%c%s(", out->len > 0 ? " " : "",
			 hop->subject == VERSION_TALOS ? 't' : 'k', hop->to + 1);
		for (size_t k = 0; k < hop->len; k++)
			str_addf(out, "%s%s", k > 0 ? " " : "", hop->nodes[k]);
		str_add(out, ")");
	}
	for (size_t i = 0; i < hops->helds; i++)
		str_addf(out, "%s-%s@%s:%s", out->len > 0 ? " " : "", hops->held[i].what,
			 hops->held[i].at, hops->held[i].reason);
}

Test(hops, the_way_from_what_runs_to_what_is_wanted)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct str text SCOPED(str_done) = STR_INIT(2000);
		struct hop_goal goal = rows[i].goal;
		struct hops hops;
		struct err err = ERR_INIT;
		size_t count = 0;

		while (count < NODES_MAX && rows[i].nodes[count].name)
			count++;
		goal.hold = rows[i].holds;
		while (goal.holds < HOLDS_MAX && rows[i].holds[goal.holds].pattern)
			goal.holds++;
		int r = hops_plan(arena, rows[i].nodes, count, &goal, &hops, &err);

		cr_assert_eq(r, rows[i].hops ? 0 : -1, "%s: %s", rows[i].name, err.text);
		if (!rows[i].hops) {
			cr_assert_str_eq(err.text, rows[i].says, "%s", rows[i].name);
			cr_assert(err.kind == ERR_REFUSED || strstr(err.text, "no version"));
			continue;
		}
		print(&text, &hops);
		cr_assert_str_eq(str_text(&text), rows[i].hops, "%s", rows[i].name);
		cr_assert_eq(hops.notes.len, rows[i].says ? 1 : 0, "%s", rows[i].name);
		if (rows[i].says)
			cr_assert_str_eq(hops.notes.at[0], rows[i].says, "%s", rows[i].name);
	}
}

Test(hops, a_refusal_is_exit_code_4)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct hop_node node = { "a", "v1.13.0", NULL, NULL, true };
	struct hop_goal goal = { .talos = "v1.6.0" };
	struct hops hops;
	struct err err = ERR_INIT;

	cr_assert_lt(hops_plan(arena, &node, 1, &goal, &hops, &err), 0);
	cr_assert_eq(err_exit_code(err.kind), 4);
	cr_assert_lt(hops_plan(arena, &node, 1, &goal, &hops, NULL), 0);
}

Test(hops, names_and_versions_are_told_apart)
{
	cr_assert(hold_is_version("v1.14.0") && hold_is_version("1.14.*") &&
		  hold_is_version("v1.14.0-rc.*"));
	cr_assert(!hold_is_version("v1-worker") && !hold_is_version("gpu-*") &&
		  !hold_is_version("*") && !hold_is_version("1a.example"));
}

/* Every row says what its minor says, so that a mistyped release cannot stay. */
Test(releases, the_table_is_of_one_piece)
{
	for (int subject = 0; subject < VERSION_SUBJECT_COUNT; subject++) {
		size_t found = 0;

		for (unsigned minor = 0; minor < 60; minor++) {
			const char *last = release_last((enum version_subject)subject, minor);
			struct version version;

			if (!last)
				continue;
			cr_assert(version_parse(last, &version) && version.has_patch);
			cr_assert_eq(version.minor, minor, "%s", last);
			cr_assert(!version_is_early(&version));
			found++;
		}
		cr_assert_gt(found, 10);
	}
}

Test(releases, an_old_talos_is_not_judged)
{
	struct kube_range range;
	struct version version = { .major = 1, .minor = 5, .rest = "" };

	cr_assert(!release_kube_range(&version, &range));
	version.minor = 10;
	cr_assert(release_kube_range(&version, &range) && range.known);
	cr_assert(range.least == 28 && range.most == 33);
}
