#include "loop/loop_impl.h"

#include <assert.h>

static void ring_init(struct task *head)
{
	head->next = head->previous = head;
}

static void ring_append(struct task *head, struct task *task)
{
	task->next = head;
	task->previous = head->previous;
	head->previous->next = task;
	head->previous = task;
}

static void ring_remove(struct task *task)
{
	task->previous->next = task->next;
	task->next->previous = task->previous;
	task->next = task->previous = NULL;
}

void task_init(struct task *task, struct loop *loop, void (*on_run)(struct task *task))
{
	*task = (struct task){ .loop = loop, .on_run = on_run };
}

void task_post(struct task *task)
{
	assert(task->on_run);
	if (task->queued)
		return;
	task->queued = true;
	ring_append(&task->loop->posted, task);
}

void task_cancel(struct task *task)
{
	if (!task->queued)
		return;
	task->queued = false;
	ring_remove(task);
}

void tasks_init(struct loop *loop)
{
	ring_init(&loop->posted);
	ring_init(&loop->turn);
}

bool tasks_pending(const struct loop *loop)
{
	return loop->posted.next != &loop->posted || loop->turn.next != &loop->turn;
}

void tasks_run(struct loop *loop)
{
	/* a round that was stopped may have left some in `turn`: they go first */
	while (loop->posted.next != &loop->posted) {
		struct task *task = loop->posted.next;

		ring_remove(task);
		ring_append(&loop->turn, task);
	}
	while (loop->turn.next != &loop->turn && !loop->stopped) {
		struct task *task = loop->turn.next;

		task_cancel(task);
		task->on_run(task);
	}
}

void tasks_done(struct loop *loop)
{
	while (loop->turn.next != &loop->turn)
		task_cancel(loop->turn.next);
	while (loop->posted.next != &loop->posted)
		task_cancel(loop->posted.next);
}
