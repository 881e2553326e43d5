#include "ops/up.h"

#include "base/fs.h"
#include "base/own.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "unit/ops/sites.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLANS TEST_DATA_DIR "/plans"

/* What planning is given: everything is false, NULL or 0 unless it says so. */
struct wish {
	const char *name; /* of the golden file, too */
	const struct cluster *cluster;
	const char *states; /* unit/ops/sites.h */
	struct up_options options;
	bool configs_written, kubeconfig_written, no_vip;
};

static int plan_for(struct arena *arena, const struct wish *wish, struct plan **plan,
		    struct err *err)
{
	struct cluster *cluster = arena_dup(arena, wish->cluster, sizeof(*cluster));
	struct inventory inventory;

	if (wish->no_vip)
		cluster->vip = NULL;
	site_inventory(arena, cluster, wish->states, &inventory);
	inventory.configs_written = wish->configs_written;
	inventory.kubeconfig_written = wish->kubeconfig_written;
	return up_plan(&inventory, &wish->options, plan, err);
}

static struct plan *good_plan(struct arena *arena, const struct wish *wish)
{
	struct plan *plan = NULL;
	struct err err = ERR_INIT;

	cr_assert_eq(plan_for(arena, wish, &plan, &err), 0, "%s: %s", wish->name, err.text);
	cr_assert_not_null(plan, "%s", wish->name);
	return plan;
}

/* clang-format off */
static const struct wish goldens[] = {
	{ .name = "minis-bare", .cluster = &minis, .states = "bbb" },
	{ .name = "minis-bare-one-at-a-time", .cluster = &minis, .states = "bbb",
	  .options = { .max_parallel = 1 } },
	{ .name = "minis-healthy", .cluster = &minis, .states = "eee", .configs_written = true,
	  .kubeconfig_written = true },
	{ .name = "minis-healthy-without-files", .cluster = &minis, .states = "eee" },
	{ .name = "minis-half", .cluster = &minis, .states = "ebb", .configs_written = true },
	{ .name = "minis-before-bootstrap", .cluster = &minis, .states = "ooo",
	  .configs_written = true },
	{ .name = "minis-bootstrap-begun", .cluster = &minis, .states = "ooo",
	  .options = { .bootstrap_begun = "mini02" }, .configs_written = true },
	{ .name = "minis-one-silent", .cluster = &minis, .states = "bsb" },
	{ .name = "minis-without-vip", .cluster = &minis, .states = "bbb", .no_vip = true },
	{ .name = "racks-bare", .cluster = &racks, .states = "bbbbb" },
	{ .name = "racks-bare-no-files", .cluster = &racks, .states = "bbbbb",
	  .options = { .no_files = true } },
	{ .name = "racks-bare-one-at-a-time", .cluster = &racks, .states = "bbbbb",
	  .options = { .max_parallel = 1 } },
	{ .name = "racks-bare-two-at-a-time", .cluster = &racks, .states = "bbbbb",
	  .options = { .max_parallel = 2 } },
	{ .name = "racks-healthy", .cluster = &racks, .states = "eeooo", .configs_written = true,
	  .kubeconfig_written = true },
	{ .name = "racks-half", .cluster = &racks, .states = "ebobo", .configs_written = true },
	{ .name = "racks-silent-worker", .cluster = &racks, .states = "bbbsb" },
	{ .name = "racks-silent-control-plane", .cluster = &racks, .states = "sbbbb" },
	{ .name = "racks-silent-control-plane-one-at-a-time", .cluster = &racks,
	  .states = "sbbbb", .options = { .max_parallel = 1 } },
	{ .name = "racks-new-worker", .cluster = &racks, .states = "eeoob",
	  .configs_written = true, .kubeconfig_written = true },
};
/* clang-format on */

Test(up, plans_are_those_of_the_golden_files)
{
	bool write = text_equal(getenv("TALFORGE_GOLDEN"), "write");

	for (size_t i = 0; i < ARRAY_LEN(goldens); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct plan *plan OWNED(plan_free) = good_plan(arena, &goldens[i]);
		const char *path = arena_printf(arena, "%s/%s.txt", PLANS, goldens[i].name);
		struct str text SCOPED(str_done) = STR_INIT(1 << 16);
		struct err err = ERR_INIT;
		char *golden;
		size_t len;

		plan_text(&text, plan);
		if (write)
			cr_assert_eq(fs_write(path, str_text(&text), text.len, 0644, NULL, &err), 0,
				     "%s", err.text);
		cr_assert_eq(fs_read(arena, path, FS_FILE_MAX, &golden, &len, &err), 0, "%s",
			     err.text);
		cr_assert_str_eq(str_text(&text), golden, "%s is now\n%s", path, str_text(&text));
	}
}

static const char *hash(struct arena *arena, const void *data, size_t len)
{
	unsigned char sum[SHA256_SIZE];

	sha256(data, len, sum);
	return arena_printf(arena, "sha256:%s", hex_encode(arena, sum, sizeof(sum)));
}

Test(up, equal_inputs_give_equal_plans_and_others_give_others)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *digest[ARRAY_LEN(goldens)];

	for (size_t i = 0; i < ARRAY_LEN(goldens); i++) {
		struct plan *first OWNED(plan_free) = good_plan(arena, &goldens[i]);
		struct plan *second OWNED(plan_free) = good_plan(arena, &goldens[i]);

		plan_seal(first, hash);
		plan_seal(second, hash);
		cr_assert_str_eq(first->digest, second->digest, "%s", goldens[i].name);
		digest[i] = arena_str(arena, first->digest);
		for (size_t k = 0; k < i; k++)
			cr_assert_str_neq(digest[i], digest[k], "%s and %s", goldens[i].name,
					  goldens[k].name);
	}
}

static int index_of(const struct plan *plan, const char *id)
{
	for (size_t i = 0; i < plan->len; i++)
		if (strcmp(plan->at[i].id, id) == 0)
			return (int)i;
	return -1;
}

static const struct step *step_of(const struct plan *plan, const char *id)
{
	int index = index_of(plan, id);

	cr_assert_geq(index, 0, "%s", id);
	return &plan->at[index];
}

Test(up, steps_carry_what_they_need_to_know)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct wish wish = { .name = "args", .cluster = &racks, .states = "bbsbb" };

	wish.options.bootstrap_begun = "control1";
	struct plan *plan OWNED(plan_free) = good_plan(arena, &wish);

	cr_assert_str_eq(plan->operation, "up");
	cr_assert_str_eq(value_get_text(step_of(plan, "apply-config/control0")->args, "disk"),
			 "/dev/sda");
	cr_assert_str_eq(value_get_text(step_of(plan, "apply-config/worker1")->args, "disk"),
			 "/dev/nvme0n1");
	cr_assert_not(value_has(step_of(plan, "apply-config/worker0")->args, "disk"));
	cr_assert(value_bool(value_get(step_of(plan, "bootstrap/control1")->args, "watch"), false));
	cr_assert_str_eq(value_get_text(step_of(plan, "vip")->args, "address"), "10.0.50.50");
}

Test(up, a_first_bootstrap_is_not_called_a_begun_one)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct wish wish = { .name = "first", .cluster = &racks, .states = "bbbbb" };
	struct plan *plan OWNED(plan_free) = good_plan(arena, &wish);

	cr_assert_not(value_has(step_of(plan, "bootstrap/control0")->args, "watch"));
}

/* Who had a config before may hold etcd, though it does not run right now; so may a silent one. */
Test(up, control_planes_with_a_past_are_watched_before_a_bootstrap)
{
	static const char *const states[] = { "bobbb", "bsbbb" };

	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct wish wish = { .name = states[i], .cluster = &racks, .states = states[i] };
		struct plan *plan OWNED(plan_free) = good_plan(arena, &wish);

		cr_assert(value_bool(value_get(step_of(plan, "bootstrap/control0")->args, "watch"),
				     false),
			  "%s", wish.name);
	}
}

/* A begun bootstrap does not matter any more once etcd runs anywhere. */
Test(up, a_begun_bootstrap_that_worked_is_not_looked_for)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct wish wish = { .name = "worked", .cluster = &minis, .states = "oes" };

	wish.options.bootstrap_begun = "mini99";
	struct plan *plan OWNED(plan_free) = good_plan(arena, &wish);

	for (size_t i = 0; i < plan->len; i++)
		cr_assert_str_neq(plan->at[i].kind->name, "bootstrap");
}

Test(up, one_control_plane_alone_is_a_cluster)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct cluster one = racks;
	struct str text SCOPED(str_done) = STR_INIT(1 << 12);

	one.nodes = one.controllers = 1;
	one.vip = NULL;
	struct wish wish = { .name = "one", .cluster = &one, .states = "b" };
	struct plan *plan OWNED(plan_free) = good_plan(arena, &wish);

	plan_text(&text, plan);
	cr_assert_str_eq(str_text(&text),
			 " 1  write-configs                     changes\n"
			 " 2  apply-config   control0  install  destroys  after 1\n"
			 " 3  boot           control0           safe      after 2\n"
			 " 4  bootstrap      control0           changes   after 3\n"
			 " 5  etcd                              safe      after 3-4\n"
			 " 6  kubeconfig     control0           changes   after 5\n"
			 " 7  ready          control0           safe      after 3,5\n"
			 " 8  keep-config    control0           changes   after 7\n"
			 " 9  etcd-members                      safe      after 7\n"
			 "10  kube-api                          safe      after 9\n"
			 "11  nodes-report                      safe      after 10\n"
			 "12  control-pods                      safe      after 11\n"
			 "13  nodes-ready                       safe      after 12\n"
			 "14  kube-proxy                        safe      after 13\n"
			 "15  coredns                           safe      after 14\n");
}

/* ---- every state of every node ---- */

#define STEPS_MAX 64

/* Per step, a bit for every step that must have ended well before it begins. */
static void collect_before(const struct plan *plan, uint64_t before[static STEPS_MAX])
{
	cr_assert_leq(plan->len, STEPS_MAX);
	for (size_t i = 0; i < plan->len; i++) {
		before[i] = 0;
		for (unsigned k = 0; k < plan->at[i].afters; k++) {
			unsigned after = plan->at[i].after[k];

			cr_assert_lt(after, i);
			before[i] |= before[after] | UINT64_C(1) << after;
		}
	}
}

struct checked {
	const struct wish *wish;
	const struct plan *plan;
	uint64_t before[STEPS_MAX];
	struct arena *arena;
};

static int find_step(struct checked *checked, const char *kind, const char *node)
{
	return index_of(checked->plan, arena_printf(checked->arena, "%s/%s", kind, node));
}

/* Is it so that `first` must have ended before `then` begins? */
static bool precedes(const struct checked *checked, int first, int then)
{
	return checked->before[then] >> first & 1;
}

static unsigned count_kind(const struct plan *plan, const char *kind)
{
	unsigned count = 0;

	for (size_t i = 0; i < plan->len; i++)
		count += strcmp(plan->at[i].kind->name, kind) == 0;
	return count;
}

#define HOLDS(condition) cr_assert(condition, "%s", checked->wish->states)

static void check_node_steps(struct checked *checked, size_t index)
{
	const struct node *node = &checked->wish->cluster->node[index];
	char state = checked->wish->states[index];
	bool ours = state == 'o' || state == 'e';
	int reach = find_step(checked, "reach", node->name);
	int apply = find_step(checked, "apply-config", node->name);
	int boot = find_step(checked, "boot", node->name);
	int ready = find_step(checked, "ready", node->name);
	int etcd = index_of(checked->plan, "etcd");

	HOLDS((reach >= 0) == (state == 's'));
	HOLDS((apply >= 0) == !ours);
	HOLDS((boot >= 0) == !ours);
	HOLDS(ready >= 0 && precedes(checked, etcd, ready));
	if (reach >= 0) {
		HOLDS(precedes(checked, reach, apply));
		HOLDS(precedes(checked, etcd, reach) == (node->role == ROLE_WORKER));
	}
	if (ours)
		return;
	HOLDS(precedes(checked, apply, boot));
	HOLDS(precedes(checked, boot, ready));
	HOLDS(precedes(checked, 0, apply));
	HOLDS(strcmp(checked->plan->at[apply].lane, "install") == 0);
	if (node->role == ROLE_CONTROL)
		HOLDS(precedes(checked, boot, etcd));
}

static void check_bootstrap(struct checked *checked)
{
	const struct cluster *cluster = checked->wish->cluster;
	bool runs = strchr(checked->wish->states, 'e') != NULL;

	HOLDS(count_kind(checked->plan, "etcd") == 1);
	HOLDS(count_kind(checked->plan, "bootstrap") == (runs ? 0 : 1));
	if (runs)
		return;
	int bootstrap = find_step(checked, "bootstrap", cluster->node[0].name);

	HOLDS(bootstrap >= 0);
	HOLDS(precedes(checked, bootstrap, index_of(checked->plan, "etcd")));
	for (size_t i = 0; i < cluster->controllers; i++) {
		int boot = find_step(checked, "boot", cluster->node[i].name);

		if (boot >= 0)
			HOLDS(precedes(checked, boot, bootstrap));
	}
	for (size_t i = cluster->controllers; i < cluster->nodes; i++) {
		int boot = find_step(checked, "boot", cluster->node[i].name);

		if (boot >= 0 && !checked->wish->options.max_parallel)
			HOLDS(!precedes(checked, boot, bootstrap));
	}
}

/* Nobody waits for a silent node but who has to: itself, and what needs every control plane. */
static void check_silence(struct checked *checked)
{
	const struct cluster *cluster = checked->wish->cluster;

	for (size_t i = 0; i < cluster->nodes; i++) {
		int reach = find_step(checked, "reach", cluster->node[i].name);

		for (size_t k = 0; reach >= 0 && k < cluster->nodes; k++) {
			int apply = find_step(checked, "apply-config", cluster->node[k].name);

			if (apply >= 0 && checked->wish->states[k] != 's')
				HOLDS(!precedes(checked, reach, apply));
		}
	}
}

/* An install goes from its apply to its boot: of any `width` + 1, one must end before another
 * begins. Applies are in the order of the plan, hence neighbours at that distance tell. */
static void check_width(struct checked *checked)
{
	const struct plan *plan = checked->plan;
	unsigned width = checked->wish->options.max_parallel;
	int installs[STEPS_MAX];
	unsigned count = 0;

	for (size_t i = 0; i < plan->len; i++)
		if (strcmp(plan->at[i].kind->name, "apply-config") == 0)
			installs[count++] = (int)i;
	HOLDS(plan_lane_width(plan, "install") >= (width ? width : count));
	for (unsigned i = width; width && i < count; i++) {
		const char *earlier = plan->at[installs[i - width]].target;

		HOLDS(precedes(checked, find_step(checked, "boot", earlier), installs[i]));
	}
	for (unsigned i = 0; width != 1 && i + 1 < count; i++)
		if (find_step(checked, "reach", plan->at[installs[i + 1]].target) < 0)
			HOLDS(!precedes(checked, installs[i], installs[i + 1]));
}

static void check_wish(const struct wish *wish)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct plan *plan OWNED(plan_free) = good_plan(arena, wish);
	struct checked checked = { .wish = wish, .plan = plan, .arena = arena };

	collect_before(plan, checked.before);
	cr_assert_str_eq(plan->at[0].kind->name, "write-configs");
	cr_assert_eq(count_kind(plan, "write-configs"), 1);
	cr_assert_eq(count_kind(plan, "kubeconfig"), 1);
	cr_assert_eq(count_kind(plan, "vip"), 1);
	for (size_t i = 0; i < wish->cluster->nodes; i++)
		check_node_steps(&checked, i);
	check_bootstrap(&checked);
	check_silence(&checked);
	check_width(&checked);
}

/* The next word over the letters; false after the last. Workers have no etcd. */
static bool next_states(char *states, const struct cluster *cluster)
{
	for (size_t i = 0; i < cluster->nodes; i++) {
		const char *letters = cluster->node[i].role == ROLE_CONTROL ? "bsoe" : "bso";
		const char *next = strchr(letters, states[i]) + 1;

		if (*next) {
			states[i] = *next;
			return true;
		}
		states[i] = letters[0];
	}
	return false;
}

static void check_all(const struct cluster *cluster, const char *first, unsigned width)
{
	struct wish wish = { .cluster = cluster, .options = { .max_parallel = width } };
	char states[16];
	unsigned tried = 0;

	snprintf(states, sizeof(states), "%s", first);
	wish.states = states;
	do {
		check_wish(&wish);
		tried++;
	} while (next_states(states, cluster));
	cr_assert_eq(tried, cluster->controllers == cluster->nodes ? 64 : 16 * 27);
}

Test(up, rules_hold_for_every_state_of_three_control_planes)
{
	for (unsigned width = 0; width <= 2; width++)
		check_all(&minis, "bbb", width);
}

Test(up, rules_hold_for_every_state_of_two_control_planes_and_three_workers)
{
	for (unsigned width = 0; width <= 2; width++)
		check_all(&racks, "bbbbb", width);
}

/* ---- what is refused ---- */

struct flaw {
	const char *name;
	const struct cluster *cluster;
	const char *states;
	void (*spoil)(struct inventory *inventory, struct up_options *options);
	enum err_kind kind;
	const char *text, *hint;
};

static struct node *node_of(struct inventory *inventory, size_t index)
{
	return (struct node *)(uintptr_t)inventory->at[index].node;
}

static void lock_second(struct inventory *inventory, struct up_options *options)
{
	(void)options;
	node_of(inventory, 1)->locked = "waits for a new disk";
}

static void wrong_mac(struct inventory *inventory, struct up_options *options)
{
	(void)options;
	node_of(inventory, 3)->mac_addr = "02:00:0a:00:32:77";
}

static void no_links(struct inventory *inventory, struct up_options *options)
{
	(void)options;
	inventory->at[0].links = 0;
}

static void no_such_disk(struct inventory *inventory, struct up_options *options)
{
	(void)options;
	node_of(inventory, 2)->disk = (struct disk){ .form = DISK_SERIAL, .text = "N2" };
}

static void begun_on_nobody(struct inventory *inventory, struct up_options *options)
{
	(void)inventory;
	options->bootstrap_begun = "mini99";
}

static void begun_on_worker(struct inventory *inventory, struct up_options *options)
{
	(void)inventory;
	options->bootstrap_begun = "worker0";
}

static void workers_only(struct inventory *inventory, struct up_options *options)
{
	(void)options;
	for (size_t i = 0; i < inventory->len; i++)
		node_of(inventory, i)->role = ROLE_WORKER;
}

#define RESET_FIRST "reset it first if it shall join this cluster"
#define CORRECT_MAC "correct `mac_addr` in nodes.yaml, or the node's address"
#define PUT_BACK "put it back into nodes.yaml, or reset every control plane"

static const struct flaw flaws[] = {
	{ "another cluster's control plane", &minis, "bdb", NULL, ERR_AUTH,
	  "mini02 (172.29.51.12) is configured, but not for us: "
	  "the certificate is signed by an unknown authority",
	  RESET_FIRST },
	{ "another cluster's worker while ours runs", &racks, "eeood", NULL, ERR_AUTH,
	  "worker2 (10.0.50.12) is configured, but not for us: "
	  "the certificate is signed by an unknown authority",
	  RESET_FIRST },
	{ "a locked bare node", &minis, "bbb", lock_second, ERR_REFUSED,
	  "mini02 is locked and would be installed: waits for a new disk", "" },
	{ "a NIC that is not there", &racks, "bbbbb", wrong_mac, ERR_CONFLICT,
	  "worker1 has no network interface with the address 02:00:0a:00:32:77", CORRECT_MAC },
	{ "no NIC at all", &racks, "bbbbb", no_links, ERR_CONFLICT,
	  "control0 has no network interface with the address 02:00:0a:00:32:01", CORRECT_MAC },
	{ "no disk of that serial", &racks, "eebbb", no_such_disk, ERR_CONFLICT,
	  "choose the install disk of worker0: no disk matches; there is "
	  "/dev/nvme0n1 (nvme, Tough Disk, serial N1, 1000 GB), "
	  "/dev/sda (ssd, Tough Disk, serial A1, 256 GB)",
	  "correct `disk` of the node in nodes.yaml" },
	{ "a bootstrap begun on a node that is gone", &minis, "bbb", begun_on_nobody, ERR_REFUSED,
	  "an earlier run began to bootstrap etcd on mini99, which is gone", PUT_BACK },
	{ "a bootstrap begun on what is a worker now", &racks, "ooooo", begun_on_worker,
	  ERR_REFUSED, "an earlier run began to bootstrap etcd on worker0, which is gone",
	  PUT_BACK },
	{ "no control plane", &racks, "bbbbb", workers_only, ERR_INPUT,
	  "the cluster has no control plane", "" },
};

Test(up, what_must_not_happen_is_refused_before_anything_does)
{
	for (size_t i = 0; i < ARRAY_LEN(flaws); i++) {
		const struct flaw *flaw = &flaws[i];
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct up_options options = { 0 };
		struct inventory inventory;
		struct plan *plan = NULL;
		struct err err = ERR_INIT;

		site_inventory(arena, flaw->cluster, flaw->states, &inventory);
		if (flaw->spoil)
			flaw->spoil(&inventory, &options);
		cr_assert_eq(up_plan(&inventory, &options, &plan, &err), -1, "%s", flaw->name);
		cr_assert_eq(err.kind, flaw->kind, "%s: %s", flaw->name, err.text);
		cr_assert_str_eq(err.text, flaw->text, "%s: %s", flaw->name, err.text);
		cr_assert_str_eq(err.hint, flaw->hint, "%s: %s", flaw->name, err.hint);
		cr_assert_null(plan, "%s", flaw->name);
		cr_assert_eq(up_plan(&inventory, &options, &plan, NULL), -1, "%s", flaw->name);
	}
}

/* The NICs of the literals are bonded; one that is not shows the address as its own. */
Test(up, a_nic_is_known_by_the_address_it_shows)
{
	struct talos_link link = { .hardware_addr = "02:00:0a:00:32:10", .permanent_addr = "" };
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct plan *plan OWNED(plan_free) = NULL;
	struct inventory inventory;
	struct err err = ERR_INIT;

	site_inventory(arena, &racks, "eebss", &inventory);
	inventory.at[2].link = &link;
	inventory.at[2].links = 1;
	cr_assert_eq(up_plan(&inventory, &(struct up_options){ 0 }, &plan, &err), 0, "%s",
		     err.text);
	cr_assert_geq(index_of(plan, "apply-config/worker0"), 0);
}

/* What would stop an install does not matter to a node that is not installed. */
Test(up, nodes_of_ours_are_left_as_they_are)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct up_options options = { 0 };
	struct plan *plan OWNED(plan_free) = NULL;
	struct inventory inventory;
	struct err err = ERR_INIT;

	site_inventory(arena, &racks, "eeooo", &inventory);
	lock_second(&inventory, &options);
	wrong_mac(&inventory, &options);
	no_such_disk(&inventory, &options);
	cr_assert_eq(up_plan(&inventory, &options, &plan, &err), 0, "%s", err.text);
	for (size_t i = 0; i < plan->len; i++)
		cr_assert_neq(plan->at[i].kind->danger, STEP_DESTROYS, "%s", plan->at[i].id);
}
