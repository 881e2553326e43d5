#include "cli/operator_lock.h"

#include "base/clock.h"
#include "cli/program.h"
#include "crypto/digest.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DURATION_S 120
#define PATIENCE (5 * SECOND)
#define HOST_MAX 256
#define DIGEST_SHOWN 8

static struct operator_lock *lock_of(struct kube_lease *lease)
{
	return container_of(lease, struct operator_lock, lease);
}

static void decide(struct operator_lock *lock, const struct err *err)
{
	if (lock->decided)
		return;
	lock->decided = true;
	if (err)
		lock->err = *err;
	loop_stop(lock->program->loop);
}

static void on_held(struct kube_lease *lease)
{
	decide(lock_of(lease), NULL);
}

static void on_refused(struct kube_lease *lease, const struct err *err)
{
	decide(lock_of(lease), err);
}

/* An API server that is away, as in many a run, takes no lock from us; another operator does. */
static void on_lost(struct kube_lease *lease, const struct err *why)
{
	struct operator_lock *lock = lock_of(lease);
	struct err err = *why;

	if (why->kind != ERR_CONFLICT || !lock->on_lost) {
		say_warning(&lock->program->say, "the lock of the cluster is lost: %s", why->text);
		return;
	}
	err.kind = ERR_REFUSED;
	err_wrap(&err, "keep the lock of the cluster");
	err_hint(&err, "compare the clocks of both machines; the same command goes on once it is "
		       "free");
	lock->on_lost(lock, &err);
}

static void on_released(struct kube_lease *lease, const struct err *err)
{
	(void)err;
	decide(lock_of(lease), NULL);
}

static const struct kube_lease_ops lease_ops = { on_held, on_refused, on_lost, on_released };

static void on_patience(struct timer *timer)
{
	struct operator_lock *lock = container_of(timer, struct operator_lock, patience);
	struct err err = ERR_INIT;

	/* Somebody's has expired by our clock, which may be wrong. Whether it is renewed
	 * nevertheless shows within a part of its duration. */
	if (lock->lease.state == KUBE_LEASE_WAITING && !lock->doubted) {
		lock->doubted = true;
		say_note(&lock->program->say, "somebody else's lock of the cluster has expired: "
					      "seeing whether it is renewed");
		timer_set(timer, loop_now(timer->loop) + DURATION_S * SECOND);
		return;
	}
	err_set(&err, ERR_TIMEOUT, "no answer");
	decide(lock, &err);
}

/* Runs the loop until the lease has decided, or for a while; Ctrl-C ends it. */
static int wait_for(struct operator_lock *lock, struct err *err)
{
	struct loop *loop = lock->program->loop;

	timer_init(&lock->patience, loop, on_patience);
	timer_set(&lock->patience, loop_now(loop) + PATIENCE);

	int r = lock->decided ? 0 : program_wait(lock->program, err);
	timer_cancel(&lock->patience);
	return r;
}

/* Who we are: the same for every run from this workspace. */
static const char *holder(struct program *program)
{
	struct digest *digest OWNED(digest_free) = digest_new();
	const char *user = program->env("USER");
	const char *folder = workspace_folder(program->workspace);
	char host[HOST_MAX] = "";
	char path[PATH_MAX];

	gethostname(host, sizeof(host) - 1);
	digest_add_text(digest, realpath(folder, path) ? path : folder);

	const char *place = strchr(digest_end_text(digest, program->arena), ':') + 1;
	return arena_printf(program->arena, "%s@%s (workspace %.*s)", user && *user ? user : "?",
			    *host ? host : "?", DIGEST_SHOWN, place);
}

static bool any_is_ours(const struct inventory *inventory)
{
	for (size_t i = 0; inventory && i < inventory->len; i++)
		if (inventory->at[i].sight == SIGHT_OURS)
			return true;
	return false;
}

static bool means_away(const struct err *err)
{
	return err->kind == ERR_NET || err->kind == ERR_TIMEOUT || err->kind == ERR_REMOTE;
}

int operator_lock_take(struct operator_lock *lock, struct program *program, struct site *site,
		       const struct inventory *inventory, struct err *err)
{
	struct kube *kube = site_kube(site);
	const struct kube_lease_options options = { .holder = holder(program),
						    .seconds = DURATION_S };

	if (!kube || !any_is_ours(inventory))
		return 0;
	lock->program = program;
	lock->decided = false;
	kube_lease_take(&lock->lease, kube, &options, &lease_ops);
	if (wait_for(lock, err) < 0)
		return -1;
	if (!err_is_set(&lock->err))
		return 0;
	kube_lease_done(&lock->lease);
	if (means_away(&lock->err)) {
		say_note(&program->say, "no lock of the cluster: its API does not answer: %s",
			 lock->err.text);
		return 0;
	}
	if (err)
		*err = lock->err;
	return err_wrap(err, "lock the cluster");
}

void operator_lock_release(struct operator_lock *lock)
{
	lock->on_lost = NULL;
	if (lock->program && kube_lease_is_held(&lock->lease)) {
		lock->decided = false;
		kube_lease_release(&lock->lease);
		wait_for(lock, NULL);
	}
	if (lock->program)
		kube_lease_done(&lock->lease);
}
