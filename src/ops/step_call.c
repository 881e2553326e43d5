#include "ops/step_call.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/own.h"
#include "cluster/cluster.h"
#include "ops/step_kube.h"

#include <assert.h>

#define POLL_FIRST (100 * MILLISECOND)
#define POLL_MOST (2 * SECOND)

struct step_talk {
	struct talos_call call;
	struct step_run *run; /* NULL until the first use */
	step_fn *next;
	struct err err;
	const void **reply; /* in the call's arena */
	size_t replies, cap;
	uint64_t pause, since;
	struct step_memory memory;
	struct step_kube *kube; /* in the run's arena; NULL until the first use */
};

static struct step_talk *step_talk(const struct step_run *run)
{
	/* The state is the run's own and writable; only its owner is looked at here. */
	return run_state((struct step_run *)(uintptr_t)run, sizeof(struct step_talk));
}

struct site *step_site(const struct step_run *run)
{
	return run_host(run);
}

const struct node *step_node(const struct step_run *run)
{
	const struct node *node =
		cluster_node(site_cluster(step_site(run)), run_step(run)->target);

	assert(node);
	return node;
}

const char *const *step_names(const struct step_run *run, const char *arg)
{
	const struct value *list = value_get(run_args(run), arg);
	const char **names;

	if (!value_is_list(list))
		return NULL;
	names = arena_calloc(run_arena((struct step_run *)(uintptr_t)run), value_len(list) + 1,
			     sizeof(*names));
	for (size_t i = 0; i < value_len(list); i++)
		names[i] = value_text(value_at(list, i));
	return names;
}

static void on_reply(struct talos_call *call, const void *reply)
{
	struct step_talk *talk = container_of(call, struct step_talk, call);

	talk->reply = arena_grow(call->arena, talk->reply, talk->replies, &talk->cap,
				 sizeof(*talk->reply));
	talk->reply[talk->replies++] = reply;
}

static void on_end(struct talos_call *call, const struct err *err)
{
	struct step_talk *talk = container_of(call, struct step_talk, call);

	talk->err = *err;
	run_resume(talk->run, talk->next);
}

static const struct talos_call_ops talk_ops = { on_reply, on_end };

int step_call_within(struct step_run *run, struct channel *channel,
		     const struct talos_method *method, const void *request, uint64_t timeout,
		     step_fn *next)
{
	struct step_talk *talk = step_talk(run);

	talk->run = run;
	talk->next = next;
	talk->reply = NULL;
	talk->replies = talk->cap = 0;
	err_clear(&talk->err);
	talk->call.timeout = timeout;
	talos_start(&talk->call, channel, method, request, &talk_ops);
	return run_hold(run);
}

int step_call(struct step_run *run, struct channel *channel, const struct talos_method *method,
	      const void *request, step_fn *next)
{
	return step_call_within(run, channel, method, request, 0, next);
}

const void *step_reply(const struct step_run *run)
{
	return step_reply_at(run, 0);
}

size_t step_replies(const struct step_run *run)
{
	const struct step_talk *talk = step_talk(run);

	return err_is_set(&talk->err) ? 0 : talk->replies;
}

const void *step_reply_at(const struct step_run *run, size_t index)
{
	return index < step_replies(run) ? step_talk(run)->reply[index] : NULL;
}

const struct err *step_call_err(const struct step_run *run)
{
	return &step_talk(run)->err;
}

int step_call_failed(const struct step_run *run, struct err *err)
{
	const struct step_talk *talk = step_talk(run);

	if (!err_is_set(&talk->err))
		return err_set(err, ERR_REMOTE, "%s: no answer", talk->call.method->phrase);
	if (err)
		*err = talk->err;
	return -1;
}

int step_poll(struct step_run *run, step_fn *again, struct err *err)
{
	struct step_talk *talk = step_talk(run);
	uint64_t pause = talk->pause ? talk->pause : POLL_FIRST;

	if (!talk->since)
		talk->since = loop_now(run_loop(run));
	talk->pause = pause * 3 / 2 < POLL_MOST ? pause * 3 / 2 : POLL_MOST;
	return run_after(run, pause, again, err);
}

uint64_t step_polling_since(struct step_run *run)
{
	struct step_talk *talk = step_talk(run);

	return talk->since ? talk->since : loop_now(run_loop(run));
}

int step_call_again(struct step_run *run, step_fn *again, struct err *err)
{
	if (step_call_err(run)->kind == ERR_AUTH)
		return step_call_failed(run, err);
	run_say(run, "%s", step_call_err(run)->text);
	return step_poll(run, again, err);
}

struct step_memory *step_memory(struct step_run *run)
{
	return &step_talk(run)->memory;
}

struct step_kube **step_kube_slot(const struct step_run *run)
{
	return &step_talk(run)->kube;
}

void step_call_cancel(struct step_run *run)
{
	talos_call_done(&step_talk(run)->call);
	step_kube_cancel(run);
}
