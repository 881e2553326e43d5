#include "flow/scene.h"

#include "flow/folder.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "cli/history.h"
#include "cluster/profile.h"
#include "crypto/digest.h"
#include "net/ssh.h"
#include "ops/kinds.h"
#include "ops/upgrade_declared.h"
#include "tree/json.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 2027-01-02: inside the dates of the fixture bundle. */
#define WALL (UINT64_C(1798848000) * SECOND)
#define BUNDLE TEST_DATA_DIR "/golden/gen/c113-defaults/secrets.yaml"
#define INPUTS "sha256:the-inputs"

static void must(int r, const struct err *err)
{
	if (r >= 0)
		return;
	fprintf(stderr, "scene: %s\n", err->text);
	abort();
}

static bool has_key(const char *lines, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	size_t key = colon ? (size_t)(colon - line) + 1 : 0;

	for (const char *at = lines; key && *at; at += strcspn(at, "\n") + (strchr(at, '\n') != 0))
		if (strncmp(at, line, key) == 0)
			return true;
	return false;
}

/* The profile's cluster.yaml without the keys that `lines` has, then those. */
static void put_settings(struct scene *scene, const char *lines)
{
	struct str out SCOPED(str_done) = STR_INIT((size_t)1 << 20);
	const char *path = fs_join(scene->arena, scene->folder, "cluster.yaml");
	struct err err = ERR_INIT;
	size_t size;
	char *text;

	must(fs_read(scene->arena, path, FS_FILE_MAX, &text, &size, &err), &err);
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (!has_key(lines, text, len))
			str_addf(&out, "%.*s\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
	str_add(&out, lines);
	must(fs_write(path, str_text(&out), out.len, 0600, NULL, &err), &err);
}

static void put_file(struct scene *scene, const char *name, const char *text, size_t len)
{
	struct err err = ERR_INIT;

	must(fs_write(fs_join(scene->arena, scene->folder, name), text, len, 0600, NULL, &err),
	     &err);
}

static void make_workspace(struct scene *scene)
{
	const char *nodes = scene->options.nodes;
	struct err err = ERR_INIT;
	size_t len;
	char *text;

	scene->home = scene->folder = folder_new(scene->arena);
	if (scene->options.inside) {
		assert(chdir(scene->home) == 0);
		scene->folder = ".";
	}
	must(profile_write(scene->options.profile, scene->folder, &err), &err);
	must(fs_read(scene->arena, BUNDLE, FS_FILE_MAX, &text, &len, &err), &err);
	put_file(scene, "talsecret.yaml", text, len);
	if (nodes)
		put_file(scene, "nodes.yaml", nodes, strlen(nodes));
	if (scene->options.settings)
		put_settings(scene, scene->options.settings);
	if (scene->options.patch)
		put_file(scene, "patches/controller/cluster.yaml", scene->options.patch,
			 strlen(scene->options.patch));
}

static void open_workspace(struct scene *scene)
{
	struct err err = ERR_INIT;

	must(workspace_open(scene->folder, &scene->workspace, &err), &err);
	scene->cluster = workspace_cluster(scene->workspace, &err);
	must(scene->cluster ? 0 : -1, &err);
	scene->bundle = workspace_bundle(scene->workspace, &err);
	must(scene->bundle ? 0 : -1, &err);
}

void scene_nodes(struct scene *scene, const char *yaml)
{
	const char *path = fs_join(scene->arena, scene->folder, "nodes.yaml");
	struct err err = ERR_INIT;

	must(fs_write(path, yaml, strlen(yaml), 0600, NULL, &err), &err);
	workspace_free(scene->workspace);
	open_workspace(scene);
}

static void on_event(struct listener *listener, const struct event *event)
{
	static const struct json_style style = { .form = JSON_COMPACT };
	struct scene *scene = container_of(listener, struct scene, listener);
	struct arena *arena OWNED(arena_free) = arena_new("event");

	json_write(&scene->events, event_value(arena, event), &style);
	str_addc(&scene->events, '\n');
}

/* Peers that have a password have this one. */
static int give_passwords(struct site_access *access, const char *const **out, struct err *err)
{
	struct scene *scene = container_of(access, struct scene, access);
	const struct bgp *bgp = &scene->cluster->bgp;
	const char **password = arena_calloc(scene->arena, bgp->peers + 1, sizeof(*password));

	(void)err;
	for (size_t i = 0; i < bgp->peers; i++)
		if (bgp->peer[i].password.form != PASSWORD_NONE)
			password[i] = SCENE_PASSWORD;
	*out = password;
	return 0;
}

static int show_router(struct site_access *access, struct ssh_target *out, struct err *err)
{
	const struct bgp_router *router =
		&container_of(access, struct scene, access)->cluster->bgp.router;

	if (!router->ssh)
		return err_set(err, ERR_INPUT, "cluster.yaml has no router");
	*out = (struct ssh_target){ .host = router->ssh, .port = SSH_PORT, .user = router->user };
	return 0;
}

static void make_world(struct scene *scene)
{
	struct world_options options = {
		.loop = scene->loop,
		.random = &scene->random.source,
		.pace = scene->options.pace ? scene->options.pace : &world_pace_real,
		.talos = scene->options.talos ? scene->options.talos : scene->cluster->talos,
		.start = scene->options.start,
		.cluster = scene->options.start == WORLD_RUNNING ? scene->cluster : NULL,
		.bundle = scene->bundle,
		.folder = scene->options.world,
	};
	struct err err = ERR_INIT;

	options.node = world_nodes_of(scene->arena, scene->cluster, &options.nodes);
	must(world_new(&options, &scene->world, &err), &err);
	scene->witness = witness_new(&(struct witness_options){ .world = scene->world,
								.bundle = scene->bundle });
}

void scene_init(struct scene *scene, const struct scene_options *options)
{
	scene->options = *options;
	scene->arena = arena_new("scene");
	scene->folder = options->folder;
	scene->loop = loop_new_virtual(WALL + options->later);
	/* a later life of the same world must not draw the ids of boots again */
	random_seeded_init(&scene->random, (options->seed ? options->seed : 1) + options->later);
	str_init(&scene->events, (size_t)64 << 20);
	scene->listener.on_event = on_event;
	scene->access = (struct site_access){ .peers = give_passwords, .router = show_router };
	if (!scene->folder)
		make_workspace(scene);
	open_workspace(scene);
	make_world(scene);
}

void scene_done(struct scene *scene)
{
	witness_free(scene->witness);
	world_free(scene->world);
	workspace_free(scene->workspace);
	loop_free(scene->loop);
	str_done(&scene->events);
	if (scene->home && !scene->options.folder)
		folder_remove(scene->home);
	arena_free(scene->arena);
}

static void on_observed(void *context, const struct inventory *inventory)
{
	struct scene *scene = context;

	scene->inventory = inventory;
	loop_stop(scene->loop);
}

static void observe(struct scene *scene, struct site *site, unsigned looks)
{
	struct observe_options options = {
		.looks = looks,
		.patience = scene->options.patience ? scene->options.patience : 10 * SECOND,
		.on_done = on_observed,
		.context = scene,
	};
	struct err err = ERR_INIT;

	scene->inventory = NULL;
	struct observation *seen OWNED(observe_free) = observe_start(site, scene->arena, &options);

	(void)seen;
	must(loop_run(scene->loop, &err), &err);
	assert(scene->inventory);
}

struct ending {
	struct scene *scene;
	struct exec_result result;
	bool over;
};

/* The steps' host is the site, so the ending is found through the loop's only runner: here. */
static struct ending *ending_of_run;

static void on_over(struct exec *exec, const struct exec_result *result, void *host)
{
	(void)exec;
	(void)host;
	ending_of_run->result = *result;
	ending_of_run->over = true;
	loop_stop(ending_of_run->scene->loop);
}

static void execute(struct scene *scene, struct site *site, const struct plan *plan,
		    struct journal *journal, const enum record_state *history,
		    struct outcome *outcome)
{
	struct ending ending = { .scene = scene };
	struct exec_options options = {
		.loop = scene->loop,
		.plan = plan,
		.journal = journal,
		.history = history,
		.listeners = &scene->listener,
		.host = site,
		.on_over = on_over,
	};
	struct err err = ERR_INIT;

	ending_of_run = &ending;
	struct exec *exec OWNED(exec_free) = exec_new(&options);
	exec_start(exec);
	must(loop_run(scene->loop, &err), &err);
	assert(ending.over);
	outcome->planned = true;
	outcome->steps = plan->len;
	outcome->result = ending.result;
	outcome->err = ending.result.err;
}

static const char *hash(struct arena *arena, const void *data, size_t len)
{
	struct digest *digest OWNED(digest_free) = digest_new();

	digest_add(digest, data, len);
	return digest_end_text(digest, arena);
}

static const char *runs(struct scene *scene)
{
	return fs_join(scene->arena, scene->folder, ".talforge/runs");
}

/* False: the world is another one by now; the run is abandoned. */
static bool resume(struct scene *scene, struct site *site, const struct journal_story *story,
		   struct outcome *outcome)
{
	const struct operation *operation = operation_named(story->operation);
	struct plan *plan OWNED(plan_free) = NULL;
	struct journal *journal OWNED(journal_close) = NULL;
	struct err err = ERR_INIT;

	must(plan_read(story->plan, ops_kinds, ops_kind_count, &plan, &err), &err);
	must(plan_verify(plan, hash, &err), &err);
	observe(scene, site, operation->looks);
	if (operation->undone && operation->undone(plan, story->state, scene->inventory)) {
		must(journal_abandon(runs(scene), story->run, "undone", loop_wall(scene->loop),
				     &err),
		     &err);
		return false;
	}
	must(journal_continue(runs(scene), story->run, plan, &journal, &err), &err);
	outcome->resumed = true;
	execute(scene, site, plan, journal, story->state, outcome);
	return true;
}

static int begin(struct scene *scene, const struct plan *plan, struct journal **out,
		 struct err *err)
{
	uint64_t wall = loop_wall(scene->loop);
	const char *run = journal_new_run(scene->arena, wall, "test");

	if (scene->options.sink)
		return journal_create_in(scene->options.sink, run, plan, wall, out, err);
	if (fs_mkdir(runs(scene), 0700, err) < 0)
		return -1;
	return journal_create(runs(scene), run, plan, wall, out, err);
}

/* Windows and expressions of cluster.yaml. */
static struct declared_gates gates_of(struct scene *scene)
{
	const struct declared_place place = { ZONE_FOLDER, loop_wall(scene->loop) };
	struct declared_gates gates;
	struct findings findings;
	struct err err = ERR_INIT;

	findings_init(&findings, scene->arena);
	upgrade_check(scene->arena, scene->cluster, &place, &gates, &findings);
	must(findings_err(&findings, &err), &err);
	return gates;
}

/* A scene with a sink of its own begins anew. */
static void look_back(struct scene *scene, struct operation_input *input)
{
	const char *identity = bundle_identity(scene->bundle, scene->arena);
	struct err err = ERR_INIT;

	if (!scene->options.sink)
		must(history_cordoned(scene->arena, runs(scene), identity, &input->cordoned, &err),
		     &err);
}

static void plan_and_run(struct scene *scene, struct site *site, const struct scene_order *order,
			 struct outcome *outcome)
{
	struct plan *plan OWNED(plan_free) = NULL;
	struct journal *journal OWNED(journal_close) = NULL;

	observe(scene, site, order->operation->looks);
	const struct declared_gates gates = gates_of(scene);
	struct operation_input input = {
		.gates = &gates,
		.now = order->now,
		.inventory = scene->inventory,
		.only = order->only,
		.options = order->options,
		.max_parallel = scene->options.max_parallel,
		.wall = loop_wall(scene->loop),
	};
	look_back(scene, &input);
	if (operation_plan(order->operation, &input, &plan, &outcome->err) < 0)
		return;
	plan_bind(plan, INPUTS, bundle_identity(scene->bundle, plan->arena), scene->cluster->name);
	plan_seal(plan, hash);
	if (begin(scene, plan, &journal, &outcome->err) < 0)
		return;
	execute(scene, site, plan, journal, NULL, outcome);
}

/* 0: there is one. A scene with a sink of its own begins anew. */
static int find_unfinished(struct scene *scene, const char *operation,
			   struct journal_story *story)
{
	struct err err = ERR_INIT;

	if (scene->options.sink)
		return 1;
	int r = journal_unfinished(scene->arena, runs(scene), operation, story, &err);

	must(r, &err);
	return r;
}

struct outcome scene_up(struct scene *scene)
{
	return scene_run(scene, &(struct scene_order){ .operation = &operation_up });
}

static void read_journals(struct scene *scene)
{
	struct arena *arena OWNED(arena_free) = arena_new("journals");
	struct fs_names names;

	if (journal_list(arena, runs(scene), &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.len; i++) {
		const char *path = journal_path(arena, runs(scene), names.at[i]);
		size_t len;
		char *text;

		if (fs_read(arena, path, FS_FILE_MAX, &text, &len, NULL) == 0)
			witness_read(scene->witness, "a journal", text, len);
	}
}

void scene_is_content(struct scene *scene)
{
	const char *objection;

	read_journals(scene);
	witness_read(scene->witness, "the events", str_text(&scene->events), scene->events.len);
	objection = witness_objection(scene->witness);
	if (!objection)
		return;
	fprintf(stderr, "scene: the witness objects: %s\n%s\n", objection,
		scene->label ? scene->label : "");
	abort();
}

/* What a file declares counts as agreed, too. */
static unsigned agreed_width(const struct scene *scene, const struct scene_order *order)
{
	const struct upgrade_declared_options *options = order->options;
	const struct declared *file =
		order->operation == &operation_upgrade ? options->declared : NULL;
	size_t agreed = scene->options.max_parallel ? scene->options.max_parallel : 1;

	for (size_t i = 0; file && i < file->taloses; i++) {
		size_t width = 0;

		parallelism_read(file->talos[i].parallelism, scene->cluster->nodes, &width);
		agreed = width > agreed ? width : agreed;
	}
	return (unsigned)agreed;
}

/* Who asks for the cluster's name agrees that its nodes are wiped. */
static void consent(struct scene *scene, const struct scene_order *order)
{
	const struct operation_input input = { .only = order->only };

	witness_budget(scene->witness, agreed_width(scene, order));
	if (order->operation->consent != CONSENT_NAME)
		return;
	for (size_t i = 0; i < scene->cluster->nodes; i++)
		if (operation_wants(&input, &scene->cluster->node[i]))
			witness_consent(scene->witness, scene->cluster->node[i].name);
}

int scene_site(struct scene *scene, struct site **out, struct err *err)
{
	struct site_options options = {
		.loop = scene->loop,
		.http = world_http(scene->world),
		.dialer = world_dialer(scene->world),
		.ssh = world_ssh(scene->world),
		.access = &scene->access,
		.cluster = scene->cluster,
		.bundle = scene->bundle,
		.folder = scene->folder,
		.state = scene->folder,
	};

	return site_new(&options, out, err);
}

const struct inventory *scene_look(struct scene *scene, unsigned looks)
{
	struct site *site OWNED(site_free) = NULL;
	struct err err = ERR_INIT;

	must(scene_site(scene, &site, &err), &err);
	observe(scene, site, looks);
	return scene->inventory;
}

struct outcome scene_run(struct scene *scene, const struct scene_order *order)
{
	struct site *site OWNED(site_free) = NULL;
	struct outcome outcome = { 0 };
	struct journal_story story;

	if (scene_site(scene, &site, &outcome.err) < 0)
		return outcome;
	consent(scene, order);
	if (find_unfinished(scene, order->operation->name, &story) != 0 ||
	    !resume(scene, site, &story, &outcome))
		plan_and_run(scene, site, order, &outcome);
	witness_read(scene->witness, "an error", outcome.err.text, strlen(outcome.err.text));
	witness_read(scene->witness, "a hint", outcome.err.hint, strlen(outcome.err.hint));
	if (outcome.result.how == HOW_DONE)
		witness_end(scene->witness);
	scene_is_content(scene);
	return outcome;
}

struct nap {
	struct timer timer;
	struct loop *loop;
};

static void wake(struct timer *timer)
{
	loop_stop(container_of(timer, struct nap, timer)->loop);
}

void scene_wait(struct scene *scene, uint64_t duration)
{
	struct nap nap = { .loop = scene->loop };
	struct err err = ERR_INIT;

	timer_init(&nap.timer, scene->loop, wake);
	timer_set(&nap.timer, loop_now(scene->loop) + duration);
	must(loop_run(scene->loop, &err), &err);
	timer_cancel(&nap.timer);
}
