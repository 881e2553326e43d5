#include "render/lint.h"

#include "base/own.h"
#include "render/render_check.h"
#include "tree/yaml.h"
#include "unit/render/site.h"

#include <criterion/criterion.h>
#include <string.h>

struct row {
	const char *name, *patch; /* NULL: none */
	const char *id;
	unsigned line, column; /* of the one finding with that id; 0: there is none */
	size_t controllers;
	const char *endpoint, *cilium, *contract; /* NULL: as they are */
	struct disk disk;
	const char *values; /* of Cilium's chart */
};

#define INLINE "cluster:\n  inlineManifests:\n  - name: x\n    contents: |\n"

static const struct row rows[] = {
	{ "a virtual address beside the subnets",
	  "machine: {network: {interfaces: [{interface: eth9, addresses: [10.9.0.1/24],\n"
	  "  vip: {ip: 10.8.0.9}}]}}",
	  "vip-outside", 2, 13, 3 },
	{ "a virtual address within one of them",
	  "machine: {network: {interfaces: [{interface: eth9, addresses: [10.9.0.1/24],\n"
	  "  vip: {ip: 10.9.0.9}}]}}",
	  "vip-outside", 0, 0, 3 },
	{ "a virtual address of a document",
	  "apiVersion: v1alpha1\nkind: Layer2VIPConfig\nname: 10.200.0.1\nlink: eth0\n",
	  "vip-outside", 3, 7, 3 },
	{ "a virtual address of the other family",
	  "apiVersion: v1alpha1\nkind: Layer2VIPConfig\nname: fd00::1\nlink: eth0\n", "vip-outside",
	  0, 0, 3 },
	{ "one control plane and a virtual address", NULL, "vip-alone", 1, 1, 1 },
	{ "three of them and a virtual address",
	  "apiVersion: v1alpha1\nkind: Layer2VIPConfig\nname: 10.0.0.9\nlink: eth0\n", "vip-alone",
	  0, 0, 3 },
	{ "an endpoint that is one of three", NULL, "endpoint-is-node", 1, 1, 3,
	  "https://10.0.50.1:6443" },
	{ "an endpoint that is the only one", NULL, "endpoint-is-node", 0, 0, 1,
	  "https://10.0.50.1:6443" },
	{ "an endpoint that is none of three", NULL, "endpoint-is-node", 0, 0, 3 },
	{ "wipe", "machine: {install: {wipe: true}}", "install-wipe", 1, 27, 3 },
	{ "no wipe", "machine: {install: {wipe: false}}", "install-wipe", 0, 0, 3 },
	{ "wipe of 1.14",
	  "apiVersion: v1alpha1\nkind: UnattendedInstallConfig\nprovisioning: {wipe: true}\n",
	  "install-wipe", 3, 22, 3, NULL, NULL, "v1.14" },
	{ "a key of nodeID in the main document",
	  "machine: {systemDiskEncryption: {state: {provider: luks2,\n"
	  "  keys: [{slot: 0, nodeID: {}}]}}}",
	  "encrypt-node-id", 2, 20, 3 },
	{ "a key of nodeID of a volume",
	  "apiVersion: v1alpha1\nkind: VolumeConfig\nname: EPHEMERAL\n"
	  "encryption: {provider: luks2, keys: [{slot: 0, nodeID: {}}]}\n",
	  "encrypt-node-id", 4, 48, 3 },
	{ "a key of a TPM",
	  "apiVersion: v1alpha1\nkind: VolumeConfig\nname: EPHEMERAL\n"
	  "encryption: {provider: luks2, keys: [{slot: 0, tpm: {}}]}\n",
	  "encrypt-node-id", 0, 0, 3 },
	{ "the old kind of Cilium", INLINE "      kind: CiliumBGPPeeringPolicy\n",
	  "cilium-old-kind", 4, 15, 3 },
	{ "the old kind in a Cilium that has it", INLINE "      kind: CiliumBGPPeeringPolicy\n",
	  "cilium-old-kind", 0, 0, 3, NULL, "1.17.4" },
	{ "the new kind", INLINE "      kind: CiliumBGPClusterConfig\n", "cilium-old-kind", 0, 0,
	  3 },
	{ "BPF host routing",
	  INLINE "      enable-bpf-masquerade: \"true\"\n      kube-proxy-replacement: 'true'\n",
	  "host-routing-dns", 4, 15, 3 },
	{ "legacy host routing",
	  INLINE "      enable-bpf-masquerade: \"true\"\n      kube-proxy-replacement: 'true'\n"
		 "      enable-host-legacy-routing: \"true\"\n",
	  "host-routing-dns", 0, 0, 3 },
	{ "BPF host routing without forwarding",
	  "machine: {features: {hostDNS: {enabled: true, forwardKubeDNSToHost: false}}}\n" INLINE
	  "      enable-bpf-masquerade: \"true\"\n      kube-proxy-replacement: 'true'\n",
	  "host-routing-dns", 0, 0, 3 },
	{ "BPF host routing by arguments",
	  INLINE "      args: [--set, bpf.masquerade=true, --set, kubeProxyReplacement=true]\n",
	  "host-routing-dns", 4, 15, 3 },
	{ "legacy host routing by arguments",
	  INLINE "      args: [--set, bpf.masquerade=true, --set, kubeProxyReplacement=true,\n"
		 "        --set, bpf.hostLegacyRouting=true]\n",
	  "host-routing-dns", 0, 0, 3 },
	{ "BPF host routing by the chart's values", NULL, "host-routing-dns", 1, 19, 3,
	  .values = "bpf: {masquerade: true}" },
	{ "BPF host routing by the chart's values in 1.14", NULL, "host-routing-dns", 1, 19, 3,
	  .contract = "v1.14", .values = "bpf: {masquerade: true}" },
	{ "legacy host routing by the chart's values", NULL, "host-routing-dns", 0, 0, 3,
	  .values = "bpf: {masquerade: true, hostLegacyRouting: true}" },
	{ "no proxy to replace", NULL, "host-routing-dns", 0, 0, 3,
	  .values = "{bpf: {masquerade: true}, kubeProxyReplacement: false}" },
	{ "the chart's values without forwarding",
	  "machine: {features: {hostDNS: {enabled: true, forwardKubeDNSToHost: false}}}",
	  "host-routing-dns", 0, 0, 3, .values = "bpf: {masquerade: true}" },
	{ "Longhorn on a secure mount",
	  "apiVersion: v1alpha1\nkind: VolumeConfig\nname: EPHEMERAL\nmount: {secure: true}\n---\n"
	  "machine: {kubelet: {extraMounts: [{destination: /var/lib/longhorn, type: bind,\n"
	  "  source: /var/lib/longhorn, options: [bind, rw]}]}}",
	  "noexec-longhorn", 4, 17, 3 },
	{ "Longhorn on a mount that is not",
	  "machine: {kubelet: {extraMounts: [{destination: /var/lib/longhorn, type: bind,\n"
	  "  source: /var/lib/longhorn, options: [bind, rw]}]}}",
	  "noexec-longhorn", 0, 0, 3 },
	{ "Longhorn where 1.14 makes the mount secure",
	  "machine:\n  sysctls: {x.longhorn: '1'}\n", "noexec-longhorn", 2, 25, 3, NULL, NULL,
	  "v1.14" },
	{ "a secure mount without Longhorn",
	  "apiVersion: v1alpha1\nkind: VolumeConfig\nname: EPHEMERAL\nmount: {secure: true}\n",
	  "noexec-longhorn", 0, 0, 3 },
	{ "glob the wrong way round",
	  "apiVersion: v1alpha1\nkind: UserVolumeConfig\nname: x\nprovisioning:\n"
	  "  diskSelector: {match: 'glob(disk.model, \"WD*\")'}\n  minSize: 1GB\n",
	  "glob-reversed", 5, 25, 3 },
	{ "glob the right way round",
	  "apiVersion: v1alpha1\nkind: UserVolumeConfig\nname: x\nprovisioning:\n"
	  "  diskSelector: {match: 'glob(\"WD*\", disk.model)'}\n  minSize: 1GB\n",
	  "glob-reversed", 0, 0, 3 },
};

static const struct value *values_of(struct arena *arena, const char *text)
{
	const struct yaml_input input = { .file = "cluster.yaml",
					  .text = text,
					  .len = strlen(text) };
	struct yaml_documents documents;

	cr_assert_eq(yaml_read(arena, &input, &documents, NULL), 0, "%s", text);
	return documents.at[0];
}

static void check_row(const struct row *row)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct patch_source patch = { .name = "patches/a.yaml",
					    .text = row->patch,
					    .len = row->patch ? strlen(row->patch) : 0 };
	struct findings findings;
	struct site site;
	size_t found = 0;

	site_init(&site);
	site.node.raw = value_with_src(arena, map_end(map_begin(arena)),
				       (struct src){ "nodes.yaml", 1, 1 });
	site.node.patch = &patch;
	site.node.patches = row->patch != NULL;
	site.cluster.node = &site.node;
	site.cluster.nodes = 1;
	site.cluster.controllers = row->controllers;
	if (row->endpoint)
		site.cluster.endpoint = row->endpoint;
	site.cluster.cilium.version = row->cilium;
	if (row->values)
		site.cluster.cilium.values = values_of(arena, row->values);
	if (row->contract) {
		site.cluster.contract = row->contract;
		site.cluster.talos = "v1.14.0";
	}
	findings_init(&findings, arena);
	render_check(&findings, &site.cluster);
	for (size_t i = 0; i < findings.len; i++) {
		const struct finding *finding = &findings.at[i];

		if (strcmp(finding->id, row->id) != 0)
			continue;
		found++;
		cr_assert_eq(finding->src.line, row->line, "%s: %u", row->name, finding->src.line);
		cr_assert_eq(finding->src.column, row->column, "%s: %u", row->name,
			     finding->src.column);
		cr_assert_not_null(finding->hint, "%s", row->name);
		cr_assert_lt(finding->severity, FINDING_ERROR, "%s", row->name);
	}
	cr_assert_eq(found, row->line ? 1 : 0, "%s: %zu times; the first of %zu: %s", row->name,
		     found, findings.len, findings.len ? findings.at[0].text : "");
}

Test(lint, says_what_is_regretted)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row(&rows[i]);
}

Test(lint, knows_a_glob_that_is_reversed)
{
	static const struct {
		const char *text;
		bool reversed;
	} globs[] = {
		{ "glob(disk.model, \"WD*\")", true },
		{ "glob( disk.model , 'WD*' )", true },
		{ "disk.size > 1u && glob(f(a, \"b\"), \"WD*\")", true },
		{ "glob(\"a\", disk.model) || glob(disk.model, \"a,)\")", true },
		{ "glob(\"WD*\", disk.model)", false },
		{ "glob(\"a,)*\", disk.model)", false },
		{ "glob('WD*', \"WD1\")", false },
		{ "myglob(disk.model, \"WD*\")", false },
		{ "glob(disk.model, pattern)", false },
		{ "glob(", false },
		{ "", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(globs); i++)
		cr_assert_eq(lint_glob_is_reversed(globs[i].text), globs[i].reversed, "%s",
			     globs[i].text);
}
