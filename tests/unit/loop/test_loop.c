#include "loop/loop.h"

#include "base/arena.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Both kinds keep the same promises about descriptors. */
static struct loop *make_loop(size_t kind)
{
	return kind ? loop_new_virtual(0) : loop_new_epoll(NULL);
}

struct reader {
	struct watch watch;
	int pair[2];
	unsigned calls, events;
	size_t bytes;
	struct reader *victim; /* whose watch ends when this one is ready */
	struct timer later;
};

static void reader_init(struct reader *reader, struct loop *loop,
			void (*on_ready)(struct watch *watch, unsigned events))
{
	*reader = (struct reader){ 0 };
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, reader->pair), 0);
	cr_assert_eq(watch_init(&reader->watch, loop, reader->pair[0], on_ready, NULL), 0);
}

static void reader_done(struct reader *reader)
{
	watch_done(&reader->watch);
	close(reader->pair[0]);
	close(reader->pair[1]);
}

static void poke(struct reader *reader)
{
	cr_assert_eq(write(reader->pair[1], "x", 1), 1);
}

static void read_all(struct watch *watch, unsigned events)
{
	struct reader *reader = container_of(watch, struct reader, watch);
	char buffer[64];
	ssize_t got = read(watch->fd, buffer, sizeof(buffer));

	reader->calls++;
	reader->events = events;
	if (got > 0)
		reader->bytes += (size_t)got;
	watch_want(watch, 0);
}

static void end_victim(struct watch *watch, unsigned events)
{
	struct reader *reader = container_of(watch, struct reader, watch);

	(void)events;
	reader->calls++;
	watch_done(&reader->victim->watch);
	watch_done(watch);
}

static void stop_later(struct timer *timer)
{
	loop_stop(timer->loop);
}

Test(loop, returns_at_once_when_nothing_is_armed)
{
	for (size_t kind = 0; kind < 2; kind++) {
		struct loop *loop OWNED(loop_free) = make_loop(kind);
		struct reader idle;

		reader_init(&idle, loop, read_all);
		poke(&idle);
		cr_assert_eq(loop_run(loop, NULL), 0);
		cr_assert_eq(idle.calls, 0, "a watch that wants nothing");
		reader_done(&idle);
	}
}

Test(loop, tells_what_is_ready_and_only_what_is_wanted)
{
	for (size_t kind = 0; kind < 2; kind++) {
		struct loop *loop OWNED(loop_free) = make_loop(kind);
		struct reader reader;

		reader_init(&reader, loop, read_all);
		poke(&reader);
		watch_want(&reader.watch, READY_READ);
		cr_assert_eq(loop_run(loop, NULL), 0);
		cr_assert_eq(reader.events, READY_READ);
		cr_assert_eq(reader.bytes, 1);

		watch_want(&reader.watch, READY_WRITE);
		cr_assert_eq(loop_run(loop, NULL), 0);
		cr_assert_eq(reader.events, READY_WRITE);

		close(reader.pair[1]);
		watch_want(&reader.watch, READY_READ | READY_WRITE);
		cr_assert_eq(loop_run(loop, NULL), 0);
		cr_assert_eq(reader.events, READY_READ | READY_WRITE, "a hang-up counts as both");
		cr_assert_eq(reader.calls, 3);
		reader.pair[1] = -1;
		reader_done(&reader);
	}
}

Test(loop, a_hang_up_does_not_wake_who_wants_nothing)
{
	for (size_t kind = 0; kind < 2; kind++) {
		struct loop *loop OWNED(loop_free) = make_loop(kind);
		struct reader closed, other;

		reader_init(&closed, loop, read_all);
		reader_init(&other, loop, read_all);
		close(closed.pair[1]);
		closed.pair[1] = -1;
		poke(&other);
		watch_want(&other.watch, READY_READ);
		cr_assert_eq(loop_run(loop, NULL), 0);
		cr_assert_eq(closed.calls, 0);
		cr_assert_eq(other.calls, 1);
		reader_done(&closed);
		reader_done(&other);
	}
}

Test(loop, no_stale_event_reaches_a_watch_that_ended_in_the_same_batch)
{
	for (size_t kind = 0; kind < 2; kind++) {
		struct loop *loop OWNED(loop_free) = make_loop(kind);
		struct reader *pair[2] = { mem_new(sizeof(struct reader)),
					   mem_new(sizeof(struct reader)) };

		for (size_t i = 0; i < 2; i++) {
			reader_init(pair[i], loop, end_victim);
			pair[i]->victim = pair[1 - i];
			poke(pair[i]);
			watch_want(&pair[i]->watch, READY_READ);
		}
		cr_assert_eq(loop_run(loop, NULL), 0);
		cr_assert_eq(pair[0]->calls + pair[1]->calls, 1);
		for (size_t i = 0; i < 2; i++) {
			reader_done(pair[i]);
			mem_free(pair[i], sizeof(*pair[i]));
		}
	}
}

Test(loop, a_hang_up_nobody_waits_for_does_not_keep_it_busy)
{
	struct loop *loop OWNED(loop_free) = loop_new_epoll(NULL);
	struct reader closed;
	clock_t before = clock();

	reader_init(&closed, loop, read_all);
	close(closed.pair[1]);
	closed.pair[1] = -1;
	timer_init(&closed.later, loop, stop_later);
	timer_set(&closed.later, loop_now(loop) + 300 * MILLISECOND);
	cr_assert_eq(loop_run(loop, NULL), 0);
	cr_assert_lt(clock() - before, CLOCKS_PER_SEC / 10, "of processor time");
	reader_done(&closed);
}

static void end_and_reuse(struct watch *watch, unsigned events)
{
	struct reader *reader = container_of(watch, struct reader, watch);
	struct reader *victim = reader->victim;
	struct loop *loop = watch->loop;

	(void)events;
	reader->calls++;
	reader_done(victim);
	reader_init(victim, loop, read_all);
	watch_want(&victim->watch, READY_READ);
	watch_want(watch, 0);
	timer_set(&reader->later, loop_now(loop) + MILLISECOND);
}

Test(loop, no_stale_event_reaches_a_watch_that_reuses_memory_and_descriptor)
{
	for (size_t kind = 0; kind < 2; kind++) {
		struct loop *loop OWNED(loop_free) = make_loop(kind);
		struct reader first, second;

		reader_init(&first, loop, end_and_reuse);
		reader_init(&second, loop, read_all);
		first.victim = &second;
		timer_init(&first.later, loop, stop_later);
		poke(&first);
		poke(&second);
		watch_want(&first.watch, READY_READ);
		watch_want(&second.watch, READY_READ);
		cr_assert_eq(loop_run(loop, NULL), 0);
		cr_assert_eq(first.calls, 1);
		cr_assert_eq(second.calls, 0);
		reader_done(&first);
		reader_done(&second);
	}
}

static void wait_less(struct watch *watch, unsigned events)
{
	struct reader *reader = container_of(watch, struct reader, watch);

	(void)events;
	reader->calls++;
	watch_want(&reader->victim->watch, 0);
	watch_want(watch, 0);
}

Test(loop, wants_taken_back_in_the_same_batch_count)
{
	for (size_t kind = 0; kind < 2; kind++) {
		struct loop *loop OWNED(loop_free) = make_loop(kind);
		struct reader pair[2];

		for (size_t i = 0; i < 2; i++) {
			reader_init(&pair[i], loop, wait_less);
			pair[i].victim = &pair[1 - i];
			poke(&pair[i]);
			watch_want(&pair[i].watch, READY_READ);
		}
		cr_assert_eq(loop_run(loop, NULL), 0);
		cr_assert_eq(pair[0].calls + pair[1].calls, 1);
		reader_done(&pair[0]);
		reader_done(&pair[1]);
	}
}

Test(loop, more_ready_descriptors_than_fit_into_one_batch)
{
	enum {
		COUNT = 150
	};

	for (size_t kind = 0; kind < 2; kind++) {
		struct loop *loop OWNED(loop_free) = make_loop(kind);
		struct reader *readers = mem_new(COUNT * sizeof(*readers));

		for (size_t i = 0; i < COUNT; i++) {
			reader_init(&readers[i], loop, read_all);
			poke(&readers[i]);
			watch_want(&readers[i].watch, READY_READ);
		}
		cr_assert_eq(loop_run(loop, NULL), 0);
		for (size_t i = 0; i < COUNT; i++) {
			cr_assert_eq(readers[i].bytes, 1);
			reader_done(&readers[i]);
		}
		mem_free(readers, COUNT * sizeof(*readers));
	}
}

static void poke_later(struct timer *timer)
{
	poke(container_of(timer, struct reader, later));
}

Test(loop, descriptors_wake_it_before_a_later_timer)
{
	for (size_t kind = 0; kind < 2; kind++) {
		struct loop *loop OWNED(loop_free) = make_loop(kind);
		uint64_t start = loop_now(loop);
		struct reader reader;

		reader_init(&reader, loop, read_all);
		timer_init(&reader.later, loop, poke_later);
		timer_set(&reader.later, start + 5 * MILLISECOND);
		watch_want(&reader.watch, READY_READ);
		cr_assert_eq(loop_run(loop, NULL), 0);
		cr_assert_eq(reader.bytes, 1);
		cr_assert_geq(loop_now(loop), start + 5 * MILLISECOND);
		reader_done(&reader);
	}
}

Test(loop, virtual_time_is_wall_start_plus_what_passed)
{
	struct loop *loop OWNED(loop_free) = loop_new_virtual(1000 * DAY);
	struct clock_source *clock = loop_clock(loop);
	struct timer timer;

	cr_assert(loop_is_virtual(loop));
	cr_assert_eq(loop_now(loop), 0);
	cr_assert_eq(loop_wall(loop), 1000 * DAY);
	timer_init(&timer, loop, stop_later);
	timer_set(&timer, 40 * MINUTE);
	cr_assert_eq(loop_run(loop, NULL), 0);
	cr_assert_eq(clock->now(clock), 40 * MINUTE);
	cr_assert_eq(clock->wall(clock), 1000 * DAY + 40 * MINUTE);
}

Test(loop, a_wall_clock_that_is_set_moves_no_timer)
{
	static const uint64_t walls[] = { 2000 * DAY, 3 * SECOND };

	for (size_t i = 0; i < ARRAY_LEN(walls); i++) {
		struct loop *loop OWNED(loop_free) = loop_new_virtual(1000 * DAY);
		struct timer timer;

		timer_init(&timer, loop, stop_later);
		timer_set(&timer, MINUTE);
		cr_assert_eq(loop_run(loop, NULL), 0);
		timer_set(&timer, HOUR);
		loop_set_wall(loop, walls[i]);
		cr_assert_eq(loop_wall(loop), walls[i]);
		cr_assert_eq(loop_now(loop), MINUTE);
		cr_assert_eq(loop_run(loop, NULL), 0);
		cr_assert_eq(loop_now(loop), HOUR);
		cr_assert_eq(loop_wall(loop), walls[i] + 59 * MINUTE);
	}
}

Test(loop, real_time_is_the_system_s)
{
	struct loop *loop OWNED(loop_free) = loop_new_epoll(NULL);
	struct clock_source *clock = clock_system();
	uint64_t before = clock->wall(clock);

	cr_assert_not(loop_is_virtual(loop));
	cr_assert_geq(loop_wall(loop), before);
	cr_assert_leq(loop_wall(loop), before + HOUR);
}

Test(loop, virtual_time_that_cannot_go_on_is_an_error)
{
	struct loop *loop OWNED(loop_free) = loop_new_virtual(0);
	struct err err = ERR_INIT;
	struct reader reader;

	reader_init(&reader, loop, read_all);
	watch_want(&reader.watch, READY_READ);
	cr_assert_lt(loop_run(loop, &err), 0);
	cr_assert_eq(err.kind, ERR_BUG);
	reader_done(&reader);
}

Test(loop, virtual_refuses_descriptors_of_other_processes, .signal = SIGABRT)
{
	struct loop *loop OWNED(loop_free) = loop_new_virtual(0);
	struct watch watch;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	watch_init(&watch, loop, fd, read_all, NULL);
}

Test(loop, done_and_cancel_may_be_called_twice_and_after_the_loop)
{
	for (size_t kind = 0; kind < 2; kind++) {
		struct loop *loop = make_loop(kind);
		struct reader reader;

		reader_init(&reader, loop, read_all);
		watch_want(&reader.watch, READY_READ);
		timer_init(&reader.later, loop, stop_later);
		timer_set(&reader.later, DAY);
		loop_free(loop);
		timer_cancel(&reader.later);
		cr_assert_eq(reader.watch.fd, -1);
		reader_done(&reader);
	}
	loop_free(NULL);
}

Test(loop, what_cannot_be_watched_is_an_error)
{
	struct loop *loop OWNED(loop_free) = loop_new_epoll(NULL);
	struct err err = ERR_INIT;
	struct watch watch;
	int fd = dup(STDERR_FILENO);

	close(fd);
	cr_assert_lt(watch_init(&watch, loop, fd, read_all, &err), 0);
	cr_assert_eq(err.kind, ERR_SYSTEM);
	watch_done(&watch);
}
