#include "ops/bgp.h"
#include "ops/cilium.h"

#include "base/fs.h"
#include "base/text.h"
#include "cluster/workspace.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GOLDEN TEST_DATA_DIR "/cilium/"

#define VERSIONS "talos_version: v1.13.9\nkubernetes_version: v1.36.3\n"
#define NODE(name, address) \
	"  - {name: " name ", address: " address ", controller: true, disk: /dev/sda}\n"

static const char minis[] = "node_cidr: 172.29.51.0/24\n"
			    "cluster_api_addr: 172.29.51.10\n"
			    "cluster_pod_cidr: [10.244.0.0/16, 'fd47:25e1:2f96:2000::/56']\n"
			    "cluster_svc_cidr: [10.96.0.0/12, 'fd47:25e1:2f96:1000::/108']\n"
			    "pools:\n"
			    "  - {name: bgp-default, start: 172.29.52.100, stop: 172.29.52.199, "
			    "label: bgp-default}\n"
			    "  - {name: bgp-ingress, start: 172.29.52.200, stop: 172.29.52.220, "
			    "label: bgp-ingress}\n"
			    "  - {name: bgp-default-ipv6, cidr: 'fd47:25e1:2f96:52:100::/120', "
			    "label: bgp-default}\n"
			    "bgp:\n"
			    "  asn: 64512\n"
			    "  peers:\n"
			    "    - {address: 172.29.51.1, asn: 64513, hold: 9, keepalive: 3, "
			    "password: {env: BGP_PASSWORD}}\n"
			    "    - {address: 'fd47:25e1:2f96:51::1', asn: 64513, "
			    "graceful_restart: 0}\n"
			    "cilium:\n"
			    "  values:\n"
			    "    loadBalancer: {acceleration: best-effort}\n"
			    "    hubble: {enabled: true}\n" VERSIONS;
static const char minis_nodes[] =
	"nodes:\n" NODE("mini01", "[172.29.51.11, 'fd47:25e1:2f96:51::11']")
		NODE("mini02", "[172.29.51.12, 'fd47:25e1:2f96:51::12']")
			NODE("mini03", "[172.29.51.13, 'fd47:25e1:2f96:51::13']");

static const char racks[] = "node_cidr: 10.0.0.0/16\n"
			    "cluster_api_addr: 10.0.50.50\n"
			    "cluster_gateway_addr: 10.0.50.101\n"
			    "cluster_dns_gateway_addr: 10.0.50.100\n"
			    "cilium_loadbalancer_mode: snat\n"
			    "cilium: {version: v1.17.4}\n" VERSIONS;
static const char racks_nodes[] = "nodes:\n" NODE("control0", "10.0.50.1");

static const char remote[] = "cluster_endpoint: https://k8s.example.com:6443\n"
			     "cilium_bgp_router_addr: 10.9.0.1\n"
			     "cilium_bgp_router_asn: '64513'\n"
			     "cilium_bgp_node_asn: '64512'\n" VERSIONS;

static struct workspace *open_texts(const char *cluster, const char *nodes)
{
	const struct file_text texts[] = { { "cluster.yaml", cluster, strlen(cluster) },
					   { "nodes.yaml", nodes, strlen(nodes) } };
	struct workspace *workspace = NULL;
	struct err err = ERR_INIT;

	cr_assert_eq(workspace_open_texts(texts, 2, &workspace, &err), 0, "%s", err.text);
	return workspace;
}

static const struct cluster *cluster_of(struct workspace *workspace)
{
	struct err err = ERR_INIT;
	const struct cluster *cluster = workspace_cluster(workspace, &err);

	cr_assert_not_null(cluster, "%s", err.text);
	return cluster;
}

/* With TALFORGE_REWRITE_GOLDEN set it writes the file anew; the review reads the difference. */
static void is_golden(struct arena *arena, const char *name, const struct str *text)
{
	const char *path = fs_join(arena, GOLDEN, name);
	struct err err = ERR_INIT;
	char *wanted;
	size_t len;

	if (getenv("TALFORGE_REWRITE_GOLDEN"))
		cr_assert_eq(fs_write(path, text->at, text->len, 0644, NULL, &err), 0, "%s",
			     err.text);
	cr_assert_eq(fs_read(arena, path, FS_FILE_MAX, &wanted, &len, &err), 0, "%s", err.text);
	cr_assert_str_eq(str_text(text), wanted, "not what %s has", name);
}

static const struct {
	const char *cluster, *nodes;
	const char *values, *resources, *install, *router;
} goldens[] = {
	{ minis, minis_nodes, "minis-values.yaml", "minis-resources.yaml", "minis-install.yaml",
	  "minis-router.conf" },
	{ racks, racks_nodes, "racks-values.yaml", "racks-resources.yaml", "racks-install.yaml",
	  NULL },
	{ remote, racks_nodes, "remote-values.yaml", "remote-resources.yaml",
	  "remote-install.yaml", "remote-router.conf" },
};

static void check_documents(struct arena *arena, const char *name,
			    const struct value *const *documents, size_t len)
{
	struct yaml_style style = yaml_style_talos;
	struct str text SCOPED(str_done) = STR_INIT(1 << 20);

	style.indent = 2;
	style.stars = true;
	yaml_write_all(&text, documents, len, &style);
	is_golden(arena, name, &text);
}

Test(cilium, values_resources_and_job_of_three_clusters)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(goldens); i++) {
		struct workspace *workspace OWNED(workspace_free) =
			open_texts(goldens[i].cluster, goldens[i].nodes);
		const struct cilium_request request = { .cluster = cluster_of(workspace) };
		struct cilium_made made;
		struct err err = ERR_INIT;

		cr_assert_eq(cilium_make(arena, &request, &made, &err), 0, "%s", err.text);
		check_documents(arena, goldens[i].values, &made.values, 1);
		check_documents(arena, goldens[i].resources, made.resource, made.resources);
		check_documents(arena, goldens[i].install, made.install, made.installs);
	}
}

Test(bgp, the_routers_side_of_the_same_clusters)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(goldens); i++) {
		struct workspace *workspace OWNED(workspace_free) =
			open_texts(goldens[i].cluster, goldens[i].nodes);
		const struct router_request request = { .cluster = cluster_of(workspace) };
		struct str text SCOPED(str_done) = STR_INIT(1 << 20);
		struct err err = ERR_INIT;

		if (!goldens[i].router) {
			cr_assert_lt(router_text(&request, &text, &err), 0);
			cr_assert_eq(err.kind, ERR_NOT_FOUND);
			continue;
		}
		cr_assert_eq(router_text(&request, &text, &err), 0, "%s", err.text);
		is_golden(arena, goldens[i].router, &text);
	}
}

Test(cilium, a_password_is_in_its_secret_and_sensitive)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct workspace *workspace OWNED(workspace_free) = open_texts(minis, minis_nodes);
	static const char *const passwords[] = { "hunter2", NULL };
	const struct cilium_request request = { .cluster = cluster_of(workspace),
						.password = passwords };
	struct cilium_made made;

	cr_assert_eq(cilium_make(arena, &request, &made, NULL), 0);
	cr_assert_str_eq(value_get_text(made.resource[0], "kind"), "Secret");

	const struct value *data = value_get(made.resource[0], "stringData");

	cr_assert_str_eq(value_get_text(data, "password"), "hunter2");
	cr_assert(value_is_sensitive(value_get(data, "password")));
	cr_assert_str_neq(value_get_text(made.resource[1], "kind"), "Secret");
}

static void router_has(const struct router_request *request, const char *text, bool wanted)
{
	struct str out SCOPED(str_done) = STR_INIT(1 << 20);
	struct err err = ERR_INIT;

	cr_assert_eq(router_text(request, &out, &err), 0, "%s", err.text);
	cr_assert_eq(strstr(str_text(&out), text) != NULL, wanted, "%s: %s", text, str_text(&out));
}

Test(bgp, passwords_are_shown_when_asked_for)
{
	struct workspace *workspace OWNED(workspace_free) = open_texts(minis, minis_nodes);
	static const char *const passwords[] = { "hunter 2", NULL };
	struct router_request request = { .cluster = cluster_of(workspace),
					  .password = passwords };

	router_has(&request, "hunter", false);
	router_has(&request, " neighbor K8S4 password ***\n", true);
	request.templates.show_secrets = true;
	router_has(&request, " neighbor K8S4 password hunter 2\n", true);
	router_has(&request, "K8S6 password", false);
}

Test(bgp, neighbors_by_range_where_the_network_is_known)
{
	struct workspace *workspace OWNED(workspace_free) = open_texts(minis, minis_nodes);
	const struct router_request request = { .cluster = cluster_of(workspace),
						.neighbors = NEIGHBORS_RANGE };

	router_has(&request, " bgp listen range 172.29.51.0/24 peer-group K8S4\n", true);
	router_has(&request, "172.29.51.11", false);
	router_has(&request, " neighbor fd47:25e1:2f96:51::11 peer-group K8S6\n", true);
}

Test(bgp, a_unifi_gateway_gets_no_header)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *text = arena_printf(arena, "%.*s  router: {format: unifi}\n%s",
					(int)(strstr(minis, "cilium:") - minis), minis,
					strstr(minis, "cilium:"));
	struct workspace *workspace OWNED(workspace_free) = open_texts(text, minis_nodes);
	const struct router_request request = { .cluster = cluster_of(workspace) };

	router_has(&request, "frr defaults", false);
	router_has(&request, "router bgp 64513\n", true);
}

static const char two_routers[] =
	"node_cidr: 172.29.51.0/24\ncluster_api_addr: 172.29.51.10\n"
	"bgp: {asn: 64512, peers: [{address: 172.29.51.1, asn: 64513}, "
	"{address: 172.29.51.2, asn: 64514, hold: 30}]}\n" VERSIONS;
static const char one_node[] = "nodes:\n" NODE("mini01", "172.29.51.11");

Test(bgp, of_several_routers_one_is_chosen)
{
	struct workspace *workspace OWNED(workspace_free) = open_texts(two_routers, one_node);
	struct router_request request = { .cluster = cluster_of(workspace) };
	struct str text SCOPED(str_done) = STR_INIT(1 << 16);
	struct err err = ERR_INIT;

	cr_assert_lt(router_text(&request, &text, &err), 0);
	cr_assert_eq(err.kind, ERR_CONFLICT);
	cr_assert_not_null(strstr(err.hint, "--peer 172.29.51.1"));
	request.peer = "172.29.51.2";
	router_has(&request, "router bgp 64514\n bgp router-id 172.29.51.2\n", true);
	router_has(&request, "timers 10 30", true);
	request.peer = "172.29.51.3";
	err_clear(&err);
	cr_assert_lt(router_text(&request, &text, &err), 0);
	cr_assert_eq(err.kind, ERR_NOT_FOUND);
}

static const struct {
	const char *name, *password;
	bool good;
} passwords[] = {
	{ "plain", "hunter2", true },
	{ "spaces inside", "a b", true },
	{ "empty", "", false },
	{ "a line end", "a\nb", false },
	{ "a space behind", "a ", false },
	{ "81 characters",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  false },
};

Test(bgp, passwords_that_no_line_can_hold_are_refused)
{
	for (size_t i = 0; i < ARRAY_LEN(passwords); i++) {
		struct err err = ERR_INIT;

		cr_assert_eq(router_password_check(passwords[i].password, &err) == 0,
			     passwords[i].good, "%s", passwords[i].name);
	}
}

Test(cilium, a_workspace_has_templates_of_its_own)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	char folder[] = "/tmp/talforge-templates-XXXXXX";
	struct workspace *workspace OWNED(workspace_free) = open_texts(minis, minis_nodes);
	struct router_request request = { .cluster = cluster_of(workspace) };
	struct str text SCOPED(str_done) = STR_INIT(1 << 16);
	struct err err = ERR_INIT;

	cr_assert_not_null(mkdtemp(folder));

	const char *inner = fs_join(arena, folder, "templates");
	const char *file = fs_join(arena, inner, "router.conf.mustache");

	cr_assert_eq(fs_mkdir(inner, 0700, &err), 0, "%s", err.text);
	cr_assert_eq(fs_write(file, "as {{asn}}\n{{gone}}", 19, 0600, NULL, &err), 0, "%s",
		     err.text);
	request.templates.folder = folder;
	cr_assert_lt(router_text(&request, &text, &err), 0);
	cr_assert_str_eq(err.file, "templates/router.conf.mustache");
	cr_assert_eq(err.line, 2);
	cr_assert_eq(fs_write(file, "as {{asn}}\n", 11, 0600, NULL, &err), 0, "%s", err.text);
	router_has(&request, "as 64513\n", true);
	fs_remove(file, NULL);
	rmdir(inner);
	rmdir(folder);
}
