#include "net/pipe.h"

#include "base/arena.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

struct pipe_end {
	struct stream stream;
	struct pipe *pipe;
	struct str in; /* what this end has not received yet begins at `head` */
	size_t head;
	struct task wake;
	bool open, waits_to_send, waits_to_recv;
};

struct pipe { /* owned by the ends together: the last one frees it */
	struct pipe_end end[2];
	bool broken;
	char why[120];
};

static struct pipe_end *end_of(struct stream *stream)
{
	return container_of(stream, struct pipe_end, stream);
}

static struct pipe_end *other_end(struct pipe_end *end)
{
	struct pipe *pipe = end->pipe;

	return end == &pipe->end[0] ? &pipe->end[1] : &pipe->end[0];
}

static size_t in_flight(const struct pipe_end *end)
{
	return end->in.len - end->head;
}

static void end_ready(struct task *task)
{
	struct pipe_end *end = container_of(task, struct pipe_end, wake);

	if (end->stream.user)
		end->stream.user->on_ready(end->stream.user);
}

static void wake_sender(struct pipe_end *end)
{
	if (end->open && end->waits_to_send)
		task_post(&end->wake);
	end->waits_to_send = false;
}

static void wake_receiver(struct pipe_end *end)
{
	if (end->open && end->waits_to_recv)
		task_post(&end->wake);
	end->waits_to_recv = false;
}

static int pipe_open(struct stream *stream, struct err *err)
{
	const struct pipe *pipe = end_of(stream)->pipe;

	return pipe->broken ? err_set(err, ERR_NET, "%s", pipe->why) : IO_DONE;
}

static int pipe_send(struct stream *stream, const void *data, size_t len, size_t *sent,
		     struct err *err)
{
	struct pipe_end *end = end_of(stream), *peer = other_end(end);

	if (end->pipe->broken)
		return err_set(err, ERR_NET, "%s", end->pipe->why);
	if (!peer->open)
		return err_set(err, ERR_NET, "broken pipe");

	size_t room = PIPE_MAX - in_flight(peer);

	if (!room) {
		end->waits_to_send = true;
		return IO_WAIT;
	}
	/* moving what is left is rare this way, and memory stays below twice the limit */
	if (peer->in.len + room > peer->in.max) {
		str_drop(&peer->in, peer->head);
		peer->head = 0;
	}
	*sent = len < room ? len : room;
	str_addn(&peer->in, data, *sent);
	wake_receiver(peer);
	return IO_DONE;
}

static int pipe_recv(struct stream *stream, void *data, size_t size, size_t *got, struct err *err)
{
	struct pipe_end *end = end_of(stream), *peer = other_end(end);
	size_t count = in_flight(end) < size ? in_flight(end) : size;

	if (end->pipe->broken)
		return err_set(err, ERR_NET, "%s", end->pipe->why);
	if (!count && !peer->open)
		return IO_EOF;
	if (!count) {
		end->waits_to_recv = true;
		return IO_WAIT;
	}
	memcpy(data, end->in.at + end->head, count);
	end->head += count;
	if (!in_flight(end)) {
		str_clear(&end->in);
		end->head = 0;
	}
	wake_sender(peer);
	*got = count;
	return IO_DONE;
}

static void pipe_close(struct stream *stream)
{
	struct pipe_end *end = end_of(stream), *peer = other_end(end);
	struct pipe *pipe = end->pipe;

	task_cancel(&end->wake);
	str_done(&end->in);
	end->open = false;
	if (!peer->open) {
		mem_free(pipe, sizeof(*pipe));
		return;
	}
	wake_sender(peer);
	wake_receiver(peer);
}

static const struct stream_ops pipe_ops = {
	.name = "pipe",
	.open = pipe_open,
	.send = pipe_send,
	.recv = pipe_recv,
	.close = pipe_close,
};

void pipe_new(struct loop *loop, struct stream **a, struct stream **b)
{
	struct pipe *pipe = mem_new(sizeof(*pipe));

	for (size_t i = 0; i < ARRAY_LEN(pipe->end); i++) {
		struct pipe_end *end = &pipe->end[i];

		end->stream.ops = &pipe_ops;
		end->pipe = pipe;
		end->open = true;
		str_init(&end->in, 2 * PIPE_MAX);
		task_init(&end->wake, loop, end_ready);
	}
	*a = &pipe->end[0].stream;
	*b = &pipe->end[1].stream;
}

void pipe_break(struct stream *end, const char *why)
{
	struct pipe *pipe = end_of(end)->pipe;

	if (pipe->broken)
		return;
	pipe->broken = true;
	snprintf(pipe->why, sizeof(pipe->why), "%s", why);
	for (size_t i = 0; i < ARRAY_LEN(pipe->end); i++) {
		wake_sender(&pipe->end[i]);
		wake_receiver(&pipe->end[i]);
	}
}

void pipe_set_peer_cert(struct stream *end, const char *cert)
{
	end->peer_cert = cert;
}
