/*
 * Looking at etcd from inside steps, and the gate that waits until it is well.
 */
#include "ops/etcd_gate.h"
#include "ops/kinds.h"

#include "base/clock.h"
#include "base/text.h"
#include "ops/step_call.h"

#include <string.h>

#define ASK_TIMEOUT (5 * SECOND)

/* One look at all control planes; in the run's arena. */
struct look {
	struct inventory inventory;
	const char *const *without;
	step_fn *next;
};

static struct look *look_of(const struct step_run *run)
{
	return step_memory((struct step_run *)(uintptr_t)run)->data;
}

const struct inventory *etcd_seen(const struct step_run *run)
{
	return &look_of(run)->inventory;
}

static bool is_left_out(const struct look *look, const struct node *node)
{
	for (const char *const *name = look->without; name && *name; name++)
		if (strcmp(*name, node->name) == 0)
			return true;
	return node->role != ROLE_CONTROL;
}

static struct node_state *current(struct step_run *run)
{
	struct look *look = look_of(run);

	return &look->inventory.at[look->inventory.len - 1];
}

static int ask(struct step_run *run, const struct talos_method *method, const void *request,
	       step_fn *next)
{
	return step_call_within(run, site_channel(step_site(run), current(run)->node), method,
				request, ASK_TIMEOUT, next);
}

static int look_on(struct step_run *run, struct err *err);

static int look_members(struct step_run *run, struct err *err)
{
	const struct talos_etcd_members *reply = step_reply(run);
	struct arena *arena = run_arena(run);
	struct talos_etcd_members *members;

	if (!reply)
		return look_on(run, err);
	members = arena_dup(arena, reply, sizeof(*reply));
	members->at = arena_dup(arena, reply->at, reply->len * sizeof(*reply->at));
	for (size_t i = 0; i < members->len; i++) {
		members->at[i].name = arena_str(arena, members->at[i].name);
		members->at[i].peers = members->at[i].clients = NULL;
	}
	current(run)->members = members;
	return look_on(run, err);
}

static int look_status(struct step_run *run, struct err *err)
{
	static const struct talos_etcd_members_request local = { .local = true };
	const struct talos_etcd_status *reply = step_reply(run);
	struct arena *arena = run_arena(run);
	struct talos_etcd_status *status;
	const char **errors;
	size_t count = 0;

	if (!reply)
		return look_on(run, err);
	while (reply->errors && reply->errors[count])
		count++;
	errors = arena_calloc(arena, count + 1, sizeof(*errors));
	for (size_t i = 0; i < count; i++)
		errors[i] = arena_str(arena, reply->errors[i]);
	status = arena_dup(arena, reply, sizeof(*reply));
	status->errors = errors;
	status->storage_version = NULL;
	current(run)->etcd = status;
	return ask(run, &talos_etcd_members, &local, look_members);
}

static const char *etcd_state(const struct talos_services *services)
{
	for (size_t i = 0; i < services->len; i++)
		if (strcmp(services->at[i].id, "etcd") == 0)
			return services->at[i].state;
	return "";
}

static int look_services(struct step_run *run, struct err *err)
{
	const struct talos_services *services = step_reply(run);
	struct node_state *state = current(run);

	if (!services) {
		state->err = *step_call_err(run);
		state->sight = state->err.kind == ERR_AUTH ? SIGHT_DENIED : SIGHT_SILENT;
		return look_on(run, err);
	}
	state->sight = SIGHT_OURS;
	state->etcd_runs = text_equal(etcd_state(services), "Running");
	state->etcd_waits = text_equal(etcd_state(services), "Preparing");
	/* one that does not run would not answer what follows */
	if (!state->etcd_runs)
		return look_on(run, err);
	return ask(run, &talos_etcd_status, NULL, look_status);
}

static int look_on(struct step_run *run, struct err *err)
{
	const struct cluster *cluster = site_cluster(step_site(run));
	unsigned *index = &step_memory(run)->index;
	struct look *look = look_of(run);

	while (*index < cluster->nodes && is_left_out(look, &cluster->node[*index]))
		++*index;
	if (*index == cluster->nodes)
		return look->next(run, err);
	look->inventory.at[look->inventory.len++].node = &cluster->node[(*index)++];
	return ask(run, &talos_services, NULL, look_services);
}

int etcd_look(struct step_run *run, const char *const *without, step_fn *next)
{
	struct look *look = arena_alloc(run_arena(run), sizeof(*look));

	look->inventory.cluster = site_cluster(step_site(run));
	look->inventory.at = arena_calloc(run_arena(run), look->inventory.cluster->nodes,
					  sizeof(*look->inventory.at));
	look->without = without;
	look->next = next;
	step_memory(run)->data = look;
	step_memory(run)->index = 0;
	return look_on(run, NULL);
}

static int well_start(struct step_run *run, struct err *err);

static int well_seen(struct step_run *run, struct err *err)
{
	const char *alarm = run_arg(run, "alarm");
	struct etcd_health health;

	etcd_judge_without(run_arena(run), etcd_seen(run), look_of(run)->without, &health);
	for (size_t i = 0; i < health.failures; i++) {
		/* the alarm that is being worked on */
		if (alarm && strstr(health.failure[i], alarm))
			continue;
		run_say(run, "%s", health.failure[i]);
		return step_poll(run, well_start, err);
	}
	return run_done(run);
}

static int well_start(struct step_run *run, struct err *err)
{
	(void)err;
	return etcd_look(run, step_names(run, "without"), well_seen);
}

const struct step_kind kind_etcd_well = {
	.name = "etcd-well",
	.phrase = "wait until etcd is well",
	.timeout_s = 10 * 60,
	.fresh = true,
	.danger = STEP_SAFE,
	.start = well_start,
	.cancel = step_call_cancel,
};
