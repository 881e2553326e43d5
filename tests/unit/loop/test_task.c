#include "loop/loop.h"

#include <criterion/criterion.h>
#include <string.h>

struct letter {
	struct task task;
	char name;
	char *text;
	struct letter *other; /* what run_and_x() acts upon */
};

static void run(struct task *task)
{
	struct letter *letter = container_of(task, struct letter, task);
	size_t len = strlen(letter->text);

	letter->text[len] = letter->name;
	letter->text[len + 1] = '\0';
}

static void run_and_post(struct task *task)
{
	struct letter *letter = container_of(task, struct letter, task);

	run(task);
	if (strlen(letter->text) < 6)
		task_post(&letter->other->task);
}

static void run_and_cancel(struct task *task)
{
	struct letter *letter = container_of(task, struct letter, task);

	run(task);
	task_cancel(&letter->other->task);
}

static void run_and_stop(struct task *task)
{
	run(task);
	loop_stop(task->loop);
}

Test(task, run_in_order_and_once_however_often_posted)
{
	struct loop *loop OWNED(loop_free) = loop_new_virtual(0);
	char text[16] = "";
	struct letter a = { .name = 'a', .text = text }, b = { .name = 'b', .text = text };

	task_init(&a.task, loop, run);
	task_init(&b.task, loop, run);
	task_post(&b.task);
	task_post(&a.task);
	task_post(&b.task);
	cr_assert_eq(loop_run(loop, NULL), 0);
	cr_assert_str_eq(text, "ba");
	task_post(&b.task);
	cr_assert_eq(loop_run(loop, NULL), 0);
	cr_assert_str_eq(text, "bab");
}

Test(task, posted_by_a_task_waits_for_the_next_round)
{
	struct loop *loop OWNED(loop_free) = loop_new_virtual(0);
	char text[16] = "";
	struct letter a = { .name = 'a', .text = text }, b = { .name = 'b', .text = text };
	struct letter c = { .name = 'c', .text = text };

	task_init(&a.task, loop, run_and_post);
	task_init(&b.task, loop, run_and_post);
	task_init(&c.task, loop, run);
	a.other = &a;
	b.other = &a;
	task_post(&a.task);
	task_post(&b.task);
	task_post(&c.task);
	cr_assert_eq(loop_run(loop, NULL), 0);
	cr_assert_str_eq(text, "abcaaa");
}

Test(task, can_be_cancelled_by_one_of_the_same_round)
{
	struct loop *loop OWNED(loop_free) = loop_new_virtual(0);
	char text[16] = "";
	struct letter a = { .name = 'a', .text = text }, b = { .name = 'b', .text = text };
	struct letter c = { .name = 'c', .text = text };

	task_init(&a.task, loop, run_and_cancel);
	task_init(&b.task, loop, run);
	task_init(&c.task, loop, run);
	a.other = &b;
	task_post(&a.task);
	task_post(&b.task);
	task_post(&c.task);
	cr_assert_eq(loop_run(loop, NULL), 0);
	cr_assert_str_eq(text, "ac");
	task_cancel(&b.task);
	task_cancel(&b.task);
}

Test(task, stop_returns_after_this_callback_and_loses_nothing)
{
	struct loop *loop OWNED(loop_free) = loop_new_virtual(0);
	char text[16] = "";
	struct letter a = { .name = 'a', .text = text }, b = { .name = 'b', .text = text };

	task_init(&a.task, loop, run_and_stop);
	task_init(&b.task, loop, run);
	task_post(&a.task);
	task_post(&b.task);
	cr_assert_eq(loop_run(loop, NULL), 0);
	cr_assert_str_eq(text, "a");
	task_post(&a.task);
	cr_assert_eq(loop_run(loop, NULL), 0);
	cr_assert_str_eq(text, "aba");
}
