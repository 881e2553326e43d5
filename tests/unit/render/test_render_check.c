#include "render/render_check.h"

#include "base/own.h"
#include "tree/yaml.h"
#include "unit/render/site.h"

#include <criterion/criterion.h>
#include <string.h>

struct row {
	const char *name;
	const char *patch; /* of both nodes; NULL: none */
	const char *mac_addr;
	enum role role;
	const char *id; /* NULL: no finding */
	const char *text;
	unsigned line, column;
};

static const struct row rows[] = {
	{ "nothing", NULL, "02:00:0a:00:32:01", ROLE_CONTROL, NULL, NULL, 0, 0 },
	{ "a wrong type", "machine:\n  install: here\n", "02:00:0a:00:32:01", ROLE_CONTROL,
	  "bad-patch", "machine.install", 2, 12 },
	{ "unknown field", "machine:\n  instal: {}\n", "02:00:0a:00:32:01", ROLE_CONTROL,
	  "unknown-field", "instal", 2, 3 },
	{ "unknown kind", "apiVersion: v1\nkind: BondConfg\nname: x\nlinks: []\n",
	  "02:00:0a:00:32:01", ROLE_CONTROL, "unknown-kind", "BondConfg", 2, 7 },
	{ "a kind of the next release", "apiVersion: v1alpha1\nkind: SysctlConfig\nx: 1\n",
	  "02:00:0a:00:32:01", ROLE_CONTROL, "unknown-kind", "SysctlConfig", 2, 7 },
	{ "a label for controllers", "machine:\n  nodeLabels:\n    node-role.kubernetes.io/x: ''\n",
	  NULL, ROLE_WORKER, "label-refused", "node-role.kubernetes.io/x", 3, 32 },
	{ "the same on a controller",
	  "machine:\n  nodeLabels:\n    node-role.kubernetes.io/x: ''\n", "02:00:0a:00:32:01",
	  ROLE_CONTROL, NULL, NULL, 0, 0 },
	{ "a second name", "machine:\n  network: {hostname: x}\n", "02:00:0a:00:32:01",
	  ROLE_CONTROL, "said-twice", "HostnameConfig", 2, 23 },
	{ "what Talos would refuse",
	  "machine:\n  logging:\n"
	  "    destinations: [{format: text, endpoint: \"udp://[fd00::1]:5\"}]\n",
	  "02:00:0a:00:32:01", ROLE_CONTROL, "logging-format", "text", 3, 29 },
	{ "a section deleted that is needed", "machine: {install: {$patch: delete}}\n",
	  "02:00:0a:00:32:01", ROLE_CONTROL, "install-missing", "install", 1, 1 },
	{ "labels a worker may have",
	  "machine:\n  nodeLabels: {topology.kubernetes.io/zone: a, tier: gold, x.io/y: z,\n"
	  "    node.kubernetes.io/pool: p, xkubernetes.io/a: b}\n",
	  NULL, ROLE_WORKER, NULL, NULL, 0, 0 },
	{ "nobody owns the address", NULL, NULL, ROLE_CONTROL, "vip-without-owner", "10.0.50.50", 1,
	  1 },
	{ "a patch owns it",
	  "machine: {network: {interfaces: [{interface: eth0, vip: {ip: 10.0.50.50}}]}}", NULL,
	  ROLE_CONTROL, NULL, NULL, 0, 0 },
	{ "a VLAN of a patch owns it",
	  "machine: {network: {interfaces: [{interface: eth0,\n"
	  "  vlans: [{vlanId: 5, vip: {ip: 10.0.50.50}}]}]}}",
	  NULL, ROLE_CONTROL, NULL, NULL, 0, 0 },
	{ "a document owns it",
	  "apiVersion: v1alpha1\nkind: Layer2VIPConfig\nname: 10.0.50.50\nlink: eth0\n", NULL,
	  ROLE_CONTROL, NULL, NULL, 0, 0 },
};

static const struct value *raw_node(struct arena *arena)
{
	static const char text[] = "name: control0\n";
	struct yaml_input input = { .file = "nodes.yaml", .text = text, .len = strlen(text) };
	struct yaml_documents documents;

	cr_assert_eq(yaml_read(arena, &input, &documents, NULL), 0);
	return documents.at[0];
}

static void same_findings(const struct findings *a, const struct findings *b, const char *what)
{
	cr_assert_eq(a->len, b->len, "%s: %zu and %zu", what, a->len, b->len);
	for (size_t i = 0; i < a->len; i++) {
		cr_assert_str_eq(a->at[i].id, b->at[i].id, "%s", what);
		cr_assert_str_eq(a->at[i].text, b->at[i].text, "%s", what);
		cr_assert_eq(a->at[i].src.line, b->at[i].src.line, "%s", what);
	}
}

/* Judged while rendering: the same is said, with secrets as without, and the config is the one
 * that rendering alone gives. */
static void render_row(const struct row *row, const struct site *site,
		       const struct findings *expected)
{
	struct renderer *renderer OWNED(renderer_free) = renderer_new(&site->input);
	struct str judged SCOPED(str_done) = STR_INIT(1 << 20);
	struct str alone SCOPED(str_done) = STR_INIT(1 << 20);
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct findings findings;

	findings_init(&findings, arena);
	for (size_t i = 0; i < site->cluster.nodes; i++) {
		const struct node *node = &site->cluster.node[i];
		struct config config;
		bool can = render_node(arena, &site->input, node, &config, NULL) == 0;

		str_clear(&alone);
		if (can)
			config_write(&alone, &config);
		cr_assert_eq(render_check_node(renderer, node, &findings, &config), can, "%s",
			     row->name);
		str_clear(&judged);
		if (can)
			config_write(&judged, &config);
		cr_assert_str_eq(str_text(&judged), str_text(&alone), "%s", row->name);
		cr_assert(can || findings.errors > 0, "%s", row->name);
	}
	same_findings(&findings, expected, row->name);
}

static void check_row(const struct row *row)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct patch_source patch = { .name = "patches/a.yaml",
					    .text = row->patch,
					    .len = row->patch ? strlen(row->patch) : 0 };
	struct findings findings;
	struct site site;

	site_init(&site);
	site.node.raw = raw_node(arena);
	site.node.role = row->role;
	site.node.mac_addr = row->mac_addr;
	site.node.patch = &patch;
	site.node.patches = row->patch != NULL;

	const struct node nodes[] = { site.node, site.node };

	site.cluster.node = nodes;
	site.cluster.nodes = ARRAY_LEN(nodes);
	findings_init(&findings, arena);
	render_check(&findings, &site.cluster);
	render_row(row, &site, &findings);
	cr_assert_eq(findings.len, row->id ? 1 : 0, "%s: %zu findings, the first: %s", row->name,
		     findings.len, findings.len ? findings.at[0].text : "");
	if (!row->id)
		return;
	cr_assert_str_eq(findings.at[0].id, row->id, "%s", row->name);
	cr_assert_not_null(strstr(findings.at[0].text, row->text), "%s: %s", row->name,
			   findings.at[0].text);
	cr_assert_eq(findings.at[0].src.line, row->line, "%s: %u", row->name,
		     findings.at[0].src.line);
	cr_assert_eq(findings.at[0].src.column, row->column, "%s: %u", row->name,
		     findings.at[0].src.column);
}

Test(render_check, says_each_thing_once_and_where)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row(&rows[i]);
}

/* Its lines are nobody's, so what is wrong in it is where the patch stands. */
Test(render_check, an_inline_patch_is_where_it_is_written)
{
	static const char text[] =
		"machine:\n  install: {wipe: true, image: 'ghcr.io/siderolabs/installer:v1.14.0'}\n"
		"  features: {nodeAddressSortAlgorithm: v3}\n"
		"  nodeLabels: {node-role.kubernetes.io/x: ''}\n"
		"  nodeTaints: {a: x, b: y}\n";
	static const struct patch_source patch = { .name = "cluster.yaml: patches[1]",
						   .text = text,
						   .len = sizeof(text) - 1,
						   .src = { "cluster.yaml", 12, 5 } };
	static const char *const ids[] = { "address-sort", "taint-effect", "taint-effect",
					   "label-refused", "installer-dead", "install-wipe" };
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct findings findings;
	struct site site;

	site_init(&site);
	site.node.raw = raw_node(arena);
	site.node.role = ROLE_WORKER;
	site.node.patch = &patch;
	site.node.patches = 1;

	const struct node nodes[] = { site.node, site.node };

	site.cluster.node = nodes;
	site.cluster.nodes = ARRAY_LEN(nodes);
	findings_init(&findings, arena);
	render_check(&findings, &site.cluster);
	cr_assert_eq(findings.len, ARRAY_LEN(ids), "%zu", findings.len);
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		const struct finding *finding = &findings.at[i];
		bool known = false;

		for (size_t k = 0; k < ARRAY_LEN(ids); k++)
			known = known || strcmp(ids[k], finding->id) == 0;
		cr_assert(known, "%s", finding->id);
		cr_assert_str_eq(finding->src.file, "cluster.yaml", "%s", finding->id);
		cr_assert_eq(finding->src.line, 12, "%s", finding->id);
		cr_assert_eq(finding->src.column, 5, "%s", finding->id);
	}
}

/* The device of nodes.yaml is a document there, and a patch for it is a section. */
Test(render_check, links_in_two_forms)
{
	static const char text[] = "machine:\n  network:\n    interfaces:\n"
				   "      - {deviceSelector: {hardwareAddr: "
				   "'02:00:0a:00:32:01'}, mtu: 9000}\n";
	static const struct patch_source patch = { .name = "patches/a.yaml",
						   .text = text,
						   .len = sizeof(text) - 1 };
	static const char *const contracts[] = { "v1.13", "v1.14" };

	for (size_t i = 0; i < ARRAY_LEN(contracts); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct findings findings;
		struct site site;

		site_init(&site);
		site.node.raw = raw_node(arena);
		site.node.patch = &patch;
		site.node.patches = 1;
		site.cluster.contract = contracts[i];
		site.cluster.talos = i ? "v1.14.0" : "v1.13.9";
		site.cluster.node = &site.node;
		site.cluster.nodes = 1;
		findings_init(&findings, arena);
		render_check(&findings, &site.cluster);
		cr_assert_eq(findings_have(&findings, "links-in-two-forms",
					   (struct src){ patch.name, 4, 9 }),
			     i == 1, "%s: %zu findings", contracts[i], findings.len);
	}
}

Test(render_check, an_expression_for_the_disk_must_compile)
{
	static const struct {
		const char *text, *finding, *hint; /* NULL: good */
	} expressions[] = {
		{ "disk.size > 100u * GB && !disk.rotational", NULL, NULL },
		{ "disk.size > 100", "the disk of control0: 1:11: there is no uint > int",
		  "an unsigned number is written 100u; uint(x) makes one" },
		{ "disk.models == 'x'", "the disk of control0: 1:6: a disk has no field \"models\"",
		  "did you mean \"model\"?" },
	};

	for (size_t i = 0; i < ARRAY_LEN(expressions); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct findings findings;
		struct site site;

		site_init(&site);
		site.node.raw = raw_node(arena);
		site.node.mac_addr = "02:00:0a:00:32:01";
		site.node.disk = (struct disk){ DISK_CEL, expressions[i].text, NULL };
		site.cluster.node = &site.node;
		site.cluster.nodes = 1;
		findings_init(&findings, arena);
		render_check(&findings, &site.cluster);
		cr_assert_eq(findings.len, expressions[i].finding ? 1 : 0, "%s: %zu",
			     expressions[i].text, findings.len);
		if (!expressions[i].finding)
			continue;
		cr_assert_str_eq(findings.at[0].id, "bad-disk");
		cr_assert_str_eq(findings.at[0].path, "nodes[0].disk");
		cr_assert_str_eq(findings.at[0].text, expressions[i].finding);
		cr_assert_str_eq(findings.at[0].hint, expressions[i].hint);
	}
}

/* What a patch that nodes share does to the second of them is told of that one. */
Test(render_check, a_trap_that_only_a_later_node_falls_into)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	static const char one[] = "machine: {sysctls: {a.b: \"1\"}}\n";
	static const char none[] = "machine: {sysctls: {a.b: \"\"}}\n";
	const struct patch_source patches[] = {
		{ .name = "patches/one.yaml", .text = one, .len = strlen(one) },
		{ .name = "patches/none.yaml", .text = none, .len = strlen(none) },
	};
	struct findings findings;
	struct site site;

	site_init(&site);
	struct node nodes[] = { site.node, site.node, site.node };

	for (size_t i = 0; i < ARRAY_LEN(nodes); i++) {
		nodes[i].patch = &patches[i == 1 ? 0 : 1];
		nodes[i].patches = i == 1 ? 2 : 1;
	}
	site.cluster.node = nodes;
	site.cluster.nodes = ARRAY_LEN(nodes);
	findings_init(&findings, arena);
	render_check(&findings, &site.cluster);
	cr_assert_eq(findings.len, 1);
	cr_assert_str_eq(findings.at[0].id, "patch-zero-ignored");
	cr_assert_str_eq(findings.at[0].src.file, "patches/none.yaml");
	cr_assert_str_eq(findings.at[0].path, "machine.sysctls[\"a.b\"]");
}
