#include "ops/cilium_look.h"

#include "base/own.h"
#include "base/text.h"
#include "tree/yaml.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct value *yaml(struct arena *arena, const char *text)
{
	const struct yaml_input input = { "test", text, strlen(text), NULL, false };
	struct yaml_documents documents;
	struct err err = ERR_INIT;

	if (!text[0])
		return NULL;
	cr_assert_eq(yaml_read(arena, &input, &documents, &err), 0, "%s: %s", err.text, text);
	return documents.at[0];
}

static void is_text(const char *name, const char *is, const char *wanted)
{
	if (!wanted)
		cr_assert_null(is, "%s: %s", name, is);
	else
		cr_assert(text_equal(is, wanted), "%s: %s", name, is ? is : "nothing");
}

/* ---- the agents ------------------------------------------------------------------------------ */

/* clang-format off */
#define AGENT(generation, observed, wanted, ready, updated) \
	"{metadata: {generation: " generation "}, status: {observedGeneration: " observed ", " \
	"desiredNumberScheduled: " wanted ", numberReady: " ready ", " \
	"updatedNumberScheduled: " updated "}}"
/* clang-format on */
#define MANAGER "{status: {availableReplicas: 1}}"

static const struct {
	const char *name, *agent, *manager, *why;
} workloads[] = {
	{ "all is well", AGENT("2", "2", "3", "3", "3"), MANAGER, NULL },
	{ "nothing there", "", "", "Cilium is not installed" },
	{ "changed just now", AGENT("3", "2", "3", "3", "3"), MANAGER,
	  "the DaemonSet cilium has changed just now" },
	{ "no node wants it yet", AGENT("1", "1", "0", "0", "0"), MANAGER,
	  "0 of 0 agents of Cilium are ready" },
	{ "one is not ready", AGENT("1", "1", "3", "2", "3"), MANAGER,
	  "2 of 3 agents of Cilium are ready" },
	{ "one runs the version before", AGENT("1", "1", "3", "3", "2"), MANAGER,
	  "2 of 3 agents of Cilium are up to date" },
	{ "no operator", AGENT("1", "1", "3", "3", "3"), "", "Cilium's operator does not run" },
	{ "an operator that waits", AGENT("1", "1", "3", "3", "3"), "{status: {}}",
	  "Cilium's operator does not run" },
};

Test(cilium_look, agents_are_ready_when_all_of_them_are)
{
	for (size_t i = 0; i < ARRAY_LEN(workloads); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const struct cilium_live live = { .agent = yaml(arena, workloads[i].agent),
						  .manager = yaml(arena, workloads[i].manager) };

		is_text(workloads[i].name, cilium_unready(arena, &live), workloads[i].why);
	}
}

Test(cilium_look, what_was_installed_last_is_told_by_its_record)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct cilium_live live = { .digest = "sha256:12" };

	cr_assert_not(cilium_is_current(&live));
	live.record = yaml(arena, "{data: {digest: 'sha256:12'}}");
	cr_assert_not(cilium_is_current(&live), "it was removed since");
	live.agent = yaml(arena, AGENT("1", "1", "1", "1", "1"));
	cr_assert(cilium_is_current(&live));
	live.record = yaml(arena, "{data: {digest: 'sha256:13'}}");
	cr_assert_not(cilium_is_current(&live));
	live.record = NULL;
	cr_assert_not(cilium_is_current(&live), "somebody else installed it");
}

/* ---- resources ------------------------------------------------------------------------------- */

#define POOL "{apiVersion: cilium.io/v2, kind: CiliumLoadBalancerIPPool, metadata: {name: web}, "
#define BLOCKS "spec: {blocks: [{start: 10.0.0.1, stop: 10.0.0.9}, {cidr: 10.1.0.0/24}]}}"
#define SECRET "{apiVersion: v1, kind: Secret, metadata: {name: bgp-router-1}, "

static const struct {
	const char *name, *wanted, *live;
	bool current;
} resources[] = {
	{ "the same", POOL BLOCKS, POOL BLOCKS, true },
	{ "with what others added", POOL BLOCKS,
	  "{apiVersion: cilium.io/v2, kind: CiliumLoadBalancerIPPool, metadata: {name: web, uid: "
	  "x, labels: {a: b}}, status: {conditions: []}, spec: {disabled: false, blocks: "
	  "[{start: 10.0.0.1, stop: 10.0.0.9}, {cidr: 10.1.0.0/24}]}}",
	  true },
	{ "absent", POOL BLOCKS, "", false },
	{ "another text", POOL BLOCKS,
	  POOL "spec: {blocks: [{start: 10.0.0.1, stop: 10.0.0.8}, {cidr: 10.1.0.0/24}]}}",
	  false },
	{ "one entry less", POOL BLOCKS,
	  POOL "spec: {blocks: [{start: 10.0.0.1, stop: 10.0.0.9}]}}", false },
	{ "one entry more", POOL "spec: {blocks: [{cidr: 10.1.0.0/24}]}}", POOL BLOCKS, false },
	{ "another order", POOL BLOCKS,
	  POOL "spec: {blocks: [{cidr: 10.1.0.0/24}, {start: 10.0.0.1, stop: 10.0.0.9}]}}", false },
	{ "another kind of value", POOL BLOCKS, POOL "spec: {blocks: none}}", false },
	{ "a secret as it is kept", SECRET "stringData: {password: hunter2}}",
	  SECRET "data: {password: aHVudGVyMg==}}", true },
	{ "another password", SECRET "stringData: {password: hunter2}}",
	  SECRET "data: {password: aHVudGVyMw==}}", false },
	{ "a secret without it", SECRET "stringData: {password: hunter2}}", SECRET "type: Opaque}",
	  false },
};

Test(cilium_look, a_resource_is_current_when_all_that_is_wanted_is_there)
{
	for (size_t i = 0; i < ARRAY_LEN(resources); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const struct value *wanted = yaml(arena, resources[i].wanted);
		const struct value *is = yaml(arena, resources[i].live);
		const struct cilium_live live = { .made = { .resource = &wanted, .resources = 1 },
						  .resource = &is };

		cr_assert_eq(cilium_resource_is_current(&live, 0), resources[i].current, "%s",
			     resources[i].name);
	}
}

Test(cilium_look, resources_wait_for_their_definitions)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct value *wanted[] = {
		yaml(arena, SECRET "type: Opaque}"),
		yaml(arena, "{apiVersion: cilium.io/v2alpha1, kind: CiliumL2AnnouncementPolicy, "
			    "metadata: {name: services}}"),
	};
	const struct value *definition[] = { NULL, NULL };
	const struct cilium_live live = { .made = { .resource = wanted, .resources = 2 },
					  .definition = definition };

	is_text("absent", cilium_undefined(arena, &live),
		"the resource definition ciliuml2announcementpolicies.cilium.io is not there");
	definition[1] = yaml(arena, "{status: {conditions: [{type: Established, status: 'False'}"
				    "]}}");
	cr_assert_not_null(cilium_undefined(arena, &live), "not established");
	definition[1] = yaml(arena, "{status: {conditions: [{type: Established, status: 'True'}"
				    "]}}");
	is_text("a Secret needs none", cilium_undefined(arena, &live), NULL);
}

#define CONDITION(type, status) \
	POOL "status: {conditions: [{type: '" type "', status: '" status "'}]}}"

static const struct {
	const char *name, *live, *why;
} complaints[] = {
	{ "none", POOL BLOCKS, NULL },
	{ "a good one", CONDITION("cilium.io/PoolConflict", "False"), NULL },
	{ "numbers are none", CONDITION("cilium.io/IPsUsed", "Unknown"), NULL },
	{ "one of somebody else's", CONDITION("example.com/Broken", "True"), NULL },
	{ "pools that overlap", CONDITION("cilium.io/PoolConflict", "True"),
	  "CiliumLoadBalancerIPPool web: PoolConflict" },
	{ "a password that is not there", CONDITION("cilium.io/MissingAuthSecret", "True"),
	  "CiliumLoadBalancerIPPool web: MissingAuthSecret" },
	{ "an interface that is no pattern", CONDITION("cilium.io/bad-interface-regex", "True"),
	  "CiliumLoadBalancerIPPool web: bad-interface-regex" },
};

Test(cilium_look, conditions_that_are_bad_are_complaints)
{
	for (size_t i = 0; i < ARRAY_LEN(complaints); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");

		is_text(complaints[i].name,
			cilium_complaint(arena, yaml(arena, complaints[i].live)),
			complaints[i].why);
	}
}

/* ---- sessions -------------------------------------------------------------------------------- */

#define PEER(address, state) "{peerAddress: '" address "', peeringState: " state "}"
#define NODE(name, peers) \
	"{metadata: {name: " name "}, status: {bgpInstances: [{name: x, peers: [" peers "]}]}}"
#define UP PEER("10.0.0.1", "established") ", " PEER("fd00::1", "established")
#define COMPLAINS                                                                \
	"{kind: CiliumBGPNodeConfig, metadata: {name: b}, status: {conditions: " \
	"[{type: cilium.io/BGPReconcileError, status: 'True'}]}}"
#define HALF PEER("10.0.0.1", "established") ", " PEER("fd00::1", "open_sent")
#define LIST(items) "{items: [" items "]}"

static const struct {
	const char *name, *sessions, *why;
} announced[] = {
	{ "all are established", LIST(NODE("b", UP) ", " NODE("a", UP)), NULL },
	{ "one family is not",
	  LIST(NODE("a", UP) ", " NODE("b", HALF)),
	  "the session of b with fd00::1 is open_sent" },
	{ "a node without any", LIST(NODE("a", UP)), "b has no BGP session" },
	{ "a node whose agent runs none", LIST(NODE("a", UP) ", {metadata: {name: b}}"),
	  "b has no BGP session" },
	{ "a state that is not told", LIST(NODE("a", "{peerAddress: 10.0.0.1}") ", " NODE("b", UP)),
	  "the session of a with 10.0.0.1 is unknown" },
	{ "a node that complains", LIST(NODE("a", UP) ", " COMPLAINS),
	  "CiliumBGPNodeConfig b: BGPReconcileError" },
	{ "a node of somebody else's does not count",
	  LIST(NODE("a", UP) ", " NODE("b", UP) ", " NODE("z", PEER("10.0.0.1", "idle"))), NULL },
};

Test(cilium_look, services_are_announced_when_every_session_is_established)
{
	static const struct node nodes[] = { { .name = "a" }, { .name = "b" } };
	const struct cluster cluster = { .node = nodes, .nodes = 2, .bgp.asn = 64512 };

	for (size_t i = 0; i < ARRAY_LEN(announced); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const struct cilium_live live = { .sessions = yaml(arena, announced[i].sessions) };

		is_text(announced[i].name, cilium_unannounced(arena, &cluster, &live),
			announced[i].why);
	}
}

Test(cilium_look, without_bgp_only_resources_count)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	static const struct node nodes[] = { { .name = "a" } };
	const struct cluster cluster = { .node = nodes, .nodes = 1 };
	const struct value *is = yaml(arena, CONDITION("cilium.io/PoolConflict", "False"));
	const struct cilium_live live = { .made.resources = 1, .resource = &is };

	is_text("well", cilium_unannounced(arena, &cluster, &live), NULL);
	is = yaml(arena, CONDITION("cilium.io/PoolConflict", "True"));
	is_text("not", cilium_unannounced(arena, &cluster, &live),
		"CiliumLoadBalancerIPPool web: PoolConflict");
}

/* ---- worlds that begin with it --------------------------------------------------------------- */

Test(cilium_look, what_was_applied_has_its_record_and_comes_before_its_resources)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	static const struct node nodes[] = { { .name = "a", .role = ROLE_CONTROL } };
	struct cluster cluster = { .name = "lab",
				   .cni = "none",
				   .node = nodes,
				   .nodes = 1,
				   .cilium = { .version = "1.20.1", .balancer = "snat" } };
	const struct cilium_request request = { .cluster = &cluster };
	const struct value *const *all;
	struct err err = ERR_INIT;
	size_t count = 9, records = 0;

	cr_assert_eq(cilium_applied(arena, &request, &all, &count, &err), 0, "%s", err.text);
	cr_assert_eq(count, 0, "a cluster without Cilium has none of it");
	cluster.cni = "cilium";
	cr_assert_eq(cilium_applied(arena, &request, &all, &count, &err), 0, "%s", err.text);
	cr_assert_gt(count, 2);
	for (size_t i = 0; i < count; i++)
		records += strcmp(kube_name(all[i]), CILIUM_RECORD) == 0;
	cr_assert_eq(records, 1);
}
