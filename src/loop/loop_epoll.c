#include "loop/loop_impl.h"

#include "base/arena.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
	BATCH = 64
}; /* descriptors taken from the kernel per round */

struct loop_epoll {
	struct loop loop;
	int fd;
};

static uint64_t epoll_now(struct loop *loop)
{
	struct clock_source *clock = clock_system();

	(void)loop;
	return clock->now(clock);
}

static uint64_t epoll_wall(struct loop *loop)
{
	struct clock_source *clock = clock_system();

	(void)loop;
	return clock->wall(clock);
}

static int timeout_ms(const struct loop *loop, uint64_t due)
{
	if (due == LOOP_NEVER)
		return -1;
	if (due <= loop->now)
		return 0;
	/* up, not down: a timer that is woken early would spin until it is due */
	uint64_t ms = (due - loop->now - 1) / MILLISECOND + 1;

	return ms > INT_MAX ? INT_MAX : (int)ms;
}

static unsigned events_of(uint32_t kernel)
{
	unsigned events = 0;

	if (kernel & (EPOLLERR | EPOLLHUP))
		return READY_READ | READY_WRITE;
	if (kernel & EPOLLIN)
		events |= READY_READ;
	if (kernel & EPOLLOUT)
		events |= READY_WRITE;
	return events;
}

static int epoll_back_wait(struct loop *loop, uint64_t due, struct err *err)
{
	struct loop_epoll *self = container_of(loop, struct loop_epoll, loop);
	struct epoll_event found[BATCH];
	int count = epoll_wait(self->fd, found, BATCH, timeout_ms(loop, due));

	if (count < 0 && errno != EINTR)
		return err_sys(err, errno, "wait for descriptors");
	for (int i = 0; i < count; i++)
		loop_add_ready(loop, found[i].data.ptr, events_of(found[i].events));
	return 0;
}

static struct epoll_event event_for(struct watch *watch)
{
	struct epoll_event event = { .data.ptr = watch };

	if (watch->wants & READY_READ)
		event.events |= EPOLLIN;
	if (watch->wants & READY_WRITE)
		event.events |= EPOLLOUT;
	/* the kernel reports hang-ups even to those who want nothing: then only once */
	if (!watch->wants)
		event.events = EPOLLET;
	return event;
}

static int epoll_back_add(struct loop *loop, struct watch *watch, struct err *err)
{
	struct loop_epoll *self = container_of(loop, struct loop_epoll, loop);
	struct epoll_event event = event_for(watch);

	if (epoll_ctl(self->fd, EPOLL_CTL_ADD, watch->fd, &event) < 0)
		return err_sys(err, errno, "watch descriptor %d", watch->fd);
	return 0;
}

static void epoll_back_change(struct loop *loop, struct watch *watch)
{
	struct loop_epoll *self = container_of(loop, struct loop_epoll, loop);
	struct epoll_event event = event_for(watch);
	int r = epoll_ctl(self->fd, EPOLL_CTL_MOD, watch->fd, &event);

	assert(r == 0); /* else the descriptor was closed before watch_done() */
}

static void epoll_back_remove(struct loop *loop, struct watch *watch)
{
	struct loop_epoll *self = container_of(loop, struct loop_epoll, loop);
	int r = epoll_ctl(self->fd, EPOLL_CTL_DEL, watch->fd, NULL);

	assert(r == 0);
}

static void epoll_back_free(struct loop *loop)
{
	struct loop_epoll *self = container_of(loop, struct loop_epoll, loop);

	close(self->fd);
	mem_free(self, sizeof(*self));
}

static const struct loop_ops epoll_ops = {
	.now = epoll_now,
	.wall = epoll_wall,
	.wait = epoll_back_wait,
	.watch_add = epoll_back_add,
	.watch_change = epoll_back_change,
	.watch_remove = epoll_back_remove,
	.free = epoll_back_free,
};

struct loop *loop_new_epoll(struct err *err)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd < 0) {
		err_sys(err, errno, "make an event loop");
		return NULL;
	}
	struct loop_epoll *self = mem_new(sizeof(*self));

	self->fd = fd;
	loop_init(&self->loop, &epoll_ops);
	return &self->loop;
}

bool loop_is_virtual(const struct loop *loop)
{
	return loop->ops != &epoll_ops;
}
