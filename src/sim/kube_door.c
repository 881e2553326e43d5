#include "base/map.h"
#include "base/own.h"
#include "net/http.h"
#include "sim/kube_call.h"
#include "sim/kube_server.h"
#include "sim/sim_certs.h"
#include "sim/world_impl.h"

#include <string.h>
#include <strings.h>

#define BODY_MAX ((size_t)256 << 20)

/*
 * A request from within the program: no socket and no encryption, but the checks of certificates
 * that TLS would make. What the server says waits until the loop's next round, so that nobody is
 * called from inside a change.
 */
struct sim_exchange {
	struct kube_call call; /* the other half: the server's */
	struct http_exchange *exchange;
	struct world *world;
	const struct http_target *target;
	struct arena *arena; /* owned */
	struct task task;
	struct timer limit;
	uint64_t until, silence; /* until: monotonic; 0: none */
	struct str body;	 /* has come, is not told yet */
	int status;
	struct err err;
	bool started, running, head, ended;
	bool busy, dead; /* dead: cancelled while its user was called */
};

static void exchange_free(struct sim_exchange *mine)
{
	if (mine->running)
		kube_call_drop(&mine->call);
	task_cancel(&mine->task);
	timer_cancel(&mine->limit);
	str_done(&mine->body);
	arena_free(mine->arena);
	mem_free(mine, sizeof(*mine));
}

static void set_limit(struct sim_exchange *mine)
{
	uint64_t now = loop_now(mine->world->loop), due = mine->until;

	if (mine->silence && (!due || now + mine->silence < due))
		due = now + mine->silence;
	if (due)
		timer_set(&mine->limit, due);
}

/* ---- what the server says -------------------------------------------------------------------- */

static struct sim_exchange *mine_of(struct kube_call *call)
{
	return container_of(call, struct sim_exchange, call);
}

static void on_head(struct kube_call *call, int status, const char *type)
{
	struct sim_exchange *mine = mine_of(call);

	(void)type;
	mine->status = status;
	mine->head = true;
	task_post(&mine->task);
}

static void on_data(struct kube_call *call, const void *data, size_t len)
{
	struct sim_exchange *mine = mine_of(call);

	str_addn(&mine->body, data, len);
	task_post(&mine->task);
}

static void on_end(struct kube_call *call)
{
	struct sim_exchange *mine = mine_of(call);

	mine->running = false;
	mine->ended = true;
	task_post(&mine->task);
}

static void on_cut(struct kube_call *call)
{
	struct sim_exchange *mine = mine_of(call);

	err_set(&mine->err, ERR_NET, "%s: connection lost", mine->target->host);
	on_end(call);
}

static const struct kube_call_ops call_ops = { on_head, on_data, on_end, on_cut };

/* ---- the way there --------------------------------------------------------------------------- */

static int err_connect(const struct http_target *target, const char *why, struct err *err)
{
	bool six = strchr(target->host, ':') != NULL;

	return err_set(err, ERR_NET, "connect to %s%s%s:%u: %s", six ? "[" : "", target->host,
		       six ? "]" : "", target->port, why);
}

/* Every request shows its certificate; who that is stays the same. */
static int know_user(struct world *world, const char *cert, struct kube_user *out, struct err *err)
{
	struct kube_user *known;

	if (!world->users)
		world->users = map_new(world->arena);
	known = map_get(world->users, cert);
	if (!known) {
		known = arena_alloc(world->arena, sizeof(*known));
		if (kube_user_read(world->arena, cert, known, err) < 0)
			return -1;
		map_put(world->users, cert, known);
	}
	*out = *known;
	return 0;
}

static int judge(struct sim_exchange *mine, const struct sim_node *node, struct err *err)
{
	const struct identity *identity = mine->target->identity;
	const char *ca = node->config->kubernetes_ca.cert;
	struct err cause = ERR_INIT;

	if (!identity)
		return 0;
	if (certs_verify(mine->world, identity->cert, ca, world_wall(mine->world), &cause) < 0) {
		bool dated = strstr(cause.text, "expired") ||
			     strstr(cause.text, "not valid before");

		return err_set(err, ERR_AUTH, "%s refused our certificate: %s", mine->target->host,
			       dated ? "expired certificate" : "unknown certificate authority");
	}
	return know_user(mine->world, identity->cert, &mine->call.user, err);
}

static int reach(struct sim_exchange *mine, struct err *err)
{
	const struct http_target *target = mine->target;
	struct sim_node *node = server_at(mine->world, target->host);

	if (!node || node->state == SIM_OFF)
		return err_connect(target, "no route to host", err);

	const struct kube_server *server = server_of(node);

	if (!server || target->port != KUBE_PORT)
		return err_connect(target, "connection refused", err);
	if (certs_trust(mine->world, target->trust, server->identity.cert, target->host,
			loop_wall(mine->world->loop), err) < 0)
		return err_wrap(err, "verify %s", target->host);
	mine->call.node = node;
	return judge(mine, node, err);
}

static void begin(struct sim_exchange *mine)
{
	mine->started = true;
	if (reach(mine, &mine->err) < 0) {
		mine->ended = true;
		return;
	}
	mine->running = true;
	kube_call_run(&mine->call);
}

/* ---- what the user hears --------------------------------------------------------------------- */

static void finish(struct sim_exchange *mine)
{
	struct http_exchange *exchange = mine->exchange;
	struct err err = mine->err;

	exchange_free(mine);
	http_end(exchange, &err);
}

static void tell_body(struct sim_exchange *mine)
{
	struct str body SCOPED(str_done) = mine->body;

	str_init(&mine->body, BODY_MAX);
	mine->exchange->ops->on_body(mine->exchange, str_text(&body), body.len);
}

static void tell(struct sim_exchange *mine)
{
	const struct http_header type = { "content-type", "application/json" };

	mine->busy = true;
	if (mine->head && mine->exchange->ops->on_head)
		mine->exchange->ops->on_head(mine->exchange, mine->status, &type, 1);
	mine->head = false;
	if (!mine->dead && mine->body.len)
		tell_body(mine);
	mine->busy = false;
	if (mine->dead)
		exchange_free(mine);
	else if (mine->ended)
		finish(mine);
	else
		set_limit(mine);
}

static void turn(struct task *task)
{
	struct sim_exchange *mine = container_of(task, struct sim_exchange, task);

	if (!mine->started)
		begin(mine);
	tell(mine);
}

static void too_late(struct timer *timer)
{
	struct sim_exchange *mine = container_of(timer, struct sim_exchange, limit);

	err_set(&mine->err, ERR_TIMEOUT, "%s: no answer in time", mine->target->host);
	finish(mine);
}

/* ---- the door -------------------------------------------------------------------------------- */

static const char *header_of(const struct http_request *request, const char *name)
{
	for (size_t i = 0; i < request->headers; i++) {
		if (!strcasecmp(request->header[i].name, name))
			return request->header[i].value;
	}
	return "";
}

static void start(struct http_door *door, struct http_exchange *exchange,
		  const struct http_target *target, const struct http_request *request)
{
	struct world *world = container_of(door, struct world, http);
	struct sim_exchange *mine = mem_new(sizeof(*mine));
	struct arena *arena = arena_new("simulated exchange");

	mine->exchange = exchange;
	mine->world = world;
	mine->target = target;
	mine->arena = arena;
	mine->silence = request->silence;
	mine->until = request->timeout ? loop_now(world->loop) + request->timeout : 0;
	mine->call = (struct kube_call){
		.ops = &call_ops,
		.arena = arena,
		.method = arena_str(arena, request->method),
		.path = arena_str(arena, request->path),
		.content_type = arena_str(arena, header_of(request, "content-type")),
		.agent = arena_str(arena, header_of(request, "user-agent")),
		.body = arena_strn(arena, request->body ? request->body : "", request->len),
		.len = request->len,
	};
	str_init(&mine->body, BODY_MAX);
	task_init(&mine->task, world->loop, turn);
	timer_init(&mine->limit, world->loop, too_late);
	set_limit(mine);
	exchange->transfer = mine;
	task_post(&mine->task);
}

static void cancel(struct http_door *door, struct http_exchange *exchange)
{
	struct sim_exchange *mine = exchange->transfer;

	(void)door;
	if (mine->running)
		kube_call_drop(&mine->call);
	mine->running = false;
	if (mine->busy) {
		mine->dead = true;
		return;
	}
	exchange_free(mine);
}

void http_init(struct world *world)
{
	world->http.start = start;
	world->http.cancel = cancel;
}

struct http_door *world_http(struct world *world)
{
	return &world->http;
}
