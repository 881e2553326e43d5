#include "cluster/workspace.h"

#include "base/fs.h"
#include "base/text.h"
#include "sample.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct cluster *good_cluster(const struct workspace *workspace)
{
	struct err err = ERR_INIT;
	const struct cluster *cluster = workspace_cluster(workspace, &err);

	cr_assert_not_null(cluster, "%s", err.text);
	return cluster;
}

Test(workspace, defaults_are_filled_in)
{
	struct sample sample = sample_good();
	struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);
	const struct cluster *cluster = good_cluster(workspace);

	cr_assert_str_eq(cluster->name, "kubernetes");
	cr_assert_str_eq(cluster->endpoint, "https://10.0.50.50:6443");
	cr_assert_str_eq(cluster->vip, "10.0.50.50");
	cr_assert_str_eq(cluster->api_addr, "10.0.50.50");
	cr_assert_str_eq(cluster->talos, "v1.13.9");
	cr_assert_str_eq(cluster->kubernetes, "v1.36.3");
	cr_assert_str_eq(cluster->contract, "v1.13");
	cr_assert_str_eq(cluster->cni, "none");
	cr_assert_str_eq(cluster->dns_servers.at[1], "1.0.0.1");
	cr_assert_str_eq(cluster->ntp_servers.at[0], "162.159.200.1");
	cr_assert_null(cluster->vlan_tag);
	cr_assert_not(cluster->schedule_on_controllers);
	cr_assert_eq(cluster->nodes, 4);
	cr_assert_eq(cluster->controllers, 3);
	cr_assert(text_starts(cluster->inputs, "sha256:"));
	cr_assert_str_eq(cluster->node[3].output, "kubernetes-worker1.yaml");
	cr_assert_eq(cluster->node[3].disk.form, DISK_SERIAL);
	cr_assert_eq(cluster->node[0].disk.form, DISK_PATH);
	cr_assert_eq(cluster->node[0].role, ROLE_CONTROL);
	cr_assert_eq(cluster->node[3].role, ROLE_WORKER);
}

Test(workspace, the_gateway_is_the_first_host)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct sample sample = sample_good();

	sample.cluster = sample_edit(arena, sample.cluster, "node_default_gateway: 10.0.0.1\n", "");

	struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);

	cr_assert_str_eq(good_cluster(workspace)->gateway, "10.0.0.1");
}

static const struct {
	const char *name, *more, *endpoint, *vip;
} resolved[] = {
	{ "an endpoint of its own", "cluster_endpoint: https://api.example.org:443/\n",
	  "https://api.example.org:443", "10.0.50.50" },
	{ "no virtual address", "vip: none\n", "https://10.0.50.50:6443", NULL },
	{ "another virtual address", "vip: 10.0.50.60\n", "https://10.0.50.50:6443",
	  "10.0.50.60" },
};

Test(workspace, endpoint_and_virtual_address_follow_their_keys)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(resolved); i++) {
		struct sample sample = sample_good();

		sample.cluster = sample_edit(arena, sample.cluster, "", resolved[i].more);

		struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);
		const struct cluster *cluster = good_cluster(workspace);

		cr_assert_str_eq(cluster->endpoint, resolved[i].endpoint, "%s", resolved[i].name);
		cr_assert(text_equal(cluster->vip, resolved[i].vip), "%s", resolved[i].name);
	}
}

Test(workspace, addresses_of_ipv6_stand_in_brackets)
{
	struct sample sample = {
		.cluster = "node_cidr: fd00:1::/64\ncluster_api_addr: fd00:1::50\n"
			   "talos_version: v1.14.0\nkubernetes_version: v1.37.0\n"
			   "cluster_pod_cidr: fd00:2::/64\ncluster_svc_cidr: fd00:3::/108\n",
		.nodes = "nodes: [{name: a, address: 'fd00:1::2', controller: true, disk: x}]\n",
	};
	struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);
	const struct cluster *cluster = good_cluster(workspace);

	cr_assert_str_eq(cluster->endpoint, "https://[fd00:1::50]:6443");
	cr_assert_str_eq(cluster->gateway, "fd00:1::1");
}

Test(workspace, a_setting_of_the_cluster_is_the_default_of_each_node)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct sample sample = sample_good();

	sample.cluster = sample_edit(arena, sample.cluster, "",
				     "mtu: 9000\nencrypt_disk: true\nlocked: no visitors\n");
	sample.nodes =
		sample_edit(arena, sample.nodes, "disk: 234043C6E0D3",
			    "disk: {model: 'Samsung*'}\n    mtu: 1500\n    encrypt_disk: false");

	struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);
	const struct cluster *cluster = good_cluster(workspace);

	cr_assert_eq(cluster->node[0].mtu, 9000);
	cr_assert_eq(cluster->node[3].mtu, 1500);
	cr_assert_eq(cluster->node[0].encrypt, ENCRYPT_TPM);
	cr_assert_eq(cluster->node[3].encrypt, ENCRYPT_NONE);
	cr_assert_str_eq(cluster->node[3].locked, "no visitors");
	cr_assert_eq(cluster->node[3].disk.form, DISK_MATCH);
	cr_assert_str_eq(setting_src(cluster, &cluster->node[0], "mtu").file, "cluster.yaml");
	cr_assert_eq(setting_src(cluster, &cluster->node[0], "mtu").line, 11);
	cr_assert_str_eq(setting_src(cluster, &cluster->node[3], "mtu").file, "nodes.yaml");
	cr_assert_null(setting_src(cluster, &cluster->node[3], "secureboot").file);
	cr_assert_eq(setting_src(cluster, NULL, "talos_version").line, 9);
}

Test(workspace, nodes_are_found_by_name_and_address)
{
	struct sample sample = sample_good();
	struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);
	const struct cluster *cluster = good_cluster(workspace);

	cr_assert_eq(cluster_node(cluster, "cp2"), &cluster->node[1]);
	cr_assert_eq(cluster_node(cluster, "10.0.50.11"), &cluster->node[3]);
	cr_assert_null(cluster_node(cluster, "cp9"));
}

Test(workspace, the_digest_follows_names_and_bytes)
{
	struct sample sample = sample_good(), moved = sample_good(), edited = sample_good();

	sample_add(&sample, "patches/global/a.yaml", "machine: {}\n");
	sample_add(&moved, "patches/global/b.yaml", "machine: {}\n");
	sample_add(&edited, "patches/global/a.yaml", "machine: {} \n");

	struct workspace *first OWNED(workspace_free) = sample_open(&sample);
	struct workspace *again OWNED(workspace_free) = sample_open(&sample);
	struct workspace *other OWNED(workspace_free) = sample_open(&moved);
	struct workspace *third OWNED(workspace_free) = sample_open(&edited);
	const char *inputs = good_cluster(first)->inputs;

	cr_assert_str_eq(good_cluster(again)->inputs, inputs);
	cr_assert_str_neq(good_cluster(other)->inputs, inputs);
	cr_assert_str_neq(good_cluster(third)->inputs, inputs);
}

Test(workspace, the_token_stays_out_of_sight)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct sample sample = sample_good();

	sample.cluster =
		sample_edit(arena, sample.cluster, "", "cloudflare_token: [very-secret]\n");

	struct workspace *bad OWNED(workspace_free) = sample_open(&sample);

	cr_assert_not_null(sample_find(bad, "wrong-type"));
	cr_assert_null(strstr(sample_all(bad, arena), "very-secret"));

	sample.cluster = sample_edit(arena, sample.cluster, "[very-secret]", "very-secret");

	struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);

	cr_assert(value_is_sensitive(value_get(good_cluster(workspace)->raw, "cloudflare_token")));
}

Test(workspace, broken_yaml_is_a_finding_beside_the_others)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct sample sample = sample_good();

	sample.cluster = "node_cidr: [\n";
	sample.nodes = sample_edit(arena, sample.nodes, "worker1", "cp1");

	struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);
	const struct finding *finding = sample_find(workspace, "bad-yaml");
	struct err err = ERR_INIT;

	cr_assert_not_null(finding);
	cr_assert_str_eq(finding->src.file, "cluster.yaml");
	cr_assert_not_null(sample_find(workspace, "duplicate-name"));
	cr_assert_null(sample_find(workspace, "missing-version"));
	cr_assert_null(workspace_cluster(workspace, &err));
	cr_assert_eq(err.kind, ERR_INPUT);
	cr_assert_str_eq(err.file, "cluster.yaml");
}

Test(workspace, findings_are_sorted_by_place)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct sample sample = sample_good();

	sample.cluster = sample_edit(arena, sample.cluster, "10.0.0.0/16", "10.0.0.5/16");
	sample.cluster = sample_edit(arena, sample.cluster, "", "cni: x\n");
	sample.nodes = sample_edit(arena, sample.nodes, "name: cp1", "name: CP1");

	struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);
	const struct findings *findings = workspace_findings(workspace);

	cr_assert_gt(findings->len, 2);
	for (size_t i = 1; i < findings->len; i++) {
		const struct src *a = &findings->at[i - 1].src, *b = &findings->at[i].src;
		int names = strcmp(a->file, b->file);

		cr_assert(names < 0 || (names == 0 && a->line <= b->line));
	}
}

Test(workspace, a_missing_file_is_a_finding)
{
	struct sample sample = sample_good();

	sample.nodes = NULL;

	struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);
	const struct finding *finding = sample_find(workspace, "missing-file");

	cr_assert_not_null(finding);
	cr_assert_str_eq(finding->src.file, "nodes.yaml");
}

Test(workspace, an_endpoint_and_a_network_are_needed)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct sample sample = {
		.cluster = "talos_version: v1.13.9\nkubernetes_version: v1.36.3\n",
		.nodes = "nodes: [{name: a, address: 10.0.0.9, controller: true, disk: x}]\n",
	};
	struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);
	const struct finding *finding = sample_find(workspace, "missing-key");

	cr_assert_not_null(finding);
	cr_assert_str_eq(finding->path, "node_cidr");

	sample.cluster = sample_edit(arena, sample.cluster, "", "node_cidr: 10.0.0.0/24\n");

	struct workspace *other OWNED(workspace_free) = sample_open(&sample);

	finding = sample_find(other, "missing-key");
	cr_assert_not_null(finding);
	cr_assert_str_eq(finding->path, "cluster_api_addr");
	cr_assert_not_null(strstr(finding->hint, "cluster_api_addr: 10.0.0.9"));
}

/* ---- on disk ---- */

static const char *new_folder(struct arena *arena)
{
	char *folder = arena_str(arena, "/tmp/talforge-test-XXXXXX");

	cr_assert_not_null(mkdtemp(folder));
	return folder;
}

static void put(struct arena *arena, const char *folder, const char *name, const char *text)
{
	struct err err = ERR_INIT;

	cr_assert_eq(fs_write(fs_join(arena, folder, name), text, strlen(text), 0600, NULL, &err),
		     0, "%s", err.text);
}

static void drop(struct arena *arena, const char *folder)
{
	static const char *const names[] = { "cluster.yaml", "nodes.yaml", "talsecret.yaml",
					     "talsecret.sops.yaml", ".gitignore" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		fs_remove(fs_join(arena, folder, names[i]), NULL);
	rmdir(fs_join(arena, folder, ".git"));
	cr_assert_eq(rmdir(folder), 0);
}

static struct workspace *open_folder(const char *folder)
{
	struct workspace *workspace = NULL;
	struct err err = ERR_INIT;

	cr_assert_eq(workspace_open(folder, &workspace, &err), 0, "%s", err.text);
	return workspace;
}

Test(workspace, a_folder_without_files_is_none)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *folder = new_folder(arena);
	struct workspace *workspace OWNED(workspace_free) = NULL;
	struct err err = ERR_INIT;

	cr_assert_lt(workspace_open(folder, &workspace, &err), 0);
	cr_assert_eq(err.kind, ERR_NOT_FOUND);
	drop(arena, folder);
	cr_assert_lt(workspace_open(folder, &workspace, &err), 0);
	cr_assert_eq(err.kind, ERR_NOT_FOUND);
	cr_assert_null(workspace);
}

static void secrets_finding_is(struct workspace *workspace, enum finding_severity severity,
			       const char *id)
{
	struct arena *arena OWNED(arena_free) = arena_new("findings");
	struct findings findings;

	findings_init(&findings, arena);
	workspace_check_secrets(workspace, &findings);
	cr_assert_eq(findings.len, 1);
	cr_assert_eq(findings.at[0].severity, severity);
	cr_assert_str_eq(findings.at[0].id, id);
	cr_assert_str_eq(findings.at[0].src.file, "talsecret.yaml");
}

Test(workspace, the_bundle_must_be_private_and_ignored)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *folder = new_folder(arena);
	const char *secrets = fs_join(arena, folder, "talsecret.yaml");
	struct sample sample = sample_good();
	struct err err = ERR_INIT;
	char *text;
	size_t len;

	put(arena, folder, "cluster.yaml", sample.cluster);
	put(arena, folder, "nodes.yaml", sample.nodes);

	struct workspace *workspace OWNED(workspace_free) = open_folder(folder);

	cr_assert_not_null(workspace_cluster(workspace, &err), "%s", err.text);
	cr_assert_null(workspace_bundle(workspace, &err));
	cr_assert_eq(err.kind, ERR_NOT_FOUND);
	cr_assert_neq(err.hint[0], 0);
	secrets_finding_is(workspace, FINDING_NOTE, "no-secrets");

	err_clear(&err);
	put(arena, folder, "talsecret.sops.yaml", "sops: {}\n");
	cr_assert_null(workspace_bundle(workspace, &err));
	cr_assert_eq(err.kind, ERR_INPUT, "%s", err.text);
	cr_assert_str_eq(workspace_secrets_file(workspace), "talsecret.sops.yaml");
	cr_assert_eq(fs_remove(fs_join(arena, folder, "talsecret.sops.yaml"), &err), 0);
	err_clear(&err);

	cr_assert_eq(fs_read(arena, TEST_DATA_DIR "/golden/secrets/bundle-v1.13/secrets.yaml",
			     FS_FILE_MAX, &text, &len, &err),
		     0);
	put(arena, folder, "talsecret.yaml", text);
	cr_assert_eq(chmod(secrets, 0640), 0);
	err_clear(&err);
	cr_assert_null(workspace_bundle(workspace, &err));
	cr_assert_eq(err.kind, ERR_REFUSED);
	cr_assert_str_eq(err.hint, "chmod 600 talsecret.yaml");
	secrets_finding_is(workspace, FINDING_ERROR, "bad-secrets");

	cr_assert_eq(chmod(secrets, 0600), 0);
	cr_assert_eq(fs_mkdir(fs_join(arena, folder, ".git"), 0700, &err), 0);
	err_clear(&err);
	cr_assert_null(workspace_bundle(workspace, &err));
	cr_assert_eq(err.kind, ERR_REFUSED);
	cr_assert_not_null(strstr(err.hint, ".gitignore"));
	cr_assert_not(workspace_bundle_in_clear(workspace));

	put(arena, folder, ".gitignore", "talsecret.yaml\n");
	cr_assert_not_null(workspace_bundle(workspace, &err), "%s", err.text);
	cr_assert(workspace_bundle_in_clear(workspace));
	cr_assert_str_eq(workspace_path(workspace, "x"), fs_join(arena, folder, "x"));
	drop(arena, folder);
}
