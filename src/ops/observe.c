#include "ops/observe.h"

#include "base/clock.h"
#include "ops/cilium_look.h"
#include "ops/configs.h"
#include "ops/denied.h"
#include "ops/kube_look.h"
#include "ops/observe_drift.h"
#include "ops/question.h"
#include "ops/router_look.h"
#include "talos/talos.h"

#include <assert.h>
#include <string.h>

#define ASK_TIMEOUT (5 * SECOND)
/* How long one without an answer keeps a place in the window. */
#define QUIET (400 * MILLISECOND)
#define ASK_AGAIN (500 * MILLISECOND)
/* A control plane dials the worker it does not know yet for as long as it is let. */
#define RELAY_TIMEOUT (2 * SECOND)
/* Nodes that are asked at the same time. A call's deadline also covers its wait for us: with all
 * nodes at once the handshakes of a thousand take longer than it. This many keep both ends of the
 * wire busy over a round trip of 100 ms. */
#define WINDOW 64

static_assert((OBSERVE_CONFIGS ^ OBSERVE_ETCD ^ OBSERVE_SCHEMATIC ^ OBSERVE_BOOT ^ OBSERVE_VOLUMES ^
	       OBSERVE_FILES ^ OBSERVE_ROUTER ^ OBSERVE_CILIUM_ALWAYS ^ OBSERVE_CILIUM ^
	       OBSERVE_KUBE ^ (OBSERVE_DRIFT & ~OBSERVE_CONFIGS) ^ OBSERVE_KEPT ^
	       OBSERVE_KUBE_RUNS ^ OBSERVE_RELAYED) == (OBSERVE_RELAYED << 1) - 1,
	      "each look has a bit of its own");

struct probe;

/* What a node is asked in one of the two ways. */
struct interview {
	enum sight sight; /* what it is when it has answered all of it */
	struct channel *(*channel)(struct site *site, const struct node *node);
	bool relayed; /* the channel is that of the observation's relay */
	const struct questions *questions;
};

/* A question on its way. */
struct asking {
	struct probe *probe;
	const struct question *question;
	struct talos_call call;
};

struct probe {
	struct observation *observation;
	struct node_state *state;
	const struct interview *interview;
	enum turn turn; /* the next one */
	struct asking asking[QUESTIONS_MAX];
	size_t open; /* of them */
	struct timer again, quiet;
	struct probe *next; /* of those that wait for a place in the window */
	struct err first;   /* why our certificate got no answer */
	struct answers answers;
	bool over;
	bool placed; /* it has a place in the window */
	bool heard;  /* a control plane that may be the relay, or is known not to be */
};

struct observation {
	struct site *site;
	struct arena *arena; /* borrowed */
	struct observe_options options;
	struct inventory *inventory; /* in the arena */
	struct probe *probe;	     /* in the arena */
	size_t open;
	size_t asked, window;	     /* the nodes in the window, and its size */
	uint64_t last_heard;	     /* loop time of the last answer of anybody */
	struct probe *first, **last; /* those that wait for a place */
	const struct node *relay;    /* NULL: none is known yet */
	size_t unheard;		     /* control planes that may be it: workers wait for them */
	uint64_t deadline;
	struct cilium_look cilium;
	struct router_look router;
	struct kube_look kube;
	struct task done;
};

static const struct interview as_ours = { SIGHT_OURS, site_channel, false, &questions_of_ours };
static const struct interview as_relayed = { SIGHT_OURS, site_channel, true, &questions_of_ours };
static const struct interview as_maintenance = { SIGHT_MAINTENANCE, site_insecure, false,
						 &questions_of_maintenance };

static void say(struct probe *probe, const char *text)
{
	const struct observe_options *options = &probe->observation->options;

	if (options->on_note)
		options->on_note(options->context, probe->state->node, text);
}

static void begin(struct probe *probe, const struct interview *interview);

static bool is_worker(const struct probe *probe)
{
	return probe->state->node->role != ROLE_CONTROL;
}

/* Into the window, or behind those that wait for a place in it. */
static void enter(struct probe *probe)
{
	struct observation *observation = probe->observation;

	if (observation->asked < observation->window) {
		observation->asked++;
		probe->placed = true;
		timer_set(&probe->quiet, loop_now(probe->quiet.loop) + QUIET);
		begin(probe, observation->relay && is_worker(probe) ? &as_relayed : &as_ours);
		return;
	}
	probe->next = NULL;
	*observation->last = probe;
	observation->last = &probe->next;
}

/* Workers begin once there is a relay, or none is to be expected. */
static void control_was_heard(struct probe *probe, bool answered)
{
	struct observation *observation = probe->observation;

	if (!observation->unheard || probe->heard || is_worker(probe))
		return;
	probe->heard = true;
	if (answered)
		observation->relay = probe->state->node;
	if (!answered && --observation->unheard > 0)
		return;
	observation->unheard = 0;
	for (size_t i = 0; i < observation->inventory->len; i++)
		if (is_worker(&observation->probe[i]))
			enter(&observation->probe[i]);
}

static void admit(struct observation *observation)
{
	struct probe *probe = observation->first;

	if (!probe)
		return;
	observation->first = probe->next;
	if (!observation->first)
		observation->last = &observation->first;
	enter(probe);
}

/* A node's place in the window goes to the one that waits longest. */
static void leave(struct probe *probe)
{
	timer_cancel(&probe->quiet);
	if (!probe->placed)
		return;
	probe->placed = false;
	probe->observation->asked--;
	admit(probe->observation);
}

/* Who says nothing costs nothing: it is waited for outside the window. Where nobody says anything
 * the window grows, so that many dead nodes are waited for at once. */
static void is_quiet(struct timer *timer)
{
	struct probe *probe = container_of(timer, struct probe, quiet);
	struct observation *observation = probe->observation;

	leave(probe);
	if (loop_now(timer->loop) < observation->last_heard + QUIET || !observation->first)
		return;
	observation->window++;
	admit(observation);
}

static bool looks_at(const struct observation *observation, unsigned look)
{
	return (observation->options.looks & look) == look;
}

static void finish(struct probe *probe, enum sight sight, const struct err *why)
{
	struct observation *observation = probe->observation;

	probe->state->sight = sight;
	if (why)
		probe->state->err = *why;
	probe->over = true;
	/* here and not at the end: other nodes think meanwhile */
	if (looks_at(observation, OBSERVE_DRIFT))
		observe_drift(observation->arena, site_options(observation->site), probe->state);
	say(probe, sight == SIGHT_DENIED ? denied_text(&probe->state->err) : sight_text(sight));
	control_was_heard(probe, sight == SIGHT_OURS);
	leave(probe);
	if (--observation->open == 0)
		task_post(&observation->done);
}

static void on_reply(struct talos_call *call, const void *reply);
static void on_end(struct talos_call *call, const struct err *err);

static bool is_wanted(const struct probe *probe, const struct question *question)
{
	if (question->control_only && probe->state->node->role != ROLE_CONTROL)
		return false;
	if (question->control_only && !probe->state->etcd_runs)
		return false; /* it would hang */
	return !question->look || (probe->observation->options.looks & question->look);
}

static void start(struct probe *probe, const struct question *question)
{
	static const struct talos_call_ops ops = { on_reply, on_end };
	const struct interview *interview = probe->interview;
	struct asking *asking = &probe->asking[question - interview->questions->at];
	struct observation *observation = probe->observation;
	const struct node *node = probe->state->node;
	struct channel *channel = interview->channel(
		observation->site, interview->relayed ? observation->relay : node);

	asking->probe = probe;
	asking->question = question;
	asking->call.timeout = interview->relayed ? RELAY_TIMEOUT : ASK_TIMEOUT;
	asking->call.node = interview->relayed ? node->address[0] : NULL;
	probe->open++;
	talos_start(&asking->call, channel, question->method, question->request, &ops);
}

static void start_turn(struct probe *probe, enum turn turn)
{
	const struct interview *interview = probe->interview;

	for (size_t i = 0; i < interview->questions->len; i++) {
		const struct question *question = &interview->questions->at[i];

		if (question->turn == turn && is_wanted(probe, question))
			start(probe, question);
	}
}

/* The next turn that asks something, or the end of the interview. */
static void ask(struct probe *probe)
{
	while (probe->open == 0 && probe->turn < TURN_COUNT)
		start_turn(probe, probe->turn++);
	if (probe->open > 0)
		return;
	answers_end(&probe->answers);
	finish(probe, probe->interview->sight, NULL);
}

/* No more answers. */
static void forget(struct probe *probe)
{
	for (size_t i = 0; i < QUESTIONS_MAX; i++)
		talos_call_done(&probe->asking[i].call);
	probe->open = 0;
	answers_forget(&probe->answers);
}

static void begin(struct probe *probe, const struct interview *interview)
{
	forget(probe);
	probe->interview = interview;
	probe->turn = TURN_FIRST;
	ask(probe);
}

static void ask_again(struct timer *timer)
{
	enter(container_of(timer, struct probe, again));
}

static void wait_or_give_up(struct probe *probe, const struct err *err)
{
	struct observation *observation = probe->observation;
	struct loop *loop = site_options(observation->site)->loop;

	forget(probe);
	if (loop_now(loop) >= observation->deadline) {
		finish(probe, SIGHT_SILENT, err);
		return;
	}
	say(probe, err->text);
	site_redial(observation->site, probe->state->node);
	timer_set(&probe->again, loop_now(loop) + ASK_AGAIN);
	control_was_heard(probe, false);
	leave(probe);
}

static void on_reply(struct talos_call *call, const void *reply)
{
	struct asking *asking = container_of(call, struct asking, call);
	struct observation *observation = asking->probe->observation;

	timer_cancel(&asking->probe->quiet);
	observation->last_heard = loop_now(site_options(observation->site)->loop);
	asking->question->keep(&asking->probe->answers, reply);
}

/* Who does not know us may still be in maintenance; who then wants a certificate belongs to
 * others. */
static void denied(struct probe *probe, const struct err *err)
{
	if (probe->interview == &as_maintenance) {
		finish(probe, SIGHT_DENIED, denied_reason(&probe->first, err));
		return;
	}
	probe->first = *err;
	begin(probe, &as_maintenance);
}

/* What was asked for was not refused: the way there did not work. */
static bool relay_failed(const struct asking *asking, const struct err *err)
{
	return asking->probe->interview->relayed && err_is_set(err) &&
	       (!asking->question->look || err->kind == ERR_NET || err->kind == ERR_TIMEOUT);
}

static void on_end(struct talos_call *call, const struct err *err)
{
	struct asking *asking = container_of(call, struct asking, call);
	const struct question *question = asking->question;
	struct probe *probe = asking->probe;

	talos_call_done(call); /* with many nodes its memory counts */
	probe->open--;
	if (relay_failed(asking, err)) {
		begin(probe, &as_ours);
	} else if (err->kind == ERR_AUTH && question->turn == TURN_FIRST) {
		denied(probe, err);
	} else if (err_is_set(err) && !question->look) {
		wait_or_give_up(probe, err);
	} else {
		if (err_is_set(err))
			say(probe, err->text);
		else if (question->end)
			question->end(&probe->answers);
		if (probe->open == 0)
			ask(probe);
	}
}

static void look_at_files(struct observation *observation)
{
	const struct site_options *options = site_options(observation->site);
	struct inventory *inventory = observation->inventory;
	struct arena *arena OWNED(arena_free) = arena_new("files");
	struct configs_request request = {
		.input = { .cluster = options->cluster, .bundle = options->bundle },
		.folder = options->folder,
		.now = loop_wall(options->loop),
	};
	struct configs_result configs;

	if (looks_at(observation, OBSERVE_KEPT))
		observe_kept(observation->arena, options, inventory);
	if (!options->folder || !looks_at(observation, OBSERVE_FILES))
		return;
	inventory->configs_written =
		configs_make(arena, &request, &configs, NULL) == 0 && !configs.changed;
	inventory->kubeconfig_written =
		kubeconfig_is_good(options->folder, options->bundle, request.now);
}

static void tell(struct observation *observation)
{
	observation->options.on_done(observation->options.context, observation->inventory);
}

static void router_looked(struct router_look *look, const struct err *err)
{
	struct observation *observation = container_of(look, struct observation, router);
	struct inventory *inventory = observation->inventory;

	inventory->router_err = *err;
	if (!err_is_set(err))
		inventory->router =
			arena_dup(observation->arena, &look->seen, sizeof(look->seen));
	tell(observation);
}

static void look_at_router(struct observation *observation)
{
	const struct site_access *access = site_options(observation->site)->access;

	if (observation->options.looks & OBSERVE_ROUTER)
		router_look_start(&observation->router, observation->site, observation->arena,
				  access ? access->peer : NULL, router_looked);
	else
		tell(observation);
}

static void cilium_looked(struct cilium_look *look, const struct err *err)
{
	struct observation *observation = container_of(look, struct observation, cilium);
	struct inventory *inventory = observation->inventory;

	inventory->cilium_err = *err;
	if (!err_is_set(err))
		inventory->cilium =
			arena_dup(observation->arena, &look->live, sizeof(look->live));
	look_at_router(observation);
}

/* Kubernetes is asked only where there can be one. */
static bool asks_for_cilium(const struct observation *observation)
{
	const struct inventory *inventory = observation->inventory;
	bool shall = strcmp(inventory->cluster->cni, "cilium") == 0;
	unsigned looks = shall ? OBSERVE_CILIUM | OBSERVE_CILIUM_ALWAYS : OBSERVE_CILIUM_ALWAYS;

	return (observation->options.looks & looks) && site_kube(observation->site) &&
	       inventory_etcd(inventory);
}

static void look_at_cilium(struct observation *observation)
{
	unsigned parts = CILIUM_AGENT | CILIUM_DEFINITIONS | CILIUM_RESOURCES;

	if (asks_for_cilium(observation))
		cilium_look_start(&observation->cilium, observation->site, observation->arena,
				  parts, cilium_looked);
	else
		look_at_router(observation);
}

static void kube_looked(struct kube_look *look)
{
	look_at_cilium(container_of(look, struct observation, kube));
}

static bool asks_for_kube(const struct observation *observation)
{
	return (observation->options.looks & OBSERVE_KUBE) ||
	       ((observation->options.looks & OBSERVE_KUBE_RUNS) &&
		inventory_etcd(observation->inventory));
}

static void on_done(struct task *task)
{
	struct observation *observation = container_of(task, struct observation, done);
	const struct kube_look_options options = { .arena = observation->arena,
						   .deadline = observation->deadline,
						   .on_done = kube_looked };

	look_at_files(observation);
	observation->inventory->helm = site_options(observation->site)->helm != NULL;
	if (asks_for_kube(observation))
		kube_look_start(&observation->kube, observation->site, observation->inventory,
				&options);
	else
		look_at_cilium(observation);
}

struct observation *observe_start(struct site *site, struct arena *arena,
				  const struct observe_options *options)
{
	struct observation *observation = mem_new(sizeof(*observation));
	const struct cluster *cluster = site_cluster(site);
	struct loop *loop = site_options(site)->loop;

	observation->site = site;
	observation->arena = arena;
	observation->options = *options;
	observation->open = cluster->nodes;
	observation->window = WINDOW;
	observation->deadline = loop_now(loop) + options->patience;
	observation->probe = arena_calloc(arena, cluster->nodes, sizeof(*observation->probe));
	observation->inventory = arena_alloc(arena, sizeof(*observation->inventory));
	observation->inventory->cluster = cluster;
	observation->inventory->len = cluster->nodes;
	observation->inventory->at =
		arena_calloc(arena, cluster->nodes, sizeof(*observation->inventory->at));
	observation->last = &observation->first;
	task_init(&observation->done, loop, on_done);
	for (size_t i = 0; i < cluster->nodes; i++) {
		struct probe *probe = &observation->probe[i];

		probe->observation = observation;
		probe->state = &observation->inventory->at[i];
		probe->answers.arena = arena;
		probe->answers.state = probe->state;
		probe->state->node = &cluster->node[i];
		timer_init(&probe->again, loop, ask_again);
		timer_init(&probe->quiet, loop, is_quiet);
		if (looks_at(observation, OBSERVE_RELAYED) && !is_worker(probe))
			observation->unheard++;
	}
	for (size_t i = 0; i < cluster->nodes; i++)
		if (!observation->unheard || !is_worker(&observation->probe[i]))
			enter(&observation->probe[i]);
	return observation;
}

void observe_free(struct observation *observation)
{
	if (!observation)
		return;
	for (size_t i = 0; i < observation->inventory->len; i++) {
		struct probe *probe = &observation->probe[i];

		for (size_t k = 0; k < QUESTIONS_MAX; k++)
			talos_call_done(&probe->asking[k].call);
		timer_cancel(&probe->again);
		timer_cancel(&probe->quiet);
	}
	cilium_look_done(&observation->cilium);
	router_look_done(&observation->router);
	kube_look_done(&observation->kube);
	task_cancel(&observation->done);
	mem_free(observation, sizeof(*observation));
}
