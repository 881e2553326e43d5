#include "cluster/patches.h"

#include "sample.h"

#include <string.h>

Test(patches, merge_order_is_global_role_host_cluster_node)
{
	static const char *const wanted[] = {
		"patches/global/a.yaml",
		"patches/global/b.yaml",
		"patches/worker/z.yaml",
		"patches/worker1/h.yaml",
		"cluster.yaml: patches[0]",
		"nodes.yaml: nodes[3].patches[0]",
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct file_text files[] = {
		{ "patches/worker1/h.yaml", "machine: {}\n", 12 },
		{ "patches/global/b.yaml", "machine: {}\n", 12 },
		{ "patches/controller/c.yaml", "machine: {}\n", 12 },
		{ "patches/global/a.yaml", "machine: {}\n", 12 },
		{ "patches/global/notes.txt", "[", 1 },
		{ "patches/worker/z.yaml", "- op: remove\n  path: /a\n", 24 },
		{ "cluster.yaml", NULL, 0 },
		{ "nodes.yaml", NULL, 0 },
	};
	struct file_text texts[ARRAY_LEN(files)];
	struct sample sample = sample_good();
	struct workspace *workspace OWNED(workspace_free) = NULL;
	struct err err = ERR_INIT;

	memcpy(texts, files, sizeof(files));
	texts[6].text = sample_edit(arena, sample.cluster, "",
				    "patches:\n  - machine:\n      install:\n        wipe: true\n");
	texts[7].text = sample_edit(arena, sample.nodes, "    disk: 234043C6E0D3",
				    "    patches: ['machine: {}']\n    disk: 234043C6E0D3");
	texts[6].len = strlen(texts[6].text);
	texts[7].len = strlen(texts[7].text);
	cr_assert_eq(workspace_open_texts(texts, ARRAY_LEN(texts), &workspace, &err), 0, "%s",
		     err.text);

	const struct cluster *cluster = workspace_cluster(workspace, &err);

	cr_assert_not_null(cluster, "%s", err.text);

	const struct node *node = &cluster->node[3];

	cr_assert_eq(node->patches, ARRAY_LEN(wanted));
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		cr_assert_str_eq(node->patch[i].name, wanted[i]);
	cr_assert_str_eq(node->patch[4].text, "machine:\n    install:\n        wipe: true\n");
	cr_assert_eq(node->patch[4].len, strlen(node->patch[4].text));
	cr_assert_eq(node->patch[4].src.line, 12);
	cr_assert_str_eq(node->patch[5].text, "machine: {}");
	cr_assert_eq(cluster->node[0].patches, 4);
	cr_assert_str_eq(cluster->node[0].patch[2].name, "patches/controller/c.yaml");
}

Test(patches, a_file_can_be_named)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct sample sample = sample_good();

	sample.cluster = sample_edit(arena, sample.cluster, "", "patches: ['@more/x.yaml']\n");

	struct workspace *missing OWNED(workspace_free) = sample_open(&sample);
	const struct finding *finding = sample_find(missing, "missing-file");

	cr_assert_not_null(finding);
	cr_assert_str_eq(finding->path, "patches[0]");
	cr_assert_eq(finding->src.line, 11);

	sample_add(&sample, "more/x.yaml", "machine: {}\n");

	struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);

	cr_assert_str_eq(workspace_cluster(workspace, NULL)->node[0].patch[0].name, "more/x.yaml");
}

Test(patches, what_a_key_names_is_used_wherever_it_is)
{
	static const char *const names[] = { "patches/x.yaml", "patches/more/y.yaml",
					     "patches/global/z.yml" };
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct sample sample = sample_good();

	sample.cluster = sample_edit(arena, sample.cluster, "",
				     "patches: ['@patches/x.yaml', '@patches/more/y.yaml', "
				     "'@patches/global/z.yml']\n");
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		sample_add(&sample, names[i], "machine: {}\n");
	sample_add(&sample, "patches/README.md", "What they are for\n");

	struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);

	cr_assert_null(sample_find(workspace, "unused-patch"));
	cr_assert_null(sample_find(workspace, "unknown-patch-folder"));
}

static const struct {
	const char *name, *file, *text, *id, *where, *hint;
	bool warning;
} faults[] = {
	{ "no YAML", "patches/global/a.yaml", "machine: [\n", "bad-patch", "patches/global/a.yaml",
	  NULL, false },
	{ "a folder nobody has", "patches/wroker1/a.yaml", "machine: {}\n", "unknown-patch-folder",
	  "patches/wroker1", "patches/worker1", true },
	{ "a role nobody has", "patches/controllex/a.yaml", "machine: {}\n", "unknown-patch-folder",
	  "patches/controllex", "patches/controller", true },
	{ "a file beside the folders", "patches/a.yaml", "machine: {}\n", "unused-patch",
	  "patches/a.yaml", "global", true },
	{ "a file of another ending", "patches/global/a.yml", "machine: {}\n", "unused-patch",
	  "patches/global/a.yml", ".yaml", true },
};

Test(patches, each_fault_is_found_at_its_place)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		struct sample sample = sample_good();

		sample_add(&sample, faults[i].file, faults[i].text);

		struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);
		const struct finding *finding = sample_find(workspace, faults[i].id);

		cr_assert_not_null(finding, "%s:%s", faults[i].name, sample_all(workspace, arena));
		cr_assert_str_eq(finding->src.file, faults[i].where, "%s", faults[i].name);
		if (faults[i].hint)
			cr_assert_not_null(strstr(finding->hint, faults[i].hint), "%s",
					   finding->hint);
		cr_assert_eq(finding->severity == FINDING_WARNING, faults[i].warning, "%s",
			     faults[i].name);
	}
}

Test(patches, inline_text_that_is_no_yaml_is_found_where_it_stands)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct sample sample = sample_good();

	sample.cluster = sample_edit(arena, sample.cluster, "", "patches:\n  - 'machine: ['\n");

	struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);
	const struct finding *finding = sample_find(workspace, "bad-patch");

	cr_assert_not_null(finding);
	cr_assert_str_eq(finding->src.file, "cluster.yaml");
	cr_assert_eq(finding->src.line, 12);
}

Test(patches, documents_of_a_node_come_last)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct sample sample = sample_good();
	struct workspace *workspace OWNED(workspace_free) = NULL;
	struct err err = ERR_INIT;

	sample.nodes = sample_edit(arena, sample.nodes, "    disk: 234043C6E0D3",
				   "    documents: ['machine: {}']\n"
				   "    patches: ['cluster: {}']\n"
				   "    disk: 234043C6E0D3");
	workspace = sample_open(&sample);

	const struct cluster *cluster = workspace_cluster(workspace, &err);

	cr_assert_not_null(cluster, "%s", err.text);
	cr_assert_eq(cluster->node[3].patches, 2);
	cr_assert(!cluster->node[3].patch[0].verbatim);
	cr_assert(cluster->node[3].patch[1].verbatim);
	cr_assert_str_eq(cluster->node[3].patch[1].name, "nodes.yaml: nodes[3].documents[0]");
}

Test(patches, an_empty_list_of_name_servers_means_none)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct sample sample = sample_good();
	struct workspace *workspace OWNED(workspace_free) = NULL;
	struct err err = ERR_INIT;

	sample.cluster = sample_edit(arena, sample.cluster, "",
				     "node_dns_servers: []\nmerge: exact\n");
	workspace = sample_open(&sample);

	const struct cluster *cluster = workspace_cluster(workspace, &err);

	cr_assert_not_null(cluster, "%s", err.text);
	cr_assert_eq(cluster->dns_servers.len, 0);
	cr_assert_eq(cluster->ntp_servers.len, 2);
	cr_assert(cluster->exact_merge);
}
