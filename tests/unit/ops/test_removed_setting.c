#include "ops/removed_setting.h"

#include "base/own.h"

#include <criterion/criterion.h>
#include <string.h>

#define MAIN(machine, cluster) \
	"version: v1alpha1\nmachine:\n  kubelet: {" machine "}\ncluster: {" cluster "}\n"

static const struct node control = { .name = "cp", .role = ROLE_CONTROL };
static const struct node worker = { .name = "w", .role = ROLE_WORKER };
static const struct node locked = { .name = "l", .role = ROLE_WORKER, .locked = "disk" };

struct row {
	const char *name, *config, *from, *to;
	const struct node *node;
	const char *found; /* the first; NULL: nothing is */
};

static void finds(const struct row *row)
{
	struct arena *arena OWNED(arena_free) = arena_new("scan");
	struct node_state state = { .node = row->node, .config = row->config };
	struct inventory inventory = { .at = &state, .len = 1 };
	const struct removed_scan scan = { &inventory, row->from, row->to };
	size_t count;
	const char *const *found = removed_settings_used(arena, &scan, &count);

	cr_assert_eq(count, row->found != NULL, "%s: %zu, %s", row->name, count,
		     count ? found[0] : "nothing");
	if (row->found)
		cr_assert_str_eq(found[0], row->found, "%s", row->name);
}

static const struct row rows[] = {
	{ "a gate of many", MAIN("", "apiServer: {extraArgs: {feature-gates: "
				     "'A=true, AppArmor=true'}}"),
	  "v1.32.4", "v1.33.1", &control,
	  "kube-apiserver of cp is given the feature gate AppArmor, which v1.33 does not "
	  "know" },
	{ "a gate that begins like one", MAIN("", "apiServer: {extraArgs: {feature-gates: "
						  "AppArmorX=true}}"),
	  "v1.32.4", "v1.33.1", &control, NULL },
	{ "arguments as lists", MAIN("", "scheduler: {extraArgs: {feature-gates: [X=true, "
					 "KMSv2=false]}}"),
	  "v1.31.0", "v1.32.0", &control,
	  "kube-scheduler of cp is given the feature gate KMSv2, which v1.32 does not "
	  "know" },
	{ "a gate in the kubelet's config", MAIN("extraConfig: {featureGates: "
						 "{DevicePluginCDIDevices: true}}",
						 ""),
	  "v1.33.4", "v1.34.0", &worker,
	  "kubelet of w is given the feature gate DevicePluginCDIDevices, which v1.34 does "
	  "not know" },
	{ "a flag of the kubelet", MAIN("extraArgs: {pod-infra-container-image: x}", ""),
	  "v1.33.4", "v1.35.0", &worker,
	  "kubelet of w is given the flag pod-infra-container-image, which v1.35 does not "
	  "know" },
	{ "the flag of another component",
	  MAIN("", "apiServer: {extraArgs: {pod-infra-container-image: x}}"), "v1.34.4",
	  "v1.35.0", &control, NULL },
	{ "a plugin", MAIN("", "apiServer: {admissionControl: [{name: "
			       "SecurityContextDeny}]}"),
	  "v1.29.0", "v1.30.0", &control,
	  "kube-apiserver of cp is given the admission plugin SecurityContextDeny, which "
	  "v1.30 does not know" },
	{ "a plugin as a flag", MAIN("", "apiServer: {extraArgs: {enable-admission-plugins:"
					 " 'A,SecurityContextDeny'}}"),
	  "v1.29.0", "v1.30.0", &control,
	  "kube-apiserver of cp is given the admission plugin SecurityContextDeny, which "
	  "v1.30 does not know" },
	{ "a document of its own",
	  MAIN("", "") "---\napiVersion: v1alpha1\nkind: KubeControllerManagerConfig\n"
		       "extraArgs: {volume-host-cidr-denylist: x}\n",
	  "v1.30.0", "v1.31.0", &control,
	  "kube-controller-manager of cp is given the flag volume-host-cidr-denylist, "
	  "which v1.31 does not know" },
	{ "gone before", MAIN("", "apiServer: {extraArgs: {cloud-config: x}}"), "v1.33.0",
	  "v1.34.0", &control, NULL },
	{ "gone later", MAIN("extraArgs: {pod-infra-container-image: x}", ""), "v1.33.0",
	  "v1.34.9", &worker, NULL },
	{ "a kubelet that stays", MAIN("extraArgs: {pod-infra-container-image: x}", ""),
	  "v1.34.0", "v1.35.0", &locked, NULL },
	{ "a worker runs no API server",
	  MAIN("", "apiServer: {extraArgs: {cloud-config: x}}"), "v1.32.0", "v1.33.0",
	  &worker, NULL },
	{ "kube-proxy that is off",
	  MAIN("", "proxy: {disabled: true, extraArgs: {feature-gates: AppArmor=true}}"),
	  "v1.32.0", "v1.33.0", &control, NULL },
	{ "no config", NULL, "v1.32.0", "v1.33.0", &control, NULL },
	{ "no YAML", "a: [", "v1.32.0", "v1.33.0", &control, NULL },
	{ "no version", MAIN("", ""), "anything", "v1.33.0", &control, NULL },
};

Test(removed_setting, is_found_wherever_it_is_said)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		finds(&rows[i]);
}

Test(removed_setting, names_the_nodes_that_have_it)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g" };
	struct node nodes[ARRAY_LEN(names)];
	struct arena *arena OWNED(arena_free) = arena_new("scan");
	struct node_state state[ARRAY_LEN(nodes)];
	struct inventory inventory = { .at = state, .len = ARRAY_LEN(nodes) };
	const struct removed_scan scan = { &inventory, "v1.33.0", "v1.34.0" };
	size_t count;

	for (size_t i = 0; i < ARRAY_LEN(nodes); i++) {
		nodes[i] = (struct node){ .name = names[i], .role = ROLE_CONTROL };
		state[i] = (struct node_state){
			.node = &nodes[i],
			.config = MAIN("extraArgs: {feature-gates: PodDisruptionConditions=true}",
				       ""),
		};
	}
	const char *const *found = removed_settings_used(arena, &scan, &count);

	cr_assert_eq(count, 1);
	cr_assert_str_eq(found[0], "kubelet of a, b, c, d, e and 2 more is given the feature gate "
				   "PodDisruptionConditions, which v1.34 does not know");
}

Test(removed_setting, table_is_in_order_and_names_each_once)
{
	size_t count;
	const struct removed_setting *table = removed_settings(&count);

	cr_assert_gt(count, 0);
	for (size_t i = 0; i < count; i++) {
		if (i)
			cr_assert_leq(table[i - 1].minor, table[i].minor, "%s", table[i].name);
		for (size_t k = 0; k < i; k++)
			cr_assert_not(strcmp(table[i].name, table[k].name) == 0 &&
					      table[i].component == table[k].component,
				      "%s is there twice", table[i].name);
	}
}
