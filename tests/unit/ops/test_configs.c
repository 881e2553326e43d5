#include "ops/configs.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/own.h"
#include "base/text.h"
#include "crypto/x509.h"
#include "render/talosconfig.h"
#include "unit/ops/sites.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW (UINT64_C(1798761600) * SECOND) /* 2027-01-01, when the CAs of the bundles are valid */
#define LONG_AGO 1000000000		    /* seconds: when files were last written */
#define OURS "bundle-v1.13"
#define OTHER "bundle-v1.6"

static char folder[] = "/tmp/talforge-configs-XXXXXX";
static struct arena *arena;
static struct bundle *ours, *other;

static struct bundle *read_bundle(const char *name)
{
	const char *path =
		arena_printf(arena, "%s/golden/secrets/%s/secrets.yaml", TEST_DATA_DIR, name);
	struct bundle *bundle = NULL;
	struct err err = ERR_INIT;
	char *text;
	size_t len;

	cr_assert_eq(fs_read(arena, path, FS_FILE_MAX, &text, &len, &err), 0, "%s", err.text);
	cr_assert_eq(bundle_read(path, text, len, &bundle, &err), 0, "%s", err.text);
	return bundle;
}

static void set_up(void)
{
	arena = arena_new("test");
	ours = read_bundle(OURS);
	other = read_bundle(OTHER);
	cr_assert_not_null(mkdtemp(folder));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static void tear_down(void)
{
	cr_assert_eq(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	bundle_free(ours);
	bundle_free(other);
	arena_free(arena);
}

TestSuite(configs, .init = set_up, .fini = tear_down);
TestSuite(kubeconfig, .init = set_up, .fini = tear_down);

/* ---- a workspace of two control planes and three workers ---- */

static const char *const files[] = {
	"clusterconfig/kubernetes-control0.yaml",
	"clusterconfig/kubernetes-control1.yaml",
	"clusterconfig/kubernetes-worker0.yaml",
	"clusterconfig/kubernetes-worker1.yaml",
	"clusterconfig/kubernetes-worker2.yaml",
	"clusterconfig/talosconfig",
};
#define NODES (ARRAY_LEN(files) - 1)
#define TALOSCONFIG "clusterconfig/talosconfig"

static const char *in_folder(const char *name)
{
	return fs_join(arena, folder, name);
}

/* The cluster with nodes that a test may change. */
static struct cluster *editable_cluster(struct node **nodes)
{
	struct cluster *cluster = arena_dup(arena, &racks, sizeof(racks));

	*nodes = arena_dup(arena, racks.node, racks.nodes * sizeof(**nodes));
	cluster->node = *nodes;
	return cluster;
}

static struct configs_request request_for(const struct cluster *cluster)
{
	return (struct configs_request){
		.input = { .cluster = cluster, .bundle = ours },
		.folder = folder,
		.now = NOW,
		.write = true,
	};
}

static struct configs_result make(const struct configs_request *request)
{
	struct configs_result result;
	struct err err = ERR_INIT;

	cr_assert_eq(configs_make(arena, request, &result, &err), 0, "%s", err.text);
	return result;
}

static const char *content(const char *name)
{
	struct err err = ERR_INIT;
	char *text;
	size_t len;

	cr_assert_eq(fs_read(arena, in_folder(name), FS_FILE_MAX, &text, &len, &err), 0, "%s",
		     err.text);
	return text;
}

static void put(const char *name, const char *text)
{
	struct err err = ERR_INIT;

	cr_assert_eq(fs_write(in_folder(name), text, strlen(text), 0600, NULL, &err), 0, "%s",
		     err.text);
}

static void make_old(void)
{
	const struct timespec times[2] = { { .tv_sec = LONG_AGO }, { .tv_sec = LONG_AGO } };

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		cr_assert_eq(utimensat(AT_FDCWD, in_folder(files[i]), times, 0), 0, "%s", files[i]);
}

static bool is_old(const char *name)
{
	struct stat st;

	cr_assert_eq(stat(in_folder(name), &st), 0, "%s", name);
	return st.st_mtime == LONG_AGO;
}

static mode_t mode_of(const char *name)
{
	mode_t mode = 0;

	cr_assert_eq(fs_mode(in_folder(name), &mode, NULL), 0, "%s", name);
	return mode;
}

Test(configs, without_writing_it_tells_what_would_change)
{
	struct configs_request request = request_for(&racks);

	request.write = false;
	struct configs_result result = make(&request);

	cr_assert_eq(result.len, NODES);
	cr_assert(result.changed);
	cr_assert(result.talosconfig_changed);
	for (size_t i = 0; i < NODES; i++) {
		cr_assert_str_eq(result.at[i].path, files[i]);
		cr_assert_eq(result.at[i].node, &racks.node[i]);
		cr_assert_str_eq(result.at[i].contract, "v1.13");
		cr_assert(result.at[i].changed, "%s", files[i]);
	}
	cr_assert_not(fs_exists(in_folder("clusterconfig")));
}

Test(configs, files_are_for_their_owner_alone)
{
	struct configs_request request = request_for(&racks);
	mode_t before = umask(0);

	make(&request);
	umask(before);
	cr_assert_eq(mode_of("clusterconfig"), 0700);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		cr_assert_eq(mode_of(files[i]), 0600, "%s has %o", files[i], mode_of(files[i]));
	cr_assert_str_eq(content("clusterconfig/.gitignore"), "*\n");
}

Test(configs, each_file_is_the_config_of_its_node)
{
	struct configs_request request = request_for(&racks);

	make(&request);
	for (size_t i = 0; i < NODES; i++) {
		struct err err = ERR_INIT;
		const char *text;
		size_t len;

		cr_assert_eq(config_text(arena, &request.input, &racks.node[i], &text, &len, &err),
			     0, "%s", err.text);
		cr_assert_eq(strlen(text), len);
		cr_assert_str_eq(content(files[i]), text, "%s", files[i]);
		cr_assert_not_null(strstr(text, i < 2 ? "type: controlplane" : "type: worker"));
	}
}

Test(configs, what_is_unchanged_is_left_alone)
{
	struct configs_request request = request_for(&racks);

	make(&request);
	make_old();
	request.now += DAY;
	struct configs_result result = make(&request);

	cr_assert_not(result.changed);
	cr_assert_not(result.talosconfig_changed);
	for (size_t i = 0; i < NODES; i++)
		cr_assert_not(result.at[i].changed, "%s", files[i]);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		cr_assert(is_old(files[i]), "%s", files[i]);
}

Test(configs, only_the_file_of_a_changed_node_changes)
{
	struct node *nodes;
	struct cluster *cluster = editable_cluster(&nodes);
	struct configs_request request = request_for(cluster);

	make(&request);
	make_old();
	nodes[3].disk.text = "/dev/sdz";
	struct configs_result result = make(&request);

	cr_assert(result.changed);
	cr_assert_not(result.talosconfig_changed);
	for (size_t i = 0; i < NODES; i++)
		cr_assert_eq(result.at[i].changed, i == 3, "%s", files[i]);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		cr_assert_eq(is_old(files[i]), i != 3, "%s", files[i]);
	cr_assert_not_null(strstr(content(files[3]), "/dev/sdz"));
}

Test(configs, what_somebody_edited_is_made_again)
{
	static const char *const edits[] = { "", "machine: {}\n" };
	struct configs_request request = request_for(&racks);

	make(&request);
	const char *good = content(files[2]);

	for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
		put(files[2], edits[i]);
		cr_assert(make(&request).at[2].changed);
		cr_assert_str_eq(content(files[2]), good);
	}
	put(files[2], arena_printf(arena, "%s# mine\n", good));
	cr_assert(make(&request).at[2].changed);
	cr_assert_str_eq(content(files[2]), good);
}

Test(configs, files_that_others_could_read_are_closed_again)
{
	struct configs_request request = request_for(&racks);

	make(&request);
	make_old();
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		cr_assert_eq(chmod(in_folder(files[i]), 0644), 0);
	cr_assert_not(make(&request).changed);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		cr_assert_eq(mode_of(files[i]), 0600, "%s", files[i]);
		cr_assert(is_old(files[i]), "%s", files[i]);
	}
}

Test(configs, an_ignore_file_of_the_users_stays)
{
	struct configs_request request = request_for(&racks);

	make(&request);
	put("clusterconfig/.gitignore", "*.yaml\n");
	make(&request);
	cr_assert_str_eq(content("clusterconfig/.gitignore"), "*.yaml\n");
}

Test(configs, only_the_named_nodes_are_made)
{
	static const char *const only[] = { "worker1", "control1", NULL };
	struct configs_request request = request_for(&racks);

	request.only = only;
	struct configs_result result = make(&request);

	cr_assert_eq(result.len, 2);
	cr_assert_str_eq(result.at[0].path, files[1]);
	cr_assert_str_eq(result.at[1].path, files[3]);
	for (size_t i = 0; i < NODES; i++)
		cr_assert_eq(fs_exists(in_folder(files[i])), i == 1 || i == 3, "%s", files[i]);
	cr_assert(fs_exists(in_folder(TALOSCONFIG)));
}

Test(configs, one_node_that_cannot_be_rendered_stops_all)
{
	static const struct patch_source broken = {
		.name = "patches/worker/broken.yaml", .text = "machine: [", .len = 10
	};
	struct node *nodes;
	struct cluster *cluster = editable_cluster(&nodes);
	struct configs_request request = request_for(cluster);
	struct configs_result result;
	struct err err = ERR_INIT;

	nodes[4].patch = &broken;
	nodes[4].patches = 1;
	cr_assert_eq(configs_make(arena, &request, &result, &err), -1);
	cr_assert_eq(err.kind, ERR_INPUT, "%s", err.text);
	cr_assert(text_starts(err.text, "render worker2: "), "%s", err.text);
	cr_assert_not(fs_exists(in_folder("clusterconfig")));
}

Test(configs, are_judged_while_they_are_rendered)
{
	static const char label[] = "machine: {nodeLabels: {node-role.kubernetes.io/x: ''}}";
	static const struct patch_source refused = {
		.name = "patches/worker/label.yaml", .text = label, .len = sizeof(label) - 1
	};
	struct node *nodes;
	struct cluster *cluster = editable_cluster(&nodes);
	struct configs_request request = request_for(cluster);
	struct configs *configs OWNED(configs_free) = configs_new(arena, &request);
	struct configs_result result;
	struct findings findings;
	struct err err = ERR_INIT;

	nodes[3].patch = nodes[4].patch = &refused;
	nodes[3].patches = nodes[4].patches = 1;
	findings_init(&findings, arena);
	cr_assert_eq(configs_render(configs, &findings, &err), 0, "%s", err.text);
	cr_assert_eq(findings.len, 1);
	cr_assert_str_eq(findings.at[0].id, "label-refused");
	cr_assert_not(fs_exists(in_folder("clusterconfig")));
	cr_assert_eq(configs_finish(configs, &result, &err), 0, "%s", err.text);
	cr_assert_eq(result.len, NODES);
	cr_assert_not(make(&request).changed);
}

Test(configs, one_that_cannot_be_rendered_is_a_finding)
{
	static const struct patch_source broken = {
		.name = "patches/worker/broken.yaml", .text = "machine: [", .len = 10
	};
	struct node *nodes;
	struct cluster *cluster = editable_cluster(&nodes);
	struct configs_request request = request_for(cluster);
	struct configs *configs OWNED(configs_free) = configs_new(arena, &request);
	struct findings findings;
	struct err err = ERR_INIT;

	nodes[4].patch = &broken;
	nodes[4].patches = 1;
	findings_init(&findings, arena);
	cr_assert_eq(configs_render(configs, &findings, &err), 0, "%s", err.text);
	cr_assert_eq(findings.errors, 1);
	cr_assert_str_eq(findings.at[0].id, "bad-patch");
	cr_assert_str_eq(findings.at[0].src.file, broken.name);
	cr_assert_not(fs_exists(in_folder("clusterconfig")));
}

Test(configs, a_file_in_the_place_of_the_folder_is_an_error)
{
	struct configs_request request = request_for(&racks);
	struct configs_result result;
	struct err err = ERR_INIT;

	put("clusterconfig", "mine\n");
	cr_assert_eq(configs_make(arena, &request, &result, &err), -1);
	cr_assert_eq(err.kind, ERR_CONFLICT);
	cr_assert(text_starts(err.text, "write the configs: "), "%s", err.text);
	cr_assert_str_eq(content("clusterconfig"), "mine\n");
}

/* ---- when a talosconfig is replaced ---- */

/* What a talosconfig was made from, before the cluster became what it is. */
struct former {
	struct cluster *cluster;
	struct node *nodes;
	struct talosconfig_request request;
};

static void as_it_is(struct former *former)
{
	(void)former;
}

static void good_for_31_days(struct former *former)
{
	former->request.lifetime = 31 * DAY;
}

static void good_for_29_days(struct former *former)
{
	former->request.lifetime = 29 * DAY;
}

static void expired(struct former *former)
{
	former->request.now = NOW - 10 * DAY;
	former->request.lifetime = 5 * DAY;
}

static void another_ca(struct former *former)
{
	former->request.bundle = other;
}

static void another_name(struct former *former)
{
	former->cluster->name = "home";
}

static void another_address(struct former *former)
{
	static const char *const address[] = { "10.0.50.99", NULL };

	former->nodes[3].address = address;
}

static void one_node_less(struct former *former)
{
	former->cluster->nodes--;
}

/* As many of each role as before, but another node is asked first. */
static void roles_swapped(struct former *former)
{
	former->nodes[1].role = ROLE_WORKER;
	former->nodes[2].role = ROLE_CONTROL;
}

static const struct {
	const char *name;
	void (*change)(struct former *former);
	bool replaced;
} formers[] = {
	{ "nothing changed", as_it_is, false },
	{ "good for another 31 days", good_for_31_days, false },
	{ "good for another 29 days", good_for_29_days, true },
	{ "expired", expired, true },
	{ "another CA", another_ca, true },
	{ "another name of the cluster", another_name, true },
	{ "another address of a worker", another_address, true },
	{ "one node less", one_node_less, true },
	{ "a worker and a control plane swapped", roles_swapped, true },
};

static const char *former_talosconfig(void (*change)(struct former *former))
{
	struct str text SCOPED(str_done) = STR_INIT(1 << 20);
	struct former former = { .request = { .bundle = ours, .now = NOW } };
	struct err err = ERR_INIT;

	former.cluster = editable_cluster(&former.nodes);
	former.request.cluster = former.cluster;
	change(&former);
	cr_assert_eq(talosconfig_text(&text, &former.request, &err), 0, "%s", err.text);
	return arena_str(arena, str_text(&text));
}

Test(configs, a_talosconfig_stays_while_it_is_good)
{
	struct configs_request request = request_for(&racks);

	make(&request);
	for (size_t i = 0; i < ARRAY_LEN(formers); i++) {
		const char *former = former_talosconfig(formers[i].change);

		put(TALOSCONFIG, former);
		struct configs_result result = make(&request);

		cr_assert_eq(result.talosconfig_changed, formers[i].replaced, "%s",
			     formers[i].name);
		cr_assert_eq(result.changed, formers[i].replaced, "%s", formers[i].name);
		cr_assert_eq(strcmp(content(TALOSCONFIG), former) != 0, formers[i].replaced, "%s",
			     formers[i].name);
		cr_assert_not(make(&request).talosconfig_changed, "%s", formers[i].name);
	}
}

/* The text with the value behind `key` replaced. */
static const char *with_value(const char *text, const char *key, const char *value)
{
	const char *at = strstr(text, key);

	cr_assert_not_null(at, "%s", key);
	at += strlen(key);
	return arena_printf(arena, "%.*s%s%s", (int)(at - text), text, value,
			    at + strcspn(at, "\n"));
}

Test(configs, a_talosconfig_that_is_broken_is_replaced)
{
	const char *good = former_talosconfig(as_it_is);
	const char *foreign = former_talosconfig(as_it_is); /* same names, another key */
	const char *key = strstr(foreign, "key: ") + strlen("key: ");
	const char *broken[] = {
		"",
		"a: [",
		"context: nowhere\n",
		with_value(good, "crt: ", "\"\""),
		with_value(good, "crt: ", "bm90LWEtY2VydA=="),
		with_value(good, "key: ", "\"\""),
		with_value(good, "key: ", arena_strn(arena, key, strcspn(key, "\n"))),
		with_value(good, "ca: ", "\"\""),
	};
	struct configs_request request = request_for(&racks);

	make(&request);
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		put(TALOSCONFIG, broken[i]);
		cr_assert(make(&request).talosconfig_changed, "row %zu", i);
		cr_assert_not(make(&request).talosconfig_changed, "row %zu", i);
	}
}

static struct talosconfig_context read_context(const struct talosconfig_request *request)
{
	struct str text SCOPED(str_done) = STR_INIT(1 << 20);
	struct talosconfig_context context;
	struct err err = ERR_INIT;

	cr_assert_eq(talosconfig_text(&text, request, &err), 0, "%s", err.text);
	cr_assert_eq(talosconfig_read(arena,
				      &(struct talosconfig_text){ TALOSCONFIG, str_text(&text),
								  text.len, NULL },
				      &context, &err),
		     0, "%s", err.text);
	return context;
}

static struct x509_info read_info(const struct talosconfig_context *context)
{
	struct x509_info info;
	struct err err = ERR_INIT;

	cr_assert_eq(x509_read(arena, context->identity.cert, &info, &err), 0, "%s", err.text);
	return info;
}

Test(configs, a_talosconfig_names_all_nodes_and_asks_control_planes)
{
	struct talosconfig_request request = { .cluster = &racks, .bundle = ours, .now = NOW };
	struct talosconfig_context context = read_context(&request);

	cr_assert_str_eq(context.name, "kubernetes");
	cr_assert_str_eq(context.ca, ours->talos.cert);
	cr_assert_eq(context.endpoints, 2);
	cr_assert_str_eq(context.endpoint[0], "10.0.50.1");
	cr_assert_str_eq(context.endpoint[1], "10.0.50.2");
	cr_assert_eq(context.nodes, NODES);
	for (size_t i = 0; i < NODES; i++)
		cr_assert_str_eq(context.node[i], racks.node[i].address[0]);
	cr_assert_eq(x509_matches_key(context.identity.cert, context.identity.key, NULL), 0);
}

Test(configs, a_talosconfig_is_an_admins_for_a_year_unless_it_is_told)
{
	static const char *const reader[] = { "os:reader", NULL };
	struct talosconfig_request request = { .cluster = &racks, .bundle = ours, .now = NOW };
	struct talosconfig_context admin = read_context(&request);
	struct x509_info info = read_info(&admin);

	cr_assert_str_eq(info.organizations[0], "os:admin");
	cr_assert_null(info.organizations[1]);
	cr_assert_eq(info.not_after, NOW + 365 * DAY);
	request.roles = reader;
	request.lifetime = 8 * HOUR;
	struct talosconfig_context limited = read_context(&request);

	info = read_info(&limited);
	cr_assert_str_eq(info.organizations[0], "os:reader");
	cr_assert_null(info.organizations[1]);
	cr_assert_eq(info.not_after, NOW + 8 * HOUR);
}

Test(configs, another_contract_is_the_one_that_is_named)
{
	struct configs_request request = request_for(&racks);

	make(&request);
	request.input.contract = "v1.12";
	request.write = false;
	struct configs_result result = make(&request);

	for (size_t i = 0; i < NODES; i++)
		cr_assert_str_eq(result.at[i].contract, "v1.12");
}

/* ---- kubeconfig ---- */

/* How a kubeconfig is made for a test. */
struct kube {
	const char *name;
	bool other_ca;	   /* it says that the API server is of another CA */
	bool other_signer; /* whose CA signed the client certificate */
	bool server;	   /* it is no client certificate */
	int64_t from_days, days;
	const char *says; /* NULL: it is taken */
	bool good;	  /* kubeconfig_is_good() */
};

static const char *base64(const char *text)
{
	return base64_encode(arena, text, strlen(text));
}

static const char *kubeconfig_of(const struct kube *kube)
{
	static const char *const masters[] = { "system:masters", NULL };
	const struct identity *signer = &(kube->other_signer ? other : ours)->kubernetes;
	const char *ca = (kube->other_ca ? other : ours)->kubernetes.cert;
	struct x509_request request = {
		.common_name = "admin",
		.organizations = masters,
		.usage = kube->server ? X509_SERVER : X509_CLIENT,
		.now = NOW + (uint64_t)kube->from_days * DAY,
		.lifetime = (uint64_t)kube->days * DAY,
	};
	struct identity identity;
	struct err err = ERR_INIT;

	cr_assert_eq(x509_issue(arena, signer, &request, &identity, &err), 0, "%s", err.text);
	return arena_printf(arena,
			    "apiVersion: v1\n"
			    "kind: Config\n"
			    "clusters:\n"
			    "- name: home\n"
			    "  cluster:\n"
			    "    server: https://10.0.50.50:6443\n"
			    "    certificate-authority-data: %s\n"
			    "users:\n"
			    "- name: admin@home\n"
			    "  user:\n"
			    "    client-certificate-data: %s\n"
			    "    client-key-data: %s\n"
			    "contexts: []\n",
			    base64(ca), base64(identity.cert), base64(identity.key));
}

#define UNKNOWN "the certificate is signed by an unknown authority"

/* clang-format off */
static const struct kube kubes[] = {
	{ .name = "of this cluster", .days = 365, .good = true },
	{ .name = "good for 31 days", .days = 31, .good = true },
	{ .name = "good for 29 days", .days = 29 },
	{ .name = "of another cluster", .other_ca = true, .other_signer = true, .days = 365,
	  .says = "the kubeconfig is of another cluster" },
	{ .name = "another CA for the server", .other_ca = true, .days = 365,
	  .says = "the kubeconfig is of another cluster" },
	{ .name = "another CA for the client", .other_signer = true, .days = 365, .says = UNKNOWN },
	{ .name = "a server certificate", .server = true, .days = 365,
	  .says = "the certificate is not a client certificate" },
	{ .name = "expired", .from_days = -20, .days = 10,
	  .says = "the certificate expired on 2026-12-22" },
};
/* clang-format on */

Test(kubeconfig, is_taken_only_from_this_cluster)
{
	for (size_t i = 0; i < ARRAY_LEN(kubes); i++) {
		const struct kube *kube = &kubes[i];
		const char *text = kubeconfig_of(kube);
		const char *says = arena_printf(arena, "check the kubeconfig: %s",
						kube->says ? kube->says : "");
		struct err err = ERR_INIT;
		int r = kubeconfig_write(folder, ours, text, strlen(text), NOW, &err);

		cr_assert_eq(r, kube->says ? -1 : 0, "%s: %s", kube->name, err.text);
		cr_assert_eq(kubeconfig_is_good(folder, ours, NOW), kube->good, "%s", kube->name);
		if (kube->says) {
			cr_assert_eq(err.kind, ERR_REMOTE, "%s: %s", kube->name, err.text);
			cr_assert_str_eq(err.text, says, "%s: %s", kube->name, err.text);
			cr_assert_not(fs_exists(in_folder(KUBECONFIG_FILE)), "%s", kube->name);
			continue;
		}
		cr_assert_str_eq(content(KUBECONFIG_FILE), text, "%s", kube->name);
		cr_assert_eq(mode_of(KUBECONFIG_FILE), 0600, "%s", kube->name);
		cr_assert_not(kubeconfig_is_good(folder, other, NOW), "%s", kube->name);
		cr_assert_eq(unlink(in_folder(KUBECONFIG_FILE)), 0);
	}
}

Test(kubeconfig, what_is_none_is_neither_taken_nor_good)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "", "it is no kubeconfig" },
		{ "a: [", "it is no kubeconfig" },
		{ "a: 1\n---\nb: 2\n", "it is no kubeconfig" },
		{ "just words\n", "the kubeconfig has no certificates" },
		{ "clusters: []\nusers: []\n", "the kubeconfig has no certificates" },
		{ "clusters: [{cluster: {certificate-authority-data: '?'}}]\n"
		  "users: [{user: {client-certificate-data: '?'}}]\n",
		  "the kubeconfig has no certificates" },
		{ "clusters: [{cluster: {certificate-authority-data: YQ==}}]\n"
		  "users: [{user: {token: abc}}]\n",
		  "the kubeconfig has no certificates" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;

		cr_assert_eq(kubeconfig_write(folder, ours, rows[i].text, strlen(rows[i].text), NOW,
					      &err),
			     -1, "row %zu", i);
		cr_assert_eq(err.kind, ERR_REMOTE);
		cr_assert_str_eq(err.text,
				 arena_printf(arena, "check the kubeconfig: %s", rows[i].says),
				 "row %zu: %s", i, err.text);
		put(KUBECONFIG_FILE, rows[i].text);
		cr_assert_not(kubeconfig_is_good(folder, ours, NOW), "row %zu", i);
		cr_assert_eq(unlink(in_folder(KUBECONFIG_FILE)), 0);
	}
}

Test(kubeconfig, a_refused_one_leaves_the_old_one_alone)
{
	const char *good = kubeconfig_of(&kubes[0]);

	cr_assert_not(kubeconfig_is_good(folder, ours, NOW));
	cr_assert_eq(kubeconfig_write(folder, ours, good, strlen(good), NOW, NULL), 0);
	cr_assert_eq(kubeconfig_write(folder, ours, "a: 1", 4, NOW, NULL), -1);
	cr_assert_str_eq(content(KUBECONFIG_FILE), good);
	cr_assert(kubeconfig_is_good(folder, ours, NOW));
}
