#include "script.h"

#include <criterion/criterion.h>
#include <string.h>

static bool give_body(struct script_turn *turn, const struct script_row *row)
{
	size_t len = row->text ? strlen(row->text) : 0;
	size_t chunk = row->chunk ? row->chunk : len;

	for (size_t at = 0; at < len && turn->exchange; at += chunk) {
		char part[4096];
		size_t now = len - at < chunk ? len - at : chunk;

		cr_assert_leq(now, sizeof(part));
		memcpy(part, row->text + at, now); /* so that a look behind its end is noticed */
		turn->exchange->ops->on_body(turn->exchange, part, now);
	}
	return turn->exchange;
}

static void give_answer(struct task *task)
{
	static const struct http_header header[] = { { "Retry-After", "9" } };
	struct script_turn *turn = container_of(task, struct script_turn, task);
	const struct script_row *row = &turn->script->rows[turn->row];
	struct http_exchange *exchange = turn->exchange;
	struct err err = ERR_INIT;

	if (row->status && exchange->ops->on_head)
		exchange->ops->on_head(exchange, row->status, header, 1);
	if (!turn->exchange || !give_body(turn, row) || row->ends == ERR_CANCELLED)
		return;
	if (row->ends != ERR_NONE)
		err_set(&err, row->ends, "as the script says");
	exchange = turn->exchange;
	turn->exchange = NULL;
	http_end(exchange, &err);
}

static void start(struct http_door *door, struct http_exchange *exchange,
		  const struct http_target *target, const struct http_request *request)
{
	struct script *script = container_of(door, struct script, door);
	size_t row = script->asked++;
	struct script_turn *turn = &script->turn[row];

	cr_assert_str_eq(target->host, "api.example");
	cr_assert_lt(row, script->count, "request %zu: %s %s", row, request->method, request->path);
	script->path[row] = arena_str(script->arena, request->path);
	script->method[row] = arena_str(script->arena, request->method);
	script->body[row] = arena_strn(script->arena, request->len ? request->body : "",
				       request->len);
	script->at[row] = loop_now(script->loop);
	*turn = (struct script_turn){ .script = script, .exchange = exchange, .row = row };
	exchange->transfer = turn;
	task_init(&turn->task, script->loop, give_answer);
	task_post(&turn->task);
}

static void cancel(struct http_door *door, struct http_exchange *exchange)
{
	struct script_turn *turn = exchange->transfer;

	(void)door;
	task_cancel(&turn->task);
	turn->exchange = NULL;
}

void script_init(struct script *script, const struct script_row *rows, size_t count)
{
	cr_assert_leq(count, SCRIPT_MAX);
	*script = (struct script){ .door = { start, cancel }, .rows = rows, .count = count };
	script->loop = loop_new_virtual(SCRIPT_WALL);
	script->arena = arena_new("script");
	script->kube = kube_new(&(struct kube_options){ .loop = script->loop,
							.door = &script->door,
							.host = "api.example",
							.ca = "none is looked at" });
}

void script_done(struct script *script)
{
	kube_free(script->kube);
	loop_free(script->loop);
	arena_free(script->arena);
}
