#include "cluster/pins.h"

#include "base/text.h"
#include "sample.h"

#include <string.h>

static const char no_versions[] =
	"node_cidr: 10.0.0.0/16\ncluster_api_addr: 10.0.50.50\n";

static const struct {
	const char *name, *file, *text, *talos, *kubernetes;
} forms[] = {
	{ "talenv.yaml with comments", "talenv.yaml",
	  "# renovate: datasource=docker depName=ghcr.io/siderolabs/installer\n"
	  "talosVersion: v1.13.9\n"
	  "# renovate: datasource=docker depName=ghcr.io/siderolabs/kubelet\n"
	  "kubernetesVersion: v1.36.4\n",
	  "v1.13.9", "v1.36.4" },
	{ "versions.env named by its packages", "versions.env",
	  "# renovate: datasource=github-releases depName=talos packageName=siderolabs/talos\n"
	  "os_release=v1.13.8\n\n"
	  "# renovate: datasource=github-tags depName=kubernetes packageName=kubernetes/kubernetes "
	  "extractVersion=^v(?<version>.*)$\n"
	  "cluster_release=1.36.2\n",
	  "v1.13.8", "v1.36.2" },
	{ "keys alone", "versions.env",
	  "export TALOS_VERSION=\"1.12.0\"\nKUBERNETES_VERSION='v1.35.1'\n", "v1.12.0", "v1.35.1" },
	{ "the factory's own source", "talenv.yaml",
	  "# renovate: datasource=custom.talos-factory depName=siderolabs/talos\n"
	  "factory: v1.14.1 # newest\nkubernetes_version: \"v1.37.0\"\nother: v9\n",
	  "v1.14.1", "v1.37.0" },
	{ "the comment decides, not the key", "versions.env",
	  "# renovate: datasource=docker depName=ghcr.io/siderolabs/kubelet\n"
	  "talos_version=v1.36.0\n"
	  "# another comment\n"
	  "# renovate: datasource=github-releases depName=siderolabs/talos\n"
	  "# and one more\n"
	  "kubernetes_version=v1.13.0\n",
	  "v1.13.0", "v1.36.0" },
};

Test(pins, each_form_is_read)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct sample sample = sample_good();

		sample.cluster = no_versions;
		sample_add(&sample, forms[i].file, forms[i].text);

		struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);
		const struct cluster *cluster = workspace_cluster(workspace, NULL);

		cr_assert_not_null(cluster, "%s:%s", forms[i].name, sample_all(workspace, arena));
		cr_assert_str_eq(cluster->talos, forms[i].talos, "%s", forms[i].name);
		cr_assert_str_eq(cluster->kubernetes, forms[i].kubernetes, "%s", forms[i].name);
		cr_assert_eq(cluster->pins, 2, "%s", forms[i].name);
	}
}

Test(pins, a_pin_knows_its_comment_and_place)
{
	struct sample sample = sample_good();

	sample.cluster = no_versions;
	sample_add(&sample, "talenv.yaml", forms[0].text);

	struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);
	const struct version_pin *pin = &workspace_cluster(workspace, NULL)->pin[1];

	cr_assert_eq(pin->subject, VERSION_KUBERNETES);
	cr_assert_str_eq(pin->key, "kubernetesVersion");
	cr_assert_str_eq(pin->datasource, "docker");
	cr_assert_str_eq(pin->dep, "ghcr.io/siderolabs/kubelet");
	cr_assert_str_eq(pin->src.file, "talenv.yaml");
	cr_assert_eq(pin->src.line, 4);
}

Test(pins, cluster_yaml_wins_and_differences_are_named)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct sample sample = sample_good();

	sample_add(&sample, "talenv.yaml", "talosVersion: v1.13.7\n");
	sample_add(&sample, "versions.env", "talos_version=1.13.9\nkubernetes_version=v1.36.3\n");

	struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);
	const struct finding *finding = sample_find(workspace, "versions-differ");

	cr_assert_str_eq(workspace_cluster(workspace, NULL)->talos, "v1.13.9");
	cr_assert_eq(workspace_findings(workspace)->len, 1, "%s", sample_all(workspace, arena));
	cr_assert_str_eq(finding->src.file, "talenv.yaml");
	cr_assert_eq(finding->severity, FINDING_WARNING);
	cr_assert_not_null(strstr(finding->text, "cluster.yaml:9"), "%s", finding->text);
}

static const struct {
	const char *name, *file, *text, *id, *where;
	unsigned line;
	bool warning;
} faults[] = {
	{ "no versions", "versions.env", "# nothing\n", "missing-version", "cluster.yaml", 1,
	  false },
	{ "no number", "versions.env", "talos_version=latest\n", "bad-version", "versions.env", 1,
	  false },
	{ "a variable", "versions.env", "\ntalos_version=${TALOS}\n", "bad-version", "versions.env",
	  2, false },
	{ "an old release", "talenv.yaml", "talosVersion: v1.7.0\n", "unsupported-version",
	  "talenv.yaml", 1, false },
	{ "lines of a shell in YAML", "talenv.yaml", "talosVersion=v1.13.9\n", "wrong-type",
	  "talenv.yaml", 1, false },
	{ "no YAML", "talenv.yaml", "a: [\n", "bad-yaml", "talenv.yaml", 0, false },
	{ "Kubernetes too new", "talenv.yaml",
	  "talosVersion: v1.13.9\nkubernetesVersion: v1.37.0\n", "kubernetes-range", "talenv.yaml",
	  2, false },
	{ "Kubernetes too old", "talenv.yaml",
	  "talosVersion: v1.13.9\nkubernetesVersion: v1.30.0\n", "kubernetes-range", "talenv.yaml",
	  2, false },
	{ "an image that is no more", "talenv.yaml",
	  "# renovate: datasource=docker depName=ghcr.io/siderolabs/installer\n"
	  "talosVersion: v1.14.0\nkubernetesVersion: v1.37.0\n",
	  "renovate-dead", "talenv.yaml", 2, true },
	{ "an image that the next release has no more", "talenv.yaml",
	  "# renovate: datasource=docker depName=ghcr.io/siderolabs/installer\n"
	  "talosVersion: v1.13.9\nkubernetesVersion: v1.36.3\n",
	  "renovate-dead", "talenv.yaml", 2, true },
};

Test(pins, each_fault_is_found_at_its_place)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		struct sample sample = sample_good();

		sample.cluster = no_versions;
		sample_add(&sample, faults[i].file, faults[i].text);

		struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);
		const struct finding *finding = sample_find(workspace, faults[i].id);

		cr_assert_not_null(finding, "%s:%s", faults[i].name, sample_all(workspace, arena));
		cr_assert_str_eq(finding->src.file, faults[i].where, "%s", faults[i].name);
		if (faults[i].line > 0)
			cr_assert_eq(finding->src.line, faults[i].line, "%s", faults[i].name);
		cr_assert_eq(finding->severity == FINDING_WARNING, faults[i].warning, "%s",
			     faults[i].name);
	}
}

Test(pins, a_file_in_the_wrong_form_is_one_finding)
{
	static const char *const texts[] = {
		"talosVersion=v1.13.9\nkubernetesVersion=v1.36.3\n",
		"talosVersion: v1.13.9\n\tkubernetesVersion: v1.36.3\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct sample sample = sample_good();

		sample.cluster = no_versions;
		sample_add(&sample, "talenv.yaml", texts[i]);

		struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);

		cr_assert_eq(workspace_findings(workspace)->len, 1, "%s",
			     sample_all(workspace, arena));
		cr_assert_str_eq(workspace_findings(workspace)->at[0].src.file, "talenv.yaml");
	}
}

Test(pins, a_contract_may_be_older_but_not_newer)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct sample sample = sample_good();

	sample.cluster = sample_edit(arena, sample.cluster, "", "contract: v1.12\n");

	struct workspace *older OWNED(workspace_free) = sample_open(&sample);

	cr_assert_str_eq(workspace_cluster(older, NULL)->contract, "v1.12");
	sample.cluster = sample_edit(arena, sample.cluster, "v1.12", "v1.14");

	struct workspace *newer OWNED(workspace_free) = sample_open(&sample);

	cr_assert_not_null(sample_find(newer, "contract-newer"));
	cr_assert_null(workspace_cluster(newer, NULL));
}
