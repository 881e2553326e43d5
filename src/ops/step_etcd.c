/*
 * etcd: bootstrap it once, and see that every control plane has joined.
 *
 * A real node accepts Bootstrap a second time in its first seconds, and another control plane
 * accepts it until it has joined; either splits etcd. So nobody is asked before every control plane
 * was looked at, and after a Bootstrap whose fate is unknown (a lost answer, a kill), or when a
 * control plane had a config before this run, all of them are watched for longer than that window
 * before one is asked.
 */
#include "ops/kinds.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "crypto/etcd_snapshot.h"
#include "ops/etcd_gate.h"
#include "ops/etcd_walk.h"
#include "ops/step_call.h"

#include <inttypes.h>
#include <string.h>

#define ASK_TIMEOUT (5 * SECOND)
#define SNAPSHOT_MAX_BYTES ((size_t)8 << 30)
/* etcd of a bootstrapped node has been seen to run after 6 seconds at most. */
#define SETTLE (20 * SECOND)
/* The state in which etcd of a node without data stays until it is bootstrapped or can join. */
#define WAITS_FOR_EVER "Preparing"

static const char *etcd_state(const struct talos_services *services)
{
	for (size_t i = 0; i < services->len; i++)
		if (strcmp(services->at[i].id, "etcd") == 0)
			return services->at[i].state;
	return "absent";
}

static int ask_services(struct step_run *run, const struct node *node, step_fn *next)
{
	return step_call_within(run, site_channel(step_site(run), node), &talos_services, NULL,
				ASK_TIMEOUT, next);
}

static int bootstrap_check(struct step_run *run, struct err *err);
static int bootstrap_look(struct step_run *run, struct err *err);
static int bootstrap_start(struct step_run *run, struct err *err);

/* Only these say that a node waits for its first member. */
static bool waits_for_bootstrap(const char *state)
{
	static const char *const states[] = { "absent", "Starting", "Waiting", "Preparing",
					      "Initialized" };

	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (strcmp(state, states[i]) == 0)
			return true;
	return false;
}

/* Before a reboot: it comes again, or the node does. */
static bool is_going_down(const char *state)
{
	return strcmp(state, "Stopping") == 0 || strcmp(state, "Finished") == 0;
}

/* Somebody may hold etcd: it was asked before, or it has a life behind it and is booting. */
static bool may_be_bootstrapped(const struct step_run *run)
{
	return run_was_begun(run) || run_arg(run, "watch");
}

static int bootstrap_again(struct step_run *run, struct err *err)
{
	step_memory(run)->index = 0;
	return step_poll(run, bootstrap_look, err);
}

/* A node that is away, or on its way up or down, may run etcd in a moment: the watch only counts
 * while all of them stand where they would wait for ever. */
static void watch_anew(struct step_run *run)
{
	step_memory(run)->mark = 0;
}

/* Every control plane was looked at, and none runs etcd. */
static int bootstrap_none_runs(struct step_run *run, struct err *err)
{
	struct step_memory *memory = step_memory(run);
	uint64_t now = loop_now(run_loop(run));

	if (!memory->mark)
		memory->mark = now;
	if (!may_be_bootstrapped(run) || now - memory->mark >= SETTLE)
		return run_is_check(run) ? run_needed(run) : bootstrap_start(run, err);
	run_say(run, "watches whether an earlier bootstrap takes effect");
	return bootstrap_again(run, err);
}

static int bootstrap_seen(struct step_run *run, struct err *err)
{
	struct step_memory *memory = step_memory(run);
	const struct node *node = etcd_control(run, &memory->index);
	const struct talos_services *services = step_reply(run);

	if (!services) {
		run_say(run, "%s: %s", node->name, step_call_err(run)->text);
		watch_anew(run);
		return bootstrap_again(run, err);
	}
	const char *state = etcd_state(services);

	if (strcmp(state, "Running") == 0)
		return run_done(run);
	if (is_going_down(state)) {
		run_say(run, "etcd of %s is %s", node->name, state);
		watch_anew(run);
		return bootstrap_again(run, err);
	}
	if (!waits_for_bootstrap(state)) {
		err_set(err, ERR_REFUSED, "etcd of %s is %s, it does not wait for a bootstrap",
			node->name, state);
		return err_hint(err, "it may hold data: repair or reset that node first");
	}
	if (strcmp(state, WAITS_FOR_EVER) != 0)
		watch_anew(run);
	memory->index++;
	return bootstrap_look(run, err);
}

static int bootstrap_look(struct step_run *run, struct err *err)
{
	const struct node *node = etcd_control(run, &step_memory(run)->index);

	return node ? ask_services(run, node, bootstrap_seen) : bootstrap_none_runs(run, err);
}

static int bootstrap_check(struct step_run *run, struct err *err)
{
	return bootstrap_look(run, err);
}

static int bootstrap_answered(struct step_run *run, struct err *err)
{
	const struct err *why = step_call_err(run);

	if (!err_is_set(why))
		return run_done(run);
	if (talos_says_exists(why))
		return run_already(run);
	if (!talos_says_not_yet(why))
		return step_call_failed(run, err);
	run_say(run, "%s", why->text);
	return bootstrap_again(run, err);
}

static int recovered(struct step_run *run, struct err *err)
{
	if (talos_says_exists(step_call_err(run)))
		return err_set(err, ERR_CONFLICT, "etcd of %s holds data already",
			       step_node(run)->name);
	return bootstrap_answered(run, err);
}

static int uploaded(struct step_run *run, struct err *err)
{
	static const struct talos_recover_request whole = { .skip_hash = false };

	if (err_is_set(step_call_err(run)))
		return step_call_failed(run, err);
	return step_call(run, site_channel(step_site(run), step_node(run)),
			 &talos_bootstrap_recover, &whole, recovered);
}

/* The file may have changed since it was looked at. */
static int upload(struct step_run *run, const char *path, struct err *err)
{
	struct etcd_snapshot snapshot;
	struct talos_bytes bytes;
	char *text;

	if (fs_read(run_arena(run), path, SNAPSHOT_MAX_BYTES, &text, &bytes.len, err) < 0 ||
	    etcd_snapshot_read(run_arena(run), text, bytes.len, &snapshot, err) < 0)
		return err_wrap(err, "read the snapshot");
	if (snapshot.hash != SNAPSHOT_HASH_OK)
		return err_set(err, ERR_INPUT, "%s does not match its hash", path);
	bytes.data = text;
	run_say(run, "etcd goes back to revision %" PRIu64, snapshot.revision);
	return step_call(run, site_channel(step_site(run), step_node(run)), &talos_etcd_recover,
			 &bytes, uploaded);
}

static int bootstrap_start(struct step_run *run, struct err *err)
{
	struct channel *channel = site_channel(step_site(run), step_node(run));
	const char *file = run_arg(run, "file");

	if (file)
		return upload(run, file, err);
	return step_call(run, channel, &talos_bootstrap, NULL, bootstrap_answered);
}

const struct step_kind kind_bootstrap = {
	.name = "bootstrap",
	.phrase = "bootstrap etcd",
	.timeout_s = 10 * 60,
	.attempts = 5,
	.pause_s = 1,
	.danger = STEP_CHANGES,
	.check = bootstrap_check,
	.start = bootstrap_start,
	.cancel = step_call_cancel,
};

static const struct talos_etcd_member *unfinished(const struct talos_etcd_members *members)
{
	for (size_t i = 0; i < members->len; i++)
		if (members->at[i].learner || text_is_blank(members->at[i].name))
			return &members->at[i];
	return NULL;
}

static int etcd_start(struct step_run *run, struct err *err);

/* A node that is there may only be slow to pull etcd's image. */
static uint64_t stale_patience(const struct step_run *run, const struct talos_etcd_member *member)
{
	return cluster_node(site_cluster(step_site(run)), member->name) ? 3 * MINUTE : MINUTE;
}

static int err_stale(const struct step_run *run, const struct talos_etcd_member *member,
		     struct err *err)
{
	if (cluster_node(site_cluster(step_site(run)), member->name))
		err_set(err, ERR_CONFLICT,
			"etcd still counts on what %s was before, so %s cannot join", member->name,
			member->name);
	else
		err_set(err, ERR_CONFLICT, "etcd counts on %s, which is no control plane of "
					   "nodes.yaml",
			member->name);
	return err_hint(err, "talforge etcd remove %s, then the same command again", member->name);
}

/* Nobody will ever come for a member that was left behind: no need to wait for long. */
static int etcd_stale_seen(struct step_run *run, struct err *err)
{
	struct step_memory *memory = step_memory(run);
	const struct talos_etcd_member *member = etcd_stale(etcd_seen(run));
	uint64_t now = loop_now(run_loop(run));

	if (!member)
		memory->mark = 0;
	else if (!memory->mark)
		memory->mark = now;
	else if (now - memory->mark > stale_patience(run, member))
		return err_stale(run, member, err);
	return step_poll(run, etcd_start, err);
}

static int etcd_again(struct step_run *run, struct err *err)
{
	(void)err;
	return etcd_look(run, NULL, etcd_stale_seen);
}

static int judge_joined(struct step_run *run, const struct node *node,
			const struct etcd_listed *first, const struct talos_etcd_members *members,
			struct err *err)
{
	const struct cluster *cluster = site_cluster(step_site(run));

	if (members->len && first->len && etcd_listed_shared(first, members) == 0) {
		err_set(err, ERR_CONFLICT, "etcd is split: %s is a member of another cluster",
			node->name);
		return err_hint(err, "reset the node that was bootstrapped by mistake");
	}
	if (members->len == cluster->controllers && !unfinished(members))
		return 0;
	run_say(run, "%s lists %zu of %zu members%s", node->name, members->len,
		cluster->controllers,
		unfinished(members) ? ", one of them is still learning" : "");
	return 1;
}

static int etcd_start(struct step_run *run, struct err *err)
{
	static const struct etcd_walk walk = { judge_joined, etcd_again };

	(void)err;
	return etcd_walk(run, &walk);
}

const struct step_kind kind_etcd = {
	.name = "etcd",
	.phrase = "wait until every control plane is an etcd member",
	.timeout_s = 15 * 60,
	.danger = STEP_SAFE,
	.start = etcd_start,
	.cancel = step_call_cancel,
};
