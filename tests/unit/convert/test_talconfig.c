#include "convert/talconfig.h"

#include "base/own.h"
#include "base/text.h"
#include "tree/yaml.h"

#include <criterion/criterion.h>
#include <string.h>

#define HEAD                                                                 \
	"clusterName: c\ntalosVersion: 1.13.9\nkubernetesVersion: v1.36.3\n" \
	"endpoint: https://192.0.2.1:6443\n"
#define NODE "  - {hostname: a, ipAddress: 192.0.2.1, installDisk: /dev/sda"

static int decode(struct arena *arena, const char *text, struct talconfig *config,
		  struct findings *findings)
{
	const struct yaml_input input = { "talconfig.yaml", text, strlen(text), NULL, false };
	struct yaml_documents documents;
	struct err err = ERR_INIT;

	findings_init(findings, arena);
	cr_assert_eq(yaml_read(arena, &input, &documents, &err), 0, "%s", err.text);
	return talconfig_decode(arena, documents.at[0], config, findings);
}

static const char *joined(struct arena *arena, const struct texts *texts)
{
	const char *text = "";

	for (size_t i = 0; i < texts->len; i++)
		text = arena_printf(arena, "%s%s%s", text, i ? "," : "", texts->at[i]);
	return text;
}

Test(talconfig, a_group_is_merged_into_its_nodes)
{
	static const struct {
		const char *name, *node;
		const char *patches, *sans, *image;
		size_t group;
		bool quiet;
	} rows[] = {
		{ "nothing of its own", "", "g", "gs", "gi", 1, true },
		{ "all of its own", ", patches: [n], certSANs: [ns], talosImageURL: ni", "g,n",
		  "ns,gs", "ni", 1, true },
		{ "what is zero is not given", ", talosImageURL: '', disableSearchDomain: false",
		  "g", "gs", "gi", 1, true },
		{ "no, in other words", ", talosImageURL: '', disableSearchDomain: off", "g", "gs",
		  "gi", 1, true },
		{ "override flags",
		  ", overridePatches: true, patches: [n], overrideMachineCertSANs: true, "
		  "certSANs: [ns]",
		  "n", "ns", "gi", 0, true },
		{ "override flags alone", ", overridePatches: true, overrideMachineCertSANs: true",
		  "g", "gs", "gi", 1, true },
		{ "an empty list of its own", ", overridePatches: true, patches: []", "", "gs",
		  "gi", 0, true },
		{ "the other group", ", controlPlane: true", "", "", "", 0, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct findings findings;
		struct talconfig config;
		const char *text = arena_printf(arena,
						HEAD "worker: {patches: [g], certSANs: [gs], "
						     "talosImageURL: gi, "
						     "disableSearchDomain: true}\n"
						     "nodes:\n" NODE "%s}\n",
						rows[i].node);

		cr_assert_eq(decode(arena, text, &config, &findings), 0, "%s: %s", rows[i].name,
			     findings.len ? findings.at[0].text : "");
		cr_assert_eq(config.count, 1);

		const struct talconfig_node *node = &config.node[0];
		cr_expect_str_eq(joined(arena, &node->patches), rows[i].patches, "%s",
				 rows[i].name);
		cr_expect_str_eq(joined(arena, &node->sans), rows[i].sans, "%s", rows[i].name);
		cr_expect_str_eq(node->image ? node->image : "", rows[i].image, "%s",
				 rows[i].name);
		cr_expect_eq(node->group_patches, rows[i].group, "%s", rows[i].name);
		cr_expect_eq(node->no_search_domain == TRI_TRUE, rows[i].quiet, "%s",
			     rows[i].name);
		cr_expect_str_eq(talconfig_talos(arena, &config), "v1.13.9");
	}
}

Test(talconfig, what_is_wrong_has_a_place)
{
	static const struct {
		const char *name, *text, *id, *path;
		unsigned line;
		enum finding_severity severity;
	} rows[] = {
		{ "an unknown key", HEAD "nodez: 1\nnodes:\n" NODE "}\n", "unknown-key", "nodez",
		  5, FINDING_WARNING },
		{ "an unknown key of a node", HEAD "nodes:\n" NODE ", hostnam: b}\n",
		  "unknown-key", "nodes[0].hostnam", 6, FINDING_WARNING },
		{ "an unknown key of a group", HEAD "worker: {hostname: b}\nnodes:\n" NODE "}\n",
		  "unknown-key", "worker.hostname", 5, FINDING_WARNING },
		{ "no name",
		  "endpoint: https://192.0.2.1\nkubernetesVersion: 1.36.0\nnodes:\n" NODE "}\n",
		  "missing-key", "clusterName", 1, FINDING_ERROR },
		{ "no nodes", HEAD "nodes: []\n", "no-nodes", "nodes", 5, FINDING_ERROR },
		{ "no address", HEAD "nodes:\n  - {hostname: a, installDisk: /dev/sda}\n",
		  "missing-key", "nodes[0].ipAddress", 6, FINDING_ERROR },
		{ "a bad address",
		  HEAD "nodes:\n  - {hostname: a, ipAddress: 'a b', installDisk: /dev/sda}\n",
		  "bad-address", "nodes[0].ipAddress", 6, FINDING_ERROR },
		{ "two of one name", HEAD "nodes:\n" NODE "}\n" NODE "}\n", "duplicate-name",
		  "nodes[1]", 7, FINDING_ERROR },
		{ "a list that is none", HEAD "nodes:\n" NODE ", patches: x}\n", "wrong-type",
		  "nodes[0].patches", 6, FINDING_ERROR },
		{ "a group that no node is of",
		  HEAD "controlPlane: {patches: x}\nnodes:\n" NODE "}\n",
		  "wrong-type", "controlPlane.patches", 5, FINDING_ERROR },
		{ "an address too many",
		  HEAD "nodes:\n  - {hostname: a, ipAddress: '192.0.2.1,', installDisk: /d}\n",
		  "bad-address", "nodes[0].ipAddress", 6, FINDING_ERROR },
		{ "a label that begins with a hyphen", HEAD "domain: a.-b\nnodes:\n" NODE "}\n",
		  "bad-domain", "domain", 5, FINDING_ERROR },
		{ "a bad network", HEAD "clusterPodNets: [x]\nnodes:\n" NODE "}\n", "bad-network",
		  "clusterPodNets[0]", 5, FINDING_ERROR },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct findings findings;
		struct talconfig config;
		int r = decode(arena, rows[i].text, &config, &findings);

		cr_assert_eq(r < 0, rows[i].severity == FINDING_ERROR, "%s", rows[i].name);
		cr_assert_eq(findings.len, 1, "%s: %zu findings", rows[i].name, findings.len);
		cr_expect_str_eq(findings.at[0].id, rows[i].id, "%s", rows[i].name);
		cr_expect_str_eq(findings.at[0].path, rows[i].path, "%s", rows[i].name);
		cr_expect_eq(findings.at[0].src.line, rows[i].line, "%s", rows[i].name);
		cr_expect_eq(findings.at[0].severity, rows[i].severity, "%s", rows[i].name);
	}
}

Test(talconfig, kubernetes_must_fit_talos)
{
	static const struct {
		const char *talos, *kubernetes;
		bool good;
	} rows[] = {
		{ "v1.13.9", "v1.31.0", true },
		{ "v1.13.9", "1.36.9", true },
		{ "v1.13.9", "v1.30.9", false },
		{ "v1.13.9", "v1.37.0", false },
		{ "1.9.0", "1.27.0", true },
		{ "1.9.0", "1.33.0", false },
		{ "v1.14.0", "v1.37.1", true },
		{ "no", "v1.36.0", false },
		{ "v1.13.0", "latest", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct findings findings;
		struct talconfig config;
		const char *text = arena_printf(arena,
						"clusterName: c\nendpoint: https://192.0.2.1:6443\n"
						"talosVersion: %s\nkubernetesVersion: %s\n"
						"nodes:\n" NODE "}\n",
						rows[i].talos, rows[i].kubernetes);

		cr_expect_eq(decode(arena, text, &config, &findings) == 0, rows[i].good,
			     "%s with %s", rows[i].talos, rows[i].kubernetes);
	}
}
