#include "loop/loop_impl.h"

#include "base/arena.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct loop_virtual {
	struct loop loop;
	uint64_t time;	       /* monotonic, moved by jumps only */
	uint64_t wall_start;   /* wall time at monotonic 0; modulo 2^64 after a jump back */
	struct pollfd *polled; /* owned */
	struct watch **owners; /* owned; parallel to `polled` */
	size_t polled_cap, owners_cap;
};

static uint64_t virtual_now(struct loop *loop)
{
	return container_of(loop, struct loop_virtual, loop)->time;
}

static uint64_t virtual_wall(struct loop *loop)
{
	const struct loop_virtual *self = container_of(loop, struct loop_virtual, loop);

	return self->wall_start + self->time;
}

/* What waits for another process or machine would make a jump in time depend on their speed. */
static bool is_in_process(int fd)
{
	struct stat info;
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (fstat(fd, &info) < 0)
		return false;
	if (S_ISFIFO(info.st_mode))
		return true;
	if (!S_ISSOCK(info.st_mode) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return false;
	return peer.pid == getpid();
}

static int virtual_watch_add(struct loop *loop, struct watch *watch, struct err *err)
{
	(void)loop;
	(void)err;
	assert(is_in_process(watch->fd));
	return 0;
}

static void virtual_watch_nothing(struct loop *loop, struct watch *watch)
{
	(void)loop;
	(void)watch;
}

static size_t fill_polled(struct loop_virtual *self)
{
	size_t count = 0;
	struct watch *head = &self->loop.watches;

	for (struct watch *watch = head->next; watch != head; watch = watch->next) {
		if (!watch->wants)
			continue;
		self->polled = loop_grow(self->polled, count, &self->polled_cap,
					 sizeof(*self->polled));
		self->owners = loop_grow(self->owners, count, &self->owners_cap,
					 sizeof(struct watch *));
		short events = 0;

		if (watch->wants & READY_READ)
			events |= POLLIN;
		if (watch->wants & READY_WRITE)
			events |= POLLOUT;
		self->polled[count] = (struct pollfd){ .fd = watch->fd, .events = events };
		self->owners[count++] = watch;
	}
	return count;
}

static unsigned events_of(short polled)
{
	unsigned events = 0;

	if (polled & (POLLERR | POLLHUP | POLLNVAL))
		return READY_READ | READY_WRITE;
	if (polled & POLLIN)
		events |= READY_READ;
	if (polled & POLLOUT)
		events |= READY_WRITE;
	return events;
}

static int virtual_wait(struct loop *loop, uint64_t due, struct err *err)
{
	struct loop_virtual *self = container_of(loop, struct loop_virtual, loop);
	size_t count = loop->wanting ? fill_polled(self) : 0;
	int ready = 0;

	do {
		if (count)
			ready = poll(self->polled, count, 0);
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return err_sys(err, errno, "wait for descriptors");
	for (size_t i = 0; i < count && ready; i++) {
		if (self->polled[i].revents)
			loop_add_ready(loop, self->owners[i], events_of(self->polled[i].revents));
	}
	if (ready)
		return 0;
	if (due == LOOP_NEVER)
		return err_set(err, ERR_BUG,
			       "virtual time stands still: nothing is left that could make one of "
			       "%zu descriptors ready",
			       count);
	if (due > self->time)
		self->time = due;
	return 0;
}

static void virtual_free(struct loop *loop)
{
	struct loop_virtual *self = container_of(loop, struct loop_virtual, loop);

	mem_free(self->polled, self->polled_cap * sizeof(*self->polled));
	mem_free(self->owners, self->owners_cap * sizeof(struct watch *));
	mem_free(self, sizeof(*self));
}

static const struct loop_ops virtual_ops = {
	.now = virtual_now,
	.wall = virtual_wall,
	.wait = virtual_wait,
	.watch_add = virtual_watch_add,
	.watch_change = virtual_watch_nothing,
	.watch_remove = virtual_watch_nothing,
	.free = virtual_free,
};

void loop_set_wall(struct loop *loop, uint64_t wall)
{
	struct loop_virtual *self = container_of(loop, struct loop_virtual, loop);

	assert(loop->ops == &virtual_ops);
	self->wall_start = wall - self->time;
}

struct loop *loop_new_virtual(uint64_t wall)
{
	struct loop_virtual *self = mem_new(sizeof(*self));

	self->wall_start = wall;
	loop_init(&self->loop, &virtual_ops);
	return &self->loop;
}
