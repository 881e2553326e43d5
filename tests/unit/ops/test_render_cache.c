#include "ops/render_cache.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/own.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW (UINT64_C(1798761600) * SECOND) /* 2027-01-01, when the CAs of the bundle are valid */
#define CACHE ".talforge/render"
#define BUNDLE "talsecret.yaml"
#define PATCH "patches/global/a.yaml"
#define CONFIG "clusterconfig/kubernetes-cp1.yaml"
#define TALOSCONFIG "clusterconfig/talosconfig"

static const struct file_text files[] = {
	{ "cluster.yaml",
	  "node_cidr: 10.0.0.0/16\nnode_default_gateway: 10.0.0.1\n"
	  "cluster_pod_cidr: 10.42.0.0/16\ncluster_svc_cidr: 10.43.0.0/16\n"
	  "cluster_api_addr: 10.0.50.50\ncluster_gateway_addr: 10.0.50.101\n"
	  "cluster_dns_gateway_addr: 10.0.50.100\ncloudflare_gateway_addr: 10.0.50.102\n"
	  "talos_version: v1.13.9\nkubernetes_version: v1.36.3\n",
	  0, false },
	{ "nodes.yaml",
	  "nodes:\n"
	  "  - {name: cp1, address: 10.0.50.1, controller: true, disk: /dev/sda,\n"
	  "     mac_addr: \"02:00:0a:00:32:01\"}\n"
	  "  - {name: worker1, address: 10.0.50.11, controller: false, disk: /dev/sda,\n"
	  "     mac_addr: \"02:00:0a:00:32:11\"}\n",
	  0, false },
	{ PATCH, "machine: {sysctls: {vm.max_map_count: \"262144\"}}\n", 0, false },
	{ "patches/worker/label.yaml",
	  "machine: {nodeLabels: {node-role.kubernetes.io/worker: \"\"}}\n", 0, false },
};

static char folder[] = "/tmp/talforge-cache-XXXXXX";
static struct arena *arena;
static struct render_key key;

static const char *in_folder(const char *name)
{
	return fs_join(arena, folder, name);
}

static void put(const char *name, const char *text)
{
	struct err err = ERR_INIT;
	const char *path = in_folder(name);

	cr_assert_eq(fs_mkdir(arena_strn(arena, path, (size_t)(fs_base(path) - path) - 1), 0700,
			      &err),
		     0, "%s", err.text);
	cr_assert_eq(fs_write_soon(path, text, strlen(text), 0600, NULL, &err), 0, "%s", err.text);
}

static char *content(const char *name, size_t *len)
{
	struct err err = ERR_INIT;
	char *text;

	cr_assert_eq(fs_read(arena, in_folder(name), FS_FILE_MAX, &text, len, &err), 0, "%s",
		     err.text);
	return text;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static void empty_folder(void)
{
	cr_assert_eq(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	cr_assert_eq(mkdir(folder, 0700), 0);
}

static void put_files(void)
{
	const char *bundle = TEST_DATA_DIR "/golden/secrets/bundle-v1.13/secrets.yaml";
	struct err err = ERR_INIT;
	char *text;

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		put(files[i].name, files[i].text);
	cr_assert_eq(fs_read(arena, bundle, FS_FILE_MAX, &text, NULL, &err), 0, "%s", err.text);
	put(BUNDLE, text);
}

/* Renders, and keeps what came of it. */
static void make(bool write)
{
	struct workspace *workspace OWNED(workspace_free) = NULL;
	struct configs_request request = { .folder = folder, .now = NOW, .write = write };
	struct configs_result configs;
	struct findings findings;
	struct err err = ERR_INIT;

	cr_assert_eq(workspace_open(folder, &workspace, &err), 0, "%s", err.text);
	request.input.cluster = workspace_cluster(workspace, &err);
	cr_assert_not_null(request.input.cluster, "%s", err.text);
	request.input.bundle = workspace_bundle(workspace, &err);
	cr_assert_not_null(request.input.bundle, "%s", err.text);
	cr_assert_eq(configs_make(arena, &request, &configs, &err), 0, "%s", err.text);
	findings_init(&findings, arena);
	finding_add(&findings, FINDING_WARNING, "label-refused",
		    (struct src){ "patches/worker/label.yaml", 1, 24 }, "machine.nodeLabels", "%s",
		    "a text\nof two lines");
	finding_hint(&findings, "a hint");
	finding_add(&findings, FINDING_NOTE, "vip-alone", (struct src){ 0 }, "", "without a place");

	const struct render_made made = { workspace, &configs, &findings };

	render_cache_keep(arena, &key, &made);
}

static void set_up(void)
{
	arena = arena_new("test");
	cr_assert_not_null(mkdtemp(folder));
	key = (struct render_key){
		.folder = folder, .file = in_folder(CACHE), .program = "1.2.3", .now = NOW
	};
	put_files();
	make(true);
}

static void tear_down(void)
{
	cr_assert_eq(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	arena_free(arena);
}

TestSuite(render_cache, .init = set_up, .fini = tear_down);

static bool hits(void)
{
	struct render_record record;

	return render_cache_look(arena, &key, &record) == 0;
}

Test(render_cache, says_what_the_rendering_said)
{
	struct render_record record;

	cr_assert_eq(render_cache_look(arena, &key, &record), 0);
	cr_assert_str_eq(record.bundle, BUNDLE);
	cr_assert_eq(record.len, 2);
	cr_assert_str_eq(record.at[0].name, "cp1");
	cr_assert_str_eq(record.at[0].role, "controlplane");
	cr_assert_str_eq(record.at[0].file, CONFIG);
	cr_assert_str_eq(record.at[1].name, "worker1");
	cr_assert_str_eq(record.at[1].contract, "v1.13");
	cr_assert_eq(record.findings.len, 2);
	cr_assert_eq(record.findings.warnings, 1);
	cr_assert_str_eq(record.findings.at[0].id, "label-refused");
	cr_assert_str_eq(record.findings.at[0].text, "a text\nof two lines");
	cr_assert_str_eq(record.findings.at[0].hint, "a hint");
	cr_assert_str_eq(record.findings.at[0].src.file, "patches/worker/label.yaml");
	cr_assert_eq(record.findings.at[0].src.column, 24);
	cr_assert_eq(record.findings.at[1].severity, FINDING_NOTE);
	cr_assert_null(record.findings.at[1].src.file);
	cr_assert_null(record.findings.at[1].hint);
}

Test(render_cache, holds_no_secret)
{
	size_t len;
	const char *cache = content(CACHE, &len);
	char *bundle = content(BUNDLE, &len), *rest = NULL;
	mode_t mode = 0;

	for (char *word = strtok_r(bundle, " \n\"", &rest); word;
	     word = strtok_r(NULL, " \n\"", &rest))
		cr_assert(strlen(word) < 20 || !strstr(cache, word), "%s", word);
	cr_assert_eq(fs_mode(in_folder(CACHE), &mode, NULL), 0);
	cr_assert_eq(mode, 0600);
}

/* ---- every class of what a rendering depends on ---- */

struct change {
	const char *name;
	const char *file, *text; /* NULL: the file goes */
};

static const struct change changes[] = {
	{ "a setting", "cluster.yaml", "kubernetes_version: v1.36.2\n" },
	{ "the nodes", "nodes.yaml", "nodes: []\n" },
	{ "a patch", PATCH, "machine: {sysctls: {vm.max_map_count: \"262145\"}}\n" },
	{ "a patch that is gone", PATCH, NULL },
	{ "a patch more", "patches/global/b.yaml", "machine: {}\n" },
	{ "patches of a node", "patches/cp1/a.yaml", "machine: {}\n" },
	{ "versions that were not there", "versions.env", "KUBERNETES_VERSION=v1.36.3\n" },
	{ "another bundle", BUNDLE, "cluster: {}\n" },
	{ "no bundle", BUNDLE, NULL },
	{ "the other place of a bundle", "talsecret.sops.yaml", "x: y\n" },
	{ "a config", CONFIG, "machine: {}\n" },
	{ "a config that is gone", CONFIG, NULL },
	{ "a talosconfig that is gone", TALOSCONFIG, NULL },
	{ "what git ignores", CONFIGS_IGNORE, NULL },
	{ "no cache", CACHE, NULL },
	{ "an empty cache", CACHE, "" },
	{ "the cache of another format", CACHE, "24 talforge render cache 99\n" },
};

Test(render_cache, misses_after_every_change)
{
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		const struct change *change = &changes[i];

		empty_folder();
		put_files();
		make(true);
		cr_assert(hits(), "%s: not before", change->name);
		if (change->text)
			put(change->file, change->text);
		else
			cr_assert_eq(unlink(in_folder(change->file)), 0, "%s", change->name);
		cr_assert_not(hits(), "%s", change->name);
	}
}

Test(render_cache, misses_where_others_may_read)
{
	cr_assert_eq(chmod(in_folder(BUNDLE), 0644), 0);
	cr_assert_not(hits(), "the bundle");
	cr_assert_eq(chmod(in_folder(BUNDLE), 0600), 0);
	cr_assert(hits());
	cr_assert_eq(chmod(in_folder(CONFIG), 0644), 0);
	cr_assert_not(hits(), "a config");
}

Test(render_cache, hits_where_only_times_changed)
{
	const struct timespec times[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };
	static const char *const names[] = { "cluster.yaml", PATCH, BUNDLE, CONFIG, TALOSCONFIG };
	size_t len;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		cr_assert_eq(utimensat(AT_FDCWD, in_folder(names[i]), times, 0), 0);
		cr_assert(hits(), "%s", names[i]);
	}
	const char *text = content(CONFIG, &len);
	cr_assert_eq(unlink(in_folder(CONFIG)), 0);
	put(CONFIG, text);
	cr_assert(hits(), "a config written again");
}

/* One changed bit anywhere, whatever it stands for, and every length it may be cut to. */
Test(render_cache, misses_when_damaged)
{
	size_t len;
	char *text = content(CACHE, &len);

	for (size_t at = 0; at < len; at += 3) {
		text[at] = (char)(text[at] ^ 1 << at % 7);
		cr_assert_eq(fs_write_soon(in_folder(CACHE), text, len, 0600, NULL, NULL), 0);
		cr_assert_not(hits(), "byte %zu", at);
		text[at] = (char)(text[at] ^ 1 << at % 7);
	}
	for (size_t cut = 0; cut < len; cut += 7) {
		cr_assert_eq(fs_write_soon(in_folder(CACHE), text, cut, 0600, NULL, NULL), 0);
		cr_assert_not(hits(), "the first %zu bytes", cut);
	}
	cr_assert_eq(fs_write_soon(in_folder(CACHE), text, len, 0600, NULL, NULL), 0);
	cr_assert(hits());
}

/* ---- what was asked for, by whom and when ---- */

Test(render_cache, is_for_one_request)
{
	static const char *const one[] = { "cp1", NULL };
	const struct render_key was = key;

	key.program = "1.2.4";
	cr_assert_not(hits(), "another version");
	key = was;
	key.contract = "v1.13";
	cr_assert_not(hits(), "a contract asked for");
	key = was;
	key.only = one;
	cr_assert_not(hits(), "one node");
	key = was;
	key.now = NOW - 1;
	cr_assert_not(hits(), "a clock that went back");
	key.now = NOW + 300 * DAY;
	cr_assert(hits(), "most of a year");
	key.now = NOW + 340 * DAY;
	cr_assert_not(hits(), "when the talosconfig runs out");
}

Test(render_cache, of_some_nodes_and_a_contract)
{
	static const char *const one[] = { "cp1", NULL }, *const other[] = { "cp1", "x", NULL };

	key.only = one;
	key.contract = "v1.12";
	make(true);
	cr_assert(hits());
	key.only = other;
	cr_assert_not(hits(), "more nodes");
	key.only = NULL;
	cr_assert_not(hits(), "all nodes");
	key.only = one;
	key.contract = NULL;
	cr_assert_not(hits(), "the cluster's contract");
}

/* ---- when there is none ---- */

Test(render_cache, is_not_made_where_nothing_was_written)
{
	cr_assert_eq(unlink(in_folder(CACHE)), 0);
	make(false);
	cr_assert_not(fs_exists(in_folder(CACHE)));
}

Test(render_cache, is_not_made_of_what_a_command_prints)
{
	cr_assert_eq(unlink(in_folder(CACHE)), 0);
	cr_assert_eq(rename(in_folder(BUNDLE), in_folder("kept.yaml")), 0);
	put("cluster.yaml", arena_printf(arena, "%ssecrets: {command: \"cat %s\"}\n", files[0].text,
					 in_folder("kept.yaml")));
	make(true);
	cr_assert_not(fs_exists(in_folder(CACHE)));
}

Test(render_cache, that_cannot_be_written_is_none)
{
	cr_assert_eq(unlink(in_folder(CACHE)), 0);
	cr_assert_eq(rmdir(in_folder(".talforge")), 0);
	put(".talforge", "somebody's file\n");
	make(true);
	cr_assert_not(hits());
}
