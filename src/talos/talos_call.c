#include "talos/talos.h"

#include "rpc/status.h"

#include <assert.h>

struct channel *talos_connect(struct loop *loop, struct dialer *dialer,
			      const struct dial_target *target)
{
	struct dial_target there = *target;

	if (there.port == 0)
		there.port = TALOS_PORT;
	return channel_new(loop, dialer, &there);
}

void talos_disconnect(struct channel *channel)
{
	channel_free(channel);
}

void talos_reconnect(struct channel *channel)
{
	channel_drop(channel);
}

bool talos_says_exists(const struct err *err)
{
	return err->remote == RPC_ALREADY_EXISTS;
}

bool talos_says_not_yet(const struct err *err)
{
	return err->remote == RPC_FAILED_PRECONDITION;
}

bool talos_says_unimplemented(const struct err *err)
{
	return err->remote == RPC_UNIMPLEMENTED;
}

static void forget_replies(struct talos_call *call)
{
	arena_free(call->arena);
	call->arena = NULL;
	call->reply = NULL;
}

/* The call is its user's again: nothing here may touch it afterwards. */
static void tell_end(struct talos_call *call, const struct err *why)
{
	struct err err = *why;

	if (err_is_set(&err) && call->asked)
		err_wrap(&err, "%s %s", call->method->phrase, call->asked->what);
	else if (err_is_set(&err))
		err_wrap(&err, "%s", call->method->phrase);
	call->ops->on_end(call, &err);
}

static void take_message(struct call *rpc, const void *data, size_t len)
{
	struct talos_call *call = container_of(rpc, struct talos_call, call);
	struct talos_message message = { data, len, call->asked };
	struct err err = ERR_INIT;
	const void *reply = NULL;

	if (call->method->endless) {
		forget_replies(call);
		call->arena = arena_new("talos call");
	}
	int r = call->method->unpack(call->arena, &message, &reply, &err);
	if (r < 0) {
		call_cancel(rpc);
		tell_end(call, &err);
		return;
	}
	if (r > 0)
		return;
	call->reply = reply;
	if (call->ops->on_reply)
		call->ops->on_reply(call, reply);
}

static void take_end(struct call *rpc, const struct err *err)
{
	tell_end(container_of(rpc, struct talos_call, call), err);
}

static const struct call_ops rpc_ops = { .on_message = take_message, .on_end = take_end };

void talos_start(struct talos_call *call, struct channel *channel,
		 const struct talos_method *method, const void *request,
		 const struct talos_call_ops *ops)
{
	struct str packed SCOPED(str_done) = STR_INIT(SIZE_MAX - 1);
	const struct talos_get_request *get = method->resources ? request : NULL;
	const char *const passed_on[] = { "node", call->node, NULL };

	assert(!talos_call_is_running(call));
	if (method->pack)
		method->pack(request, &packed);
	forget_replies(call);
	call->arena = arena_new("talos call");
	call->method = method;
	call->asked = get ? get->type : NULL;
	call->ops = ops;
	call_start(&call->call, channel,
		   &(struct call_request){
			   .method = method->path,
			   .message = str_text(&packed),
			   .len = packed.len,
			   .framed = method->upload,
			   .timeout = call->timeout ? call->timeout : method->timeout,
			   .streaming = method->streaming,
			   .metadata = call->node ? passed_on : NULL,
			   .ops = &rpc_ops,
		   });
}

bool talos_call_is_running(const struct talos_call *call)
{
	return call_is_running(&call->call);
}

void talos_call_done(struct talos_call *call)
{
	call_cancel(&call->call);
	forget_replies(call);
}
