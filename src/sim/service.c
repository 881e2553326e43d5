#include "sim/service.h"

#include "crypto/x509.h"
#include "sim/sim_api.h"
#include "sim/world_impl.h"

#include <protobuf-c/protobuf-c.h>

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- answering ------------------------------------------------------------------------------- */

struct arena *call_arena(const struct sim_call *call)
{
	return call->request->arena;
}

void call_close(struct sim_call *call)
{
	if (!call->at)
		return;
	*call->at = call->next;
	if (call->next)
		call->next->at = call->at;
	call->at = NULL;
}

void call_open(struct sim_call *call)
{
	struct sim_node *node = call->node;

	call->next = node->calls;
	call->at = &node->calls;
	if (call->next)
		call->next->at = &call->next;
	node->calls = call;
}

static void tell_end(struct timer *timer)
{
	struct sim_call *call = container_of(timer, struct sim_call, timer);

	call->request->data = NULL;
	rpc_end(call->request, call->code, call->message);
}

/* The call stays with its request, so that the timer ends when nobody waits any more. */
static void end_late(struct sim_call *call, enum rpc_code code, const char *message)
{
	struct loop *loop = call->node->world->loop;

	call->code = code;
	call->message = arena_str(call_arena(call), message);
	timer_init(&call->timer, loop, tell_end);
	timer_set(&call->timer, loop_now(loop) + call->late);
}

/* The end of a call: its data may go. */
void call_finish(struct sim_call *call, enum rpc_code code, const char *message)
{
	struct rpc_request *request = call->request;

	call_close(call);
	call->over = true;
	if (call->part_of) {
		fan_end(call, code, message);
		return;
	}
	if (call->mute)
		return;
	if (call->late) {
		end_late(call, code, message);
		return;
	}
	request->data = NULL;
	if (call->cut)
		rpc_break(request);
	else
		rpc_end(request, code, message);
}

/* The promise of a world on disk: what was answered is there. */
bool call_is_kept(struct sim_call *call)
{
	struct world *world = call->node->world;
	struct err err = ERR_INIT;

	if (store_save(world, &err) < 0) {
		world->broken = err;
		return false;
	}
	err_clear(&world->broken);
	return true;
}

void call_send(struct sim_call *call, const ProtobufCMessage *message)
{
	if (call->part_of) {
		fan_send(call, (ProtobufCMessage *)message);
		return;
	}
	if (call->mute)
		return;

	size_t len = protobuf_c_message_get_packed_size(message);
	uint8_t *data = arena_alloc(call_arena(call), len + 1);

	protobuf_c_message_pack(message, data);
	if (!call->cut && call_is_kept(call))
		rpc_reply(call->request, data, len);
}

void call_end(struct sim_call *call)
{
	if (err_is_set(&call->node->world->broken))
		call_finish(call, RPC_INTERNAL, call->node->world->broken.text);
	else
		call_finish(call, RPC_OK, NULL);
}

void call_answer(struct sim_call *call, const ProtobufCMessage *message)
{
	call_send(call, message);
	call_end(call);
}

void call_fail(struct sim_call *call, enum rpc_code code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	const char *text = arena_vprintf(call_arena(call), fmt, args);
	va_end(args);
	call_finish(call, code, text);
}

bool call_wants_control(struct sim_call *call, const char *what)
{
	const struct sim_config *config = call->node->config;

	if (config && config->complete && config->control)
		return true;
	call_fail(call, RPC_UNIMPLEMENTED, "%s is only available on control plane nodes", what);
	return false;
}

/* ---- who calls ------------------------------------------------------------------------------- */

static unsigned role_bit(const char *role)
{
	static const char *const names[] = { "os:admin", "os:operator", "os:reader",
					     "os:etcd:backup", "os:image:verifier",
					     "os:meta:writer" };

	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		if (!strcmp(names[i], role))
			return 1u << i;
	}
	return 0;
}

static unsigned roles_in(struct arena *arena, const char *cert)
{
	struct x509_info info;
	unsigned roles = 0;

	if (x509_read(arena, cert, &info, NULL) < 0)
		return 0;
	for (size_t i = 0; info.organizations[i]; i++)
		roles |= role_bit(info.organizations[i]);
	return roles;
}

/* Most calls come from the caller of the one before, and reading a certificate costs more than the
 * rest of a call. */
static unsigned roles_of(struct sim_call *call)
{
	const char *cert = call->request->peer_cert;
	struct sim_api *api = call->api;

	if (call->maintenance)
		return ROLE_BIT_READER;
	if (!cert)
		return 0;
	if (strcmp(str_text(&api->caller), cert) != 0) {
		str_clear(&api->caller);
		str_add(&api->caller, cert);
		api->caller_roles = roles_in(call_arena(call), cert);
	}
	return api->caller_roles;
}

/* ---- forwarding ------------------------------------------------------------------------------ */

static bool is_self(const struct sim_node *node, const char *target)
{
	return !strcmp(target, node_address(node)) || !strcmp(target, node->hostname) ||
	       (node->vip && !strcmp(target, node->config->vip));
}

bool call_forward(struct sim_call *call, const char *target)
{
	struct sim_node *node = call->node;

	if (is_self(node, target))
		return true;
	if (!node->config->control) {
		call_fail(call, RPC_PERMISSION_DENIED, "no request forwarding");
		return false;
	}

	struct sim_node *other = world_node_at(node->world, target);
	const struct sim_api *api = other ? api_open(other) : NULL;

	if (!api || !api->client_ca || strcmp(api->client_ca, call->api->client_ca) != 0) {
		call_fail(call, RPC_UNAVAILABLE,
			  "connection error: desc = \"transport: Error while dialing: dial tcp "
			  "%s:50000: connect: %s\"",
			  target, other ? "connection refused" : "no route to host");
		return false;
	}
	call->node = other;
	return true;
}

static bool suffers(struct sim_call *call, const struct fault *fault);

/* What is broken at a node is so whoever passes the call on to it. */
static bool target_suffers(struct sim_call *call)
{
	const char *slash = strrchr(call->path, '/');
	const struct fault *fault =
		call->mute ? NULL : fault_for(call->node->world, call->node, slash + 1);

	if (!fault || fault->kind != FAULT_RESET)
		return fault && suffers(call, fault);
	call_fail(call, RPC_UNAVAILABLE, "error reading from server: EOF");
	return true;
}

/* To the one that is meant; false when that ended the call. */
static bool pass_on(struct sim_call *call, const char *target)
{
	if (!call_forward(call, target))
		return false;
	return call->node == call->api->node || !target_suffers(call);
}

static bool route(struct sim_call *call, const struct service_row *row,
		  const struct service_method *method)
{
	const char *targets[2];

	if (call->maintenance || rpc_request_metadata(call->request, "proxyfrom"))
		return true;
	if (rpc_request_metadata(call->request, "nodes")) {
		if (row->fans_out)
			fan_out(call, method);
		else
			call_fail(call, RPC_INVALID_ARGUMENT,
				  "one-2-many proxying is not supported for method %s",
				  call->path);
		return false;
	}

	size_t count = rpc_request_metadata_all(call->request, "node", targets, 2);

	if (count > 1)
		call_fail(call, RPC_INVALID_ARGUMENT, "node metadata must be single-valued");
	else if (count == 1)
		return pass_on(call, targets[0]);
	return count == 0;
}

/* ---- one call -------------------------------------------------------------------------------- */

static void *arena_for_protobuf(void *arena, size_t size)
{
	return arena_alloc(arena, size);
}

static void kept_for_protobuf(void *arena, void *data)
{
	(void)arena, (void)data;
}

void call_invoke(struct sim_call *call, const struct service_method *method)
{
	ProtobufCAllocator allocator = { arena_for_protobuf, kept_for_protobuf, call_arena(call) };
	static const ProtobufCMessageDescriptor empty = {
		.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
		.name = "empty",
		.sizeof_message = sizeof(ProtobufCMessage),
	};
	const ProtobufCMessage *request =
		protobuf_c_message_unpack(method->request ? method->request : &empty, &allocator,
					  call->request->len, call->request->message);

	if (!request) {
		call_fail(call, RPC_INTERNAL,
			  "grpc: error unmarshalling request: proto: cannot parse invalid "
			  "wire-format data");
		return;
	}
	if (call->node->locked && method->handler == call_apply) {
		call_fail(call, RPC_FAILED_PRECONDITION,
			  "configuration was already applied and node is rebooting");
		return;
	}
	if (!(call->roles & method->roles)) {
		call_fail(call, RPC_PERMISSION_DENIED, "not authorized");
		return;
	}
	if (!method->handler) {
		call_fail(call, RPC_UNIMPLEMENTED, "the simulated node does not answer %s",
			  method->name);
		return;
	}
	method->handler(call, request);
}

static void dispatch(struct sim_call *call)
{
	const struct service_row *row = service_find(call->path);
	const char *slash = strrchr(call->path, '/');
	const char *name = slash ? slash + 1 : "";

	if (call->node->state == SIM_LEAVING) {
		call_fail(
			call, RPC_UNAVAILABLE,
			"connection error: desc = \"transport: Error while dialing: dial unix "
			"/system/run/machined/machine.sock: connect: no such file or directory\"");
		return;
	}
	if (!row) {
		call_fail(call, RPC_UNIMPLEMENTED, "unknown service %.*s",
			  slash ? (int)(slash - call->path - 1) : 0, call->path + 1);
		return;
	}

	const struct service_method *method = service_method_find(row, name);

	if (!method) {
		call_fail(call, RPC_UNIMPLEMENTED, "unknown method %s for service %s", name,
			  row->name);
		return;
	}
	if (!route(call, row, method))
		return;
	if (node_minor(call->node) < row->since)
		call_fail(call, RPC_UNIMPLEMENTED, "unknown service %s", row->name);
	else
		call_invoke(call, method);
}

/* The same request a moment before; what it began goes on without it. */
static void serve_unheard(const struct sim_call *call)
{
	struct sim_call *unheard = arena_dup(call_arena(call), call, sizeof(*call));

	unheard->mute = true;
	if (!rpc_request_metadata(call->request, "nodes"))
		dispatch(unheard);
}

static void fault_refuses(void *call, int code)
{
	call_fail(call, (enum rpc_code)code, "this is a fault on purpose");
}

static void fault_cuts(void *call)
{
	struct rpc_request *request = ((struct sim_call *)call)->request;

	request->data = NULL;
	rpc_break(request);
}

static void fault_doubles(void *call)
{
	serve_unheard(call);
}

/* True when the fault has taken the call over. */
static bool suffers(struct sim_call *call, const struct fault *fault)
{
	static const struct fault_ops ops = { fault_refuses, fault_cuts, fault_doubles };

	return fault_suffer(fault, &ops, call, &call->late, &call->cut);
}

static void on_call(struct rpc_server_ops *ops, struct rpc_request *request)
{
	struct sim_api *api = container_of(ops, struct sim_api, ops);
	struct sim_call *call = arena_alloc(request->arena, sizeof(*call));
	const char *slash = strrchr(request->method, '/');

	*call = (struct sim_call){
		.request = request,
		.api = api,
		.node = api->node,
		.path = request->method,
		.maintenance = api->client_ca == NULL,
	};
	request->data = call;
	call->roles = roles_of(call);

	const struct fault *fault =
		fault_for(api->node->world, api->node, slash ? slash + 1 : request->method);

	if (suffers(call, fault))
		return;
	dispatch(call);
	/* still there: it waits or streams */
	if (request->data == call && !call->over && call->on_settle)
		call_open(call);
}

static void on_gone(struct rpc_server_ops *ops, struct rpc_request *request)
{
	(void)ops;
	struct sim_call *call = request->data;

	if (call && call->fan)
		fan_close(call);
	if (call)
		call_close(call);
	if (call && call->late)
		timer_cancel(&call->timer);
	request->data = NULL;
}

static bool takes_many(struct rpc_server_ops *ops, const char *method)
{
	(void)ops;
	return !strcmp(method, "/machine.MachineService/EtcdRecover");
}

const struct rpc_server_ops service_ops = {
	.on_call = on_call,
	.on_gone = on_gone,
	.takes_many = takes_many,
};

/* ---- open calls ------------------------------------------------------------------------------ */

void service_settle(struct sim_node *node)
{
	struct sim_call *call = node->calls, *next;

	for (; call; call = next) {
		next = call->next;
		call->on_settle(call);
	}
}

void service_end_events(struct sim_node *node)
{
	struct sim_call *call = node->calls, *next;

	for (; call; call = next) {
		next = call->next;
		if (call->on_leave)
			call->on_leave(call);
	}
}

/* Forwarded calls stay with the node they came through: they learn that this one is gone. */
void service_break_calls(struct sim_node *node)
{
	struct sim_call *call = node->calls, *next;

	for (; call; call = next) {
		next = call->next;
		if (call->api->node == node)
			call_close(call);
		else
			call_fail(call, RPC_UNAVAILABLE, "error reading from server: EOF");
	}
}
