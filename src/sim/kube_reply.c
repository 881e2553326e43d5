#include "base/text.h"
#include "sim/kube_call.h"
#include "sim/kube_value.h"
#include "sim/world_impl.h"

#include <stdarg.h>
#include <string.h>

#define REPLY_MAX ((size_t)64 << 20)

const char *type_group_version(struct arena *arena, const struct kube_type *type,
			       const char *version)
{
	return *type->group ? arena_printf(arena, "%s/%s", type->group, version) : version;
}

const char *type_full_name(struct arena *arena, const struct kube_type *type)
{
	return *type->group ? arena_printf(arena, "%s.%s", type->plural, type->group)
			    : type->plural;
}

/* One definition with several versions shows its objects as the one that was asked for. */
const struct value *shown(const struct kube_call *call, const struct value *object)
{
	if (!call->type->custom)
		return object;
	return kube_with_text(call->arena, object, "apiVersion",
			      type_group_version(call->arena, call->type, call->version));
}

struct kube_answer { /* waits for its time */
	int status;
	const char *type, *body;
	size_t len;
};

static void tell_late(struct timer *timer)
{
	struct kube_call *call = container_of(timer, struct kube_call, timer);
	const struct kube_answer *late = call->answer;

	call->answer = NULL;
	call->ops->head(call, late->status, late->type);
	call->ops->data(call, late->body, late->len);
	call->ops->end(call);
}

static void answer_late(struct kube_call *call, int status, const char *type,
			const struct str *body)
{
	struct loop *loop = call->node->world->loop;

	call->answer = arena_alloc(call->arena, sizeof(*call->answer));
	*call->answer = (struct kube_answer){
		status, type, arena_strn(call->arena, str_text(body), body->len), body->len
	};
	timer_init(&call->timer, loop, tell_late);
	timer_set(&call->timer, loop_now(loop) + call->late);
}

static void answer(struct kube_call *call, int status, const char *type, const struct str *body)
{
	call->ended = true;
	if (call->mute)
		return;
	if (call->late) {
		answer_late(call, status, type, body);
		return;
	}
	if (call->reset_after) {
		call->ops->cut(call);
		return;
	}
	call->ops->head(call, status, type);
	call->ops->data(call, str_text(body), body->len);
	call->ops->end(call);
}

static bool changes_something(const struct kube_call *call)
{
	return strcmp(call->method, "GET") != 0;
}

void reply_value(struct kube_call *call, int status, const struct value *value)
{
	struct str body SCOPED(str_done) = STR_INIT(REPLY_MAX);
	struct err err = ERR_INIT;

	if (call->kube && changes_something(call) && store_write(&call->kube->store, &err) < 0) {
		status = 500;
		value = status_value(call, &(struct kube_problem){ 500, "InternalError", NULL },
				     err.text);
	}
	kube_json(&body, value);
	str_addc(&body, '\n');
	answer(call, status, "application/json", &body);
}

void reply_text(struct kube_call *call, int status, const char *text)
{
	struct str body SCOPED(str_done) = STR_INIT(REPLY_MAX);

	str_add(&body, text);
	answer(call, status, "text/plain; charset=utf-8", &body);
}

static const struct value *own_details(struct kube_call *call)
{
	struct map_builder *map = map_begin(call->arena);

	if (!call->type)
		return map_end(map);
	if (call->name && *call->name)
		map_add(map, "name", value_str(call->arena, call->name));
	if (*call->type->group)
		map_add(map, "group", value_str(call->arena, call->type->group));
	map_add(map, "kind", value_str(call->arena, call->type->plural));
	return map_end(map);
}

const struct value *status_value(struct kube_call *call, const struct kube_problem *problem,
				 const char *message)
{
	struct arena *arena = call->arena;
	struct map_builder *map = map_begin(arena);

	map_add(map, "kind", value_str(arena, "Status"));
	map_add(map, "apiVersion", value_str(arena, "v1"));
	map_add(map, "metadata", map_end(map_begin(arena)));
	map_add(map, "status", value_str(arena, problem->code < 400 ? "Success" : "Failure"));
	if (*message)
		map_add(map, "message", value_str(arena, message));
	if (problem->reason)
		map_add(map, "reason", value_str(arena, problem->reason));
	map_add(map, "details", problem->details ? problem->details : own_details(call));
	if (problem->code >= 400)
		map_add(map, "code", value_of_int(arena, problem->code));
	return map_end(map);
}

void reply_problem(struct kube_call *call, const struct kube_problem *problem, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	const char *message = arena_vprintf(call->arena, fmt, args);
	va_end(args);
	reply_value(call, problem->code, status_value(call, problem, message));
}

void reply_not_found(struct kube_call *call)
{
	static const struct kube_problem problem = { 404, "NotFound", NULL };

	reply_problem(call, &problem, "%s \"%s\" not found",
		      type_full_name(call->arena, call->type), call->name);
}

void reply_invalid(struct kube_call *call, const char *field, const char *fmt, ...)
{
	struct arena *arena = call->arena;
	struct map_builder *cause = map_begin(arena);
	struct list_builder *causes = list_begin(arena);
	va_list args;

	va_start(args, fmt);
	const char *message = arena_vprintf(arena, fmt, args);
	va_end(args);
	map_add(cause, "reason", value_str(arena, "FieldValueInvalid"));
	map_add(cause, "message", value_str(arena, message));
	map_add(cause, "field", value_str(arena, field));
	list_add(causes, map_end(cause));

	const struct value *details = own_details(call);
	const char *kind = *call->type->group ? arena_printf(arena, "%s.%s", call->type->kind,
							     call->type->group)
					      : call->type->kind;

	details = value_set(arena, details, "kind", value_str(arena, call->type->kind));
	details = value_set(arena, details, "causes", list_end(causes));
	reply_problem(call, &(struct kube_problem){ 422, "Invalid", details },
		      "%s \"%s\" is invalid: %s: %s", kind, call->name, field, message);
}
