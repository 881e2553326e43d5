/*
 * Members of etcd that go: a node leaves by itself, or another member takes it out of the list.
 *
 * Whether it is gone is what another member says, and nothing is taken out that the ones that stay
 * could not do without.
 */
#include "ops/etcd_gate.h"
#include "ops/kinds.h"

#include "base/clock.h"
#include "base/text.h"
#include "ops/quorum.h"
#include "ops/step_call.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

/* How long members may be silent before a look gives up. */
#define LOOK_PATIENCE (2 * MINUTE)

static int member_check(struct step_run *run, struct err *err);
static int member_start(struct step_run *run, struct err *err);
static int member_verify(struct step_run *run, struct err *err);

/* Who goes: a node's name or a member's number. */
static const char *goer(const struct step_run *run)
{
	const char *member = run_arg(run, "member");

	return member ? member : run_step(run)->target;
}

/* The nodes that are asked: not the one that goes. */
static const char *const *not_asked(struct step_run *run)
{
	const char **names = arena_calloc(run_arena(run), 2, sizeof(*names));

	if (*run_step(run)->target)
		names[0] = run_step(run)->target;
	return names;
}

static int look_again(struct step_run *run, step_fn *next, struct err *err)
{
	if (loop_now(run_loop(run)) - step_polling_since(run) > LOOK_PATIENCE)
		return err_set(err, ERR_NET, "no other control plane says who is a member of etcd");
	run_say(run, "no other control plane says who is a member of etcd");
	return step_poll(run, next, err);
}

/* >0: the others still list it; 0: it is gone and the step done, or they are asked again. */
static int still_listed(struct step_run *run, step_fn *again, struct err *err)
{
	const struct talos_etcd_members *members = etcd_told(etcd_seen(run));

	if (!members)
		return look_again(run, again, err);
	return etcd_named(members, goer(run)) ? 1 : run_done(run);
}

static int member_checked(struct step_run *run, struct err *err)
{
	int r = still_listed(run, member_check, err);

	return r > 0 ? run_needed(run) : r;
}

static int member_check(struct step_run *run, struct err *err)
{
	(void)err;
	return etcd_look(run, not_asked(run), member_checked);
}

/* ---- taking it out --------------------------------------------------------------------------- */

static const struct node_state *state_of(const struct inventory *inventory, const char *name)
{
	for (size_t i = 0; i < inventory->len; i++)
		if (strcmp(inventory->at[i].node->name, name) == 0)
			return &inventory->at[i];
	return NULL;
}

/* The world may have changed since the plan was made. */
static int check_quorum(struct step_run *run, const struct talos_etcd_members *members,
			struct err *err)
{
	const struct inventory *seen = etcd_seen(run);
	struct quorum_member *quorum =
		arena_calloc(run_arena(run), members->len, sizeof(*quorum));
	const struct talos_etcd_member *going = etcd_named(members, goer(run));

	for (size_t i = 0; i < members->len; i++) {
		const struct talos_etcd_member *member = &members->at[i];
		const struct node_state *state = state_of(seen, member->name);

		quorum[i] = (struct quorum_member){
			.name = text_is_blank(member->name) ? "a nameless one" : member->name,
			.learner = member->learner,
			.healthy = (state && state->etcd && state->etcd->leader) ||
				   (member == going && !run_arg(run, "away")),
			.goes = member == going,
		};
	}
	/* On the way to the end of the cluster two may become one. */
	if (run_arg(run, "ending") && members->len == 2)
		return 0;
	return quorum_check(quorum, members->len, QUORUM_REMOVE, "removing", err);
}

static int member_removed(struct step_run *run, struct err *err)
{
	const struct err *why = step_call_err(run);

	if (err_is_set(why) && why->kind != ERR_NOT_FOUND)
		return step_call_failed(run, err);
	return member_verify(run, err);
}

static const struct node_state *through(const struct inventory *seen)
{
	for (size_t i = 0; i < seen->len; i++)
		if (seen->at[i].etcd && seen->at[i].members)
			return &seen->at[i];
	return NULL;
}

/* It could not do it itself: somebody else does. */
static int remove_listed(struct step_run *run, struct err *err)
{
	const struct node_state *helper = through(etcd_seen(run));
	const struct talos_etcd_members *members = etcd_told(etcd_seen(run));
	const struct talos_etcd_member *member = etcd_named(members, goer(run));

	assert(member);
	if (!helper)
		return look_again(run, member_start, err);
	if (check_quorum(run, members, err) < 0)
		return -1;
	const struct talos_etcd_remove_request request = { .member = member->id };

	run_say(run, "%s takes it out of the list of members", helper->node->name);
	return step_call(run, site_channel(step_site(run), helper->node), &talos_etcd_remove,
			 &request, member_removed);
}

/* ---- leaving --------------------------------------------------------------------------------- */

static int left_or_listed(struct step_run *run, struct err *err)
{
	int r = still_listed(run, member_start, err);

	return r > 0 ? remove_listed(run, err) : r;
}

static int member_left(struct step_run *run, struct err *err)
{
	const struct err *why = step_call_err(run);

	(void)err;
	if (err_is_set(why))
		run_say(run, "%s", why->text);
	return etcd_look(run, not_asked(run), left_or_listed);
}

static int leave(struct step_run *run, struct err *err)
{
	(void)err;
	return step_call(run, site_channel(step_site(run), step_node(run)), &talos_etcd_leave, NULL,
			 member_left);
}

/* A leader that hands over first spares the others an election. */
static int forfeited(struct step_run *run, struct err *err)
{
	if (err_is_set(step_call_err(run)))
		run_say(run, "%s", step_call_err(run)->text);
	return leave(run, err);
}

static int member_known(struct step_run *run, struct err *err)
{
	int r = still_listed(run, member_start, err);

	if (r <= 0)
		return r;
	if (run_arg(run, "away"))
		return remove_listed(run, err);
	if (check_quorum(run, etcd_told(etcd_seen(run)), err) < 0)
		return -1;
	return step_call(run, site_channel(step_site(run), step_node(run)), &talos_etcd_forfeit,
			 NULL, forfeited);
}

static int member_start(struct step_run *run, struct err *err)
{
	(void)err;
	return etcd_look(run, not_asked(run), member_known);
}

/* ---- afterwards ------------------------------------------------------------------------------ */

static int member_verified(struct step_run *run, struct err *err)
{
	int r = still_listed(run, member_verify, err);

	if (r <= 0)
		return r;
	run_say(run, "it is still in the list of members");
	return step_poll(run, member_verify, err);
}

static int member_verify(struct step_run *run, struct err *err)
{
	(void)err;
	return etcd_look(run, not_asked(run), member_verified);
}

const struct step_kind kind_etcd_leave = {
	.name = "etcd-leave",
	.phrase = "leave etcd",
	.timeout_s = 15 * 60,
	.attempts = 3,
	.pause_s = 2,
	.danger = STEP_DESTROYS,
	.check = member_check,
	.start = member_start,
	.cancel = step_call_cancel,
};

const struct step_kind kind_etcd_remove = {
	.name = "etcd-remove",
	.phrase = "take a member out of etcd",
	.timeout_s = 5 * 60,
	.attempts = 3,
	.pause_s = 2,
	.danger = STEP_DESTROYS,
	.check = member_check,
	.start = member_start,
	.cancel = step_call_cancel,
};
